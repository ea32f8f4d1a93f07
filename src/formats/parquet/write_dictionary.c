// SPDX-License-Identifier: Apache-2.0
// A dictionary: values are found by a hash of their bytes, so that numbers are told apart by their
// bits, as the two zeros and all NaN are.
#include "formats/parquet/write.h"

enum { FIRST_SLOTS = 256, CACHE_LINE = 64 };
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

/// One value among those that were gathered.
typedef struct item {
    const uint8_t *bytes;
    size_t size;
    uint64_t hash;
} item;

static inline uint64_t hash_number(uint64_t value) { return (value ^ value >> 32) * FACTOR; }

/// The first `n` bytes, 8 at most, of those that may be read.
static inline uint64_t load_part(const uint8_t *bytes, size_t n) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return n < 8 ? word & ((UINT64_C(1) << 8 * n) - 1) : word;
}

static inline uint64_t hash_text(const uint8_t *bytes, size_t n) {
    uint64_t hash = n * FACTOR;
    for (size_t i = 0; i < n; i += 8) {
        hash = (hash ^ load_part(bytes + i, n - i)) * FACTOR;
        hash ^= hash >> 29;
    }
    return hash * FACTOR;
}

static inline bool is_equal_text(const uint8_t *a, const uint8_t *b, size_t n) {
    uint64_t differ = 0;
    for (size_t i = 0; i < n && !differ; i += 8)
        differ = load_part(a + i, n - i) ^ load_part(b + i, n - i);
    return !differ;
}

static inline item item_at(const uint8_t *at, size_t width) {
    uint64_t wide;
    uint32_t narrow;
    if (width == 8) {
        memcpy(&wide, at, sizeof wide);
        return (item){at, 8, hash_number(wide)};
    }
    memcpy(&narrow, at, sizeof narrow);
    if (width == 4)
        return (item){at, 4, hash_number(narrow)};
    return (item){at, 4 + (size_t)narrow, hash_text(at + 4, narrow)};
}

static inline const uint8_t *value_at(const bl_pqw_dictionary *dictionary, size_t width,
                                      uint32_t index) {
    const uint8_t *values = dictionary->values.buffer->data;
    if (width)
        return values + index * width;
    return values + ((const uint32_t *)(const void *)dictionary->offsets.buffer->data)[index];
}

static inline bool is_equal(const bl_pqw_dictionary *dictionary, size_t width, uint32_t index,
                            const item *wanted) {
    const uint8_t *other = value_at(dictionary, width, index);
    if (width == 4)
        return memcmp(other, wanted->bytes, 4) == 0;
    if (width == 8)
        return memcmp(other, wanted->bytes, 8) == 0;
    return memcmp(other, wanted->bytes, 4) == 0 &&
           is_equal_text(other + 4, wanted->bytes + 4, wanted->size - 4);
}

static inline size_t slot_of(const bl_pqw_dictionary *dictionary, uint64_t hash) {
    return (size_t)(hash >> (64 - (unsigned)__builtin_ctzll(dictionary->n_slots)));
}

/// Twice as many slots, and everything in its place among them.
static bl_status grow(bl_pqw_dictionary *dictionary, size_t width, bl_error *err) {
    size_t n_slots = dictionary->n_slots ? 2 * dictionary->n_slots : FIRST_SLOTS;
    if (dictionary->slots.buffer)
        dictionary->slots.buffer->size = 0;
    uint32_t *slots = (uint32_t *)(void *)bl_packer_extend(&dictionary->slots, n_slots * 4);
    if (!slots)
        return bl_packer_check(&dictionary->slots, "a dictionary", err);
    memset(slots, 0, n_slots * 4);
    dictionary->n_slots = n_slots;
    for (uint32_t i = 0; i < dictionary->n; i++) {
        item known = item_at(value_at(dictionary, width, i), width);
        size_t slot = slot_of(dictionary, known.hash);
        while (slots[slot])
            slot = (slot + 1) & (n_slots - 1);
        slots[slot] = i + 1;
    }
    return BL_OK;
}

