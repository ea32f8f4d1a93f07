// SPDX-License-Identifier: Apache-2.0
#include "nn/training/settings.h"

#include <math.h>
#include <string.h>

#include "base/names.h"

enum { MOST_KEYS = 32 };

static bl_status find_name(const bl_nn_settings *options, const bl_item *item, const char *name,
                           size_t *ret_name, bl_error *err) {
    for (size_t i = 0; i < options->n_names; i++)
        if (strcmp(options->names[i], name) == 0)
            return *ret_name = i, BL_OK;
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < options->n_names; i++)
        bl_nearest_offer(&nearest, options->names[i]);
    bl_status status =
        bl_item_error(item, BL_E_INVALID, err, "unknown %s '%s'", options->what, name);
    return bl_nearest_hint(&nearest, status, err);
}

bl_status bl_nn_settings_name(const bl_nn_settings *options, const bl_item *item, size_t *ret_name,
                              const bl_item **ret_map, bl_error *err) {
    const bl_item *map = NULL;
    if (item->kind == BL_ITEM_MAP && item->n == 1) {
        map = item->items[0]->kind == BL_ITEM_NULL ? NULL : item->items[0];
        BL_TRY(find_name(options, item, item->keys[0], ret_name, err));
    } else if (item->kind == BL_ITEM_TEXT)
        BL_TRY(find_name(options, item, item->text, ret_name, err));
    else
        return bl_item_error(item, BL_E_INVALID, err,
                             "%s is a name, or one name with its options, not %s", options->what,
                             bl_item_kind_name(item->kind));
    *ret_map = map;
    return BL_OK;
}

static bl_status check_range(const bl_nn_setting *option, const bl_item *item, double value,
                             bl_error *err) {
    if (isfinite(value) && value >= option->least && value <= option->most)
        return BL_OK;
    if (isinf(option->most))
        return bl_item_error(item, BL_E_INVALID, err, "%s is %g or more, not %g", option->name,
                             option->least, value);
    return bl_item_error(item, BL_E_INVALID, err, "%s is between %g and %g, not %g", option->name,
                         option->least, option->most, value);
}

static bl_status read_one(const bl_nn_setting *option, const bl_item *item, void *into,
                          bl_error *err) {
    char *place = (char *)into + option->place;
    if (option->kind == BL_NN_SETTING_BOOL)
        return bl_item_bool(item, option->name, (bool *)place, err);
    if (option->kind == BL_NN_SETTING_COUNT) {
        int64_t count = 0;
        BL_TRY(bl_item_integer(item, option->name, &count, err));
        BL_TRY(check_range(option, item, (double)count, err));
        memcpy(place, &count, sizeof count);
        return BL_OK;
    }
    double number = 0;
    BL_TRY(bl_item_number(item, option->name, &number, err));
    BL_TRY(check_range(option, item, number, err));
    memcpy(place, &number, sizeof number);
    return BL_OK;
}

bl_status bl_nn_settings_read(const bl_nn_settings *options, size_t name, const bl_item *map,
                              const char *const *also, void *into, bl_error *err) {
    const char *known[MOST_KEYS + 1] = {0};
    size_t n = 0;
    if (!map)
        return BL_OK;
    BL_TRY(bl_item_expect(map, options->names[name], BL_ITEM_MAP, err));
    for (size_t i = 0; i < options->n_options && n < MOST_KEYS; i++)
        if (options->options[i].who >> name & 1)
            known[n++] = options->options[i].name;
    for (size_t i = 0; also && also[i] && n < MOST_KEYS; i++)
        known[n++] = also[i];
    BL_TRY(bl_item_check_keys(map, known, options->names[name], err));
    for (size_t i = 0; i < options->n_options; i++) {
        const bl_item *item = bl_item_get(map, options->options[i].name);
        if (item && item->kind != BL_ITEM_NULL)
            BL_TRY(read_one(&options->options[i], item, into, err));
    }
    return BL_OK;
}

static void write_one(const bl_nn_setting *option, const void *from, bl_text *to) {
    const char *place = (const char *)from + option->place;
    int64_t count;
    double number;
    if (option->kind == BL_NN_SETTING_BOOL)
        bl_text_add(to, *(const bool *)place ? "true" : "false");
    else if (option->kind == BL_NN_SETTING_COUNT)
        bl_json_put_integer(to, (memcpy(&count, place, sizeof count), count));
    else
        bl_json_put_number(to, (memcpy(&number, place, sizeof number), number));
}

void bl_nn_settings_write(const bl_nn_settings *options, size_t name, const void *from,
                          bl_text *to) {
    const char *between = "";
    for (size_t i = 0; i < options->n_options; i++) {
        if (!(options->options[i].who >> name & 1))
            continue;
        bl_text_add(to, "%s\"%s\": ", between, options->options[i].name);
        write_one(&options->options[i], from, to);
        between = ", ";
    }
}

void bl_nn_settings_write_named(const bl_nn_settings *options, size_t name, const void *from,
                                bl_text *to) {
    bl_text_add(to, "{\"%s\": {", options->names[name]);
    bl_nn_settings_write(options, name, from, to);
    bl_text_add(to, "}}");
}
