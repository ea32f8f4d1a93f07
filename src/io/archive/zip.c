// SPDX-License-Identifier: Apache-2.0
// Zip archives being read. The list at the end is what counts; a member's own header is looked at
// only for where its bytes begin, and must bear the same name. Left out: encryption, archives in
// several files, and methods other than stored and deflate.
#include "io/archive/zip.h"

#include <libdeflate.h>

#include "base/context.h"
#include "base/cursor.h"
#include "base/names.h"
#include "io/codec/codec.h"

enum {
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    LOCAL_BYTES = 30,
    MOST_COMMENT = 65535,
    MOST_MEMBERS = 65535,
    MOST_LIST_BYTES = 64 << 20,
    DEFLATE_RATIO = 1032, ///< 258 bytes for two bits
    METHOD_STORED = 0,
    METHOD_DEFLATE = 8,
};

/// Where the list of members is.
typedef struct place {
    uint64_t n_members, offset, size;
    bool is_split;
} place;

static uint64_t take(bl_cursor *c, size_t size) {
    const uint8_t *bytes = bl_cursor_take(c, size);
    uint64_t value = 0;
    if (bytes)
        memcpy(&value, bytes, size); // little-endian, as the machines that this runs on
    return value;
}

static bool is_signed(const uint8_t *bytes, const char *mark) {
    return memcmp(bytes, "PK", 2) == 0 && memcmp(bytes + 2, mark, 2) == 0;
}

bool bl_zip_probe(const uint8_t *head, size_t size) { return size >= 4 && is_signed(head, "\3\4"); }

// ---- the end of the archive ----

static void parse_end(const uint8_t *bytes, place *at) {
    bl_cursor c = bl_cursor_over(bytes, END_BYTES);
    bl_cursor_skip(&c, 4);
    at->is_split = take(&c, 4) != 0; // this file, and the one where the list begins
    bl_cursor_skip(&c, 2);
    at->n_members = take(&c, 2);
    at->size = take(&c, 4);
    at->offset = take(&c, 4);
}

/// Of a zip64 archive the end that counts is elsewhere; a locator in front of the short one says
/// where.
static bl_status follow_locator(bl_source *source, const uint8_t *locator, place *at,
                                bl_error *err) {
    uint8_t bytes[END64_BYTES];
    bl_cursor c = bl_cursor_over(locator, LOCATOR_BYTES);
    bl_cursor_skip(&c, 8);
    uint64_t offset = take(&c, 8);
    BL_TRY_IN(bl_source_read(source, offset, sizeof bytes, bytes, err), err,
              "the end of the archive");
    if (!is_signed(bytes, "\6\6"))
        return bl_error_set(err, BL_E_CORRUPT, "no end of an archive where its locator says");
    c = bl_cursor_over(bytes, sizeof bytes);
    bl_cursor_skip(&c, 16);
    at->is_split = take(&c, 8) != 0;
    bl_cursor_skip(&c, 8);
    at->n_members = take(&c, 8);
    at->size = take(&c, 8);
    at->offset = take(&c, 8);
    return BL_OK;
}

static bl_status find_end(bl_source *source, place *ret_at, bl_error *err) {
    enum { MOST = LOCATOR_BYTES + END_BYTES + MOST_COMMENT };
    uint64_t all = source->size_bytes;
    size_t n = all < MOST ? (size_t)all : MOST;
    BL_AUTO(bl_buffer) tail = NULL;
    BL_TRY(bl_buffer_new(source->context, n, &tail, err));
    BL_TRY(bl_source_read(source, all - n, n, tail->data, err));
    for (size_t i = n >= END_BYTES ? n - END_BYTES + 1 : 0; i-- > 0;) {
        const uint8_t *end = tail->data + i;
        if (!is_signed(end, "\5\6") || (size_t)(end[20] | end[21] << 8) != n - i - END_BYTES)
            continue;
        parse_end(end, ret_at);
        if (i >= LOCATOR_BYTES && is_signed(end - LOCATOR_BYTES, "\6\7"))
            return follow_locator(source, end - LOCATOR_BYTES, ret_at, err);
        return BL_OK;
    }
    return bl_error_set(err, BL_E_CORRUPT, "the archive's end is missing: truncated");
}

// ---- the list of members ----

/// Numbers that do not fit are all ones, and follow here in the same order.
static void parse_extra(bl_cursor extra, bl_zip_member *member, bool *is_bad) {
    bool raw = member->raw_bytes == UINT32_MAX, stored = member->stored_bytes == UINT32_MAX;
    bool offset = member->offset == UINT32_MAX;
    while (!extra.failed && bl_cursor_left(&extra) >= 4 && (raw || stored || offset)) {
        uint64_t id = take(&extra, 2), size = take(&extra, 2);
        const uint8_t *bytes = bl_cursor_take(&extra, (size_t)size);
        bl_cursor c = bl_cursor_over(bytes, bytes ? (size_t)size : 0);
        if (id != 1)
            continue;
        member->raw_bytes = raw ? take(&c, 8) : member->raw_bytes;
        member->stored_bytes = stored ? take(&c, 8) : member->stored_bytes;
        member->offset = offset ? take(&c, 8) : member->offset;
        *is_bad = c.failed;
        return;
    }
}