static bl_status add(bl_pqw_dictionary *dictionary, size_t width, const item *value,
                     bl_error *err) {
    uint32_t offset = (uint32_t)bl_packer_size(&dictionary->values);
    if (!width)
        bl_pack_bytes(&dictionary->offsets, &offset, sizeof offset);
    uint8_t *at = bl_pqw_extend(&dictionary->values, value->size);
    if (at)
        memcpy(at, value->bytes, value->size);
    BL_TRY(bl_packer_check(&dictionary->offsets, "a dictionary", err));
    BL_TRY(bl_packer_check(&dictionary->values, "a dictionary", err));
    dictionary->n++;
    return BL_OK;
}

/// The loop for one width, which the compiler knows.
static inline __attribute__((always_inline)) bl_status find(bl_pqw_dictionary *dictionary,
                                                            size_t width, const uint8_t *values,
                                                            size_t n, size_t most,
                                                            uint32_t *ret_indices, bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        item wanted = item_at(values, width);
        values += wanted.size;
        const uint32_t *slots = (const uint32_t *)(const void *)dictionary->slots.buffer->data;
        size_t slot = slot_of(dictionary, wanted.hash);
        while (slots[slot] && !is_equal(dictionary, width, slots[slot] - 1, &wanted))
            slot = (slot + 1) & (dictionary->n_slots - 1);
        if (slots[slot]) {
            ret_indices[i] = slots[slot] - 1;
            continue;
        }
        if (bl_packer_size(&dictionary->values) + wanted.size > most)
            return BL_END;
        ret_indices[i] = dictionary->n;
        BL_TRY(add(dictionary, width, &wanted, err));
        ((uint32_t *)(void *)dictionary->slots.buffer->data)[slot] = dictionary->n;
        if (2 * (size_t)dictionary->n > dictionary->n_slots)
            BL_TRY(grow(dictionary, width, err));
    }
    return BL_OK;
}

/// Reads what lies behind each other into the cache: much faster than when it is met by and by.
static void fetch(const bl_packer *packer) {
    for (size_t i = 0; i < bl_packer_size(packer); i += CACHE_LINE)
        __builtin_prefetch(packer->buffer->data + i);
}

bl_status bl_pqw_dictionary_find(bl_pqw_dictionary *dictionary, size_t width, const uint8_t *values,
                                 size_t n, size_t most, uint32_t *ret_indices, bl_error *err) {
    uint32_t n_before = dictionary->n;
    size_t size = bl_packer_size(&dictionary->values), texts = bl_packer_size(&dictionary->offsets);
    if (!dictionary->n_slots)
        BL_TRY(grow(dictionary, width, err));
    if (dictionary->n_slots <= 4 * n) {
        fetch(&dictionary->slots);
        fetch(&dictionary->values);
    }
    bl_status status = width == 4   ? find(dictionary, 4, values, n, most, ret_indices, err)
                       : width == 8 ? find(dictionary, 8, values, n, most, ret_indices, err)
                                    : find(dictionary, 0, values, n, most, ret_indices, err);
    if (status != BL_END)
        return status;
    dictionary->n = n_before;
    if (dictionary->values.buffer)
        dictionary->values.buffer->size = size;
    if (dictionary->offsets.buffer)
        dictionary->offsets.buffer->size = texts;
    return BL_END;
}

void bl_pqw_dictionary_init(bl_context *context, bl_pqw_dictionary *dictionary) {
    *dictionary = (bl_pqw_dictionary){
        .values.context = context, .offsets.context = context, .slots.context = context};
}

void bl_pqw_dictionary_clear(bl_pqw_dictionary *dictionary) {
    if (dictionary->values.buffer)
        dictionary->values.buffer->size = 0;
    if (dictionary->offsets.buffer)
        dictionary->offsets.buffer->size = 0;
    dictionary->n = 0;
    dictionary->n_slots = 0; // made anew, in the memory that is there
}

void bl_pqw_dictionary_release(bl_pqw_dictionary *dictionary) {
    bl_packer_release(&dictionary->values);
    bl_packer_release(&dictionary->offsets);
    bl_packer_release(&dictionary->slots);
}
