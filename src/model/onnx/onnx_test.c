// SPDX-License-Identifier: Apache-2.0
// A model made by the builder, written and read again: while every allocation and every write fails
// once, cut at every byte, with every byte changed. And what a model must not be.
#include "model/onnx/file.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "io/bytes/sink_testing.h"
#include "model/onnx/built_testing.h"
#include "model/onnx/check.h"
#include "model/onnx/summary.h"

static test_sink memory;
static bl_context *context;
static bl_arena arena;

static bl_status build(bl_context *c, bl_arena *a, long fail_in, bl_error *err) {
    bl_onnx_builder b = {0};
    bl_onnx_model *model = NULL;
    bl_arena_init(a, c);
    test_onnx_model(&b, a);
    BL_TRY(bl_onnx_builder_finish(&b, &model, err));
    BL_TRY(test_sink_init(&memory, c, fail_in, err));
    BL_AUTO(bl_sink) sink = &memory.sink;
    return bl_onnx_write(c, model, sink, err);
}

static bl_onnx_model *made(bl_onnx_builder *b) {
    bl_arena_release(&arena);
    test_onnx_model(b, &arena);
    assert_false(b->failed);
    return b->model;
}

static void assert_refused(const bl_onnx_model *model, bl_status status, const char *message) {
    bl_error err = {0};
    assert_int_equal(bl_onnx_check(context, model, NULL, NULL, &err), status);
    assert_string_equal(err.message, message);
}

// ---- there and back ----

static void there_and_back(void **state) {
    (void)state;
    bl_arena first;
    bl_onnx_model *model = NULL;
    bl_arena_release(&arena);
    assert_ok(build(context, &first, 0, NULL));
    uint8_t *bytes = malloc(memory.size);
    size_t size = memory.size;
    assert_non_null(bytes);
    memcpy(bytes, memory.data, size);
    assert_ok(bl_onnx_parse(&arena, bytes, size, &model, NULL));
    assert_int_equal(bl_onnx_opset_version(&model->opsets, "ai.onnx"), 15);
    assert_int_equal(bl_onnx_opset_version(&model->opsets, "ai.onnx.ml"), 0);
    assert_int_equal(model->graph->nodes.n, 5);
    assert_string_equal(
        model->graph->nodes.items[3].attributes.items[1].graph->nodes.items[0].op_type, "Identity");
    assert_true(model->graph->nodes.items[0].attributes.items[0].f == 2.0F);
    assert_ok(test_sink_init(&memory, context, 0, NULL));
    bl_sink *sink = &memory.sink;
    assert_ok(bl_onnx_write(context, model, sink, NULL));
    bl_sink_close(sink);
    assert_int_equal(memory.size, size);
    assert_memory_equal(memory.data, bytes, size);
    free(bytes);
    bl_arena_release(&first);
}

static bl_status build_and_read(bl_context *c) {
    bl_arena a, b;
    bl_onnx_model *model = NULL;
    bl_onnx_summary summary;
    bl_arena_init(&b, c);
    bl_status status = build(c, &a, 0, NULL);
    if (status == BL_OK)
        status = bl_onnx_parse(&b, memory.data, memory.size, &model, NULL);
    if (status == BL_OK)
        status = bl_onnx_summarise(&b, model, &summary, NULL);
    bl_arena_release(&a);
    bl_arena_release(&b);
    return status;
}

static void a_write_fails(void **state) {
    (void)state;
    bl_arena a;
    assert_int_equal(build(context, &a, 1, NULL), BL_E_IO);
    bl_arena_release(&a);
}

/// Reads bytes out of a block of their own, so that a sanitizer sees a read past them.
static bl_status parse_alone(const uint8_t *data, size_t size, bl_error *err) {
    uint8_t *alone = malloc(size ? size : 1);
    bl_onnx_model *model = NULL;
    assert_non_null(alone);
    memcpy(alone, data, size);
    bl_arena_release(&arena);
    bl_status status = bl_onnx_parse(&arena, alone, size, &model, err);
    bl_arena_release(&arena);
    free(alone);
    return status;
}

