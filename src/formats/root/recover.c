// SPDX-License-Identifier: Apache-2.0
// A file is a chain of records and gaps from its first byte to its last, and each says how long it
// is. Where the chain is broken, the next header is searched for: it must name its own position.
// Left out: directories that were damaged themselves; what they held is shown at the top.
// Source: ROOT, TFile::Recover and TFile::MakeFree.
#include "formats/root/recover.h"

#include <stdlib.h>

#include "base/context.h"
#include "base/names.h"

enum {
    HEADER_BYTES = 4096, // most headers are shorter
    LONG_HEADER_BYTES = 1 << 16,
    SEARCH_BYTES = 1 << 20,
    MIN_RECORD_BYTES = 26, // of a header without names
    OFFSET_OF_SEEK = 18,   // of a record's position in its header
    FIRST_BYTE = 64,       // no file begins its records before
};

/// One object that was met.
typedef struct found {
    bl_root_key key;
    bool is_directory;
    bool is_placed; ///< in the list of objects
} found;

typedef struct scanner {
    bl_root_file *file;
    bl_root_recovery *recovery;
    uint64_t size;   ///< of the file
    bl_range window; ///< that was read last
    const uint8_t *window_data;
    bl_fetch *fetch;
    bl_arena names; ///< of the record looked at
    size_t n_found, capacity;
    found *found;
    bl_name_map known;     ///< names of baskets, to the first basket that has it
    const char *own_class; ///< of the file: its lists are records of that class
} scanner;

/// Bytes at `offset`, at least `wanted` of them where the file has as many. Borrows until the next
/// call.
static bl_status look(scanner *s, uint64_t offset, size_t wanted, const uint8_t **ret_data,
                      size_t *ret_size, bl_error *err) {
    const bl_range *window = &s->window;
    uint64_t left = s->size - offset;
    uint64_t needed = left < wanted ? left : wanted;
    if (offset < window->offset || offset - window->offset > window->size ||
        window->size - (offset - window->offset) < needed) {
        // as much as comes for the price of a round trip
        uint64_t most = wanted + s->file->source->ops->gap_bytes;
        bl_range range = {offset, left < most ? left : most};
        bl_fetch_free(s->fetch);
        s->fetch = NULL;
        s->window = (bl_range){0};
        BL_TRY(bl_root_file_read(s->file, &range, 1, &s->fetch, &s->window_data, err));
        s->window = range;
    }
    *ret_data = s->window_data + (offset - s->window.offset);
    *ret_size = (size_t)(s->window.size - (offset - s->window.offset));
    return BL_OK;
}

