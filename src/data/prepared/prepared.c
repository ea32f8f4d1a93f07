// SPDX-License-Identifier: Apache-2.0
// Prepared data sets: what is in memory of one, its shards against their checksums, and the hash
// that decides what becomes of an event.
#include "data/prepared/prepared.h"

#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file_sum.h"
#include "data/prepared/private.h"

bool bl_prepared_is(const char *path) {
    char name[4096];
    int length = snprintf(name, sizeof name, "%s/" BL_PREPARED_FILE, path);
    return length > 0 && (size_t)length < sizeof name && access(name, F_OK) == 0;
}

bl_status bl_prepared_new(bl_context *context, const char *folder, bl_prepared **ret_prepared,
                          bl_error *err) {
    bl_prepared *prepared = (bl_prepared *)bl_alloc_zero(context, 1, sizeof *prepared);
    if (!prepared)
        return bl_error_nomem(err, sizeof *prepared, "a prepared data set");
    bl_arena_init(&prepared->arena, context);
    prepared->folder = bl_arena_text(&prepared->arena, folder, strlen(folder));
    prepared->name = prepared->folder;
    if (!prepared->folder) {
        bl_prepared_close(prepared);
        return bl_error_nomem(err, strlen(folder), "a path");
    }
    *ret_prepared = prepared;
    return BL_OK;
}

void bl_prepared_close(bl_prepared *prepared) {
    bl_context *context = prepared ? prepared->arena.context : NULL;
    if (!prepared)
        return;
    bl_arena_release(&prepared->arena);
    bl_free(context, prepared);
}

const bl_prepared_part *bl_prepared_find(const bl_prepared *prepared, const char *name) {
    for (size_t i = 0; i < prepared->n_parts; i++)
        if (strcmp(prepared->parts[i].name, name) == 0)
            return &prepared->parts[i];
    return NULL;
}

// ---- parts and shards ----

static bl_prepared_class *new_classes(bl_prepared *prepared) {
    return (bl_prepared_class *)bl_arena_array(&prepared->arena, prepared->n_classes + 1,
                                               sizeof(bl_prepared_class));
}

bl_status bl_prepared_add_part(bl_prepared *prepared, const char *name, bl_error *err) {
    bl_prepared_part part = {.name = bl_arena_text(&prepared->arena, name, strlen(name)),
                             .classes = new_classes(prepared),
                             .before = new_classes(prepared)};
    bl_prepared_part *parts =
        (bl_prepared_part *)bl_arena_grow(&prepared->arena, prepared->parts, prepared->n_parts,
                                          &prepared->parts_capacity, sizeof *parts);
    if (!part.name || !part.classes || !part.before || !parts)
        return bl_error_nomem(err, sizeof part, "a part");
    prepared->parts = parts;
    parts[prepared->n_parts++] = part;
    return BL_OK;
}

static void add_class(bl_prepared_class *to, const bl_prepared_class *from) {
    to->n_rows += from->n_rows;
    to->n_negative += from->n_negative;
    to->sumw_physics += from->sumw_physics;
    to->sumw_train += from->sumw_train;
    to->abs_train += from->abs_train;
}

bl_status bl_prepared_add_shard(bl_prepared *prepared, bl_prepared_part *part,
                                const bl_prepared_shard *shard, bl_error *err) {
    bl_prepared_shard copy = *shard;
    bl_prepared_shard *shards = (bl_prepared_shard *)bl_arena_grow(
        &prepared->arena, part->shards, part->n_shards, &part->shards_capacity, sizeof *shards);
    copy.file = bl_arena_text(&prepared->arena, shard->file, strlen(shard->file));
    copy.classes = new_classes(prepared);
    if (!shards || !copy.file || !copy.classes)
        return bl_error_nomem(err, sizeof copy, "a shard");
    for (size_t i = 0; i < prepared->n_classes; i++) {
        copy.classes[i] = shard->classes[i];
        add_class(&part->classes[i], &shard->classes[i]);
    }
    part->shards = shards;
    shards[part->n_shards++] = copy;
    part->n_rows += copy.n_rows;
    return BL_OK;
}

bl_status bl_prepared_check(const bl_prepared *prepared, const bl_prepared_shard *shard,
                            bl_error *err) {
    char path[4096];
    uint64_t bytes = 0, xxh64 = 0;
    int length = snprintf(path, sizeof path, "%s/%s", prepared->folder, shard->file);
    if (length < 0 || (size_t)length >= sizeof path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", shard->file);
    BL_TRY(bl_file_sum(path, &bytes, &xxh64, err));
    if (bytes != shard->bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%s: %llu bytes, and prepared.json says %llu", path,
                            (unsigned long long)bytes, (unsigned long long)shard->bytes);
    if (xxh64 != shard->xxh64)
        return bl_error_set(err, BL_E_CORRUPT, "%s: not the bytes that were written", path);
    return BL_OK;
}

// ---- what becomes of an event ----

static XXH128_hash_t hash_of(uint64_t seed, const char *dataset, const int64_t *identity,
                             size_t n) {
    uint64_t of_dataset = XXH3_64bits_withSeed(dataset, strlen(dataset), seed);
    return XXH3_128bits_withSeed(identity, n * sizeof *identity, of_dataset);
}

bl_event_fate bl_event_fate_of(uint64_t seed, uint64_t split_seed, const char *dataset,
                               const int64_t *identity, size_t n) {
    XXH128_hash_t place = hash_of(seed, dataset, identity, n);
    XXH128_hash_t split = seed == split_seed ? place : hash_of(split_seed, dataset, identity, n);
    return (bl_event_fate){.key = place.low64, .share = (double)(split.high64 >> 11) * 0x1p-53};
}

size_t bl_fold_of(double share, size_t n_folds) {
    size_t fold = (size_t)(share * (double)n_folds);
    return fold < n_folds ? fold : n_folds - 1; // the product may have been rounded up
}

// What is no part gets nothing, though the others' shares may add up to less than 1.
size_t bl_part_of(double share, const bl_split_config *split) {
    if (share < split->train || (split->validation == 0 && split->test == 0))
        return 0;
    if (share < split->train + split->validation || split->test == 0)
        return 1;
    return 2;
}
