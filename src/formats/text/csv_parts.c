// SPDX-License-Identifier: Apache-2.0
// CSV cells that are texts, and cells that hold lists and structs as JSON: each block makes a part
// of the column.
#include "formats/text/csv.h"

#include "base/utf8.h"

// ---- texts ----

/// Bytes that the rows' cells have at most.
static size_t most_bytes(const bl_text_rows *rows, const bl_cells *cells, size_t column) {
    size_t sum = 0;
    for (size_t r = rows->first; r < rows->last; r++) {
        bl_cell cell = bl_cell_at(cells, r, column);
        sum += (size_t)(cell.end - cell.begin);
    }
    return sum;
}

static bl_status clear_bit(bl_text_scratch *s, bl_column *part, size_t i, bl_error *err) {
    if (!part->validity) {
        size_t n_bytes = ((size_t)part->length + 7) / 8;
        BL_TRY(bl_buffer_new(s->context, n_bytes, &part->validity, err));
        part->validity->size = n_bytes;
        memset(part->validity->data, 0xff, n_bytes);
        if (part->length % 8)
            part->validity->data[n_bytes - 1] = (uint8_t)(0xffU >> (8 - part->length % 8));
    }
    part->validity->data[i / 8] = (uint8_t)(part->validity->data[i / 8] & ~(1U << i % 8));
    return BL_OK;
}

enum { COPY_BYTES = 16 };

/// Copies a few bytes at once where both sides have so many.
static inline void copy(uint8_t *to, bl_cell from, size_t n, const char *end) {
    if (n <= COPY_BYTES && end - from.begin >= COPY_BYTES)
        memcpy(to, from.begin, COPY_BYTES);
    else
        memcpy(to, from.begin, n);
}

/// Takes the quotes off a cell that has no others; zeros follow the block's text.
static inline bool unquote(bl_cell *cell) {
    const char *at = cell->begin + 1, *end = cell->end - 1;
    bool is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    if (at > end || *end != '"' || !is_little)
        return false;
    for (; at < end; at += 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        eight ^= 0x2222222222222222U;
        uint64_t quotes = (eight - 0x0101010101010101U) & ~eight & 0x8080808080808080U;
        if (quotes && at + __builtin_ctzll(quotes) / 8 < end)
            return false;
    }
    *cell = (bl_cell){cell->begin + 1, end};
    return true;
}

bl_status bl_csv_parse_text(const bl_text_rows *rows, const bl_cells *cells, bl_text_scratch *s,
                            const bl_text_target *target, bl_error *err) {
    bl_column *part = target->part;
    bl_type *type = rows->table->types[target->column];
    size_t n = rows->last - rows->first, used = 0;
    const char *end = rows->text + rows->size;
    BL_TRY(bl_column_init(s->context, part, type, err));
    part->length = (int64_t)n;
    BL_TRY(bl_buffer_new(s->context, (n + 1) * sizeof(int32_t), &part->offsets, err));
    part->offsets->size = (n + 1) * sizeof(int32_t);
    BL_TRY(bl_buffer_new(s->context, most_bytes(rows, cells, target->column) + COPY_BYTES,
                         &part->values, err));
    int32_t *offsets = (int32_t *)(void *)part->offsets->data;
    uint8_t *values = part->values->data;
    bool is_valid = true;
    offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        bl_cell cell = bl_cell_at(cells, rows->first + i, target->column), text = cell;
        if (cell.begin == cell.end)
            BL_TRY(clear_bit(s, part, i, err));
        else if (*cell.begin == '"' && !unquote(&text))
            BL_TRY(bl_cell_text(s->context, cell, &s->cell, &s->cell_size, &text, err));
        size_t size = (size_t)(text.end - text.begin);
        bool is_here = text.begin >= rows->text && text.begin <= end;
        copy(values + used, text, size, is_here ? end : text.begin);
        is_valid = is_valid && (rows->is_ascii || bl_utf8_valid(values + used, size));
        used += size;
        offsets[i + 1] = (int32_t)used;
    }
    part->values->size = used;
    if (type->id == BL_UTF8 && !is_valid)
        part->type = bl_type_primitive_nullable(BL_BINARY);
    return BL_OK;
}

// ---- lists and structs ----

static bl_status misfit(const bl_text_rows *rows, const bl_json *json, size_t column, bl_cell cell,
                        bl_error *err) {
    if (json->failed == BL_E_NOMEM)
        return bl_error_nomem(err, (size_t)(cell.end - cell.begin), "a cell");
    bl_status status = bl_csv_misfit(rows, column, cell, err);
    return json->problem ? bl_error_hint(err, status, " (%s)", json->problem) : status;
}

static bl_status append_nested(const bl_text_rows *rows, bl_text_scratch *s, bl_json *json,
                               size_t column, bl_cell cell, bl_builder *builder, bl_error *err) {
    bl_cell text;
    if (bl_cell_is_null(bl_cell_trim(cell))) {
        bl_builder_append_nulls(builder, 1);
        return BL_OK;
    }
    BL_TRY(bl_cell_text(s->context, cell, &s->cell, &s->cell_size, &text, err));
    json->end = text.end;
    const char *at = bl_json_value(json, bl_json_space(json, text.begin), builder, 0);
    if (at && bl_json_space(json, at) != text.end)
        at = bl_json_fail(json, at, BL_E_CORRUPT, "something follows");
    return at ? BL_OK : misfit(rows, json, column, cell, err);
}

bl_status bl_csv_parse_nested(const bl_text_rows *rows, const bl_cells *cells, bl_text_scratch *s,
                              const bl_text_target *target, bl_error *err) {
    uint8_t *scratch = NULL; // for strings inside; the cell's text lies in the other one
    size_t scratch_size = 0;
    bl_builder builder;
    bl_json json = {.context = s->context, .scratch = &scratch, .scratch_size = &scratch_size};
    BL_TRY(bl_builder_init(&builder, s->context, rows->table->types[target->column], err));
    bl_status status = BL_OK;
    for (size_t r = rows->first; status == BL_OK && r < rows->last; r++)
        status = append_nested(rows, s, &json, target->column, bl_cell_at(cells, r, target->column),
                               &builder, err);
    if (status == BL_OK)
        status = bl_builder_finish(&builder, target->part, err);
    bl_builder_release(&builder);
    bl_free(s->context, scratch);
    return status;
}
