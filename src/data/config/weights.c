// SPDX-License-Identifier: Apache-2.0
// `weights:` and `negative_weights:` of a data configuration: what events weigh in training.
#include "base/names.h"
#include "data/config/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "weights"); }

// ---- reweighting ----

static bl_status read_axis(bl_config *config, const bl_item *item, const char *name,
                           bl_reweight_axis *axis, bl_error *err) {
    *axis = (bl_reweight_axis){.name = name};
    BL_TRY(bl_item_expect(item, name, BL_ITEM_LIST, err));
    axis->edges = (double *)bl_arena_array(config->arena, item->n + 1, sizeof *axis->edges);
    if (!axis->edges)
        return out_of_memory(err);
    for (; axis->n_edges < item->n; axis->n_edges++) {
        size_t i = axis->n_edges;
        BL_TRY(bl_item_number(item->items[i], name, &axis->edges[i], err));
        if (i && !(axis->edges[i - 1] < axis->edges[i]))
            return bl_item_error(item->items[i], BL_E_INVALID, err,
                                 "reweight_vars.%s: edges ascend, and %g does not follow %g", name,
                                 axis->edges[i], axis->edges[i - 1]);
    }
    if (axis->n_edges < 2)
        return bl_item_error(item, BL_E_INVALID, err, "reweight_vars.%s has no two edges", name);
    return bl_config_add_name(config, name, err);
}

static bl_status read_axes(bl_config *config, const bl_item *item, bl_error *err) {
    bl_weights_config *weights = &config->prepare.weights;
    BL_TRY(bl_item_expect(item, "reweight_vars", BL_ITEM_MAP, err));
    weights->axes =
        (bl_reweight_axis *)bl_arena_array(config->arena, item->n + 1, sizeof *weights->axes);
    if (!weights->axes)
        return out_of_memory(err);
    for (; weights->n_axes < item->n; weights->n_axes++) {
        size_t i = weights->n_axes;
        BL_TRY(read_axis(config, item->items[i], item->keys[i], &weights->axes[i], err));
    }
    return BL_OK;
}

/// They are labels, where these are columns; of samples they are not known yet.
static bl_status read_classes(bl_config *config, const bl_item *item, bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    bl_weights_config *weights = &prepare->weights;
    BL_TRY(bl_item_texts(config->arena, item, "reweight_classes", &weights->classes,
                         &weights->n_classes, err));
    for (size_t i = 0; i < weights->n_classes && prepare->n_labels; i++) {
        if (bl_config_find_label(prepare, weights->classes[i]) < prepare->n_labels)
            continue;
        bl_nearest nearest;
        bl_nearest_init(&nearest, weights->classes[i]);
        for (size_t k = 0; k < prepare->n_labels; k++)
            bl_nearest_offer(&nearest, prepare->labels[k]);
        bl_status status = bl_item_error(item, BL_E_INVALID, err, "reweight_classes: no label '%s'",
                                         weights->classes[i]);
        return bl_nearest_hint(&nearest, status, err);
    }
    return BL_OK;
}

static bl_status read_reweighting(bl_config *config, const bl_item *item, bl_error *err) {
    static const char *const methods[] = {"flat", "ref", NULL};
    bl_weights_config *weights = &config->prepare.weights;
    const bl_item *axes = bl_item_get(item, "reweight_vars"),
                  *threshold = bl_item_get(item, "reweight_threshold");
    bool discards = true;
    unsigned method = 0;
    BL_TRY(bl_item_choice(bl_item_get(item, "reweight_method"), "reweight_method", methods, &method,
                          err));
    BL_TRY(read_classes(config, bl_item_get(item, "reweight_classes"), err));
    BL_TRY(bl_item_number(threshold, "reweight_threshold", &weights->threshold, err));
    if (!(weights->threshold >= 0 && weights->threshold <= 100))
        return bl_item_error(threshold, BL_E_INVALID, err,
                             "reweight_threshold is a percentile, 0 to 100");
    BL_TRY(bl_item_bool(bl_item_get(item, "reweight_discard_under_overflow"),
                        "reweight_discard_under_overflow", &discards, err));
    BL_TRY(bl_item_bool(bl_item_get(item, "resample"), "resample", &weights->resamples, err));
    weights->keeps_outside = !discards;
    if (axes && axes->kind != BL_ITEM_NULL)
        BL_TRY(read_axes(config, axes, err));
    if (weights->n_axes)
        weights->reweighting = method ? BL_REWEIGHT_REF : BL_REWEIGHT_FLAT;
    else if (bl_item_get(item, "reweight_method"))
        return bl_item_error(item, BL_E_INVALID, err,
                             "reweight_method is said, but no "
                             "reweight_vars, such as {jet_pt: [200, 400]}");
    return BL_OK;
}

// ---- factors and balance ----

