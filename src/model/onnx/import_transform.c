// SPDX-License-Identifier: Apache-2.0
// What was fitted to the training data, in front of a network: operators on the float64 numbers of
// an input, column by column, up to the Cast back to float32. They become the input's transform,
// which computes in double too, as export_transform.c wrote them. What is no such transform, or of
// an input that something else takes too, is left to become layers.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

enum { MOST_OPERANDS = 3, MOST_COLUMNS = 1 << 22 }; ///< columns of all values together

/// What a value is of the numbers x of an input.
typedef enum part {
    NOTHING,
    ONE,      ///< no value of an input, but the constant 1
    COLUMNS,  ///< what columns make of x
    IS_NAN,   ///< where that is NaN
    SIZE,     ///< |x|, on the way to arsinh x = sign x·ln(|x| + √(x² + 1))
    SIGN,     ///< sign x
    SQUARE,   ///< x²
    ABOVE,    ///< x² + 1
    ROOT,     ///< √(x² + 1)
    SUM,      ///< |x| + √(x² + 1)
    LOGARITHM ///< its logarithm
} part;

typedef struct fitted {
    part part;
    size_t input; ///< node of the graph
    bl_nn_columns columns;
} fitted;

/// An input of an operator: a value, or a number for each column or for all.
typedef struct operand {
    const fitted *value; ///< NULL: a constant
    size_t n;
    const double *numbers; ///< [n]
} operand;

/// An input of the model.
typedef struct source {
    const bl_onnx_seen *raw;
    const fitted *end;        ///< what becomes float32; NULL: nothing yet
    const bl_onnx_node *last; ///< the operator that makes float32 of it
    bool is_spoilt;           ///< others take its numbers, or not all is understood
} source;

typedef struct finder {
    bl_onnx_import *c;
    const fitted **values; ///< [c->n_values] NULL: it is no part of a transform
    source *sources;       ///< [n_inputs] by node of the graph
    size_t *owners;        ///< [nodes of the model] whose transform it is; BL_NN_NONE: none's
    size_t n_columns;      ///< of all values
} finder;

static double at(const operand *k, size_t i) { return k->numbers[k->n == 1 ? 0 : i]; }

// ---- columns ----

static bool is_cut(const bl_nn_columns *c, size_t i) {
    return c->low[i] > -(double)INFINITY || c->high[i] < (double)INFINITY;
}

/// Whether a column is x − offset and nothing else.
static bool is_shifted(const bl_nn_columns *c, size_t i, double offset) {
    return c->curves[i] == BL_NN_CURVE_IDENTITY && c->offset[i] == offset && c->scale[i] == 1 &&
           !is_cut(c, i) && isnan(c->missing[i]);
}

static bool is_raw(const fitted *value) {
    for (size_t i = 0; i < value->columns.n; i++)
        if (!is_shifted(&value->columns, i, 0))
            return false;
    return value->part == COLUMNS;
}

static void copy_column(const bl_nn_columns *from, size_t i, bl_nn_columns *to) {
    to->curves[i] = from->curves[i];
    to->offset[i] = from->offset[i];
    to->scale[i] = from->scale[i];
    to->low[i] = from->low[i];
    to->high[i] = from->high[i];
    to->missing[i] = from->missing[i];
}

/// y·factor + shift. \return whether a column can be so
static bool scale(bl_nn_columns *c, size_t i, double factor, double shift) {
    double s = c->scale[i] * factor;
    if (!isfinite(factor) || !isfinite(shift) || (s == 0 && (shift != 0 || is_cut(c, i))))
        return false;
    c->scale[i] = s;
    c->missing[i] = c->missing[i] * factor + shift;
    if (shift != 0)
        c->offset[i] -= shift / s;
    if (!is_cut(c, i))
        return true;
    double a = c->low[i] * factor + shift, b = c->high[i] * factor + shift;
    c->low[i] = fmin(a, b);
    c->high[i] = fmax(a, b);
    return true;
}

// ---- operators: what y, which is as the first value, becomes ----

