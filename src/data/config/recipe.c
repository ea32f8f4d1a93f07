// SPDX-License-Identifier: Apache-2.0
// `recipe:` of a data configuration, and of the command line.
#include "base/names.h"
#include "data/config/private.h"

static const char *const the_recipe = "topology";

static bl_status check_name(const char *name, bl_error *err) {
    bl_nearest nearest;
    if (strcmp(name, the_recipe) == 0)
        return BL_OK;
    bl_nearest_init(&nearest, name);
    bl_nearest_offer(&nearest, the_recipe);
    return bl_nearest_hint(&nearest,
                           bl_error_set(err, BL_E_INVALID, "there is no recipe '%s'", name), err);
}

/// Puts where an item stands in front of what was said about it.
static bl_status at(const bl_item *item, bl_status status, bl_error *err) {
    if (status == BL_OK)
        return BL_OK;
    return item->line ? bl_error_in(err, status, "%s:%u:%u", item->source, item->line, item->column)
                      : bl_error_in(err, status, "%s", item->source);
}

bl_status bl_config_read_recipe(bl_config *config, const bl_item *recipe, const char *key,
                                bl_error *err) {
    const char *name = NULL;
    bool is_map = recipe->kind == BL_ITEM_MAP;
    const bl_item *of_name = is_map ? bl_item_get(recipe, "name") : recipe;
    BL_TRY(bl_item_text(of_name, key, &name, err));
    if (!name)
        return bl_item_error(recipe, BL_E_INVALID, err,
                             "recipe has no name, such as {name: topology, mode: fixed}");
    bl_topology_options options = {0};
    BL_TRY(at(of_name, check_name(name, err), err));
    for (size_t i = 0; is_map && i < recipe->n; i++) {
        const char *value = NULL;
        if (strcmp(recipe->keys[i], "name") == 0)
            continue;
        BL_TRY(bl_item_text(recipe->items[i], recipe->keys[i], &value, err));
        if (value)
            BL_TRY(
                at(recipe->items[i], bl_topology_set(&options, recipe->keys[i], value, err), err));
    }
    config->has_recipe = true;
    config->recipe = options;
    return BL_OK;
}

bl_status bl_config_set_recipe(bl_config *config, const char *text, bl_error *err) {
    bl_topology_options options = {0};
    size_t length = strcspn(text, ":");
    char *rest = bl_arena_text(config->arena, text, strlen(text));
    if (!rest)
        return bl_error_nomem(err, length, "a recipe");
    bool has_options = rest[length] == ':';
    rest[length] = '\0';
    BL_TRY(check_name(rest, err));
    rest += length + has_options;
    while (*rest) {
        char *key = rest, *end = rest + strcspn(rest, ",");
        rest = *end ? end + 1 : end;
        *end = '\0';
        char *equals = strchr(key, '=');
        if (!equals)
            return bl_error_set(err, BL_E_INVALID,
                                "recipe topology: '%s' should be KEY=VALUE, such as mode=compat",
                                key);
        *equals = '\0';
        BL_TRY(bl_topology_set(&options, key, equals + 1, err));
    }
    config->has_recipe = true;
    config->recipe = options;
    return BL_OK;
}
