// SPDX-License-Identifier: Apache-2.0
// CSV and JSON lines being written: one table a file. Rows of a batch are encoded in pieces on all
// threads, and the pieces are written in their order, so that the text depends on the rows alone.
#include "base/arena.h"
#include "base/context.h"
#include "formats/text/encode.h"
#include "formats/text/json.h"
#include "formats/text/text.h"
#include "io/packed/outflow.h"

enum { FIRST_ROWS = 256, PIECE_BYTES = 256 << 10, PIECES_A_THREAD = 4 };

typedef struct text_output {
    bl_output head;
    bl_outflow *flow; ///< owns
    bl_arena arena;
    bl_text_style style;
    const char *format;
    bl_writer writer; ///< the only one
    bool has_writer;
    size_t n_outs;
    bl_text_out *outs; ///< [n_outs]; owns
    double row_bytes;  ///< of rows so far; 0: there were none
} text_output;

// ---- rows ----

typedef struct piece_task {
    text_output *output;
    const bl_batch *batch;
    int64_t first, step;
} piece_task;

static bl_status encode_piece(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const piece_task *task = (const piece_task *)argument;
    bl_text_out *out = &task->output->outs[index];
    int64_t first = task->first + (int64_t)index * task->step, last = first + task->step;
    out->used = 0;
    bl_text_encode(&task->output->style, task->batch, first,
                   last < task->batch->n_rows ? last : task->batch->n_rows, out);
    return out->failed ? bl_error_nomem(err, out->capacity, "rows of text") : BL_OK;
}

/// Rows of a piece that has about PIECE_BYTES.
static int64_t rows_of_piece(const text_output *output) {
    double rows = output->row_bytes > 0 ? PIECE_BYTES / output->row_bytes : FIRST_ROWS;
    return rows < 1 ? 1 : rows > 1e6 ? 1000000 : (int64_t)rows;
}

static bl_status write_rows(bl_writer *head, const bl_batch *batch, bl_error *err) {
    text_output *output = (text_output *)head->output;
    piece_task task = {.output = output, .batch = batch};
    while (task.first < batch->n_rows) {
        BL_TRY(bl_context_check(output->head.context, err));
        task.step = rows_of_piece(output);
        int64_t left = batch->n_rows - task.first, n_pieces = (left + task.step - 1) / task.step;
        size_t n = n_pieces < (int64_t)output->n_outs ? (size_t)n_pieces : output->n_outs;
        size_t n_bytes = 0;
        BL_TRY(bl_run_tasks(output->head.context, encode_piece, &task, n, err));
        for (size_t i = 0; i < n; i++) {
            n_bytes += output->outs[i].used;
            BL_TRY(bl_outflow_write(output->flow, output->outs[i].data, output->outs[i].used, err));
        }
        int64_t done = (int64_t)n * task.step < left ? (int64_t)n * task.step : left;
        output->row_bytes = (double)n_bytes / (double)done;
        task.first += done;
    }
    return BL_OK;
}

static bl_status finish_table(bl_writer *head, bl_error *err) {
    (void)head, (void)err;
    return BL_OK;
}

static const bl_writer_ops writer_ops = {.write = write_rows, .finish = finish_table};

// ---- the table ----

