// SPDX-License-Identifier: Apache-2.0
// Shards: opened, compared with what is known of them, and read a record batch at a time.
#include "data/loader/shards.h"

#include <beamline/table.h>

#include <stdio.h>

#include "table/selection.h"

enum { PATH_SIZE = 4096 };

static const char *path_of(const bl_shards *shards, size_t shard, char text[PATH_SIZE]) {
    snprintf(text, PATH_SIZE, "%s/%s", shards->prepared->folder, shards->shards[shard]->file);
    return text;
}

// ---- what a shard must be ----

/// Bytes of a number of an input's column; 0: it is another column than was prepared.
static size_t number_bytes(const bl_type *type, const bl_prepared_input *input) {
    if (input->is_sequence)
        type = type->id == BL_LIST ? type->children[0] : NULL;
    if (!type || type->id != BL_FIXED_LIST || type->list_size != (int64_t)input->width)
        return 0;
    bl_type_id number = type->children[0]->id;
    return number == BL_FLOAT32 || number == BL_FLOAT64 ? bl_type_id_width(number) : 0;
}

static bool is_label(const bl_type *type, bl_label_kind kind) {
    if (kind != BL_LABEL_NUMBERS)
        return type->id == BL_INT32;
    return type->id == BL_LIST && type->children[0]->id == BL_FLOAT64;
}

static bool is_as_prepared(const bl_shards *shards, size_t column, const bl_type *type) {
    switch (column) {
    case BL_READ_FILE:
        return type->id == BL_INT32;
    case BL_READ_ENTRY:
        return type->id == BL_INT64;
    case BL_READ_LABEL:
        return is_label(type, shards->prepared->label_kind);
    case BL_READ_PHYSICS:
    case BL_READ_TRAIN:
        return type->id == BL_FLOAT64;
    default:
        return number_bytes(type, shards->inputs[column - BL_READ_INPUTS].of) > 0;
    }
}

static bl_status find_columns(const bl_shards *shards, bl_open_shard *open, bl_error *err) {
    static const char *const names[BL_READ_INPUTS] = {BL_SHARD_FILE, BL_SHARD_ENTRY, BL_SHARD_LABEL,
                                                      BL_SHARD_PHYSICS, BL_SHARD_TRAIN};
    for (size_t i = 0; i < BL_READ_INPUTS + shards->n_inputs; i++) {
        const char *name =
            i < BL_READ_INPUTS ? names[i] : shards->inputs[i - BL_READ_INPUTS].of->name;
        bl_column_info info = {.size = sizeof info};
        if (bl_table_find(open->table, name, &open->columns[i], err) != BL_OK)
            return bl_error_in(err, BL_E_CORRUPT, "not as it was prepared");
        BL_TRY(bl_table_column(open->table, open->columns[i], &info, err));
        if (!info.type || !is_as_prepared(shards, i, info.type))
            return bl_error_set(err, BL_E_CORRUPT, "column '%s' is not what was prepared, but %s",
                                name, info.source_type);
    }
    return BL_OK;
}

/// Looks at the file before any of it is read.
static bl_status check_file(const bl_shards *shards, const bl_prepared_shard *shard,
                            const char *path, bl_error *err) {
    uint64_t bytes;
    BL_TRY(bl_url_size(shards->context, path, &bytes, err));
    if (bytes != shard->bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%s: %llu bytes, where %llu were written", path,
                            (unsigned long long)bytes, (unsigned long long)shard->bytes);
    return BL_OK;
}

// ---- open shards ----

static void close_shard(bl_open_shard *open) {
    bl_table_close(open->table);
    open->table = NULL;
}

static bl_status open_table(bl_context *context, const char *path, bl_table **ret_table,
                            bl_error *err) {
    const bl_open_options options = {.size = sizeof options, .format = "Arrow"};
    bl_catalog *catalog;
    BL_TRY(bl_catalog_open_with(context, path, &options, &catalog, err));
    bl_status status = bl_catalog_open_table(catalog, NULL, ret_table, err);
    bl_catalog_close(catalog);
    return status;
}

static bl_status check_table(const bl_shards *shards, bl_open_shard *open, bl_error *err) {
    int64_t n_rows, wanted = shards->shards[open->shard]->n_rows;
    BL_TRY(bl_table_n_rows(open->table, &n_rows, err));
    if (n_rows != wanted)
        return bl_error_set(err, BL_E_CORRUPT, "%lld rows, where %lld were written",
                            (long long)n_rows, (long long)wanted);
    return find_columns(shards, open, err);
}

static bl_status open_shard(bl_shards *shards, size_t shard, bl_open_shard **ret_open,
                            bl_error *err) {
    bl_open_shard *open = &shards->open[shard % BL_MOST_OPEN_SHARDS];
    *ret_open = open;
    if (open->table && open->shard == shard)
        return BL_OK;
    close_shard(open);
    size_t n = BL_READ_INPUTS + shards->n_inputs;
    if (!open->columns)
        open->columns = (size_t *)bl_alloc_zero(shards->context, n, sizeof *open->columns);
    if (!open->columns)
        return bl_error_nomem(err, n * sizeof *open->columns, "columns");
    char text[PATH_SIZE];
    const char *path = path_of(shards, shard, text);
    BL_TRY(check_file(shards, shards->shards[shard], path, err));
    BL_TRY(open_table(shards->context, path, &open->table, err));
    open->shard = shard;
    bl_status status = check_table(shards, open, err);
    if (status == BL_OK)
        return BL_OK;
    close_shard(open);
    return bl_error_in(err, status, "%s", path);
}