static void cut_and_changed(void **state) {
    (void)state;
    bl_arena a;
    size_t n_good = 0;
    assert_ok(build(context, &a, 0, NULL));
    for (size_t i = 0; i < memory.size; i++) {
        bl_error err = {0};
        bl_status status = parse_alone(memory.data, i, &err);
        n_good += status == BL_OK;
        assert_true(status == BL_OK || status == BL_E_CORRUPT || status == BL_E_FORMAT);
        assert_true(status == BL_OK || *err.message);
    }
    assert_int_equal(n_good, 1); // metadata come last, and may be missing
    for (size_t i = 0; i < memory.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bl_error err = {0};
            memory.data[i] ^= (uint8_t)(1u << bit);
            n_good += parse_alone(memory.data, memory.size, &err) == BL_OK;
            memory.data[i] ^= (uint8_t)(1u << bit);
        }
    // what is no structure: values of tensors and numbers, letters of texts that nothing refers to
    assert_in_range(n_good, 1, memory.size * 8 * 3 / 4);
    bl_arena_release(&a);
}

// ---- what is refused ----

static void graphs_that_are_refused(void **state) {
    (void)state;
    bl_onnx_builder b = {0};
    bl_onnx_graph *graph = made(&b)->graph;
    graph->nodes.items[0].inputs.items[0] = "nowhere";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 0 '': Gemm: input 'nowhere' is made by no node before it");
    graph = made(&b)->graph;
    graph->nodes.items[0].inputs.items[0] = "y"; // made, but later: not sorted
    graph->nodes.items[0].name = "first";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 0 'first': Gemm: input 'y' is made by no node before it");
    graph = made(&b)->graph;
    graph->nodes.items[2].outputs.items[0] = "h";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 2 '': Greater: 'h' is defined a second time");
    graph = made(&b)->graph;
    graph->initializers.items[1].name = "w";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': initializer 1 'w': 'w' is defined a second time");
    graph = made(&b)->graph;
    graph->outputs.items[0].name = "other";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': output 'other' is made by no node before it");
    graph = made(&b)->graph;
    graph->nodes.items[3].attributes.items[0].graph->nodes.items[0].inputs.items[0] = "y";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 3 '': If: attribute 0 'then_branch': graph 'rectified': "
                   "node 0 '': Relu: input 'y' is made by no node before it");
    graph = made(&b)->graph;
    graph->nodes.items[4].domain = "com.example";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 4 '': Softmax: the model names no version of operators of "
                   "'com.example'");
    graph = made(&b)->graph;
    graph->nodes.items[4].op_type = NULL;
    assert_refused(b.model, BL_E_CORRUPT, "graph 'main': node 4 '': it names no operator");
    graph = made(&b)->graph;
    graph->sparse_initializers.n = 1;
    assert_refused(b.model, BL_E_UNSUPPORTED, "graph 'main': sparse initializers");
}

static void attributes_that_are_refused(void **state) {
    (void)state;
#define ALPHA "graph 'main': node 0 '': Gemm: attribute 0 'alpha': "
    bl_onnx_builder b = {0};
    bl_onnx_attribute *a = made(&b)->graph->nodes.items[0].attributes.items;
    a->kind = BL_ONNX_ATTRIBUTE_INT;
    assert_refused(b.model, BL_E_CORRUPT, ALPHA "it holds other values than its type, int");
    a->kind = BL_ONNX_ATTRIBUTE_TENSOR;
    a->head.has = 0;
    assert_refused(b.model, BL_E_CORRUPT, ALPHA "it holds no value of its type, tensor");
    a->kind = 15;
    assert_refused(b.model, BL_E_CORRUPT, ALPHA "its type is 15, which is none");
    a->kind = BL_ONNX_ATTRIBUTE_SPARSE_TENSOR;
    assert_refused(b.model, BL_E_UNSUPPORTED, ALPHA "sparse tensors");
    a->kind = BL_ONNX_ATTRIBUTE_FLOAT; // absent: 0
    assert_ok(bl_onnx_check(context, b.model, NULL, NULL, NULL));
    a->reference = "slope";
    assert_refused(b.model, BL_E_CORRUPT,
                   ALPHA "it takes the attribute 'slope' of a function, and is in none");
    a->reference = NULL;
    a[1].name = "alpha";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': node 0 '': Gemm: attribute 'alpha' is given twice");
}

