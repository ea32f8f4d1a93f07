// SPDX-License-Identifier: Apache-2.0
// Requests: which bytes hold the rows that are asked for, and the tasks that make columns of them.
#include "formats/arrow/request.h"

#include "base/context.h"

// ---- ranges ----

/// A walk through a field to find its ranges.
typedef struct search {
    bl_arrow_request *request;
    const bl_arrow_piece *piece;
    bool is_compressed; ///< buffers are read whole
    uint64_t body;      ///< where it begins in the file
    bl_error *err;
} search;

/// Adds bytes [first, last) of a buffer, or all of it where it is compressed.
static bl_status add_range(search *s, size_t buffer, uint64_t first, uint64_t last) {
    bl_arrow_request *request = s->request;
    bl_arrow_pair place = bl_arrow_pair_at(s->piece->record.buffers, buffer);
    uint64_t size = (uint64_t)place.second;
    if (s->is_compressed) {
        first = 0;
        last = size;
    }
    if (first > last || last > size)
        return bl_error_set(s->err, BL_E_CORRUPT, "buffer %zu has %llu bytes where %llu are needed",
                            buffer, (unsigned long long)size, (unsigned long long)last);
    BL_TRY(bl_array_grow(request->file->head.context, &request->ranges, &request->ranges_capacity,
                         request->n_ranges, sizeof *request->ranges, "ranges", s->err));
    request->ranges[request->n_ranges++] =
        (bl_range){s->body + (uint64_t)place.first + first, last - first};
    return BL_OK;
}

static bl_status add_bits(search *s, size_t buffer, int64_t first, int64_t last) {
    return add_range(s, buffer, (uint64_t)first / 8, ((uint64_t)last + 7) / 8);
}

/// What lies behind values [first, last) of a buffer of offsets, asked for ahead of all else.
static bl_status read_ends(search *s, size_t buffer, size_t width, int64_t first, int64_t last,
                           int64_t *ret_first, int64_t *ret_last) {
    bl_arrow_pair place = bl_arrow_pair_at(s->piece->record.buffers, buffer);
    uint64_t at = s->body + (uint64_t)place.first;
    uint8_t ends[2][8] = {{0}};
    bl_source *source = s->request->file->source;
    BL_TRY(bl_source_read(source, at + (uint64_t)first * width, width, ends[0], s->err));
    BL_TRY(bl_source_read(source, at + (uint64_t)last * width, width, ends[1], s->err));
    *ret_first = width == 8 ? bl_flat_load64(ends[0]) : bl_flat_load32(ends[0]);
    *ret_last = width == 8 ? bl_flat_load64(ends[1]) : bl_flat_load32(ends[1]);
    if (*ret_first < 0 || *ret_last < *ret_first)
        return bl_error_set(s->err, BL_E_CORRUPT, "offsets descend");
    return BL_OK;
}

static bl_status find(search *s, const bl_arrow_field *field, int64_t first, int64_t last);

static bl_status find_behind(search *s, const bl_arrow_field *field, size_t buffer, int64_t first,
                             int64_t last, bool is_whole) {
    const bl_arrow_field *child = field->n_children ? &field->children[0] : NULL;
    int64_t begin = 0, end = 0;
    size_t width = field->width;
    if (first == last)
        return child ? find(s, child, 0, 0) : BL_OK;
    BL_TRY(add_range(s, buffer, (uint64_t)first * width, ((uint64_t)last + 1) * width));
    if (!is_whole)
        BL_TRY(read_ends(s, buffer, width, first, last, &begin, &end));
    else if (child)
        end = bl_arrow_pair_at(s->piece->record.nodes, child->node).first;
    else
        end = bl_arrow_pair_at(s->piece->record.buffers, buffer + 1).second;
    return child ? find(s, child, begin, end)
                 : add_range(s, buffer + 1, (uint64_t)begin, (uint64_t)end);
}

static bl_status find_views(search *s, const bl_arrow_field *field, size_t buffer, int64_t first,
                            int64_t last) {
    BL_TRY(add_range(s, buffer, (uint64_t)first * 16, (uint64_t)last * 16));
    size_t end = bl_arrow_last_buffer(&s->piece->record, field);
    for (size_t i = buffer + 1; i < end; i++)
        BL_TRY(add_range(s, i, 0, (uint64_t)bl_arrow_pair_at(s->piece->record.buffers, i).second));
    return BL_OK;
}

