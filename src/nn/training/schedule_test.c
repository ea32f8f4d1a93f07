// SPDX-License-Identifier: Apache-2.0
// Schedules and plateaus against values made by hand.
#include "nn/training/schedule.h"

#include "nn/training/reading_testing.h"

typedef struct listed {
    const char *yaml;
    int64_t step;
    double expected;
} listed;

/// The learning rate is 0.1 where the schedule does not say another.
static const listed values[] = {
    {"constant", 12345, 0.1},
    {"constant: {learning_rate: 0.3}", 0, 0.3},
    {"constant: {warmup_steps: 4}", 0, 0},
    {"constant: {warmup_steps: 4}", 1, 0.025},
    {"constant: {warmup_steps: 4, warmup_from: 0.02}", 2, 0.06},
    {"constant: {warmup_steps: 4}", 4, 0.1},
    {"step: {boundaries: [10, 20], values: [1, 0.5, 0.1]}", 10, 1},
    {"step: {boundaries: [10, 20], values: [1, 0.5, 0.1]}", 11, 0.5},
    {"step: {boundaries: [10, 20], values: [1, 0.5, 0.1]}", 20, 0.5},
    {"step: {boundaries: [10, 20], values: [1, 0.5, 0.1]}", 21, 0.1},
    {"step: {boundaries: [], values: [0.7]}", 5, 0.7},
    {"step: {boundaries: [10], values: [1, 0.5], warmup_steps: 10}", 5, 0.5},
    {"step: {boundaries: [10], values: [1, 0.5], warmup_steps: 10}", 21, 0.5},
    {"exponential: {decay_steps: 10, decay_rate: 0.25}", 5, 0.05},
    {"exponential: {decay_steps: 10, decay_rate: 0.25}", 20, 0.00625},
    {"exponential: {decay_steps: 10, decay_rate: 0.25, staircase: true}", 19, 0.025},
    {"cosine: {decay_steps: 100}", 0, 0.1},
    {"cosine: {decay_steps: 100}", 50, 0.05},
    {"cosine: {decay_steps: 100, alpha: 0.2}", 50, 0.06},
    {"cosine: {decay_steps: 100, alpha: 0.2}", 1000, 0.02},
    {"cosine: {decay_steps: 100, warmup_steps: 10}", 5, 0.05},
    {"cosine: {decay_steps: 100, warmup_steps: 10}", 60, 0.05},
    {"cosine_restarts: {first_decay_steps: 10}", 5, 0.05},
    {"cosine_restarts: {first_decay_steps: 10}", 10, 0.1},
    {"cosine_restarts: {first_decay_steps: 10}", 20, 0.05},
    {"cosine_restarts: {first_decay_steps: 10}", 30, 0.1},
    {"cosine_restarts: {first_decay_steps: 10, t_mul: 1, m_mul: 0.5}", 10, 0.05},
    {"cosine_restarts: {first_decay_steps: 10, t_mul: 1, m_mul: 0.5}", 25, 0.0125},
    {"cosine_restarts: {first_decay_steps: 10, m_mul: 0.5, alpha: 0.1}", 10, 0.055},
};

static void listed_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        bl_nn_schedule schedule;
        bl_error err = {0};
        if (bl_nn_schedule_read(&arena, yaml(values[i].yaml), 0.1, &schedule, &err) != BL_OK)
            fail_msg("%s", err.message);
        double found = bl_nn_schedule_at(&schedule, values[i].step);
        if (!(fabs(found - values[i].expected) < 1e-15))
            fail_msg("%s at %d: %.17g, expected %.17g", values[i].yaml, (int)values[i].step, found,
                     values[i].expected);
    }
}

static void refuses(const char *text, const char *part) {
    bl_nn_schedule schedule;
    bl_error err = {0};
    says(part, bl_nn_schedule_read(&arena, yaml(text), 0.1, &schedule, &err), &err);
}

