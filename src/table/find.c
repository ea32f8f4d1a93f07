// SPDX-License-Identifier: Apache-2.0
// Finding columns by name: full paths, trailing parts, `path#n`, `friend.path`, shell patterns.
#include <fnmatch.h>
#include <stdlib.h>

#include "table/private.h"

/// True where `name` is `path` or what follows one of its slashes.
static bool is_trailing_part(const char *path, const char *name) {
    size_t path_length = strlen(path), length = strlen(name);
    if (length > path_length || strcmp(path + path_length - length, name) != 0)
        return false;
    return length == path_length || path[path_length - length - 1] == '/';
}

/// True where `name` names the column; for a friend's column its alias must come first.
static bool names_column(const bl_table *table, size_t column, const char *name) {
    const char *alias = bl_table_alias(table, column);
    const char *path = table->columns[column].info.path;
    if (!alias)
        return is_trailing_part(path, name);
    size_t length = strlen(alias);
    return strncmp(name, alias, length) == 0 && name[length] == '.' &&
           is_trailing_part(path + length + 1, name + length + 1);
}

static bl_status ambiguous(const bl_table *table, const char *name, const size_t *found, size_t n,
                           bl_error *err) {
    bl_status status = bl_error_set(err, BL_E_INVALID, "'%s' names %zu columns:", name, n);
    for (size_t i = 0; i < n && i < 3; i++)
        (void)bl_error_hint(err, status, "%s '%s'", i ? "," : "",
                            table->columns[found[i]].info.path);
    return bl_error_hint(err, status, n > 3 ? ", …" : "");
}

static bl_status not_found(const bl_table *table, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < table->n_columns; i++)
        bl_nearest_offer(&nearest, table->columns[i].info.path);
    for (size_t i = 0; i < table->n_columns; i++)
        if (!bl_table_alias(table, i))
            bl_nearest_offer(&nearest, table->columns[i].info.name);
    bl_status status = bl_error_set(err, BL_E_NOTFOUND, "no column '%s'", name);
    return bl_nearest_hint(&nearest, status, err);
}

/// Repetition `duplicate` of the columns that `name` names. SIZE_MAX: there is none.
static bl_status search(const bl_table *table, const char *name, int duplicate, size_t *ret_column,
                        bl_error *err) {
    size_t found[3], n = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        const bl_column_info *info = &table->columns[i].info;
        if (info->duplicate != duplicate || !names_column(table, i, name))
            continue;
        if (strcmp(info->path, name) == 0) {
            *ret_column = i;
            return BL_OK;
        }
        if (n < 3)
            found[n] = i;
        n++;
    }
    if (n > 1)
        return ambiguous(table, name, found, n, err);
    *ret_column = n ? found[0] : SIZE_MAX;
    return BL_OK;
}

/// `path#2`: the path in the arena's hands and its number.
static bl_status search_repetition(const bl_table *table, const char *name, size_t *ret_column,
                                   bl_error *err) {
    *ret_column = SIZE_MAX;
    const char *mark = strrchr(name, '#');
    if (!mark || mark[1] < '1' || mark[1] > '9')
        return BL_OK;
    char *end;
    long duplicate = strtol(mark + 1, &end, 10);
    if (*end || duplicate > INT32_MAX)
        return BL_OK;
    size_t length = (size_t)(mark - name);
    char *path = (char *)bl_alloc(table->context, length + 1);
    if (!path)
        return bl_error_nomem(err, length + 1, "a path");
    memcpy(path, name, length);
    path[length] = '\0';
    bl_status status = search(table, path, (int)duplicate, ret_column, err);
    bl_free(table->context, path);
    return status;
}

bl_status bl_table_find(const bl_table *table, const char *name, size_t *ret_column,
                        bl_error *err) {
    size_t column = bl_name_map_find(&table->own_paths, name);
    if (column == SIZE_MAX)
        BL_TRY(search(table, name, 0, &column, err));
    if (column == SIZE_MAX)
        BL_TRY(search_repetition(table, name, &column, err));
    if (column == SIZE_MAX) {
        // Looking for a friend's column opens the friend; nothing that was there changes by it.
        bl_table *open = (bl_table *)(uintptr_t)table;
        size_t before = table->n_columns;
        BL_TRY(bl_friends_add_named(open, name, err));
        if (table->n_columns > before)
            BL_TRY(search(table, name, 0, &column, err));
    }
    if (column == SIZE_MAX)
        return not_found(table, name, err);
    *ret_column = column;
    return BL_OK;
}

bool bl_table_column_matches(const bl_table *table, size_t i, const char *pattern) {
    if (i >= table->n_columns)
        return false;
    for (const char *part = table->columns[i].info.path; part; part = strchr(part, '/')) {
        if (part != table->columns[i].info.path)
            part++;
        if (fnmatch(pattern, part, 0) == 0)
            return true;
    }
    return false;
}
