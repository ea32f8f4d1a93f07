// SPDX-License-Identifier: Apache-2.0
// The TFile header and records. Wide (64-bit) and narrow headers; the first and the last bytes of a
// file are fetched together, so that opening costs one or two round trips on a slow source.
// Left out: the free list.
#include "formats/root/file.h"

#include "base/context.h"
#include "formats/root/recover.h"
#include "formats/root/streamer.h"

enum { END_BYTES = 256 * 1024, WIDE = 1000000 };

bool bl_root_probe(const uint8_t *head, size_t size) {
    return size >= 4 && memcmp(head, "root", 4) == 0;
}

static bl_status fetch_ends(bl_root_file *file, bl_error *err) {
    uint64_t size = file->source->size_bytes;
    uint64_t head = size < END_BYTES ? size : END_BYTES;
    uint64_t tail = size - head < END_BYTES ? size - head : END_BYTES;
    file->end_ranges[0] = (bl_range){0, head};
    file->end_ranges[1] = (bl_range){size - tail, tail};
    BL_TRY(bl_fetch_start(file->source, file->end_ranges, tail ? 2 : 1, &file->ends, err));
    return bl_fetch_wait(file->ends, err);
}

static const uint8_t *in_ends(const bl_root_file *file, bl_range range) {
    for (size_t i = 0; i < 2; i++) {
        const bl_range *end = &file->end_ranges[i];
        if (end->size && range.offset >= end->offset && range.size <= end->size &&
            range.offset - end->offset <= end->size - range.size)
            return bl_fetch_data(file->ends, i) + (range.offset - end->offset);
    }
    return NULL;
}

bl_status bl_root_file_read(bl_root_file *file, const bl_range *ranges, size_t n,
                            bl_fetch **ret_fetch, const uint8_t **ret_data, bl_error *err) {
    *ret_fetch = NULL;
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++)
        n_missing += !(ret_data[i] = in_ends(file, ranges[i]));
    if (n_missing == 0)
        return BL_OK;
    bl_range *missing = (bl_range *)bl_alloc_zero(file->context, n_missing, sizeof *missing);
    if (!missing)
        return bl_error_nomem(err, n_missing * sizeof *missing, "a list of ranges");
    n_missing = 0;
    for (size_t i = 0; i < n; i++)
        if (!ret_data[i])
            missing[n_missing++] = ranges[i];
    BL_AUTO(bl_fetch) fetch = NULL;
    bl_status status = bl_fetch_start(file->source, missing, n_missing, &fetch, err);
    bl_free(file->context, missing);
    BL_TRY(status);
    BL_TRY(bl_fetch_wait(fetch, err));
    n_missing = 0;
    for (size_t i = 0; i < n; i++)
        if (!ret_data[i])
            ret_data[i] = bl_fetch_data(fetch, n_missing++);
    *ret_fetch = BL_MOVE(fetch);
    return BL_OK;
}

static bl_status read_header(bl_root_file *file, uint64_t *ret_n_bytes_name, bl_error *err) {
    bl_cursor c = bl_cursor_over(bl_fetch_data(file->ends, 0), file->end_ranges[0].size);
    const uint8_t *magic = bl_cursor_take(&c, 4);
    if (!magic || memcmp(magic, "root", 4) != 0)
        return bl_error_set(err, BL_E_FORMAT, "not a ROOT file: it does not begin with 'root'");
    file->version = (int32_t)bl_cursor_be32(&c);
    file->begin = bl_cursor_be32(&c);
    bool wide = file->version >= WIDE;
    file->end = wide ? bl_cursor_be64(&c) : bl_cursor_be32(&c);
    bl_cursor_skip(&c, wide ? 8 : 4); // fSeekFree
    bl_cursor_skip(&c, 8);            // fNbytesFree, nfree
    *ret_n_bytes_name = bl_cursor_be32(&c);
    bl_cursor_skip(&c, 5); // fUnits, fCompress
    file->seek_info = wide ? bl_cursor_be64(&c) : bl_cursor_be32(&c);
    file->n_bytes_info = bl_cursor_be32(&c);
    BL_TRY(bl_cursor_check(&c, "the file header", err));
    bl_cursor_skip(&c, 2); // version of TUUID
    const uint8_t *uuid = bl_cursor_take(&c, sizeof file->uuid);
    if (uuid) // very old files end before it
        memcpy(file->uuid, uuid, sizeof file->uuid);
    if (file->end > file->source->size_bytes)
        return bl_error_set(
            err, BL_E_CORRUPT, "truncated: the header says %llu bytes, there are %llu",
            (unsigned long long)file->end, (unsigned long long)file->source->size_bytes);
    if (file->end < file->source->size_bytes)
        bl_log(file->context, BL_LOG_INFO, "%s: %llu bytes behind the end that its header gives",
               file->source->url, (unsigned long long)(file->source->size_bytes - file->end));
    if (file->begin < 64 || file->begin > file->source->size_bytes)
        return bl_error_set(err, BL_E_CORRUPT,
                            "the file header: the first record is said to be at byte %llu of %llu",
                            (unsigned long long)file->begin,
                            (unsigned long long)file->source->size_bytes);
    return BL_OK;
}

static bl_status read_lists(bl_root_file *file, bl_error *err) {
    uint64_t n_bytes_name = 0;
    BL_TRY(read_header(file, &n_bytes_name, err));
    return bl_root_directories_read(file, n_bytes_name, err);
}