static void reading(void **state) {
    (void)state;
    bl_nn_schedule schedule;
    assert_ok(bl_nn_schedule_read(&arena, NULL, 0.1, &schedule, NULL));
    assert_true(schedule.kind == BL_NN_SCHEDULE_CONSTANT && schedule.learning_rate == 0.1);
    refuses("cosin: {decay_steps: 3}", "did you mean 'cosine'");
    refuses("cosine", "cosine has no decay_steps");
    refuses("cosine_restarts", "cosine_restarts has no first_decay_steps");
    refuses("cosine_restarts: {first_decay_steps: 3, t_mul: 0.5}", "t_mul is 1 or more");
    refuses("exponential: {decay_steps: 3}", "exponential has no decay_rate");
    refuses("cosine: {decay_steps: 0}", "decay_steps is between 1 and");
    refuses("cosine: {decay_stepps: 3}", "did you mean 'decay_steps'");
    refuses("step", "step has no boundaries");
    refuses("step: {boundaries: [1]}", "step has no values");
    refuses("step: {boundaries: [1], values: [1]}", "1 values for 1 boundaries");
    refuses("step: {boundaries: [2, 2], values: [1, 1, 1]}", "ascending");
    refuses("step: {boundaries: [2], values: [1, x]}", "a value is a number");
    refuses("step: {boundaries: [2], values: [1, .nan]}", "values are learning rates");
}

static bl_status read_lists(bl_context *own) {
    bl_arena room;
    bl_nn_schedule schedule;
    const bl_item *item = yaml("step: {boundaries: [1, 2], values: [1, 2, 3]}");
    bl_arena_init(&room, own);
    bl_status status = bl_nn_schedule_read(&room, item, 0.1, &schedule, NULL);
    bl_arena_release(&room);
    return status;
}

// ---- plateau ----

/// The learning rates after each of some values, from 1.
static void goes(const char *text, const double *quantity, const double *expected, size_t n) {
    bl_nn_plateau plateau;
    bl_nn_plateau_state at = {0};
    double rate = 1;
    assert_ok(bl_nn_plateau_read(yaml(text), &plateau, NULL));
    for (size_t i = 0; i < n; i++) {
        rate = bl_nn_plateau_next(&plateau, &at, quantity[i], rate);
        if (rate != expected[i])
            fail_msg("%s: after %zu: %g, expected %g", text, i, rate, expected[i]);
    }
}

static void plateaus(void **state) {
    (void)state;
    const double down[] = {5, 4, 4, 4, 4, 4, 4, 4}, up[] = {1, 2, 3, 3, 3, 4, 4, 4};
    const double small[] = {5, 4.99, 4.98, 4.8, 4.8, NAN, 4.8, 4.8};
    goes("{factor: 0.5, patience: 2}", down, (double[]){1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125}, 8);
    goes("{factor: 0.5, patience: 2, cooldown: 2}", down,
         (double[]){1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25}, 8);
    goes("{factor: 0.5, patience: 1, min_lr: 0.2}", down,
         (double[]){1, 1, 0.5, 0.25, 0.2, 0.2, 0.2, 0.2}, 8);
    goes("{factor: 0.5, patience: 2, mode: max}", up, (double[]){1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25},
         8);
    goes("{factor: 0.5, patience: 2, min_delta: 0.1}", small,
         (double[]){1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125}, 8);
}

static void plateaus_are_read(void **state) {
    (void)state;
    bl_nn_plateau plateau;
    bl_error err = {0};
    says("factor is between 0 and 1", bl_nn_plateau_read(yaml("{factor: 1}"), &plateau, &err),
         &err);
    says("mode is min or max, not 'auto'", bl_nn_plateau_read(yaml("{mode: auto}"), &plateau, &err),
         &err);
    says("did you mean 'patience'", bl_nn_plateau_read(yaml("{patiense: 1}"), &plateau, &err),
         &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_values),     cmocka_unit_test(reading),
        test_each_allocation(read_lists),    cmocka_unit_test(plateaus),
        cmocka_unit_test(plateaus_are_read),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
