// SPDX-License-Identifier: Apache-2.0
// Transforms in front of networks: ours come back as they were written, others' against plain C,
// and what is none is left to layers.
#include <float.h>
#include <math.h>

#include "base/testing.h"
#include "model/onnx/builder.h"
#include "model/onnx/from_graph.h"
#include "model/onnx/to_graph.h"

static bl_context *context;
static bl_arena arena;

static int set_up(void **state) {
    (void)state;
    context = test_context(1);
    bl_arena_init(&arena, context);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}

// ---- our own ----

enum { WIDTH = 37, STEPS = 5 };

/// Of all curves, some cut, some with a number for missing ones.
static bl_nn_columns make_columns(unsigned curves, bool is_cut, bool fills) {
    bl_nn_columns c;
    assert_ok(bl_nn_columns_init(&arena, "x", WIDTH, &c, NULL));
    for (size_t i = 0; i < WIDTH; i++) {
        c.names[i] = bl_arena_printf(&arena, "column_%zu", i);
        c.curves[i] = curves >> (i % BL_NN_N_CURVES) & 1 ? (bl_nn_curve)(i % BL_NN_N_CURVES)
                                                         : BL_NN_CURVE_IDENTITY;
        c.offset[i] = i % 5 ? sin((double)i) * 1e3 : 0;
        c.scale[i] = i % 4 ? cos((double)i) / 7 : 1;
        if (is_cut && i % 3)
            c.low[i] = -1.0 / (double)i;
        if (is_cut && i % 2)
            c.high[i] = 10.0 / (double)i;
        if (fills && i % 7)
            c.missing[i] = (double)i / 3;
    }
    return c;
}

/// A Dense behind a vector or a list of steps.
static bl_nn_network *make_network(bl_nn_graph *graph, bool is_list) {
    static const int64_t shape[] = {STEPS, WIDTH};
    bl_nn_network *network = NULL;
    bl_nn_node *node = NULL;
    bl_nn_graph_init(graph, &arena, "test");
    assert_ok(bl_nn_graph_add(graph, &bl_nn_kinds[BL_NN_KIND_INPUT], "x", 0, NULL, &node, NULL));
    ((bl_nn_input_options *)node->options)->shape =
        (bl_nn_counts){is_list ? 2 : 1, shape + !is_list};
    assert_ok(
        bl_nn_graph_add(graph, &bl_nn_kinds[BL_NN_KIND_DENSE], "y", 1, &(size_t){0}, &node, NULL));
    ((bl_nn_dense_options *)node->options)->units = 2;
    assert_ok(bl_nn_graph_set_outputs(graph, 1, &(size_t){1}, NULL));
    assert_ok(bl_nn_network_new(context, graph, NULL, &network, NULL));
    assert_ok(bl_nn_network_start(network, 1, NULL));
    return network;
}

static void come_back(const bl_nn_network *network, bl_nn_columns *columns) {
    static const char *const classes[] = {"signal", "background"};
    const bl_nn_transform transform = {1, columns};
    const bl_onnx_export_options options = {
        .transform = &transform, .n_classes = 2, .class_names = classes};
    bl_onnx_model *model = NULL;
    bl_onnx_network from;
    const char *before = NULL, *now = NULL;
    bl_error err = {0};
    assert_ok(bl_onnx_from_graph(&arena, network, &options, &model, NULL));
    if (bl_onnx_to_graph(model, &arena, &from, &err) != BL_OK)
        fail_msg("%s", err.message);
    assert_int_equal(from.graph.n_nodes, 2); // nothing became a layer
    assert_ok(bl_nn_transform_write(&arena, &transform, &before, NULL));
    assert_ok(bl_nn_transform_write(&arena, &from.transform, &now, NULL));
    assert_string_equal(now, before);
    assert_int_equal(from.n_classes, 2);
    assert_string_equal(from.class_names[1], "background");
    bl_onnx_network_release(&from);
}

static void ours(void **state) {
    (void)state;
    for (unsigned i = 0; i < 1U << (BL_NN_N_CURVES + 3); i++) {
        bl_nn_graph graph;
        bl_nn_network *network = make_network(&graph, i & 1);
        bl_nn_columns columns = make_columns(i >> 3, i & 2, i & 4);
        come_back(network, &columns);
        bl_nn_network_free(network);
    }
}

