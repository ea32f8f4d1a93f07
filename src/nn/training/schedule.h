// SPDX-License-Identifier: Apache-2.0
/// \file
/// Learning rates over time: schedules by the number of the step, and the one that waits until a
/// quantity no longer improves. As Keras 3 defines them, but in double, and any schedule may begin
/// with a linear warm-up, after which its steps are counted from 0.
///
/// In YAML: `schedule: constant`, `schedule: {cosine: {decay_steps: 10000, warmup_steps: 500}}`,
/// `schedule: {step: {boundaries: [1000, 5000], values: [0.01, 0.001, 0.0001]}}`,
/// `plateau: {factor: 0.5, patience: 3}`.
/// \source keras.optimizers.schedules and keras.callbacks.ReduceLROnPlateau of Keras 3
#ifndef BL_NN_TRAINING_SCHEDULE_H
#define BL_NN_TRAINING_SCHEDULE_H

#include "base/document.h"
#include "base/text.h"

/// X(kind, name): the learning rate at step s of d, for f = s/d
#define BL_NN_SCHEDULE_TABLE(X)                                                       \
    X(CONSTANT, "constant")        /* as it is */                                     \
    X(STEP, "step")                /* values[i] up to boundaries[i], this included */ \
    X(EXPONENTIAL, "exponential")  /* times decay_rate^f */                           \
    X(COSINE, "cosine")            /* down to alpha times itself, and stays there */  \
    X(RESTARTS, "cosine_restarts") /* again, m_mul times as high, t_mul times as long */

typedef enum bl_nn_schedule_kind {
#define X(kind, name) BL_NN_SCHEDULE_##kind,
    BL_NN_SCHEDULE_TABLE(X)
#undef X
        BL_NN_N_SCHEDULES
} bl_nn_schedule_kind;

typedef struct bl_nn_schedule {
    bl_nn_schedule_kind kind;
    double learning_rate; ///< at the end of the warm-up
    double warmup_from;   ///< the learning rate of step 0, where there is a warm-up
    int64_t warmup_steps;
    int64_t decay_steps;       ///< d; of restarts the first, `first_decay_steps`
    double decay_rate;         ///< of exponential
    bool staircase;            ///< exponential: f is rounded down
    double alpha;              ///< of cosines
    double t_mul, m_mul;       ///< of restarts; t_mul ≥ 1
    size_t n;                  ///< of step
    const int64_t *boundaries; ///< [n], ascending
    const double *values;      ///< [n + 1]
} bl_nn_schedule;

/// Reads `schedule` of a configuration; a NULL item is constant.
/// \param learning_rate where the schedule does not say its own \param arena holds the lists
/// \return BL_OK, BL_E_INVALID, BL_E_NOMEM
bl_status bl_nn_schedule_read(bl_arena *arena, const bl_item *item, double learning_rate,
                              bl_nn_schedule *ret_schedule, bl_error *err);
/// Writes it as JSON that bl_nn_schedule_read reads to the same.
void bl_nn_schedule_write(const bl_nn_schedule *schedule, bl_text *to);
/// The learning rate of a step, from 0.
double bl_nn_schedule_at(const bl_nn_schedule *schedule, int64_t step);

typedef struct bl_nn_plateau {
    bool is_max;      ///< larger is better: `mode: max`; Keras's auto is not there
    double factor;    ///< in [0, 1)
    int64_t patience; ///< epochs without improvement before the learning rate is reduced
    double min_delta; ///< by so much better is better
    int64_t cooldown; ///< epochs after a reduction in which none is counted
    double min_lr;
} bl_nn_plateau;

/// Where a plateau stands: plain numbers that a checkpoint may store. Zeroed it is at its
/// beginning.
typedef struct bl_nn_plateau_state {
    double best;
    int64_t wait, cooldown;
    bool has_best;
} bl_nn_plateau_state;

/// With Keras's defaults, smaller being better.
bl_nn_plateau bl_nn_plateau_default(void);
/// Reads `plateau` of a configuration. \return BL_OK, BL_E_INVALID
bl_status bl_nn_plateau_read(const bl_item *item, bl_nn_plateau *ret_plateau, bl_error *err);
/// Writes it as JSON that bl_nn_plateau_read reads to the same.
void bl_nn_plateau_write(const bl_nn_plateau *plateau, bl_text *to);
/// The learning rate after an epoch in which the quantity had this value. A NaN is no improvement,
/// but in the first epoch is the best there is, as in Keras.
double bl_nn_plateau_next(const bl_nn_plateau *plateau, bl_nn_plateau_state *state, double value,
                          double learning_rate);

#endif
