// SPDX-License-Identifier: Apache-2.0
// Which masks leave rows out, by graphs alone.
#include "nn/network/compile.h"
#include "nn/network/network_testing.h"

static trial t;

static const bl_nn_reduce_options pool = {.axis = 1};
static const bl_nn_masking_options zero;

static size_t mask(size_t x) { return ADD_NODE(&t, MASKING, &zero, x); }

static bool packs(size_t node) {
    bl_arena arena;
    bl_arena_init(&arena, t.context);
    t.graph =
        (bl_nn_graph){.n_nodes = t.n_nodes, .nodes = t.nodes, .n_outputs = 1, .outputs = &t.output};
    const bool *all = bl_nn_find_packing(&arena, &t.graph);
    assert_non_null(all);
    bool found = all[node];
    bl_arena_release(&arena);
    return found;
}

static const bl_nn_dense_options dense_options = {.units = 3, .use_bias = true};
static const bl_nn_recurrent_options last = {.units = 3},
                                     all_steps = {.units = 3, .return_sequences = true};

static void who_packs(void **state) {
    (void)state;
    begin_trial(&t);
    size_t m = mask(add_input(&t, 5, 3, false)), rows = ADD_NODE(&t, DENSE, &dense_options, m);
    size_t states = ADD_NODE(&t, GRU, &all_steps, rows);
    assert_false(packs(m)); // the states are the output
    ADD_NODE(&t, GRU, &last, states);
    assert_true(packs(m));
    size_t flat = ADD_NODE(&t, FLATTEN, NULL, rows);
    (void)flat;
    assert_false(packs(m));
    t.n_nodes -= 2;
    static const bl_nn_prelu_options slopes;
    ADD_NODE(&t, GRU, &last, ADD_NODE(&t, PRELU, &slopes, states));
    assert_true(packs(m)); // slopes go by the column
    end_trial(&t);

    begin_trial(&t);
    m = mask(add_input(&t, 5, 3, false));
    size_t second = mask(m);
    bl_nn_node inner = {.kind = &bl_nn_kinds[BL_NN_KIND_LSTM], .options = (void *)(uintptr_t)&last};
    static const bl_nn_bidirectional_options both;
    size_t wrapped = ADD_NODE(&t, BIDIRECTIONAL, &both, second);
    t.nodes[wrapped].inner = &inner;
    assert_true(packs(m) && packs(second));
    inner.options = (void *)(uintptr_t)&all_steps;
    assert_true(!packs(m) && !packs(second)); // its rows would then be the first one's
    end_trial(&t);

    begin_trial(&t);
    m = mask(add_input(&t, 5, 3, false));
    second = mask(add_input(&t, 5, 3, false));
    size_t sum = ADD_NODE(&t, ADD, NULL, m, second);
    ADD_NODE(&t, GRU, &last, sum);
    assert_true(!packs(m) && !packs(second)); // rows would not fit
    t.inputs_of[sum][1] = m;
    assert_true(packs(m));
    end_trial(&t);
}

static void who_packs_for_attention(void **state) {
    (void)state;
    bl_nn_attention_options options = {.num_heads = 1, .key_dim = 2};
    begin_trial(&t);
    size_t m = mask(add_input(&t, 5, 3, false)), other = mask(add_input(&t, 5, 3, false));
    size_t keys = ADD_NODE(&t, DENSE, &dense_options, m);
    size_t attention = ADD_NODE(&t, MULTI_HEAD_ATTENTION, &options, m, keys);
    ADD_NODE(&t, GLOBAL_AVERAGE_POOLING, &pool, attention);
    assert_true(packs(m));
    options.use_causal_mask = true;
    assert_true(packs(m));
    t.inputs_of[attention][1] = other;
    assert_true(!packs(m) && !packs(other));
    options.use_causal_mask = false;
    assert_true(packs(m) && !packs(other));
    end_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_packs),
        cmocka_unit_test(who_packs_for_attention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