/// weaver's base weight, an expression, is a factor like others.
static bl_status read_base(bl_config *config, const bl_item *item, bl_error *err) {
    static const char name[] = "_basewgt_"; // weaver calls it so
    const char *text = NULL;
    const char **factors;
    BL_TRY(bl_item_text(item, "reweight_basewgt", &text, err));
    if (!text)
        return BL_OK;
    factors = (const char **)bl_arena_array(config->arena, 1, sizeof *factors);
    if (!factors)
        return out_of_memory(err);
    factors[0] = bl_config_is_name(text) ? text : name;
    config->prepare.weights.factors = factors;
    config->prepare.weights.n_factors = 1;
    return factors[0] == text ? bl_config_add_name(config, text, err)
                              : bl_config_add_of_preparation(config, name, text, err);
}

/// "undersample", or {method: undersample, part: all}.
static bl_status read_balance(const bl_item *item, bl_weights_config *weights, bl_error *err) {
    static const char *const known[] = {"method", "part", NULL};
    static const char *const methods[] = {"none", "weights", "undersample", "oversample", NULL};
    static const bl_balance balances[] = {BL_BALANCE_NONE, BL_BALANCE_WEIGHTS,
                                          BL_BALANCE_UNDERSAMPLE, BL_BALANCE_OVERSAMPLE};
    static const char *const parts[] = {"train", "all", NULL};
    unsigned method = 0, part = 0;
    if (item && item->kind == BL_ITEM_MAP) {
        BL_TRY(bl_item_check_keys(item, known, "balance", err));
        BL_TRY(bl_item_choice(bl_item_get(item, "part"), "part", parts, &part, err));
        BL_TRY(bl_item_choice(bl_item_get(item, "method"), "method", methods, &method, err));
    } else
        BL_TRY(bl_item_choice(item, "balance", methods, &method, err));
    weights->balance = balances[method];
    weights->balances_all = part == 1;
    return BL_OK;
}

/// One of each class that is reweighted, or of each label.
static bl_status read_class_weights(bl_config *config, const bl_item *item, bl_error *err) {
    bl_weights_config *weights = &config->prepare.weights;
    size_t n = weights->n_classes ? weights->n_classes : config->prepare.n_labels;
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(item, "class_weights", BL_ITEM_LIST, err));
    if (n && item->n != n)
        return bl_item_error(item, BL_E_INVALID, err, "class_weights are %zu, and classes %zu",
                             item->n, n);
    weights->class_weights =
        (double *)bl_arena_array(config->arena, item->n + 1, sizeof *weights->class_weights);
    if (!weights->class_weights)
        return out_of_memory(err);
    for (size_t i = 0; i < item->n; i++) {
        BL_TRY(bl_item_finite(item->items[i], "class_weights", &weights->class_weights[i], err));
        if (!(weights->class_weights[i] > 0))
            return bl_item_error(item->items[i], BL_E_INVALID, err, "class_weights are above 0");
    }
    weights->n_class_weights = item->n;
    return BL_OK;
}

bl_status bl_config_read_weights(bl_config *config, const bl_item *item, const char *key,
                                 bl_error *err) {
    static const char *const known[] = {"use_precomputed_weights",
                                        "weight_branches",
                                        "reweight_method",
                                        "reweight_vars",
                                        "reweight_classes",
                                        "class_weights",
                                        "reweight_threshold",
                                        "reweight_discard_under_overflow",
                                        "reweight_basewgt",
                                        "reweight_hists",
                                        "balance",
                                        "resample",
                                        NULL};
    bl_weights_config *weights = &config->prepare.weights;
    const bl_item *branches = bl_item_get(item, "weight_branches");
    bool is_precomputed = branches != NULL;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_bool(bl_item_get(item, "use_precomputed_weights"), "use_precomputed_weights",
                        &is_precomputed, err));
    BL_TRY(read_balance(bl_item_get(item, "balance"), weights, err));
    if (is_precomputed) {
        BL_TRY(bl_config_read_names(config, branches, "weight_branches", &weights->factors,
                                    &weights->n_factors, err));
    } else {
        BL_TRY(read_reweighting(config, item, err));
        BL_TRY(read_base(config, bl_item_get(item, "reweight_basewgt"), err));
    }
    return read_class_weights(config, bl_item_get(item, "class_weights"), err);
}

bl_status bl_config_read_negative_weights(bl_config *config, const bl_item *item, const char *key,
                                          bl_error *err) {
    static const char *const policies[] = {"keep", "abs", "drop", "error", NULL};
    static const bl_negative_weights chosen[] = {BL_NEGATIVE_KEEP, BL_NEGATIVE_ABS,
                                                 BL_NEGATIVE_DROP, BL_NEGATIVE_ERROR};
    unsigned policy = 0;
    BL_TRY(bl_item_choice(item, key, policies, &policy, err));
    config->prepare.weights.negative = chosen[policy];
    return BL_OK;
}
