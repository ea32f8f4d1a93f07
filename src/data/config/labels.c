// SPDX-License-Identifier: Apache-2.0
// `labels:` of a data configuration: what is learned.
#include "data/config/private.h"

static bl_status read_custom(bl_config *config, const bl_item *value, bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    BL_TRY(bl_config_read_variables(config, value, "value", err));
    for (size_t i = 0; i < value->n; i++)
        BL_TRY(bl_config_add_name(config, value->keys[i], err));
    prepare->labels = value->keys;
    prepare->n_labels = value->n;
    return BL_OK;
}

bl_status bl_config_read_labels(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    static const char *const known[] = {"type", "value", NULL};
    static const char *const types[] = {"simple", "custom", NULL};
    bl_prepare_config *prepare = &config->prepare;
    unsigned type = 0;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_choice(bl_item_get(item, "type"), "type", types, &type, err));
    const bl_item *value = bl_item_get(item, "value");
    if (value && type == 1)
        BL_TRY(read_custom(config, value, err));
    else if (value)
        BL_TRY(bl_config_read_names(config, value, "value", &prepare->labels, &prepare->n_labels,
                                    err));
    if (prepare->n_labels == 0)
        return bl_item_error(item, BL_E_INVALID, err, "labels have no value");
    prepare->label_kind = type == 1 ? BL_LABEL_NUMBERS : BL_LABEL_ONE_OF;
    return BL_OK;
}
