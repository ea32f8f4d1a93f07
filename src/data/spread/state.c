// SPDX-License-Identifier: Apache-2.0
// What is in the folder of a spool: spool.json says what it was made of, and NNNNN.json, which
// appears whole or not at all, that a part is done.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/folder.h"
#include "base/json_text.h"
#include "base/whole_file.h"
#include "data/spread/private.h"

static const char *const format = "beamline spool 1";

const char *bl_spool_path(bl_arena *arena, const bl_spool *spool, const char *name,
                          const char *end) {
    return bl_arena_printf(arena, "%s/%s%s", spool->folder, name, end);
}

const char *bl_spool_stem(bl_arena *arena, const bl_spool_pass *pass, const bl_spool_part *part) {
    return pass->name ? bl_arena_printf(arena, "%s.%s", part->name, pass->name) : part->name;
}

// ---- writing ----

static void put_key(bl_text *to, const char *key) { bl_text_add(to, ",\n \"%s\": ", key); }

static void put_numbers(bl_text *to, const double *numbers, size_t n) {
    bl_text_add(to, "[");
    for (size_t i = 0; i < n; i++) {
        bl_text_add(to, i ? ", " : "");
        bl_json_put_number(to, numbers[i]);
    }
    bl_text_add(to, "]");
}

static void put_files(bl_text *to, const bl_spool_part *part) {
    put_key(to, "files");
    bl_text_add(to, "[");
    for (size_t i = 0; i < part->n_files; i++) {
        const bl_spool_file *file = &part->files[i];
        bl_text_add(to, "%s\n  {\"file\": ", i ? "," : "");
        bl_json_put_text(to, file->name);
        bl_text_add(to,
                    ", \"events\": %lld, \"whole\": %lld, \"bytes\": %llu, \"raw_bytes\": %llu, "
                    "\"xxh64\": \"%016llx\"}",
                    (long long)file->n_rows, (long long)file->n_whole,
                    (unsigned long long)file->bytes, (unsigned long long)file->raw_bytes,
                    (unsigned long long)file->xxh64);
    }
    bl_text_add(to, "]");
}

static void put_flow(bl_text *to, const bl_spool_part *part) {
    put_key(to, "cut_flow");
    bl_text_add(to, "[");
    for (size_t i = 0; i < part->n_cuts; i++) {
        const double sums[] = {part->flow[i].sumw, part->flow[i].sumw2};
        bl_text_add(to, "%s[%lld, ", i ? ", " : "", (long long)part->flow[i].n_rows);
        put_numbers(to, sums, 2);
        bl_text_add(to, "]");
    }
    bl_text_add(to, "]");
}

static void put_counts(bl_text *to, const bl_spool *spool, const bl_spool_part *part) {
    put_key(to, "counts");
    bl_text_add(to, "[");
    for (size_t i = 0; i < spool->n_codes * spool->n_counted; i++) {
        const bl_spool_count *count = &part->statistics.counts[i];
        const double sums[] = {count->sumw, count->abs_w, count->sumw_physics};
        bl_text_add(to, "%s[%lld, %lld, %lld, ", i ? ", " : "", (long long)count->n_rows,
                    (long long)count->n_negative, (long long)count->n_negative_physics);
        put_numbers(to, sums, 3);
        bl_text_add(to, "]");
    }
    bl_text_add(to, "]");
    put_key(to, "most_rows");
    bl_text_add(to, "[");
    for (size_t i = 0; i < spool->n_inputs; i++)
        bl_text_add(to, "%s%lld", i ? ", " : "", (long long)part->statistics.most_rows[i]);
    bl_text_add(to, "]");
}

static bl_status put_moments(bl_text *to, const bl_spool *spool, const char *key,
                             const bl_moments *moments, bl_error *err) {
    const char *text;
    BL_TRY(bl_moments_write(to->arena, moments, spool->n_codes * spool->n_numbers, &text, err));
    put_key(to, key);
    bl_text_add(to, "%s", text);
    return BL_OK;
}

/// \param spectra NULL: none are asked for
static void put_spectra(bl_text *to, const bl_spool *spool, const char *key,
                        const bl_spectra *spectra) {
    put_key(to, key);
    bl_text_add(to, "[");
    for (size_t i = 0; spectra && i < spool->n_codes; i++) {
        bl_text_add(to, i ? ", " : "");
        put_numbers(to, spectra[i].sums, spectra[i].n_bins * spectra[i].n_classes);
    }
    bl_text_add(to, "]");
}

