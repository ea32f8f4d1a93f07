// SPDX-License-Identifier: Apache-2.0
// `output:` of a data configuration: where `ingest` writes to, and how.
#include "base/size.h"
#include "data/config/private.h"

bl_status bl_config_read_output(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    static const char *const known[] = {"url",         "codec",     "tree", "columns",
                                        "part_events", "part_size", NULL};
    const char *const *columns = NULL, *size = NULL;
    size_t n = 0;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_text(bl_item_get(item, "url"), "url", &config->url, err));
    BL_TRY(bl_item_text(bl_item_get(item, "codec"), "codec", &config->codec, err));
    BL_TRY(bl_item_text(bl_item_get(item, "tree"), "tree", &config->output_tree, err));
    BL_TRY(
        bl_item_texts(config->arena, bl_item_get(item, "columns"), "columns", &columns, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_text_list_add(config->arena, &config->columns, columns[i], err));
    const bl_item *events = bl_item_get(item, "part_events"),
                  *bytes = bl_item_get(item, "part_size");
    BL_TRY(bl_item_integer(events, "part_events", &config->part_events, err));
    if (events && config->part_events < 1)
        return bl_item_error(events, BL_E_INVALID, err, "part_events is above 0");
    BL_TRY(bl_item_text(bytes, "part_size", &size, err));
    if (size && bl_size_parse(size, &config->part_bytes, NULL) != BL_OK)
        return bl_item_error(bytes, BL_E_INVALID, err, "part_size is a size such as 500M");
    return BL_OK;
}
