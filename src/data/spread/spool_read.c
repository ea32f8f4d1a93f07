// SPDX-License-Identifier: Apache-2.0
// Reading files of the spool.
#include <stdio.h>

#include "data/spread/private.h"

bl_status bl_spool_open(const bl_spool *spool, const bl_spool_file *file, bl_table **ret_table,
                        bl_error *err) {
    char path[4096];
    const char *url = path;
    const bl_table_options options = {.size = sizeof options};
    int length = snprintf(path, sizeof path, "%s/%s", spool->folder, file->name);
    if (length < 0 || (size_t)length >= sizeof path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", spool->folder);
    return bl_table_open(spool->arena.context, &url, 1, &options, ret_table, err);
}

/// Keys of rows [first, last). \param ret_batch holds them
static bl_status read_keys(bl_table *table, int64_t first, int64_t last, bl_batch **ret_batch,
                           const uint64_t **ret_keys, bl_error *err) {
    const char *name = BL_SHARD_KEY;
    BL_TRY(bl_spool_read(table, first, last, &name, 1, ret_batch, err));
    *ret_keys = (const uint64_t *)bl_column_values(bl_batch_column(*ret_batch, 0));
    return BL_OK;
}

/// The first of the clusters whose last key is not below.
static bl_status find_cluster(bl_table *table, uint64_t key, size_t *ret_cluster, bl_error *err) {
    size_t low = 0, high = bl_table_n_clusters(table);
    while (low < high) {
        BL_AUTO(bl_batch) batch = NULL;
        size_t middle = low + (high - low) / 2;
        int64_t first, last;
        const uint64_t *keys;
        BL_TRY(bl_table_cluster(table, middle, &first, &last, err));
        BL_TRY(read_keys(table, last - 1, last, &batch, &keys, err));
        if (keys[0] < key)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_cluster = low;
    return BL_OK;
}

bl_status bl_spool_find_key(bl_table *table, uint64_t key, int64_t *ret_row, bl_error *err) {
    size_t cluster = 0;
    int64_t first, last, n_rows;
    const uint64_t *keys;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_table_n_rows(table, &n_rows, err));
    BL_TRY(find_cluster(table, key, &cluster, err));
    if (cluster == bl_table_n_clusters(table))
        return *ret_row = n_rows, BL_OK;
    BL_TRY(bl_table_cluster(table, cluster, &first, &last, err));
    BL_TRY(read_keys(table, first, last, &batch, &keys, err));
    int64_t row = 0;
    while (row < last - first && keys[row] < key)
        row++;
    *ret_row = first + row;
    return BL_OK;
}

/// \param columns [n]
static bl_status find_columns(const bl_table *table, const char *const *names, size_t n,
                              size_t *columns, bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        columns[i] = i;
        if (names)
            BL_TRY(bl_table_find(table, names[i], &columns[i], err));
    }
    return BL_OK;
}

bl_status bl_spool_read(bl_table *table, int64_t first, int64_t last, const char *const *names,
                        size_t n, bl_batch **ret_batch, bl_error *err) {
    enum { MOST_ON_STACK = 1024 };
    size_t some[MOST_ON_STACK], n_columns = names ? n : bl_table_n_columns(table);
    if (n_columns > MOST_ON_STACK)
        return bl_error_set(err, BL_E_LIMIT, "%zu columns at a time", n_columns);
    BL_TRY(find_columns(table, names, n_columns, some, err));
    return bl_table_read(table, first, last, some, n_columns, ret_batch, err);
}
