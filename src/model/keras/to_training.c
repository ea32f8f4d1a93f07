// SPDX-License-Identifier: Apache-2.0
// Compile configurations. A section is put together as text, and read: so whoever reads sections
// checks names and numbers of it, too.
#include "model/keras/to_training.h"

#include <strings.h>

#include "base/json_text.h"
#include "nn/graph/graph.h"
#include "nn/training/loss.h"
#include "nn/training/optimizer.h"

#define N(table) (sizeof(table) / sizeof *(table))
enum { MOST_NAME = 128 };

/// A name of Keras's, and ours.
typedef struct pair {
    const char *theirs, *ours;
} pair;

/// Something that Keras names, with its configuration; NULL: none.
typedef struct thing {
    const char *name;
    const bl_item *config;
} thing;

static bl_status refuse(const bl_item *item, bl_error *err, const char *what, const char *name) {
    return bl_item_error(item, BL_E_UNSUPPORTED, err, "%s '%s' of Keras is not ours", what, name);
}

static bool is_nothing(const bl_item *item) { return !item || item->kind == BL_ITEM_NULL; }

/// Nothing, false or 0.
static bool is_off(const bl_item *item) {
    return is_nothing(item) || (item->kind <= BL_ITEM_FLOAT && item->integer == 0 &&
                                (item->kind == BL_ITEM_BOOL || item->number == 0));
}

static bl_status find_thing(const bl_item *item, const char *what, thing *ret_thing,
                            bl_error *err) {
    const bl_item *class = bl_item_get(item, "class_name"), *config = bl_item_get(item, "config");
    thing found = {NULL, config};
    if (item->kind == BL_ITEM_TEXT)
        found = (thing){item->text, NULL};
    else if (config && config->kind == BL_ITEM_TEXT) // a function by its name
        found = (thing){config->text, NULL};
    else if (class && class->kind == BL_ITEM_TEXT)
        found.name = class->text;
    if (!found.name || strlen(found.name) >= MOST_NAME) {
        (void)bl_item_error(item, BL_E_UNSUPPORTED, err, "%s of Keras that is no single one", what);
        return BL_E_UNSUPPORTED;
    }
    *ret_thing = found;
    return BL_OK;
}

/// Puts a member, behind a comma unless it is the first.
static void put(bl_text *to, const char *key, const bl_item *value) {
    bl_text_add(to, to->text[to->n - 1] == '{' ? "\"%s\": " : ", \"%s\": ", key);
    bl_json_put_item(to, value, BL_JSON_ONE_LINE);
}

/// Puts those options that are something. \param names ends with NULL
static void put_options(bl_text *to, const bl_item *config, const char *const *names) {
    for (; *names; names++)
        if (!is_nothing(bl_item_get(config, *names)))
            put(to, *names, bl_item_get(config, *names));
}

// ---- learning rates ----

typedef struct schedule_rule {
    const char *theirs, *ours;
    const char *options[5];
} schedule_rule;

static const schedule_rule schedule_rules[] = {
    {"ExponentialDecay", "exponential", {"decay_steps", "decay_rate", "staircase"}},
    {"CosineDecay", "cosine", {"decay_steps", "alpha"}},
    {"CosineDecayRestarts", "cosine_restarts", {"first_decay_steps", "t_mul", "m_mul", "alpha"}},
    {"PiecewiseConstantDecay", "step", {"boundaries", "values"}},
};

/// \param item what the optimizer has for a learning rate
static bl_status put_schedule(bl_text *to, const bl_item *item, bl_error *err) {
    const schedule_rule *rule = NULL;
    thing schedule;
    BL_TRY(find_thing(item, "a learning rate", &schedule, err));
    for (size_t i = 0; i < N(schedule_rules); i++)
        if (strcmp(schedule_rules[i].theirs, schedule.name) == 0)
            rule = &schedule_rules[i];
    if (!rule)
        return refuse(item, err, "schedule", schedule.name);
    const bl_item *first = bl_item_get(schedule.config, "initial_learning_rate");
    const bl_item *top = bl_item_get(schedule.config, "warmup_target");
    bl_text_add(to, ", \"schedule\": {\"%s\": {", rule->ours);
    put_options(to, schedule.config, rule->options);
    if (!is_nothing(top)) {
        put(to, "learning_rate", top);
        put(to, "warmup_from", first);
        put(to, "warmup_steps", bl_item_get(schedule.config, "warmup_steps"));
    } else if (!is_nothing(first))
        put(to, "learning_rate", first);
    bl_text_add(to, "}}");
    return BL_OK;
}

// ---- optimizers ----

static bl_status put_clip(bl_text *to, const bl_item *config, bl_error *err) {
    static const pair clips[] = {
        {"clipvalue", "value"}, {"clipnorm", "norm"}, {"global_clipnorm", "global_norm"}};
    size_t n = 0;
    for (size_t i = 0; i < N(clips); i++) {
        const bl_item *limit = bl_item_get(config, clips[i].theirs);
        if (is_nothing(limit))
            continue;
        if (n++)
            return refuse(config, err, "clipping in two ways:", clips[i].theirs);
        bl_text_add(to, ", \"clip\": {");
        put(to, clips[i].ours, limit);
        bl_text_add(to, "}");
    }
    return BL_OK;
}

