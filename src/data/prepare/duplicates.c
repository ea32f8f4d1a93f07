// SPDX-License-Identifier: Apache-2.0
// Events of the same identity have the same key, so they are neighbours. Copies of an event have
// keys of their own, and so have the copies of its duplicates the same ones.
#include "data/prepare/duplicates.h"

#include <stdio.h>

/// An integer of any width as a text, since identifiers may need all 64 bits, signed or not.
static void put_integer(char *text, size_t room, const bl_column *column, uint32_t row) {
    const uint8_t *at = column->values->data + row * bl_type_id_width(column->type->id);
    switch (column->type->id) {
#define CASE(ID, type, format, as)               \
    case ID: {                                   \
        type value;                              \
        memcpy(&value, at, sizeof value);        \
        snprintf(text, room, format, (as)value); \
        return;                                  \
    }
        CASE(BL_INT8, int8_t, "%d", int)
        CASE(BL_UINT8, uint8_t, "%u", unsigned)
        CASE(BL_INT16, int16_t, "%d", int)
        CASE(BL_UINT16, uint16_t, "%u", unsigned)
        CASE(BL_INT32, int32_t, "%d", int)
        CASE(BL_UINT32, uint32_t, "%u", unsigned)
        CASE(BL_UINT64, uint64_t, "%llu", unsigned long long)
        CASE(BL_INT64, int64_t, "%lld", long long)
#undef CASE
    default:
        snprintf(text, room, "?");
    }
}

static bool is_same_value(const bl_bucket *bucket, const bl_bucket_row *a, const bl_bucket_row *b,
                          size_t i) {
    const bl_column *of_a = bl_bucket_column(bucket, a, i), *of_b = bl_bucket_column(bucket, b, i);
    size_t width = bl_type_id_width(of_a->type->id);
    return memcmp(of_a->values->data + a->row * width, of_b->values->data + b->row * width,
                  width) == 0;
}

/// Where no columns say it, file and entry are the identity; the file's own is in the key. Samples
/// may share events: shifted copies are samples of the same data set.
static bool is_same_event(const bl_spool *spool, const bl_bucket *bucket, size_t first,
                          const bl_bucket_row *a, const bl_bucket_row *b) {
    if (!is_same_value(bucket, a, b, first + spool->identity.n + 2))
        return false;
    if (!spool->identity.n)
        return is_same_value(bucket, a, b, first + 1);
    for (size_t i = 0; i < spool->identity.n; i++)
        if (!is_same_value(bucket, a, b, first + i))
            return false;
    return true;
}

static bl_status refuse(const bl_spool *spool, const bl_bucket *bucket, size_t first,
                        const bl_bucket_row *a, const bl_bucket_row *b, bl_error *err) {
    char event[512] = "", value[32];
    size_t at = 0, n = spool->identity.n;
    for (size_t i = 0; i < n && at < sizeof event; i++) {
        put_integer(value, sizeof value, bl_bucket_column(bucket, a, first + i), a->row);
        at += (size_t)snprintf(event + at, sizeof event - at, "%s%s %s", i ? ", " : ": ",
                               spool->identity.names[i], value);
    }
    const bl_bucket_row *rows[] = {a, b};
    const char *files[2];
    int64_t entries[2];
    for (size_t i = 0; i < 2; i++) {
        files[i] = spool->files[bl_bucket_int32(bucket, rows[i], first + n)];
        entries[i] = bl_bucket_int64(bucket, rows[i], first + n + 1);
    }
    return bl_error_set(err, BL_E_INVALID,
                        "%s: entry %lld and %s: entry %lld are the same event%s; `split: "
                        "{duplicates: drop}` takes it once, `keep` as often as it is there",
                        files[0], (long long)entries[0], files[1], (long long)entries[1], event);
}

/// The first of the rows [group, i) that are kept that is the same event; NULL: there is none.
static const bl_bucket_row *find_same(const bl_spool *spool, const bl_bucket *bucket, size_t first,
                                      size_t group, size_t end, const bl_bucket_row *row) {
    for (size_t i = group; i < end; i++)
        if (is_same_event(spool, bucket, first, &bucket->rows[i], row))
            return &bucket->rows[i];
    return NULL;
}

bl_status bl_duplicates_drop(const bl_spool *spool, bl_bucket *bucket, size_t first_identity,
                             int64_t *n_dropped, bl_error *err) {
    bl_duplicates rule = spool->config->split.duplicates;
    size_t n = 0, group = 0; // rows that are kept, and the first of them with the present key
    if (rule == BL_DUPLICATES_KEEP)
        return BL_OK;
    for (size_t i = 0; i < bucket->n_rows; i++) {
        bl_bucket_row row = bucket->rows[i];
        if (n == 0 || bucket->rows[n - 1].key != row.key)
            group = n;
        const bl_bucket_row *same = find_same(spool, bucket, first_identity, group, n, &row);
        if (same && rule == BL_DUPLICATES_ERROR)
            return refuse(spool, bucket, first_identity, same, &row, err);
        *n_dropped += same != NULL;
        if (!same)
            bucket->rows[n++] = row;
    }
    bucket->n_rows = n;
    return BL_OK;
}
