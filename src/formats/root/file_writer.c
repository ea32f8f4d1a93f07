// SPDX-License-Identifier: Apache-2.0
// Writing the TFile: its header, its records, and what closes it. The header and the file's own
// directory are written first as zeros and again at the end, when all places are known.
// \source ROOT, TFile::Init, TFile::WriteHeader, TFree
#include "formats/root/file_writer.h"

#include <xxhash.h>

#include "base/context.h"

enum {
    ROOT_VERSION = 64000,
    WIDE_HEADER = 1000000,
    KEY_VERSION = 4,
    MIN_COMPRESSED = 256, ///< smaller records are not worth it
    MAX_RECORD = INT32_MAX,
    MAX_KEY = INT16_MAX,
};

static void pack_zeros(bl_packer *packer, size_t n) {
    uint8_t *at = bl_packer_extend(packer, n);
    if (at)
        memset(at, 0, n);
}

/// What follows the last '/'.
static const char *base_name(const char *url) {
    const char *slash = strrchr(url, '/');
    return slash ? slash + 1 : url;
}

/// Zeros for the header, then the record that ends with the file's own directory, zeros too.
static bl_status write_first_record(bl_root_writer *writer, bl_error *err) {
    bl_root_key key = {.version = KEY_VERSION,
                       .cycle = 1,
                       .date = BL_ROOT_DATE,
                       .seek_key = writer->begin,
                       .seek_dir = 0,
                       .class_name = "TFile",
                       .name = writer->name,
                       .title = ""};
    size_t length = bl_root_key_length(&key), name_length = strlen(key.name);
    if (length > BL_SINK_HEAD / 4)
        return bl_error_set(err, BL_E_LIMIT, "a file name of %zu bytes", name_length);
    size_t names = bl_root_string_length(key.name) + bl_root_string_length(key.title);
    key.key_len = (uint16_t)length;
    key.obj_len = (int32_t)(names + BL_ROOT_DIRECTORY_BYTES);
    key.n_bytes = (int32_t)length + key.obj_len;
    writer->n_bytes_name = (uint32_t)(length + names);
    pack_zeros(&writer->head, (size_t)writer->begin);
    bl_root_key_pack(&writer->head, &key);
    bl_root_string_pack(&writer->head, key.name, name_length);
    bl_root_string_pack(&writer->head, key.title, strlen(key.title));
    pack_zeros(&writer->head, BL_ROOT_DIRECTORY_BYTES);
    BL_TRY(bl_packer_check(&writer->head, "the file header", err));
    return bl_root_writer_bytes(writer, writer->head.buffer->data, writer->head.buffer->size, err);
}

static bl_status fill(bl_root_writer *writer, bl_root_file *base, bl_error *err) {
    BL_TRY(bl_codecs_new(writer->context, &writer->codecs, err));
    const char *name = base_name(writer->sink->url);
    writer->name = bl_arena_text(&writer->arena, name, strlen(name));
    if (!writer->name)
        return bl_error_nomem(err, strlen(name), "a name");
    size_t file;
    BL_TRY(bl_root_folder_new(writer, 0, "", "", &file, err));
    if (base)
        BL_TRY_IN(bl_root_writer_copy(writer, base, err), err, "%s", base->source->url);
    else
        BL_TRY(write_first_record(writer, err));
    writer->folders[file].seek = writer->begin;
    return BL_OK;
}

bl_status bl_root_writer_new(bl_context *context, bl_sink *sink, bl_root_file *base,
                             bl_compression how, bl_root_writer **ret_writer, bl_error *err) {
    bl_root_writer *made = (bl_root_writer *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made) {
        bl_sink_close(sink);
        return bl_error_nomem(err, sizeof *made, "a file");
    }
    BL_AUTO(bl_root_writer) writer = made;
    writer->context = context;
    writer->sink = sink;
    writer->how = how;
    writer->version = ROOT_VERSION;
    writer->begin = BL_ROOT_HEADER_BYTES;
    writer->head.context = context;
    bl_arena_init(&writer->arena, context);
    BL_TRY(fill(writer, base, err));
    *ret_writer = BL_MOVE(writer);
    return BL_OK;
}

void bl_root_writer_free(bl_root_writer *writer) {
    if (!writer)
        return;
    for (size_t i = 0; i < writer->n_folders; i++)
        bl_free(writer->context, writer->folders[i].keys);
    bl_free(writer->context, writer->folders);
    bl_free(writer->context, writer->own_classes);
    bl_root_file_release(writer->base);
    bl_packer_release(&writer->head);
    bl_codecs_free(writer->codecs);
    bl_sink_close(writer->sink);
    bl_arena_release(&writer->arena);
    bl_free(writer->context, writer);
}

bl_status bl_root_writer_bytes(bl_root_writer *writer, const void *data, size_t size,
                               bl_error *err) {
    BL_TRY(bl_sink_write(writer->sink, data, size, err));
    writer->hash = XXH64(data, size, writer->hash);
    return BL_OK;
}

