// SPDX-License-Identifier: Apache-2.0
// Which columns a table has. A dataset of a compound has its members; another dataset is one
// column; a group has its datasets, and of those that are compounds their members. Of a frame that
// pandas wrote, the columns are those that the frame had, taken out of the blocks in which they
// were stored.
#include <stdio.h>

#include "formats/hdf5/module/pandas.h"
#include "formats/hdf5/module/table.h"

enum { MAX_NAME_BYTES = 64 * 1024 };

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static bl_status grow(bl_hdf5_table *table, bl_error *err) {
    size_t room = table->columns_room ? 2 * table->columns_room : 16, n = table->n_columns;
    if (n < table->columns_room)
        return BL_OK;
    bl_hdf5_column *columns = bl_arena_array(&table->arena, room, sizeof *columns);
    bl_column_info *infos = bl_arena_array(&table->arena, room, sizeof *infos);
    if (!columns || !infos)
        return bl_error_nomem(err, room * sizeof *infos, "columns");
    if (n) {
        memcpy(columns, table->columns, n * sizeof *columns);
        memcpy(infos, table->infos, n * sizeof *infos);
    }
    table->columns = columns;
    table->infos = infos;
    table->columns_room = room;
    return BL_OK;
}

/// Adds a column; the caller fills in what it is made of. Both pointers hold until the next one.
static bl_status add_column(bl_hdf5_table *table, const char *path, bl_hdf5_column **ret_column,
                            bl_column_info **ret_info, bl_error *err) {
    BL_TRY(grow(table, err));
    *ret_column = &table->columns[table->n_columns];
    *ret_info = &table->infos[table->n_columns++];
    **ret_column = (bl_hdf5_column){.item = SIZE_MAX};
    **ret_info = (bl_column_info){.size = sizeof **ret_info,
                                  .path = path,
                                  .name = last_part(path),
                                  .title = "",
                                  .source_type = "",
                                  .n_rows = table->head.n_rows,
                                  .codec = "stored"};
    return BL_OK;
}

static bl_status add_unreadable(bl_hdf5_table *table, const char *path, const char *reason,
                                bl_error *err) {
    bl_hdf5_column *column;
    bl_column_info *info;
    BL_TRY(add_column(table, path, &column, &info, err));
    info->unreadable = bl_arena_text(&table->arena, reason, strlen(reason));
    return info->unreadable ? BL_OK : bl_error_nomem(err, strlen(reason), "a reason");
}

/// Fixed lists around what an element holds, for the dimensions behind the rows.
static bl_status wrap(bl_hdf5_table *table, const bl_hdf5_dataset *d, bl_hdf5_column *column,
                      bl_error *err) {
    BL_AUTO(bl_type) type = bl_type_ref(column->shape->type);
    for (unsigned i = column->item == SIZE_MAX ? d->rank : 1; i-- > 1;) {
        BL_AUTO(bl_type) list = NULL;
        BL_TRY(bl_type_new_list(table->head.context, BL_FIXED_LIST, (int64_t)d->dims[i], type,
                                &list, err));
        bl_type_release(type);
        type = BL_MOVE(list);
        column->n_wraps++;
    }
    column->type = BL_MOVE(type);
    return BL_OK;
}

static const char *source_type(bl_hdf5_table *table, const bl_hdf5_dataset *d, const char *text,
                               bool has_items) {
    char whole[256];
    size_t at = (size_t)snprintf(whole, sizeof whole, "%s", text);
    for (unsigned i = 1; has_items && i < d->rank && at < 200; i++)
        at += (size_t)snprintf(whole + at, sizeof whole - at, "[%llu]",
                               (unsigned long long)d->dims[i]);
    return bl_arena_text(&table->arena, whole, strlen(whole));
}

