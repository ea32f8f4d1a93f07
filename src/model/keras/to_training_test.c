// SPDX-License-Identifier: Apache-2.0
// Compile configurations as Keras 3 writes them, and what is refused of them.
#include "model/keras/to_training.h"

#include "base/json_text.h"
#include "base/testing.h"

static bl_arena arena;

static bl_status convert(const char *text, const char **ret_text, bl_error *err) {
    const bl_item *compiled = NULL, *section = NULL;
    bl_text out = {.arena = &arena};
    assert_ok(bl_json_parse(&arena, "compile_config", text, strlen(text), &compiled, NULL));
    BL_TRY(bl_keras_to_training(&arena, compiled, &section, err));
    bl_json_put_item(&out, section, BL_JSON_ONE_LINE);
    *ret_text = out.text;
    return BL_OK;
}

static void becomes(const char *compiled, const char *expected) {
    const char *text = NULL;
    bl_error err = {0};
    if (convert(compiled, &text, &err) != BL_OK)
        fail_msg("%s", err.message);
    assert_string_equal(text, expected);
}

#define PLAIN                                                           \
    "\"clipvalue\": null, \"use_ema\": false, \"ema_momentum\": 0.99, " \
    "\"ema_overwrite_frequency\": null, \"loss_scale_factor\": null, "  \
    "\"gradient_accumulation_steps\": null"
#define SCHEDULED(class, config)                                                                  \
    "{\"optimizer\": {\"class_name\": \"SGD\", \"config\": {\"learning_rate\": {\"class_name\": " \
    "\"" class "\", \"config\": " config "}}}}"

static void optimizers_are_found(void **state) {
    (void)state;
    becomes("{\"optimizer\": {\"module\": \"keras.optimizers\", \"class_name\": \"AdamW\", "
            "\"config\": {\"name\": \"adam_w\", \"learning_rate\": 0.0010000000474974513, "
            "\"weight_decay\": 0.004, \"clipnorm\": null, \"global_clipnorm\": null, " PLAIN
            ", \"beta_1\": 0.9, \"beta_2\": 0.999, \"epsilon\": 1e-07, \"amsgrad\": false}, "
            "\"registered_name\": null}, \"loss\": \"mse\", \"loss_weights\": null, "
            "\"metrics\": [\"accuracy\"]}",
            "{\"optimizer\": {\"adamw\": {\"beta_1\": 0.9, \"beta_2\": 0.999, \"amsgrad\": false, "
            "\"epsilon\": 1e-07, \"weight_decay\": 0.004, \"learning_rate\": "
            "0.0010000000474974513}}, \"loss\": {\"mean_squared_error\": {}}}");
    becomes("{\"optimizer\": \"rmsprop\"}", "{\"optimizer\": {\"rmsprop\": {}}}");
    // an HDF5 file's
    becomes("{\"loss\": null, \"optimizer_config\": {\"class_name\": \"SGD\", \"config\": "
            "{\"learning_rate\": 0.5, \"momentum\": 0.9, \"nesterov\": true, \"decay\": 0.0, "
            "\"clipnorm\": 1.5}}}",
            "{\"optimizer\": {\"sgd\": {\"momentum\": 0.9, \"nesterov\": true, "
            "\"learning_rate\": 0.5}}, \"clip\": {\"norm\": 1.5}}");
}

static void schedules_are_found(void **state) {
    (void)state;
    becomes(SCHEDULED("CosineDecay", "{\"initial_learning_rate\": 0.1, \"decay_steps\": 100, "
                                     "\"alpha\": 0.0, \"warmup_target\": 0.2, "
                                     "\"warmup_steps\": 5}"),
            "{\"optimizer\": {\"sgd\": {}}, \"schedule\": {\"cosine\": {\"decay_steps\": 100, "
            "\"alpha\": 0.0, \"learning_rate\": 0.2, \"warmup_from\": 0.1, "
            "\"warmup_steps\": 5}}}");
    becomes(SCHEDULED("CosineDecay", "{\"initial_learning_rate\": 0.1, \"decay_steps\": 100, "
                                     "\"warmup_target\": null, \"warmup_steps\": 0}"),
            "{\"optimizer\": {\"sgd\": {}}, \"schedule\": {\"cosine\": {\"decay_steps\": 100, "
            "\"learning_rate\": 0.1}}}");
    becomes(SCHEDULED("PiecewiseConstantDecay",
                      "{\"boundaries\": [10], \"values\": [0.1, 0.01], \"name\": \"p\"}"),
            "{\"optimizer\": {\"sgd\": {}}, \"schedule\": {\"step\": {\"boundaries\": [10], "
            "\"values\": [0.1, 0.01]}}}");
}

