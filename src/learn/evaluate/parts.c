// SPDX-License-Identifier: Apache-2.0
// Which parts are looked at, and who scores them: the test, as much of what was trained on, and
// variations of shape. Of folds each is scored by the model that has not seen it, and for
// comparison by one that was trained on it.
#include <stdio.h>
#include <stdlib.h>

#include "base/names.h"
#include "learn/evaluate/private.h"

#define FOLD "fold-"

static bl_status find_part(const bl_prepared *prepared, const char *name,
                           const bl_prepared_part **ret_part, bl_error *err) {
    *ret_part = bl_prepared_find(prepared, name);
    if (*ret_part)
        return BL_OK;
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status =
        bl_error_set(err, BL_E_NOTFOUND, "%s: no part '%s'; there are", prepared->name, name);
    for (size_t i = 0; i < prepared->n_parts; i++) {
        bl_nearest_offer(&nearest, prepared->parts[i].name);
        status = bl_error_hint(err, status, "%s '%s'", i ? "," : "", prepared->parts[i].name);
    }
    return bl_nearest_hint(&nearest, status, err);
}

/// "fold-K", or "fold-K.VARIATION".
static bl_status find_fold(bl_evaluation *e, size_t fold, const char *variation,
                           const bl_prepared_part **ret_part, bl_error *err) {
    const char *name = bl_arena_printf(&e->arena, FOLD "%zu%s", fold, variation);
    if (!name)
        return bl_error_nomem(err, strlen(variation), "a name");
    return find_part(e->prepared, name, ret_part, err);
}

static bl_status make_room(bl_evaluation *e, size_t n, bl_parts *parts, bl_error *err) {
    parts->parts = (const bl_prepared_part **)bl_arena_array(&e->arena, n + 1, sizeof(void *));
    parts->folds = (size_t *)bl_arena_array(&e->arena, n + 1, sizeof *parts->folds);
    if (parts->parts && parts->folds)
        return BL_OK;
    return bl_error_nomem(err, n * sizeof(void *), "parts");
}

static void add_part(bl_parts *parts, const bl_prepared_part *part, size_t fold) {
    parts->parts[parts->n] = part;
    parts->folds[parts->n++] = fold;
    parts->n_events += part->n_rows;
    parts->most = parts->n_events;
}

// ---- the test ----

/// The one fold that subjects want; −1: all.
static bl_status wanted_fold(const bl_evaluation *e, const char *part, int64_t *ret_fold,
                             bl_error *err) {
    int64_t fold = -1;
    if (part && strncmp(part, FOLD, strlen(FOLD)) == 0)
        fold = strtoll(part + strlen(FOLD), NULL, 10);
    const char *who = part;
    for (size_t i = 0; !part && i < e->n_subjects; i++) {
        const bl_subject *subject = &e->subjects[i];
        if (subject->fold < 0)
            continue;
        if (fold >= 0 && fold != subject->fold)
            return bl_error_set(err, BL_E_INVALID,
                                "'%s' has not seen fold %lld, '%s' fold %lld: there are no events "
                                "to compare them",
                                who, (long long)fold, subject->name, (long long)subject->fold);
        fold = subject->fold;
        who = subject->name;
    }
    *ret_fold = fold;
    return BL_OK;
}

static bl_status choose_test(bl_evaluation *e, const char *part, int64_t fold, bl_parts *test,
                             bl_error *err) {
    const bl_prepared_part *found = NULL;
    size_t n = e->prepared->n_folds;
    BL_TRY(make_room(e, n, test, err));
    test->name = part ? part : "test";
    if (part || !n) {
        BL_TRY(find_part(e->prepared, test->name, &found, err));
        add_part(test, found, fold < 0 ? 0 : (size_t)fold);
        return BL_OK;
    }
    for (size_t k = 0; k < n; k++) {
        if (fold >= 0 && k != (size_t)fold)
            continue;
        BL_TRY(find_fold(e, k, "", &found, err));
        add_part(test, found, k);
    }
    return BL_OK;
}

// ---- what was trained on ----