static bool scale_all(fitted *y, int kind, const operand *in) {
    bool is_constant_first = !in[0].value;
    const operand *k = &in[is_constant_first ? 0 : 1];
    if (k->value || (is_constant_first && kind == BL_NN_KIND_DIVIDE))
        return false;
    for (size_t i = 0; i < y->columns.n; i++) {
        double number = at(k, i), factor, shift;
        bl_onnx_as_scaling(kind, is_constant_first, 1, &number, &factor, &shift);
        if (!scale(&y->columns, i, factor, shift))
            return false;
    }
    return true;
}

static bool cut(fitted *y, int kind, const operand *in) {
    const operand *k = &in[in[0].value ? 1 : 0];
    double (*of)(double, double) = kind == BL_NN_KIND_MAXIMUM ? fmax : fmin;
    bl_nn_columns *c = &y->columns;
    for (size_t i = 0; i < c->n; i++) {
        if (k->value || isnan(at(k, i)))
            return false;
        c->low[i] = of(c->low[i], at(k, i));
        c->high[i] = of(c->high[i], at(k, i));
        c->missing[i] = isnan(c->missing[i]) ? c->missing[i] : of(c->missing[i], at(k, i));
    }
    return true;
}

static bool bend(fitted *y, int kind, const operand *in) {
    bl_nn_columns *c = &y->columns;
    (void)kind;
    (void)in;
    for (size_t i = 0; i < c->n; i++) {
        bool is_plain = is_shifted(c, i, 0);
        if (!is_plain && !is_shifted(c, i, -1))
            return false;
        c->curves[i] = is_plain ? BL_NN_CURVE_LOG : BL_NN_CURVE_LOG1P;
        c->offset[i] = 0;
    }
    return true;
}

static bool find_nan(fitted *y, int kind, const operand *in) {
    (void)kind;
    (void)in;
    y->part = IS_NAN;
    return true;
}

/// Columns of two values.
static bool choose(fitted *y, const operand *in) {
    if (!in[1].value || !in[2].value)
        return false;
    for (size_t i = 0; i < y->columns.n; i++)
        copy_column(&in[at(&in[0], i) != 0 ? 1 : 2].value->columns, i, &y->columns);
    return in[1].value->part == COLUMNS && in[2].value->part == COLUMNS;
}

/// Numbers for those that are NaN: limits make none.
static bool fill(fitted *y, const operand *in) {
    const bl_nn_columns *flags = &in[0].value->columns, *c;
    if (in[0].value->part != IS_NAN || in[1].value || !in[2].value || in[2].value->part != COLUMNS)
        return false;
    c = &in[2].value->columns;
    for (size_t i = 0; i < c->n; i++) {
        if (flags->curves[i] != c->curves[i] || flags->offset[i] != c->offset[i] ||
            flags->scale[i] != c->scale[i] || !isnan(flags->missing[i]))
            return false;
        copy_column(c, i, &y->columns);
        y->columns.missing[i] = at(&in[1], i);
    }
    y->part = COLUMNS;
    return true;
}

static bool replace(fitted *y, int kind, const operand *in) {
    (void)kind;
    return in[0].value ? fill(y, in) : choose(y, in);
}

static const struct operation {
    const char *name;
    int kind;
    unsigned n;
    bool (*apply)(fitted *y, int kind, const operand *in);
} operations[] = {
    {"Add", BL_NN_KIND_ADD, 2, scale_all},
    {"Sub", BL_NN_KIND_SUBTRACT, 2, scale_all},
    {"Mul", BL_NN_KIND_MULTIPLY, 2, scale_all},
    {"Div", BL_NN_KIND_DIVIDE, 2, scale_all},
    {"Max", BL_NN_KIND_MAXIMUM, 2, cut},
    {"Min", BL_NN_KIND_MINIMUM, 2, cut},
    {"Log", 0, 1, bend},
    {"IsNaN", 0, 1, find_nan},
    {"Where", 0, 3, replace},
};