#define LOSS(loss) "{\"optimizer\": \"sgd\", \"loss\": " loss "}"

static void losses_are_found(void **state) {
    (void)state;
    becomes(LOSS("{\"class_name\": \"BinaryFocalCrossentropy\", \"config\": {\"name\": \"b\", "
                 "\"reduction\": \"sum_over_batch_size\", \"gamma\": 1.5, \"from_logits\": true, "
                 "\"axis\": -1}}"),
            "{\"optimizer\": {\"sgd\": {}}, \"loss\": {\"binary_focal_crossentropy\": "
            "{\"from_logits\": true, \"gamma\": 1.5}}}");
    becomes(LOSS("{\"class_name\": \"function\", \"config\": \"mean_absolute_error\"}"),
            "{\"optimizer\": {\"sgd\": {}}, \"loss\": {\"mean_absolute_error\": {}}}");
    becomes(LOSS("\"MAE\""), "{\"optimizer\": {\"sgd\": {}}, \"loss\": "
                             "{\"mean_absolute_error\": {}}}");
}

static void refuses(const char *compiled, const char *part) {
    const char *text = NULL;
    bl_error err = {0};
    assert_error(convert(compiled, &text, &err), BL_E_UNSUPPORTED, err, part);
}

static void what_is_not_ours_is_refused(void **state) {
    (void)state;
    refuses("{}", "compile_config: Keras names no optimizer");
    refuses("{\"optimizer\": \"lion\"}", "optimizer 'lion' of Keras is not ours");
    refuses("{\"optimizer\": [\"sgd\"]}", "an optimizer of Keras that is no single one");
    refuses("{\"optimizer\": {\"class_name\": \"Adam\", \"config\": {\"use_ema\": true}}}",
            "option of the optimizer 'use_ema'");
    refuses("{\"optimizer\": {\"class_name\": \"Adam\", \"config\": {\"decay\": 0.1}}}", "'decay'");
    refuses("{\"optimizer\": {\"class_name\": \"SGD\", \"config\": {\"clipnorm\": 1, "
            "\"clipvalue\": 1}}}",
            "clipping in two ways");
    refuses(SCHEDULED("PolynomialDecay", "{}"), "schedule 'PolynomialDecay'");
    refuses(LOSS("\"hinge\""), "loss 'hinge'");
    refuses(LOSS("[\"mse\", \"mse\"]"), "a loss of Keras that is no single one");
    refuses(LOSS("{\"class_name\": \"Huber\", \"config\": {\"reduction\": \"sum\"}}"),
            "reduction of the loss 'sum'");
    refuses(LOSS("{\"class_name\": \"Huber\", \"config\": {\"axis\": 1}}"), "'axis'");
    refuses("{\"optimizer\": \"sgd\", \"loss_weights\": [1]}", "loss_weights");
}

static bl_status convert_again(bl_context *context) {
    static const char compiled[] =
        "{\"optimizer\": {\"class_name\": \"SGD\", \"config\": {\"learning_rate\": 0.5, "
        "\"clipnorm\": 1.5}}, \"loss\": \"mse\"}";
    const bl_item *item = NULL, *section = NULL;
    bl_arena own;
    bl_arena_init(&own, context);
    bl_status status =
        bl_json_parse(&own, "compile_config", compiled, sizeof compiled - 1, &item, NULL);
    if (status == BL_OK)
        status = bl_keras_to_training(&own, item, &section, NULL);
    bl_arena_release(&own);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_are_found), cmocka_unit_test(schedules_are_found),
        cmocka_unit_test(losses_are_found),     cmocka_unit_test(what_is_not_ours_is_refused),
        test_each_allocation(convert_again),
    };
    return test_run(tests, 1, NULL, &arena);
}
