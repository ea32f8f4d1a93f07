// SPDX-License-Identifier: Apache-2.0
// Model files made here, in the layouts that Keras writes: layers, weights, shapes; written, read
// back and changed; what is wrong in them is named. Files of real Keras are in fuzz/corpus/keras
// and tests/peers/keras_models.py.
#include "model/keras/keras.h"

#include <stdio.h>

#include "base/testing.h"
#include "formats/hdf5/hdf5.h"

static float kernel[6] = {1, 2, 3, 4, 5, 6}, bias[2] = {7, 8};
static uint32_t seed[2] = {9, 10};
static const uint64_t two[] = {2}, three_two[] = {3, 2};

static bl_hdf5_node number_node(const char *name, bl_hdf5_type type, void *data, unsigned rank,
                                const uint64_t *dims, size_t n) {
    return (bl_hdf5_node){
        .name = name,
        .is_dataset = true,
        .values = {.type = type, .rank = rank, .dims = dims, .n = n, .data = data}};
}

#define GROUP(group_name, ...)                                                         \
    (bl_hdf5_node) {                                                                   \
        .name = (group_name), .children = (bl_hdf5_node *[]){__VA_ARGS__},             \
        .n_children = sizeof((bl_hdf5_node *[]){__VA_ARGS__}) / sizeof(bl_hdf5_node *) \
    }

static bl_hdf5_attribute text_attribute(const char *name, const char **texts, size_t n,
                                        size_t width, const uint64_t *dims) {
    return (bl_hdf5_attribute){name,
                               {.type = BL_HDF5_TEXTS,
                                .rank = dims ? 1 : 0,
                                .dims = dims,
                                .n = n,
                                .texts = texts,
                                .text_bytes = width}};
}

static bl_status save(bl_context *context, const bl_hdf5_node *root, bl_buffer **bytes) {
    bl_sink *sink = NULL;
    BL_TRY(bl_buffer_new(context, 4096, bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "tree", bytes, &sink, NULL));
    return bl_hdf5_tree_write(context, sink, root, NULL);
}

/// The weights of two layers of one class and one in a model, as an archive has them.
static bl_status make_weights(bl_context *context, bl_buffer **bytes) {
    bl_hdf5_node w = number_node("0", BL_HDF5_FLOAT32, kernel, 2, three_two, 6);
    bl_hdf5_node b = number_node("1", BL_HDF5_FLOAT32, bias, 1, two, 2);
    bl_hdf5_node s = number_node("0", BL_HDF5_UINT32, seed, 1, two, 2);
    bl_hdf5_node vars = GROUP("vars", &w, &b), seeds = GROUP("vars", &s);
    bl_hdf5_node dense = GROUP("dense", &vars), second = GROUP("dense_1", &vars);
    bl_hdf5_node generator = GROUP("seed_generator", &seeds);
    bl_hdf5_node dropout = GROUP("dropout", &generator);
    bl_hdf5_node inner_layers = GROUP("layers", &dense);
    bl_hdf5_node inner = GROUP("sequential", &inner_layers);
    bl_hdf5_node layers = GROUP("layers", &dense, &second, &dropout, &inner);
    bl_hdf5_node optimizer = GROUP("optimizer", &vars), root = GROUP("", &layers, &optimizer);
    return save(context, &root, bytes);
}

#define TENSOR(layer, shape)                                                \
    "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": " shape \
    ", \"keras_history\": [\"" layer "\", 0, 0]}}"

static const char config[] =
    "{\"class_name\": \"Functional\", \"config\": {\"layers\": ["
    "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"batch_shape\": [null, 3]}},"
    "{\"class_name\": \"Dense\", \"module\": \"keras.layers\", \"name\": \"b\", \"inbound_nodes\": "
    "[{\"args\": [" TENSOR(
        "x",
        "[null, 3]") "]}]},"
                     "{\"class_name\": \"Dense\", \"module\": \"keras.src.ops.core\", \"name\": "
                     "\"no layer\"},"
                     "{\"class_name\": \"Dropout\", \"config\": {\"name\": \"drop\"}},"
                     "{\"class_name\": \"Sequential\", \"name\": \"in\", \"config\": {\"layers\": ["
                     "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"i\", "
                     "\"batch_shape\": [null, 3]}},"
                     "{\"class_name\": \"Dense\", \"config\": {\"name\": \"c\"}}]}},"
                     "{\"class_name\": \"Dense\", \"name\": \"a\", \"inbound_nodes\": "
                     "[{\"args\": [" TENSOR(
                         "b", "[null, 2]") "]}]}"
                                           "]}, \"compile_config\": {\"optimizer\": \"sgd\"}}";

static bl_status read_bytes(bl_context *context, const void *data, size_t size,
                            bl_keras_file **ret_file, bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "m.keras", data, size, &source, err));
    return bl_keras_read(context, source, ret_file, err);
}

