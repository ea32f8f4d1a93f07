// SPDX-License-Identifier: Apache-2.0
// preproc.json of MLaaS4HEP: new branches, and cuts on flat and jagged ones. All cuts are ANDed and
// drop whole events, those on new branches included (which the original counts, but does not apply
// to jagged ones). A cut is an expression; the original hands it to Python.
#include "data/config/private.h"

bool bl_config_is_preproc(const bl_item *document) {
    return bl_item_get(document, "new_branch") || bl_item_get(document, "flat_cut") ||
           bl_item_get(document, "jagged_cut");
}

/// "cut" or "cut_1", "cut_2" …
static bool is_cut(const char *key) {
    return strcmp(key, "cut") == 0 || strncmp(key, "cut_", 4) == 0;
}

/// [condition, "all" | "any"], of a jagged branch.
static bl_status jagged_cut(bl_config *config, const bl_item *item, const char *key,
                            const char **ret_text, bl_error *err) {
    const char *const *texts = NULL;
    size_t n = 0;
    BL_TRY(bl_item_texts(config->arena, item, key, &texts, &n, err));
    if (n != 2 || (strcmp(texts[1], "all") != 0 && strcmp(texts[1], "any") != 0))
        return bl_item_error(item, BL_E_INVALID, err,
                             "%s of a jagged branch is [condition, \"all\" or \"any\"]", key);
    *ret_text = bl_arena_printf(config->arena, "%s(%s)", texts[1], texts[0]);
    return *ret_text ? BL_OK : bl_error_nomem(err, strlen(texts[0]), "a cut");
}

static bl_status read_cut(bl_config *config, const bl_item *item, const char *key, bool is_jagged,
                          bl_error *err) {
    const char *text = "";
    if (is_jagged)
        BL_TRY(jagged_cut(config, item, key, &text, err));
    else
        BL_TRY(bl_item_text(item, key, &text, err));
    return bl_text_list_add(config->arena, &config->cuts, text, err);
}

/// "True" and "False" are texts there.
static bl_status read_remove(bl_config *config, const bl_item *item, const char *name,
                             bl_error *err) {
    const char *text = "False";
    BL_TRY(bl_item_text(item, "remove", &text, err));
    if (strcasecmp(text, "true") == 0)
        return bl_text_list_add(config->arena, &config->dropped, name, err);
    if (strcasecmp(text, "false") != 0)
        return bl_item_error(item, BL_E_INVALID, err, "remove is \"True\" or \"False\", not '%s'",
                             text);
    return BL_OK;
}

/// What a branch of any section says.
/// \param is_jagged its cuts are pairs \param is_new it has a definition
static bl_status read_branch(bl_config *config, const bl_item *branch, const char *name,
                             bool is_jagged, bool is_new, bl_error *err) {
    static const char *const of_old[] = {"cut", "remove", NULL};
    static const char *const of_new[] = {"def", "type", "cut", "remove", "keys_to_remove", NULL};
    BL_TRY(bl_item_expect(branch, name, BL_ITEM_MAP, err));
    for (size_t i = 0; i < branch->n; i++) {
        const char *key = branch->keys[i];
        const bl_item one = {.kind = BL_ITEM_MAP,
                             .n = 1,
                             .keys = &branch->keys[i],
                             .items = &branch->items[i],
                             .source = branch->source};
        if (is_cut(key))
            BL_TRY(read_cut(config, branch->items[i], key, is_jagged, err));
        else
            BL_TRY(bl_item_check_keys(&one, is_new ? of_new : of_old, name, err));
    }
    const bl_item *removed = bl_item_get(branch, "remove");
    return removed ? read_remove(config, removed, name, err) : BL_OK;
}

static bl_status read_new_branch(bl_config *config, const bl_item *branch, const char *name,
                                 bl_error *err) {
    const char *definition = NULL, *type = "flat", *const *keys = NULL;
    size_t n_keys = 0;
    BL_TRY(bl_item_text(bl_item_get(branch, "type"), "type", &type, err));
    bool is_jagged = strcmp(type, "jagged") == 0;
    if (!is_jagged && strcmp(type, "flat") != 0)
        return bl_item_error(branch, BL_E_INVALID, err,
                             "new_branch.%s: type is \"flat\" or \"jagged\", not '%s'", name, type);
    BL_TRY(read_branch(config, branch, name, is_jagged, true, err));
    BL_TRY(bl_item_text(bl_item_get(branch, "def"), "def", &definition, err));
    if (!definition)
        return bl_item_error(branch, BL_E_INVALID, err, "new_branch.%s has no def", name);
    BL_TRY(bl_config_add_variable(config, name, definition, err));
    BL_TRY(bl_item_texts(config->arena, bl_item_get(branch, "keys_to_remove"), "keys_to_remove",
                         &keys, &n_keys, err));
    for (size_t i = 0; i < n_keys; i++)
        BL_TRY(bl_text_list_add(config->arena, &config->dropped, keys[i], err));
    return BL_OK;
}

static bl_status read_section(bl_config *config, const bl_item *section, const char *key,
                              bl_error *err) {
    bool is_new = strcmp(key, "new_branch") == 0, is_jagged = strcmp(key, "jagged_cut") == 0;
    if (section->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(section, key, BL_ITEM_MAP, err));
    for (size_t i = 0; i < section->n; i++)
        if (is_new)
            BL_TRY(read_new_branch(config, section->items[i], section->keys[i], err));
        else
            BL_TRY(read_branch(config, section->items[i], section->keys[i], is_jagged, false, err));
    return BL_OK;
}

bl_status bl_config_read_preproc(bl_config *config, const bl_item *document, bl_error *err) {
    static const char *const known[] = {"new_branch", "flat_cut", "jagged_cut", NULL};
    BL_TRY(bl_item_check_keys(document, known, NULL, err));
    for (size_t i = 0; i < document->n; i++)
        BL_TRY(read_section(config, document->items[i], document->keys[i], err));
    return BL_OK;
}
