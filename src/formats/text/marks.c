// SPDX-License-Identifier: Apache-2.0
// Where rows and fields end: the passes in plain C, eight bytes in a word, and the choice of the
// fastest. RFC 4180 makes quotes a matter of parity: a doubled quote leaves and enters at once.
#include "formats/text/marks.h"

#include <string.h>

#include "formats/text/marks_walk.h"

#define ONES 0x0101010101010101U
#define LOW7 0x7f7f7f7f7f7f7f7fU

/// One bit for each byte of eight that is `c`.
BL_INLINE uint64_t equal8(uint64_t eight, uint8_t c) {
    uint64_t x = eight ^ (ONES * c);
    uint64_t zeros = ~(((x & LOW7) + LOW7) | x | LOW7); // the highest bit of each that is 0
    return (zeros >> 7) * 0x0102040810204080U >> 56;
}

BL_INLINE uint64_t equal64(const uint8_t *text, uint8_t c) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, text + 8 * (size_t)i, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        eight = __builtin_bswap64(eight);
#endif
        bits |= equal8(eight, c) << 8 * i;
    }
    return bits;
}

BL_INLINE bl_masks masks_plain(const uint8_t *text, uint8_t separator) {
    return (bl_masks){equal64(text, '"'), equal64(text, '\n'), equal64(text, '\r'),
                      equal64(text, separator)};
}

BL_INLINE bl_masks lines_plain(const uint8_t *text, uint8_t separator) {
    (void)separator;
    return (bl_masks){0, equal64(text, '\n'), equal64(text, '\r'), 0};
}

BL_DEFINE_MARKS(, plain, masks_plain, true);
BL_DEFINE_MARKS(, lines, lines_plain, false);

const bl_marks_kernels bl_marks_plain = {"plain", count_plain, split_plain};
const bl_marks_kernels bl_marks_lines = {"lines", count_lines, split_lines};

// ---- quotes that are not RFC 4180's ----

typedef enum ending { ENDS_NOTHING, ENDS_FIELD, ENDS_ROW } ending;

/// `inside`: within quotes, or behind a quote there, which ends them unless another one follows.
enum { WITHIN = 1, MAYBE_BEHIND = 2 };

/// What one more byte ends. `may_open` is 1 only where a field begins.
static ending take(bl_marks_state *s, uint8_t c, uint8_t separator) {
    if (s->inside == WITHIN || (s->inside == MAYBE_BEHIND && c == '"')) {
        s->inside = s->inside == WITHIN && c == '"' ? MAYBE_BEHIND : WITHIN;
        return ENDS_NOTHING;
    }
    if (c == '\n') {
        bool is_blank = s->after_row || s->blank;
        *s = BL_MARKS_BEGIN;
        return is_blank ? ENDS_NOTHING : ENDS_ROW;
    }
    s->inside = c == '"' && s->may_open ? WITHIN : 0;
    s->blank = c == '\r' && s->after_row;
    s->after_row = 0;
    s->may_open = c == separator;
    return c == separator ? ENDS_FIELD : ENDS_NOTHING;
}

static void count_lenient(const uint8_t *text, size_t size, uint8_t separator,
                          bl_marks_state *state, bl_marks_count *count) {
    for (size_t i = 0; i < size; i++) {
        count->n_rows += take(state, text[i], separator) == ENDS_ROW;
        count->n_lines += text[i] == '\n';
    }
}

static size_t split_lenient(const uint8_t *text, size_t size, uint8_t separator, bl_marks_what what,
                            bl_marks_state *state, uint32_t base, uint32_t *ends) {
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        ending e = take(state, text[i], separator);
        if (e == ENDS_ROW || (e == ENDS_FIELD && what == BL_MARKS_FIELDS))
            ends[n++] = base + (uint32_t)i;
    }
    return n;
}

const bl_marks_kernels bl_marks_lenient = {"lenient", count_lenient, split_lenient};

const bl_marks_kernels *bl_marks_get(bool has_quotes) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return has_quotes ? &bl_marks_avx2 : &bl_marks_lines_avx2;
#endif
    return has_quotes ? &bl_marks_plain : &bl_marks_lines;
}