static bl_status add_member(bl_hdf5_table *table, size_t dataset, const bl_hdf5_member *member,
                            const char *path, size_t item, bl_error *err) {
    const bl_hdf5_dataset *d = &table->datasets[dataset];
    bl_hdf5_column *column;
    bl_column_info *info;
    BL_TRY(add_column(table, path, &column, &info, err));
    column->dataset = dataset;
    column->offset = member->offset;
    column->item = item;
    info->codec = d->codec;
    info->n_chunks = d->n_rows ? (d->n_rows - 1) / d->strip_rows + 1 : 0;
    info->source_type = source_type(table, d, member->text, item == SIZE_MAX);
    if (!info->source_type)
        return bl_error_nomem(err, 64, "a type");
    size_t items = item == SIZE_MAX ? d->row_elements : 1;
    info->raw_bytes = (uint64_t)member->shape.size * items * (uint64_t)d->n_rows;
    if (d->row_bytes && d->n_rows)
        info->stored_bytes = (uint64_t)((double)d->stored_bytes * (double)member->shape.size *
                                        (double)items / (double)d->row_bytes);
    info->unreadable = member->reason;
    if (!info->unreadable && d->row_elements == 0)
        info->unreadable = "its rows have no items";
    if (info->unreadable)
        return BL_OK;
    column->shape = &member->shape;
    BL_TRY(wrap(table, d, column, err));
    info->type = column->type;
    return BL_OK;
}

/// Opens a dataset as the table's next one. \param ret_reason why it cannot be read; NULL: it can
static bl_status open_dataset(bl_hdf5_table *table, const char *path, const char **ret_reason,
                              bl_error *err) {
    bl_error why = {0};
    bl_hdf5_dataset *d = &table->datasets[table->n_datasets];
    bl_status status = bl_hdf5_dataset_open(table->file, &table->arena, path, d, &why);
    *ret_reason = NULL;
    if (status == BL_OK) {
        table->n_datasets++;
        return BL_OK;
    }
    *ret_reason = bl_arena_text(&table->arena, why.message, strlen(why.message));
    if (*ret_reason && status != BL_E_NOMEM && status != BL_E_IO && status != BL_E_CANCELLED)
        return BL_OK;
    if (err)
        *err = why;
    if (!*ret_reason)
        return bl_error_nomem(err, 64, "a reason");
    return status;
}

/// Adds the columns of the dataset opened last. \param prefix in front of members; NULL: none
static bl_status add_members(bl_hdf5_table *table, const char *prefix, const char *alone,
                             bl_error *err) {
    size_t dataset = table->n_datasets - 1;
    const bl_hdf5_dataset *d = &table->datasets[dataset];
    for (size_t i = 0; i < d->n_members; i++) {
        const bl_hdf5_member *member = &d->members[i];
        const char *path = member->name ? member->name : alone;
        if (member->name && prefix)
            path = bl_arena_printf(&table->arena, "%s/%s", prefix, member->name);
        if (!path)
            return bl_error_nomem(err, 64, "a path");
        BL_TRY(add_member(table, dataset, member, path, SIZE_MAX, err));
    }
    return BL_OK;
}

static bl_status make_datasets(bl_hdf5_table *table, size_t n, bl_error *err) {
    table->datasets =
        (bl_hdf5_dataset *)bl_arena_array(&table->arena, n + 1, sizeof *table->datasets);
    return table->datasets ? BL_OK : bl_error_nomem(err, n * sizeof *table->datasets, "datasets");
}

static bl_status of_dataset(bl_hdf5_table *table, const bl_hdf5_entry *entry, bl_error *err) {
    const char *reason;
    BL_TRY(make_datasets(table, 1, err));
    table->head.n_rows = entry->n_rows;
    BL_TRY(open_dataset(table, entry->path, &reason, err));
    if (reason)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", reason);
    table->head.n_rows = table->datasets[0].n_rows;
    return add_members(table, NULL, last_part(entry->path), err);
}

static bl_status of_group(bl_hdf5_table *table, size_t entry, bl_error *err) {
    const bl_hdf5_file *file = table->file;
    const char *reason;
    size_t n = 0;
    for (size_t i = entry + 1; i < file->n_entries; i++)
        n += file->entries[i].parent == entry;
    BL_TRY(make_datasets(table, n, err));
    table->head.n_rows = file->entries[entry].n_rows;
    for (size_t i = entry + 1; i < file->n_entries; i++) {
        const bl_hdf5_entry *child = &file->entries[i];
        const char *name = last_part(child->path);
        reason = child->title;
        if (child->parent != entry || (child->kind != BL_HDF5_DATASET && !child->is_unreadable))
            continue;
        if (!child->is_unreadable)
            BL_TRY(open_dataset(table, child->path, &reason, err));
        if (reason)
            BL_TRY(add_unreadable(table, name, reason, err));
        else
            BL_TRY(add_members(table, name, name, err));
    }
    return BL_OK;
}