static bl_status put_optimizer(bl_text *to, const bl_item *item, bl_error *err) {
    static const char *const options[] = {"momentum",     "nesterov", "beta_1",   "beta_2",
                                          "amsgrad",      "rho",      "centered", "epsilon",
                                          "weight_decay", NULL};
    static const char *const off[] = {"use_ema", "loss_scale_factor", "gradient_accumulation_steps",
                                      "decay"};
    thing optimizer;
    const char *ours = NULL;
    BL_TRY(find_thing(item, "an optimizer", &optimizer, err));
    for (size_t i = 0; i < BL_NN_N_OPTIMIZERS; i++)
        if (strcasecmp(optimizer.name, bl_nn_optimizer_name((bl_nn_optimizer_kind)i)) == 0)
            ours = bl_nn_optimizer_name((bl_nn_optimizer_kind)i);
    if (!ours)
        return refuse(item, err, "optimizer", optimizer.name);
    for (size_t i = 0; i < N(off); i++)
        if (!is_off(bl_item_get(optimizer.config, off[i])))
            return refuse(item, err, "option of the optimizer", off[i]);
    const bl_item *rate = bl_item_get(optimizer.config, "learning_rate");
    bool is_number = !is_nothing(rate) && rate->kind != BL_ITEM_MAP;
    bl_text_add(to, "\"optimizer\": {\"%s\": {", ours);
    put_options(to, optimizer.config, options);
    if (is_number)
        put(to, "learning_rate", rate);
    bl_text_add(to, "}}");
    BL_TRY(put_clip(to, optimizer.config, err));
    return is_nothing(rate) || is_number ? BL_OK : put_schedule(to, rate, err);
}

// ---- losses ----

static const char *loss_of(const char *name) {
    static const pair others[] = {{"mse", "mean_squared_error"}, {"mae", "mean_absolute_error"}};
    char snake[2 * MOST_NAME + 1];
    bl_nn_snake_case(name, snake);
    for (size_t i = 0; i < N(others); i++)
        if (strcasecmp(name, others[i].theirs) == 0)
            return others[i].ours;
    for (size_t i = 0; i < BL_NN_N_LOSSES; i++) {
        const char *ours = bl_nn_loss_name((bl_nn_loss_kind)i);
        if (strcmp(ours, name) == 0 || strcmp(ours, snake) == 0)
            return ours;
    }
    return NULL;
}

static bl_status check_loss(const bl_item *config, bl_error *err) {
    const bl_item *reduction = bl_item_get(config, "reduction"),
                  *axis = bl_item_get(config, "axis");
    if (!is_nothing(reduction) &&
        strcmp(reduction->text ? reduction->text : "", "sum_over_batch_size") != 0)
        return refuse(reduction, err, "reduction of the loss",
                      reduction->text ? reduction->text : "");
    if (!is_nothing(axis) && axis->integer != -1)
        return refuse(axis, err, "option of the loss", "axis");
    return BL_OK;
}

static bl_status put_loss(bl_text *to, const bl_item *item, bl_error *err) {
    static const char *const options[] = {"from_logits", "label_smoothing",       "alpha", "gamma",
                                          "delta",       "apply_class_balancing", NULL};
    thing loss;
    BL_TRY(find_thing(item, "a loss", &loss, err));
    const char *ours = loss_of(loss.name);
    if (!ours)
        return refuse(item, err, "loss", loss.name);
    BL_TRY(check_loss(loss.config, err));
    bl_text_add(to, ", \"loss\": {\"%s\": {", ours);
    put_options(to, loss.config, options);
    bl_text_add(to, "}}");
    return BL_OK;
}

bl_status bl_keras_to_training(bl_arena *arena, const bl_item *compiled,
                               const bl_item **ret_section, bl_error *err) {
    bl_text text = {.arena = arena};
    const bl_item *optimizer = bl_item_get(compiled, "optimizer");
    const bl_item *loss = bl_item_get(compiled, "loss");
    const bl_item *weights = bl_item_get(compiled, "loss_weights");
    if (is_nothing(optimizer))
        optimizer = bl_item_get(compiled, "optimizer_config"); // of HDF5 files
    if (is_nothing(optimizer))
        return bl_item_error(compiled, BL_E_UNSUPPORTED, err, "Keras names no optimizer");
    if (!is_nothing(weights))
        return refuse(weights, err, "option", "loss_weights");
    bl_text_add(&text, "{");
    if (text.has_failed)
        return bl_error_nomem(err, 1, "a section");
    BL_TRY(put_optimizer(&text, optimizer, err));
    if (!is_nothing(loss))
        BL_TRY(put_loss(&text, loss, err));
    bl_text_add(&text, "}");
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "a section");
    return bl_json_parse(arena, compiled->source, text.text, text.n, ret_section, err);
}
