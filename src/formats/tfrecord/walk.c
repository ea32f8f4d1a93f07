// SPDX-License-Identifier: Apache-2.0
// Names to slots, and records to rows.
#include "formats/tfrecord/walk.h"

#include "base/utf8.h"

enum { FIRST_TABLE = 64 };

void bl_tf_walker_init(bl_tf_walker *walker, bl_context *context) {
    *walker = (bl_tf_walker){.context = context, .may_grow = true};
    bl_arena_init(&walker->arena, context);
}

void bl_tf_walker_release(bl_tf_walker *walker) {
    if (!walker->context)
        return;
    bl_free(walker->context, walker->slots);
    bl_free(walker->context, walker->seen);
    bl_free(walker->context, walker->table);
    bl_arena_release(&walker->arena);
    *walker = (bl_tf_walker){0};
}

/// FNV-1a: names are short, and mostly found without it.
static uint32_t hash_of(bl_wire name, bool is_list) {
    uint32_t hash = UINT32_C(2166136261) ^ is_list;
    for (const uint8_t *at = name.at; at < name.end; at++)
        hash = (hash ^ *at) * UINT32_C(16777619);
    return hash;
}

static inline bool is_named(const bl_tf_slot *slot, bl_wire name, bool is_list) {
    return slot->length == bl_wire_left(&name) && slot->is_list == is_list &&
           memcmp(slot->name, name.at, slot->length) == 0;
}

/// The slot of a name, or SIZE_MAX.
static size_t find(const bl_tf_walker *walker, bl_wire name, bool is_list, uint32_t hash) {
    for (size_t i = hash; walker->table_size; i++) {
        uint32_t number = walker->table[i & (walker->table_size - 1)];
        if (number == 0)
            break;
        const bl_tf_slot *slot = &walker->slots[number - 1];
        if (slot->hash == hash && is_named(slot, name, is_list))
            return number - 1;
    }
    return SIZE_MAX;
}

static void enter(bl_tf_walker *walker, size_t slot) {
    size_t i = walker->slots[slot].hash;
    while (walker->table[i & (walker->table_size - 1)])
        i++;
    walker->table[i & (walker->table_size - 1)] = (uint32_t)slot + 1;
}

/// Keeps the table no more than half full.
static bl_status grow(bl_tf_walker *walker, bl_error *err) {
    size_t before = walker->capacity;
    BL_TRY(bl_array_grow(walker->context, &walker->slots, &walker->capacity, walker->n_slots,
                         sizeof *walker->slots, "features", err));
    if (walker->capacity != before) {
        size_t *seen = (size_t *)bl_realloc(walker->context, walker->seen,
                                            walker->capacity * sizeof *walker->seen);
        if (!seen)
            return bl_error_nomem(err, walker->capacity * sizeof *seen, "features");
        walker->seen = seen;
    }
    if (2 * (walker->n_slots + 1) <= walker->table_size)
        return BL_OK;
    size_t size = walker->table_size ? 2 * walker->table_size : FIRST_TABLE;
    uint32_t *table = (uint32_t *)bl_alloc_zero(walker->context, size, sizeof *table);
    if (!table)
        return bl_error_nomem(err, size * sizeof *table, "features");
    bl_free(walker->context, walker->table);
    walker->table = table;
    walker->table_size = size;
    for (size_t i = 0; i < walker->n_slots; i++)
        enter(walker, i);
    return BL_OK;
}

static bl_status check_name(const bl_tf_walker *walker, bl_wire name, bl_error *err) {
    size_t length = bl_wire_left(&name);
    if (walker->n_slots == BL_TF_MOST_FEATURES ||
        length > BL_TF_MOST_NAME_BYTES - walker->name_bytes)
        return bl_error_set(err, BL_E_LIMIT, "more than %d features, or %d bytes of their names",
                            (int)BL_TF_MOST_FEATURES, (int)BL_TF_MOST_NAME_BYTES);
    if (memchr(name.at, 0, length) || !bl_utf8_valid(name.at, length))
        return bl_error_set(err, BL_E_CORRUPT, "the name of a feature is not UTF-8");
    return BL_OK;
}

static bl_status add(bl_tf_walker *walker, bl_wire name, bool is_list, uint32_t hash,
                     size_t *ret_slot, bl_error *err) {
    size_t length = bl_wire_left(&name);
    BL_TRY(check_name(walker, name, err));
    BL_TRY(grow(walker, err));
    char *text = bl_arena_text(&walker->arena, (const char *)name.at, length);
    if (!text)
        return bl_error_nomem(err, length, "the name of a feature");
    uint8_t *match = (uint8_t *)bl_arena_alloc(&walker->arena, length + 2 + BL_VARINT_MOST);
    if (!match)
        return bl_error_nomem(err, length, "the name of a feature");
    match[0] = BL_TF_KEY_TAG;
    uint8_t *end = bl_wire_put_varint(match + 1, length);
    memcpy(end, text, length);
    end[length] = BL_TF_VALUE_TAG;
    walker->name_bytes += length;
    walker->slots[walker->n_slots] = (bl_tf_slot){.name = text,
                                                  .length = length,
                                                  .hash = hash,
                                                  .match = match,
                                                  .match_size = (size_t)(end - match) + length + 1,
                                                  .is_list = is_list,
                                                  .next = SIZE_MAX,
                                                  .entry.is_list = is_list};
    enter(walker, walker->n_slots);
    *ret_slot = walker->n_slots++;
    return BL_OK;
}