/// A name with a comma in it cannot be told from two.
static void names_with_commas(void **state) {
    (void)state;
    bl_nn_graph graph;
    bl_nn_network *network = make_network(&graph, false);
    bl_nn_columns columns = make_columns(0, false, false);
    const bl_nn_transform transform = {1, &columns};
    const bl_onnx_export_options options = {.transform = &transform};
    bl_onnx_model *model = NULL;
    bl_onnx_network from;
    columns.names[3] = "min(a, b)";
    assert_ok(bl_onnx_from_graph(&arena, network, &options, &model, NULL));
    assert_ok(bl_onnx_to_graph(model, &arena, &from, NULL));
    assert_int_equal(from.transform.n_inputs, 1);
    assert_null(from.transform.inputs[0].names[0]);
    bl_onnx_network_release(&from);
    bl_nn_network_free(network);
}

static bl_status write_and_read(bl_context *limited) {
    bl_arena own;
    bl_onnx_model *model = NULL;
    bl_onnx_network from = {0};
    bl_nn_graph graph;
    bl_nn_network *network = make_network(&graph, false);
    bl_nn_columns columns = make_columns(~0U, true, true);
    const bl_nn_transform transform = {1, &columns};
    const bl_onnx_export_options options = {.transform = &transform};
    bl_arena_init(&own, limited);
    bl_status status = bl_onnx_from_graph(&own, network, &options, &model, NULL);
    if (status == BL_OK)
        status = bl_onnx_to_graph(model, &own, &from, NULL);
    assert_true(status != BL_OK || from.transform.n_inputs == 1);
    bl_onnx_network_release(&from);
    bl_arena_release(&own);
    bl_nn_network_free(network);
    return status;
}

static void every_allocation_fails(void **state) {
    (void)state;
    test_every_allocation_fails(write_and_read);
}

// ---- others' ----

enum { MOST_STEPS = 8 };

/// An operator on d, the two columns in double, on constants, and on what came before, by its name.
typedef struct operation {
    const char *name, *inputs[3], *output;
} operation;

/// Constants: k = {2, -3}, one = 1, flags = {true, false}, and some with a name that says it.
static void add_constants(bl_onnx_builder *b) {
    static const struct {
        const char *name;
        size_t n;
        double numbers[2];
    } constants[] = {{"k", 2, {2, -3}},   {"one", 1, {1}},   {"half", 1, {0.5}},
                     {"zero", 1, {0}},    {"nan", 1, {NAN}}, {"inf", 1, {INFINITY}},
                     {"minus", 1, {-1.5}}};
    static const uint8_t flags[] = {1, 0};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        bl_onnx_add_initializer(b, constants[i].name, BL_ONNX_DOUBLE, constants[i].n > 1,
                                (int64_t[]){(int64_t)constants[i].n}, constants[i].numbers,
                                constants[i].n * sizeof(double));
    bl_onnx_add_initializer(b, "flags", BL_ONNX_BOOL, 1, (int64_t[]){2}, flags, sizeof flags);
}

static void add_cast(bl_onnx_builder *b, const char *from, const char *to, bl_onnx_type_id type) {
    bl_onnx_add_int(b, bl_onnx_add_node(b, "Cast", NULL, 1, &from, 1, &to), "to", type);
}

/// y = Cast(t), where the operators make t, the last of them. \param another_output z is Cast(d)
static bl_onnx_model *make_model(const operation *operations, const char *another_output) {
    static const bl_onnx_size sizes[] = {{"events", 0}, {NULL, 2}};
    bl_onnx_builder b;
    bl_onnx_model *model = NULL;
    bl_error err = {0};
    const char *last = "d";
    bl_onnx_builder_init(&b, &arena, 8, "main");
    bl_onnx_add_opset(&b, NULL, 17);
    bl_onnx_add_input(&b, "x", BL_ONNX_FLOAT, 2, sizes);
    add_constants(&b);
    add_cast(&b, "x", "d", BL_ONNX_DOUBLE);
    for (const operation *o = operations; o->name; o++) {
        size_t n = 1;
        while (n < 3 && o->inputs[n])
            n++;
        bl_onnx_add_node(&b, o->name, NULL, n, o->inputs, 1, &o->output);
        last = o->output;
    }
    add_cast(&b, last, "y", BL_ONNX_FLOAT);
    bl_onnx_add_output(&b, "y", BL_ONNX_FLOAT, 2, sizes);
    if (another_output && *another_output == 'z')
        add_cast(&b, "d", "z", BL_ONNX_FLOAT);
    if (another_output)
        bl_onnx_add_output(&b, another_output, BL_ONNX_FLOAT, 2, sizes);
    if (bl_onnx_builder_finish(&b, &model, &err) != BL_OK)
        fail_msg("%s", err.message);
    return model;
}

