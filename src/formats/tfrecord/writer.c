// SPDX-License-Identifier: Apache-2.0
// Batches to a file. Rows are cut into blocks, some of which are encoded at once by all threads and
// then written in their order; as records know nothing of each other, where blocks end shows
// nowhere.
#include "formats/tfrecord/writer.h"

#include "base/context.h"
#include "formats/tfrecord/encode.h"
#include "io/packed/outflow.h"

#define BLOCK_BYTES ((uint64_t)256 << 10)
enum { MOST_BLOCKS = 64, MEASURED_ROWS = 64 };

typedef struct tf_writer {
    bl_writer head;
    bl_context *context;
    bl_arena arena;
    bl_outflow *out; ///< borrows
    bl_tf_fields fields;
    bl_tf_view *views; ///< [fields.n]
    size_t n_blocks;
    bl_tf_encoder *encoders; ///< [n_blocks]
    int64_t n_rows;          ///< written
    int64_t first, last;     ///< rows of the batch that are being encoded
    int64_t block_rows;
} tf_writer;

typedef struct tf_output {
    bl_output head;
    bl_outflow *out;   ///< owns
    tf_writer *writer; ///< owns; NULL: no table yet
} tf_output;

// ---- rows ----

static bl_status encode_task(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    tf_writer *writer = (tf_writer *)argument;
    int64_t first = writer->first + (int64_t)index * writer->block_rows;
    int64_t last = first + writer->block_rows;
    bl_tf_encoder *encoder = &writer->encoders[index];
    if (encoder->bytes)
        encoder->bytes->size = 0;
    return bl_tf_encode(encoder, writer->n_rows, first, last < writer->last ? last : writer->last,
                        err);
}

/// Rows that make a block, by the size of some of them.
static int64_t rows_of_block(const tf_writer *writer, int64_t n_rows) {
    int64_t step = n_rows / MEASURED_ROWS + 1, n = 0;
    uint64_t bytes = 0;
    for (int64_t row = 0; row < n_rows; row += step, n++)
        bytes += bl_tf_encode_bound(&writer->fields, writer->views, row);
    uint64_t rows = n ? BLOCK_BYTES / (bytes / (uint64_t)n + 1) : 0;
    return rows < 1 ? 1 : rows > INT32_MAX ? INT32_MAX : (int64_t)rows;
}

static bl_status write_blocks(tf_writer *writer, int64_t n_rows, bl_error *err) {
    writer->block_rows = rows_of_block(writer, n_rows);
    int64_t at_once = writer->block_rows * (int64_t)writer->n_blocks;
    for (writer->first = 0; writer->first < n_rows; writer->first = writer->last) {
        writer->last = n_rows - writer->first > at_once ? writer->first + at_once : n_rows;
        int64_t rows = writer->last - writer->first;
        size_t n = (size_t)((rows + writer->block_rows - 1) / writer->block_rows);
        BL_TRY(bl_context_check(writer->context, err));
        BL_TRY(bl_run_tasks(writer->context, encode_task, writer, n, err));
        for (size_t i = 0; i < n; i++) {
            const bl_buffer *bytes = writer->encoders[i].bytes;
            BL_TRY(bl_outflow_write(writer->out, bytes->data, bytes->size, err));
        }
    }
    return BL_OK;
}

static bl_status write_batch(bl_writer *head, const bl_batch *batch, bl_error *err) {
    tf_writer *writer = (tf_writer *)head;
    for (size_t i = 0; i < writer->fields.n; i++)
        bl_tf_view_find(&writer->fields.items[i], batch, &writer->views[i]);
    BL_TRY(write_blocks(writer, batch->n_rows, err));
    writer->n_rows += batch->n_rows;
    return BL_OK;
}

static bl_status finish_writer(bl_writer *head, bl_error *err) {
    (void)head, (void)err; // every row was written when it came
    return BL_OK;
}

static const bl_writer_ops writer_ops = {.write = write_batch, .finish = finish_writer};

// ---- a table ----

static void free_writer(tf_writer *writer) {
    bl_context *context = writer->context;
    for (size_t i = 0; writer->encoders && i < writer->n_blocks; i++)
        bl_tf_encoder_release(&writer->encoders[i]);
    bl_writer_release(&writer->head);
    bl_tf_fields_release(context, &writer->fields);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}
BL_DEFINE_AUTO(tf_writer, free_writer);

static bl_status start_encoders(tf_writer *writer, bl_error *err) {
    size_t n_threads = bl_context_n_threads(writer->context), n = writer->fields.n;
    writer->n_blocks = n_threads > 1 ? 2 * n_threads : 1;
    writer->n_blocks = writer->n_blocks > MOST_BLOCKS ? MOST_BLOCKS : writer->n_blocks;
    writer->views = (bl_tf_view *)bl_arena_array(&writer->arena, n + 1, sizeof *writer->views);
    writer->encoders =
        (bl_tf_encoder *)bl_arena_array(&writer->arena, writer->n_blocks, sizeof *writer->encoders);
    if (!writer->views || !writer->encoders)
        return bl_error_nomem(err, n * sizeof *writer->views, "features");
    for (size_t i = 0; i < writer->n_blocks; i++)
        writer->encoders[i] = (bl_tf_encoder){.context = writer->context,
                                              .crc = bl_crc32c_get(),
                                              .fields = &writer->fields,
                                              .views = writer->views,
                                              .names = writer->head.names};
    return BL_OK;
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    tf_output *output = (tf_output *)head;
    if (output->writer)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a TFRecord file holds one table");
    if (options->friend_of)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a TFRecord file knows no friends");
    BL_AUTO(tf_writer) writer = (tf_writer *)bl_alloc_zero(head->context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a table");
    writer->context = head->context;
    writer->out = output->out;
    bl_arena_init(&writer->arena, head->context);
    BL_TRY(bl_writer_init(&writer->head, &writer_ops, &writer->arena, columns, n_columns,
                          options->path, err));
    BL_TRY(
        bl_tf_fields_make(head->context, &writer->arena, columns, n_columns, &writer->fields, err));
    BL_TRY(start_encoders(writer, err));
    writer->head.output = head;
    output->writer = BL_MOVE(writer);
    *ret_writer = &output->writer->head;
    return BL_OK;
}

// ---- a file ----

static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    bl_arena arena;
    bl_tf_fields fields = {0};
    bl_arena_init(&arena, head->context);
    bl_status status = bl_tf_fields_make(head->context, &arena, column, 1, &fields, err);
    bl_tf_fields_release(head->context, &fields);
    bl_arena_release(&arena);
    return status;
}

static bl_status finish(bl_output *head, bl_error *err) {
    return bl_outflow_finish(((tf_output *)head)->out, err);
}

static void close_output(bl_output *head) {
    tf_output *output = (tf_output *)head;
    if (output->writer)
        free_writer(output->writer);
    bl_outflow_close(output->out);
    bl_free(head->context, output);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output, .holds_nulls = true};

bl_status bl_tfrecord_create(bl_context *context, bl_sink *sink, const bl_create *how,
                             bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    BL_AUTO(bl_source) base = how->base;
    if (base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a TFRecord file cannot be continued");
    tf_output *output = (tf_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output)
        return bl_error_nomem(err, sizeof *output, "a file");
    output->head.ops = &ops;
    output->head.context = context;
    output->head.url = owned->url;
    bl_status status = bl_outflow_open(BL_MOVE(owned), how->compression, &output->out, err);
    if (status != BL_OK) {
        bl_free(context, output);
        return status;
    }
    *ret_output = &output->head;
    return BL_OK;
}
