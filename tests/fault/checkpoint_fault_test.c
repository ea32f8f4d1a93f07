// SPDX-License-Identifier: Apache-2.0
// Faults while a checkpoint is written and read: every allocation fails once, nothing stays behind,
// and a file has what it had before or what was written.
#include <stdio.h>

#include "base/folder_testing.h"
#include "each_allocation.h"
#include "learn/train/made_testing.h"

static const char *path;

static bl_status write_and_read(bl_context *context, void *argument) {
    (void)argument;
    made_training made, again = {0};
    bl_status status = made_training_new(context, 4, BL_NN_OPTIMIZER_ADAM, &made);
    if (status == BL_OK)
        status = made_progress(&made);
    if (status == BL_OK)
        status = bl_checkpoint_write(context, &made.checkpoint, path, NULL);
    if (status == BL_OK)
        status = made_training_new(context, 4, BL_NN_OPTIMIZER_ADAM, &again);
    if (status == BL_OK)
        status = bl_checkpoint_read(context, path, &again.checkpoint, NULL);
    made_training_free(&made);
    if (again.arena.context)
        made_training_free(&again);
    return status;
}

/// There is none, or a whole one.
static void look(bl_status status, void *argument) {
    (void)argument;
    bl_context *context = test_context(1);
    made_training made;
    assert_ok(made_training_new(context, 4, BL_NN_OPTIMIZER_ADAM, &made));
    bl_status there = bl_checkpoint_read(context, path, &made.checkpoint, NULL);
    if (status == BL_OK || there != BL_E_NOTFOUND) {
        assert_ok(there);
        assert_int_equal(made.checkpoint.state.epoch, 2);
        assert_int_equal(remove(path), 0);
    }
    made_training_free(&made);
    bl_context_free(context);
}

static void checkpoints_are_written_and_read(void **state) {
    (void)state;
    path = test_path("checkpoint");
    fail_each_allocation(write_and_read, look, NULL, 30, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(checkpoints_are_written_and_read)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