static unsigned depth_of(const bl_type *type) {
    unsigned deepest = 0;
    for (size_t i = 0; i < type->n_children; i++) {
        unsigned depth = depth_of(type->children[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    (void)head;
    if (depth_of(column->type) <= BL_JSON_DEPTH)
        return BL_OK;
    return bl_error_set(err, BL_E_TYPE, "column '%s' nests more than %d levels", column->name,
                        BL_JSON_DEPTH);
}

/// The key and what is before it, ready to be copied.
static const char *key_of(text_output *output, size_t i, const char *name) {
    bl_text_out out = {.context = output->head.context};
    bl_text_out_char(&out, i ? ',' : '{');
    bl_text_encode_json(&out, name, strlen(name), false);
    bl_text_out_char(&out, ':');
    const char *key = out.failed ? NULL : bl_arena_text(&output->arena, out.data, out.used);
    bl_text_out_release(&out);
    return key;
}

static bl_status take_columns(text_output *output, const bl_column_spec *columns, size_t n,
                              const char *path, bl_error *err) {
    const char **keys = (const char **)bl_arena_array(&output->arena, n + 1, sizeof *keys);
    if (!keys)
        return bl_error_nomem(err, n * sizeof *keys, "columns");
    for (size_t i = 0; i < n; i++) {
        BL_TRY(check(&output->head, &columns[i], err));
        keys[i] = key_of(output, i, columns[i].name);
        if (!keys[i])
            return bl_error_nomem(err, strlen(columns[i].name), "a column's name");
    }
    BL_TRY(bl_writer_init(&output->writer, &writer_ops, &output->arena, columns, n, path, err));
    output->style.names = output->writer.names;
    output->style.keys = keys;
    output->style.n_columns = n;
    return BL_OK;
}

static bl_status write_header(text_output *output, bl_error *err) {
    bl_text_out *out = &output->outs[0];
    out->used = 0;
    bl_text_encode_header(&output->style, out);
    if (out->failed)
        return bl_error_nomem(err, out->capacity, "a header");
    return bl_outflow_write(output->flow, out->data, out->used, err);
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    text_output *output = (text_output *)head;
    if (output->has_writer)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a %s file holds one table, and has '%s'",
                            output->format, output->writer.path);
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a %s file has no friends", output->format);
    if (n_columns == 0 && !output->style.is_json)
        return bl_error_set(err, BL_E_TYPE, "a CSV file has columns");
    output->has_writer = true;
    output->writer.output = head;
    BL_TRY(take_columns(output, columns, n_columns, options->path, err));
    if (!output->style.is_json)
        BL_TRY(write_header(output, err));
    *ret_writer = &output->writer;
    return BL_OK;
}

// ---- the file ----

static bl_status finish(bl_output *head, bl_error *err) {
    text_output *output = (text_output *)head;
    uint64_t n_lost = 0;
    for (size_t i = 0; i < output->n_outs; i++)
        n_lost += output->outs[i].n_lost;
    if (n_lost)
        bl_log(
            head->context, BL_LOG_WARNING,
            "%s: %llu values that are NaN or infinite became null: JSON has no such numbers, CSV "
            "has",
            head->url, (unsigned long long)n_lost);
    return bl_outflow_finish(output->flow, err);
}

static void close_output(bl_output *head) {
    text_output *output = (text_output *)head;
    bl_context *context = head->context;
    bl_writer_release(&output->writer);
    for (size_t i = 0; output->outs && i < output->n_outs; i++)
        bl_free(context, output->outs[i].data);
    bl_free(context, output->outs);
    bl_outflow_close(output->flow);
    bl_arena_release(&output->arena);
    bl_free(context, output);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output, .holds_nulls = true};

static bl_status choose_separator(text_output *output, const char *given, bl_error *err) {
    if (given && strcmp(given, "\\t") == 0)
        given = "\t";
    if (given && (strlen(given) != 1 || strchr("\"\r\n", *given)))
        return bl_error_set(err, BL_E_INVALID,
                            "separator '%s': one character is wanted, and no "
                            "quote or newline",
                            given);
    bool is_tabs = strstr(output->head.url, ".tsv") != NULL;
    bl_text_style_csv(&output->style, given ? *given : is_tabs ? '\t' : ',');
    return BL_OK;
}

static bl_status fill(text_output *output, bl_sink *sink, const bl_create *how, bl_error *err) {
    bl_context *context = output->head.context;
    BL_AUTO(bl_sink) owned = sink;
    output->head.url = bl_arena_text(&output->arena, sink->url, strlen(sink->url));
    output->n_outs = (size_t)bl_context_n_threads(context) * PIECES_A_THREAD;
    output->outs = (bl_text_out *)bl_alloc_zero(context, output->n_outs, sizeof *output->outs);
    if (!output->head.url || !output->outs)
        return bl_error_nomem(err, output->n_outs * sizeof *output->outs, "a file");
    for (size_t i = 0; i < output->n_outs; i++)
        output->outs[i].context = context;
    if (how->base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a %s file cannot be continued", output->format);
    if (!output->style.is_json)
        BL_TRY(choose_separator(output, how->options->separator, err));
    return bl_outflow_open(BL_MOVE(owned), how->compression, &output->flow, err);
}

static bl_status create(bl_context *context, bl_sink *sink, const bl_create *how, bool is_json,
                        bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_source) base = how->base; // which goes, whatever comes
    (void)base;
    text_output *output = (text_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output) {
        bl_sink_close(sink);
        return bl_error_nomem(err, sizeof *output, "a file");
    }
    output->head.ops = &ops;
    output->head.context = context;
    output->style.is_json = is_json;
    output->format = is_json ? "JSON lines" : "CSV";
    bl_arena_init(&output->arena, context);
    bl_status status = fill(output, sink, how, err);
    if (status == BL_OK)
        *ret_output = &output->head;
    else
        close_output(&output->head);
    return status;
}

bl_status bl_csv_create(bl_context *context, bl_sink *sink, const bl_create *how,
                        bl_output **ret_output, bl_error *err) {
    return create(context, sink, how, false, ret_output, err);
}

bl_status bl_json_lines_create(bl_context *context, bl_sink *sink, const bl_create *how,
                               bl_output **ret_output, bl_error *err) {
    return create(context, sink, how, true, ret_output, err);
}
