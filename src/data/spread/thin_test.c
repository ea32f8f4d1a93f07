// SPDX-License-Identifier: Apache-2.0
// What undersampling leaves out for sure: against the factors that counts give.
#include "data/spread/thin.h"

#include <string.h>

#include "base/testing.h"

enum { N_CLASSES = 3 };

/// A spool of one sample a class, as far as thinning looks at it.
typedef struct made {
    bl_config config;
    bl_dataset dataset;
    bl_sample samples[N_CLASSES];
    bl_sample_config of_samples[N_CLASSES];
    const char *classes[N_CLASSES];
    bl_input input;
    bl_spool spool;
} made;

static void make(made *m, const int64_t *n_events) {
    static const bl_variable_config plain = {0};
    static const bl_variable_config *variables[] = {&plain};
    *m = (made){.classes = {"a", "b", "c"}};
    bl_arena_init(&m->spool.arena, test_context(1));
    bl_config_init(&m->config, &m->spool.arena);
    m->config.prepare.weights.balance = BL_BALANCE_UNDERSAMPLE;
    for (int k = 0; k < N_CLASSES; k++) {
        m->of_samples[k] = (bl_sample_config){.label = k, .part = -1};
        m->samples[k] = (bl_sample){.config = &m->of_samples[k], .n_used = n_events[k]};
    }
    m->dataset = (bl_dataset){.config = &m->config, .n_samples = N_CLASSES, .samples = m->samples};
    m->input = (bl_input){.shape = {.width = 1, .is_sequence = true}, .variables = variables};
    m->spool.dataset = &m->dataset;
    m->spool.config = &m->config.prepare;
    m->spool.n_classes = m->spool.n_counted = N_CLASSES;
    m->spool.classes = m->classes;
    m->spool.n_inputs = 1;
    m->spool.inputs = &m->input;
}

static void release(made *m) {
    bl_context *context = m->spool.arena.context;
    bl_arena_release(&m->spool.arena);
    bl_context_free(context);
}

static void test_all_parts_are_counted(void **state) {
    static const int64_t n[] = {1000, 100, 400};
    double factors[N_CLASSES], amounts[] = {1000, 100, 400};
    size_t n_left = 0;
    made m;
    (void)state;
    make(&m, n);
    m.config.prepare.weights.balances_all = true;
    assert_ok(bl_thinning_find(&m.spool, NULL));
    bl_balance_factors(BL_BALANCE_UNDERSAMPLE, N_CLASSES, amounts, factors);
    assert_memory_equal(factors, m.spool.thinning.most, sizeof factors);
    assert_true(m.spool.thinning.inputs[0]);
    for (uint64_t key = 0; key < 1000; key++) {
        bool is_left = bl_thinning_leaves_out(&m.spool, key << 50, 2, 0);
        assert_int_equal(is_left, bl_copies_of(0, key << 50, factors[0]) == 0);
        n_left += is_left;
        assert_false(bl_thinning_leaves_out(&m.spool, key << 50, 0, 1));
    }
    assert_true(n_left > 850 && n_left < 950);
    assert_ok(bl_thinning_check(&m.spool, factors, NULL));
    release(&m);
}

static void test_training_part_is_estimated(void **state) {
    static const int64_t n[] = {1000000, 10000, 0};
    double factors[N_CLASSES], amounts[] = {800400, 7960, 0}; // some σ off
    bl_error err = {0};
    made m;
    (void)state;
    make(&m, n);
    assert_ok(bl_thinning_find(&m.spool, NULL));
    bl_balance_factors(BL_BALANCE_UNDERSAMPLE, N_CLASSES, amounts, factors);
    for (int k = 0; k < N_CLASSES; k++)
        assert_true(m.spool.thinning.most[k] >= factors[k]);
    assert_true(m.spool.thinning.most[0] < 1.05 * factors[0]);
    assert_ok(bl_thinning_check(&m.spool, factors, NULL));
    factors[0] = 0.1;
    assert_error(bl_thinning_check(&m.spool, factors, &err), BL_E_RANGE, err,
                 "far fewer events of 'a'");
    assert_false(bl_thinning_leaves_out(&m.spool, 1, 2, 0)); // the test part stays as it is
    release(&m);
}

static void test_what_is_not_known(void **state) {
    static const int64_t n[] = {1000, 100, 400};
    made m;
    (void)state;
    for (int what = 0; what < 7; what++) {
        make(&m, n);
        bl_prepare_config *prepare = &m.config.prepare;
        switch (what) {
        case 0:
            prepare->weights.balance = BL_BALANCE_OVERSAMPLE;
            break;
        case 1:
            prepare->split.n_folds = 3;
            break;
        case 2:
            prepare->label_kind = BL_LABEL_ONE_OF;
            break;
        case 3:
            m.config.cuts.n = 1;
            break;
        case 4:
            m.config.has_recipe = true;
            break;
        case 5:
            prepare->weights.negative = BL_NEGATIVE_DROP;
            break;
        default:
            prepare->split.duplicates = BL_DUPLICATES_KEEP;
            break;
        }
        assert_ok(bl_thinning_find(&m.spool, NULL));
        assert_null(m.spool.thinning.most);
        assert_false(bl_thinning_leaves_out(&m.spool, 1, 0, 0));
        release(&m);
    }
}

static void test_quantiles_need_all(void **state) {
    static const int64_t n[] = {1000, 100, 400};
    static const bl_variable_config robust = {.scaler = BL_SCALER_ROBUST};
    static const bl_variable_config *variables[] = {&robust};
    made m;
    (void)state;
    make(&m, n);
    m.input.variables = variables;
    assert_ok(bl_thinning_find(&m.spool, NULL));
    assert_false(m.spool.thinning.inputs[0]);
    release(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_parts_are_counted),
        cmocka_unit_test(test_training_part_is_estimated),
        cmocka_unit_test(test_what_is_not_known),
        cmocka_unit_test(test_quantiles_need_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
