// SPDX-License-Identifier: Apache-2.0
// Shards: a record batch is a task, which takes its rows from wherever they are, and waits for its
// turn to write them.
#include "data/prepare/shard.h"

#include <errno.h>
#include <unistd.h>

#include <beamline/output.h>

#include "base/context.h"
#include "base/turns.h"

typedef struct writing {
    const bl_shard_form *form;
    const bl_shard_rows *rows;
    const char *const *names; ///< [n_columns]
    bl_writer *writer;
    bl_turns turns;
} writing;

/// Rows [first, first + n) as spans; their columns are set for each column. \param spans [n]
static bl_status take_columns(const writing *w, size_t first, size_t n, bl_column_span *spans,
                              bl_batch *batch, bl_error *err) {
    const bl_shard_form *form = w->form;
    const bl_bucket *bucket = w->rows->bucket;
    const bl_bucket_row *rows = w->rows->rows + first;
    for (size_t i = 0; i < form->n_columns; i++) {
        bl_column *column = &batch->columns[i];
        bl_type *type = bucket->pieces[rows[0].piece].batch->columns[form->from[i]].type;
        if (i == form->replaced) {
            BL_TRY(bl_column_init(form->context, column, type, err));
            column->length = (int64_t)n;
            BL_TRY(bl_buffer_new(form->context, n * 8, &column->values, err));
            column->values->size = n * 8;
            memcpy(column->values->data, (const uint8_t *)w->rows->values + first * 8, n * 8);
            continue;
        }
        for (size_t k = 0; k < n; k++)
            spans[k] =
                (bl_column_span){bl_bucket_column(bucket, &rows[k], form->from[i]), rows[k].row, 1};
        BL_TRY_IN(bl_column_take(form->context, type, spans, n, column, err), err, "column '%s'",
                  w->names[i]);
    }
    return BL_OK;
}

static bl_status make_batch(const writing *w, size_t first, size_t n, bl_batch **ret_batch,
                            bl_error *err) {
    bl_context *context = w->form->context;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(context, w->form->n_columns, w->names, (int64_t)first, (int64_t)n, &batch,
                        err));
    bl_column_span *spans = (bl_column_span *)bl_alloc(context, n * sizeof *spans);
    if (!spans)
        return bl_error_nomem(err, n * sizeof *spans, "rows");
    bl_status status = take_columns(w, first, n, spans, batch, err);
    bl_free(context, spans);
    if (status == BL_OK)
        *ret_batch = BL_MOVE(batch);
    return status;
}

static bl_status write_batch(void *argument, size_t i, unsigned worker, bl_error *err) {
    writing *w = (writing *)argument;
    size_t step = (size_t)w->form->batch_rows, first = i * step;
    size_t n = w->rows->n - first < step ? w->rows->n - first : step;
    BL_AUTO(bl_batch) batch = NULL;
    (void)worker;
    bl_status status = make_batch(w, first, n, &batch, err);
    if (status == BL_OK && !bl_turns_await(&w->turns, i))
        return BL_OK; // what failed before says so
    if (status == BL_OK)
        status = bl_writer_write(w->writer, batch, err);
    if (status == BL_OK)
        bl_turns_pass(&w->turns);
    else
        bl_turns_fail(&w->turns, i);
    return status;
}

static bl_status write_all(writing *w, const char *path, uint64_t *ret_bytes, uint64_t *ret_xxh64,
                           bl_error *err) {
    const bl_shard_form *form = w->form;
    bl_output_options options = {.size = sizeof options,
                                 .format = "Arrow",
                                 .codec = form->codec ? form->codec : "none",
                                 .ret_bytes = ret_bytes,
                                 .ret_xxh64 = ret_xxh64};
    bl_writer_options of_writer = {.size = sizeof of_writer, .cluster_rows = form->batch_rows};
    size_t step = (size_t)form->batch_rows;
    bl_output *output = NULL;
    if (unlink(path) != 0 && errno != ENOENT)
        return bl_error_errno(err, errno, path);
    BL_TRY(bl_output_open(form->context, path, &options, &output, err));
    bl_status status =
        bl_output_add(output, form->columns, form->n_columns, &of_writer, &w->writer, err);
    if (status == BL_OK)
        status = bl_run_tasks(form->context, write_batch, w, (w->rows->n + step - 1) / step, err);
    if (status == BL_OK)
        status = bl_output_finish(output, err);
    bl_output_close(output);
    return status;
}

bl_status bl_shard_write(const bl_shard_form *form, const bl_shard_rows *rows, const char *path,
                         uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err) {
    writing w = {.form = form, .rows = rows};
    const char **names =
        (const char **)bl_alloc_zero(form->context, form->n_columns + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, form->n_columns * sizeof *names, "names");
    for (size_t i = 0; i < form->n_columns; i++)
        names[i] = form->columns[i].name;
    w.names = names;
    bl_turns_init(&w.turns);
    bl_status status = write_all(&w, path, ret_bytes, ret_xxh64, err);
    bl_turns_release(&w.turns);
    bl_free(form->context, names);
    return status;
}
