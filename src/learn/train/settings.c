// SPDX-License-Identifier: Apache-2.0
// Settings of a training, read and written. Plain options go by tables; the parts of nn/training
// read and write themselves.
#include "learn/train/settings.h"

#include <math.h>

#include "base/json_text.h"
#include "base/size.h"
#include "nn/training/settings.h"

enum {
    MOST_EPOCHS = 1 << 30,
    MOST_BATCH = 1 << 24,
    DEFAULT_WINDOW = 64 << 20,
    ALL = 1,  ///< bit of the name 0: options that go into every text
    BITS = 2, ///< of the name 1: those that what is computed depends on
};
_Static_assert(sizeof(size_t) == sizeof(int64_t), "a size is read as a count");

#define AT(kind, name, member) name, BL_NN_SETTING_##kind, offsetof(bl_training_settings, member)
#define N(table) (sizeof(table) / sizeof *(table))

static const bl_nn_setting plain_options[] = {
    {AT(COUNT, "epochs", epochs), ALL, 1, MOST_EPOCHS},
    {AT(COUNT, "batch_size", batch_events), ALL | BITS, 1, MOST_BATCH},
    {AT(BOOL, "shuffle", shuffles), ALL | BITS, 0, 1},
    {AT(COUNT, "seed", seed), ALL | BITS, 0, INFINITY},
    {AT(BOOL, "keep_in_memory", keeps), ALL, 0, 1},
};
static const char *const plain_names[] = {"training", "training"};
static const bl_nn_settings plain = {"training", plain_names, 2, plain_options, N(plain_options)};

static const bl_nn_setting stopping_options[] = {
    {AT(COUNT, "patience", patience), 1, 0, MOST_EPOCHS},
    {AT(NUMBER, "min_delta", min_delta), 1, 0, INFINITY},
    {AT(BOOL, "restore_best", restores_best), 1, 0, 1},
};
static const char *const stopping_names[] = {"early_stopping"};
static const bl_nn_settings stopping = {"early_stopping", stopping_names, 1, stopping_options,
                                        N(stopping_options)};

static const bl_nn_setting checkpoint_options[] = {
    {AT(COUNT, "every_epochs", checkpoint_epochs), 1, 0, MOST_EPOCHS},
    {AT(NUMBER, "every_seconds", checkpoint_s), 1, 0, INFINITY},
};
static const char *const checkpoint_names[] = {"checkpoint"};
static const bl_nn_settings checkpoints = {"checkpoint", checkpoint_names, 1, checkpoint_options,
                                           N(checkpoint_options)};

static const char *const nan_names[] = {"stop", "skip"};
static const bl_nn_settings nans = {.what = "on_nan", .names = nan_names, .n_names = 2};

static const char *const mode_names[] = {"auto", "min", "max"};
static const bl_nn_settings modes = {.what = "mode", .names = mode_names, .n_names = 3};

static const char *const monitor_names[] = {
#define X(name, is_max) name,
    BL_MONITOR_TABLE(X)
#undef X
};
static const bool monitor_is_max[] = {
#define X(name, is_max) is_max,
    BL_MONITOR_TABLE(X)
#undef X
};
static const bl_nn_settings monitors = {
    .what = "monitor", .names = monitor_names, .n_names = N(monitor_names)};

void bl_training_settings_init(bl_training_settings *settings) {
    bl_nn_optimizer adam = bl_nn_optimizer_of(BL_NN_OPTIMIZER_ADAM);
    *settings = (bl_training_settings){
        .epochs = 10,
        .batch_events = 128,
        .loss = bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL),
        .optimizer = adam,
        .learning_rate = adam.learning_rate,
        .schedule = {.kind = BL_NN_SCHEDULE_CONSTANT,
                     .learning_rate = adam.learning_rate,
                     .t_mul = 2,
                     .m_mul = 1},
        .plateau = bl_nn_plateau_default(),
        .metrics = bl_nn_metrics_default(0, BL_NN_TARGETS_ONE_OF),
        .monitor = monitor_names[0],
        .monitor_is_max = monitor_is_max[0],
        .checkpoint_s = 60,
        .shuffles = true,
        .window_bytes = DEFAULT_WINDOW,
    };
}

// ---- reading ----

/// The value of a key; NULL: nothing is said.
static const bl_item *get(const bl_item *map, const char *key) {
    const bl_item *item = bl_item_get(map, key);
    return item && item->kind != BL_ITEM_NULL ? item : NULL;
}

/// One of some words, without options. \param item NULL: the choice stays
static bl_status choose(const bl_nn_settings *words, const bl_item *item, size_t *ret_choice,
                        bl_error *err) {
    const bl_item *none = NULL;
    if (!item)
        return BL_OK;
    if (item->kind != BL_ITEM_TEXT)
        return bl_item_error(item, BL_E_INVALID, err, "%s is a word, not %s", words->what,
                             bl_item_kind_name(item->kind));
    return bl_nn_settings_name(words, item, ret_choice, &none, err);
}

static bl_status read_rate(bl_arena *arena, const bl_item *map, bl_training_settings *s,
                           bl_error *err) {
    const bl_item *optimizer = get(map, "optimizer"), *schedule = get(map, "schedule");
    if (optimizer) {
        BL_TRY(bl_nn_optimizer_read(optimizer, &s->optimizer, err));
        if (s->schedule.kind != BL_NN_SCHEDULE_STEP)
            s->schedule.learning_rate = s->optimizer.learning_rate;
    }
    if (schedule)
        BL_TRY(bl_nn_schedule_read(arena, schedule, s->optimizer.learning_rate, &s->schedule, err));
    s->learning_rate = s->schedule.learning_rate;
    return BL_OK;
}

