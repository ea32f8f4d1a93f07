// SPDX-License-Identifier: Apache-2.0
// Kinematics, made of functions of single elements. A particle is a record with fields pt, eta, phi
// and mass (GeV, rad). Formulas: px = pt cos φ, py = pt sin φ, pz = pt sinh η, E² = m² + p².
#include <stdint.h>

#include "expr/functions.h"
#include "expr/lists.h"

/// Applies functions to values and remembers the first failure, so that formulas read as such.
typedef struct algebra {
    bl_checker *checker;
    const bl_node *node;
    bl_status status;
    bl_error *err;
} algebra;

static bl_value apply2(algebra *a, const char *function, bl_value x, bl_value y) {
    const bl_value values[] = {x, y};
    bl_value result = x;
    if (a->status == BL_OK)
        a->status = bl_check_apply(a->checker, a->node, function, values, 2, &result, a->err);
    return result;
}

static bl_value apply1(algebra *a, const char *function, bl_value x) {
    bl_value result = x;
    if (a->status == BL_OK)
        a->status = bl_check_apply(a->checker, a->node, function, &x, 1, &result, a->err);
    return result;
}

static bl_value square(algebra *a, bl_value x) { return apply2(a, "multiply", x, x); }
static bl_value add(algebra *a, bl_value x, bl_value y) { return apply2(a, "add", x, y); }
static bl_value times(algebra *a, bl_value x, bl_value y) { return apply2(a, "multiply", x, y); }

typedef struct momentum {
    bl_value px, py, pz, energy;
} momentum;

static momentum momentum_of(algebra *a, bl_value pt, bl_value eta, bl_value phi, bl_value mass) {
    momentum p = {.px = times(a, pt, apply1(a, "cos", phi)),
                  .py = times(a, pt, apply1(a, "sin", phi)),
                  .pz = times(a, pt, apply1(a, "sinh", eta))};
    bl_value p2 = add(a, add(a, square(a, p.px), square(a, p.py)), square(a, p.pz));
    p.energy = apply1(a, "sqrt", add(a, square(a, mass), p2));
    return p;
}

static bl_status field_of(bl_checker *checker, const bl_node *node, const bl_value *record,
                          const char *name, bl_value *ret_value, bl_error *err) {
    const bl_value *field = bl_value_field(record, name);
    if (!field)
        return bl_check_error(checker, node, BL_E_TYPE, err,
                              "a particle is zip(pt=…, eta=…, phi=…, mass=…), and this has no %s",
                              name);
    *ret_value = *field;
    return BL_OK;
}

static bl_status particle(algebra *a, const bl_call *call, size_t i, momentum *ret_momentum) {
    bl_value pt, eta, phi, mass;
    const bl_value *record = &call->values[i];
    BL_TRY(field_of(a->checker, call->nodes[i], record, "pt", &pt, a->err));
    BL_TRY(field_of(a->checker, call->nodes[i], record, "eta", &eta, a->err));
    BL_TRY(field_of(a->checker, call->nodes[i], record, "phi", &phi, a->err));
    BL_TRY(field_of(a->checker, call->nodes[i], record, "mass", &mass, a->err));
    *ret_momentum = momentum_of(a, pt, eta, phi, mass);
    return a->status;
}

/// The sum of particles: records, or four numbers each.
static bl_status total(algebra *a, const bl_call *call, momentum *ret_total) {
    bool is_records = call->values[0].n_fields != 0;
    size_t step = is_records ? 1 : 4;
    if (call->n % step)
        return bl_check_error(a->checker, call->node, BL_E_INVALID, a->err,
                              "%s takes particles, or pt, eta, phi and mass of each",
                              call->node->text);
    for (size_t i = 0; i < call->n; i += step) {
        momentum p;
        if (is_records)
            BL_TRY(particle(a, call, i, &p));
        else
            p = momentum_of(a, call->values[i], call->values[i + 1], call->values[i + 2],
                            call->values[i + 3]);
        if (i == 0) {
            *ret_total = p;
            continue;
        }
        ret_total->px = add(a, ret_total->px, p.px);
        ret_total->py = add(a, ret_total->py, p.py);
        ret_total->pz = add(a, ret_total->pz, p.pz);
        ret_total->energy = add(a, ret_total->energy, p.energy);
    }
    return a->status;
}

/// √|x| with the sign of x, as the mass of what is spacelike.
static bl_value signed_root(algebra *a, bl_value x) {
    return apply2(a, "copysign", apply1(a, "sqrt", apply1(a, "abs", x)), x);
}

static bl_status check_sum(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    algebra a = {checker, call->node, BL_OK, err};
    const char *what = call->node->text;
    momentum p;
    BL_TRY(total(&a, call, &p));
    bl_value pt2 = add(&a, square(&a, p.px), square(&a, p.py));
    if (strcmp(what, "pt") == 0)
        *ret_value = apply1(&a, "sqrt", pt2);
    else if (strcmp(what, "phi") == 0)
        *ret_value = apply2(&a, "arctan2", p.py, p.px);
    else if (strcmp(what, "eta") == 0)
        *ret_value = apply1(&a, "arcsinh", apply2(&a, "divide", p.pz, apply1(&a, "sqrt", pt2)));
    else if (strcmp(what, "energy") == 0)
        *ret_value = p.energy;
    else
        *ret_value = signed_root(
            &a, apply2(&a, "subtract", square(&a, p.energy), add(&a, pt2, square(&a, p.pz))));
    return a.status;
}

