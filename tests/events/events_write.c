// SPDX-License-Identifier: Apache-2.0
// usage: events_write FOLDER
// Writes the events of a training that was killed and went on, as tensorboard_reads_ours.py expects
// them: a file with steps 0, 100 … 500, and one that begins again at step 300.
#include <math.h>
#include <stdio.h>

#include "base/context.h"
#include "learn/train/events.h"

static bl_status write_scalars(bl_events *events, int first, double sign, bl_error *err) {
    for (int i = first; i <= 5; i++) {
        double value = i == 4 ? (double)INFINITY : 1.0 / (i + 1);
        BL_TRY(bl_events_scalar(events, "train/loss", 100 * i, 1000 + i, sign * value, err));
        BL_TRY(bl_events_scalar(events, "validation/auc of W+\xc3\xa9", 100 * i, 1000 + i, i, err));
    }
    return bl_events_flush(events, err);
}

static bl_status write_files(bl_context *context, const char *folder, bl_error *err) {
    BL_AUTO(bl_events) first = NULL;
    BL_AUTO(bl_events) second = NULL;
    BL_TRY(bl_events_open(context, folder, &first, err));
    BL_TRY(write_scalars(first, 0, 1, err));
    BL_TRY(bl_events_open(context, folder, &second, err));
    BL_TRY(bl_events_restart(second, 300, 2000, err));
    return write_scalars(second, 3, -1, err);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    if (argc != 2 || bl_context_new(NULL, &context, NULL) != BL_OK) {
        fprintf(stderr, "usage: events_write FOLDER\n");
        return 2;
    }
    bl_status status = write_files(context, argv[1], &err);
    bl_context_free(context);
    if (status != BL_OK)
        fprintf(stderr, "events_write: %s\n", err.message);
    return status != BL_OK;
}