static bl_status put_statistics(bl_text *to, const bl_spool *spool, const bl_spool_part *part,
                                bl_error *err) {
    const bl_spool_statistics *statistics = &part->statistics;
    put_counts(to, spool, part);
    BL_TRY(put_moments(to, spool, "moments", statistics->moments, err));
    BL_TRY(put_moments(to, spool, "moments_of_negative", statistics->of_negative, err));
    put_spectra(to, spool, "spectra", statistics->spectra);
    put_spectra(to, spool, "spectra_of_negative", statistics->negative_spectra);
    return BL_OK;
}

static bl_status write_text(const bl_text *text, const char *path, bl_error *err) {
    if (text->has_failed || !path)
        return bl_error_nomem(err, text->n, "what the spool says of itself");
    return bl_whole_file_write(path, text->text, text->n, true, err);
}

bl_status bl_spool_write_part(const bl_spool *spool, const bl_spool_pass *pass,
                              const bl_spool_part *part, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, spool->arena.context);
    bl_text text = {.arena = &arena};
    bl_text_add(&text, "{\"first\": %lld, \"last\": %lld", (long long)part->first,
                (long long)part->last);
    put_files(&text, part);
    put_flow(&text, part);
    bl_status status = put_statistics(&text, spool, part, err);
    bl_text_add(&text, "}\n");
    const char *stem = bl_spool_stem(&arena, pass, part);
    if (status == BL_OK)
        status = write_text(&text, stem ? bl_spool_path(&arena, spool, stem, ".json") : NULL, err);
    bl_arena_release(&arena);
    return status;
}

// ---- reading: what does not fit is no part that is done ----

/// The list under a key, or of a list its item, where it has so many items; else NULL.
static const bl_item *list_of(const bl_item *item, size_t n) {
    return item && item->kind == BL_ITEM_LIST && item->n == n ? item : NULL;
}

static bool take_integer(const bl_item *item, int64_t *ret_integer) {
    if (!item || item->kind != BL_ITEM_INTEGER)
        return false;
    *ret_integer = item->integer;
    return true;
}

