// SPDX-License-Identifier: Apache-2.0
// The map from name to number (open addressing, linear probing) and the nearest names.
#include "base/names.h"

#include <limits.h>
#include <strings.h>

struct bl_name_slot {
    const char *name; ///< NULL: empty
    uint64_t hash;
    size_t number;
};

/// FNV-1a; the last steps spread it over the low bits, which choose the slot.
static uint64_t hash_of(const char *name) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3U;
    hash ^= hash >> 32;
    return hash * 0x9e3779b97f4a7c15U >> 16;
}

/// The slot of a name, or the empty one where it belongs. `n_slots` is a power of two.
static struct bl_name_slot *slot_of(struct bl_name_slot *slots, size_t n_slots, const char *name,
                                    uint64_t hash) {
    for (size_t i = (size_t)hash & (n_slots - 1);; i = (i + 1) & (n_slots - 1)) {
        struct bl_name_slot *slot = &slots[i];
        if (!slot->name || (slot->hash == hash && strcmp(slot->name, name) == 0))
            return slot;
    }
}

static bl_status grow(bl_context *context, bl_name_map *map, bl_error *err) {
    size_t n_slots = map->n_slots ? map->n_slots * 2 : 16;
    struct bl_name_slot *slots =
        (struct bl_name_slot *)bl_alloc_zero(context, n_slots, sizeof *slots);
    if (!slots)
        return bl_error_nomem(err, n_slots * sizeof *slots, "a map of names");
    for (size_t i = 0; i < map->n_slots; i++) {
        const struct bl_name_slot *old = &map->slots[i];
        if (old->name)
            *slot_of(slots, n_slots, old->name, old->hash) = *old;
    }
    bl_free(context, map->slots);
    map->slots = slots;
    map->n_slots = n_slots;
    return BL_OK;
}

bl_status bl_name_map_add(bl_context *context, bl_name_map *map, const char *name, size_t number,
                          bl_error *err) {
    if (map->n_used >= map->n_slots / 4 * 3)
        BL_TRY(grow(context, map, err));
    uint64_t hash = hash_of(name);
    struct bl_name_slot *slot = slot_of(map->slots, map->n_slots, name, hash);
    if (slot->name)
        return BL_OK;
    *slot = (struct bl_name_slot){.name = name, .hash = hash, .number = number};
    map->n_used++;
    return BL_OK;
}

size_t bl_name_map_find(const bl_name_map *map, const char *name) {
    if (!map->n_used)
        return SIZE_MAX;
    const struct bl_name_slot *slot = slot_of(map->slots, map->n_slots, name, hash_of(name));
    return slot->name ? slot->number : SIZE_MAX;
}

void bl_name_map_release(bl_context *context, bl_name_map *map) {
    bl_free(context, map->slots);
    *map = (bl_name_map){0};
}

/// Longer names are not compared: nobody mistypes them by a letter or two.
#define MAX_LENGTH 128

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static unsigned min2(unsigned a, unsigned b) { return a < b ? a : b; }

/// Letters to insert, drop, replace, or swap with their neighbour to get from `a` to `b`:
/// the "optimal string alignment" distance, three rows of its table at a time.
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    unsigned rows[3][MAX_LENGTH + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (unsigned j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned differ = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = min2(min2(last[j], now[j - 1]) + 1, last[j - 1] + differ);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = min2(now[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_length];
}

void bl_nearest_init(bl_nearest *nearest, const char *wanted) {
    *nearest = (bl_nearest){.wanted = wanted};
}

void bl_nearest_offer(bl_nearest *nearest, const char *name) {
    size_t wanted_length = strlen(nearest->wanted), length = strlen(name);
    unsigned allowed = wanted_length < 3 ? wanted_length == 2 : (unsigned)wanted_length / 3;
    if (length == 0 || wanted_length > MAX_LENGTH || length > MAX_LENGTH)
        return;
    unsigned distance = UINT_MAX;
    if (length <= wanted_length + allowed && wanted_length <= length + allowed)
        distance = edit_distance(nearest->wanted, wanted_length, name, length);
    if (distance > allowed &&
        (wanted_length < 3 || strncasecmp(nearest->wanted, name, wanted_length) != 0))
        return;
    if (distance > allowed)
        distance = allowed + 1; // only its beginning was typed: behind those that were mistyped
    size_t at = 0;
    for (; at < 3 && nearest->names[at] && nearest->distances[at] <= distance; at++)
        if (strcmp(nearest->names[at], name) == 0)
            return;
    if (at == 3)
        return;
    for (size_t i = 2; i > at; i--) {
        nearest->names[i] = nearest->names[i - 1];
        nearest->distances[i] = nearest->distances[i - 1];
    }
    nearest->names[at] = name;
    nearest->distances[at] = distance;
}

bl_status bl_nearest_hint(const bl_nearest *nearest, bl_status status, bl_error *err) {
    const char *const *names = nearest->names;
    size_t n = 0;
    while (n < 3 && names[n] && (nearest->distances[0] > 0 || nearest->distances[n] == 0))
        n++; // beside a name that differs in case alone, no other is worth a mention
    switch (n) {
    case 0:
        return status;
    case 1:
        return bl_error_hint(err, status, "; did you mean '%s'?", names[0]);
    case 2:
        return bl_error_hint(err, status, "; did you mean '%s' or '%s'?", names[0], names[1]);
    default:
        return bl_error_hint(err, status, "; did you mean '%s', '%s' or '%s'?", names[0], names[1],
                             names[2]);
    }
}
