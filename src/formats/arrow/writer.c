// SPDX-License-Identifier: Apache-2.0
// The table of an Arrow file being written: rows wait until a record batch is full.
#include "formats/arrow/writer.h"

#include "base/context.h"
#include "formats/arrow/request.h"

/// A record batch that stays in a cache is read fastest; its metadata costs little.
#define DEFAULT_CLUSTER (UINT64_C(4) << 20)
#define CLUSTER_SHARE 16 // of the memory budget
/// Parts of fewer rows than their neighbour are joined to it up to so many bits, so that rows that
/// come one by one do not make as many parts.
#define SMALL_BITS ((double)(UINT64_C(8) << 20))

// ---- where record batches end ----

/// Bits of values [first, last) of a column. They add up, however the rows are cut.
static uint64_t bits_of(const bl_column *column, const bl_type *type, int64_t first, int64_t last) {
    uint64_t n = (uint64_t)(last - first), bits = type->is_nullable ? n : 0;
    size_t width = type->id == BL_LARGE_LIST ? 8 : 4;
    switch (type->id) {
    case BL_BOOL:
        return bits + n;
    case BL_STRUCT:
        break;
    case BL_FIXED_LIST:
        first *= type->list_size;
        last *= type->list_size;
        break;
    case BL_UTF8:
    case BL_BINARY:
    case BL_LIST:
    case BL_LARGE_LIST:
        bits += n * width * 8;
        if (!n || !column->offsets)
            return bits;
        first = bl_arrow_load_offset(column->offsets, width, (size_t)first);
        last = bl_arrow_load_offset(column->offsets, width, (size_t)last);
        if (!type->n_children)
            return bits + (uint64_t)(last - first) * 8;
        break;
    default:
        return bits + n * bl_type_id_width(type->id) * 8;
    }
    for (size_t i = 0; i < type->n_children; i++)
        bits += bits_of(&column->children[i], type->children[i], first, last);
    return bits;
}

static uint64_t row_bits(const bl_arrow_writer *writer, const bl_column *columns, int64_t first,
                         int64_t last) {
    uint64_t bits = 0;
    for (size_t i = 0; i < writer->head.n_columns; i++)
        bits += bits_of(&columns[i], writer->head.types[i], first, last);
    return bits;
}

/// How far rows from `first` on belong to the present record batch.
static int64_t record_end(const bl_arrow_writer *writer, const bl_column *columns, int64_t first,
                          int64_t last) {
    if (writer->cluster_rows) {
        int64_t left = writer->cluster_rows - writer->waiting_rows;
        return last - first > left ? first + left : last;
    }
    uint64_t left = writer->cluster_bits > writer->waiting_bits
                        ? writer->cluster_bits - writer->waiting_bits
                        : 0;
    if (row_bits(writer, columns, first, last) <= left)
        return last;
    int64_t fits = first; // and last does not
    while (last - fits > 1) {
        int64_t middle = fits + (last - fits) / 2;
        if (row_bits(writer, columns, first, middle) <= left)
            fits = middle;
        else
            last = middle;
    }
    return fits > first || writer->waiting_rows ? fits : first + 1;
}

// ---- rows that wait ----

static void release_part(bl_arrow_writer *writer, bl_arrow_part_rows *part) {
    for (size_t i = 0; part->columns && i < writer->head.n_columns; i++)
        bl_column_release(writer->context, &part->columns[i]);
    bl_free(writer->context, part->columns);
    *part = (bl_arrow_part_rows){0};
}

static bl_status new_part(bl_arrow_writer *writer, int64_t n_rows, bl_arrow_part_rows *part,
                          bl_error *err) {
    size_t n = writer->head.n_columns;
    part->n_rows = n_rows;
    part->columns = (bl_column *)bl_alloc_zero(writer->context, n + 1, sizeof *part->columns);
    return part->columns ? BL_OK : bl_error_nomem(err, n * sizeof *part->columns, "rows");
}

static bl_status slice_rows(bl_arrow_writer *writer, const bl_column *columns, int64_t first,
                            int64_t last, bl_arrow_part_rows *part, bl_error *err) {
    BL_TRY(new_part(writer, last - first, part, err));
    for (size_t i = 0; i < writer->head.n_columns; i++)
        BL_TRY(bl_arrow_slice(writer->context, &columns[i], first, last, &part->columns[i], err));
    return BL_OK;
}

static bl_status join_two(bl_arrow_writer *writer, bl_arrow_part_rows *a, bl_arrow_part_rows *b,
                          bl_arrow_part_rows *both, bl_error *err) {
    BL_TRY(new_part(writer, a->n_rows + b->n_rows, both, err));
    for (size_t i = 0; i < writer->head.n_columns; i++) {
        const bl_column *parts[] = {&a->columns[i], &b->columns[i]};
        BL_TRY(bl_column_concat(writer->context, parts, 2, &both->columns[i], err));
    }
    return BL_OK;
}

/// Joins the last parts as long as they are small and the last is no smaller than the one before:
/// so each row is copied only a few times, however few come at once.
static bl_status join_small(bl_arrow_writer *writer, bl_error *err) {
    double row = (double)writer->waiting_bits / (double)(writer->waiting_rows + 1);
    while (writer->n_parts > 1) {
        bl_arrow_part_rows *last = &writer->parts[writer->n_parts - 1], *before = last - 1;
        bl_arrow_part_rows both = {0};
        if (last->n_rows < before->n_rows || (double)before->n_rows * row > SMALL_BITS)
            return BL_OK;
        bl_status status = join_two(writer, before, last, &both, err);
        if (status != BL_OK) {
            release_part(writer, &both);
            return status;
        }
        release_part(writer, last);
        release_part(writer, before);
        *before = both;
        writer->n_parts--;
    }
    return BL_OK;
}