static void tensors_that_are_refused(void **state) {
    (void)state;
#define W "graph 'main': initializer 0 'w': "
    static int32_t one = 1;
    bl_onnx_builder b = {0};
    bl_onnx_tensor *w = made(&b)->graph->initializers.items;
    w->raw.size = 23;
    assert_refused(b.model, BL_E_CORRUPT, W "23 bytes for 6 elements of float32: 24 wanted");
    w->raw = (bl_bytes){0};
    assert_refused(b.model, BL_E_CORRUPT, W "0 values for 6 elements of float32: 6 wanted");
    w->int32s.n = 1, w->int32s.items = &one;
    assert_refused(b.model, BL_E_CORRUPT, W "values of float32 in a field that is not its own");
    w->int32s.n = 0;
    w->dims.items[0] = -1;
    assert_refused(b.model, BL_E_CORRUPT, W "dim 0 is -1");
    w->dims.items[0] = w->dims.items[1] = INT64_MAX;
    assert_refused(b.model, BL_E_LIMIT, W "its dims are more than there can be");
    w->dims.items[0] = (int64_t)1 << 57;
    w->dims.items[1] = (int64_t)1 << 7; // the product of bytes would be 0 in 64 bits
    assert_refused(b.model, BL_E_LIMIT, W "its dims are more than there can be");
    w->dims.items[1] = 0;
    assert_ok(bl_onnx_check(context, b.model, NULL, NULL, NULL));
    w->type = 29;
    assert_refused(b.model, BL_E_UNSUPPORTED, W "elements of type 29, which is none");
    w->type = BL_ONNX_STRING;
    w->raw = (bl_bytes){(const uint8_t *)"", 0};
    assert_refused(b.model, BL_E_CORRUPT, W "texts cannot be raw_data");
    w->location = 1;
    assert_refused(b.model, BL_E_UNSUPPORTED,
                   W "its values lie in another file, which only a model that is read from a file "
                     "may name");
    w->segment = w->raw;
    assert_refused(b.model, BL_E_UNSUPPORTED, W "it is in segments");
}

static void models_that_are_refused(void **state) {
    (void)state;
    bl_onnx_builder b = {0};
    bl_onnx_dim *dim;
    made(&b)->ir_version = 2;
    assert_refused(b.model, BL_E_UNSUPPORTED, "IR version 2; 3 and later are read");
    made(&b)->graph = NULL;
    assert_refused(b.model, BL_E_FORMAT, "no ONNX model: it has no graph");
    made(&b)->opsets.items[0].version = 0;
    assert_refused(b.model, BL_E_CORRUPT, "version 0 of the operators of 'ai.onnx'");
    made(&b);
    bl_onnx_add_opset(&b, "ai.onnx", 16);
    assert_refused(b.model, BL_E_CORRUPT, "two versions of the operators of 'ai.onnx'");
    dim = &made(&b)->graph->inputs.items[0].type->tensor->shape->dims.items[1];
    dim->name = "features";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': input 0 'x': dim 1 is both 3 and 'features'");
    made(&b)->graph->inputs.items[1].name = "x";
    assert_refused(b.model, BL_E_CORRUPT,
                   "graph 'main': input 1 'x': 'x' is defined a second time");
    made(&b)->graph->inputs.items[1].name = "";
    assert_refused(b.model, BL_E_CORRUPT, "graph 'main': input 1 has no name");
}

static void functions(void **state) {
    (void)state;
    const char *in = "a", *out = "r", *attribute = "slope";
    bl_onnx_builder b, inner;
    bl_onnx_model *model = made(&b);
    bl_onnx_builder_init(&inner, &arena, 8, "unused");
    bl_onnx_node *node = bl_onnx_add_node(&inner, "LeakyRelu", NULL, 1, &in, 1, &out);
    bl_onnx_add_float(&inner, node, "alpha", 0);
    bl_onnx_add_opset(&inner, NULL, 15);
    node->attributes.items[0].reference = "slope";
    node->attributes.items[0].head.has &= ~(UINT64_C(1) << BL_ONNX_ATTRIBUTE_HAS_F);
    bl_onnx_function twice[2] = {{.name = "Leak", .domain = "local"}};
    twice[0].nodes = inner.model->graph->nodes;
    twice[0].opsets = inner.model->opsets;
    twice[0].inputs.n = 1, twice[0].inputs.items = &in;
    twice[0].outputs.n = 1, twice[0].outputs.items = &out;
    twice[0].attributes.n = 1, twice[0].attributes.items = &attribute;
    twice[1] = twice[0];
    model->functions.n = 1;
    model->functions.items = twice;
    assert_ok(bl_onnx_check(context, model, NULL, NULL, NULL));
    model->functions.n = 2;
    assert_refused(model, BL_E_CORRUPT, "function 1 'Leak': it is defined a second time");
    twice[1].overload = "other";
    out = "q";
    assert_refused(model, BL_E_CORRUPT,
                   "function 0 'Leak': output 'q' is made by no node before it");
}

