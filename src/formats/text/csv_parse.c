// SPDX-License-Identifier: Apache-2.0
// CSV cells into columns: a block is split into cells once, then each column is parsed in a loop of
// its own. Numbers that are written plainly take the short way; a cell that is not is looked at
// again: spaces, quotes, words for what is not there.
#include "base/iso_time.h"
#include "base/number_text.h"
#include "formats/text/csv.h"

enum { SPLIT_BYTES = 4096 };

// ---- splitting ----

static bl_status ragged(const bl_text_rows *rows, const uint32_t *ends, size_t n_ends,
                        bl_error *err) {
    size_t n_columns = rows->table->n_columns, in_row = 0;
    for (size_t i = 0; i < n_ends; i++) {
        const char *at = rows->text + ends[i];
        in_row++;
        if (*at != '\n' && in_row <= n_columns)
            continue;
        if (*at != '\n' || in_row != n_columns) {
            const char *more = *at == '\n' ? "" : "more than ";
            size_t n = *at == '\n' ? in_row : n_columns;
            return bl_error_set(err, BL_E_CORRUPT,
                                "line %llu: a row of %s%zu fields in a table of "
                                "%zu columns",
                                bl_text_line(rows, at), more, n, n_columns);
        }
        in_row = 0;
    }
    return bl_error_set(err, BL_E_CORRUPT,
                        "line %llu: the rows behind it are not those that were here before",
                        (unsigned long long)rows->line + 1);
}

bl_status bl_csv_split(const bl_text_rows *rows, bl_text_scratch *s, bl_error *err) {
    const bl_text_table *table = rows->table;
    const bl_marks_kernels *kernels = table->index.kernels;
    size_t n_columns = table->n_columns, wanted = rows->n_rows * n_columns;
    bl_marks_state state = BL_MARKS_BEGIN;
    s->n_ends = 0;
    BL_TRY(bl_scratch_grow(s->context, &s->ends, &s->ends_size,
                           wanted + SPLIT_BYTES + BL_MARKS_STEP, sizeof *s->ends, err));
    for (size_t at = 0; at < rows->size && s->n_ends <= wanted; at += SPLIT_BYTES) {
        size_t n = rows->size - at < SPLIT_BYTES ? rows->size - at : SPLIT_BYTES;
        s->n_ends += kernels->split((const uint8_t *)rows->text + at, n, table->separator,
                                    BL_MARKS_FIELDS, &state, (uint32_t)at, s->ends + s->n_ends);
    }
    if (s->n_ends != wanted)
        return ragged(rows, s->ends, s->n_ends, err);
    // As many ends as rows are newlines: where they are the last of each row, no other one is.
    for (size_t i = n_columns; i <= wanted; i += n_columns)
        if (rows->text[s->ends[i - 1]] != '\n')
            return ragged(rows, s->ends, s->n_ends, err);
    return BL_OK;
}

// ---- what is not plain ----

bl_status bl_csv_misfit(const bl_text_rows *rows, size_t column, bl_cell cell, bl_error *err) {
    char type[BL_EXCERPT_BYTES], value[BL_EXCERPT_BYTES];
    const bl_type *is = rows->table->types[column];
    bl_cell trimmed = bl_cell_trim(cell);
    bl_number_kind kind = bl_number_kind_of(trimmed.begin, (size_t)(trimmed.end - trimmed.begin));
    double special;
    bool is_number = kind != BL_NUMBER_NONE || bl_cell_special(trimmed, &special);
    bool may_float = is->id != BL_FLOAT64 && is->id != BL_FLOAT32 && is->id != BL_BOOL;
    return bl_error_set(err, BL_E_TYPE,
                        "line %llu: column '%s': '%s' is no %s; --types '%s=%s' "
                        "reads it",
                        bl_text_line(rows, cell.begin), rows->table->names[column],
                        bl_text_excerpt(cell.begin, (size_t)(cell.end - cell.begin), value),
                        bl_text_type(is, type), rows->table->names[column],
                        is_number && may_float ? "float64" : "utf8");
}

static void mark_null(const bl_text_target *target, size_t i) {
    size_t bit = target->at + i;
    __atomic_fetch_and(&target->validity[bit / 8], (uint8_t) ~(1U << bit % 8), __ATOMIC_RELAXED);
    atomic_store_explicit(target->has_nulls, true, memory_order_relaxed);
}

