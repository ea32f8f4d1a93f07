// SPDX-License-Identifier: Apache-2.0
// Columns by pattern.
#include "table/selection.h"

#include <stdio.h>

#include "base/context.h"

static bl_status pick(const bl_table *table, size_t i, bool *is_picked, bl_selection *selection,
                      bl_error *err) {
    if (is_picked[i])
        return BL_OK;
    is_picked[i] = true;
    bl_column_info info = {.size = sizeof info};
    BL_TRY(bl_table_column(table, i, &info, err));
    selection->columns[selection->n] = i;
    selection->infos[selection->n++] = info;
    return BL_OK;
}

static bl_status pick_pattern(const bl_table *table, const char *pattern, bool *is_picked,
                              bl_selection *selection, bl_error *err) {
    bool is_found = false;
    for (size_t i = 0; i < bl_table_n_columns(table); i++)
        if (bl_table_column_matches(table, i, pattern)) {
            is_found = true;
            BL_TRY(pick(table, i, is_picked, selection, err));
        }
    if (is_found)
        return BL_OK;
    // an exact lookup knows names such as "path#1", and the nearest ones
    size_t column;
    BL_TRY_IN(bl_table_find(table, pattern, &column, err), err, "%s: tree '%s'",
              bl_table_file(table, 0), bl_table_path(table));
    return pick(table, column, is_picked, selection, err);
}

static bl_status pick_all(bl_context *context, const bl_table *table, const char *patterns,
                          bl_selection *selection, bool *is_picked, bl_error *err) {
    size_t n = bl_table_n_columns(table);
    for (size_t i = 0; !patterns && i < n; i++)
        BL_TRY(pick(table, i, is_picked, selection, err));
    if (!patterns)
        return BL_OK;
    char *copy = bl_strdup(context, patterns);
    if (!copy)
        return bl_error_nomem(err, strlen(patterns) + 1, "patterns");
    bl_status status = BL_OK;
    char *rest = copy, *pattern;
    while (status == BL_OK && (pattern = strsep(&rest, ",")))
        if (*pattern)
            status = pick_pattern(table, pattern, is_picked, selection, err);
    bl_free(context, copy);
    if (status == BL_OK && selection->n == 0)
        status = bl_error_set(err, BL_E_NOTFOUND, "no columns in '%s'", patterns);
    return status;
}

bl_status bl_select_columns(bl_context *context, const bl_table *table, const char *patterns,
                            bl_selection *ret_selection, bl_error *err) {
    size_t n = bl_table_n_columns(table);
    bl_selection selection = {.context = context};
    // one more, so that a table without columns does not ask for nothing
    selection.columns = bl_alloc_zero(context, n + 1, sizeof *selection.columns);
    selection.infos = bl_alloc_zero(context, n + 1, sizeof *selection.infos);
    bool *is_picked = bl_alloc_zero(context, n + 1, sizeof *is_picked);
    bl_status status = BL_OK;
    if (!selection.columns || !selection.infos || !is_picked)
        status = bl_error_nomem(err, n * sizeof *selection.infos, "columns");
    else
        status = pick_all(context, table, patterns, &selection, is_picked, err);
    bl_free(context, is_picked);
    if (status != BL_OK) {
        bl_selection_release(&selection);
        return status;
    }
    *ret_selection = selection;
    return BL_OK;
}

void bl_selection_release(bl_selection *selection) {
    bl_free(selection->context, selection->columns);
    bl_free(selection->context, selection->infos);
    *selection = (bl_selection){.context = selection->context};
}

/// \param n_rows of the table; negative: a chain, whose columns go together
/// \param why what is wrong with a column that is not whole
static bool is_whole(const bl_column_info *info, int64_t n_rows, char *why, size_t size) {
    if (info->unreadable)
        snprintf(why, size, "%s", info->unreadable);
    else if (n_rows >= 0 && info->n_rows != n_rows)
        snprintf(why, size, "it has %lld rows, the table %lld", (long long)info->n_rows,
                 (long long)n_rows);
    else
        return true;
    return false;
}

/// Tells of the `place`-th column that is left out; of many, only of the first few.
static void note_left_out(const bl_selection *selection, const bl_column_info *info,
                          const char *why, size_t place) {
    enum { SHOWN = 5 };
    if (place == SHOWN)
        bl_log(selection->context, BL_LOG_WARNING, "and more columns, which are left out");
    if (place < SHOWN)
        bl_log(selection->context, BL_LOG_WARNING, "column '%s' left out: %s", info->path, why);
}

/// Columns that are not whole, as an error names them: as many as fit.
typedef struct broken_list {
    char text[700];
    size_t n_named;
} broken_list;

static void add_broken(broken_list *broken, const bl_column_info *info, const char *why) {
    size_t used = strlen(broken->text), room = sizeof broken->text - used;
    int length =
        snprintf(broken->text + used, room, "%s'%s' (%s)", used ? ", " : "", info->path, why);
    if ((size_t)length < room)
        broken->n_named++;
    else
        broken->text[used] = '\0';
}

bl_status bl_select_whole(bl_table *table, bool is_strict, bl_selection *selection, bl_error *err) {
    int64_t n_rows = -1;
    if (bl_table_n_files(table) == 1)
        BL_TRY(bl_table_n_rows(table, &n_rows, err));
    size_t n = selection->n, kept = 0;
    broken_list broken = {.n_named = 0};
    for (size_t i = 0; i < n; i++) {
        const bl_column_info *info = &selection->infos[i];
        char why[256];
        if (is_whole(info, n_rows, why, sizeof why)) {
            selection->columns[kept] = selection->columns[i];
            selection->infos[kept++] = *info;
        } else if (is_strict) {
            add_broken(&broken, info, why);
        } else {
            note_left_out(selection, info, why, i - kept);
        }
    }
    selection->n = kept;
    if (!is_strict || kept == n)
        return BL_OK;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "%s: tree '%s': %zu of %zu columns cannot be read: %s%s",
                        bl_table_file(table, 0), bl_table_path(table), n - kept, n, broken.text,
                        broken.n_named < n - kept ? " and more" : "");
}

const char *bl_select_name(const bl_column_info *info, char *text, size_t size) {
    if (!info->duplicate)
        return info->path;
    snprintf(text, size, "%s#%d", info->path, info->duplicate);
    return text;
}