static bool is_name(const char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/// Reads what stands at `offset`. A key of 0 bytes: neither a record nor a gap.
static bl_status read_head(scanner *s, uint64_t offset, bl_root_key *ret_key, bl_error *err) {
    const uint8_t *data;
    size_t size = 0;
    bl_root_key key = {0};
    *ret_key = key;
    bl_cursor c = {.failed = true};
    for (size_t wanted = HEADER_BYTES; c.failed && wanted <= LONG_HEADER_BYTES; wanted *= 16) {
        BL_TRY(look(s, offset, wanted, &data, &size, err));
        c = bl_cursor_over(data, size);
        bl_arena_release(&s->names);
        BL_TRY(bl_root_key_read(&c, &s->names, &key, err));
    }
    int64_t left = (int64_t)(s->size - offset);
    if (size >= 4 && key.n_bytes < -4 && -(int64_t)key.n_bytes <= left) {
        ret_key->n_bytes = key.n_bytes;
        return BL_OK;
    }
    if (!c.failed && key.n_bytes <= left && key.key_len <= key.n_bytes &&
        key.key_len >= MIN_RECORD_BYTES && key.obj_len >= 0 && key.seek_key == offset &&
        *key.class_name && is_name(key.class_name))
        *ret_key = key;
    return BL_OK;
}

/// The next position at or behind `offset` where a header names itself; the file's end where none
/// does.
static bl_status search(scanner *s, uint64_t offset, uint64_t *ret_offset, bl_error *err) {
    const uint8_t *data;
    size_t size;
    while (s->size - offset >= MIN_RECORD_BYTES) {
        BL_TRY(look(s, offset, SEARCH_BYTES, &data, &size, err));
        uint64_t start = offset;
        for (size_t i = 0; i + MIN_RECORD_BYTES <= size; i++) {
            bool is_wide = (int16_t)bl_load_be16(data + i + 4) > 1000;
            const uint8_t *seek = data + i + OFFSET_OF_SEEK;
            if ((is_wide ? bl_load_be64(seek) : bl_load_be32(seek)) != start + i ||
                (int32_t)bl_load_be32(data + i) < MIN_RECORD_BYTES)
                continue;
            bl_root_key key;
            BL_TRY(read_head(s, start + i, &key, err));
            *ret_offset = start + i;
            if (key.n_bytes > 0)
                return BL_OK;
            BL_TRY(look(s, start, SEARCH_BYTES, &data, &size, err));
        }
        offset = start + size - (MIN_RECORD_BYTES - 1);
    }
    *ret_offset = s->size;
    return BL_OK;
}

/// True where a directory's record holds the directory itself, not the list of its keys: it gives
/// its own position.
static bl_status check_directory(scanner *s, const bl_root_key *key, bool *ret_is_one,
                                 bl_error *err) {
    const uint8_t *data;
    size_t size;
    BL_TRY(look(s, key->seek_key + key->key_len, 64, &data, &size, err));
    bl_cursor c = bl_cursor_over(data, size);
    bool is_wide = (int16_t)bl_cursor_be16(&c) > 1000;
    bl_cursor_skip(&c, 8 + 4 + 4); // dates, fNbytesKeys, fNbytesName
    uint64_t own = is_wide ? bl_cursor_be64(&c) : bl_cursor_be32(&c);
    *ret_is_one = !c.failed && own == key->seek_key;
    return BL_OK;
}

static bl_status keep_name(scanner *s, const char **name, bl_error *err) {
    size_t known = bl_name_map_find(&s->known, *name);
    if (known != SIZE_MAX) {
        const bl_root_basket *basket = &s->recovery->baskets[known / 2];
        *name = known % 2 ? basket->tree : basket->branch;
        return BL_OK;
    }
    *name = bl_arena_text(&s->file->arena, *name, strlen(*name));
    return *name ? BL_OK : bl_error_nomem(err, 1, "a name");
}

static bl_status add_basket(scanner *s, const bl_root_key *key, bl_error *err) {
    bl_root_recovery *recovery = s->recovery;
    bl_context *context = s->file->context;
    bl_root_basket basket = {.offset = key->seek_key,
                             .n_bytes = (uint32_t)key->n_bytes,
                             .date = key->date,
                             .key_len = key->key_len,
                             .number = (uint16_t)key->cycle,
                             .branch = key->name,
                             .tree = key->title};
    BL_TRY(keep_name(s, &basket.branch, err));
    BL_TRY(keep_name(s, &basket.tree, err));
    BL_TRY(bl_array_grow(context, &recovery->baskets, &recovery->capacity, recovery->n_baskets,
                         sizeof *recovery->baskets, "baskets", err));
    BL_TRY(bl_name_map_add(context, &s->known, basket.branch, 2 * recovery->n_baskets, err));
    BL_TRY(bl_name_map_add(context, &s->known, basket.tree, 2 * recovery->n_baskets + 1, err));
    recovery->baskets[recovery->n_baskets++] = basket;
    return BL_OK;
}

static bl_status add_object(scanner *s, const bl_root_key *key, bool is_directory, bl_error *err) {
    bl_arena *arena = &s->file->arena;
    found object = {.key = *key, .is_directory = is_directory};
    object.key.class_name = bl_arena_text(arena, key->class_name, strlen(key->class_name));
    object.key.name = bl_arena_text(arena, key->name, strlen(key->name));
    object.key.title = bl_arena_text(arena, key->title, strlen(key->title));
    if (!object.key.class_name || !object.key.name || !object.key.title)
        return bl_error_nomem(err, 1, "a name");
    BL_TRY(bl_array_grow(s->file->context, &s->found, &s->capacity, s->n_found, sizeof *s->found,
                         "the list of objects", err));
    s->found[s->n_found++] = object;
    return BL_OK;
}

static bl_status add_record(scanner *s, const bl_root_key *key, bl_error *err) {
    if (key->seek_key == s->file->begin) { // the first record names the file
        s->own_class = bl_arena_text(&s->file->arena, key->class_name, strlen(key->class_name));
        return s->own_class ? BL_OK : bl_error_nomem(err, 1, "a name");
    }
    if (strcmp(key->class_name, "TBasket") == 0)
        return add_basket(s, key, err);
    if (strcmp(key->class_name, s->own_class ? s->own_class : "TFile") == 0 ||
        strcmp(key->class_name, "RBlob") == 0)
        return BL_OK; // lists of keys and of free bytes; pages of an RNTuple
    if (strcmp(key->class_name, "TList") == 0 && strcmp(key->name, "StreamerInfo") == 0) {
        s->file->seek_info = key->seek_key;
        s->file->n_bytes_info = (uint32_t)key->n_bytes;
        return BL_OK;
    }
    bool is_directory = bl_root_is_directory(key->class_name);
    if (is_directory) {
        bool is_one;
        BL_TRY(check_directory(s, key, &is_one, err));
        if (!is_one)
            return BL_OK;
    }
    return add_object(s, key, is_directory, err);
}

static bl_status scan(scanner *s, bl_error *err) {
    uint64_t at = s->file->begin;
    while (at < s->size) {
        bl_root_key key;
        BL_TRY(read_head(s, at, &key, err));
        if (key.n_bytes > 0) {
            BL_TRY(add_record(s, &key, err));
            at += (uint64_t)key.n_bytes;
        } else if (key.n_bytes < 0) {
            at += (uint64_t) - (int64_t)key.n_bytes;
        } else {
            uint64_t next = s->size;
            BL_TRY(search(s, at + 1, &next, err));
            s->recovery->lost_bytes += next - at;
            at = next;
        }
        BL_TRY(bl_context_check(s->file->context, err));
    }
    return BL_OK;
}

// ---- from records to directories ----

static int by_directory(const void *a, const void *b) {
    const bl_root_key *x = &((const found *)a)->key, *y = &((const found *)b)->key;
    if (x->seek_dir != y->seek_dir)
        return x->seek_dir < y->seek_dir ? -1 : 1;
    return x->seek_key < y->seek_key ? -1 : x->seek_key > y->seek_key;
}

static int by_offset(const void *a, const void *b) {
    const bl_root_key *x = &((const found *)a)->key, *y = &((const found *)b)->key;
    return x->seek_key < y->seek_key ? -1 : x->seek_key > y->seek_key;
}

/// What is in a directory that was not found goes to the top.
static void adopt_orphans(scanner *s) {
    for (size_t i = 0; i < s->n_found; i++) { // still by offset
        found wanted = {.key.seek_key = s->found[i].key.seek_dir};
        const found *directory =
            (const found *)bsearch(&wanted, s->found, s->n_found, sizeof *s->found, by_offset);
        if (!directory || !directory->is_directory)
            s->found[i].key.seek_dir = s->file->begin;
    }
}

/// Puts what a directory holds into the list of objects. \param seek_dir of the directory
static bl_status place(scanner *s, uint64_t seek_dir, size_t parent, bl_error *err) {
    size_t low = 0, high = s->n_found;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->found[middle].key.seek_dir < seek_dir)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->n_found && s->found[low].key.seek_dir == seek_dir; low++) {
        if (s->found[low].is_placed) // directories that hold each other
            continue;
        s->found[low].is_placed = true;
        BL_TRY(bl_root_entry_add(s->file, parent, &s->found[low].key, err));
    }
    return BL_OK;
}