/// The way to arsinh, which begins at x as it is.
static const struct turn {
    const char *name;
    part from, with, to;
} turns[] = {
    {"Abs", COLUMNS, NOTHING, SIZE},   {"Sign", COLUMNS, NOTHING, SIGN},
    {"Mul", COLUMNS, COLUMNS, SQUARE}, {"Add", SQUARE, ONE, ABOVE},
    {"Sqrt", ABOVE, NOTHING, ROOT},    {"Add", SIZE, ROOT, SUM},
    {"Log", SUM, NOTHING, LOGARITHM},  {"Mul", SIGN, LOGARITHM, COLUMNS},
};

static bool is(const operand *in, part wanted) {
    if (wanted == ONE)
        return !in->value && in->n == 1 && in->numbers[0] == 1;
    return in->value && in->value->part == wanted && (wanted != COLUMNS || is_raw(in->value));
}

static bool take_turn(fitted *y, const char *name, size_t n, const operand *in) {
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        const struct turn *t = &turns[i];
        bool is_alone = t->with == NOTHING;
        if (strcmp(t->name, name) != 0 || n != (is_alone ? 1 : 2) || !is(&in[0], t->from) ||
            (!is_alone && !is(&in[1], t->with)))
            continue;
        y->part = t->to;
        for (size_t k = 0; k < y->columns.n && t->to == COLUMNS; k++)
            y->columns.curves[k] = BL_NN_CURVE_ASINH;
        return true;
    }
    return false;
}

static bool apply(fitted *y, const char *name, size_t n, const operand *in) {
    if (take_turn(y, name, n, in))
        return true;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const struct operation *o = &operations[i];
        bool takes = y->part == COLUMNS || o->apply == replace;
        if (strcmp(o->name, name) == 0 && o->n == n && takes)
            return o->apply(y, o->kind, in);
    }
    return false;
}

// ---- from node to node ----

/// The number of a value; SIZE_MAX: there is none.
static size_t number_of(const finder *f, const char *name) {
    return name && *name ? bl_name_map_find(&f->c->names, name) : SIZE_MAX;
}

/// The input whose numbers a value is, as they are or on the way; BL_NN_NONE: of none.
static size_t input_of(const finder *f, const char *name) {
    size_t i = number_of(f, name);
    if (i == SIZE_MAX)
        return BL_NN_NONE;
    if (f->values[i])
        return f->values[i]->input;
    return f->c->values[i].kind == BL_ONNX_TENSOR ? f->c->values[i].node : BL_NN_NONE;
}

static void spoil(finder *f, const char *name) {
    size_t input = input_of(f, name);
    if (input != BL_NN_NONE)
        f->sources[input].is_spoilt = true;
}

/// A file of few bytes may name many columns, again and again.
static bool has_room(const finder *f, size_t n) { return n <= MOST_COLUMNS - f->n_columns; }

/// Columns that are like others, or x. \param like NULL: x \return NULL: there is no memory
static fitted *make_value(finder *f, size_t input, size_t n, const fitted *like) {
    bl_arena *arena = f->c->arena;
    fitted *y = bl_arena_alloc(arena, sizeof *y);
    if (!y)
        return NULL;
    *y = (fitted){.part = like ? like->part : COLUMNS, .input = input};
    const char *name = f->c->graph->nodes[input].name;
    if (bl_nn_columns_init(arena, name, n, &y->columns, NULL) != BL_OK)
        return NULL;
    for (size_t i = 0; like && i < n; i++)
        copy_column(&like->columns, i, &y->columns);
    f->n_columns += n;
    return y;
}

/// Whether a node is one of ONNX's own with one output.
static bool is_plain(const finder *f) {
    const bl_onnx_node *node = f->c->node;
    return bl_onnx_is_default_domain(node->domain) && node->outputs.n == 1 &&
           number_of(f, node->outputs.items[0]) != SIZE_MAX;
}

static bool casts_to(const finder *f, bl_onnx_type_id type) {
    int64_t to = 0;
    return is_plain(f) && strcmp(f->c->node->op_type, "Cast") == 0 && f->c->node->inputs.n == 1 &&
           bl_onnx_int(f->c, "to", 0, &to, NULL) == BL_OK && to == type;
}

