// SPDX-License-Identifier: Apache-2.0
// `variations:` of a data configuration: the same events with other columns, or other weights.
#include "data/config/private.h"

/// `scale: 'LHEScaleWeight[*]'`.
static bl_status read_weight(bl_config *config, const bl_item *item, bl_variation_config *variation,
                             bl_error *err) {
    static const char all[] = "[*]";
    const char *text = item->text;
    size_t length = strlen(text), n_all = sizeof all - 1;
    if (strcmp(variation->name, "physics") == 0 || strcmp(variation->name, "train") == 0)
        return bl_item_error(item, BL_E_INVALID, err,
                             "variations.%s: weight_%s is what shards have without variations",
                             variation->name, variation->name);
    variation->is_list = length > n_all && strcmp(text + length - n_all, all) == 0;
    if (variation->is_list)
        text = bl_arena_text(config->arena, text, length - n_all);
    variation->weight = text;
    variation->column = bl_arena_printf(config->arena, "weight_%s", variation->name);
    if (!text || !variation->column)
        return bl_error_nomem(err, length, "a variation");
    return bl_config_add_of_preparation(config, variation->column, text, err);
}

/// `jesUp: {Jet_pt: Jet_pt_jesUp}`.
static bl_status read_shape(bl_config *config, const bl_item *item, bl_variation_config *variation,
                            bl_error *err) {
    const char **to = (const char **)bl_arena_array(config->arena, item->n + 1, sizeof *to);
    if (!to)
        return bl_error_nomem(err, item->n * sizeof *to, "a variation");
    if (item->n == 0)
        return bl_item_error(item, BL_E_INVALID, err, "variations.%s renames no column",
                             variation->name);
    for (size_t i = 0; i < item->n; i++) {
        BL_TRY(bl_item_text(item->items[i], item->keys[i], &to[i], err));
        if (!to[i])
            return bl_item_error(item->items[i], BL_E_INVALID, err,
                                 "variations.%s: which column is %s?", variation->name,
                                 item->keys[i]);
    }
    variation->from = item->keys;
    variation->to = to;
    variation->n_renames = item->n;
    return BL_OK;
}

static bl_status read_variation(bl_config *config, const bl_item *item,
                                bl_variation_config *variation, bl_error *err) {
    if (!bl_config_is_name(variation->name))
        return bl_item_error(item, BL_E_INVALID, err,
                             "variations: '%s' is no name of letters, digits and _",
                             variation->name);
    if (item->kind == BL_ITEM_MAP)
        return read_shape(config, item, variation, err);
    if (item->kind == BL_ITEM_LIST || item->kind == BL_ITEM_NULL)
        return bl_item_error(item, BL_E_INVALID, err,
                             "variations.%s is a map of columns, such as {Jet_pt: Jet_pt_jesUp}, "
                             "or the expression of a weight",
                             variation->name);
    return read_weight(config, item, variation, err);
}

bl_status bl_config_read_variations(bl_config *config, const bl_item *item, const char *key,
                                    bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    prepare->variations = (bl_variation_config *)bl_arena_array(config->arena, item->n + 1,
                                                                sizeof *prepare->variations);
    if (!prepare->variations)
        return bl_error_nomem(err, item->n * sizeof *prepare->variations, key);
    for (; prepare->n_variations < item->n; prepare->n_variations++) {
        bl_variation_config *variation = &prepare->variations[prepare->n_variations];
        *variation = (bl_variation_config){.name = item->keys[prepare->n_variations]};
        BL_TRY(read_variation(config, item->items[prepare->n_variations], variation, err));
    }
    return BL_OK;
}
