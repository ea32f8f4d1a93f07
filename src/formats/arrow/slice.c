// SPDX-License-Identifier: Apache-2.0
// Some rows of a column. Values are shared; copied are offsets that do not begin at 0, and bits
// that do not begin with a byte.
#include "formats/arrow/request.h"

static bl_status slice_children(bl_context *context, const bl_column *from, int64_t first,
                                int64_t last, bl_column *column, bl_error *err) {
    for (size_t i = 0; i < from->n_children; i++)
        BL_TRY(bl_arrow_slice(context, &from->children[i], first, last, &column->children[i], err));
    return BL_OK;
}

/// What lies behind offsets: items of lists, bytes of texts.
static bl_status slice_behind(bl_context *context, const bl_column *from, int64_t first,
                              int64_t last, bl_column *column, bl_error *err) {
    size_t width = from->type->id == BL_LARGE_LIST ? 8 : 4;
    if (first == last || !from->offsets) // no offsets are as good as one
        return slice_children(context, from, 0, 0, column, err);
    BL_TRY(bl_arrow_offsets(context, from->offsets, width, (size_t)first, (size_t)(last - first),
                            &column->offsets, err));
    int64_t begin = bl_arrow_load_offset(from->offsets, width, (size_t)first);
    int64_t end = bl_arrow_load_offset(from->offsets, width, (size_t)last);
    if (from->n_children)
        return slice_children(context, from, begin, end, column, err);
    if (begin == end)
        return BL_OK;
    return bl_arrow_part(context, from->values, (size_t)begin, (size_t)(end - begin), 1,
                         &column->values, err);
}

bl_status bl_arrow_slice(bl_context *context, const bl_column *from, int64_t first, int64_t last,
                         bl_column *column, bl_error *err) {
    bl_type_id id = from->type->id;
    size_t n = (size_t)(last - first), width = bl_type_id_width(id);
    BL_TRY(bl_column_init(context, column, from->type, err));
    column->length = last - first;
    if (from->validity && n)
        BL_TRY(bl_arrow_bits(context, from->validity, (size_t)first, n, &column->validity, err));
    if (id == BL_STRUCT)
        return slice_children(context, from, first, last, column, err);
    if (id == BL_FIXED_LIST)
        return slice_children(context, from, first * from->type->list_size,
                              last * from->type->list_size, column, err);
    if (id == BL_BOOL)
        return n ? bl_arrow_bits(context, from->values, (size_t)first, n, &column->values, err)
                 : BL_OK;
    if (!width)
        return slice_behind(context, from, first, last, column, err);
    return n ? bl_arrow_part(context, from->values, (size_t)first * width, n * width, width,
                             &column->values, err)
             : BL_OK;
}
