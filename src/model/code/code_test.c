// SPDX-License-Identifier: Apache-2.0
// What is written into exported code: numbers, names, only what is needed, no more than can be. The
// code of forests is compiled and run; that of layers is in tests/e2e/export_test.py.
#include "model/code/code.h"

#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/folder_testing.h"
#include "model/code/private.h"
#include "nn/trees/random_testing.h"

static const bl_code_options usual = {.name = "net", .origin = "a test", .n_vectors = 2};

/// Input and Dense, or a forest in its place.
typedef struct made {
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_network *network;
} made;

static bl_status make(bl_context *context, const char *name, const bl_nn_forest *forest,
                      made *ret_made) {
    static const int64_t sizes[] = {5};
    const char *kind = forest ? "TreeEnsemble" : "Dense";
    bl_nn_node *node;
    size_t at = 0;
    bl_arena_init(&ret_made->arena, context);
    bl_nn_graph_init(&ret_made->graph, &ret_made->arena, name);
    BL_TRY(bl_nn_graph_add(&ret_made->graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, sizes};
    BL_TRY(bl_nn_graph_add(&ret_made->graph, bl_nn_kind_find(kind), name, 1, &at, &node, NULL));
    if (forest)
        ((bl_nn_forest_options *)node->options)->forest = forest;
    else
        ((bl_nn_dense_options *)node->options)->units = 3;
    at = 1;
    BL_TRY(bl_nn_graph_set_outputs(&ret_made->graph, 1, &at, NULL));
    BL_TRY(bl_nn_network_new(context, &ret_made->graph, NULL, &ret_made->network, NULL));
    bl_random random;
    bl_random_init(&random, 1, 0, 0);
    for (size_t i = 0; i < ret_made->network->plan.n_floats; i++)
        ret_made->network->parameters[i] = (float)(bl_random_uniform(&random) - 0.5);
    bl_nn_network_pack(ret_made->network);
    return BL_OK;
}

static void release(made *m) {
    bl_nn_network_free(m->network);
    bl_arena_release(&m->arena);
}

static void test_numbers(void **state) {
    bl_random random;
    (void)state;
    bl_random_init(&random, 3, 0, 0);
    for (size_t i = 0; i < 100000; i++) {
        uint32_t bits = i < 64 ? (uint32_t)i << 26 : bl_random_word(&random);
        char text[BL_CODE_NUMBER_TEXT];
        float number, again;
        memcpy(&number, &bits, sizeof bits);
        bl_code_print_number(number, text);
        if (isnan(number)) {
            assert_string_equal(text, "NAN");
            continue;
        }
        again = strcmp(text, "INFINITY") == 0    ? INFINITY
                : strcmp(text, "-INFINITY") == 0 ? -INFINITY
                                                 : strtof(text, NULL);
        assert_memory_equal(&number, &again, sizeof number);
    }
}

static void test_text(void **state) {
    bl_context *context = *state;
    made m = {0};
    bl_code code, again;
    assert_ok(make(context, "a\nb\\", NULL, &m));
    assert_ok(bl_code_write(context, m.network, &usual, &code, NULL));
    assert_ok(bl_code_write(context, m.network, &usual, &again, NULL));
    assert_string_equal(code.source, again.source);
    assert_int_equal(strlen(code.source), code.source_size);
    assert_non_null(strstr(code.source, "// a?b? (Dense): [3]"));
    assert_non_null(strstr(code.source, "int net_run(const float *input, float *output);"));
    assert_non_null(strstr(code.source, "static const float w1_kernel[40] = {"));
    assert_non_null(strstr(code.source, "INLINE float fused("));
    assert_null(strstr(code.source, "exp_of")); // nobody needs it
    assert_null(code.header);
    bl_code_release(&again);
    bl_code_release(&code);
    bl_code_options options = usual;
    options.header = "net.h";
    options.n_vectors = 0;
    assert_ok(bl_code_write(context, m.network, &options, &code, NULL));
    assert_non_null(strstr(code.header, "int net_run(const float *input, float *output);"));
    assert_non_null(strstr(code.source, "#include \"net.h\""));
    assert_null(strstr(code.source, "main"));
    bl_code_release(&code);
    release(&m);
}

static void test_refused(void **state) {
    bl_context *context = *state;
    const char *const names[] = {"", "1a", "a-b", "a b", "ä"};
    made m = {0};
    bl_code code;
    bl_error err;
    assert_ok(make(context, "dense", NULL, &m));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bl_code_options options = usual;
        options.name = names[i];
        assert_int_equal(bl_code_write(context, m.network, &options, &code, &err), BL_E_INVALID);
    }
    bl_code_options many = usual;
    many.n_vectors = BL_CODE_MOST_VECTORS + 1;
    assert_int_equal(bl_code_write(context, m.network, &many, &code, &err), BL_E_LIMIT);
    release(&m);
    bl_random random;
    bl_random_init(&random, 1, 0, 0);
    bl_nn_forest *forest =
        test_forest(context, &random,
                    &(test_forest_shape){
                        .head = {.n_features = 5, .n_scores = 1, .function = BL_NN_FOREST_PROBIT},
                        .n_trees = 1,
                        .most_weights = 1});
    assert_ok(make(context, "trees", forest, &m));
    assert_error(bl_code_write(context, m.network, &usual, &code, &err), BL_E_UNSUPPORTED, err,
                 "layer 'trees' (TreeEnsemble)");
    release(&m);
    bl_nn_forest_free(forest);
}

// ---- forests ----

extern char **environ;