static double scaled(size_t i, double x) { return (x - (i ? -3 : 2)) / (i ? -3 : 2); }
static double turned(size_t i, double x) { return (i ? -3 : 2) - x; }
static double cut_first(size_t i, double x) {
    double y = isnan(x) ? x : fmin(fmax(x, -1.5), 1);
    return (y + 0.5) * (i ? -3 : 2);
}
static double cut_twice(size_t i, double x) {
    (void)i;
    return isnan(x) ? x : fmax(fmin(fmin(x, 1), 0.5), -1.5);
}
static double filled_first(size_t i, double x) { return (isnan(x) ? (i ? -3 : 2) : x) * 0.5 - 1; }
static double filled_then_cut(size_t i, double x) {
    double y = isnan(x) ? (i ? -3 : 2) : x;
    return fmax(y, -1.5);
}
static double bent(size_t i, double x) { return i ? log1p(x) : isnan(log(x)) ? 0.5 : log(x); }
static double by_size(size_t i, double x) { return (asinh(x) - 0.5) * (i ? -3 : 2); }
static double nothing(size_t i, double x) { return i ? 0 * x : x; }

static const struct chain {
    double (*of)(size_t i, double x);
    operation operations[MOST_STEPS + 4];
} chains[] = {
    {scaled, {{"Sub", {"d", "k"}, "a"}, {"Div", {"a", "k"}, "t"}}},
    {turned, {{"Sub", {"k", "d"}, "t"}}},
    {cut_first,
     {{"Max", {"d", "minus"}, "a"},
      {"Min", {"one", "a"}, "b"},
      {"Add", {"half", "b"}, "c"},
      {"Mul", {"c", "k"}, "t"}}},
    {cut_twice,
     {{"Min", {"d", "one"}, "a"}, {"Min", {"a", "half"}, "b"}, {"Max", {"b", "minus"}, "t"}}},
    {filled_first,
     {{"IsNaN", {"d"}, "n"},
      {"Where", {"n", "k", "d"}, "a"},
      {"Mul", {"a", "half"}, "b"},
      {"Sub", {"b", "one"}, "t"}}},
    {filled_then_cut,
     {{"IsNaN", {"d"}, "n"}, {"Where", {"n", "k", "d"}, "a"}, {"Max", {"a", "minus"}, "t"}}},
    {filled_then_cut, // the second time counts
     {{"IsNaN", {"d"}, "n"},
      {"Where", {"n", "one", "d"}, "a"},
      {"Where", {"n", "k", "a"}, "b"},
      {"Max", {"b", "minus"}, "t"}}},
    {bent,
     {{"Log", {"d"}, "a"},
      {"IsNaN", {"a"}, "n"},
      {"Where", {"n", "half", "a"}, "b"},
      {"Add", {"d", "one"}, "c"},
      {"Log", {"c"}, "e"},
      {"Where", {"flags", "b", "e"}, "t"}}},
    {by_size,
     {{"Abs", {"d"}, "size"},
      {"Mul", {"d", "d"}, "square"},
      {"Add", {"square", "one"}, "above"},
      {"Sqrt", {"above"}, "root"},
      {"Add", {"size", "root"}, "sum"},
      {"Log", {"sum"}, "log"},
      {"Sign", {"d"}, "sign"},
      {"Mul", {"sign", "log"}, "a"},
      {"Sub", {"a", "half"}, "b"},
      {"Mul", {"b", "k"}, "t"}}},
    {nothing, {{"Mul", {"d", "zero"}, "a"}, {"Where", {"flags", "d", "a"}, "t"}}},
};

