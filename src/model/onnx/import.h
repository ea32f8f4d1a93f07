// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the way from ONNX to graphs.
///
/// A tensor is a node's value seen in some way: each of its axes is the events', or steps or
/// columns of what the node makes, with a stride among them. So transposing and most reshaping
/// makes no layer; one is made when an operator wants the numbers to lie otherwise.
#ifndef BL_MODEL_ONNX_IMPORT_H
#define BL_MODEL_ONNX_IMPORT_H

#include "base/names.h"
#include "model/onnx/to_graph.h"

enum { BL_ONNX_MOST_AXES = 8 };

typedef enum bl_onnx_role {
    BL_ONNX_ONE,   ///< of size 1
    BL_ONNX_BATCH, ///< events, however many
    BL_ONNX_ROWS,  ///< events and their steps as one axis
    BL_ONNX_STEPS,
    BL_ONNX_COLUMNS,
} bl_onnx_role;

typedef struct bl_onnx_axis {
    bl_onnx_role role;
    size_t size;           ///< 1 of events
    size_t stride;         ///< steps or columns from one to the next
    size_t before, behind; ///< zeros that a Pad put there, of which a convolution takes notice
} bl_onnx_axis;

static inline bl_onnx_axis bl_onnx_axis_of(bl_onnx_role role, size_t size, size_t stride) {
    return (bl_onnx_axis){.role = role, .size = size, .stride = stride};
}

typedef enum bl_onnx_seen_kind {
    BL_ONNX_NOTHING,  ///< not there, or nothing that can be taken
    BL_ONNX_CONSTANT, ///< numbers; axes have sizes alone, those of events stay unknown
    BL_ONNX_TEXTS,    ///< constant texts: names of classes
    BL_ONNX_TENSOR,   ///< of a node
    BL_ONNX_LENGTHS,  ///< an input that says how many steps events have
    BL_ONNX_PRESENT,  ///< 1 for steps that events have by lengths, 0 for others
    BL_ONNX_LABELS,   ///< the class of each event
    BL_ONNX_ERF,      ///< factor·(offset + erf(x/√2)) of a tensor x, on the way to gelu
} bl_onnx_seen_kind;

/// A value of the model, as it is seen.
typedef struct bl_onnx_seen {
    bl_onnx_seen_kind kind;
    const char *name;
    size_t n_uses;  ///< nodes and outputs that take it
    bool is_shared; ///< its node's value is also taken as another of the model's values
    bool is_whole;  ///< numbers are whole
    bool is_flag;   ///< numbers are 0 or 1
    unsigned rank;
    bl_onnx_axis axes[BL_ONNX_MOST_AXES];
    size_t node;         ///< of a tensor
    size_t steps, width; ///< what the node makes; no steps: a vector
    size_t mask;         ///< the node of which this is the sum of flags; BL_NN_NONE: none
    size_t n;            ///< numbers; 1 where all are the same
    const double *numbers;
    const bl_onnx_tensor *tensor; ///< of a constant whose numbers were not wanted yet
    size_t n_texts;
    const char *const *texts; ///< of texts, and names of labels
    double factor, offset;
} bl_onnx_seen;

typedef struct bl_onnx_rule bl_onnx_rule;

typedef struct bl_onnx_import {
    const bl_onnx_model *model;
    bl_arena *arena;
    bl_nn_graph *graph;
    bl_onnx_network *result;
    bl_name_map names; ///< of values
    bl_onnx_seen *values;
    size_t n_values;
    bl_onnx_weight *weights;
    size_t n_weights, weights_room;
    bool *is_read;            ///< [nodes] it is a part of a transform
    const bl_onnx_node *node; ///< that is being read
    bool is_named;            ///< a layer has its name
} bl_onnx_import;

typedef bl_status (*bl_onnx_adder)(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);

struct bl_onnx_rule {
    const char *domain, *name;
    bl_onnx_adder add;
    int which;              ///< for the adder: a kind of layer, an activation
    unsigned fewest, most;  ///< inputs
    const char *attributes; ///< that are read, with spaces between
    const char *help;
};

/// NULL: there is none.
const bl_onnx_rule *bl_onnx_rule_find(const char *domain, const char *name);

// ---- import.c ----

