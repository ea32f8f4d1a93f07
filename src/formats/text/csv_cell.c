// SPDX-License-Identifier: Apache-2.0
// What the text of a cell means: quotes, and the words that others write for values that are not
// there and for numbers that are none.
#include <math.h>

#include "formats/text/csv.h"

static size_t size_of(bl_cell cell) { return (size_t)(cell.end - cell.begin); }

bl_status bl_cell_text(bl_context *context, bl_cell cell, uint8_t **scratch, size_t *scratch_size,
                       bl_cell *ret_text, bl_error *err) {
    if (size_of(cell) == 0 || *cell.begin != '"') {
        *ret_text = cell;
        return BL_OK;
    }
    const char *begin = cell.begin + 1;
    const char *quote = (const char *)memchr(begin, '"', (size_t)(cell.end - begin));
    if (quote && quote + 1 == cell.end) {
        *ret_text = (bl_cell){begin, quote};
        return BL_OK;
    }
    BL_TRY(bl_scratch_grow(context, scratch, scratch_size, size_of(cell), 1, err));
    char *out = (char *)*scratch;
    bool inside = true; // what stands behind the closing quote belongs to the text, too
    for (const char *at = begin; at < cell.end; at++) {
        if (inside && *at == '"') {
            if (at + 1 < cell.end && at[1] == '"')
                at++;
            else
                inside = false;
            if (!inside)
                continue;
        }
        *out++ = *at;
    }
    *ret_text = (bl_cell){(const char *)*scratch, out};
    return BL_OK;
}

static bl_cell without_space(bl_cell cell) {
    while (cell.begin < cell.end && (*cell.begin == ' ' || *cell.begin == '\t'))
        cell.begin++;
    while (cell.begin < cell.end && (cell.end[-1] == ' ' || cell.end[-1] == '\t'))
        cell.end--;
    return cell;
}

bl_cell bl_cell_trim(bl_cell cell) {
    cell = without_space(cell);
    if (size_of(cell) >= 2 && *cell.begin == '"' && cell.end[-1] == '"')
        cell = without_space((bl_cell){cell.begin + 1, cell.end - 1});
    return cell;
}

bool bl_cell_is_null(bl_cell trimmed) {
    static const char *const words[] = {"NA",   "N/A",  "n/a",      "#N/A", "#NA",
                                        "NULL", "null", "#N/A N/A", "None", "<NA>"};
    if (trimmed.begin == trimmed.end)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bl_name_is(words[i], trimmed.begin, size_of(trimmed)))
            return true;
    return false;
}

bool bl_cell_special(bl_cell trimmed, double *ret_value) {
    bool is_negative = size_of(trimmed) && *trimmed.begin == '-';
    if (size_of(trimmed) && (*trimmed.begin == '-' || *trimmed.begin == '+'))
        trimmed.begin++;
    size_t n = size_of(trimmed);
    double value;
    if (n == 3 && strncasecmp(trimmed.begin, "nan", 3) == 0)
        value = (double)NAN;
    else if ((n == 3 && strncasecmp(trimmed.begin, "inf", 3) == 0) ||
             (n == 8 && strncasecmp(trimmed.begin, "infinity", 8) == 0))
        value = (double)INFINITY;
    else
        return false;
    *ret_value = is_negative ? -value : value;
    return true;
}

int bl_cell_bool(bl_cell trimmed, bool takes_digits) {
    if (size_of(trimmed) == 4 && strncasecmp(trimmed.begin, "true", 4) == 0)
        return 1;
    if (size_of(trimmed) == 5 && strncasecmp(trimmed.begin, "false", 5) == 0)
        return 0;
    if (takes_digits && size_of(trimmed) == 1 && (*trimmed.begin == '0' || *trimmed.begin == '1'))
        return *trimmed.begin == '1';
    return -1;
}
