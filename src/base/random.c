// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10, several blocks at once, so that their multiplications overlap.
#include "base/random.h"

#include "base/wide.h"

enum { ROUNDS = 10, BLOCKS = BL_RANDOM_WORDS / 4 };

static const uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
static const uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;

static inline void turn(uint32_t *w, uint32_t key_0, uint32_t key_1) {
    uint64_t a = (uint64_t)multiplier_0 * w[0], b = (uint64_t)multiplier_1 * w[2];
    uint32_t first = (uint32_t)(b >> 32) ^ w[1] ^ key_0;
    uint32_t third = (uint32_t)(a >> 32) ^ w[3] ^ key_1;
    w[0] = first;
    w[1] = (uint32_t)b;
    w[2] = third;
    w[3] = (uint32_t)a;
}

void bl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t *ret_words) {
    for (unsigned i = 0; i < 4; i++)
        ret_words[i] = counter[i];
    for (uint32_t round = 0; round < ROUNDS; round++)
        turn(ret_words, key[0] + round * weyl_0, key[1] + round * weyl_1);
}

void bl_random_init(bl_random *random, uint64_t seed, uint32_t stream, uint64_t number) {
    random->key[0] = (uint32_t)seed;
    random->key[1] = (uint32_t)(seed >> 32);
    random->counter[0] = 0;
    random->counter[1] = stream;
    random->counter[2] = (uint32_t)number;
    random->counter[3] = (uint32_t)(number >> 32);
    random->n_used = BL_RANDOM_WORDS;
}

/// All blocks a round at a time, which compilers make vector instructions of.
BL_WIDE static void make_blocks(const bl_random *random, uint32_t (*words)[BLOCKS]) {
    for (uint32_t i = 0; i < BLOCKS; i++) {
        words[0][i] = random->counter[0] + i;
        for (unsigned k = 1; k < 4; k++)
            words[k][i] = random->counter[k];
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t key_0 = random->key[0] + round * weyl_0, key_1 = random->key[1] + round * weyl_1;
        for (unsigned i = 0; i < BLOCKS; i++) {
            uint32_t w[4] = {words[0][i], words[1][i], words[2][i], words[3][i]};
            turn(w, key_0, key_1);
            for (unsigned k = 0; k < 4; k++)
                words[k][i] = w[k];
        }
    }
}

void bl_random_refill(bl_random *random) {
    uint32_t words[4][BLOCKS];
    make_blocks(random, words);
    for (unsigned i = 0; i < BLOCKS; i++)
        for (unsigned k = 0; k < 4; k++)
            random->words[4 * i + k] = words[k][i];
    random->counter[0] += BLOCKS;
    random->n_used = 0;
}
