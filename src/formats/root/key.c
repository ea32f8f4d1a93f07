// SPDX-License-Identifier: Apache-2.0
// TKey and TString as they lie in the file: big-endian, seeks of 4 or 8 bytes by the key's version.
#include "formats/root/key.h"

enum { LONG_STRING = 255, PID_SHIFT = 48 };

const uint8_t *bl_root_string(bl_cursor *cursor, size_t *ret_length) {
    size_t length = bl_cursor_u8(cursor);
    if (length == LONG_STRING)
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
    key.date = bl_cursor_be32(cursor);
    key.key_len = bl_cursor_be16(cursor);
    key.cycle = (int16_t)bl_cursor_be16(cursor);
    bool wide = key.version > 1000;
    key.seek_key = wide ? bl_cursor_be64(cursor) : bl_cursor_be32(cursor);
    key.seek_dir = wide ? bl_cursor_be64(cursor) : bl_cursor_be32(cursor);
    key.pid = (uint16_t)(key.seek_dir >> PID_SHIFT);
    key.seek_dir &= (UINT64_C(1) << PID_SHIFT) - 1;
    BL_TRY(read_name(cursor, arena, &key.class_name, err));
    BL_TRY(read_name(cursor, arena, &key.name, err));
    BL_TRY(read_name(cursor, arena, &key.title, err));
    *ret_key = key;
    return BL_OK;
}

size_t bl_root_string_length(const char *text) {
    size_t n = strlen(text);
    return n + (n < LONG_STRING ? 1 : 5);
}

size_t bl_root_key_length(const bl_root_key *key) {
    size_t fixed = 18 + (key->version > BL_ROOT_WIDE_VERSION ? 16 : 8);
    return fixed + bl_root_string_length(key->class_name) + bl_root_string_length(key->name) +
           bl_root_string_length(key->title);
}

void bl_root_string_pack(bl_packer *packer, const char *text, size_t length) {
    bl_pack_u8(packer, length < LONG_STRING ? (uint8_t)length : LONG_STRING);
    if (length >= LONG_STRING)
        bl_pack_be32(packer, (uint32_t)length);
    bl_pack_bytes(packer, text, length);
}

void bl_root_seek_pack(bl_packer *packer, bool wide, uint64_t seek) {
    if (wide)
        bl_pack_be64(packer, seek);
    else
        bl_pack_be32(packer, (uint32_t)seek);
}

void bl_root_key_pack(bl_packer *packer, const bl_root_key *key) {
    bool wide = key->version > BL_ROOT_WIDE_VERSION;
    bl_pack_be32(packer, (uint32_t)key->n_bytes);
    bl_pack_be16(packer, (uint16_t)key->version);
    bl_pack_be32(packer, (uint32_t)key->obj_len);
    bl_pack_be32(packer, key->date);
    bl_pack_be16(packer, key->key_len);
    bl_pack_be16(packer, (uint16_t)key->cycle);
    bl_root_seek_pack(packer, wide, key->seek_key);
    bl_root_seek_pack(packer, wide, key->seek_dir | (wide ? (uint64_t)key->pid << PID_SHIFT : 0));
    bl_root_string_pack(packer, key->class_name, strlen(key->class_name));
    bl_root_string_pack(packer, key->name, strlen(key->name));
    bl_root_string_pack(packer, key->title, strlen(key->title));
}