static bl_status read_stopping(const bl_item *map, bl_training_settings *s, bl_error *err) {
    static const char *const also[] = {"monitor", "mode", NULL};
    size_t monitor = SIZE_MAX, mode = SIZE_MAX;
    if (!map)
        return BL_OK;
    BL_TRY(bl_nn_settings_read(&stopping, 0, map, also, s, err));
    BL_TRY(choose(&monitors, get(map, "monitor"), &monitor, err));
    BL_TRY(choose(&modes, get(map, "mode"), &mode, err));
    if (monitor != SIZE_MAX) {
        s->monitor = monitor_names[monitor];
        s->monitor_is_max = monitor_is_max[monitor];
    }
    if (mode != SIZE_MAX && mode != 0)
        s->monitor_is_max = mode == 2;
    return BL_OK;
}

/// What is better for a plateau is what is better for early stopping, unless it says so itself.
static bl_status read_plateau(const bl_item *map, bl_training_settings *s, bl_error *err) {
    if (!map)
        return BL_OK;
    BL_TRY(bl_nn_plateau_read(map, &s->plateau, err));
    if (!get(map, "mode"))
        s->plateau.is_max = s->monitor_is_max;
    s->has_plateau = true;
    return BL_OK;
}

static bl_status read_window(const bl_item *item, bl_training_settings *s, bl_error *err) {
    const char *text = NULL;
    if (!item)
        return BL_OK;
    BL_TRY(bl_item_text(item, "window", &text, err));
    if (bl_size_parse(text, &s->window_bytes, NULL) != BL_OK)
        return bl_item_error(item, BL_E_INVALID, err, "window: '%s' is no size such as 64M or 2G",
                             text);
    return BL_OK;
}

static bl_status read_section(bl_arena *arena, const bl_item *map, bl_training_settings *s,
                              bl_error *err) {
    static const char *const parts[] = {
        "loss",           "optimizer",  "schedule", "plateau", "clip", "metrics",
        "early_stopping", "checkpoint", "on_nan",   "window",  NULL};
    const bl_item *loss = get(map, "loss");
    size_t on_nan = s->on_nan;
    BL_TRY(bl_nn_settings_read(&plain, 0, map, parts, s, err));
    if (loss)
        BL_TRY(bl_nn_loss_read(loss, &s->loss, err));
    s->has_loss |= loss != NULL;
    BL_TRY(read_rate(arena, map, s, err));
    BL_TRY(read_stopping(get(map, "early_stopping"), s, err));
    BL_TRY(read_plateau(get(map, "plateau"), s, err));
    if (get(map, "clip"))
        BL_TRY(bl_nn_clip_read(get(map, "clip"), &s->clip, err));
    BL_TRY(bl_nn_metrics_read(get(map, "metrics"), &s->metrics, err));
    BL_TRY(bl_nn_settings_read(&checkpoints, 0, get(map, "checkpoint"), NULL, s, err));
    BL_TRY(choose(&nans, get(map, "on_nan"), &on_nan, err));
    s->on_nan = (bl_on_nan)on_nan;
    return read_window(get(map, "window"), s, err);
}

bl_status bl_training_settings_read(bl_arena *arena, const bl_item *item,
                                    bl_training_settings *settings, bl_error *err) {
    bl_training_settings read = *settings;
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(read_section(arena, item, &read, err));
    *settings = read;
    return BL_OK;
}

// ---- writing ----

static void write_stopping(const bl_training_settings *s, bl_text *to) {
    bl_text_add(to, "{\"monitor\": \"%s\", \"mode\": \"%s\", ", s->monitor,
                s->monitor_is_max ? "max" : "min");
    bl_nn_settings_write(&stopping, 0, s, to);
    bl_text_add(to, "}");
}

void bl_training_settings_write(const bl_training_settings *s, bool all, bl_text *to) {
    bl_text_add(to, "{");
    bl_nn_settings_write(&plain, all ? 0 : 1, s, to);
    bl_text_add(to, ", \"loss\": ");
    if (s->has_loss)
        bl_nn_loss_write(&s->loss, to);
    else
        bl_text_add(to, "null");
    bl_text_add(to, ", \"optimizer\": ");
    bl_nn_optimizer_write(&s->optimizer, to);
    bl_text_add(to, ", \"schedule\": ");
    bl_nn_schedule_write(&s->schedule, to);
    bl_text_add(to, ", \"plateau\": ");
    if (s->has_plateau)
        bl_nn_plateau_write(&s->plateau, to);
    else
        bl_text_add(to, "null");
    bl_text_add(to, ", \"clip\": ");
    bl_nn_clip_write(&s->clip, to);
    bl_text_add(to, ", \"metrics\": ");
    bl_nn_metrics_write(&s->metrics, to);
    bl_text_add(to, ", \"early_stopping\": ");
    write_stopping(s, to);
    bl_text_add(to, ", \"on_nan\": \"%s\", \"window\": %llu", nan_names[s->on_nan],
                (unsigned long long)s->window_bytes);
    if (all) {
        bl_text_add(to, ", \"checkpoint\": {");
        bl_nn_settings_write(&checkpoints, 0, s, to);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "}");
}
