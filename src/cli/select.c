// SPDX-License-Identifier: Apache-2.0
// Tables by name, the first file of a chain.
#include "cli/select.h"

bl_open_options bl_select_open_options(const bl_arguments *arguments) {
    return (bl_open_options){.size = sizeof(bl_open_options),
                             .format = arguments->from,
                             .types = arguments->types,
                             .separator = arguments->separator,
                             .no_header = arguments->no_header,
                             .plain_vectors = arguments->plain_vectors};
}

bl_status bl_select_catalog(bl_cli *cli, bl_catalog **ret_catalog, bool *ret_is_chain,
                            bl_error *err) {
    const char *url = cli->arguments.operands[0];
    const bl_open_options open = bl_select_open_options(&cli->arguments);
    char **urls;
    size_t n;
    bl_arena arena;
    bl_arena_init(&arena, cli->context);
    bl_status status = bl_urls_expand(&arena, &url, 1, &urls, &n, err);
    if (status == BL_OK)
        status = bl_catalog_open_with(cli->context, urls[0], &open, ret_catalog, err);
    if (status == BL_OK) // a pattern is a chain, whatever it matches
        *ret_is_chain = cli->arguments.n_operands > 1 || strcmp(urls[0], url) != 0;
    bl_arena_release(&arena);
    return status;
}

bl_status bl_select_open(bl_cli *cli, bl_catalog *catalog, bool is_chain, const char *tree,
                         bl_table **ret_table, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (!is_chain && arguments->friends.n == 0)
        return bl_catalog_open_table(catalog, tree, ret_table, err);
    const bl_open_options open = bl_select_open_options(arguments);
    bl_table_options options = {.size = sizeof options,
                                .tree = tree,
                                .open = &open,
                                .friends = arguments->friends.texts,
                                .n_friends = arguments->friends.n};
    return bl_table_open(cli->context, arguments->operands, arguments->n_operands, &options,
                         ret_table, err);
}

bl_status bl_select_table(const bl_catalog *catalog, size_t i, bl_object_info *ret_info,
                          bl_error *err) {
    bl_object_info info = {.size = sizeof info}, other = {.size = sizeof other};
    BL_TRY(bl_catalog_object(catalog, i, &info, err));
    if (!info.is_table)
        return BL_END;
    for (size_t k = 0; k < bl_catalog_n_objects(catalog); k++) {
        BL_TRY(bl_catalog_object(catalog, k, &other, err));
        bool is_same = other.is_table && strcmp(other.path, info.path) == 0;
        if (is_same && (other.cycle > info.cycle || (other.cycle == info.cycle && k < i)))
            return BL_END;
    }
    *ret_info = info;
    return BL_OK;
}