/// Two particles, or what is needed of each: \param names [n] of the fields
static bl_status two_particles(bl_checker *checker, const bl_call *call, const char *const *names,
                               bl_value *ret_values, bl_error *err) {
    if (call->n == 4) {
        memcpy(ret_values, call->values, 4 * sizeof *ret_values);
        return BL_OK;
    }
    if (call->n != 2)
        return bl_check_error(checker, call->node, BL_E_INVALID, err,
                              "%s takes two particles, or %s and %s of each", call->node->text,
                              names[0], names[1]);
    for (size_t i = 0; i < 4; i++)
        BL_TRY(field_of(checker, call->nodes[i / 2], &call->values[i / 2], names[i % 2],
                        &ret_values[i], err));
    return BL_OK;
}

static bl_status check_delta_r(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                               bl_error *err) {
    static const char *const names[] = {"eta", "phi"};
    algebra a = {checker, call->node, BL_OK, err};
    bl_value v[4];
    BL_TRY(two_particles(checker, call, names, v, err));
    bl_value deta = apply2(&a, "subtract", v[0], v[2]);
    *ret_value = apply1(&a, "sqrt",
                        add(&a, square(&a, deta), square(&a, apply2(&a, "delta_phi", v[1], v[3]))));
    return a.status;
}

/// √(2 pt₁ pt₂ (1 − cos Δφ)), massless.
static bl_status check_mt(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                          bl_error *err) {
    static const char *const names[] = {"pt", "phi"};
    algebra a = {checker, call->node, BL_OK, err};
    bl_value v[4], one, two;
    BL_TRY(two_particles(checker, call, names, v, err));
    BL_TRY(bl_check_integer(checker, 1, &one, err));
    BL_TRY(bl_check_integer(checker, 2, &two, err));
    bl_value cosine = apply1(&a, "cos", apply2(&a, "subtract", v[1], v[3]));
    bl_value product = times(&a, times(&a, two, v[0]), v[2]);
    *ret_value = apply1(&a, "sqrt", times(&a, product, apply2(&a, "subtract", one, cosine)));
    return a.status;
}

/// Lists of eta and phi of two collections as floats. \param values [4]
static bl_status two_collections(bl_checker *checker, const bl_call *call, bl_value *values,
                                 bl_error *err) {
    static const char *const names[] = {"eta", "phi"};
    for (size_t i = 0; i < 4; i++) {
        BL_TRY(field_of(checker, call->nodes[i / 2], &call->values[i / 2], names[i % 2], &values[i],
                        err));
        if (values[i].type.depth != 1)
            return bl_check_error(checker, call->nodes[i / 2], BL_E_SHAPE, err,
                                  "%s is about the lists of an event", call->node->text);
        BL_TRY(bl_check_convert(checker, &values[i], BL_KIND_FLOAT, &values[i], err));
    }
    return BL_OK;
}

static bl_status distance_of(bl_checker *checker, const bl_node *node, double *ret_distance,
                             bl_error *err) {
    if (node->kind != BL_NODE_INTEGER && node->kind != BL_NODE_FLOAT)
        return bl_check_error(checker, node, BL_E_INVALID, err, "a distance is a literal");
    *ret_distance = node->kind == BL_NODE_FLOAT ? node->number : (double)node->integer;
    return BL_OK;
}

static bl_status check_nearest(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                               bl_error *err) {
    bl_value values[4];
    bl_step step = {.run = bl_step_nearest,
                    .type = {.kind = BL_KIND_INT, .depth = 1, .may_miss = true},
                    .number = __builtin_inf()};
    BL_TRY(two_collections(checker, call, values, err));
    if (call->n == 3)
        BL_TRY(distance_of(checker, call->nodes[2], &step.number, err));
    return bl_check_step(checker, &step, values, 4, ret_value, err);
}

static bl_status check_cone_sum(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                bl_error *err) {
    bl_value values[5], of_each = call->values[2];
    bl_step step = {.run = bl_step_cone_sum, .type = {.kind = BL_KIND_FLOAT, .depth = 1}};
    BL_TRY(two_collections(checker, call, values, err));
    BL_TRY(bl_check_array(checker, call->nodes[2], &of_each, "cone_sum", err));
    if (of_each.type.depth != 1)
        return bl_check_error(checker, call->nodes[2], BL_E_SHAPE, err,
                              "there is one value for each item of the second collection");
    BL_TRY(bl_check_convert(checker, &of_each, BL_KIND_FLOAT, &values[4], err));
    BL_TRY(distance_of(checker, call->nodes[3], &step.number, err));
    return bl_check_step(checker, &step, values, 5, ret_value, err);
}

const bl_function bl_event_functions[] = {
    {"mass", NULL, 1, BL_MOST_INPUTS, check_sum, "a, b, …", "invariant mass of a sum"},
    {"pt", NULL, 1, BL_MOST_INPUTS, check_sum, "a, b, …", "transverse momentum of a sum"},
    {"eta", NULL, 1, BL_MOST_INPUTS, check_sum, "a, b, …", "pseudorapidity of a sum"},
    {"phi", NULL, 1, BL_MOST_INPUTS, check_sum, "a, b, …", "azimuth of a sum"},
    {"energy", NULL, 1, BL_MOST_INPUTS, check_sum, "a, b, …", "energy of a sum"},
    {"delta_r", "deltaR deltar", 2, 4, check_delta_r, "a, b",
     "distance in eta and phi; or eta1, phi1, eta2, phi2"},
    {"mt", "MT", 2, 4, check_mt, "a, b", "transverse mass; or pt1, phi1, pt2, phi2"},
    {"nearest", NULL, 2, 3, check_nearest, "a, b, most",
     "the place in b of what is nearest to each of a"},
    {"cone_sum", NULL, 4, 4, check_cone_sum, "a, b, values, radius",
     "for each of a, the sum of values of b around it"},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};
