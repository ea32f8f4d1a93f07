// SPDX-License-Identifier: Apache-2.0
// Friends: tables joined row by row. Those of the options run beside the whole table; those that a
// file declares run beside that file, and are opened when one of their columns is asked for.
#include <unistd.h>

#include "base/options.h"
#include "table/private.h"
#include "table/selection.h"

const char *bl_table_alias(const bl_table *table, size_t column) {
    const bl_known_column *c = &table->columns[column];
    switch (c->kind) {
    case BL_ORIGIN_DECLARED:
        return table->first.reader->friends[c->friend].alias;
    case BL_ORIGIN_GIVEN:
        return table->given[c->friend].alias;
    default:
        return NULL;
    }
}

static bl_status add_columns(bl_table *table, const bl_table *other, const char *alias,
                             bl_origin_kind kind, size_t friend, bl_error *err) {
    for (size_t i = 0; i < other->n_own; i++) {
        BL_TRY(bl_array_grow(table->context, &table->columns, &table->columns_capacity,
                             table->n_columns + other->n_own - i, sizeof *table->columns, "columns",
                             err));
        bl_known_column column = {
            .info = other->columns[i].info, .kind = kind, .friend = friend, .index = i};
        column.info.path = bl_arena_printf(&table->arena, "%s.%s", alias, column.info.path);
        const char *counter = column.info.counter;
        if (counter)
            column.info.counter = bl_arena_printf(&table->arena, "%s.%s", alias, counter);
        if (!column.info.path || (counter && !column.info.counter))
            return bl_error_nomem(err, 0, "a friend's column");
        table->columns[table->n_columns++] = column;
    }
    return BL_OK;
}

static bl_status check_rows(bl_table *other, int64_t n_rows, bl_error *err) {
    int64_t there;
    BL_TRY(bl_table_n_rows(other, &there, err));
    if (there != n_rows)
        return bl_error_set(err, BL_E_SHAPE, "%lld rows, but the table it joins has %lld",
                            (long long)there, (long long)n_rows);
    return BL_OK;
}

/// Splits "URL:TREE" at its last colon, unless that one belongs to the URL.
static bl_status split(bl_arena *arena, const char *text, char **ret_url, const char **ret_tree,
                       bl_error *err) {
    const char *colon = strrchr(text, ':');
    bool is_scheme = colon && (strncmp(colon, "://", 3) == 0 ||
                               (colon - text == 4 && strncmp(text, "file", 4) == 0));
    if (!colon || is_scheme || access(text, F_OK) == 0)
        colon = text + strlen(text);
    *ret_url = bl_arena_text(arena, text, (size_t)(colon - text));
    if (!*ret_url)
        return bl_error_nomem(err, strlen(text) + 1, "a friend");
    *ret_tree = colon[0] && colon[1] ? colon + 1 : NULL;
    return BL_OK;
}

static bl_status add_given(bl_table *table, const char *text, bl_error *err) {
    bl_given_friend *given = &table->given[table->n_given];
    char *url;
    bl_table_options options = {.size = sizeof options};
    BL_TRY(split(&table->arena, text, &url, &options.tree, err));
    BL_AUTO(bl_table) other = NULL;
    BL_TRY(bl_table_open_as(table->context, table->formats, (const char *const *)&url, 1, &options,
                            &other, err));
    const char *path = bl_table_path(other), *slash = strrchr(path, '/');
    path = slash ? slash + 1 : path;
    for (size_t i = 0; i < table->n_given; i++)
        if (strcmp(table->given[i].alias, path) == 0)
            return bl_error_set(err, BL_E_INVALID, "two friends are called '%s'", path);
    given->alias = bl_arena_text(&table->arena, path, strlen(path));
    if (!given->alias)
        return bl_error_nomem(err, strlen(path) + 1, "a friend");
    int64_t n_rows;
    BL_TRY(bl_table_n_rows(table, &n_rows, err));
    BL_TRY(check_rows(other, n_rows, err));
    given->table = BL_MOVE(other);
    size_t friend = table->n_given++;
    return add_columns(table, given->table, given->alias, BL_ORIGIN_GIVEN, friend, err);
}

