// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a data configuration says of preparation: inputs and how they are scaled, labels, weights,
/// parts, variations. docs/prepare.md says which keys there are. Names are not looked up here.
#ifndef BL_DATA_CONFIG_PREPARE_H
#define BL_DATA_CONFIG_PREPARE_H

#include "base/document.h"
#include "nn/transform/transform.h"

/// X(NAME, name): how a number's offset and scale are found.
#define BL_SCALERS(X)                                                                \
    X(NONE, none)         /* it stays as it is */                                    \
    X(MANUAL, manual)     /* (x − offset)·scale, as the configuration has them */ \
    X(MINMAX, minmax)     /* the smallest becomes 0, the largest 1; constants 0.5 */ \
    X(STANDARD, standard) /* mean 0 and population σ 1; σ = 0: 1 */                \
    X(ROBUST, robust)     /* weaver's auto: median 0, the farther of the quantiles 16 and 84 % 1 */

typedef enum bl_scaler {
#define BL_SCALER_ENUM(NAME, name) BL_SCALER_##NAME,
    BL_SCALERS(BL_SCALER_ENUM)
#undef BL_SCALER_ENUM
        BL_N_SCALERS
} bl_scaler;

/// One number of an input.
typedef struct bl_variable_config {
    const char *name;
    bl_nn_curve curve; ///< before it is scaled
    bl_scaler scaler;
    double offset, scale; ///< where the scaler is manual
    double low, high;     ///< what it is cut to, scaled; −∞, ∞: not cut
    double missing;       ///< what NaN becomes; NaN: stays
    double pad;           ///< what it is in rows that are added
} bl_variable_config;

/// One input of a network: a number of columns, of the event (a vector) or of each of its rows (a
/// sequence); which, the types of its columns say.
typedef struct bl_input_config {
    const char *name;
    /// A column that has all numbers: a list of numbers is a vector, a list of lists a sequence;
    /// NULL: each variable is a column.
    const char *column;
    size_t n;
    bl_variable_config *variables; ///< [n] none twice; of `column`: those that are not as `others`
    bl_variable_config others;     ///< of `column`: its numbers that no variable names
    int64_t length;                ///< rows of an event at most; 0: as many as there are
    bl_nn_fill padding;            ///< what is done up to `length`
    bool is_per_event;             ///< standardised over the rows of each event
    const char *order_by;          ///< number; rows by its value; NULL: as they come
    const char *eta, *phi;         ///< numbers; rows by their ΔR from the first; NULL: not
    bool ascending;                ///< the smallest first, else the largest
} bl_input_config;

typedef enum bl_label_kind {
    BL_LABEL_OF_SAMPLE, ///< `samples.NAME.label`
    BL_LABEL_ONE_OF,    ///< names are columns of 0 and 1, one of which is 1
    BL_LABEL_NUMBERS,   ///< names are columns that are learned as they are
} bl_label_kind;

typedef enum bl_negative_weights {
    BL_NEGATIVE_UNSAID, ///< an error where there are any
    BL_NEGATIVE_KEEP,
    BL_NEGATIVE_ABS,
    BL_NEGATIVE_DROP,
    BL_NEGATIVE_ERROR,
} bl_negative_weights;

typedef enum bl_balance {
    BL_BALANCE_NONE,
    BL_BALANCE_WEIGHTS,     ///< classes have equal sums of weights
    BL_BALANCE_UNDERSAMPLE, ///< events of larger classes are left out
    BL_BALANCE_OVERSAMPLE,  ///< events of smaller classes are taken more than once
} bl_balance;

typedef enum bl_reweighting {
    BL_REWEIGHT_NONE,
    BL_REWEIGHT_FLAT, ///< every class is flat in the variables
    BL_REWEIGHT_REF,  ///< every class is as the first
} bl_reweighting;

typedef struct bl_reweight_axis {
    const char *name;
    size_t n_edges; ///< ≥ 2
    double *edges;  ///< [n_edges] ascending
} bl_reweight_axis;

typedef struct bl_weights_config {
    const char *const *factors; ///< [n_factors] columns whose product an event weighs in training
    size_t n_factors;           ///< 0: weight_physics, where there is one, else 1
    bl_negative_weights negative;
    bl_balance balance;
    bool balances_all; ///< not only events of the training part
    size_t n_class_weights;
    double *class_weights; ///< [n_class_weights] of `classes`, or of all labels; none: 1
    bl_reweighting reweighting;
    bool resamples; ///< events are taken as often as their factor says, else they weigh it
    size_t n_axes;
    bl_reweight_axis *axes;     ///< [n_axes]
    const char *const *classes; ///< [n_classes] labels that are reweighted; none: all
    size_t n_classes;
    double threshold;   ///< 10: percentile of a class's factors that the maximum is; weaver's
    bool keeps_outside; ///< events outside the axes weigh as those at the ends, else 0
} bl_weights_config;

typedef enum bl_duplicates {
    BL_DUPLICATES_ERROR,
    BL_DUPLICATES_DROP,
    BL_DUPLICATES_KEEP
} bl_duplicates;

typedef struct bl_split_config {
    const char *const *identity; ///< [n_identity] integer columns that say which event one is
    size_t n_identity;           ///< 0: run, luminosityBlock and event, where there are all three
    bool is_by_entry;            ///< file and entry are the identity
    double train, validation, test; ///< shares; their sum is 1
    int64_t n_folds;                ///< 0: no folds, but parts of these shares
    uint64_t seed;
    bl_duplicates duplicates;
} bl_split_config;

/// Columns under other names, or other weights.
typedef struct bl_variation_config {
    const char *name;
    const char *weight; ///< an expression that multiplies weight_physics; NULL: of shape
    /// Of weight: the variable that has the expression's value, and the column of shards, which has
    /// weight_physics times it: "weight_" and the name. NULL: of shape.
    const char *column;
    bool is_list; ///< "EXPRESSION[*]": each element of a list is a weight
    size_t n_renames;
    const char *const *from, *const *to; ///< [n_renames] columns, whole names
} bl_variation_config;

typedef struct bl_prepare_config {
    bl_variable_config defaults; ///< of a number of which nothing is said; no name
    size_t n_inputs;
    bl_input_config *inputs; ///< [n_inputs]
    bl_label_kind label_kind;
    /// [n_labels] names; of samples bl_config_for_preparation gives class i that of the first
    /// sample with this label
    const char *const *labels;
    size_t n_labels;
    const char *const *observers; ///< [n_observers] columns that are taken along, monitors too
    size_t n_observers;
    bl_weights_config weights;
    bl_split_config split;
    size_t n_variations;
    bl_variation_config *variations; ///< [n_variations]
    bool is_fitted_on_all;           ///< statistics are those of all events, as published; a leak
    bool is_double;                  ///< prepared numbers are float64
    uint64_t seed;                   ///< of the order of events, and of sampling
} bl_prepare_config;

/// Whether some events are trained on: of a configuration that is read, always.
static inline bool bl_split_trains(const bl_split_config *split) {
    return split->n_folds || split->train > 0;
}

/// "robust"; a static string.
const char *bl_scaler_name(bl_scaler scaler);
/// What a configuration that says nothing means: no inputs, labels of samples, parts of 0.8, 0.1
/// and 0.1, numbers as they are, float32, seeds 0.
void bl_prepare_config_init(bl_prepare_config *config);

#endif