static bool take_numbers(const bl_item *list, double *ret_numbers, size_t n) {
    if (!list_of(list, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const bl_item *item = list->items[i];
        if (item->kind != BL_ITEM_INTEGER && item->kind != BL_ITEM_FLOAT)
            return false;
        ret_numbers[i] = item->number;
    }
    return true;
}

static bool is_number_key(const bl_item *map, const char *key, int64_t value) {
    int64_t there;
    return take_integer(bl_item_get(map, key), &there) && there == value;
}

static bool take_flow(const bl_item *list, bl_spool_part *part) {
    if (!list_of(list, part->n_cuts))
        return false;
    for (size_t i = 0; i < part->n_cuts; i++) {
        const bl_item *entry = list_of(list->items[i], 2);
        double sums[2];
        if (!entry || !take_integer(entry->items[0], &part->flow[i].n_rows) ||
            !take_numbers(entry->items[1], sums, 2))
            return false;
        part->flow[i].sumw = sums[0];
        part->flow[i].sumw2 = sums[1];
    }
    return true;
}

static bool take_counts(const bl_item *list, const bl_spool *spool, bl_spool_part *part) {
    size_t n = spool->n_codes * spool->n_counted;
    if (!list_of(list, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        bl_spool_count *count = &part->statistics.counts[i];
        const bl_item *entry = list_of(list->items[i], 4);
        double sums[3];
        if (!entry || !take_integer(entry->items[0], &count->n_rows) ||
            !take_integer(entry->items[1], &count->n_negative) ||
            !take_integer(entry->items[2], &count->n_negative_physics) ||
            !take_numbers(entry->items[3], sums, 3))
            return false;
        count->sumw = sums[0];
        count->abs_w = sums[1];
        count->sumw_physics = sums[2];
    }
    return true;
}

/// \param spectra NULL: none are asked for
static bool take_spectra(const bl_item *list, const bl_spool *spool, bl_spectra *spectra) {
    size_t n = spectra ? spool->n_codes : 0;
    if (!list_of(list, n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!take_numbers(list->items[i], spectra[i].sums,
                          spectra[i].n_bins * spectra[i].n_classes))
            return false;
    return true;
}

static bool take_moments(const bl_item *list, const bl_spool *spool, bl_moments *moments) {
    return list && bl_moments_read(list, spool->n_codes * spool->n_numbers, moments, NULL) == BL_OK;
}

static bool take_statistics(const bl_item *document, const bl_spool *spool, bl_spool_part *part) {
    bl_spool_statistics *s = &part->statistics;
    const bl_item *most = list_of(bl_item_get(document, "most_rows"), spool->n_inputs);
    for (size_t i = 0; most && i < spool->n_inputs; i++)
        if (!take_integer(most->items[i], &s->most_rows[i]))
            return false;
    return most && take_counts(bl_item_get(document, "counts"), spool, part) &&
           take_moments(bl_item_get(document, "moments"), spool, s->moments) &&
           take_moments(bl_item_get(document, "moments_of_negative"), spool, s->of_negative) &&
           take_spectra(bl_item_get(document, "spectra"), spool, s->spectra) &&
           take_spectra(bl_item_get(document, "spectra_of_negative"), spool, s->negative_spectra);
}

/// \param ret_file its name in the spool's arena
static bool take_file(const bl_item *item, bl_spool *spool, bl_spool_file *ret_file) {
    const bl_item *name = bl_item_get(item, "file"), *sum = bl_item_get(item, "xxh64");
    int64_t bytes, raw_bytes;
    uint64_t n_bytes, xxh64;
    if (!name || name->kind != BL_ITEM_TEXT || !sum || sum->kind != BL_ITEM_TEXT ||
        !take_integer(bl_item_get(item, "events"), &ret_file->n_rows) ||
        !take_integer(bl_item_get(item, "whole"), &ret_file->n_whole) ||
        !take_integer(bl_item_get(item, "bytes"), &bytes) ||
        !take_integer(bl_item_get(item, "raw_bytes"), &raw_bytes))
        return false;
    ret_file->name = bl_arena_text(&spool->arena, name->text, strlen(name->text));
    ret_file->bytes = (uint64_t)bytes;
    ret_file->raw_bytes = (uint64_t)raw_bytes;
    ret_file->xxh64 = strtoull(sum->text, NULL, 16);
    const char *path = ret_file->name ? bl_spool_path(&spool->arena, spool, name->text, "") : NULL;
    return path && bl_file_sum(path, &n_bytes, &xxh64, NULL) == BL_OK &&
           n_bytes == ret_file->bytes && xxh64 == ret_file->xxh64;
}

static bool take_part(const bl_item *document, bl_spool *spool, bl_spool_part *part) {
    const bl_item *files = bl_item_get(document, "files");
    if (!files || files->kind != BL_ITEM_LIST || !is_number_key(document, "first", part->first) ||
        !is_number_key(document, "last", part->last) ||
        !take_flow(bl_item_get(document, "cut_flow"), part) ||
        !take_statistics(document, spool, part))
        return false;
    part->files = (bl_spool_file *)bl_arena_array(&spool->arena, files->n + 1, sizeof *part->files);
    for (size_t i = 0; part->files && i < files->n; i++)
        if (!take_file(files->items[i], spool, &part->files[i]))
            return false;
    part->n_files = files->n;
    return part->files != NULL;
}

/// \param arena of the document \param ret_status set where there is no memory
static bool is_done(bl_spool *spool, const bl_spool_pass *pass, bl_spool_part *part,
                    bl_arena *arena, bl_status *ret_status, bl_error *err) {
    const bl_item *document;
    const char *stem = bl_spool_stem(arena, pass, part);
    const char *path = stem ? bl_spool_path(arena, spool, stem, ".json") : NULL;
    if (!path) {
        *ret_status = bl_error_nomem(err, 0, "a path");
        return false;
    }
    if (access(path, F_OK) != 0)
        return false;
    bl_status status = bl_document_read(arena, path, &document, err);
    if (status == BL_E_NOMEM)
        *ret_status = status;
    return status == BL_OK && take_part(document, spool, part);
}

bl_status bl_spool_read_part(bl_spool *spool, const bl_spool_pass *pass, bl_spool_part *part,
                             bl_error *err) {
    bl_arena arena;
    bl_status status = BL_OK;
    bl_arena_init(&arena, spool->arena.context);
    part->is_done = is_done(spool, pass, part, &arena, &status, err);
    bl_arena_release(&arena);
    if (part->is_done || status != BL_OK)
        return status;
    part->files = NULL;
    part->n_files = 0;
    return bl_spool_statistics_init(&spool->arena, spool, &part->statistics, err);
}

// ---- the folder ----

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), n_end = strlen(end);
    return n > n_end && strcmp(text + n - n_end, end) == 0;
}

/// Whether a file is called as one of a spool.
static bool is_of_spool(const char *name) {
    bool is_part = strspn(name, "0123456789") >= 5;
    return (is_part || strncmp(name, "spool.json", 10) == 0) &&
           (ends_with(name, ".arrow") || ends_with(name, ".json") || ends_with(name, ".new"));
}

static void remove_files(const bl_spool *spool) {
    bl_folder_clear(spool->arena.context, spool->folder, is_of_spool);
}

void bl_spool_remove(const bl_spool *spool) {
    remove_files(spool);
    (void)rmdir(spool->folder);
}

static void put_skipped(bl_text *to, const bl_dataset *dataset) {
    size_t n = 0;
    put_key(to, "skipped");
    bl_text_add(to, "[");
    for (size_t i = 0; i < dataset->n_samples; i++)
        for (size_t k = 0; k < dataset->samples[i].n_files; k++) {
            const bl_dataset_file *file = &dataset->samples[i].files[k];
            if (!file->skipped)
                continue;
            bl_text_add(to, "%s\n  {\"url\": ", n++ ? "," : "");
            bl_json_put_text(to, file->url);
            bl_text_add(to, ", \"error\": ");
            bl_json_put_text(to, file->skipped);
            bl_text_add(to, "}");
        }
    bl_text_add(to, "]");
}

static bl_status write_head(const bl_spool *spool, bl_arena *arena, const char *path,
                            bl_error *err) {
    bl_text text = {.arena = arena};
    bl_text_add(&text, "{\"format\": \"%s\",\n \"fingerprint\": \"%s\",\n \"file_bytes\": %llu",
                format, spool->fingerprint, (unsigned long long)spool->options.file_bytes);
    put_skipped(&text, spool->dataset);
    bl_text_add(&text, "}\n");
    return write_text(&text, path, err);
}

static bool is_text_key(const bl_item *document, const char *key, const char *text) {
    const bl_item *item = bl_item_get(document, key);
    return item && item->kind == BL_ITEM_TEXT && strcmp(item->text, text) == 0;
}

/// Whether spool.json is this spool's, whose files have then the size that it says.
static bool is_ours(bl_spool *spool, const bl_item *document) {
    int64_t file_bytes;
    if (!is_text_key(document, "format", format) ||
        !is_text_key(document, "fingerprint", spool->fingerprint) ||
        !take_integer(bl_item_get(document, "file_bytes"), &file_bytes) || file_bytes <= 0)
        return false;
    spool->options.file_bytes = (uint64_t)file_bytes;
    return true;
}

static bl_status begin(bl_spool *spool, bl_arena *arena, bl_error *err) {
    const bl_item *document = NULL;
    const char *path = bl_spool_path(arena, spool, "spool.json", "");
    if (!path)
        return bl_error_nomem(err, 0, "a path");
    BL_TRY(bl_folder_make(spool->options.folder, err));
    BL_TRY(bl_folder_make(spool->folder, err));
    bool is_there = access(path, F_OK) == 0;
    if (is_there && bl_document_read(arena, path, &document, NULL) == BL_OK &&
        is_ours(spool, document))
        return BL_OK;
    if (is_there && !spool->options.overwrite)
        return bl_error_set(err, BL_E_EXISTS,
                            "%s: was begun with other files, cuts, variables or options; "
                            "--overwrite begins it anew",
                            spool->options.folder);
    remove_files(spool); // of another spool, or of one that was removed halfway
    return write_head(spool, arena, path, err);
}

bl_status bl_spool_begin(bl_spool *spool, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = begin(spool, &arena, err);
    bl_arena_release(&arena);
    return status;
}

/// \return whether there was one
static bool leave_out(bl_dataset *dataset, const bl_item *entry) {
    const bl_item *url = bl_item_get(entry, "url"), *why = bl_item_get(entry, "error");
    if (!url || url->kind != BL_ITEM_TEXT || !why || why->kind != BL_ITEM_TEXT)
        return false;
    for (size_t i = 0; i < dataset->n_samples; i++)
        if (bl_dataset_leave_out(dataset, &dataset->samples[i], url->text, why->text))
            return true;
    return false;
}

bl_status bl_spool_leave_out(const bl_spool *spool, bl_error *err) {
    bl_arena arena;
    const bl_item *document = NULL;
    size_t n = 0;
    bl_arena_init(&arena, spool->arena.context);
    const char *path = bl_spool_path(&arena, spool, "spool.json", "");
    if (path && access(path, F_OK) == 0 &&
        bl_document_read(&arena, path, &document, NULL) == BL_OK) {
        const bl_item *skipped = bl_item_get(document, "skipped");
        for (size_t i = 0; skipped && skipped->kind == BL_ITEM_LIST && i < skipped->n; i++)
            n += leave_out(spool->dataset, skipped->items[i]);
    }
    bl_arena_release(&arena);
    return n ? bl_dataset_divide(spool->dataset, err) : BL_OK;
}