bl_status bl_friends_add_given(bl_table *table, const bl_table_options *options, bl_error *err) {
    size_t n = options->n_friends;
    table->given = (bl_given_friend *)bl_alloc_zero(table->context, n, sizeof *table->given);
    if (!table->given)
        return bl_error_nomem(err, n * sizeof *table->given, "friends");
    for (size_t i = 0; i < n; i++)
        BL_TRY_IN(add_given(table, options->friends[i], err), err, "friend '%s'",
                  options->friends[i]);
    return BL_OK;
}

/// "DIRECTORY OF THE MAIN FILE/URL", or NULL where a friend's URL is not relative to it.
/// \return BL_OK, BL_E_NOMEM
static bl_status beside(bl_table *table, const char *main_url, const char *url, char **ret_beside,
                        bl_error *err) {
    const char *slash = strrchr(main_url, '/');
    *ret_beside = NULL;
    if (!slash || url[0] == '/' || strstr(url, "://") || access(url, F_OK) == 0)
        return BL_OK;
    int length = (int)(slash - main_url);
    *ret_beside = bl_arena_printf(&table->arena, "%.*s/%s", length, main_url, url);
    return *ret_beside ? BL_OK : bl_error_nomem(err, strlen(url), "a friend");
}

/// Opens a friend's file as it is written, or beside the file that declares it.
static bl_status open_declared(bl_table *table, const bl_part *part, const bl_friend_info *info,
                               bl_table **ret_table, bl_error *err) {
    const char *main_url = table->urls[part->file];
    const char *url = info->url[0] ? info->url : main_url;
    bl_table_options options = {.size = sizeof options,
                                .tree = info->tree && info->tree[0] ? info->tree : NULL};
    bl_error as_written = {0};
    bl_status status =
        bl_table_open_as(table->context, table->formats, &url, 1, &options, ret_table, &as_written);
    if (status == BL_OK)
        return BL_OK;
    char *other = NULL;
    if (status == BL_E_NOTFOUND)
        BL_TRY(beside(table, main_url, url, &other, err));
    if (other)
        status = bl_table_open_as(table->context, table->formats, (const char *const *)&other, 1,
                                  &options, ret_table, err);
    else if (err)
        *err = as_written;
    return status;
}

bl_status bl_friend_declared(bl_table *table, bl_part *part, size_t friend, bl_table **ret_table,
                             bl_error *err) {
    const bl_friend_info *info = &part->reader->friends[friend];
    if (!part->declared[friend]) {
        BL_AUTO(bl_table) other = NULL;
        BL_TRY_IN(open_declared(table, part, info, &other, err), err, "friend '%s'", info->alias);
        BL_TRY_IN(check_rows(other, part->reader->n_rows, err), err, "friend '%s'", info->alias);
        part->declared[friend] = BL_MOVE(other);
    }
    *ret_table = part->declared[friend];
    return BL_OK;
}

bl_status bl_friends_add_named(bl_table *table, const char *name, bl_error *err) {
    bl_part *part = &table->first;
    for (size_t i = 0; i < part->reader->n_friends; i++) {
        const char *alias = part->reader->friends[i].alias;
        size_t length = strlen(alias);
        if (strncmp(name, alias, length) != 0 || name[length] != '.' || part->declared[i])
            continue;
        bl_table *other;
        bl_status status = bl_friend_declared(table, part, i, &other, err);
        if (status != BL_OK)
            return bl_error_in_file(err, status, table->urls[0]);
        return add_columns(table, other, alias, BL_ORIGIN_DECLARED, i, err);
    }
    return BL_OK;
}