bl_status bl_tf_walker_add(bl_tf_walker *walker, bl_wire name, bool is_list, size_t *ret_slot,
                           bl_error *err) {
    uint32_t hash = hash_of(name, is_list);
    size_t slot = find(walker, name, is_list, hash);
    if (slot == SIZE_MAX)
        return add(walker, name, is_list, hash, ret_slot, err);
    *ret_slot = slot;
    return BL_OK;
}

/// The slot of an entry. \param ret_slot SIZE_MAX: one to be passed over
static bl_status find_entry(bl_tf_walker *walker, const bl_tf_entry *entry, size_t *ret_slot,
                            bl_error *err) {
    if (walker->may_grow)
        return bl_tf_walker_add(walker, entry->key, entry->is_list, ret_slot, err);
    *ret_slot = find(walker, entry->key, entry->is_list, hash_of(entry->key, entry->is_list));
    return BL_OK;
}

static inline bool is_same4(const uint8_t *a, const uint8_t *b) {
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
}

static inline bool is_same8(const uint8_t *a, const uint8_t *b) {
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
}

/// memcmp for a few bytes, at least three; the last steps overlap those before.
static inline bool is_same(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n < 4)
        return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
    if (n < 8)
        return is_same4(a, b) && is_same4(a + n - 4, b + n - 4);
    for (size_t i = 0; i < n - 8; i += 8)
        if (!is_same8(a + i, b + i))
            return false;
    return is_same8(a + n - 8, b + n - 8);
}

/// Takes an entry as it mostly is: the key that is expected, and a value behind it.
static inline bool take_expected(bl_wire *map, bl_tf_slot *slot) {
    bl_wire at = *map, entry;
    uint64_t length;
    if (at.at >= at.end || *at.at++ != BL_TF_ENTRY_TAG || !bl_wire_varint(&at, &length) ||
        !bl_wire_take(&at, length, &entry) || length <= slot->match_size ||
        !is_same(entry.at, slot->match, slot->match_size))
        return false;
    bl_wire value = {entry.at + slot->match_size, entry.end};
    if (!bl_wire_varint(&value, &length) || length != bl_wire_left(&value))
        return false;
    slot->entry.value = value;
    slot->entry.whole = entry;
    slot->entry.is_in_parts = false;
    map->at = at.at;
    return true;
}

static inline void note(bl_tf_walker *walker, size_t slot, size_t before) {
    bl_tf_slot *found = &walker->slots[slot];
    if (found->seen != walker->row)
        walker->seen[walker->n_seen++] = slot;
    found->seen = walker->row;
    if (before != SIZE_MAX)
        walker->slots[before].next = slot;
}

/// The next entry, whatever it is like.
static bl_status take_any(bl_tf_walker *walker, bl_tf_entries *entries, size_t *ret_slot,
                          bool *ret_is_end, bl_error *err) {
    bl_tf_entry entry;
    bl_tf_next next = bl_tf_entries_next(entries, &entry);
    *ret_is_end = next == BL_TF_END;
    if (next == BL_TF_END)
        return BL_OK;
    if (next == BL_TF_BAD)
        return bl_error_set(err, BL_E_CORRUPT, "its bytes are no tf.train.Example");
    BL_TRY(find_entry(walker, &entry, ret_slot, err));
    if (*ret_slot != SIZE_MAX)
        walker->slots[*ret_slot].entry = entry;
    return BL_OK;
}

/// Entries of a record, which mostly begins with its features.
static inline bl_tf_entries begin(bl_wire record) {
    bl_tf_entries entries = bl_tf_entries_of(record);
    uint64_t length;
    if (record.at < record.end && *record.at++ == BL_TF_FEATURES_TAG &&
        bl_wire_varint(&record, &length) && bl_wire_take(&record, length, &entries.map))
        entries.record.at = record.at;
    return entries;
}

bl_status bl_tf_walk(bl_tf_walker *walker, bl_wire record, bl_error *err) {
    bl_tf_entries entries = begin(record);
    walker->row++;
    walker->n_seen = 0;
    for (size_t slot, before = SIZE_MAX, expected = walker->first;;) {
        bool is_end = false;
        slot = expected;
        if (expected >= walker->n_slots || walker->slots[expected].is_list != entries.is_list ||
            !take_expected(&entries.map, &walker->slots[expected]))
            BL_TRY(take_any(walker, &entries, &slot, &is_end, err));
        if (is_end)
            return BL_OK;
        if (slot == SIZE_MAX)
            continue;
        note(walker, slot, before);
        if (before == SIZE_MAX)
            walker->first = slot;
        before = slot;
        expected = walker->slots[slot].next;
    }
}
