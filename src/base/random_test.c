// SPDX-License-Identifier: Apache-2.0
// Known answers are those that the paper's authors publish with Random123 (kat_vectors).
#include "base/random.h"

#include "base/testing.h"

typedef struct known_answer {
    uint32_t counter[4], key[2], words[4];
} known_answer;

static const known_answer known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_known_answers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        bl_philox(known[i].counter, known[i].key, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

static void test_a_sequence_is_its_blocks(void **state) {
    (void)state;
    bl_random random;
    bl_random_init(&random, 0x299f31d0a4093822, 7, 0x123456789abcdef0);
    for (uint32_t block = 0; block < 100; block++) {
        uint32_t words[4], counter[4] = {block, 7, 0x9abcdef0, 0x12345678};
        bl_philox(counter, known[2].key, words);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(bl_random_word(&random), words[i]);
    }
}

/// Mean 1/2 and variance 1/12, within five standard errors, and never an end.
static void test_uniform(void **state) {
    (void)state;
    enum { N = 200000 };
    double sum = 0, squares = 0;
    bl_random random;
    bl_random_init(&random, 1, 0, 0);
    for (int i = 0; i < N; i++) {
        double x = bl_random_uniform(&random);
        assert_true(x > 0 && x < 1);
        sum += x - 0.5;
        squares += (x - 0.5) * (x - 0.5);
    }
    assert_true(sum * sum / N < 25.0 / 12);
    assert_true(squares / N > 1.0 / 12 - 0.001 && squares / N < 1.0 / 12 + 0.001);
}

static void test_sequences_differ(void **state) {
    (void)state;
    const struct {
        uint64_t seed, number;
        uint32_t stream;
    } of[] = {{1, 0, 0},          {2, 0, 0}, {1, 0, 1}, {1, 1, 0}, {(uint64_t)1 << 32 | 1, 0, 0},
              {1, 1ULL << 32, 0}, {0, 1, 0}};
    uint32_t first[sizeof of / sizeof *of];
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        bl_random random;
        bl_random_init(&random, of[i].seed, of[i].stream, of[i].number);
        first[i] = bl_random_word(&random);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(first[i], first[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_a_sequence_is_its_blocks),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_sequences_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
