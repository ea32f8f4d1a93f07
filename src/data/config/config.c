// SPDX-License-Identifier: Apache-2.0
// The data configuration as a whole: the lists that its readers fill, and our own top-level keys.
#include "data/config/private.h"

#include <math.h>

void bl_config_init(bl_config *config, bl_arena *arena) {
    *config = (bl_config){.arena = arena};
    bl_prepare_config_init(&config->prepare);
}

/// Doubles an array in the arena when `n` reaches its capacity.
static bl_status grow(bl_arena *arena, void *array_pointer, size_t *capacity, size_t n, size_t size,
                      bl_error *err) {
    if (n < *capacity)
        return BL_OK;
    size_t room = *capacity ? 2 * *capacity : 8;
    void *old, *array = bl_arena_array(arena, room, size);
    if (!array)
        return bl_error_nomem(err, room * size, "a configuration");
    memcpy(&old, array_pointer, sizeof(void *));
    if (n)
        memcpy(array, old, n * size);
    memcpy(array_pointer, &array, sizeof(void *));
    *capacity = room;
    return BL_OK;
}

bl_status bl_text_list_add(bl_arena *arena, bl_text_list *list, const char *text, bl_error *err) {
    BL_TRY(grow(arena, &list->texts, &list->capacity, list->n, sizeof *list->texts, err));
    list->texts[list->n++] = text;
    return BL_OK;
}

bool bl_text_list_has(const bl_text_list *list, const char *text) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->texts[i], text) == 0)
            return true;
    return false;
}

bl_status bl_config_add_variable(bl_config *config, const char *name, const char *text,
                                 bl_error *err) {
    for (size_t i = 0; i < config->n_variables; i++)
        if (strcmp(config->variables[i].name, name) == 0)
            return bl_error_set(err, BL_E_INVALID, "the variable '%s' is defined twice", name);
    BL_TRY(grow(config->arena, &config->variables, &config->variables_capacity, config->n_variables,
                sizeof *config->variables, err));
    config->variables[config->n_variables++] = (bl_named_text){name, text};
    return BL_OK;
}

bl_status bl_config_sample(bl_config *config, const char *name, bl_sample_config **ret_sample,
                           bl_error *err) {
    for (size_t i = 0; i < config->n_samples; i++)
        if (strcmp(config->samples[i].name, name) == 0)
            return *ret_sample = &config->samples[i], BL_OK;
    BL_TRY(grow(config->arena, &config->samples, &config->samples_capacity, config->n_samples,
                sizeof *config->samples, err));
    bl_sample_config *sample = &config->samples[config->n_samples++];
    *sample = (bl_sample_config){.name = name,
                                 .xsec_pb = (double)NAN,
                                 .kfactor = 1,
                                 .lumi_ifb = 1,
                                 .sumw = {.index = -1},
                                 .run = "run",
                                 .luminosity_block = "luminosityBlock",
                                 .part = -1};
    *ret_sample = sample;
    return BL_OK;
}

/// `text` with every `from` in it replaced. \return NULL: no memory
static const char *replaced(bl_arena *arena, const char *text, const bl_rename *rename) {
    const char *at = strstr(text, rename->from);
    if (!at || !*rename->from)
        return text;
    const char *rest = replaced(arena, at + strlen(rename->from), rename);
    return rest ? bl_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, rename->to, rest)
                : NULL;
}

bl_status bl_config_rename(const bl_config *config, const char *name, const char **ret_name,
                           bl_error *err) {
    enum { MOST_NAME = 4096 };
    const char *now = name;
    for (size_t i = 0; i < config->n_renames; i++) {
        if (strlen(now) > MOST_NAME)
            return bl_error_set(err, BL_E_LIMIT, "branch_magic makes '%.40s…' too long", name);
        now = replaced(config->arena, now, &config->renames[i]);
        if (!now)
            return bl_error_nomem(err, strlen(name), "a name");
    }
    *ret_name = now;
    return BL_OK;
}

bl_status bl_config_read_document(bl_config *config, const bl_item *document, bl_error *err) {
    if (bl_config_is_preproc(document))
        return bl_config_read_preproc(config, document, err);
    if (document->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(document, "a data configuration", BL_ITEM_MAP, err));
    return bl_config_read_weaver(config, document, err);
}

bl_status bl_config_read(bl_config *config, const char *path, bl_error *err) {
    const bl_item *document;
    size_t size = 0;
    BL_TRY(bl_document_read_text(config->arena, path, &config->text, &size, err));
    BL_TRY(bl_document_parse(config->arena, path, config->text, size, &document, err));
    return bl_config_read_document(config, document, err);
}
