// SPDX-License-Identifier: Apache-2.0
#include "nn/network/trainer.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/testing.h"

enum { WIDTH = 6, CLASSES = 3, EVENTS = 200, MOST = 256 };

/// Events of three classes around three points, some with weights below 0.
typedef struct sample {
    float x[MOST * WIDTH], y[MOST * CLASSES], weights[MOST];
} sample;

static void fill(sample *s) {
    bl_random random;
    bl_random_init(&random, 1, 0, 0);
    memset(s, 0, sizeof *s);
    for (size_t e = 0; e < MOST; e++) {
        size_t class = e % CLASSES;
        s->y[e * CLASSES + class] = 1;
        s->weights[e] = e % 11 == 0 ? -0.5F : 1.1F;
        for (size_t i = 0; i < WIDTH; i++)
            s->x[e * WIDTH + i] = (float)(bl_random_uniform(&random) + (i == class));
    }
}

/// Input, Dense, perhaps BatchNormalization, Dropout, Dense with softmax.
static void make_graph(bl_nn_graph *graph, bl_arena *arena, bool normalises) {
    static const int64_t sizes[] = {WIDTH};
    bl_nn_node *node;
    size_t last = 0;
    bl_nn_graph_init(graph, arena, "test");
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, sizes};
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Dense"), "a", 1, &last, &node, NULL));
    ((bl_nn_dense_options *)node->options)->units = 20;
    assert_true(bl_nn_activation_find("relu", &((bl_nn_dense_options *)node->options)->activation));
    last++;
    if (normalises) {
        assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("BatchNormalization"), "n", 1, &last,
                                  &node, NULL));
        last++;
    }
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Dropout"), "d", 1, &last, &node, NULL));
    ((bl_nn_dropout_options *)node->options)->rate = 0.1;
    last++;
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Dense"), "b", 1, &last, &node, NULL));
    ((bl_nn_dense_options *)node->options)->units = CLASSES;
    ((bl_nn_dense_options *)node->options)->activation.kind = BL_NN_SOFTMAX;
    last++;
    assert_ok(bl_nn_graph_set_outputs(graph, 1, &last, NULL));
}

/// Input and Dense with ReLU, ReLU and softmax. \param apart both ReLUs are layers of their own
static void make_chain(bl_nn_graph *graph, bl_arena *arena, bool apart) {
    static const int64_t sizes[] = {WIDTH}, units[] = {20, 37, CLASSES};
    bl_nn_activation relu;
    bl_nn_node *node;
    size_t last = 0;
    bl_nn_graph_init(graph, arena, "test");
    assert_true(bl_nn_activation_find("relu", &relu));
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){1, sizes};
    for (size_t i = 0; i < 3; i++, last++) {
        const char *names[] = {"a", "b", "c"}, *relus[] = {"r", "s"};
        assert_ok(
            bl_nn_graph_add(graph, bl_nn_kind_find("Dense"), names[i], 1, &last, &node, NULL));
        bl_nn_dense_options *options = node->options;
        options->units = units[i];
        if (i == 2)
            options->activation.kind = BL_NN_SOFTMAX;
        else if (!apart)
            options->activation = relu;
        if (i == 2 || !apart)
            continue;
        last++;
        assert_ok(
            bl_nn_graph_add(graph, bl_nn_kind_find("Activation"), relus[i], 1, &last, &node, NULL));
        ((bl_nn_activation_options *)node->options)->activation = relu;
    }
    assert_ok(bl_nn_graph_set_outputs(graph, 1, &last, NULL));
}

/// Every parameter its own number; variances, scales and the like are 1.
static void begin(bl_nn_network *network) {
    bl_random random;
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        bool is_one = strcmp(p->name, "gamma") == 0 || strcmp(p->name, "moving_variance") == 0;
        bl_random_init(&random, 2, 0, i);
        for (size_t k = 0; k < p->n; k++)
            network->parameters[p->offset + k] =
                is_one ? 1 : (float)(0.6 * bl_random_uniform(&random) - 0.3);
    }
    bl_nn_network_pack(network);
}

typedef struct training {
    double first_loss, last_loss;
    uint64_t bits; ///< of all parameters
} training;

static uint64_t hash(const float *values, size_t n) {
    uint64_t h = 14695981039346656037U;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        h = (h ^ bits) * 1099511628211U;
    }
    return h;
}

typedef void (*graph_maker)(bl_nn_graph *graph, bl_arena *arena, bool option);

static training train(const sample *s, unsigned n_threads, const bl_nn_kernels *kernels,
                      graph_maker make, bool option, size_t n_steps) {
    training result = {0};
    BL_AUTO(bl_context) context = test_context(n_threads);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_nn_graph graph;
    make(&graph, &arena, option);
    bl_nn_network *network;
    bl_nn_trainer *trainer;
    bl_nn_network_options options = {.kernels = kernels, .trains = true};
    assert_ok(bl_nn_network_new(context, &graph, &options, &network, NULL));
    begin(network);
    bl_nn_objective objective = {bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL), 1};
    bl_nn_trainer_options how = {.objectives = &objective,
                                 .optimizer = bl_nn_optimizer_of(BL_NN_OPTIMIZER_ADAM),
                                 .most_events = MOST,
                                 .seed = 3};
    assert_ok(bl_nn_trainer_new(network, &how, &trainer, NULL));
    bl_nn_feed x = {.data = s->x}, y = {.data = s->y};
    bl_nn_batch batch = {EVENTS, &x, &y, s->weights};
    for (size_t i = 0; i < n_steps; i++) {
        assert_ok(bl_nn_trainer_step(trainer, &batch, 0.01, &result.last_loss, NULL));
        if (i == 0)
            result.first_loss = result.last_loss;
    }
    result.bits = hash(network->parameters, network->plan.n_floats);
    bl_nn_trainer_free(trainer);
    bl_nn_network_free(network);
    bl_arena_release(&arena);
    return result;
}

