// SPDX-License-Identifier: Apache-2.0
// Settings of training: what is read, what is refused, and that what is written reads to the same.
#include "learn/train/settings.h"

#include "model/keras/to_training.h"
#include "nn/graph/graph.h"
#include "nn/training/reading_testing.h"

static bl_training_settings settings_of(const char *text) {
    bl_training_settings s;
    bl_error err = {0};
    bl_training_settings_init(&s);
    if (bl_training_settings_read(&arena, text ? yaml(text) : NULL, &s, &err) != BL_OK)
        fail_msg("%s", err.message);
    return s;
}

static const char *written(const bl_training_settings *s, bool all) {
    bl_text to = {.arena = &arena};
    bl_training_settings_write(s, all, &to);
    assert_false(to.has_failed);
    return to.text;
}

static const char everything[] =
    "epochs: 3\n"
    "batch_size: 64\n"
    "loss: {binary_focal_crossentropy: {gamma: 1.5, from_logits: true}}\n"
    "optimizer: {adamw: {learning_rate: 2e-3, weight_decay: 0.01}}\n"
    "schedule: {cosine: {decay_steps: 1000, warmup_steps: 10}}\n"
    "plateau: {factor: 0.5, patience: 3}\n"
    "clip: {global_norm: 1}\n"
    "metrics: {background: 0.02, curves: false}\n"
    "early_stopping: {monitor: val_auc, patience: 5, min_delta: 1e-4, restore_best: yes}\n"
    "checkpoint: {every_epochs: 5, every_seconds: 2.5}\n"
    "shuffle: false\n"
    "seed: 9007199254740993\n"
    "on_nan: skip\n"
    "window: 2G\n"
    "keep_in_memory: true\n";

static void every_key_is_read(void **state) {
    (void)state;
    bl_training_settings s = settings_of(everything);
    assert_int_equal(s.epochs, 3);
    assert_int_equal(s.batch_events, 64);
    assert_true(s.has_loss && s.loss.from_logits);
    assert_int_equal(s.loss.kind, BL_NN_LOSS_BINARY_FOCAL);
    near(s.loss.gamma, 1.5, 0);
    assert_int_equal(s.optimizer.kind, BL_NN_OPTIMIZER_ADAMW);
    near(s.optimizer.weight_decay, 0.01, 0);
    near(s.learning_rate, 2e-3, 0);
    assert_int_equal(s.schedule.kind, BL_NN_SCHEDULE_COSINE);
    near(s.schedule.learning_rate, 2e-3, 0);
    assert_true(s.has_plateau && s.plateau.is_max); // as what is monitored
    near(s.plateau.factor, 0.5, 0);
    assert_int_equal(s.clip.kind, BL_NN_CLIP_GLOBAL_NORM);
    assert_false(s.metrics.curves);
    near(s.metrics.background, 0.02, 0);
    assert_string_equal(s.monitor, "val_auc");
    assert_true(s.monitor_is_max && s.restores_best);
    assert_int_equal(s.patience, 5);
    near(s.min_delta, 1e-4, 0);
    assert_int_equal(s.checkpoint_epochs, 5);
    near(s.checkpoint_s, 2.5, 0);
    assert_false(s.shuffles);
    assert_int_equal(s.seed, 9007199254740993);
    assert_int_equal(s.on_nan, BL_ON_NAN_SKIP);
    assert_int_equal(s.window_bytes, 2ULL << 30);
    assert_true(s.keeps);
}

static void what_is_not_said_is_the_default(void **state) {
    (void)state;
    bl_training_settings s = settings_of(NULL), empty = settings_of("{loss: null, window: null}");
    assert_string_equal(written(&s, true), written(&empty, true));
    assert_int_equal(s.epochs, 10);
    assert_int_equal(s.batch_events, 128);
    assert_false(s.has_loss || s.has_plateau || s.keeps || s.restores_best);
    assert_true(s.shuffles);
    assert_int_equal(s.optimizer.kind, BL_NN_OPTIMIZER_ADAM);
    near(s.learning_rate, 1e-3, 0);
    near(bl_nn_schedule_at(&s.schedule, 12345), 1e-3, 0);
    assert_string_equal(s.monitor, "val_loss");
    assert_false(s.monitor_is_max);
    assert_int_equal(s.patience, 0);
    near(s.checkpoint_s, 60, 0);
}