// ---- values ----

static void assert_bytes(bl_onnx_tensor tensor, int32_t type, const char *bytes, size_t size) {
    bl_bytes got = {0};
    tensor.type = type;
    bl_error err = {0};
    if (bl_onnx_tensor_check(&tensor, &err) != BL_OK)
        fail_msg("type %d: %s", type, err.message);
    assert_ok(bl_onnx_tensor_bytes(&arena, &tensor, &got, NULL));
    assert_int_equal(got.size, size);
    assert_memory_equal(got.data, bytes, size);
}

static void values_of_every_field(void **state) {
    (void)state;
    int64_t three = 3, one = 1;
    int32_t small[] = {-1, 2, 259};
    int64_t wide[] = {-1, 2, 259};
    uint64_t natural[] = {1, 2, 259};
    float real[] = {1, 2};
    double precise[] = {1, 2};
    bl_bytes texts[3] = {0}, ignored;
    bl_onnx_tensor t = {0};
    t.dims.n = 1, t.dims.items = &three;
    t.int32s.n = 3, t.int32s.items = small;
    assert_bytes(t, BL_ONNX_INT32, "\xff\xff\xff\xff\2\0\0\0\3\1\0\0", 12);
    assert_bytes(t, BL_ONNX_FLOAT16, "\xff\xff\2\0\3\1", 6);
    assert_bytes(t, BL_ONNX_FLOAT8E5M2, "\xff\2\3", 3);
    // 63, 2, 3 in six bits each, from the lowest on
    assert_bytes(t, BL_ONNX_FLOAT6E2M3, "\xbf\x30\0", 3);
    t.int32s.n = 2;
    assert_bytes(t, BL_ONNX_INT4, "\xff\2", 2);
    t.int32s.n = 1;
    assert_bytes(t, BL_ONNX_UINT2, "\xff", 1);
    t.int32s.n = 0;
    t.int64s.n = 3, t.int64s.items = wide;
    assert_bytes(t, BL_ONNX_INT64,
                 "\xff\xff\xff\xff\xff\xff\xff\xff\2\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0", 24);
    t.int64s.n = 0;
    t.uint64s.n = 3, t.uint64s.items = natural;
    assert_bytes(t, BL_ONNX_UINT32, "\1\0\0\0\2\0\0\0\3\1\0\0", 12);
    t.uint64s.n = 0;
    t.dims.items = &one;
    t.floats.n = 2, t.floats.items = real;
    assert_bytes(t, BL_ONNX_COMPLEX64, "\0\0\x80\x3f\0\0\0\x40", 8);
    t.floats.n = 0;
    t.doubles.n = 2, t.doubles.items = precise;
    assert_bytes(t, BL_ONNX_COMPLEX128, "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40", 16);
    t.doubles.n = 0;
    t.raw = (bl_bytes){(const uint8_t *)"\1\2", 2};
    assert_bytes(t, BL_ONNX_BFLOAT16, "\1\2", 2);
    t.raw = (bl_bytes){0};
    t.texts.n = 1, t.texts.items = texts;
    t.type = BL_ONNX_STRING;
    assert_ok(bl_onnx_tensor_check(&t, NULL));
    assert_int_equal(bl_onnx_tensor_bytes(&arena, &t, &ignored, NULL), BL_E_TYPE);
}

static const char *model_path;

