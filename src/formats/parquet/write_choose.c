// SPDX-License-Identifier: Apache-2.0
// How the values of a column are encoded, chosen by the first of them, 64 KiB at most: as a
// dictionary where that takes less than 0.7 of PLAIN; integers as differences where those take less
// than 0.6 of it, and less than a dictionary; bools as runs where those take less than half of
// their bits. Floats are split into their bytes only where that is asked for: it makes files some
// percent smaller, but Spark 3 and fastparquet cannot read them.
#include "formats/parquet/write.h"

#define SAMPLE_BYTES ((size_t)64 << 10)

typedef struct sample {
    const uint8_t *values;
    size_t n, size;
} sample;

static bool is_integer(const bl_pqw_leaf *leaf) {
    return leaf->type == BL_PARQUET_INT32 || leaf->type == BL_PARQUET_INT64;
}

static bool is_float(const bl_pqw_leaf *leaf) {
    return leaf->type == BL_PARQUET_FLOAT || leaf->type == BL_PARQUET_DOUBLE;
}

/// What was asked for, where it can be.
static bl_pqw_encoding as_asked(const bl_pqw_leaf *leaf, bl_pqw_encoding asked) {
    bool fits = asked == BL_PQW_DICTIONARY ? leaf->type != BL_PARQUET_BOOLEAN
                : asked == BL_PQW_DELTA    ? is_integer(leaf)
                : asked == BL_PQW_SPLIT    ? is_float(leaf)
                                           : false;
    return fits ? asked : BL_PQW_PLAIN;
}

static sample take_sample(const bl_pqw_leaf *leaf, const uint8_t *values, size_t n, size_t size) {
    sample taken = {values, n, size};
    if (size <= SAMPLE_BYTES)
        return taken;
    taken.n = taken.size = 0;
    if (leaf->width) {
        taken.n = SAMPLE_BYTES / leaf->width;
        taken.size = taken.n * leaf->width;
        return taken;
    }
    for (uint32_t length; taken.n < n; taken.n++) {
        memcpy(&length, values + taken.size, sizeof length);
        if (taken.n && taken.size + 4 + length > SAMPLE_BYTES)
            break;
        taken.size += 4 + (size_t)length;
    }
    return taken;
}

/// Bytes of a dictionary of a sample and of the numbers that take its place.
static bl_status dictionary_size(const bl_pqw_leaf *leaf, const sample *taken,
                                 bl_pqw_scratch *scratch, size_t *ret_size, bl_error *err) {
    bl_pqw_dictionary dictionary;
    bl_pqw_dictionary_init(scratch->encoded.context, &dictionary);
    if (scratch->indices.buffer)
        scratch->indices.buffer->size = 0;
    uint32_t *indices = (uint32_t *)(void *)bl_packer_extend(&scratch->indices, taken->n * 4 + 4);
    if (!indices)
        return bl_packer_check(&scratch->indices, "a page", err);
    bl_status status = bl_pqw_dictionary_find(&dictionary, leaf->width, taken->values, taken->n,
                                              SIZE_MAX, indices, err);
    unsigned width = bl_pqw_bit_width(dictionary.n ? dictionary.n - 1 : 0);
    if (status == BL_OK)
        *ret_size = taken->n * width / 8 + bl_packer_size(&dictionary.values);
    bl_pqw_dictionary_release(&dictionary);
    return status;
}

static bl_status choose_bools(const sample *taken, bl_pqw_scratch *scratch,
                              bl_pqw_encoding *ret_encoding, bl_error *err) {
    bl_pqw_pack_levels(&scratch->encoded, taken->values, taken->n, 1);
    BL_TRY(bl_packer_check(&scratch->encoded, "a page", err));
    bool is_short = 2 * bl_packer_size(&scratch->encoded) < (taken->n + 7) / 8;
    *ret_encoding = is_short ? BL_PQW_RLE : BL_PQW_PLAIN;
    return BL_OK;
}

bl_status bl_pqw_choose(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                        const uint8_t *values, size_t n, size_t size, bl_pqw_scratch *scratch,
                        bl_pqw_encoding *ret_encoding, bl_error *err) {
    *ret_encoding = as_asked(leaf, settings->encoding);
    if (settings->encoding != BL_PQW_AUTO)
        return BL_OK;
    sample taken = take_sample(leaf, values, n, size);
    if (scratch->encoded.buffer)
        scratch->encoded.buffer->size = 0;
    if (leaf->type == BL_PARQUET_BOOLEAN)
        return choose_bools(&taken, scratch, ret_encoding, err);
    size_t dictionary = SIZE_MAX / 16, deltas = SIZE_MAX;
    BL_TRY(dictionary_size(leaf, &taken, scratch, &dictionary, err));
    if (is_integer(leaf)) {
        bl_pqw_pack_deltas(&scratch->encoded, taken.values, taken.n, leaf->width);
        BL_TRY(bl_packer_check(&scratch->encoded, "a page", err));
        deltas = bl_packer_size(&scratch->encoded);
    }
    if (deltas < dictionary && deltas * 10 < taken.size * 6)
        *ret_encoding = BL_PQW_DELTA;
    else if (dictionary * 10 < taken.size * 7)
        *ret_encoding = BL_PQW_DICTIONARY;
    return BL_OK;
}