/// Whether every model is one that was trained without these events, so that a part can be chosen
/// that it was trained on.
static bool are_known(const bl_evaluation *e, int64_t fold) {
    size_t n = 0;
    for (size_t i = 0; i < e->n_subjects; i++) {
        const bl_subject *subject = &e->subjects[i];
        n += subject->n_models > 0;
        if (e->prepared->n_folds && subject->n_models == 1 && (fold < 0 || subject->fold != fold))
            return false;
    }
    return n > 0;
}

/// Model k is tested on fold k and validated on the one behind it: it was trained on the second
/// behind it, and on the one before.
static bl_status choose_train(bl_evaluation *e, const bl_parts *test, int64_t fold, bl_parts *train,
                              bl_error *err) {
    const bl_prepared_part *found = bl_prepared_find(e->prepared, "train");
    size_t n = e->prepared->n_folds;
    if (!are_known(e, fold))
        return BL_OK;
    BL_TRY(make_room(e, test->n, train, err));
    if (!n && found && found != test->parts[0])
        add_part(train, found, 0);
    for (size_t i = 0; n && i < test->n; i++) {
        size_t k = test->n == 1 ? (test->folds[i] + 2) % n : test->folds[i];
        BL_TRY(find_fold(e, k, "", &found, err));
        add_part(train, found, (k + 1) % n);
    }
    if (!train->n)
        return BL_OK;
    train->name = "train";
    train->most = train->n_events < test->n_events ? train->n_events : test->n_events;
    return BL_OK;
}

// ---- variations ----

/// What stands behind "PART" in the name of one of its variations: ".jesUp"; else NULL.
static const char *variation_of(const bl_prepared_part *part, const bl_prepared_part *nominal) {
    size_t n = strlen(nominal->name);
    bool is_one = strncmp(part->name, nominal->name, n) == 0 && part->name[n] == '.';
    return is_one ? part->name + n : NULL;
}

static bl_status add_shifted(bl_evaluation *e, const bl_parts *test, const char *variation,
                             bl_parts *shifted, bl_error *err) {
    BL_TRY(make_room(e, test->n, shifted, err));
    shifted->name = bl_arena_printf(&e->arena, "%s%s", test->name, variation);
    if (!shifted->name)
        return bl_error_nomem(err, strlen(variation), "a name");
    for (size_t i = 0; i < test->n; i++) {
        const bl_prepared_part *found = NULL;
        const char *name = bl_arena_printf(&e->arena, "%s%s", test->parts[i]->name, variation);
        if (!name)
            return bl_error_nomem(err, strlen(variation), "a name");
        BL_TRY(find_part(e->prepared, name, &found, err));
        add_part(shifted, found, test->folds[i]);
    }
    return BL_OK;
}

static bl_status choose_shifted(bl_evaluation *e, bl_parts_plan *plan, bl_error *err) {
    const bl_prepared *prepared = e->prepared;
    plan->shifted =
        (bl_parts *)bl_arena_array(&e->arena, prepared->n_parts + 1, sizeof *plan->shifted);
    if (!plan->shifted)
        return bl_error_nomem(err, prepared->n_parts * sizeof *plan->shifted, "variations");
    for (size_t i = 0; i < prepared->n_parts; i++) {
        const char *variation = variation_of(&prepared->parts[i], plan->test.parts[0]);
        if (variation)
            BL_TRY(add_shifted(e, &plan->test, variation, &plan->shifted[plan->n_shifted++], err));
    }
    return BL_OK;
}

bl_status bl_parts_choose(bl_evaluation *e, const bl_evaluation_options *options,
                          bl_parts_plan *ret_plan, bl_error *err) {
    int64_t fold = -1;
    bl_parts_plan plan = {0};
    const char *part = options->part;
    if (e->prepared->n_folds && part && strcmp(part, "test") == 0)
        part = NULL;
    if (e->prepared->n_folds)
        BL_TRY(wanted_fold(e, part, &fold, err));
    BL_TRY(choose_test(e, part, fold, &plan.test, err));
    BL_TRY(choose_train(e, &plan.test, fold, &plan.train, err));
    BL_TRY(choose_shifted(e, &plan, err));
    *ret_plan = plan;
    return BL_OK;
}