/// Writes the model with `w` in another file.
static void write_outside(const char *location, const char *offset, const char *length) {
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_onnx_builder b = {0};
    bl_onnx_tensor *w = made(&b)->graph->initializers.items;
    bl_onnx_pair pairs[] = {{.key = "location", .value = location},
                            {.key = "offset", .value = offset},
                            {.key = "length", .value = length}};
    w->raw = (bl_bytes){0};
    w->location = 1;
    w->head.has |= UINT64_C(1) << BL_ONNX_TENSOR_HAS_LOCATION;
    w->external.n = 3, w->external.items = pairs;
    assert_ok(bl_message_encode(context, &bl_onnx_model_message, b.model, &bytes, NULL));
    FILE *file = fopen(model_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    assert_int_equal(fclose(file), 0);
}

static bl_status read_outside(const char *location, const char *offset, const char *length,
                              bl_onnx_model **ret_model, bl_error *err) {
    write_outside(location, offset, length);
    bl_arena_release(&arena);
    return bl_onnx_read(&arena, model_path, ret_model, err);
}

static bl_status read_in_context(bl_context *c) {
    bl_arena own;
    bl_onnx_model *model = NULL;
    bl_arena_init(&own, c);
    bl_status status = bl_onnx_read(&own, model_path, &model, NULL);
    bl_arena_release(&own);
    return status;
}

static void values_in_another_file(void **state) {
    (void)state;
    char bytes[32];
    bl_onnx_model *model = NULL;
    bl_error err = {0};
    model_path = test_path("m.onnx");
    FILE *file = fopen(test_path("w.bin"), "wb");
    assert_non_null(file);
    for (int i = 0; i < 32; i++)
        bytes[i] = (char)i;
    assert_int_equal(fwrite(bytes, 1, 32, file), 32);
    assert_int_equal(fclose(file), 0);
    assert_ok(read_outside("w.bin", "8", "24", &model, &err));
    const bl_onnx_tensor *w = model->graph->initializers.items;
    assert_int_equal(w->raw.size, 24);
    assert_memory_equal(w->raw.data, bytes + 8, 24);
    assert_ok(read_outside("./w.bin", "8", NULL, &model, &err)); // up to its end
    assert_error(read_outside("w.bin", "0", "8", &model, &err), BL_E_CORRUPT, err,
                 "initializer 0 'w' at byte ");
    assert_non_null(strstr(err.message, "8 bytes for 6 elements of float32: 24 wanted"));
    const char *wrong[][2] = {{"9", "24"},  {"33", NULL}, {"-1", NULL},
                              {"8x", NULL}, {"8", ""},    {"18446744073709551615", "2"}};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(read_outside("w.bin", wrong[i][0], wrong[i][1], &model, &err),
                         BL_E_CORRUPT);
    const char *outside[] = {"../w.bin", "/etc/hostname", "a/../../w.bin", "a//..",
                             "..",       "file:w.bin",    "..\\w.bin"};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(read_outside(outside[i], "0", NULL, &model, &err), BL_E_ACCESS);
    assert_int_equal(read_outside("none.bin", "0", NULL, &model, &err), BL_E_NOTFOUND);
    assert_int_equal(read_outside("", "0", NULL, &model, &err), BL_E_CORRUPT);
    write_outside("w.bin", "8", "24");
    test_every_allocation_fails(read_in_context);
}

static void shows_what_is_inside(void **state) {
    (void)state;
    bl_onnx_builder b = {0};
    bl_onnx_summary summary;
    bl_onnx_model *model = made(&b);
    bl_onnx_type *element = model->graph->inputs.items[0].type;
    bl_onnx_nested_type map = {.key = BL_ONNX_INT64, .element = element};
    bl_onnx_type map_type = {.map = &map};
    bl_onnx_nested_type list = {.element = &map_type};
    bl_onnx_type type = {.sequence = &list};
    assert_ok(bl_onnx_summarise(&arena, model, &summary, NULL));
    assert_int_equal(summary.n_inputs, 2);
    assert_int_equal(summary.n_nodes, 7);
    assert_int_equal(summary.n_operators, 7);
    assert_int_equal(summary.n_parameters, 8);
    assert_int_equal(summary.parameter_bytes, 32);
    assert_string_equal(bl_onnx_type_format(&arena, &type),
                        "sequence<map<int64, float32[batch, 3]>>");
    assert_string_equal(bl_onnx_type_format(&arena, NULL), "unknown");
    bl_onnx_add_input(&b, "w", BL_ONNX_FLOAT, 0, NULL); // a default, as IR 3 has it: no input
    assert_ok(bl_onnx_summarise(&arena, model, &summary, NULL));
    assert_int_equal(summary.n_inputs, 2);
}

static int set_up(void **state) {
    context = test_context(1);
    bl_arena_init(&arena, context);
    return test_make_folder(state);
}

static int tear_down(void **state) {
    bl_arena_release(&arena);
    bl_context_free(context);
    return test_remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        test_each_allocation(build_and_read),
        cmocka_unit_test(a_write_fails),
        cmocka_unit_test(cut_and_changed),
        cmocka_unit_test(graphs_that_are_refused),
        cmocka_unit_test(attributes_that_are_refused),
        cmocka_unit_test(tensors_that_are_refused),
        cmocka_unit_test(models_that_are_refused),
        cmocka_unit_test(functions),
        cmocka_unit_test(values_of_every_field),
        cmocka_unit_test(values_in_another_file),
        cmocka_unit_test(shows_what_is_inside),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