/// A number in a cell that is not plain. \return 1 a number, 0 null, -1 neither
static int odd_float(bl_cell cell, double *ret_value, float *ret_narrow) {
    const char *behind;
    cell = bl_cell_trim(cell);
    if (bl_cell_special(cell, ret_value)) {
        *ret_narrow = (float)*ret_value;
        return 1;
    }
    *ret_value = bl_number_read_float64(cell.begin, cell.end, &behind);
    if (behind != cell.end)
        return bl_cell_is_null(cell) ? 0 : -1;
    *ret_narrow = bl_number_read_float32(cell.begin, cell.end, &behind);
    return 1;
}

static int odd_int(bl_cell cell, bool is_unsigned, int64_t *ret_value) {
    const char *behind;
    cell = bl_cell_trim(cell);
    *ret_value = is_unsigned ? (int64_t)bl_number_read_uint(cell.begin, cell.end, &behind)
                             : bl_number_read_int(cell.begin, cell.end, &behind);
    if (behind && behind == cell.end)
        return 1;
    return bl_cell_is_null(cell) ? 0 : -1;
}

// ---- loops ----

typedef struct column_task {
    const bl_text_rows *rows;
    const bl_cells *cells;
    const bl_text_target *target;
    const char *end; ///< of the block
    bl_error *err;
} column_task;

static bl_status parse_float64(const column_task *t) {
    double *out = (double *)(void *)t->target->values;
    for (size_t r = t->rows->first; r < t->rows->last; r++, out++) {
        bl_cell cell = bl_cell_at(t->cells, r, t->target->column);
        const char *behind;
        float narrow;
        *out = bl_number_read_float64(cell.begin, t->end, &behind);
        if (__builtin_expect(behind == cell.end, 1))
            continue;
        int is = odd_float(cell, out, &narrow);
        if (is < 0)
            return bl_csv_misfit(t->rows, t->target->column, cell, t->err);
        if (is == 0) {
            *out = 0;
            mark_null(t->target, r - t->rows->first);
        }
    }
    return BL_OK;
}

static bl_status parse_float32(const column_task *t) {
    float *out = (float *)(void *)t->target->values;
    for (size_t r = t->rows->first; r < t->rows->last; r++, out++) {
        bl_cell cell = bl_cell_at(t->cells, r, t->target->column);
        const char *behind;
        double wide;
        *out = bl_number_read_float32(cell.begin, t->end, &behind);
        if (__builtin_expect(behind == cell.end, 1))
            continue;
        int is = odd_float(cell, &wide, out);
        if (is < 0)
            return bl_csv_misfit(t->rows, t->target->column, cell, t->err);
        if (is == 0) {
            *out = 0;
            mark_null(t->target, r - t->rows->first);
        }
    }
    return BL_OK;
}

/// A loop for each width, so that the store is one.
#define DEFINE_PARSE_INT(suffix, c_type, is_unsigned, read)                         \
    static bl_status parse_##suffix(const column_task *t) {                         \
        c_type *out = (c_type *)(void *)t->target->values;                          \
        for (size_t r = t->rows->first; r < t->rows->last; r++, out++) {            \
            bl_cell cell = bl_cell_at(t->cells, r, t->target->column);              \
            const char *behind;                                                     \
            int64_t value = (int64_t)read(cell.begin, t->end, &behind);             \
            if (__builtin_expect(behind != cell.end, 0)) {                          \
                int is = odd_int(cell, is_unsigned, &value);                        \
                if (is < 0)                                                         \
                    return bl_csv_misfit(t->rows, t->target->column, cell, t->err); \
                if (is == 0) {                                                      \
                    value = 0;                                                      \
                    mark_null(t->target, r - t->rows->first);                       \
                }                                                                   \
            }                                                                       \
            *out = (c_type)value;                                                   \
            if (__builtin_expect((int64_t)*out != value, 0))                        \
                return bl_csv_misfit(t->rows, t->target->column, cell, t->err);     \
        }                                                                           \
        return BL_OK;                                                               \
    }                                                                               \
    struct needs_a_semicolon