// ---- frames of pandas ----

/// The names of the columns in `values_block_N`, where there are as many as it has items.
static bool names_of_block(bl_hdf5_table *table, hid_t dataset, const char *block, size_t n,
                           const char ***ret_names) {
    char name[96];
    size_t n_names = 0;
    char *text = (char *)bl_arena_alloc(&table->arena, MAX_NAME_BYTES);
    (void)snprintf(name, sizeof name, "%.60s_kind", block);
    return text && bl_hdf5_text_attribute(dataset, name, text, MAX_NAME_BYTES) &&
           bl_hdf5_pickled_texts(&table->arena, (const uint8_t *)text, strlen(text), ret_names,
                                 &n_names) &&
           n_names == n;
}

/// A block is an array of as many items as it has columns; other members are columns themselves.
static bl_status add_block(bl_hdf5_table *table, const bl_hdf5_member *member, bl_error *err) {
    const bl_hdf5_dataset *d = &table->datasets[0];
    const char **names;
    if (member->reason || member->shape.kind != BL_HDF5_ARRAY ||
        strncmp(member->name, "values_block_", 13) != 0 ||
        !names_of_block(table, d->id, member->name, member->shape.n_items, &names))
        return add_member(table, 0, member, member->name, SIZE_MAX, err);
    for (size_t i = 0; i < member->shape.n_items; i++) {
        bl_hdf5_member *part = (bl_hdf5_member *)bl_arena_alloc(&table->arena, sizeof *part);
        if (!part)
            return bl_error_nomem(err, sizeof *part, "a column");
        *part = *member;
        part->shape = member->shape.children[0]; // the type stays the member's, who releases it
        part->offset = member->offset + i * part->shape.size;
        BL_TRY(add_member(table, 0, part, names[i], SIZE_MAX, err));
    }
    return BL_OK;
}

/// A dataset in a group, which was found to be whole when the file was opened; NULL: none is there.
static const bl_hdf5_entry *find_dataset(const bl_hdf5_file *file, size_t group, const char *name) {
    for (size_t i = group + 1; i < file->n_entries; i++) {
        const bl_hdf5_entry *entry = &file->entries[i];
        if (entry->parent == group && entry->kind == BL_HDF5_DATASET &&
            strcmp(last_part(entry->path), name) == 0)
            return entry;
    }
    return NULL;
}

static bl_status of_frame_table(bl_hdf5_table *table, size_t group, bl_error *err) {
    const char *reason;
    const bl_hdf5_entry *of = find_dataset(table->file, group, "table");
    if (!of)
        return bl_error_set(err, BL_E_CORRUPT, "a frame of pandas without its dataset 'table'");
    BL_TRY(make_datasets(table, 1, err));
    BL_TRY(open_dataset(table, of->path, &reason, err));
    if (reason)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", reason);
    const bl_hdf5_dataset *d = &table->datasets[0];
    table->head.n_rows = d->n_rows;
    for (size_t i = 0; i < d->n_members; i++) {
        if (!d->members[i].name)
            return bl_error_set(err, BL_E_CORRUPT, "its dataset 'table' is no compound");
        BL_TRY(add_block(table, &d->members[i], err));
    }
    return BL_OK;
}

