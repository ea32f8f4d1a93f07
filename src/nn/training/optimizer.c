// SPDX-License-Identifier: Apache-2.0
#include "nn/training/optimizer.h"

#include <math.h>

#include "nn/training/settings.h"

#define OF(kind) (1U << BL_NN_OPTIMIZER_##kind)
#define BELOW_ONE 0x1.fffffffffffffp-1
#define PLACE(kind, member) #member, kind, offsetof(bl_nn_optimizer, member)

static const char *const names[] = {
#define X(kind, name, rate) name,
    BL_NN_OPTIMIZER_TABLE(X)
#undef X
};

enum {
    ADAMS = OF(ADAM) | OF(ADAMW),
    ALL = OF(SGD) | ADAMS | OF(RMSPROP),
    MOVED = OF(SGD) | OF(RMSPROP),
};

static const bl_nn_setting table[] = {
    {PLACE(BL_NN_SETTING_NUMBER, learning_rate), ALL, 0, INFINITY},
    {PLACE(BL_NN_SETTING_NUMBER, momentum), MOVED, 0, 1},
    {PLACE(BL_NN_SETTING_BOOL, nesterov), OF(SGD), 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, beta_1), ADAMS, 0, BELOW_ONE},
    {PLACE(BL_NN_SETTING_NUMBER, beta_2), ADAMS, 0, BELOW_ONE},
    {PLACE(BL_NN_SETTING_BOOL, amsgrad), ADAMS, 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, rho), OF(RMSPROP), 0, 1},
    {PLACE(BL_NN_SETTING_BOOL, centered), OF(RMSPROP), 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, epsilon), ADAMS | OF(RMSPROP), 0, INFINITY},
    {PLACE(BL_NN_SETTING_NUMBER, weight_decay), ALL, 0, INFINITY},
};

static const bl_nn_settings options = {"optimizer", names, BL_NN_N_OPTIMIZERS, table,
                                       sizeof table / sizeof *table};

bl_nn_optimizer bl_nn_optimizer_of(bl_nn_optimizer_kind kind) {
    static const double rates[] = {
#define X(kind, name, rate) rate,
        BL_NN_OPTIMIZER_TABLE(X)
#undef X
    };
    return (bl_nn_optimizer){
        .kind = kind,
        .learning_rate = rates[kind],
        .beta_1 = 0.9,
        .beta_2 = 0.999,
        .rho = 0.9,
        .epsilon = 1e-7,
        .weight_decay = kind == BL_NN_OPTIMIZER_ADAMW ? 0.004 : 0,
    };
}

const char *bl_nn_optimizer_name(bl_nn_optimizer_kind kind) { return names[kind]; }

bl_status bl_nn_optimizer_read(const bl_item *item, bl_nn_optimizer *ret_optimizer, bl_error *err) {
    const bl_item *map = NULL;
    size_t kind = 0;
    BL_TRY(bl_nn_settings_name(&options, item, &kind, &map, err));
    bl_nn_optimizer optimizer = bl_nn_optimizer_of((bl_nn_optimizer_kind)kind);
    BL_TRY(bl_nn_settings_read(&options, kind, map, NULL, &optimizer, err));
    *ret_optimizer = optimizer;
    return BL_OK;
}

void bl_nn_optimizer_write(const bl_nn_optimizer *optimizer, bl_text *to) {
    bl_nn_settings_write_named(&options, optimizer->kind, optimizer, to);
}

static bl_nn_rule rule_of(const bl_nn_optimizer *optimizer) {
    bool moves = optimizer->momentum > 0;
    switch (optimizer->kind) {
    case BL_NN_OPTIMIZER_SGD:
        return !moves                ? BL_NN_RULE_SGD
               : optimizer->nesterov ? BL_NN_RULE_NESTEROV
                                     : BL_NN_RULE_MOMENTUM;
    case BL_NN_OPTIMIZER_RMSPROP:
        if (optimizer->centered)
            return moves ? BL_NN_RULE_CENTERED_MOMENTUM : BL_NN_RULE_CENTERED;
        return moves ? BL_NN_RULE_RMSPROP_MOMENTUM : BL_NN_RULE_RMSPROP;
    default:
        return optimizer->amsgrad ? BL_NN_RULE_AMSGRAD : BL_NN_RULE_ADAM;
    }
}

size_t bl_nn_optimizer_n_moments(const bl_nn_optimizer *optimizer) {
    return bl_nn_rule_n_moments(rule_of(optimizer));
}

/// x^n by squaring: the same bits everywhere.
static double power(double x, uint64_t n) {
    double result = 1;
    for (; n; n >>= 1, x *= x)
        result *= n & 1 ? x : 1;
    return result;
}

/// Adam's rate in this step. Keras's βs are float32 there, and 1 − β₂ keeps few of their bits:
/// others would take another way from the first steps on.
static double corrected(const bl_nn_optimizer *o, double learning_rate, uint64_t number) {
    double beta_1 = (double)(float)o->beta_1, beta_2 = (double)(float)o->beta_2;
    return learning_rate * sqrt(1 - power(beta_2, number)) / (1 - power(beta_1, number));
}

/// What a rule's constants are in this step.
static bl_nn_update update_of(const bl_nn_optimizer *o, double learning_rate, uint64_t number) {
    bl_nn_update update = {
        .rule = rule_of(o),
        .rate = (float)learning_rate,
        .epsilon = (float)o->epsilon,
        .decay = (float)o->weight_decay,
        .decay_rate = (float)learning_rate,
    };
    if (o->kind == BL_NN_OPTIMIZER_SGD)
        update.keep = (float)o->momentum;
    else if (o->kind == BL_NN_OPTIMIZER_RMSPROP) {
        update.keep = (float)o->rho;
        update.take = (float)(1 - o->rho);
        update.keep2 = (float)o->momentum;
    } else {
        update.take = (float)(1 - o->beta_1);
        update.take2 = (float)(1 - o->beta_2);
        update.rate = (float)corrected(o, learning_rate, number);
    }
    return update;
}

void bl_nn_optimizer_step(const bl_nn_kernels *kernels, const bl_nn_optimizer *optimizer,
                          double learning_rate, uint64_t number,
                          const bl_nn_optimizer_blocks *blocks, size_t start, size_t count) {
    bl_nn_update update = update_of(optimizer, learning_rate, number);
    update.n = count;
    update.parameters = blocks->parameters + start;
    update.gradients = blocks->gradients + start;
    for (size_t i = 0; i < bl_nn_rule_n_moments(update.rule); i++)
        update.moments[i] = blocks->moments + i * blocks->moment_stride + start;
    kernels->update(&update);
}