static bl_status read_archive(bl_context *context, const char *text, bl_keras_file **ret_file,
                              bl_error *err) {
    BL_AUTO(bl_buffer) weights = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_sink) sink = NULL;
    BL_TRY(make_weights(context, &weights));
    BL_TRY(bl_buffer_new(context, 4096, &bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "m.keras", &bytes, &sink, NULL));
    const bl_zip_part parts[] = {{"metadata.json", "{\"keras_version\": \"3.3.3\"}", 26},
                                 {"config.json", text, strlen(text)},
                                 {"model.weights.h5", weights->data, weights->size}};
    BL_TRY(bl_zip_write(sink, parts, 3, NULL));
    return read_bytes(context, bytes->data, bytes->size, ret_file, err);
}

static void check_layer(const bl_keras_file *file, size_t i, const char *name, const char *path,
                        uint64_t n_parameters, const char *last_dim) {
    const bl_keras_layer *layer = &file->layers[i];
    assert_string_equal(layer->name, name);
    assert_int_equal(layer->path != NULL, path != NULL);
    if (path)
        assert_string_equal(layer->path, path);
    assert_int_equal(layer->n_parameters, n_parameters);
    assert_int_equal(layer->output_shape != NULL, last_dim != NULL);
    if (last_dim && layer->output_shape)
        assert_string_equal(layer->output_shape->items[1]->text, last_dim);
}

static void check_weight(const bl_keras_file *file, size_t i, size_t layer, const char *name,
                         bl_keras_role role) {
    const bl_keras_weight *weight = &file->weights[i];
    assert_int_equal(weight->layer, layer);
    assert_string_equal(weight->name, name);
    assert_int_equal(weight->role, role);
}

static void check_archive(const bl_keras_file *file) {
    assert_int_equal(file->format, BL_KERAS_ARCHIVE);
    assert_string_equal(file->keras_version, "3.3.3");
    assert_non_null(file->training);
    assert_int_equal(file->n_layers, 8);
    assert_int_equal(file->n_parameters, 24);
    check_layer(file, 0, "x", "layers/input_layer", 0, "3");
    check_layer(file, 1, "b", "layers/dense", 8, "2");
    check_layer(file, 2, "no layer", NULL, 0, NULL);
    check_layer(file, 3, "drop", "layers/dropout", 0, NULL);
    check_layer(file, 4, "in", "layers/sequential", 8, NULL);
    check_layer(file, 5, "i", NULL, 0, "3");
    check_layer(file, 6, "c", "layers/sequential/layers/dense", 8, NULL);
    check_layer(file, 7, "a", "layers/dense_1", 8, NULL);
    assert_int_equal(file->layers[6].parent, 4);
    assert_int_equal(file->n_weights, 9);
    check_weight(file, 0, 1, "vars/0", BL_KERAS_PARAMETER);
    check_weight(file, 2, 3, "seed_generator/vars/0", BL_KERAS_STATE);
    check_weight(file, 3, 6, "vars/0", BL_KERAS_PARAMETER);
    check_weight(file, 6, 7, "vars/1", BL_KERAS_PARAMETER);
    check_weight(file, 7, SIZE_MAX, "optimizer/vars/0", BL_KERAS_OPTIMIZER);
    assert_memory_equal(file->weights[3].values->data, kernel, sizeof kernel);
}

static bl_status archive_round_trip(bl_context *context) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_AUTO(bl_keras_file) again = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_sink *sink = NULL;
    BL_TRY(read_archive(context, config, &file, NULL));
    check_archive(file);
    BL_TRY(bl_buffer_new(context, 64, &bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "copy", &bytes, &sink, NULL));
    ((float *)file->weights[6].values->data)[1] = 11;
    BL_TRY(bl_keras_write_to(file, sink, NULL));
    BL_TRY(read_bytes(context, bytes->data, bytes->size, &again, NULL));
    check_archive(again);
    assert_true(((const float *)again->weights[6].values->data)[1] == 11);
    assert_true(((const float *)again->weights[1].values->data)[1] == 8);
    return BL_OK;
}

static bool has_module(bl_context *context) {
    bl_buffer *bytes = NULL;
    bl_status status = make_weights(context, &bytes);
    bl_buffer_release(bytes);
    assert_true(status == BL_OK || status == BL_E_UNSUPPORTED);
    return status == BL_OK;
}

static void test_archive(void **state) {
    bl_context *context = (bl_context *)*state;
    if (!has_module(context))
        skip();
    assert_ok(archive_round_trip(context));
}

static void refuse(bl_context *context, const char *text, bl_status status, const char *message) {
    bl_keras_file *file = NULL;
    bl_error err = {0};
    assert_error(read_archive(context, text, &file, &err), status, err, message);
    assert_null(file);
}

