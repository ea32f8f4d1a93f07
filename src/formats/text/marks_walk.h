// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the passes over text: what 64 bytes mean, whichever way their masks were made. Bit i is
/// about byte i.
#ifndef BL_FORMATS_TEXT_MARKS_WALK_H
#define BL_FORMATS_TEXT_MARKS_WALK_H

#include "formats/text/marks.h"

#define BL_INLINE static inline __attribute__((always_inline))

/// Which of 64 bytes are what.
typedef struct bl_masks {
    uint64_t quotes, newlines, returns, separators;
} bl_masks;

/// Each bit the parity of those up to it.
BL_INLINE uint64_t bl_parity(uint64_t bits) {
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/// Leaves in the masks what is not within quotes, and of newlines those that end a row.
BL_INLINE void bl_masks_settle(bl_masks *m, bool has_quotes, bl_marks_state *state) {
    if (has_quotes) {
        uint64_t ends = m->separators | m->newlines | m->quotes;
        if (m->quotes | state->inside) {
            uint64_t inside = bl_parity(m->quotes) ^ state->inside;
            uint64_t opening = m->quotes & inside;
            state->is_odd |= (opening & ~(ends << 1 | state->may_open)) != 0;
            state->inside = 0 - (inside >> 63);
            m->newlines &= ~inside;
            m->separators &= ~inside;
        }
        state->may_open = ends >> 63;
    }
    uint64_t after = m->newlines << 1 | state->after_row, returns = m->returns & after;
    uint64_t blank = after | returns << 1 | state->blank;
    state->after_row = m->newlines >> 63;
    state->blank = returns >> 63;
    m->newlines &= ~blank;
}

/// Writes the positions of all bits; up to 7 behind them are written and do not count.
BL_INLINE size_t bl_put_bits(uint64_t bits, uint32_t base, uint32_t *ends) {
    size_t n = (size_t)__builtin_popcountll(bits);
    for (size_t i = 0; i < n; i++) {
        ends[i] = base + (uint32_t)__builtin_ctzll(bits);
        bits &= bits - 1;
    }
    return n;
}

#define BL_DEFINE_MARKS(attribute, suffix, masks_of, has_quotes)                                \
    attribute static void count_##suffix(const uint8_t *text, size_t size, uint8_t separator,   \
                                         bl_marks_state *state, bl_marks_count *count) {        \
        bl_marks_state now = *state;                                                            \
        uint64_t n_rows = 0, n_lines = 0;                                                       \
        for (size_t i = 0; i < size; i += BL_MARKS_STEP) {                                      \
            bl_masks m = masks_of(text + i, separator);                                         \
            n_lines += (uint64_t)__builtin_popcountll(m.newlines);                              \
            bl_masks_settle(&m, has_quotes, &now);                                              \
            n_rows += (uint64_t)__builtin_popcountll(m.newlines);                               \
        }                                                                                       \
        count->n_rows += n_rows;                                                                \
        count->n_lines += n_lines;                                                              \
        *state = now;                                                                           \
    }                                                                                           \
    attribute static size_t split_##suffix(const uint8_t *text, size_t size, uint8_t separator, \
                                           bl_marks_what what, bl_marks_state *state,           \
                                           uint32_t base, uint32_t *ends) {                     \
        bl_marks_state now = *state;                                                            \
        size_t n = 0;                                                                           \
        for (size_t i = 0; i < size; i += BL_MARKS_STEP) {                                      \
            bl_masks m = masks_of(text + i, separator);                                         \
            bl_masks_settle(&m, has_quotes, &now);                                              \
            uint64_t bits = m.newlines | (what == BL_MARKS_FIELDS ? m.separators : 0);          \
            n += bl_put_bits(bits, base + (uint32_t)i, ends + n);                               \
        }                                                                                       \
        *state = now;                                                                           \
        return n;                                                                               \
    }                                                                                           \
    struct bl_marks_need_a_semicolon_

#endif