bl_status bl_onnx_no_memory(bl_error *err);
/// BL_E_UNSUPPORTED, why. The node stands in front at the end.
#define bl_onnx_refuse(err, ...) bl_error_set((err), BL_E_UNSUPPORTED, __VA_ARGS__)
/// The i-th input; NULL: not given.
bl_onnx_seen *bl_onnx_in(bl_onnx_import *c, size_t i);
bool bl_onnx_has_output(const bl_onnx_import *c, size_t i);
/// What the i-th output is; nothing where it is not wanted.
void bl_onnx_put(bl_onnx_import *c, size_t i, const bl_onnx_seen *seen);
/// The i-th input as a tensor, to be changed. \return BL_OK, BL_E_UNSUPPORTED
bl_status bl_onnx_take(bl_onnx_import *c, size_t i, bl_onnx_seen *ret_seen, bl_error *err);
/// The same, where zeros of a Pad may stand along an axis.
bl_status bl_onnx_take_padded(bl_onnx_import *c, size_t i, bl_onnx_seen *ret_seen, bl_error *err);
/// The i-th input as a constant, or NULL where it is not given; its numbers are there.
bl_status bl_onnx_take_constant(bl_onnx_import *c, size_t i, const bl_onnx_seen **ret_seen,
                                bl_error *err);
/// Numbers of a constant. \return BL_OK, BL_E_TYPE, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_onnx_read_numbers(bl_onnx_import *c, bl_onnx_seen *seen, bl_error *err);
/// A tensor of the model as a constant, or as constant texts.
bl_status bl_onnx_see_tensor(bl_onnx_import *c, const bl_onnx_tensor *tensor,
                             bl_onnx_seen *ret_seen, bl_error *err);
/// Adds a node that takes these nodes; the first of an operator is called as it is.
bl_status bl_onnx_add_layer(bl_onnx_import *c, bl_nn_kind_id kind, size_t n_inputs,
                            const size_t *inputs, bl_nn_node **ret_node, bl_error *err);
/// A layer that takes and makes rows of a tensor, which is then its output.
bl_status bl_onnx_add_after(bl_onnx_import *c, bl_nn_kind_id kind, bl_onnx_seen *tensor,
                            bl_nn_node **ret_node, bl_error *err);
/// Whether a layer makes each row of its output of one row of each input.
bool bl_onnx_is_rowwise(const bl_nn_node *node);
/// Remembers numbers. \param layer, name copied \param values in the arena
bl_status bl_onnx_add_weight(bl_onnx_import *c, const char *layer, const char *name, size_t n,
                             const float *values, bl_error *err);

/// The same of a constant. \param n that it must have, or one for all
bl_status bl_onnx_add_constant_weight(bl_onnx_import *c, const char *layer, const char *name,
                                      const bl_onnx_seen *constant, size_t n, bl_error *err);

/// Attributes; `preset` where they are not there. \return BL_OK, BL_E_TYPE
bl_status bl_onnx_int(const bl_onnx_import *c, const char *name, int64_t preset, int64_t *ret_int,
                      bl_error *err);
bl_status bl_onnx_float(const bl_onnx_import *c, const char *name, double preset,
                        double *ret_number, bl_error *err);
bool bl_onnx_attribute_is(const bl_onnx_import *c, const char *name, const char *text,
                          bool is_preset);
/// The axis of a value, counted from its front. \return BL_OK, BL_E_INVALID
bl_status bl_onnx_read_axis(double axis, unsigned rank, unsigned *ret_axis, bl_error *err);

// ---- views.c ----

static inline size_t bl_onnx_n_numbers(const bl_onnx_seen *t) {
    return (t->steps ? t->steps : 1) * t->width;
}
/// A node's value as [events, width] or [events, steps, width].
bl_onnx_seen bl_onnx_plain(size_t node, size_t steps, size_t width);
/// Lets numbers lie in the order of the axes.
bl_status bl_onnx_straighten(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err);
/// Lets an axis be all columns, the others steps.
bl_status bl_onnx_columns_at(bl_onnx_import *c, bl_onnx_seen *t, unsigned axis, bl_error *err);
/// And another be all steps.
bl_status bl_onnx_sequence_at(bl_onnx_import *c, bl_onnx_seen *t, unsigned steps, unsigned columns,
                              bl_error *err);
/// Makes one vector of all numbers of an event, in the order of the axes.
bl_status bl_onnx_flatten(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err);
/// The same numbers in a new shape. \param sizes [n] −1: whatever is left; NAN: as many as there
/// are events
bl_status bl_onnx_reshape(bl_onnx_import *c, bl_onnx_seen *t, unsigned n, const double *sizes,
                          bl_error *err);
/// A constant beside a tensor: one number, or one for each column, or for each step and column.
/// \param ret_n 1, width, or steps × width
bl_status bl_onnx_spread(bl_onnx_import *c, bl_onnx_seen *t, const bl_onnx_seen *constant,
                         size_t *ret_n, const double **ret_numbers, bl_error *err);