static bl_status list_objects(scanner *s, bl_error *err) {
    bl_root_file *file = s->file;
    if (s->n_found) {
        adopt_orphans(s);
        qsort(s->found, s->n_found, sizeof *s->found, by_directory);
    }
    size_t n_objects = 0;
    BL_TRY(place(s, file->begin, SIZE_MAX, err));
    for (size_t i = 0; i < file->n_entries; i++) {
        if (file->entries[i].is_directory)
            BL_TRY(place(s, file->entries[i].key.seek_key, i, err));
        else
            n_objects++;
    }
    if (n_objects)
        return bl_root_entries_sort(file, err);
    const bl_root_recovery *recovery = s->recovery;
    if (recovery->n_baskets)
        return bl_error_set(err, BL_E_CORRUPT,
                            "there are %zu baskets, the first of tree '%s' at byte %llu, but no "
                            "record of a tree: its writer never saved it",
                            recovery->n_baskets, recovery->baskets[0].tree,
                            (unsigned long long)recovery->baskets[0].offset);
    return bl_error_set(err, BL_E_CORRUPT, "there is no record of an object in its %llu bytes",
                        (unsigned long long)s->size);
}

// ---- the face ----

static void release(scanner *s) {
    bl_context *context = s->file->context;
    bl_fetch_free(s->fetch);
    bl_arena_release(&s->names);
    bl_free(context, s->found);
    bl_name_map_release(context, &s->known);
}

bool bl_root_goes_on(bl_root_file *file) {
    scanner s = {.file = file, .size = file->source->size_bytes};
    bl_arena_init(&s.names, file->context);
    bl_root_key key = {0};
    bool is_known = file->end > file->begin && file->end < s.size &&
                    read_head(&s, file->end, &key, NULL) == BL_OK;
    release(&s);
    return is_known && key.n_bytes > 0;
}

bl_status bl_root_recover(bl_root_file *file, bl_error *err) {
    scanner s = {.file = file, .size = file->source->size_bytes};
    bl_context *context = file->context;
    bl_arena_init(&s.names, context);
    s.recovery = (bl_root_recovery *)bl_alloc_zero(context, 1, sizeof *s.recovery);
    if (!s.recovery)
        return bl_error_nomem(err, sizeof *s.recovery, "a recovery");
    file->n_entries = 0;
    file->seek_info = 0;
    if (file->begin < FIRST_BYTE || file->begin > s.size)
        file->begin = FIRST_BYTE < s.size ? FIRST_BYTE : s.size;
    bl_status status = scan(&s, err);
    if (status == BL_OK)
        status = list_objects(&s, err);
    release(&s);
    if (status != BL_OK) {
        bl_root_recovery_free(context, s.recovery);
        return status;
    }
    bl_root_recovery_free(context, file->recovery);
    file->recovery = s.recovery;
    return BL_OK;
}

void bl_root_recovery_free(bl_context *context, bl_root_recovery *recovery) {
    if (recovery)
        bl_free(context, recovery->baskets);
    bl_free(context, recovery);
}
