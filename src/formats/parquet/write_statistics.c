// SPDX-License-Identifier: Apache-2.0
// The least and the greatest value of a page or chunk. NaN is left out; a least zero is −0 and a
// greatest one +0. Of long texts the first bytes are kept: as they are they are not greater, and
// with their last character made the next one they are not less.
// \source Apache Parquet, parquet.thrift, Statistics and ColumnOrder
#include <math.h>

#include "formats/parquet/write.h"

static void set_bounds(bl_pqw_bounds *bounds, const void *least, const void *most, size_t size) {
    bounds->is_known = bounds->is_least_exact = bounds->is_most_exact = true;
    bounds->n_least = bounds->n_most = (uint8_t)size;
    memcpy(bounds->least, least, size);
    memcpy(bounds->most, most, size);
}

// Lanes, because a chain of comparisons waits for each of them; as many as make compilers use
// vectors for them, instead of taking the loop apart.
#define FIND(name, type, lanes, first_least, first_most)                                \
    static void name(const uint8_t *bytes, size_t n, type *ret_least, type *ret_most) { \
        type least[lanes], most[lanes];                                                 \
        size_t i = 0;                                                                   \
        for (size_t k = 0; k < lanes; k++) {                                            \
            least[k] = (first_least);                                                   \
            most[k] = (first_most);                                                     \
        }                                                                               \
        for (; i + lanes <= n; i += lanes) {                                            \
            type block[lanes];                                                          \
            memcpy(block, bytes + i * sizeof(type), sizeof block);                      \
            for (size_t k = 0; k < lanes; k++) {                                        \
                least[k] = block[k] < least[k] ? block[k] : least[k];                   \
                most[k] = block[k] > most[k] ? block[k] : most[k];                      \
            }                                                                           \
        }                                                                               \
        for (; i < n; i++) {                                                            \
            type value;                                                                 \
            memcpy(&value, bytes + i * sizeof(type), sizeof value);                     \
            least[0] = value < least[0] ? value : least[0];                             \
            most[0] = value > most[0] ? value : most[0];                                \
        }                                                                               \
        for (size_t k = 1; k < lanes; k++) {                                            \
            least[0] = least[k] < least[0] ? least[k] : least[0];                       \
            most[0] = most[k] > most[0] ? most[k] : most[0];                            \
        }                                                                               \
        *ret_least = least[0];                                                          \
        *ret_most = most[0];                                                            \
    }
FIND(find_i32, int32_t, 64, INT32_MAX, INT32_MIN)
FIND(find_u32, uint32_t, 64, UINT32_MAX, 0)
FIND(find_i64, int64_t, 16, INT64_MAX, INT64_MIN)
FIND(find_u64, uint64_t, 16, UINT64_MAX, 0)
FIND(find_f32, float, 64, INFINITY, -INFINITY)
FIND(find_f64, double, 32, (double)INFINITY, -(double)INFINITY)

#define SET_INTEGERS(find, type)                               \
    do {                                                       \
        type least_, most_;                                    \
        find(values, n, &least_, &most_);                      \
        set_bounds(ret_bounds, &least_, &most_, sizeof(type)); \
    } while (0)

// All NaN leaves the ends where they were, crossed.
#define SET_FLOATS(find, type)                                     \
    do {                                                           \
        type least_, most_;                                        \
        find(values, n, &least_, &most_);                          \
        least_ = least_ == 0 ? (type)-0.0 : least_;                \
        most_ = most_ == 0 ? (type)0.0 : most_;                    \
        if (least_ <= most_)                                       \
            set_bounds(ret_bounds, &least_, &most_, sizeof(type)); \
    } while (0)

// ---- texts ----

static int compare_texts(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b) {
    size_t n = n_a < n_b ? n_a : n_b;
    int order = n ? memcmp(a, b, n) : 0;
    return order ? order : (n_a > n_b) - (n_a < n_b);
}

