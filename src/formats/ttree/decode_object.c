// SPDX-License-Identifier: Apache-2.0
// Objects of classes: which version their bytes are in, and their members, of one object or, where
// members of many lie together, of all.
// Sources: ROOT, TBufferFile::ReadVersion, ReadVersionForMemberWise; TStreamerInfo::ReadBuffer.
#include "formats/ttree/decode_values.h"

const bl_class_version *bl_read_class_version(bl_value_reader *r, const bl_class_layout *layout,
                                              int version) {
    const bl_class_version *found = layout->versions;
    uint32_t checksum = 0;
    if (version <= 0) { // of a class that has no number, which is told by its members
        checksum = bl_cursor_be32(&r->cursor);
        while (found < layout->versions + layout->n_versions && found->checksum != checksum &&
               found->version != INT32_MIN)
            found++;
    } else {
        while (found < layout->versions + layout->n_versions && found->version != version &&
               found->version != INT32_MIN)
            found++;
    }
    if (r->cursor.failed)
        return NULL;
    if (found == layout->versions + layout->n_versions) {
        bl_reader_fail(r, BL_E_CORRUPT, "version %d (checksum %08x) of class %s is not described",
                       version, checksum, layout->name);
        return NULL;
    }
    if (found->unreadable) {
        bl_reader_fail(r, BL_E_UNSUPPORTED, "%s", found->unreadable);
        return NULL;
    }
    return found;
}

// ---- members ----

/// Value `i` from the end of a column of whole numbers.
static int64_t last_integer(const bl_builder *column, int64_t from_end) {
    size_t width = bl_type_id_width(column->type->id);
    uint64_t value = 0;
    if (column->length < from_end || !column->values)
        return -1;
    memcpy(&value, column->values->data + (size_t)(column->length - from_end) * width, width);
    unsigned unused = 64 - 8 * (unsigned)width;
    bool is_signed = column->type->id % 2 == BL_INT8 % 2;
    return is_signed ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

/// How many items object `i` of `n` has, by the member that counts them.
static int64_t counted_by(bl_value_reader *r, const bl_layout *layout, const bl_builder *at,
                          int64_t from_end) {
    int64_t count = at ? last_integer(&at[layout->counter], from_end) : -1;
    if (count < 0 || (uint64_t)count > bl_cursor_left(&r->cursor)) {
        bl_reader_fail(r, BL_E_CORRUPT, "an array of %lld items in %zu bytes", (long long)count,
                       bl_cursor_left(&r->cursor));
        return 0;
    }
    return count;
}

static void read_counted(bl_value_reader *r, const bl_class_member *member, int64_t n,
                         bl_builder *at) {
    const bl_layout *layout = &member->layout;
    bl_builder *builder = at && member->column != BL_NO_COLUMN ? &at[member->column] : NULL;
    bl_streamed header = {.end = SIZE_MAX};
    bool is_loop = layout->kind == BL_LAYOUT_LOOP;
    if (is_loop)
        header = bl_read_header(r);
    for (int64_t i = 0; i < n && bl_reader_good(r, builder); i++) {
        bool is_there = is_loop || bl_cursor_u8(&r->cursor) != 0;
        int64_t count = is_there ? counted_by(r, layout, at, n - i) : 0;
        bl_read_values(r, layout->children, count, bl_builder_child(builder, 0));
        if (builder)
            bl_builder_end_list(builder);
    }
    if (is_loop)
        bl_check_end(r, &header, member->name);
}

static void read_base(bl_value_reader *r, const bl_class_member *member, int64_t n, bool memberwise,
                      bl_builder *at) {
    const bl_class_layout *base = member->layout.of_class;
    if (member->layout.kind == BL_LAYOUT_TOBJECT)
        bl_read_tobject(r, at);
    else if (memberwise)
        bl_read_members(r, &base->versions[member->layout.n], n, true, at);
    else
        bl_read_object(r, base, at);
}

void bl_read_members(bl_value_reader *r, const bl_class_version *version, int64_t n,
                     bool memberwise, bl_builder *at) {
    for (size_t m = 0; m < version->n_members && !r->cursor.failed; m++) {
        const bl_class_member *member = &version->members[m];
        bl_builder *column = at && member->column != BL_NO_COLUMN ? &at[member->column] : NULL;
        bl_layout_kind kind = member->layout.kind;
        if (member->is_base)
            read_base(r, member, n, memberwise, column);
        else if (kind == BL_LAYOUT_COUNTED || kind == BL_LAYOUT_LOOP)
            read_counted(r, member, n, at);
        else
            bl_read_values(r, &member->layout, n, column);
    }
    for (size_t i = 0; at && i < version->n_missing; i++)
        bl_builder_append_defaults(&at[version->missing[i]], (size_t)n);
}

// ---- objects ----

void bl_read_object(bl_value_reader *r, const bl_class_layout *layout, bl_builder *at) {
    bl_streamed header = bl_read_header(r);
    const bl_class_version *version = bl_read_class_version(r, layout, header.version);
    if (!version)
        return;
    bl_read_members(r, version, 1, false, at);
    if (!version->is_partial)
        bl_check_end(r, &header, layout->name);
    else if (header.end == SIZE_MAX)
        bl_reader_fail(r, BL_E_UNSUPPORTED, "an object of class %s without a byte count",
                       layout->name);
    else
        bl_cursor_seek(&r->cursor, header.end);
}

/// A map's key and value lie bare, where as members they would have headers.
static void read_pair(bl_value_reader *r, const bl_class_layout *layout, bl_builder *at) {
    for (size_t m = 0; m < layout->versions->n_members; m++) {
        const bl_layout *member = &layout->versions->members[m].layout;
        if (member->kind == BL_LAYOUT_STREAMED)
            member = member->children;
        bl_read_values(r, member, 1, at ? &at[m] : NULL);
    }
}

void bl_read_class(bl_value_reader *r, const bl_layout *layout, bl_builder *builder) {
    const bl_class_layout *of_class = layout->of_class;
    bl_builder *at = builder ? builder->children : NULL;
    if (layout->kind == BL_LAYOUT_OBJECT)
        bl_read_object(r, of_class, at);
    else if (layout->kind == BL_LAYOUT_PAIR)
        read_pair(r, of_class, at);
    else
        bl_read_members(r, &of_class->versions[layout->n], 1, false, at);
    if (builder && builder->n_children == 0)
        bl_builder_append_empty(builder, 1);
}