static bl_status add_rows(bl_arrow_writer *writer, const bl_column *columns, int64_t first,
                          int64_t last, bl_error *err) {
    BL_TRY(bl_array_grow(writer->context, &writer->parts, &writer->parts_capacity, writer->n_parts,
                         sizeof *writer->parts, "rows", err));
    bl_arrow_part_rows *part = &writer->parts[writer->n_parts++];
    *part = (bl_arrow_part_rows){0};
    BL_TRY(slice_rows(writer, columns, first, last, part, err));
    writer->waiting_rows += last - first;
    writer->waiting_bits += row_bits(writer, columns, first, last);
    return join_small(writer, err);
}

static bl_status flush(bl_arrow_writer *writer, bl_error *err) {
    if (writer->waiting_rows == 0)
        return BL_OK;
    BL_TRY(bl_arrow_write_record(writer, err));
    for (size_t i = 0; i < writer->n_parts; i++)
        release_part(writer, &writer->parts[i]);
    writer->n_parts = 0;
    writer->waiting_rows = 0;
    writer->waiting_bits = 0;
    return BL_OK;
}

static bl_status write_batch(bl_writer *head, const bl_batch *batch, bl_error *err) {
    bl_arrow_writer *writer = (bl_arrow_writer *)head;
    for (int64_t row = 0; row < batch->n_rows;) {
        int64_t end = record_end(writer, batch->columns, row, batch->n_rows);
        if (end > row)
            BL_TRY(add_rows(writer, batch->columns, row, end, err));
        if (end < batch->n_rows || writer->waiting_rows == writer->cluster_rows)
            BL_TRY(flush(writer, err));
        row = end;
    }
    return BL_OK;
}

bl_status bl_arrow_writer_finish(bl_arrow_writer *writer, bl_error *err) {
    BL_TRY(flush(writer, err));
    return bl_arrow_write_tail(writer, err);
}

static bl_status finish(bl_writer *head, bl_error *err) {
    return bl_arrow_writer_finish((bl_arrow_writer *)head, err);
}

static const bl_writer_ops ops = {.write = write_batch, .finish = finish};

// ---- beginning and end ----

static bl_status start_head(bl_arrow_writer *writer, const bl_column_spec *columns, size_t n,
                            const char *path, bl_error *err) {
    writer->types = (bl_type **)bl_arena_array(&writer->arena, n + 1, sizeof(bl_type *));
    if (!writer->types)
        return bl_error_nomem(err, n * sizeof(bl_type *), "columns");
    BL_TRY(bl_writer_init(&writer->head, &ops, &writer->arena, columns, n, path, err));
    for (size_t i = 0; i < n; i++)
        writer->types[i] = bl_type_ref(writer->head.types[i]);
    return BL_OK;
}

static bl_status start(bl_arrow_writer *writer, const bl_column_spec *columns, size_t n,
                       const bl_writer_options *options, bl_error *err) {
    unsigned n_threads = bl_context_n_threads(writer->context);
    uint64_t share = bl_context_memory_bytes(writer->context) / CLUSTER_SHARE;
    uint64_t bytes = options->cluster_bytes    ? options->cluster_bytes
                     : share < DEFAULT_CLUSTER ? share
                                               : DEFAULT_CLUSTER;
    BL_TRY(start_head(writer, columns, n, options->path, err));
    writer->cluster_rows = options->cluster_rows;
    writer->cluster_bits = bytes > UINT64_MAX / 8 ? UINT64_MAX : bytes * 8;
    writer->codecs =
        (bl_codecs **)bl_arena_array(&writer->arena, n_threads, sizeof *writer->codecs);
    writer->columns =
        (bl_arrow_out_column *)bl_arena_array(&writer->arena, n + 1, sizeof *writer->columns);
    if (!writer->codecs || !writer->columns)
        return bl_error_nomem(err, n * sizeof *writer->columns, "columns");
    return BL_OK;
}

void bl_arrow_writer_free(bl_arrow_writer *writer) {
    bl_context *context = writer ? writer->context : NULL;
    if (!writer)
        return;
    for (size_t i = 0; i < writer->n_parts; i++)
        release_part(writer, &writer->parts[i]);
    for (size_t i = 0; writer->columns && i < writer->head.n_columns; i++) {
        bl_arrow_out_clear(&writer->columns[i]);
        bl_free(context, writer->columns[i].nodes);
        bl_free(context, writer->columns[i].buffers);
        bl_free(context, writer->columns[i].segments);
    }
    for (unsigned i = 0; writer->codecs && i < bl_context_n_threads(context); i++)
        bl_codecs_free(writer->codecs[i]);
    for (size_t i = 0; i < writer->head.n_columns; i++)
        bl_type_release(writer->types[i]);
    bl_writer_release(&writer->head);
    bl_free(context, writer->parts);
    bl_free(context, writer->blocks);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}

bl_status bl_arrow_writer_new(bl_context *context, bl_sink *sink, bl_compression how,
                              bool is_stream, const bl_column_spec *columns, size_t n_columns,
                              const bl_writer_options *options, const char *const *metadata,
                              size_t n_metadata, bl_arrow_writer **ret_writer, bl_error *err) {
    BL_AUTO(bl_arrow_writer) writer = (bl_arrow_writer *)bl_alloc_zero(context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a table");
    writer->context = context;
    bl_arena_init(&writer->arena, context);
    writer->sink = sink;
    writer->how = how;
    writer->is_stream = is_stream;
    writer->metadata = metadata;
    writer->n_metadata = n_metadata;
    BL_TRY(start(writer, columns, n_columns, options, err));
    *ret_writer = BL_MOVE(writer);
    return BL_OK;
}