/// Bytes of the beginning of a long text: whole characters.
static size_t cut(const uint8_t *text, bool is_utf8) {
    size_t n = BL_PQW_SHORT;
    while (is_utf8 && n > BL_PQW_SHORT - 4 && (text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static size_t encode(uint32_t point, uint8_t *out) {
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
    out[0] = (uint8_t)(marks[n] | point);
    return n;
}

/// The character behind that of `n` bytes; 0: there is none.
static uint32_t next_point(const uint8_t *text, size_t n) {
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = text[0] & masks[n];
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (text[i] & 0x3f);
    point = point == 0xd7ff ? 0xe000 : point + 1;
    return point > 0x10ffff ? 0 : point;
}

/// Makes the beginning of a text greater than all texts that begin so. \return its bytes, 0: none
static size_t increase_utf8(uint8_t *text, size_t n) {
    while (n > 0) {
        size_t start = n - 1;
        while (start > 0 && n - start < 4 && (text[start] & 0xc0) == 0x80)
            start--;
        uint8_t next[4];
        uint32_t point = next_point(text + start, n - start);
        size_t size = point ? encode(point, next) : 0;
        if (size && start + size <= BL_PQW_SHORT) {
            memcpy(text + start, next, size);
            return start + size;
        }
        n = start;
    }
    return 0;
}

static size_t increase_bytes(uint8_t *bytes, size_t n) {
    while (n > 0 && bytes[n - 1] == 0xff)
        n--;
    if (n > 0)
        bytes[n - 1]++;
    return n;
}

static void set_texts(const bl_pqw_leaf *leaf, const uint8_t *least, size_t n_least,
                      const uint8_t *most, size_t n_most, bl_pqw_bounds *bounds) {
    bounds->is_least_exact = n_least <= BL_PQW_SHORT;
    bounds->is_most_exact = n_most <= BL_PQW_SHORT;
    size_t n = bounds->is_least_exact ? n_least : cut(least, leaf->is_utf8);
    memcpy(bounds->least, least, n);
    bounds->n_least = (uint8_t)n;
    n = bounds->is_most_exact ? n_most : cut(most, leaf->is_utf8);
    memcpy(bounds->most, most, n);
    if (!bounds->is_most_exact)
        n = leaf->is_utf8 ? increase_utf8(bounds->most, n) : increase_bytes(bounds->most, n);
    bounds->n_most = (uint8_t)n;
    bounds->is_known = bounds->is_most_exact || n > 0;
}

/// The least and the greatest of the texts so far.
typedef struct ends {
    const uint8_t *least, *most; ///< NULL: there was none
    uint32_t n_least, n_most;
} ends;

static inline void meet(ends *found, const uint8_t *text, uint32_t n) {
    if (!found->least || compare_texts(text, n, found->least, found->n_least) < 0) {
        found->least = text;
        found->n_least = n;
    }
    if (!found->most || compare_texts(text, n, found->most, found->n_most) > 0) {
        found->most = text;
        found->n_most = n;
    }
}

static void find_texts(const bl_pqw_leaf *leaf, const uint8_t *values, size_t n,
                       bl_pqw_bounds *bounds) {
    ends found = {.least = NULL};
    for (uint32_t size; n > 0; n--, values += 4 + size) {
        memcpy(&size, values, sizeof size);
        meet(&found, values + 4, size);
    }
    set_texts(leaf, found.least, found.n_least, found.most, found.n_most, bounds);
}

void bl_pqw_bounds_of_texts(const bl_pqw_leaf *leaf, const bl_pqw_dictionary *dictionary,
                            const uint32_t *indices, size_t n, uint8_t *ret_marks,
                            bl_pqw_bounds *ret_bounds) {
    ends found = {.least = NULL};
    ret_bounds->is_known = false;
    memset(ret_marks, 0, dictionary->n);
    for (size_t i = 0; i < n; i++)
        ret_marks[indices[i]] = 1;
    const uint8_t *text = dictionary->values.buffer->data;
    uint32_t size;
    for (size_t i = 0; i < dictionary->n; i++, text += 4 + size) {
        memcpy(&size, text, sizeof size);
        if (ret_marks[i])
            meet(&found, text + 4, size);
    }
    if (found.least)
        set_texts(leaf, found.least, found.n_least, found.most, found.n_most, ret_bounds);
}

// ---- all ----

static void find_bools(const uint8_t *values, size_t n, bl_pqw_bounds *bounds) {
    uint8_t least = memchr(values, 0, n) == NULL, most = memchr(values, 1, n) != NULL;
    set_bounds(bounds, &least, &most, 1);
}

void bl_pqw_bounds_find(const bl_pqw_leaf *leaf, const uint8_t *values, size_t n,
                        bl_pqw_bounds *ret_bounds) {
    ret_bounds->is_known = false;
    if (n == 0)
        return;
    switch (leaf->order) {
    case BL_PQW_BOOLS:
        find_bools(values, n, ret_bounds);
        break;
    case BL_PQW_I32:
        SET_INTEGERS(find_i32, int32_t);
        break;
    case BL_PQW_U32:
        SET_INTEGERS(find_u32, uint32_t);
        break;
    case BL_PQW_I64:
        SET_INTEGERS(find_i64, int64_t);
        break;
    case BL_PQW_U64:
        SET_INTEGERS(find_u64, uint64_t);
        break;
    case BL_PQW_F32:
        SET_FLOATS(find_f32, float);
        break;
    case BL_PQW_F64:
        SET_FLOATS(find_f64, double);
        break;
    case BL_PQW_BYTES:
        find_texts(leaf, values, n, ret_bounds);
        break;
    }
}

#define COMPARE(type)                 \
    do {                              \
        type x_, y_;                  \
        memcpy(&x_, a, sizeof x_);    \
        memcpy(&y_, b, sizeof y_);    \
        return (x_ > y_) - (x_ < y_); \
    } while (0)

int bl_pqw_bounds_compare(const bl_pqw_leaf *leaf, const uint8_t *a, size_t n_a, const uint8_t *b,
                          size_t n_b) {
    switch (leaf->order) {
    case BL_PQW_I32:
        COMPARE(int32_t);
    case BL_PQW_U32:
        COMPARE(uint32_t);
    case BL_PQW_I64:
        COMPARE(int64_t);
    case BL_PQW_U64:
        COMPARE(uint64_t);
    case BL_PQW_F32:
        COMPARE(float);
    case BL_PQW_F64:
        COMPARE(double);
    default:
        return compare_texts(a, n_a, b, n_b);
    }
}

void bl_pqw_bounds_join(const bl_pqw_leaf *leaf, bl_pqw_bounds *bounds, const bl_pqw_bounds *more) {
    if (bl_pqw_bounds_compare(leaf, more->least, more->n_least, bounds->least, bounds->n_least) <
        0) {
        memcpy(bounds->least, more->least, more->n_least);
        bounds->n_least = more->n_least;
        bounds->is_least_exact = more->is_least_exact;
    }
    if (bl_pqw_bounds_compare(leaf, more->most, more->n_most, bounds->most, bounds->n_most) > 0) {
        memcpy(bounds->most, more->most, more->n_most);
        bounds->n_most = more->n_most;
        bounds->is_most_exact = more->is_most_exact;
    }
}
