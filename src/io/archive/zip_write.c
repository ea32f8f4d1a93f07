// SPDX-License-Identifier: Apache-2.0
// Zip archives being written: stored members, each behind its header, the list at the end. All are
// dated 1 January 1980, the first day that the format knows, so that the same members give the same
// bytes.
#include <libdeflate.h>

#include "io/archive/zip.h"

enum {
    MOST_MEMBERS = 65534,
    VERSION = 20,
    FIRST_DAY = 1 << 5 | 1,
    UTF8_NAMES = 1 << 11,
    LOCAL_BYTES = 30,
    LISTED_BYTES = 46,
    END_BYTES = 22,
};

/// Puts a little-endian number of `size` bytes, and moves on.
static void put(uint8_t **at, size_t size, uint64_t value) {
    memcpy(*at, &value, size);
    *at += size;
}

/// What a member's own header and the list share: from the version on to the extra's length.
static void put_facts(uint8_t **at, const bl_zip_part *part, uint32_t checksum) {
    put(at, 2, VERSION);
    put(at, 2, UTF8_NAMES);
    put(at, 4, 0); // stored, midnight
    put(at, 2, FIRST_DAY);
    put(at, 4, checksum);
    put(at, 4, part->size);
    put(at, 4, part->size);
    put(at, 2, strlen(part->name));
    put(at, 2, 0);
}

static bl_status write_part(bl_sink *sink, const bl_zip_part *part, uint32_t checksum,
                            bl_error *err) {
    uint8_t head[LOCAL_BYTES], *at = head;
    memcpy(at, "PK\3\4", 4);
    at += 4;
    put_facts(&at, part, checksum);
    BL_TRY(bl_sink_write(sink, head, sizeof head, err));
    BL_TRY(bl_sink_write(sink, part->name, strlen(part->name), err));
    return bl_sink_write(sink, part->data, part->size, err);
}

static bl_status list_part(bl_sink *sink, const bl_zip_part *part, uint32_t checksum,
                           uint64_t offset, bl_error *err) {
    uint8_t head[LISTED_BYTES], *at = head;
    memcpy(at, "PK\1\2", 4);
    at += 4;
    put(&at, 2, VERSION);
    put_facts(&at, part, checksum);
    put(&at, 2 + 2 + 2, 0); // no comment, the first file, binary
    put(&at, 4, 0);
    put(&at, 4, offset);
    BL_TRY(bl_sink_write(sink, head, sizeof head, err));
    return bl_sink_write(sink, part->name, strlen(part->name), err);
}

static bl_status write_end(bl_sink *sink, size_t n_parts, uint64_t offset, uint64_t size,
                           bl_error *err) {
    uint8_t end[END_BYTES], *at = end;
    memcpy(at, "PK\5\6", 4);
    at += 4;
    put(&at, 4, 0);
    put(&at, 2, n_parts);
    put(&at, 2, n_parts);
    put(&at, 4, size);
    put(&at, 4, offset);
    put(&at, 2, 0);
    return bl_sink_write(sink, end, sizeof end, err);
}

static bl_status check(const bl_zip_part *parts, size_t n_parts, bl_error *err) {
    uint64_t all = END_BYTES;
    for (size_t i = 0; i < n_parts; i++) {
        all += LOCAL_BYTES + LISTED_BYTES + 2 * strlen(parts[i].name) + parts[i].size;
        if (strlen(parts[i].name) > UINT16_MAX || all >= UINT32_MAX)
            return bl_error_set(err, BL_E_LIMIT, "an archive of 4 GiB or more");
    }
    if (n_parts > MOST_MEMBERS)
        return bl_error_set(err, BL_E_LIMIT, "%zu members are too many", n_parts);
    return BL_OK;
}

static bl_status write_all(bl_sink *sink, const bl_zip_part *parts, size_t n_parts,
                           uint32_t *checksums, bl_error *err) {
    uint64_t begin = sink->n_bytes, offset = 0;
    for (size_t i = 0; i < n_parts; i++) {
        checksums[i] = libdeflate_crc32(0, parts[i].data, parts[i].size);
        BL_TRY(write_part(sink, &parts[i], checksums[i], err));
    }
    uint64_t list = sink->n_bytes;
    for (size_t i = 0; i < n_parts; i++) {
        BL_TRY(list_part(sink, &parts[i], checksums[i], offset, err));
        offset += LOCAL_BYTES + strlen(parts[i].name) + parts[i].size;
    }
    return write_end(sink, n_parts, list - begin, sink->n_bytes - list, err);
}

bl_status bl_zip_write(bl_sink *sink, const bl_zip_part *parts, size_t n_parts, bl_error *err) {
    BL_TRY(check(parts, n_parts, err));
    BL_AUTO(bl_buffer) checksums = NULL;
    BL_TRY(bl_buffer_new(sink->context, n_parts * sizeof(uint32_t), &checksums, err));
    return write_all(sink, parts, n_parts, (uint32_t *)(void *)checksums->data, err);
}