DEFINE_PARSE_INT(int8, int8_t, false, bl_number_read_int);
DEFINE_PARSE_INT(uint8, uint8_t, false, bl_number_read_int);
DEFINE_PARSE_INT(int16, int16_t, false, bl_number_read_int);
DEFINE_PARSE_INT(uint16, uint16_t, false, bl_number_read_int);
DEFINE_PARSE_INT(int32, int32_t, false, bl_number_read_int);
DEFINE_PARSE_INT(uint32, uint32_t, false, bl_number_read_int);
DEFINE_PARSE_INT(int64, int64_t, false, bl_number_read_int);
DEFINE_PARSE_INT(uint64, uint64_t, true, bl_number_read_uint);

/// Days and points in time, which are written as such or as their number.
static bl_status parse_logical(const column_task *t) {
    const bl_type *type = t->rows->table->types[t->target->column];
    size_t width = bl_type_id_width(type->id);
    uint8_t *out = t->target->values;
    for (size_t r = t->rows->first; r < t->rows->last; r++, out += width) {
        bl_cell cell = bl_cell_at(t->cells, r, t->target->column), trimmed = bl_cell_trim(cell);
        int64_t value = 0;
        size_t n = (size_t)(trimmed.end - trimmed.begin);
        if (!bl_iso_read(trimmed.begin, n, type->logical, &value)) {
            int is = odd_int(cell, false, &value);
            if (is < 0 || (width == 4 && value != (int32_t)value))
                return bl_csv_misfit(t->rows, t->target->column, cell, t->err);
            if (is == 0) {
                value = 0;
                mark_null(t->target, r - t->rows->first);
            }
        }
        memcpy(out, &value, width);
    }
    return BL_OK;
}

/// Bits are gathered in a byte, which neighbouring blocks may share.
static bl_status parse_bool(const column_task *t) {
    const bl_text_target *target = t->target;
    uint8_t bits = 0;
    for (size_t r = t->rows->first; r < t->rows->last; r++) {
        size_t i = r - t->rows->first, bit = target->at + i;
        bl_cell cell = bl_cell_at(t->cells, r, target->column), trimmed = bl_cell_trim(cell);
        int is = bl_cell_bool(trimmed, true);
        if (is < 0 && !bl_cell_is_null(trimmed))
            return bl_csv_misfit(t->rows, target->column, cell, t->err);
        if (is < 0)
            mark_null(target, i);
        bits = (uint8_t)(bits | (unsigned)(is == 1) << bit % 8);
        if (bit % 8 == 7 || r + 1 == t->rows->last) {
            __atomic_fetch_or(&target->values[bit / 8], bits, __ATOMIC_RELAXED);
            bits = 0;
        }
    }
    return BL_OK;
}

static bl_status parse_placed(const column_task *t, const bl_type *type) {
    static bl_status (*const loops[])(const column_task *) = {
        [BL_BOOL] = parse_bool,       [BL_INT8] = parse_int8,       [BL_UINT8] = parse_uint8,
        [BL_INT16] = parse_int16,     [BL_UINT16] = parse_uint16,   [BL_INT32] = parse_int32,
        [BL_UINT32] = parse_uint32,   [BL_INT64] = parse_int64,     [BL_UINT64] = parse_uint64,
        [BL_FLOAT32] = parse_float32, [BL_FLOAT64] = parse_float64,
    };
    return type->logical ? parse_logical(t) : loops[type->id](t);
}

bool bl_csv_is_placed(const bl_type *type) { return type->id < BL_BINARY; }

bl_status bl_csv_parse(const bl_text_rows *rows, bl_text_scratch *scratch,
                       const bl_text_target *targets, size_t n_targets, bl_error *err) {
    bl_cells cells = {rows->text, scratch->ends, rows->table->n_columns};
    for (size_t k = 0; k < n_targets; k++) {
        const bl_type *type = rows->table->types[targets[k].column];
        column_task task = {rows, &cells, &targets[k], rows->text + rows->size, err};
        if (targets[k].values)
            BL_TRY(parse_placed(&task, type));
        else if (type->n_children)
            BL_TRY(bl_csv_parse_nested(rows, &cells, scratch, &targets[k], err));
        else
            BL_TRY(bl_csv_parse_text(rows, &cells, scratch, &targets[k], err));
    }
    return BL_OK;
}