/// Lets two tensors be seen in the same way, so that layers can join their rows.
bl_status bl_onnx_align(bl_onnx_import *c, bl_onnx_seen *a, bl_onnx_seen *b, bl_error *err);
/// Whether two values have the same axes.
bool bl_onnx_same_axes(const bl_onnx_seen *a, const bl_onnx_seen *b);
void bl_onnx_remove_axis(bl_onnx_seen *t, unsigned axis);
/// Inserts an axis of one.
bl_status bl_onnx_insert_axis(bl_onnx_seen *t, unsigned axis, bl_error *err);

// ---- elementwise.c ----

/// x·scale + offset. \param n of numbers, as bl_onnx_spread has them
bl_status bl_onnx_scale(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const double *scale,
                        const double *offset, bl_error *err);
/// Numbers within limits.
bl_status bl_onnx_clip(bl_onnx_import *c, bl_onnx_seen *t, double least, double most,
                       bl_error *err);
/// Numbers divided by x. \param n as of bl_onnx_scale
bl_status bl_onnx_divide_one(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const double *numbers,
                             bl_error *err);
/// Two tensors, number by number; the first becomes the result.
bl_status bl_onnx_join(bl_onnx_import *c, bl_nn_kind_id kind, bl_onnx_seen *a, bl_onnx_seen *b,
                       bl_error *err);
/// Whether two constants are the same to float32.
bool bl_onnx_is_near(double a, double b);
/// An activation, of the layer before where that has none.
bl_status bl_onnx_activate(bl_onnx_import *c, bl_onnx_seen *t, const bl_nn_activation *activation,
                           bl_error *err);
/// Whether a layer may still be changed: nobody else takes what it makes.
bool bl_onnx_is_alone(const bl_onnx_seen *t);
/// x·W + b. \param kernel [k × n] in the arena \param bias [n]; NULL: none
bl_status bl_onnx_add_dense(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const float *kernel,
                            const float *bias, bl_error *err);

// ---- what stands in front, and names ----

// transform.c: before any node is read. Those that are parts of a transform are read then.
bl_status bl_onnx_find_transforms(bl_onnx_import *c, bl_error *err);
// notes.c: names of columns and classes, which a model that was written here has beside its graph
bl_status bl_onnx_read_notes(bl_onnx_import *c, bl_error *err);

// ---- the operators, by file ----

// constants.c: what can be worked out now. \param ret_is_folded the outputs are there
bl_status bl_onnx_fold(bl_onnx_import *c, const bl_onnx_rule *rule, bool *ret_is_folded,
                       bl_error *err);
bl_status bl_onnx_add_constant(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_filled(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_shape(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// shapes.c
bl_status bl_onnx_add_pad(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_same(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_cast(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_reshape(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_flatten(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_transpose(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_squeeze(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_unsqueeze(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_concat(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_slice(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_split(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_gather(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// elementwise.c
bl_status bl_onnx_add_activation(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_softmax(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_hard_sigmoid(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_shrink(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_clip(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_prelu(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_function(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_reciprocal(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_erf(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_not(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// arithmetic.c
/// x + k, k + x, x − k, k − x, x·k, k·x, x/k as x·scale + offset.
/// \param numbers, scale, offset [n]
void bl_onnx_as_scaling(int kind, bool is_constant_first, size_t n, const double *numbers,
                        double *scale, double *offset);
bl_status bl_onnx_add_arithmetic(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_extreme(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_power(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_comparison(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_reduction(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// products.c
bl_status bl_onnx_add_matmul(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_gemm(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_convolution(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_pooling(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_global_pooling(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_batch_normalization(bl_onnx_import *c, const bl_onnx_rule *rule,
                                          bl_error *err);
bl_status bl_onnx_add_layer_normalization(bl_onnx_import *c, const bl_onnx_rule *rule,
                                          bl_error *err);
// recurrent.c
/// The input whose steps a value has is ragged. \return BL_OK, BL_E_UNSUPPORTED
bl_status bl_onnx_make_ragged(bl_onnx_import *c, const bl_onnx_seen *t, bl_error *err);
bl_status bl_onnx_add_recurrent(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// transform.c
bl_status bl_onnx_add_in_transform(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
// classical.c: of ai.onnx.ml
bl_status bl_onnx_add_scaler(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_normalizer(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_trees(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_linear(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_zip_map(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_arg_max(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);
bl_status bl_onnx_add_labels(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err);

#endif