static bl_status find_children(search *s, const bl_arrow_field *field, int64_t first,
                               int64_t last) {
    int64_t size = field->layout == BL_ARROW_FIXED_LIST ? (int64_t)field->width : 1;
    if (__builtin_mul_overflow(first, size, &first) || __builtin_mul_overflow(last, size, &last))
        return bl_error_set(s->err, BL_E_CORRUPT, "too many items");
    for (size_t i = 0; i < field->n_children; i++)
        BL_TRY(find(s, &field->children[i], first, last));
    return BL_OK;
}

/// Finds the ranges of values [first, last) of a field. bl_arrow_decode uses them in this order.
static bl_status find(search *s, const bl_arrow_field *field, int64_t first, int64_t last) {
    bl_arrow_pair node = bl_arrow_pair_at(s->piece->record.nodes, field->node);
    if (last > node.first)
        return bl_error_set(s->err, BL_E_CORRUPT, "'%s': %lld values where %lld are needed",
                            field->name, (long long)node.first, (long long)last);
    if (field->layout == BL_ARROW_NULLS)
        return BL_OK;
    bool is_whole = s->is_compressed || (first == 0 && last == node.first);
    size_t buffer = bl_arrow_first_buffer(&s->piece->record, field);
    if (node.second && first < last)
        BL_TRY(add_bits(s, buffer, first, last));
    switch (field->layout) {
    case BL_ARROW_TEXT:
    case BL_ARROW_LIST:
        return find_behind(s, field, buffer + 1, first, last, is_whole);
    case BL_ARROW_VIEWS:
        return find_views(s, field, buffer + 1, first, last);
    case BL_ARROW_BITS:
        return add_bits(s, buffer + 1, first, last);
    case BL_ARROW_FIXED_LIST:
    case BL_ARROW_STRUCT:
        return find_children(s, field, first, last);
    default: {
        uint64_t begin, end;
        if (__builtin_mul_overflow((uint64_t)first, field->width, &begin) ||
            __builtin_mul_overflow((uint64_t)last, field->width, &end))
            return bl_error_set(s->err, BL_E_CORRUPT, "too many values");
        return add_range(s, buffer + 1, begin, end);
    }
    }
}

// ---- requests ----

void bl_arrow_request_free(bl_arrow_request *request) {
    if (!request)
        return;
    bl_context *context = request->file->head.context;
    bl_fetch_free(request->fetch);
    for (size_t i = 0; i < request->n_pieces; i++) {
        bl_arrow_piece *piece = &request->pieces[i];
        for (size_t k = 0; piece->columns && k < request->n_fields; k++)
            bl_column_release(context, &piece->columns[k]);
        bl_free(context, piece->columns);
        bl_free(context, piece->ranges);
        bl_buffer_release(piece->metadata);
    }
    bl_free(context, request->pieces);
    bl_free(context, request->ranges);
    bl_free(context, request->fields);
    bl_free(context, request);
}