/// A second text changes what it names: whose learning rate counts.
static void texts_are_read_over_each_other(void **state) {
    (void)state;
    bl_training_settings s = settings_of("optimizer: {sgd: {learning_rate: 0.5}}\nepochs: 7");
    assert_ok(bl_training_settings_read(&arena, yaml("batch_size: 32"), &s, NULL));
    near(s.learning_rate, 0.5, 0);
    assert_ok(bl_training_settings_read(&arena, yaml("optimizer: rmsprop"), &s, NULL));
    near(s.learning_rate, 1e-3, 0);
    near(s.schedule.learning_rate, 1e-3, 0);
    assert_ok(bl_training_settings_read(
        &arena, yaml("schedule: {step: {boundaries: [5], values: [0.25, 0.125]}}"), &s, NULL));
    near(s.learning_rate, 0.25, 0);
    assert_int_equal(s.epochs, 7);
    assert_int_equal(s.batch_events, 32);
    const char *before = written(&s, true);
    assert_int_equal(bl_training_settings_read(&arena, yaml("epochs: 8\non_nan: go"), &s, NULL),
                     BL_E_INVALID);
    assert_string_equal(written(&s, true), before); // nothing was taken
}

static void what_is_written_reads_to_the_same(void **state) {
    (void)state;
    static const char *const texts[] = {
        NULL,
        everything,
        "schedule: {step: {boundaries: [1, 20], values: [1, 0.1, 0.30000000000000004]}}",
        "schedule: {exponential: {decay_steps: 10, decay_rate: 0.9, staircase: true}}",
        "schedule: {cosine_restarts: {first_decay_steps: 5, t_mul: 1.5}}\nclip: {value: 2}",
        "plateau: {mode: max}\nearly_stopping: {monitor: loss, mode: max}\nloss: huber",
        "early_stopping: {monitor: val_accuracy, mode: min}\nplateau: {min_lr: 1e-300}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bl_training_settings s = settings_of(texts[i]);
        const char *text = written(&s, true);
        bl_training_settings again;
        const bl_item *item = NULL;
        bl_training_settings_init(&again);
        assert_ok(bl_json_parse(&arena, "s.json", text, strlen(text), &item, NULL));
        assert_ok(bl_training_settings_read(&arena, item, &again, NULL));
        assert_string_equal(written(&again, true), text);
    }
}

/// What a training did so far depends on all but a few.
static void few_may_change(void **state) {
    (void)state;
    bl_training_settings s = settings_of(NULL);
    bl_training_settings later = settings_of(
        "epochs: 20\nkeep_in_memory: true\ncheckpoint: {every_epochs: 1, every_seconds: 1}");
    assert_string_equal(written(&s, false), written(&later, false));
    assert_string_not_equal(written(&s, true), written(&later, true));
    static const char *const others[] = {"batch_size: 64",
                                         "seed: 1",
                                         "shuffle: no",
                                         "window: 1M",
                                         "on_nan: skip",
                                         "loss: huber",
                                         "clip: {norm: 1}",
                                         "plateau: {}",
                                         "optimizer: sgd",
                                         "metrics: {curves: no}",
                                         "early_stopping: {patience: 1}",
                                         "schedule: {constant: {warmup_steps: 1}}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        later = settings_of(others[i]);
        assert_string_not_equal(written(&s, false), written(&later, false));
    }
}

static void refuses(const char *text, const char *part) {
    bl_training_settings s;
    bl_error err = {0};
    bl_training_settings_init(&s);
    says(part, bl_training_settings_read(&arena, yaml(text), &s, &err), &err);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    refuses("epoch: 3", "x.yaml:1:8: training: unknown key 'epoch'; did you mean 'epochs'?");
    refuses("epochs: 3\nbatch_size: 0", "x.yaml:2:13: batch_size is between 1 and");
    refuses("epochs: ten", "epochs");
    refuses("loss: categorical_crosentropy", "did you mean 'categorical_crossentropy'");
    refuses("optimizer: {adam: {beta: 1}}", "unknown key 'beta'");
    refuses("optimizer: adm", "x.yaml:1:12: unknown optimizer 'adm'; did you mean 'adam'");
    refuses("on_nan: stopp", "unknown on_nan 'stopp'; did you mean 'stop'");
    refuses("on_nan: [stop]", "on_nan is a word");
    refuses("early_stopping: {monitor: val_los}", "did you mean 'val_loss'");
    refuses("early_stopping: {patients: 3}", "did you mean 'patience'");
    refuses("early_stopping: {mode: maximum}", "unknown mode 'maximum'");
    refuses("early_stopping: 3", "early_stopping");
    refuses("plateau: {mode: up}", "mode is min or max, not 'up'");
    refuses("checkpoint: {every_epochs: -1}", "every_epochs is between 0 and");
    refuses("checkpoint: {every_second: 1}", "did you mean 'every_seconds'");
    refuses("window: much", "x.yaml:1:9: window: 'much' is no size such as 64M");
    refuses("seed: -1", "seed is 0 or more");
    refuses("seed: 1.5", "seed");
    refuses("[epochs]", "training");
}