/// Nobody but us reads a name from here, but what we write again others unpack.
bool bl_zip_name_is_safe(const char *name, size_t size) {
    if (size == 0 || name[0] == '/' || memchr(name, 0, size) || memchr(name, '\\', size))
        return false;
    for (const char *part = name; *part;) {
        size_t n = strcspn(part, "/");
        if (n == 2 && part[0] == '.' && part[1] == '.')
            return false;
        part += n + (part[n] == '/');
    }
    return true;
}

static bl_status check_member(const bl_source *source, const bl_zip_member *m, unsigned flags,
                              unsigned method, bl_error *err) {
    if (flags & 1)
        return bl_error_set(err, BL_E_UNSUPPORTED, "it is encrypted");
    if (method != METHOD_STORED && method != METHOD_DEFLATE)
        return bl_error_set(err, BL_E_UNSUPPORTED, "method %u is neither stored nor deflate",
                            method);
    if (m->offset > source->size_bytes || m->stored_bytes > source->size_bytes - m->offset)
        return bl_error_set(err, BL_E_CORRUPT, "it goes past the end of the file");
    if (m->is_deflated ? m->raw_bytes / DEFLATE_RATIO > m->stored_bytes
                       : m->raw_bytes != m->stored_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%llu bytes cannot be packed into %llu",
                            (unsigned long long)m->raw_bytes, (unsigned long long)m->stored_bytes);
    return BL_OK;
}

static bl_status parse_member(bl_arena *arena, const bl_source *source, bl_cursor *c,
                              bl_zip_member *m, bl_error *err) {
    const uint8_t *mark = bl_cursor_take(c, 4);
    if (!mark || !is_signed(mark, "\1\2"))
        return bl_error_set(err, BL_E_CORRUPT, "the list of members is damaged");
    bl_cursor_skip(c, 4);
    unsigned flags = (unsigned)take(c, 2), method = (unsigned)take(c, 2);
    bl_cursor_skip(c, 4);
    m->checksum = (uint32_t)take(c, 4);
    m->is_deflated = method == METHOD_DEFLATE;
    m->stored_bytes = take(c, 4);
    m->raw_bytes = take(c, 4);
    size_t name_size = (size_t)take(c, 2), extra_size = (size_t)take(c, 2);
    size_t comment_size = (size_t)take(c, 2);
    bl_cursor_skip(c, 8);
    m->offset = take(c, 4);
    const uint8_t *name = bl_cursor_take(c, name_size), *extra = bl_cursor_take(c, extra_size);
    bl_cursor_skip(c, comment_size);
    BL_TRY(bl_cursor_check(c, "the list of members", err));
    char *text = bl_arena_text(arena, (const char *)name, name_size);
    if (!text)
        return bl_error_nomem(err, name_size, "a name");
    m->name = text;
    bool is_bad = false;
    parse_extra(bl_cursor_over(extra, extra_size), m, &is_bad);
    if (is_bad || !bl_zip_name_is_safe(text, name_size))
        return bl_error_set(err, BL_E_CORRUPT, "member '%s': %s", text,
                            is_bad ? "its zip64 sizes are cut" : "a name that leads elsewhere");
    BL_TRY_IN(check_member(source, m, flags, method, err), err, "member '%s'", text);
    return BL_OK;
}

static bl_status parse_list(bl_arena *arena, bl_cursor c, bl_zip *zip, bl_name_map *names,
                            bl_error *err) {
    bl_context *context = zip->source->context;
    uint64_t all = 0, most = bl_context_budget_bytes(context);
    for (size_t i = 0; i < zip->n_members; i++) {
        bl_zip_member *member = &zip->members[i];
        BL_TRY(parse_member(arena, zip->source, &c, member, err));
        if (bl_name_map_find(names, member->name) != SIZE_MAX)
            return bl_error_set(err, BL_E_CORRUPT, "member '%s' is there twice", member->name);
        BL_TRY(bl_name_map_add(context, names, member->name, i, err));
        if (member->raw_bytes > most || (all += member->raw_bytes) > most)
            return bl_error_set(err, BL_E_LIMIT,
                                "member '%s': %llu bytes are more than the memory "
                                "budget",
                                member->name, (unsigned long long)member->raw_bytes);
    }
    return BL_OK;
}