/// The file's own lists; its records where its writer never came to write these. A file that was
/// closed and then cut or damaged is not guessed at.
static bl_status list_objects(bl_root_file *file, bl_error *err) {
    bl_error why = {0}, no_better = {0};
    bl_status status = read_lists(file, &why);
    bool goes_on = (status == BL_OK || status == BL_E_CORRUPT) && bl_root_goes_on(file);
    if (status == BL_OK && goes_on)
        status = bl_error_set(&why, BL_E_CORRUPT,
                              "its writer went on behind byte %llu, its end by its header",
                              (unsigned long long)file->end);
    if (status == BL_OK)
        return BL_OK;
    if (!goes_on && !file->is_unclosed)
        return bl_error_set(err, status, "%s", why.message);
    bl_status recovered = bl_root_recover(file, &no_better);
    if (recovered == BL_E_NOMEM || recovered == BL_E_CANCELLED)
        return bl_error_set(err, recovered, "%s", no_better.message);
    if (recovered != BL_OK)
        return bl_error_set(err, status, "%s; %s", why.message, no_better.message);
    bl_log(file->context, BL_LOG_WARNING,
           "%s: %s; recovered: %zu objects were found by their records, %llu bytes belong to none",
           file->source->url, why.message, file->n_entries,
           (unsigned long long)file->recovery->lost_bytes);
    return BL_OK;
}

bl_status bl_root_file_open(bl_context *context, bl_source *source, bl_root_file **ret_file,
                            bl_error *err) {
    bl_root_file *made = (bl_root_file *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made) {
        bl_source_close(source);
        return bl_error_nomem(err, sizeof *made, "a file");
    }
    BL_AUTO(bl_root_file) file = made;
    file->context = context;
    file->source = source;
    atomic_init(&file->n_holders, 1);
    bl_arena_init(&file->arena, context);
    BL_TRY(bl_codecs_new(context, &file->codecs, err));
    if (source->size_bytes == 0)
        return bl_error_set(err, BL_E_FORMAT, "not a ROOT file: it is empty");
    BL_TRY(fetch_ends(file, err));
    BL_TRY(list_objects(file, err));
    *ret_file = BL_MOVE(file);
    return BL_OK;
}

bl_root_file *bl_root_file_ref(bl_root_file *file) {
    atomic_fetch_add(&file->n_holders, 1);
    return file;
}

void bl_root_file_release(bl_root_file *file) {
    if (!file || atomic_fetch_sub(&file->n_holders, 1) != 1)
        return;
    bl_root_classes_release(file, file->classes);
    bl_root_recovery_free(file->context, file->recovery);
    bl_fetch_free(file->ends);
    bl_codecs_free(file->codecs);
    bl_free(file->context, file->entries);
    if (file->classes)
        bl_name_map_release(file->context, &file->classes->by_name);
    bl_arena_release(&file->arena);
    bl_source_close(file->source);
    bl_free(file->context, file);
}

void bl_root_record_release(bl_root_record *record) {
    bl_buffer_release(record->holder);
    *record = (bl_root_record){0};
}

static bl_status uncompress(bl_root_file *file, const uint8_t *data, size_t n_stored, size_t n_raw,
                            bl_buffer **ret_payload, bl_error *err) {
    BL_TRY(bl_root_blocks_check(data, n_stored, n_raw, err));
    BL_AUTO(bl_buffer) payload = NULL;
    BL_TRY(bl_buffer_new(file->context, n_raw, &payload, err));
    BL_TRY(bl_root_blocks_decode(file->codecs, data, n_stored, payload->data, n_raw, err));
    payload->size = n_raw;
    *ret_payload = BL_MOVE(payload);
    return BL_OK;
}

bl_status bl_root_record_read(bl_root_file *file, uint64_t offset, uint64_t n_bytes,
                              bl_root_record *ret_record, bl_error *err) {
    BL_AUTO(bl_fetch) fetch = NULL;
    const uint8_t *data;
    bl_range range = {offset, n_bytes};
    BL_TRY(bl_root_file_read(file, &range, 1, &fetch, &data, err));
    bl_cursor c = bl_cursor_over(data, n_bytes);
    bl_root_record record = {0};
    BL_TRY(bl_root_key_read(&c, &file->arena, &record.key, err));
    BL_TRY(bl_cursor_check(&c, "record header", err));
    const bl_root_key *key = &record.key;
    if (key->n_bytes < 0 || (uint64_t)key->n_bytes > n_bytes || key->key_len > key->n_bytes ||
        key->obj_len < 0)
        return bl_error_set(
            err, BL_E_CORRUPT,
            "record at byte %llu: sizes do not fit: %d bytes, header %u, payload %d",
            (unsigned long long)offset, key->n_bytes, key->key_len, key->obj_len);
    size_t n_stored = (size_t)(key->n_bytes - (int32_t)key->key_len);
    record.payload = data + key->key_len;
    record.size = (size_t)key->obj_len;
    if (bl_root_key_is_compressed(key)) {
        BL_TRY_IN(uncompress(file, record.payload, n_stored, record.size, &record.holder, err), err,
                  "record at byte %llu", (unsigned long long)offset);
        record.payload = record.holder->data;
    } else if (fetch) {
        record.holder = bl_buffer_ref(bl_fetch_buffer(fetch, 0));
    }
    *ret_record = record;
    return BL_OK;
}
