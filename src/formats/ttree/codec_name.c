// SPDX-License-Identifier: Apache-2.0
// Which codec a branch's baskets use, for people to read. ROOT writes it down as a setting of the
// branch; other writers leave the setting at zero, and then the first basket is looked at.
#include "formats/ttree/reader.h"

// so many branches are looked at, together; more of one file will be written as these are
enum { MAX_LOOKS = 256, LOOK_BYTES = 512 };

static const char *name_of_setting(int setting) {
    static const bl_codec_id algorithms[] = {BL_CODEC_ZLIB,    BL_CODEC_ZLIB, BL_CODEC_LZMA,
                                             BL_CODEC_DEFLATE, BL_CODEC_LZ4,  BL_CODEC_ZSTD};
    bool is_known = setting > 0 && setting % 100 != 0 &&
                    (size_t)(setting / 100) < sizeof algorithms / sizeof *algorithms;
    return bl_codec_name(is_known ? algorithms[setting / 100] : BL_CODEC_STORED);
}

/// The codec of a basket's first block; NULL where it cannot be told.
static const char *name_of_basket(const uint8_t *data, size_t size) {
    bl_cursor c = bl_cursor_over(data, size);
    bl_root_key key;
    if (bl_root_key_read(&c, NULL, &key, NULL) != BL_OK || c.failed || key.key_len > size)
        return NULL;
    if (!bl_root_key_is_compressed(&key))
        return bl_codec_name(BL_CODEC_STORED);
    bl_codec_id id = bl_root_blocks_codec(data + key.key_len, size - key.key_len);
    return id == BL_N_CODECS ? NULL : bl_codec_name(id);
}

/// True where the setting says nothing, but the baskets are smaller than their contents.
static bool needs_look(const bl_ttree_column *column, bl_range *ret_range) {
    const bl_ttree_branch *branch = column->branch;
    bl_ttree_slot slot;
    if (branch->compression > 0 || branch->stored_bytes >= branch->raw_bytes ||
        column->source != 0 || branch->n_baskets == 0 ||
        bl_ttree_slot_of(branch, 0, &slot, NULL) != BL_OK || slot.embedded)
        return false;
    *ret_range = (bl_range){slot.offset, slot.n_bytes < LOOK_BYTES ? slot.n_bytes : LOOK_BYTES};
    return true;
}

bl_status bl_ttree_name_codecs(bl_ttree_reader *reader, bl_error *err) {
    size_t n = 0, looked_at[MAX_LOOKS];
    bl_range ranges[MAX_LOOKS];
    const uint8_t *data[MAX_LOOKS];
    for (size_t i = 0; i < reader->head.n_columns; i++) {
        bl_ttree_column *column = &reader->columns[i];
        column->codec = name_of_setting(column->branch->compression);
        if (n < MAX_LOOKS && needs_look(column, &ranges[n]))
            looked_at[n++] = i;
    }
    if (n == 0)
        return BL_OK;
    BL_AUTO(bl_fetch) fetch = NULL;
    bl_status status = bl_root_file_read(reader->tree.file, ranges, n, &fetch, data, NULL);
    if (status == BL_E_NOMEM)
        return bl_error_nomem(err, n * LOOK_BYTES, "a look at baskets");
    if (status != BL_OK) // a basket out of reach is for those to report who want its values
        return BL_OK;
    for (size_t i = 0; i < n; i++) {
        const char *name = name_of_basket(data[i], (size_t)ranges[i].size);
        if (name)
            reader->columns[looked_at[i]].codec = name;
    }
    for (size_t i = looked_at[n - 1] + 1; n == MAX_LOOKS && i < reader->head.n_columns; i++)
        if (needs_look(&reader->columns[i], &ranges[0]))
            reader->columns[i].codec = reader->columns[looked_at[n - 1]].codec;
    return BL_OK;
}