// ---- blocks ----

/// Float32 bytes that an event's inputs take, on average of the shard. How many rows its sequences
/// have, the file says of all of them together.
static bl_status event_bytes(const bl_shards *shards, const bl_open_shard *open, double *ret_bytes,
                             bl_error *err) {
    double bytes = 0, n_rows = (double)shards->shards[open->shard]->n_rows;
    for (size_t i = 0; i < shards->n_inputs; i++) {
        const bl_loader_input *input = &shards->inputs[i];
        bl_column_info info = {.size = sizeof info};
        BL_TRY(bl_table_column(open->table, open->columns[BL_READ_INPUTS + i], &info, err));
        double row = (double)input->of->width * sizeof(float);
        double shrunk = sizeof(float) / (double)number_bytes(info.type, input->of);
        if (!input->of->is_sequence)
            bytes += row;
        else if (input->padded_rows)
            bytes += row * (double)input->padded_rows;
        else
            bytes += (double)info.raw_bytes * shrunk / n_rows;
    }
    *ret_bytes = bytes;
    return BL_OK;
}

static bl_status add_block(bl_shards *shards, const bl_open_shard *open, size_t cluster,
                           double bytes, bl_error *err) {
    int64_t first, last;
    BL_TRY(bl_table_cluster(open->table, cluster, &first, &last, err));
    if (last == first)
        return BL_OK;
    size_t most_rows = 1;
    for (size_t i = 0; i < shards->n_inputs; i++)
        if (shards->inputs[i].padded_rows > most_rows)
            most_rows = shards->inputs[i].padded_rows;
    if ((uint64_t)(last - first) > INT32_MAX / most_rows)
        return bl_error_set(err, BL_E_LIMIT, "a record batch of %lld events",
                            (long long)(last - first));
    BL_TRY(bl_array_grow(shards->context, &shards->blocks, &shards->blocks_capacity,
                         shards->n_blocks, sizeof *shards->blocks, "record batches", err));
    uint32_t n = (uint32_t)(last - first);
    bl_block block = {open->shard, first, n, (uint64_t)(bytes * n)};
    shards->blocks[shards->n_blocks++] = block;
    shards->n_events += n;
    shards->bytes += block.bytes;
    return BL_OK;
}

static bl_status add_blocks(bl_shards *shards, const bl_open_shard *open, bl_error *err) {
    double bytes;
    size_t n = bl_table_n_clusters(open->table);
    BL_TRY(event_bytes(shards, open, &bytes, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(add_block(shards, open, i, bytes, err));
    return BL_OK;
}

bl_status bl_shards_add(bl_shards *shards, const bl_prepared_part *part, bl_error *err) {
    for (size_t i = 0; i < part->n_shards; i++) {
        BL_TRY(bl_array_grow(shards->context, &shards->shards, &shards->capacity, shards->n,
                             sizeof(bl_prepared_shard *), "shards", err));
        shards->shards[shards->n++] = &part->shards[i];
        bl_open_shard *open;
        char text[PATH_SIZE];
        BL_TRY(open_shard(shards, shards->n - 1, &open, err));
        if (shards->hashes)
            BL_TRY(bl_prepared_check(shards->prepared, &part->shards[i], err));
        BL_TRY_IN(add_blocks(shards, open, err), err, "%s", path_of(shards, open->shard, text));
    }
    return BL_OK;
}

void bl_shards_release(bl_shards *shards) {
    for (size_t i = 0; i < BL_MOST_OPEN_SHARDS; i++) {
        close_shard(&shards->open[i]);
        bl_free(shards->context, shards->open[i].columns);
    }
    bl_free(shards->context, shards->blocks);
    bl_free(shards->context, shards->shards);
}

bl_status bl_shards_error(const bl_shards *shards, const bl_block *block, bl_status status,
                          bl_error *err) {
    char text[PATH_SIZE];
    return bl_error_in(err, status, "%s: rows %lld to %lld", path_of(shards, block->shard, text),
                       (long long)block->first, (long long)(block->first + block->n_events));
}

bl_status bl_shards_read(bl_shards *shards, const bl_block *block, bl_batch **ret_batch,
                         bl_error *err) {
    bl_open_shard *open;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(open_shard(shards, block->shard, &open, err));
    BL_TRY(bl_table_read(open->table, block->first, block->first + block->n_events, open->columns,
                         BL_READ_INPUTS + shards->n_inputs, &batch, err));
    for (size_t i = 0; i < batch->n_columns; i++)
        if (bl_column_has_nulls(&batch->columns[i])) {
            (void)bl_error_set(err, BL_E_CORRUPT, "column '%s' has nulls", batch->names[i]);
            return bl_shards_error(shards, block, BL_E_CORRUPT, err);
        }
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}
