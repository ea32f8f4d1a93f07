// SPDX-License-Identifier: Apache-2.0
/// \file
/// Random numbers that are a function of what they are for: of a seed, a stream and a number, such
/// as an event's. So they depend neither on threads nor on the order in which they are asked for.
/// \source J. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11), Philox4x32-10
#ifndef BL_BASE_RANDOM_H
#define BL_BASE_RANDOM_H

#include <stdint.h>

enum { BL_RANDOM_WORDS = 64 };

/// One sequence of numbers; 2³² blocks of four words.
typedef struct bl_random {
    uint32_t key[2];
    uint32_t counter[4]; ///< block, stream, low and high word of the number
    unsigned n_used;     ///< of `words`
    uint32_t words[BL_RANDOM_WORDS];
} bl_random;

/// The bijection itself: ten rounds. \param ret_words [4]
void bl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t *ret_words);

/// Starts the sequence of `number` in a stream. Sequences that differ in any of the three are
/// independent.
void bl_random_init(bl_random *random, uint64_t seed, uint32_t stream, uint64_t number);
/// Makes the next BL_RANDOM_WORDS words.
void bl_random_refill(bl_random *random);

static inline uint32_t bl_random_word(bl_random *random) {
    if (__builtin_expect(random->n_used == BL_RANDOM_WORDS, 0))
        bl_random_refill(random);
    return random->words[random->n_used++];
}

/// A multiple of 2⁻³² and half of it more: above 0 and below 1, both ends excluded.
static inline double bl_random_uniform(bl_random *random) {
    return ((double)bl_random_word(random) + 0.5) * 0x1p-32;
}

#endif