bl_status bl_zip_open(bl_arena *arena, bl_source *source, bl_zip *ret_zip, bl_error *err) {
    place at = {0};
    BL_TRY(find_end(source, &at, err));
    if (at.is_split)
        return bl_error_set(err, BL_E_UNSUPPORTED, "an archive in several files");
    if (at.n_members > MOST_MEMBERS || at.size > MOST_LIST_BYTES)
        return bl_error_set(err, BL_E_LIMIT, "%llu members", (unsigned long long)at.n_members);
    if (at.offset > source->size_bytes || at.size > source->size_bytes - at.offset ||
        at.n_members > at.size)
        return bl_error_set(err, BL_E_CORRUPT, "the list of members goes past the end of the file");
    BL_AUTO(bl_buffer) list = NULL;
    BL_TRY(bl_buffer_new(source->context, (size_t)at.size, &list, err));
    BL_TRY(bl_source_read(source, at.offset, (size_t)at.size, list->data, err));
    bl_zip zip = {.source = source, .n_members = (size_t)at.n_members};
    zip.members = (bl_zip_member *)bl_arena_array(arena, zip.n_members + 1, sizeof *zip.members);
    if (!zip.members)
        return bl_error_nomem(err, zip.n_members * sizeof *zip.members, "members");
    bl_name_map names = {0};
    bl_cursor c = bl_cursor_over(list->data, (size_t)at.size);
    bl_status status = parse_list(arena, c, &zip, &names, err);
    bl_name_map_release(source->context, &names);
    BL_TRY(status);
    *ret_zip = zip;
    return BL_OK;
}

const bl_zip_member *bl_zip_find(const bl_zip *zip, const char *name) {
    for (size_t i = 0; i < zip->n_members; i++)
        if (strcmp(zip->members[i].name, name) == 0)
            return &zip->members[i];
    return NULL;
}

// ---- members ----

/// Where a member's bytes begin, behind its own header.
static bl_status find_bytes(const bl_zip *zip, const bl_zip_member *member, uint64_t *ret_offset,
                            bl_error *err) {
    uint8_t head[LOCAL_BYTES];
    BL_TRY(bl_source_read(zip->source, member->offset, sizeof head, head, err));
    bl_cursor c = bl_cursor_over(head, sizeof head);
    bl_cursor_skip(&c, 26);
    size_t name_size = (size_t)take(&c, 2), extra_size = (size_t)take(&c, 2);
    if (!is_signed(head, "\3\4") || name_size != strlen(member->name))
        return bl_error_set(err, BL_E_CORRUPT, "its own header is damaged");
    BL_AUTO(bl_buffer) name = NULL;
    BL_TRY(bl_buffer_new(zip->source->context, name_size, &name, err));
    BL_TRY(bl_source_read(zip->source, member->offset + LOCAL_BYTES, name_size, name->data, err));
    if (memcmp(name->data, member->name, name_size) != 0)
        return bl_error_set(err, BL_E_CORRUPT, "its own header bears another name");
    *ret_offset = member->offset + LOCAL_BYTES + name_size + extra_size;
    return BL_OK;
}

static bl_status inflate(const bl_zip *zip, const bl_zip_member *member, uint64_t offset,
                         uint8_t *raw, bl_error *err) {
    bl_context *context = zip->source->context;
    BL_AUTO(bl_codecs) codecs = NULL;
    BL_AUTO(bl_buffer) packed = NULL;
    BL_TRY(bl_codecs_new(context, &codecs, err));
    BL_TRY(bl_buffer_new(context, (size_t)member->stored_bytes, &packed, err));
    BL_TRY(bl_source_read(zip->source, offset, (size_t)member->stored_bytes, packed->data, err));
    return bl_codec_decode(codecs, BL_CODEC_DEFLATE, packed->data, (size_t)member->stored_bytes,
                           raw, (size_t)member->raw_bytes, err);
}

static bl_status read_member(bl_arena *arena, const bl_zip *zip, const bl_zip_member *member,
                             uint8_t **ret_data, bl_error *err) {
    size_t size = (size_t)member->raw_bytes;
    uint64_t offset = 0;
    BL_TRY(find_bytes(zip, member, &offset, err));
    if (offset > zip->source->size_bytes || member->stored_bytes > zip->source->size_bytes - offset)
        return bl_error_set(err, BL_E_CORRUPT, "it goes past the end of the file");
    uint8_t *data = (uint8_t *)bl_arena_alloc(arena, size + 1);
    if (!data)
        return bl_error_nomem(err, size, "a member");
    if (member->is_deflated)
        BL_TRY(inflate(zip, member, offset, data, err));
    else
        BL_TRY(bl_source_read(zip->source, offset, size, data, err));
    if (libdeflate_crc32(0, data, size) != member->checksum)
        return bl_error_set(err, BL_E_CORRUPT, "its checksum is wrong");
    *ret_data = data;
    return BL_OK;
}

bl_status bl_zip_read(bl_arena *arena, const bl_zip *zip, const bl_zip_member *member,
                      uint8_t **ret_data, bl_error *err) {
    BL_TRY_IN(read_member(arena, zip, member, ret_data, err), err, "member '%s'", member->name);
    return BL_OK;
}
