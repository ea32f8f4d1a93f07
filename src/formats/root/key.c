// SPDX-License-Identifier: Apache-2.0
// TKey and TString as they lie in the file: big-endian, seeks of 4 or 8 bytes by the key's version.
#include "formats/root/key.h"

const uint8_t *bl_root_string(bl_cursor *cursor, size_t *ret_length) {
    size_t length = bl_cursor_u8(cursor);
    if (length == 255)
        length = bl_cursor_be32(cursor);
    const uint8_t *text = bl_cursor_take(cursor, length);
    *ret_length = text ? length : 0;
    return text;
}

bl_status bl_root_string_copy(bl_cursor *cursor, bl_arena *arena, const char **ret_text,
                              bl_error *err) {
    size_t length;
    const uint8_t *text = bl_root_string(cursor, &length);
    *ret_text = "";
    if (!text)
        return BL_OK;
    char *copy = bl_arena_text(arena, (const char *)text, length);
    if (!copy)
        return bl_error_nomem(err, length + 1, "a name");
    *ret_text = copy;
    return BL_OK;
}

static bl_status read_name(bl_cursor *cursor, bl_arena *arena, const char **ret_text,
                           bl_error *err) {
    if (arena)
        return bl_root_string_copy(cursor, arena, ret_text, err);
    size_t length;
    bl_root_string(cursor, &length);
    *ret_text = NULL;
    return BL_OK;
}

bl_status bl_root_key_read(bl_cursor *cursor, bl_arena *arena, bl_root_key *ret_key,
                           bl_error *err) {
    bl_root_key key = {0};
    key.n_bytes = (int32_t)bl_cursor_be32(cursor);
    key.version = (int16_t)bl_cursor_be16(cursor);
    key.obj_len = (int32_t)bl_cursor_be32(cursor);
    bl_cursor_skip(cursor, 4); // date and time
    key.key_len = bl_cursor_be16(cursor);
    key.cycle = (int16_t)bl_cursor_be16(cursor);
    bool wide = key.version > 1000;
    key.seek_key = wide ? bl_cursor_be64(cursor) : bl_cursor_be32(cursor);
    key.seek_dir = wide ? bl_cursor_be64(cursor) : bl_cursor_be32(cursor);
    key.seek_dir &= UINT64_C(0x0000ffffffffffff); // the top 16 bits are fPidOffset
    BL_TRY(read_name(cursor, arena, &key.class_name, err));
    BL_TRY(read_name(cursor, arena, &key.name, err));
    BL_TRY(read_name(cursor, arena, &key.title, err));
    *ret_key = key;
    return BL_OK;
}
