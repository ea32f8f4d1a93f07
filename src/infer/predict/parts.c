// SPDX-License-Identifier: Apache-2.0
// Parts: what is done of an output that is not, as Arrow files whose names say which rows they
// hold. The last one is given its name when it is on the disk.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "infer/predict/predictions_private.h"

BL_DEFINE_AUTO(bl_scan, bl_scan_close);
BL_DEFINE_AUTO(bl_table, bl_table_close);

static const double default_part_s = 10;
static const char *const unfinished = "unfinished.arrow";

static const char *path_of(bl_arena *arena, const bl_predictions *p, const char *name) {
    return bl_arena_printf(arena, "%s/%s", p->parts, name);
}

// ---- finding ----

/// "OUTPUT-FIRST-LAST-TAKEN.arrow".
static bool read_name(const char *name, unsigned long *ret_output, bl_predictions_part *ret_part) {
    long long first, last, taken;
    int n = 0;
    if (sscanf(name, "%lu-%lld-%lld-%lld.arrow%n", ret_output, &first, &last, &taken, &n) != 4 ||
        (size_t)n != strlen(name) || first < 0 || last <= first || taken < 0)
        return false;
    *ret_part = (bl_predictions_part){name, first, last, taken};
    return true;
}

static bool is_part(const char *name) {
    unsigned long output;
    bl_predictions_part part;
    return read_name(name, &output, &part);
}

static bool is_ours(const char *name) { return is_part(name) || strcmp(name, unfinished) == 0; }

/// Adds the part that goes on where an output's parts end.
static bl_status add_part(bl_predictions *p, bl_predictions_output *output,
                          const bl_predictions_part *part, size_t most, bl_error *err) {
    if (output->is_done || part->first != output->n_kept || part->last > output->n_rows)
        return BL_OK;
    if (!output->parts)
        output->parts =
            (bl_predictions_part *)bl_arena_array(&p->arena, most, sizeof *output->parts);
    if (!output->parts)
        return bl_error_nomem(err, most * sizeof *output->parts, "parts");
    output->parts[output->n_parts++] = *part;
    output->n_kept = part->last;
    return BL_OK;
}

bl_status bl_predictions_find_parts(bl_predictions *p, bl_error *err) {
    const char **names;
    size_t n;
    if (access(p->parts, F_OK) != 0)
        return BL_OK;
    BL_TRY(bl_folder_list(&p->arena, p->parts, is_part, &names, &n, err));
    for (size_t i = 0; i < n; i++) { // in the order of outputs, then of rows
        unsigned long number;
        bl_predictions_part part;
        if (read_name(names[i], &number, &part) && number < p->n_outputs)
            BL_TRY(add_part(p, &p->outputs[number], &part, n, err));
    }
    return BL_OK;
}

// ---- writing ----

static bl_status begin(bl_predictions_keeper *keeper, bl_arena *arena, bl_error *err) {
    const bl_predictions *p = keeper->predictions;
    const char *path = path_of(arena, p, unfinished);
    bl_output_options options = {.size = sizeof options, .format = "Arrow", .codec = "lz4"};
    if (!path)
        return bl_error_nomem(err, strlen(p->parts), "a path");
    BL_TRY(bl_folder_make(p->parts, err));
    (void)unlink(path);
    BL_TRY(bl_output_open(p->context, path, &options, &keeper->file, err));
    keeper->begun_s = bl_clock_s();
    keeper->n_taken = 0;
    return bl_output_add(keeper->file, keeper->specs, keeper->n_columns, NULL, &keeper->writer,
                         err);
}

static bl_status end(bl_predictions_keeper *keeper, bl_arena *arena, bl_error *err) {
    bl_predictions *p = keeper->predictions;
    const char *from = path_of(arena, p, unfinished);
    const char *to = bl_arena_printf(arena, "%s/%06zu-%015lld-%015lld-%lld.arrow", p->parts,
                                     keeper->output, (long long)keeper->first,
                                     (long long)keeper->last, (long long)keeper->n_taken);
    bl_status status = bl_output_finish(keeper->file, err);
    bl_output_close(BL_MOVE(keeper->file));
    BL_TRY(status);
    if (!from || !to)
        return bl_error_nomem(err, strlen(p->parts), "a path");
    keeper->first = keeper->last;
    p->is_kept = true;
    return rename(from, to) == 0 ? BL_OK : bl_error_errno(err, errno, to);
}

static bl_status keep(bl_predictions_keeper *keeper, const bl_batch *batch, int64_t last,
                      int64_t n_taken, bl_arena *arena, bl_error *err) {
    const bl_predictions_options *options = keeper->predictions->options;
    double seconds = options->part_s > 0 ? options->part_s : default_part_s;
    if (!keeper->file)
        BL_TRY(begin(keeper, arena, err));
    BL_TRY(bl_writer_write(keeper->writer, batch, err));
    keeper->last = last;
    keeper->n_taken += n_taken;
    bool is_long = options->part_rows && last - keeper->first >= options->part_rows;
    return is_long || bl_clock_s() - keeper->begun_s >= seconds ? end(keeper, arena, err) : BL_OK;
}

bl_status bl_predictions_keep(bl_predictions_keeper *keeper, const bl_batch *batch, int64_t last,
                              int64_t n_taken, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, keeper->predictions->context);
    bl_status status = keep(keeper, batch, last, n_taken, &arena, err);
    bl_arena_release(&arena);
    return status;
}

void bl_predictions_keeper_release(bl_predictions_keeper *keeper) {
    bl_output_close(BL_MOVE(keeper->file));
}

// ---- reading ----

static bl_status copy_part(bl_context *context, const char *path, bl_writer *writer,
                           bl_error *err) {
    BL_AUTO(bl_table) table = NULL;
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_table_open(context, &path, 1, NULL, &table, err));
    BL_TRY(bl_scan_open(table, NULL, &scan, err));
    for (;;) {
        bl_batch *batch = NULL;
        bl_status status = bl_scan_next(scan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        status = bl_writer_write(writer, batch, err);
        bl_batch_release(batch);
        BL_TRY(status);
    }
}

bl_status bl_predictions_copy_parts(const bl_predictions *p, const bl_predictions_output *output,
                                    bl_writer *writer, bl_error *err) {
    bl_arena arena;
    bl_status status = BL_OK;
    bl_arena_init(&arena, p->context);
    for (size_t i = 0; i < output->n_parts && status == BL_OK; i++) {
        const char *path = path_of(&arena, p, output->parts[i].name);
        if (path)
            status = copy_part(p->context, path, writer, err);
        else
            status = bl_error_nomem(err, strlen(p->parts), "a path");
    }
    bl_arena_release(&arena);
    return status;
}

// ---- removing ----

void bl_predictions_remove_parts(const bl_predictions *p, const bl_predictions_output *output) {
    const char **names;
    size_t n = 0;
    bl_arena arena;
    bl_arena_init(&arena, p->context);
    if (bl_folder_list(&arena, p->parts, is_ours, &names, &n, NULL) != BL_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned long number = 0;
        bl_predictions_part part;
        bool is_of = !output || !read_name(names[i], &number, &part) ||
                     number == (size_t)(output - p->outputs);
        const char *path = path_of(&arena, p, names[i]);
        if (is_of && path)
            (void)unlink(path);
    }
    (void)rmdir(p->parts); // where nothing is left in it
    bl_arena_release(&arena);
}