/// Reads the texts of `blockN_items`: names of the columns in a block.
static bl_status read_items(bl_hdf5_table *table, const char *path, size_t n,
                            const char ***ret_names, bl_error *err) {
    bl_hdf5_dataset d;
    bl_error why = {0};
    *ret_names = NULL;
    if (bl_hdf5_dataset_open(table->file, &table->arena, path, &d, &why) != BL_OK)
        return BL_OK;
    const bl_hdf5_shape *shape = &d.members[0].shape;
    size_t size = d.element_bytes;
    const char **names = (const char **)bl_arena_array(&table->arena, n + 1, sizeof *names);
    bool fits = d.rank == 1 && d.n_members == 1 && !d.members[0].name &&
                shape->kind == BL_HDF5_TEXT && (uint64_t)d.n_rows == n && n <= MAX_NAME_BYTES &&
                size <= MAX_NAME_BYTES;
    char *texts = fits ? (char *)bl_arena_alloc(&table->arena, n * size + 1) : NULL;
    bl_status status = BL_OK;
    if (texts && names && H5Dread(d.id, d.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0)
        status = bl_hdf5_failed(&table->file->io, BL_E_CORRUPT, path, err);
    for (size_t i = 0; i < n && texts && names && status == BL_OK; i++) {
        names[i] = bl_arena_text(&table->arena, texts + i * size, strnlen(texts + i * size, size));
        if (!names[i])
            status = bl_error_nomem(err, size, "a name");
    }
    if (texts && names && status == BL_OK)
        *ret_names = names;
    bl_hdf5_dataset_release(&d);
    return status;
}

/// Adds the columns of `blockN_values` [rows, columns], which is the dataset opened last.
static bl_status add_fixed_block(bl_hdf5_table *table, size_t group, const char *block,
                                 bl_error *err) {
    const bl_hdf5_dataset *d = &table->datasets[table->n_datasets - 1];
    const char **names = NULL;
    size_t length = strlen(block) - strlen("_values");
    const char *name = bl_arena_printf(&table->arena, "%.*s_items", (int)length, block);
    if (!name)
        return bl_error_nomem(err, 64, "a path");
    const bl_hdf5_entry *items = find_dataset(table->file, group, name);
    if (items && d->rank == 2 && d->n_members == 1)
        BL_TRY(read_items(table, items->path, d->row_elements, &names, err));
    if (!names)
        return add_members(table, block, block, err);
    for (size_t i = 0; i < d->row_elements; i++)
        BL_TRY(add_member(table, table->n_datasets - 1, &d->members[0], names[i], i, err));
    return BL_OK;
}

static bool is_block(const char *name) {
    size_t length = strlen(name);
    return strncmp(name, "block", 5) == 0 && length > 12 &&
           strcmp(name + length - 7, "_values") == 0;
}

static bl_status add_fixed(bl_hdf5_table *table, size_t group, const bl_hdf5_entry *child,
                           bl_error *err) {
    const char *name = last_part(child->path), *reason;
    bool is_index = strcmp(name, "axis1") == 0;
    if ((!is_index && !is_block(name)) || child->kind != BL_HDF5_DATASET)
        return BL_OK;
    if (child->n_rows != table->head.n_rows)
        return add_unreadable(table, name,
                              "its values are pickled Python objects; store the frame with "
                              "format='table'",
                              err);
    BL_TRY(open_dataset(table, child->path, &reason, err));
    if (reason)
        return add_unreadable(table, name, reason, err);
    return is_index ? add_members(table, "index", "index", err)
                    : add_fixed_block(table, group, name, err);
}

static bl_status of_frame_fixed(bl_hdf5_table *table, size_t entry, bl_error *err) {
    const bl_hdf5_file *file = table->file;
    size_t n = 0;
    table->head.n_rows = -1;
    for (size_t i = entry + 1; i < file->n_entries; i++) {
        const bl_hdf5_entry *child = &file->entries[i];
        if (child->parent == entry && strcmp(last_part(child->path), "axis1") == 0)
            table->head.n_rows = child->n_rows;
        n += child->parent == entry;
    }
    if (table->head.n_rows < 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a frame of pandas without its 'axis1'");
    BL_TRY(make_datasets(table, n, err));
    for (size_t i = entry + 1; i < file->n_entries; i++)
        if (file->entries[i].parent == entry)
            BL_TRY(add_fixed(table, entry, &file->entries[i], err));
    return BL_OK;
}

bl_status bl_hdf5_table_columns(bl_hdf5_table *table, size_t entry, bl_error *err) {
    const bl_hdf5_entry *of = &table->file->entries[entry];
    if (of->kind == BL_HDF5_DATASET)
        return of_dataset(table, of, err);
    if (of->frame == BL_HDF5_FRAME_TABLE)
        return of_frame_table(table, entry, err);
    return of->frame == BL_HDF5_FRAME_FIXED ? of_frame_fixed(table, entry, err)
                                            : of_group(table, entry, err);
}