/// \return the exit status; −1: there is no such program
static int run(const char *program, const char *const *arguments) {
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, program, NULL, NULL, (char *const *)arguments, environ) != 0)
        return -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/// Compiles code, and runs its test.
static void check_code(const bl_code *code) {
    const char *source = test_path("net.c"), *program = test_path("net");
    const char *given = getenv("CC"), *cc = given ? given : "cc";
    FILE *file = fopen(source, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(code->source, 1, code->source_size, file), code->source_size);
    assert_int_equal(fclose(file), 0);
    const char *const compile[] = {cc,          "-std=c11", "-Wall",      "-Wextra", "-Werror",
                                   "-pedantic", "-O1",      "-Dnet_TEST", source,    "-o",
                                   program,     "-lm",      NULL};
    const char *const test[] = {program, NULL};
    int compiled = run(cc, compile), failed = compiled ? 1 : run(program, test);
    if (compiled < 0 || compiled == 127)
        skip();
    assert_int_equal(compiled, 0);
    assert_int_equal(failed, 0);
}

static void test_forests(void **state) {
    static const double bases[] = {0.25, -0.5, 1.0 / 3};
    const bl_nn_forest_head heads[] = {
        {5, 1, BL_NN_FOREST_SUM, BL_NN_FOREST_NO_PAIR, BL_NN_FOREST_LOGISTIC, false, true, bases},
        {5, 3, BL_NN_FOREST_MEAN, BL_NN_FOREST_NO_PAIR, BL_NN_FOREST_SOFTMAX, true, false, bases},
        {5, 1, BL_NN_FOREST_SUM, BL_NN_FOREST_COMPLEMENT, BL_NN_FOREST_IDENTITY, false, false,
         bases},
        {5, 1, BL_NN_FOREST_SUM, BL_NN_FOREST_OPPOSITE, BL_NN_FOREST_SOFTMAX_ZERO, true, true,
         bases},
        {5, 3, BL_NN_FOREST_LEAST, BL_NN_FOREST_NO_PAIR, BL_NN_FOREST_EXP, false, false, bases},
        {5, 2, BL_NN_FOREST_GREATEST, BL_NN_FOREST_NO_PAIR, BL_NN_FOREST_IDENTITY, true, false,
         NULL},
    };
    bl_context *context = *state;
    bl_random random;
    bl_random_init(&random, 5, 0, 0);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        test_forest_shape shape = {.head = heads[i],
                                   .n_trees = 20,
                                   .most_depth = 6,
                                   .comparison = i % 2 ? -1 : BL_NN_AT_MOST,
                                   .most_weights = 2};
        bl_nn_forest *forest = test_forest(context, &random, &shape);
        bl_code_options options = usual;
        made m = {0};
        bl_code code;
        options.n_vectors = 200;
        assert_ok(make(context, "trees", forest, &m));
        assert_ok(bl_code_write(context, m.network, &options, &code, NULL));
        check_code(&code);
        bl_code_release(&code);
        release(&m);
        bl_nn_forest_free(forest);
    }
}

// ---- what no file of Keras has ----

static size_t add_node(made *m, const char *kind, const char *name, size_t input) {
    bl_nn_node *node;
    assert_ok(bl_nn_graph_add(&m->graph, bl_nn_kind_find(kind), name, 1, &input, &node, NULL));
    return m->graph.n_nodes - 1;
}

static size_t add_slice(made *m, const char *name, size_t input, bl_nn_slice_options options) {
    size_t at = add_node(m, "Slice", name, input);
    *(bl_nn_slice_options *)m->graph.nodes[at].options = options;
    return at;
}

static void test_slices(void **state) {
    static const int64_t sizes[] = {6, 11}, dims[] = {2, 1};
    bl_context *context = *state;
    made m = {0};
    bl_code code;
    bl_nn_node *node;
    bl_arena_init(&m.arena, context);
    bl_nn_graph_init(&m.graph, &m.arena, "slices");
    assert_ok(bl_nn_graph_add(&m.graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){2, sizes};
    ((bl_nn_input_options *)node->options)->ragged = true;
    size_t turned = add_node(&m, "Permute", "turned", 0);
    ((bl_nn_permute_options *)m.graph.nodes[turned].options)->dims = (bl_nn_counts){2, dims};
    size_t outputs[] = {
        turned,
        add_slice(&m, "steps", turned, (bl_nn_slice_options){1, 2, 5, true}),
        add_slice(&m, "step", 0, (bl_nn_slice_options){1, 3, 1, false}),
        add_slice(&m, "columns", 0, (bl_nn_slice_options){-1, 4, 3, true}),
    };
    assert_ok(bl_nn_graph_set_outputs(&m.graph, 4, outputs, NULL));
    assert_ok(bl_nn_network_new(context, &m.graph, NULL, &m.network, NULL));
    assert_ok(bl_code_write(context, m.network, &usual, &code, NULL));
    check_code(&code);
    bl_code_release(&code);
    release(&m);
}

// ---- faults ----

static const bl_nn_network *written;

static bl_status write_once(bl_context *context) {
    bl_code code;
    BL_TRY(bl_code_write(context, written, &usual, &code, NULL));
    bl_code_release(&code);
    return BL_OK;
}

static void test_allocations(void **state) {
    made m = {0};
    assert_ok(make(*state, "dense", NULL, &m));
    written = m.network;
    test_every_allocation_fails(write_once);
    release(&m);
}

static int setup(void **state) {
    *state = test_context(1);
    return test_make_folder(state);
}

static int teardown(void **state) {
    bl_context_free(*state);
    return test_remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_text),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_forests),
        cmocka_unit_test(test_slices),  cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