/// A model's file may have the section; the network does not care.
static void a_network_may_have_the_section(void **state) {
    (void)state;
    bl_nn_graph graph;
    bl_error err = {0};
    const char *text = "inputs: {x: [3]}\nlayers:\n  - Dense: 2\ntraining: {epochs: 3}";
    const bl_item *model = yaml(text);
    assert_ok(bl_nn_graph_read(&arena, model, &graph, NULL));
    bl_training_settings s;
    bl_training_settings_init(&s);
    assert_ok(bl_training_settings_read(&arena, bl_item_get(model, "training"), &s, NULL));
    assert_int_equal(s.epochs, 3);
    text = "inputs: {x: [3]}\nlayers:\n  - Dense: 2\ntrainin: {epochs: 3}";
    says("unknown key 'trainin'; did you mean 'training'?",
         bl_nn_graph_read(&arena, yaml(text), &graph, &err), &err);
}

/// As Keras 3 writes it: SGD with a cosine after a warm-up, clipped, and a smoothed loss.
static const char compiled[] =
    "{\"optimizer\": {\"module\": \"keras.optimizers\", \"class_name\": \"SGD\", \"config"
    "\": {\"name\": \"sgd\", \"learning_rate\": {\"module\": \"keras.optimizers.schedules"
    "\", \"class_name\": \"CosineDecay\", \"config\": {\"initial_learning_rate\": 0.1, \""
    "decay_steps\": 100, \"alpha\": 0.0, \"name\": \"CosineDecay\", \"warmup_target\": 0."
    "2, \"warmup_steps\": 5}, \"registered_name\": null}, \"weight_decay\": null, \"clipn"
    "orm\": 1.0, \"global_clipnorm\": null, \"clipvalue\": null, \"use_ema\": false, \"em"
    "a_momentum\": 0.99, \"ema_overwrite_frequency\": null, \"loss_scale_factor\": null, "
    "\"gradient_accumulation_steps\": null, \"momentum\": 0.9, \"nesterov\": false}, \"re"
    "gistered_name\": null}, \"loss\": {\"module\": \"keras.losses\", \"class_name\": \"C"
    "ategoricalCrossentropy\", \"config\": {\"name\": \"categorical_crossentropy\", \"red"
    "uction\": \"sum_over_batch_size\", \"from_logits\": false, \"label_smoothing\": 0.1,"
    " \"axis\": -1}, \"registered_name\": null}, \"loss_weights\": null, \"metrics\": nul"
    "l, \"weighted_metrics\": null, \"run_eagerly\": false, \"steps_per_execution\": 1, "
    "\"jit_compile\": false}";

static void keras_may_say_it(void **state) {
    (void)state;
    bl_training_settings s;
    const bl_item *item = NULL, *section = NULL;
    bl_training_settings_init(&s);
    assert_ok(bl_json_parse(&arena, "c", compiled, sizeof compiled - 1, &item, NULL));
    assert_ok(bl_keras_to_training(&arena, item, &section, NULL));
    assert_ok(bl_training_settings_read(&arena, section, &s, NULL));
    assert_int_equal(s.optimizer.kind, BL_NN_OPTIMIZER_SGD);
    near(s.optimizer.momentum, 0.9, 0);
    assert_int_equal(s.schedule.kind, BL_NN_SCHEDULE_COSINE);
    near(bl_nn_schedule_at(&s.schedule, 0), 0.1, 0);
    near(bl_nn_schedule_at(&s.schedule, 5), 0.2, 0);
    assert_int_equal(s.schedule.decay_steps, 100);
    assert_int_equal(s.clip.kind, BL_NN_CLIP_NORM);
    assert_true(s.has_loss && s.loss.kind == BL_NN_LOSS_CATEGORICAL);
    near(s.loss.label_smoothing, 0.1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(what_is_not_said_is_the_default),
        cmocka_unit_test(texts_are_read_over_each_other),
        cmocka_unit_test(what_is_written_reads_to_the_same),
        cmocka_unit_test(few_may_change),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_network_may_have_the_section),
        cmocka_unit_test(keras_may_say_it),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