/// The input that a node begins a transform of, whose columns are its last axis; NULL: none.
static const bl_onnx_seen *begins(const finder *f) {
    const bl_onnx_seen *x = casts_to(f, BL_ONNX_DOUBLE) ? bl_onnx_in(f->c, 0) : NULL;
    bool is_input = x && x->kind == BL_ONNX_TENSOR && !x->is_whole && x->rank >= 2 &&
                    x->axes[0].role == BL_ONNX_BATCH && has_room(f, x->width);
    return is_input ? x : NULL;
}

/// \param n columns \param ret_is whether it is a constant with numbers for them
static bl_status read_constant(finder *f, const char *name, size_t n, operand *ret_operand,
                               bool *ret_is, bl_error *err) {
    size_t number = number_of(f, name);
    bl_onnx_seen *seen = number == SIZE_MAX ? NULL : &f->c->values[number];
    *ret_is =
        seen && seen->kind == BL_ONNX_CONSTANT && seen->rank <= 2 &&
        (seen->n == 1 || (seen->n == n && seen->rank > 0 && seen->axes[seen->rank - 1].size == n));
    if (!*ret_is)
        return BL_OK;
    BL_TRY(bl_onnx_read_numbers(f->c, seen, err));
    *ret_operand = (operand){.n = seen->n, .numbers = seen->numbers};
    return BL_OK;
}

/// The first input of a node that is a value of a transform; NULL: there is none, or the node is
/// like none in a transform.
static const fitted *find_first(const finder *f) {
    const bl_onnx_node *node = f->c->node;
    const fitted *first = NULL;
    if (!is_plain(f) || node->inputs.n > MOST_OPERANDS || node->attributes.n)
        return NULL;
    for (size_t i = 0; i < node->inputs.n && !first; i++) {
        size_t number = number_of(f, node->inputs.items[i]);
        first = number == SIZE_MAX ? NULL : f->values[number];
    }
    return first;
}

/// \param ret_is whether all are of the same input as the first, or constants
static bl_status read_operands(finder *f, const fitted *first, operand *in, bool *ret_is,
                               bl_error *err) {
    const bl_onnx_node *node = f->c->node;
    *ret_is = true;
    for (size_t i = 0; i < node->inputs.n && *ret_is; i++) {
        size_t number = number_of(f, node->inputs.items[i]);
        in[i] = (operand){.value = number == SIZE_MAX ? NULL : f->values[number]};
        if (in[i].value)
            *ret_is = in[i].value->input == first->input;
        else
            BL_TRY(read_constant(f, node->inputs.items[i], first->columns.n, &in[i], ret_is, err));
    }
    return BL_OK;
}

/// \param ret_is whether the node is a part of a transform
static bl_status follow(finder *f, size_t node, bool *ret_is, bl_error *err) {
    operand in[MOST_OPERANDS];
    const fitted *first = find_first(f);
    *ret_is = first && has_room(f, first->columns.n);
    if (*ret_is)
        BL_TRY(read_operands(f, first, in, ret_is, err));
    if (!*ret_is)
        return BL_OK;
    fitted *y = make_value(f, first->input, first->columns.n, first);
    if (!y)
        return bl_onnx_no_memory(err);
    *ret_is = apply(y, f->c->node->op_type, f->c->node->inputs.n, in);
    if (!*ret_is)
        return BL_OK;
    f->values[number_of(f, f->c->node->outputs.items[0])] = y;
    f->owners[node] = y->input;
    return BL_OK;
}

static bool is_sound(const bl_nn_columns *c) {
    for (size_t i = 0; i < c->n; i++)
        if (!isfinite(c->offset[i]) || !isfinite(c->scale[i]) || !(c->low[i] <= c->high[i]) ||
            isinf(c->missing[i]))
            return false;
    return true;
}