bl_status bl_root_writer_key(const bl_root_writer *writer, size_t folder, const char *class_name,
                             const char *name, const char *title, bl_root_key *ret_key,
                             bl_error *err) {
    uint64_t position = bl_root_writer_position(writer);
    const bl_root_key *older = bl_root_writer_find(writer, folder, name);
    bl_root_key key = {
        .version = KEY_VERSION + (position >= BL_ROOT_WIDE_FILE ? BL_ROOT_WIDE_VERSION : 0),
        .cycle = (int16_t)(older ? older->cycle + 1 : 1),
        .date = BL_ROOT_DATE,
        .seek_dir = writer->folders[folder].seek ? writer->folders[folder].seek : writer->begin,
        .class_name = class_name,
        .name = name,
        .title = title,
    };
    size_t length = bl_root_key_length(&key);
    if (length > MAX_KEY)
        return bl_error_set(err, BL_E_LIMIT, "name and title of '%.40s…' take %zu bytes", name,
                            length);
    key.key_len = (uint16_t)length;
    *ret_key = key;
    return BL_OK;
}

bl_status bl_root_writer_key_like(bl_root_writer *writer, size_t folder, const bl_root_key *old,
                                  bl_root_key *ret_key, bl_error *err) {
    bl_root_key key;
    BL_TRY(bl_root_writer_key(writer, folder, old->class_name, old->name, old->title, &key, err));
    size_t length = strlen(key.title), had = key.key_len, wanted = old->key_len;
    // the byte in front of the title counts up to 254
    if (had > length + wanted || (had != wanted && length + wanted - had >= 255))
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "'%s' cannot be written again where seeks are wider", old->name);
    if (had != wanted) {
        key.title = bl_arena_printf(&writer->arena, "%-*.*s", (int)(length + wanted - had),
                                    (int)(length + wanted - had), key.title);
        if (!key.title)
            return bl_error_nomem(err, length, "a title");
    }
    key.key_len = old->key_len;
    *ret_key = key;
    return BL_OK;
}

/// Writes key and stored payload, which lie behind each other in `record` but for the key.
static bl_status write_record(bl_root_writer *writer, bl_root_key *key, const uint8_t *stored,
                              size_t n_stored, bl_error *err) {
    bl_packer packer = {.context = writer->context};
    key->n_bytes = (int32_t)(key->key_len + n_stored);
    key->seek_key = bl_root_writer_position(writer);
    bl_root_key_pack(&packer, key);
    bl_status status = bl_packer_check(&packer, "a key", err);
    if (status == BL_OK)
        status = bl_root_writer_bytes(writer, packer.buffer->data, packer.buffer->size, err);
    if (status == BL_OK)
        status = bl_root_writer_bytes(writer, stored, n_stored, err);
    bl_packer_release(&packer);
    return status;
}

static bl_status check_size(const bl_root_key *key, size_t size, bl_error *err) {
    if (size <= MAX_RECORD - (size_t)key->key_len)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT, "a record of %zu bytes; ROOT holds no more than 2 GiB",
                        size);
}

bl_status bl_root_writer_plain(bl_root_writer *writer, bl_root_key *key, const bl_packer *payload,
                               bl_error *err) {
    BL_TRY(bl_packer_check(payload, "a record", err));
    size_t size = bl_packer_size(payload);
    BL_TRY(check_size(key, size, err));
    key->obj_len = (int32_t)size;
    return write_record(writer, key, payload->buffer->data, size, err);
}

bl_status bl_root_writer_record(bl_root_writer *writer, size_t folder, bl_root_key *key,
                                const bl_buffer *payload, bl_error *err) {
    BL_TRY(check_size(key, payload->size, err));
    key->obj_len = (int32_t)payload->size;
    BL_AUTO(bl_buffer) out = NULL;
    size_t n_stored = 0;
    if (payload->size > MIN_COMPRESSED && writer->how.codec != BL_CODEC_STORED) {
        BL_TRY(bl_buffer_new(writer->context, payload->size, &out, err));
        BL_TRY(bl_root_blocks_encode(writer->codecs, writer->how, payload->data, payload->size,
                                     out->data, &n_stored, err));
    }
    BL_TRY(write_record(writer, key, n_stored ? out->data : payload->data,
                        n_stored ? n_stored : payload->size, err));
    return folder == SIZE_MAX ? BL_OK : bl_root_folder_add(writer, folder, key, err);
}

// ---- closing ----