bl_status bl_arrow_request_new(const bl_arrow_request *like, size_t n_pieces,
                               bl_arrow_request **ret_request, bl_error *err) {
    bl_context *context = like->file->head.context;
    bl_arrow_request *made = (bl_arrow_request *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a request");
    BL_AUTO(bl_arrow_request) request = made;
    request->file = like->file;
    request->loaded = like->loaded;
    request->codecs = like->codecs;
    request->n_fields = like->n_fields;
    request->pieces =
        (bl_arrow_piece *)bl_alloc_zero(context, n_pieces + 1, sizeof *request->pieces);
    request->fields = (const bl_arrow_field **)bl_alloc_zero(context, like->n_fields + 1,
                                                             sizeof *request->fields);
    if (!request->pieces || !request->fields)
        return bl_error_nomem(err, n_pieces * sizeof *request->pieces, "a request");
    request->n_pieces = n_pieces;
    for (size_t i = 0; i < like->n_fields; i++)
        request->fields[i] = like->fields[i];
    *ret_request = BL_MOVE(request);
    return BL_OK;
}

bl_status bl_arrow_request_add(bl_arrow_request *request, size_t i, const bl_arrow_block *block,
                               size_t before, const bl_arrow_schema *schema, bool is_dictionary,
                               int64_t first, int64_t last, bl_error *err) {
    bl_context *context = request->file->head.context;
    bl_arrow_piece *piece = &request->pieces[i];
    size_t n = request->n_fields;
    BL_TRY(bl_arrow_block_message(request->file, block, &piece->metadata, &piece->message, err));
    BL_TRY(bl_arrow_message_record(&piece->message, is_dictionary, schema, &piece->record, err));
    bool is_compressed = piece->record.codec != BL_CODEC_STORED;
    last = is_dictionary ? piece->record.n_rows : last;
    piece->block = block;
    piece->before = before;
    piece->first = is_compressed ? 0 : first;
    piece->last = is_compressed ? piece->record.n_rows : last;
    piece->from = first;
    piece->to = last;
    if (piece->record.n_rows < last)
        return bl_error_set(err, BL_E_CORRUPT, "the file changed while it was read");
    piece->columns = (bl_column *)bl_alloc_zero(context, n + 1, sizeof *piece->columns);
    piece->ranges = (size_t *)bl_alloc_zero(context, n + 1, sizeof *piece->ranges);
    if (!piece->columns || !piece->ranges)
        return bl_error_nomem(err, n * sizeof *piece->columns, "columns");
    search s = {request, piece, is_compressed, block->offset + block->metadata_bytes, err};
    for (size_t k = 0; k < n; k++) {
        piece->ranges[k] = request->n_ranges;
        BL_TRY_IN(find(&s, request->fields[k], piece->first, piece->last), err, "column '%s'",
                  request->fields[k]->name);
    }
    piece->ranges[n] = request->n_ranges;
    return BL_OK;
}

bl_status bl_arrow_request_start(bl_arrow_request *request, bl_error *err) {
    return bl_fetch_start(request->file->source, request->ranges, request->n_ranges,
                          &request->fetch, err);
}

// ---- tasks ----

static bl_status read_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    (void)worker;
    return bl_fetch_read_part(((bl_arrow_request *)argument)->fetch, i, err);
}

static bl_status make_column(bl_arrow_walk *walk, const bl_arrow_field *field, bl_column *column) {
    const bl_arrow_piece *piece = walk->piece;
    BL_TRY(bl_arrow_decode(walk, field, piece->first, piece->last, column));
    BL_TRY(bl_column_check(column, walk->err));
    return bl_column_empty_nulls(walk->context, column, walk->err);
}

static bl_status decode_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_arrow_request *request = (bl_arrow_request *)argument;
    bl_context *context = request->file->head.context;
    bl_arrow_piece *piece = &request->pieces[i / request->n_fields];
    size_t k = i % request->n_fields;
    const bl_arrow_field *field = request->fields[k];
    if (!request->codecs[worker])
        BL_TRY(bl_codecs_new(context, &request->codecs[worker], err));
    bl_arrow_walk walk = {.request = request,
                          .piece = piece,
                          .context = context,
                          .codecs = request->codecs[worker],
                          .range = piece->ranges[k],
                          .last_range = piece->ranges[k + 1],
                          .err = err};
    BL_TRY_IN(make_column(&walk, field, &piece->columns[k]), err,
              "record at byte %llu: column '%s'", (unsigned long long)piece->block->offset,
              field->name);
    return BL_OK;
}

/// Dictionaries that a field or anything in it needs.
static bl_status load_dictionaries(const bl_arrow_request *request, const bl_arrow_field *field,
                                   size_t before, bl_error *err) {
    if (field->values)
        return bl_arrow_dictionary_load(request, field, before, err);
    for (size_t i = 0; i < field->n_children; i++)
        BL_TRY(load_dictionaries(request, &field->children[i], before, err));
    return BL_OK;
}

static bl_status load_all(const bl_arrow_request *request, bl_error *err) {
    for (size_t i = 0; i < request->n_pieces; i++)
        for (size_t k = 0; k < request->n_fields; k++)
            BL_TRY_IN(
                load_dictionaries(request, request->fields[k], request->pieces[i].before, err), err,
                "column '%s'", request->fields[k]->name);
    return BL_OK;
}

bl_status bl_arrow_request_finish(bl_arrow_request *request, bl_error *err) {
    bl_context *context = request->file->head.context;
    size_t n_parts = bl_fetch_n_parts(request->fetch);
    if (n_parts)
        BL_TRY(bl_run_tasks(context, read_task, request, n_parts, err));
    else
        BL_TRY(bl_fetch_wait(request->fetch, err));
    BL_TRY(load_all(request, err));
    BL_TRY(bl_run_tasks(context, decode_task, request, request->n_pieces * request->n_fields, err));
    bl_fetch_free(BL_MOVE(request->fetch));
    return BL_OK;
}