static void others(void **state) {
    static const float numbers[] = {0,    1,     -1,       0.25F,     2,       -3,  1e-6F,
                                    1e6F, -1e6F, INFINITY, -INFINITY, FLT_MAX, NAN, -0.999F};
    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        bl_onnx_network from;
        bl_error err = {0};
        if (bl_onnx_to_graph(make_model(chains[i].operations, NULL), &arena, &from, &err) != BL_OK)
            fail_msg("chain %zu: %s", i, err.message);
        assert_int_equal(from.graph.n_nodes, 1);
        assert_int_equal(from.transform.n_inputs, 1);
        assert_string_equal(from.transform.inputs[0].input, "x");
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            float x[] = {numbers[k], numbers[k]}, y[2];
            bl_nn_columns_run(&from.transform.inputs[0], 1, x, 2, y, 2);
            for (size_t c = 0; c < 2; c++) {
                double wanted = chains[i].of(c, (double)x[c]);
                if (isnan(wanted) != isnan(y[c]) ||
                    (y[c] != (float)wanted && fabs((double)y[c] - wanted) > 1e-7 * fabs(wanted)))
                    fail_msg("chain %zu: of %g in column %zu %g, not %g", i, (double)x[c], c,
                             (double)y[c], wanted);
            }
        }
        bl_onnx_network_release(&from);
    }
}

// ---- what is none ----

static const struct refusal {
    const char *wanted; ///< of the message; NULL: layers are made
    const char *another_output;
    operation operations[MOST_STEPS];
} refusals[] = {
    {NULL, NULL, {{"Mul", {"d", "d"}, "t"}}},                             // no transform has it
    {NULL, NULL, {{"Add", {"x", "one"}, "u"}, {"Sub", {"d", "k"}, "t"}}}, // x goes elsewhere
    {NULL, "x", {{"Sub", {"d", "k"}, "t"}}},                              // and out
    {NULL, "d", {{"Sub", {"d", "k"}, "t"}}},                              // so does d
    {NULL, "z", {{"Sub", {"d", "k"}, "t"}}},                              // another Cast
    {NULL, NULL, {{"Mul", {"d", "k"}, "a"}, {"Log", {"a"}, "t"}}},        // not of x
    {NULL, NULL, {{"Sqrt", {"d"}, "t"}}},
    {NULL, NULL, {{"Div", {"k", "d"}, "t"}}},
    {"(Where): it is read in a transform", NULL, {{"Where", {"flags", "d", "k"}, "t"}}},
    {"(IsNaN): it is read in a transform",
     NULL,
     {{"IsNaN", {"x"}, "n"}, {"Where", {"n", "k", "d"}, "t"}}},
    {"(IsNaN): it is read in a transform", // of other numbers than those that it chooses from
     NULL,
     {{"IsNaN", {"d"}, "n"}, {"Log", {"d"}, "a"}, {"Where", {"n", "k", "a"}, "t"}}},
    {"(IsNaN): it is read in a transform", // of numbers that are none any more
     NULL,
     {{"IsNaN", {"d"}, "n"},
      {"Where", {"n", "k", "d"}, "a"},
      {"IsNaN", {"a"}, "m"},
      {"Where", {"m", "one", "a"}, "t"}}},
    {"(IsNaN): it is read in a transform", // what is missing may not become infinite
     NULL,
     {{"IsNaN", {"d"}, "n"}, {"Where", {"n", "inf", "d"}, "t"}}},
    {"(Sign): it is read in a transform", NULL, {{"Sign", {"d"}, "t"}}},
};

static void no_transforms(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        bl_onnx_network from = {0};
        bl_error err = {0};
        bl_status status =
            bl_onnx_to_graph(make_model(r->operations, r->another_output), &arena, &from, &err);
        if (status != (r->wanted ? BL_E_UNSUPPORTED : BL_OK) ||
            (r->wanted && !strstr(err.message, r->wanted)))
            fail_msg("model %zu: %s", i, err.message);
        assert_int_equal(from.transform.n_inputs, 0);
        bl_onnx_network_release(&from);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_with_commas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_transforms, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