/// \return whether a node is the end of a transform, the only one
static bool ends(finder *f, size_t node) {
    size_t i = casts_to(f, BL_ONNX_FLOAT) ? number_of(f, f->c->node->inputs.items[0]) : SIZE_MAX;
    const fitted *x = i == SIZE_MAX ? NULL : f->values[i];
    if (!x || x->part != COLUMNS || f->sources[x->input].end || !is_sound(&x->columns))
        return false;
    f->sources[x->input].end = x;
    f->sources[x->input].last = f->c->node;
    f->owners[node] = x->input;
    return true;
}

/// \param x the input whose transform a node begins
static bl_status begin(finder *f, size_t node, const bl_onnx_seen *x, bl_error *err) {
    fitted *y = make_value(f, x->node, x->width, NULL);
    if (!y)
        return bl_onnx_no_memory(err);
    f->values[number_of(f, f->c->node->outputs.items[0])] = y;
    f->sources[x->node].raw = x;
    f->owners[node] = x->node;
    return BL_OK;
}

static bl_status look_at_node(finder *f, size_t node, bl_error *err) {
    const bl_onnx_seen *x = begins(f);
    bool is_part = false;
    if (x)
        return begin(f, node, x, err);
    if (ends(f, node))
        return BL_OK;
    BL_TRY(follow(f, node, &is_part, err));
    for (size_t i = 0; i < f->c->node->inputs.n && !is_part; i++)
        spoil(f, f->c->node->inputs.items[i]);
    return BL_OK;
}

// ---- all of it ----

static bl_status allocate(finder *f, bl_error *err) {
    bl_arena *arena = f->c->arena;
    bl_nn_transform *transform = &f->c->result->transform;
    size_t n_inputs = f->c->graph->n_nodes + 1, n_nodes = f->c->model->graph->nodes.n + 1;
    f->values = bl_arena_array(arena, f->c->n_values + 1, sizeof *f->values);
    f->sources = bl_arena_array(arena, n_inputs, sizeof *f->sources);
    f->owners = bl_arena_array(arena, n_nodes, sizeof *f->owners);
    f->c->is_read = bl_arena_array(arena, n_nodes, sizeof *f->c->is_read);
    transform->inputs = bl_arena_array(arena, n_inputs, sizeof *transform->inputs);
    bool has_all = f->values && f->sources && f->owners && f->c->is_read && transform->inputs;
    for (size_t i = 0; i < n_nodes && has_all; i++)
        f->owners[i] = BL_NN_NONE;
    return has_all ? BL_OK : bl_onnx_no_memory(err);
}

/// Inputs get what was found, and stand in its place.
static void settle(finder *f) {
    bl_onnx_import *c = f->c;
    bl_nn_transform *transform = &c->result->transform;
    for (size_t i = 0; i < c->graph->n_nodes; i++) {
        source *s = &f->sources[i];
        s->is_spoilt |= !s->end;
        if (s->is_spoilt)
            continue;
        transform->inputs[transform->n_inputs++] = s->end->columns;
        c->node = s->last;
        bl_onnx_put(c, 0, s->raw);
    }
    for (size_t k = 0; k < c->model->graph->nodes.n; k++)
        c->is_read[k] = f->owners[k] != BL_NN_NONE && !f->sources[f->owners[k]].is_spoilt;
}

bl_status bl_onnx_find_transforms(bl_onnx_import *c, bl_error *err) {
    const bl_onnx_graph *graph = c->model->graph;
    finder f = {.c = c};
    BL_TRY(allocate(&f, err));
    for (size_t i = 0; i < graph->nodes.n; i++) {
        c->node = &graph->nodes.items[i];
        BL_TRY(look_at_node(&f, i, err));
    }
    for (size_t i = 0; i < graph->outputs.n; i++)
        spoil(&f, graph->outputs.items[i].name);
    settle(&f);
    return BL_OK;
}

bl_status bl_onnx_add_in_transform(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    (void)c;
    (void)rule;
    return bl_onnx_refuse(err, "it is read in a transform of an input alone: operators on float64 "
                               "numbers of columns, all of which end at one Cast to float32");
}
