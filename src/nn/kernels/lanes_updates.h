// SPDX-License-Identifier: Apache-2.0
/// \file
/// Steps of optimisers for vectors of any width: each file of kernels says what `lanes` are, what
/// their square root is, and includes this. See updates.h for the rules.
#ifndef BL_NN_KERNELS_LANES_UPDATES_H
#define BL_NN_KERNELS_LANES_UPDATES_H

#include "nn/kernels/lanes_functions.h"
#include "nn/kernels/updates.h"

/// One vector of everything that a step changes.
typedef struct state {
    lanes p, m[BL_NN_MOST_MOMENTS];
} state;

INLINE void descend(const bl_nn_update *u, lanes g, state *s) {
    lanes keep = splat(u->keep), step = g * splat(u->rate);
    if (u->rule == BL_NN_RULE_SGD) {
        s->p -= step;
        return;
    }
    s->m[0] = s->m[0] * keep - step;
    s->p += u->rule == BL_NN_RULE_NESTEROV ? s->m[0] * keep - step : s->m[0];
}

INLINE void adam(const bl_nn_update *u, lanes g, state *s) {
    s->m[0] += (g - s->m[0]) * splat(u->take);
    s->m[1] += (g * g - s->m[1]) * splat(u->take2);
    lanes v = s->m[1];
    if (u->rule == BL_NN_RULE_AMSGRAD)
        v = s->m[2] = choose(s->m[2] >= v, s->m[2], v);
    s->p -= s->m[0] * splat(u->rate) / (root_of(v) + splat(u->epsilon));
}

INLINE void rmsprop(const bl_nn_update *u, lanes g, state *s) {
    lanes keep = splat(u->keep), take = splat(u->take);
    bool is_centered = u->rule == BL_NN_RULE_CENTERED || u->rule == BL_NN_RULE_CENTERED_MOMENTUM;
    s->m[0] = keep * s->m[0] + take * (g * g);
    lanes under = s->m[0];
    if (is_centered) {
        s->m[1] = keep * s->m[1] + take * g;
        under -= s->m[1] * s->m[1];
    }
    lanes step = splat(u->rate) * g / root_of(under + splat(u->epsilon));
    if (u->rule == BL_NN_RULE_RMSPROP_MOMENTUM)
        step = s->m[1] = splat(u->keep2) * s->m[1] + step;
    if (u->rule == BL_NN_RULE_CENTERED_MOMENTUM)
        step = s->m[2] = splat(u->keep2) * s->m[2] + step;
    s->p -= step;
}

INLINE void change(const bl_nn_update *u, lanes g, state *s) {
    if (u->decay != 0)
        s->p -= s->p * splat(u->decay) * splat(u->decay_rate);
    if (u->rule <= BL_NN_RULE_NESTEROV)
        descend(u, g, s);
    else if (u->rule <= BL_NN_RULE_AMSGRAD)
        adam(u, g, s);
    else
        rmsprop(u, g, s);
}

/// The rule is known where this is inlined, and all choices with it.
INLINE void update_by(bl_nn_rule rule, const bl_nn_update *update) {
    bl_nn_update u = *update;
    u.rule = rule;
    size_t n_moments = bl_nn_rule_n_moments(rule), i = 0;
    state s;
    for (; i + LANES <= u.n; i += LANES) {
        s.p = load(u.parameters + i);
        for (size_t k = 0; k < n_moments; k++)
            s.m[k] = load(u.moments[k] + i);
        change(&u, load(u.gradients + i), &s);
        store(u.parameters + i, s.p);
        for (size_t k = 0; k < n_moments; k++)
            store(u.moments[k] + i, s.m[k]);
    }
    if (i == u.n)
        return;
    s.p = load_first(u.parameters + i, u.n - i);
    for (size_t k = 0; k < n_moments; k++)
        s.m[k] = load_first(u.moments[k] + i, u.n - i);
    change(&u, load_first(u.gradients + i, u.n - i), &s);
    store_first(u.parameters + i, s.p, u.n - i);
    for (size_t k = 0; k < n_moments; k++)
        store_first(u.moments[k] + i, s.m[k], u.n - i);
}

LANES_ATTRIBUTE static void update(const bl_nn_update *u) {
    switch (u->rule) {
    case BL_NN_RULE_SGD:
        update_by(BL_NN_RULE_SGD, u);
        break;
    case BL_NN_RULE_MOMENTUM:
        update_by(BL_NN_RULE_MOMENTUM, u);
        break;
    case BL_NN_RULE_NESTEROV:
        update_by(BL_NN_RULE_NESTEROV, u);
        break;
    case BL_NN_RULE_ADAM:
        update_by(BL_NN_RULE_ADAM, u);
        break;
    case BL_NN_RULE_AMSGRAD:
        update_by(BL_NN_RULE_AMSGRAD, u);
        break;
    case BL_NN_RULE_RMSPROP:
        update_by(BL_NN_RULE_RMSPROP, u);
        break;
    case BL_NN_RULE_RMSPROP_MOMENTUM:
        update_by(BL_NN_RULE_RMSPROP_MOMENTUM, u);
        break;
    case BL_NN_RULE_CENTERED:
        update_by(BL_NN_RULE_CENTERED, u);
        break;
    case BL_NN_RULE_CENTERED_MOMENTUM:
        update_by(BL_NN_RULE_CENTERED_MOMENTUM, u);
        break;
    case BL_NN_N_RULES:
        break;
    }
}

#endif