static void test_configurations(void **state) {
    bl_context *context = (bl_context *)*state;
    if (!has_module(context))
        skip();
    refuse(context, "{\"a\": ", BL_E_INVALID, "m.keras: config.json:1:");
    refuse(context, "[1]", BL_E_INVALID, "m.keras: config.json: the configuration of no model");
    refuse(context,
           "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"name\": \"x\"}]}}",
           BL_E_INVALID, "layer 0 has no class");
    BL_AUTO(bl_keras_file) file = NULL; // a class of the user's own: all weights, no layers
    assert_ok(read_archive(context, "{\"class_name\": \"Mine\", \"config\": {}}", &file, NULL));
    assert_true(file && file->n_layers == 0 && file->n_weights == 9 && file->n_parameters == 24);
}

// ---- lists of names ----

static const char *first_layer[] = {"d"}, *second_layer[] = {"other"};
static const char *weight_names[] = {"d/kernel:0", "d/bias:0"};
static const char *model_config[] = {
    "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Dense\", \"config\": "
    "{\"name\": \"d\", \"batch_input_shape\": [null, 3]}}]}"};
static const char *version[] = {"2.2.4-tf"};
static const uint64_t none[] = {0}, one[] = {1};

/// A whole model of Keras 2; its list of layers is cut into two.
static bl_status read_lists(bl_context *context, const char *second_weight,
                            bl_keras_file **ret_file, bl_error *err) {
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_hdf5_node w = number_node("kernel:0", BL_HDF5_FLOAT32, kernel, 2, three_two, 6);
    bl_hdf5_node b = number_node("bias:0", BL_HDF5_FLOAT32, bias, 1, two, 2);
    bl_hdf5_node inside = GROUP("d", &w, &b), group = GROUP("d", &inside);
    bl_hdf5_node other = {.name = "other"};
    bl_hdf5_node weights = GROUP("model_weights", &group, &other), root = GROUP("", &weights);
    weight_names[1] = second_weight; // the one that may be missing
    bl_hdf5_attribute listed = text_attribute("weight_names", weight_names, 2, 16, two);
    bl_hdf5_attribute empty = {"weight_names", {.type = BL_HDF5_FLOAT64, .rank = 1, .dims = none}};
    bl_hdf5_attribute lists[] = {text_attribute("layer_names0", first_layer, 1, 8, one),
                                 text_attribute("layer_names1", second_layer, 1, 0, one)};
    bl_hdf5_attribute heads[] = {text_attribute("model_config", model_config, 1, 0, NULL),
                                 text_attribute("keras_version", version, 1, 0, NULL)};
    double nothing = 0;
    empty.values.data = &nothing;
    group.attributes = &listed, group.n_attributes = 1;
    other.attributes = &empty, other.n_attributes = 1;
    weights.attributes = lists, weights.n_attributes = 2;
    root.attributes = heads, root.n_attributes = 2;
    BL_TRY(save(context, &root, &bytes));
    return read_bytes(context, bytes->data, bytes->size, ret_file, err);
}

static bl_status lists_round_trip(bl_context *context) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(read_lists(context, "d/bias:0", &file, NULL));
    assert_int_equal(file->format, BL_KERAS_HDF5);
    assert_string_equal(file->keras_version, "2.2.4-tf");
    assert_int_equal(file->n_layers, 1);
    assert_string_equal(file->layers[0].path, "model_weights/d");
    assert_int_equal(file->n_parameters, 8);
    check_weight(file, 1, 0, "d/bias:0", BL_KERAS_PARAMETER);
    assert_string_equal(file->weights[1].path, "model_weights/d/d/bias:0");
    assert_memory_equal(file->weights[1].values->data, bias, sizeof bias);
    return BL_OK;
}

static void test_lists(void **state) {
    bl_context *context = (bl_context *)*state;
    if (!has_module(context))
        skip();
    bl_keras_file *file = NULL;
    bl_error err = {0};
    assert_ok(lists_round_trip(context));
    assert_int_equal(read_lists(context, "d/gone", &file, &err), BL_E_CORRUPT);
    assert_string_equal(err.message, "m.keras: 'model_weights/d': weight 'd/gone' is missing");
}

static void test_no_model(void **state) {
    bl_context *context = (bl_context *)*state;
    bl_keras_file *file = NULL;
    bl_error err = {0};
    assert_error(read_bytes(context, "root", 4, &file, &err), BL_E_INVALID, err,
                 "neither a zip archive nor HDF5");
    assert_int_equal(read_bytes(context, "", 0, &file, &err), BL_E_INVALID);
    bool is_model = true;
    assert_ok(bl_keras_probe(context, "/nowhere/model.keras", &is_model, NULL));
    assert_false(is_model);
}

static void test_memory(void **state) {
    if (!has_module((bl_context *)*state))
        skip();
    test_every_allocation_fails(archive_round_trip);
    test_every_allocation_fails(lists_round_trip);
}

static int make_context(void **state) {
    *state = test_context(2);
    return 0;
}

static int free_context(void **state) {
    bl_context_free((bl_context *)*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive), cmocka_unit_test(test_configurations),
        cmocka_unit_test(test_lists),   cmocka_unit_test(test_no_model),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
