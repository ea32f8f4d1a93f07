// SPDX-License-Identifier: Apache-2.0
// Chains: many files as one table. Only the first file and the one in use are open, so that a chain
// of any length takes the memory and the file handles of two files.

#include "table/private.h"
#include "table/scan.h"

void bl_part_close(bl_context *context, bl_part *part) {
    for (size_t i = 0; part->declared && i < part->reader->n_friends; i++)
        bl_table_close(part->declared[i]);
    bl_free(context, part->declared);
    if (part->reader)
        bl_reader_close(part->reader);
    *part = (bl_part){0};
}

static bl_status open_reader(bl_table *table, size_t file, bl_reader **ret_reader, bl_error *err) {
    BL_AUTO(bl_file) opened = NULL;
    BL_TRY(bl_formats_open(table->formats, table->context, table->urls[file], &table->open, &opened,
                           err));
    bl_status status = opened->ops->open_table(opened, table->tree, ret_reader, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, table->urls[file]);
}

bl_status bl_table_part(bl_table *table, size_t file, bl_part **ret_part, bl_error *err) {
    bl_part *part = file == 0 ? &table->first : &table->current;
    bool is_open = part->declared && part->file == file;
    if (!is_open) {
        if (file != 0)
            bl_part_close(table->context, part);
        part->file = file;
        if (!part->reader)
            BL_TRY(open_reader(table, file, &part->reader, err));
        size_t n = part->reader->n_friends;
        part->declared = (bl_table **)bl_alloc_zero(table->context, n, sizeof *part->declared);
        if (!part->declared)
            return bl_error_nomem(err, n * sizeof *part->declared, "friends");
        table->file_rows[file] = part->reader->n_rows;
    }
    *ret_part = part;
    return BL_OK;
}

static bool is_column(const bl_column_info *info, const bl_column_info *wanted) {
    return info->duplicate == wanted->duplicate && strcmp(info->path, wanted->path) == 0;
}

static bl_status other_type(const bl_table *table, const bl_part *part,
                            const bl_column_info *wanted, const bl_column_info *found,
                            bl_error *err) {
    const char *url = table->urls[part->file];
    if (!found->type)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s: column '%s' cannot be read: %s", url,
                            found->path, found->unreadable ? found->unreadable : "no type");
    char there[128], here[128];
    (void)bl_type_format(wanted->type, there, sizeof there);
    (void)bl_type_format(found->type, here, sizeof here);
    return bl_error_set(err, BL_E_TYPE, "%s: column '%s' is %s, but in %s it is %s", url,
                        found->path, here, table->urls[0], there);
}

bl_status bl_part_column(const bl_table *table, const bl_part *part, size_t column,
                         size_t *ret_index, bl_error *err) {
    const bl_reader *reader = part->reader;
    const bl_column_info *wanted = &table->columns[column].info;
    size_t i = table->columns[column].index;
    if (part->file == 0) {
        *ret_index = i;
        return BL_OK;
    }
    // Files of one chain nearly always have the same columns in the same order.
    if (i >= reader->n_columns || !is_column(&reader->columns[i], wanted))
        for (i = 0; i < reader->n_columns; i++)
            if (is_column(&reader->columns[i], wanted))
                break;
    if (i == reader->n_columns)
        return bl_error_set(err, BL_E_NOTFOUND, "%s: column '%s' is missing, but %s has it",
                            table->urls[part->file], wanted->path, table->urls[0]);
    const bl_column_info *found = &reader->columns[i];
    if (!found->type || !bl_type_same_shape(found->type, wanted->type))
        return other_type(table, part, wanted, found, err);
    *ret_index = i;
    return BL_OK;
}

bl_status bl_table_n_rows(bl_table *table, int64_t *ret_n_rows, bl_error *err) {
    int64_t n_rows = 0;
    for (size_t i = 0; i < table->n_files; i++) {
        bl_part *part;
        if (table->file_rows[i] < 0)
            BL_TRY(bl_table_part(table, i, &part, err));
        if (__builtin_add_overflow(n_rows, table->file_rows[i], &n_rows))
            return bl_error_set(err, BL_E_LIMIT, "%s: too many rows", table->urls[i]);
    }
    *ret_n_rows = n_rows;
    return BL_OK;
}

bl_status bl_table_locate(bl_table *table, int64_t row, size_t *ret_file, int64_t *ret_start,
                          bl_error *err) {
    int64_t start = 0;
    for (size_t i = 0;; i++) {
        bl_part *part;
        if (table->file_rows[i] < 0)
            BL_TRY(bl_table_part(table, i, &part, err));
        if (row - start < table->file_rows[i] || i + 1 == table->n_files) {
            *ret_file = i;
            *ret_start = start;
            return BL_OK;
        }
        start += table->file_rows[i];
    }
}

bl_status bl_table_place(bl_table *table, int64_t row, size_t *ret_file, int64_t *ret_entry,
                         bl_error *err) {
    int64_t start;
    BL_TRY(bl_table_locate(table, row, ret_file, &start, err));
    *ret_entry = row - start;
    return BL_OK;
}