/// The free list: nothing is free but what is behind the end.
static bl_status write_free_list(bl_root_writer *writer, bl_root_key *ret_key, uint64_t *ret_end,
                                 bl_error *err) {
    bl_root_key key;
    BL_TRY(bl_root_writer_key(writer, 0, "TFile", writer->name, "", &key, err));
    key.cycle = 1;
    uint64_t record = bl_root_writer_position(writer);
    bool wide = record + key.key_len + 18 > BL_ROOT_WIDE_FILE;
    uint64_t end = record + key.key_len + (wide ? 18 : 10);
    bl_packer packer = {.context = writer->context};
    bl_pack_be16(&packer, (uint16_t)(1 + (wide ? BL_ROOT_WIDE_VERSION : 0)));
    bl_root_seek_pack(&packer, wide, end);
    // as far as ROOT says before it has more to say
    bl_root_seek_pack(&packer, wide, wide ? end + BL_ROOT_WIDE_FILE / 2 : BL_ROOT_WIDE_FILE);
    bl_status status = bl_root_writer_plain(writer, &key, &packer, err);
    bl_packer_release(&packer);
    *ret_key = key;
    *ret_end = end;
    return status;
}

static void pack_uuid(bl_packer *packer, const uint8_t uuid[16]) {
    bl_pack_be16(packer, 1);
    bl_pack_bytes(packer, uuid, 16);
}

static void pack_header(bl_root_writer *writer, bl_packer *packer, uint64_t end,
                        const bl_root_key *free_list, const bl_root_key *info,
                        const uint8_t uuid[16]) {
    bool wide = end > BL_ROOT_WIDE_FILE;
    bl_pack_bytes(packer, "root", 4);
    bl_pack_be32(packer, (uint32_t)(writer->version + (wide ? WIDE_HEADER : 0)));
    bl_pack_be32(packer, (uint32_t)writer->begin);
    bl_root_seek_pack(packer, wide, end);
    bl_root_seek_pack(packer, wide, free_list->seek_key);
    bl_pack_be32(packer, (uint32_t)free_list->n_bytes);
    bl_pack_be32(packer, 1); // free segments
    bl_pack_be32(packer, writer->n_bytes_name);
    bl_pack_u8(packer, wide ? 8 : 4);
    bl_pack_be32(packer, (uint32_t)bl_compression_setting(writer->how));
    bl_root_seek_pack(packer, wide, info->seek_key);
    bl_pack_be32(packer, (uint32_t)info->n_bytes);
    pack_uuid(packer, uuid);
}

/// Puts the file's directory record where it belongs. Old files have less room for it.
static bl_status place_directory(bl_root_writer *writer, const uint8_t *record, bool wide,
                                 bl_error *err) {
    bl_buffer *head = writer->head.buffer;
    size_t at = (size_t)writer->begin + writer->n_bytes_name, room = head->size - at;
    size_t size = room >= BL_ROOT_DIRECTORY_BYTES    ? BL_ROOT_DIRECTORY_BYTES
                  : room >= BL_ROOT_NARROW_DIRECTORY ? BL_ROOT_NARROW_DIRECTORY
                                                     : BL_ROOT_OLD_DIRECTORY;
    if (wide && size < BL_ROOT_DIRECTORY_BYTES)
        return bl_error_set(err, BL_E_UNSUPPORTED, "no room for 64-bit seeks in its directory");
    memcpy(head->data + at, record, size);
    if (size == BL_ROOT_OLD_DIRECTORY)
        bl_store_be16(head->data + at, 1);
    return BL_OK;
}

/// Fills header and directory record in, and writes both again.
static bl_status write_head(bl_root_writer *writer, uint64_t end, const bl_root_key *free_list,
                            const bl_root_key *info, const bl_root_key *keys,
                            const uint8_t uuid[16], bl_error *err) {
    bl_packer packer = {.context = writer->context};
    pack_header(writer, &packer, end, free_list, info, uuid);
    size_t header = bl_packer_size(&packer);
    bl_root_folder_pack(&packer, (uint32_t)keys->n_bytes, writer->n_bytes_name, writer->begin, 0,
                        keys->seek_key, uuid);
    bl_status status = bl_packer_check(&packer, "the file header", err);
    if (status == BL_OK && header > writer->begin)
        status = bl_error_set(err, BL_E_UNSUPPORTED, "no room for 64-bit seeks in its header");
    if (status == BL_OK)
        status = place_directory(writer, packer.buffer->data + header,
                                 keys->seek_key > BL_ROOT_WIDE_FILE, err);
    if (status == BL_OK) {
        memcpy(writer->head.buffer->data, packer.buffer->data, header);
        status = bl_sink_rewrite_head(writer->sink, writer->head.buffer->data,
                                      writer->head.buffer->size, err);
    }
    bl_packer_release(&packer);
    return status;
}

bl_status bl_root_writer_finish(bl_root_writer *writer, bl_error *err) {
    uint64_t hashes[2] = {writer->hash, XXH64(writer->name, strlen(writer->name), writer->hash)};
    uint8_t uuid[16];
    memcpy(uuid, hashes, sizeof uuid);
    bl_root_key info, keys, free_list;
    uint64_t end;
    BL_TRY(bl_root_streamer_info_write(writer, &info, err));
    BL_TRY(bl_root_folders_write(writer, uuid, &keys, err));
    BL_TRY(write_free_list(writer, &free_list, &end, err));
    BL_TRY(write_head(writer, end, &free_list, &info, &keys, uuid, err));
    return bl_sink_finish(writer->sink, err);
}
