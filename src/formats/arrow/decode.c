// SPDX-License-Identifier: Apache-2.0
// From fetched buffers to a column: the walk through a field and all below it. Most buffers become
// the column's own as they are. Offsets are only brought to begin at 0 here; bl_column_check looks
// at them afterwards, all at once.
#include "base/context.h"
#include "formats/arrow/request.h"

static bl_status decode_validity(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                                 int64_t last, bl_column *column) {
    bl_arrow_pair node = bl_arrow_pair_at(walk->piece->record.nodes, field->node);
    if (node.second == 0 || first == last)
        return BL_OK;
    BL_AUTO(bl_buffer) bits = NULL;
    size_t shift = (size_t)first % 8, n = (size_t)(last - first);
    BL_TRY(bl_arrow_next_buffer(walk, 1, (shift + n + 7) / 8, &bits));
    return bl_arrow_bits(walk->context, bits, shift, n, &column->validity, walk->err);
}

/// A child of which more may have been read than its parent refers to.
static bl_status decode_items(bl_arrow_walk *walk, const bl_arrow_field *child, int64_t first,
                              int64_t last, int64_t begin, int64_t end, bl_column *column) {
    if (begin < 0 || end < begin || end > last - first)
        return bl_error_set(walk->err, BL_E_CORRUPT, "offsets %lld to %lld of %lld items",
                            (long long)begin, (long long)end, (long long)(last - first));
    if (begin == 0 && end == last - first)
        return bl_arrow_decode(walk, child, first, last, column);
    bl_column all = {0};
    bl_status status = bl_arrow_decode(walk, child, first, last, &all);
    if (status == BL_OK) // the offsets below are followed: they must be right before
        status = bl_column_check(&all, walk->err);
    if (status == BL_OK)
        status = bl_arrow_slice(walk->context, &all, begin, end, column, walk->err);
    bl_column_release(walk->context, &all);
    return status;
}

static bl_status decode_list(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                             int64_t last, bl_column *column) {
    const bl_arrow_field *child = &field->children[0];
    const bl_arrow_record *record = &walk->piece->record;
    bl_column *items = &column->children[0];
    if (first == last)
        return bl_arrow_decode(walk, child, 0, 0, items);
    size_t width = field->width, n = (size_t)(last - first);
    int64_t length = bl_arrow_pair_at(record->nodes, field->node).first;
    bool is_whole = record->codec != BL_CODEC_STORED || (first == 0 && last == length);
    BL_AUTO(bl_buffer) offsets = NULL;
    BL_TRY(bl_arrow_next_buffer(walk, width, ((uint64_t)n + 1) * width, &offsets));
    BL_TRY(bl_arrow_offsets(walk->context, offsets, width, 0, n, &column->offsets, walk->err));
    int64_t begin = bl_arrow_load_offset(offsets, width, 0);
    int64_t end = bl_arrow_load_offset(offsets, width, n);
    if (is_whole)
        return decode_items(walk, child, 0, bl_arrow_pair_at(record->nodes, child->node).first,
                            begin, end, items);
    if (begin < 0 || end < begin)
        return bl_error_set(walk->err, BL_E_CORRUPT, "offsets descend");
    return bl_arrow_decode(walk, child, begin, end, items);
}

static bl_status decode_members(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                                int64_t last, bl_column *column) {
    int64_t size = field->layout == BL_ARROW_FIXED_LIST ? (int64_t)field->width : 1;
    for (size_t i = 0; i < field->n_children; i++)
        BL_TRY_IN(bl_arrow_decode(walk, &field->children[i], first * size, last * size,
                                  &column->children[i]),
                  walk->err, "'%s'", field->children[i].name);
    return BL_OK;
}

static bl_status decode_bits(bl_arrow_walk *walk, int64_t first, int64_t last, bl_column *column) {
    BL_AUTO(bl_buffer) bits = NULL;
    size_t shift = (size_t)first % 8, n = (size_t)(last - first);
    BL_TRY(bl_arrow_next_buffer(walk, 1, n ? (shift + n + 7) / 8 : 0, &bits));
    return n ? bl_arrow_bits(walk->context, bits, shift, n, &column->values, walk->err) : BL_OK;
}

bl_status bl_arrow_decode(bl_arrow_walk *walk, const bl_arrow_field *field, int64_t first,
                          int64_t last, bl_column *column) {
    BL_TRY(bl_column_init(walk->context, column, field->type, walk->err));
    column->length = last - first;
    if (field->layout != BL_ARROW_NULLS)
        BL_TRY(decode_validity(walk, field, first, last, column));
    if (column->validity && !field->is_nullable && bl_column_count_nulls(column))
        return bl_error_set(walk->err, BL_E_CORRUPT,
                            "'%s': a null where the schema says that there is none", field->name);
    switch (field->layout) {
    case BL_ARROW_LIST:
        return decode_list(walk, field, first, last, column);
    case BL_ARROW_FIXED_LIST:
    case BL_ARROW_STRUCT:
        return decode_members(walk, field, first, last, column);
    case BL_ARROW_BITS:
        return decode_bits(walk, first, last, column);
    default:
        break;
    }
    if (field->layout != BL_ARROW_FIXED || field->values || field->cast != BL_ARROW_AS_IS)
        return bl_arrow_decode_values(walk, field, first, last, column);
    return bl_arrow_next_buffer(walk, field->width, (uint64_t)(last - first) * field->width,
                                &column->values);
}