/// Finds, for a later file of a chain, the friend and column that the first file's stand for.
static bl_status find_declared(bl_table *table, bl_part *part, size_t column, bl_table **ret_table,
                               size_t *ret_index, bl_error *err) {
    const char *alias = bl_table_alias(table, column), *url = table->urls[part->file];
    const bl_reader *reader = part->reader;
    size_t friend = 0;
    while (friend < reader->n_friends && strcmp(reader->friends[friend].alias, alias) != 0)
        friend ++;
    if (friend == reader->n_friends)
        return bl_error_set(err, BL_E_NOTFOUND, "%s: no friend '%s'", url, alias);
    bl_table *other;
    BL_TRY(bl_friend_declared(table, part, friend, &other, err));
    const bl_column_info *wanted = &table->columns[column].info;
    const char *path = wanted->path + strlen(alias) + 1;
    for (size_t i = 0; i < other->n_own; i++) {
        const bl_column_info *info = &other->columns[i].info;
        if (info->duplicate != wanted->duplicate || strcmp(info->path, path) != 0)
            continue;
        if (!info->type || !bl_type_same_shape(info->type, wanted->type))
            return bl_error_set(err, BL_E_TYPE, "%s: column '%s' is of another type than in %s",
                                url, wanted->path, table->urls[0]);
        *ret_table = other;
        *ret_index = i;
        return BL_OK;
    }
    return bl_error_set(err, BL_E_NOTFOUND, "%s: column '%s' is missing, but %s has it", url,
                        wanted->path, table->urls[0]);
}

bl_status bl_friend_column(bl_table *table, bl_part *part, size_t column, bl_table **ret_table,
                           size_t *ret_index, bl_error *err) {
    const bl_known_column *c = &table->columns[column];
    if (c->kind == BL_ORIGIN_DECLARED && part->file > 0)
        return find_declared(table, part, column, ret_table, ret_index, err);
    *ret_index = c->index;
    if (c->kind == BL_ORIGIN_DECLARED)
        return bl_friend_declared(table, part, c->friend, ret_table, err);
    *ret_table = table->given[c->friend].table;
    return BL_OK;
}

// ---- what friends are read from ----

bool bl_table_declares_friends(const bl_table *table) { return table->first.reader->n_friends > 0; }

static bl_status pack_file(bl_table *table, const char *url, bl_packer *to, bl_error *err) {
    uint64_t bytes;
    BL_TRY(bl_url_size(table->context, url, &bytes, err));
    bl_pack_bytes(to, url, strlen(url) + 1);
    bl_pack_be64(to, bytes);
    return BL_OK;
}

static bl_status pack_if_found(bl_table *table, const bl_part *part, const char *url, bl_packer *to,
                               bl_error *err) {
    char *other = NULL;
    bl_status status = pack_file(table, url, to, err);
    if (status == BL_E_NOTFOUND)
        BL_TRY(beside(table, table->urls[part->file], url, &other, err));
    if (other)
        status = pack_file(table, other, to, err);
    return status == BL_E_NOMEM || status == BL_E_CANCELLED ? status : BL_OK;
}

/// Of all files of the chain those friends that the first one's columns are of.
static bl_status pack_declared(bl_table *table, const char *alias, bl_packer *to, bl_error *err) {
    for (size_t file = 0; file < table->n_files; file++) {
        bl_part *part;
        BL_TRY(bl_table_part(table, file, &part, err));
        for (size_t i = 0; i < part->reader->n_friends; i++) {
            const bl_friend_info *info = &part->reader->friends[i];
            if (info->url[0] && strcmp(info->alias, alias) == 0)
                BL_TRY(pack_if_found(table, part, info->url, to, err));
        }
    }
    return BL_OK;
}

bl_status bl_table_pack_friends(bl_table *table, bl_packer *to, bl_error *err) {
    const bl_part *first = &table->first;
    for (size_t i = 0; i < table->n_given; i++) {
        bl_table *given = table->given[i].table;
        for (size_t k = 0; k < given->n_files; k++)
            BL_TRY(pack_if_found(given, &given->first, given->urls[k], to, err));
    }
    for (size_t i = 0; first->declared && i < first->reader->n_friends; i++)
        if (first->declared[i])
            BL_TRY(pack_declared(table, first->reader->friends[i].alias, to, err));
    return BL_OK;
}