static void test_losses_fall_and_bits_do_not_depend_on_threads(void **state) {
    static sample s;
    (void)state;
    fill(&s);
    for (int normalises = 0; normalises < 2; normalises++) {
        training one = train(&s, 1, NULL, make_graph, normalises, 60);
        training three = train(&s, 3, NULL, make_graph, normalises, 60);
        training plain = train(&s, 2, &bl_nn_kernels_plain, make_graph, normalises, 60);
        assert_true(one.last_loss < 0.6 * one.first_loss);
        assert_true(one.bits == three.bits);
        assert_true(one.bits == plain.bits);
    }
}

/// Products that rectify, and go back through a ReLU, give what layers of their own give.
static void test_joined_activations_give_the_same_bits(void **state) {
    static sample s;
    const bl_nn_kernels *kernels;
    (void)state;
    fill(&s);
    for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
        training joined = train(&s, 1, kernels, make_chain, false, 60);
        training apart = train(&s, 1, kernels, make_chain, true, 60);
        assert_true(joined.last_loss < 0.6 * joined.first_loss);
        assert_true(joined.bits == apart.bits);
    }
}

static void test_a_loss_that_is_no_number_changes_nothing(void **state) {
    static sample s;
    (void)state;
    for (int normalises = 0; normalises < 2; normalises++) {
        fill(&s);
        training zero = train(&s, 1, NULL, make_graph, normalises, 0);
        s.x[5] = NAN;
        training one = train(&s, 1, NULL, make_graph, normalises, 1);
        assert_true(isnan(one.last_loss));
        assert_true(zero.bits == one.bits);
    }
}

/// A sequence with a mask, and the mean of its steps, which is the first output.
static void make_masked(bl_nn_graph *graph, bl_arena *arena) {
    static const int64_t sizes[] = {2, 2};
    const size_t outputs[] = {2, 1};
    size_t last = 0;
    bl_nn_node *node;
    bl_nn_graph_init(graph, arena, "test");
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Input"), "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape = (bl_nn_counts){2, sizes};
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("Masking"), "m", 1, &last, &node, NULL));
    last = 1;
    assert_ok(bl_nn_graph_add(graph, bl_nn_kind_find("GlobalAveragePooling1D"), "p", 1, &last,
                              &node, NULL));
    assert_ok(bl_nn_graph_set_outputs(graph, 2, outputs, NULL));
}

/// \return what a trainer of both says
static bl_status train_masked(double weight_of_sequence, double *ret_loss) {
    static const float x[] = {1, 2, 0, 0}, targets[] = {3, 2, 9, 9};
    BL_AUTO(bl_context) context = test_context(1);
    bl_arena arena;
    bl_nn_graph graph;
    bl_arena_init(&arena, context);
    make_masked(&graph, &arena);
    bl_nn_network *network;
    bl_nn_trainer *trainer = NULL;
    bl_nn_network_options options = {.trains = true};
    assert_ok(bl_nn_network_new(context, &graph, &options, &network, NULL));
    const bl_nn_objective objectives[] = {{bl_nn_loss_of(BL_NN_LOSS_SQUARED), 1},
                                          {bl_nn_loss_of(BL_NN_LOSS_SQUARED), weight_of_sequence}};
    bl_nn_trainer_options how = {.objectives = objectives,
                                 .optimizer = bl_nn_optimizer_of(BL_NN_OPTIMIZER_SGD),
                                 .most_events = 1};
    bl_nn_feed feed = {.data = x}, both[] = {{.data = targets}, {.data = targets}};
    bl_nn_batch batch = {1, &feed, both, NULL};
    bl_status status = bl_nn_trainer_new(network, &how, &trainer, NULL);
    if (status == BL_OK)
        status = bl_nn_trainer_gradient(trainer, &batch, ret_loss, NULL);
    bl_nn_trainer_free(trainer);
    bl_nn_network_free(network);
    bl_arena_release(&arena);
    return status;
}

static void test_a_sequence_with_a_mask_has_no_loss(void **state) {
    (void)state;
    double loss = 0;
    assert_int_equal(train_masked(1, &loss), BL_E_UNSUPPORTED);
    assert_ok(train_masked(0, &loss));
    assert_true(loss == 2); // (1 − 3)² and (2 − 2)², halved
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses_fall_and_bits_do_not_depend_on_threads),
        cmocka_unit_test(test_joined_activations_give_the_same_bits),
        cmocka_unit_test(test_a_loss_that_is_no_number_changes_nothing),
        cmocka_unit_test(test_a_sequence_with_a_mask_has_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
