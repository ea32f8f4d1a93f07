// SPDX-License-Identifier: Apache-2.0
// Which trees `beamline convert` copies. Everything that can be refused is refused here, before a
// byte is written.
#include "cli/convert.h"

static bl_status select_columns(bl_cli *cli, bl_convert_plan *plan, bl_convert_tree *tree,
                                bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    bool is_strict = !arguments->skip_unreadable;
    bl_status status = bl_select_whole(tree->table, is_strict, &tree->selection, err);
    if (status == BL_E_UNSUPPORTED)
        return bl_error_hint(err, status, "; --skip-unreadable leaves them out");
    BL_TRY(status);
    return bl_selection_specs(&plan->arena, &tree->selection, &tree->specs, err);
}

/// Rows asked for, as far as there are any.
static bl_status choose_rows(bl_cli *cli, bl_convert_tree *tree, bl_error *err) {
    const bl_row_range *rows = &cli->arguments.entries;
    tree->last = INT64_MAX;
    if (!rows->is_set)
        return BL_OK;
    int64_t n_rows;
    BL_TRY(bl_table_n_rows(tree->table, &n_rows, err));
    tree->first = rows->first < n_rows ? rows->first : n_rows;
    tree->last = rows->last < n_rows ? rows->last : n_rows;
    return BL_OK;
}

static bl_status fill_tree(bl_cli *cli, bl_convert_plan *plan, bl_convert_tree *tree,
                           bl_error *err) {
    BL_TRY(select_columns(cli, plan, tree, err));
    return choose_rows(cli, tree, err);
}

static void release_tree(bl_convert_tree *tree) {
    bl_selection_release(&tree->selection);
    bl_table_close(tree->table);
}

/// Of several trees, some may have no column to be copied; that is said.
static bl_status add_tree(bl_cli *cli, bl_convert_plan *plan, bool is_chain, const char *path,
                          bl_error *err) {
    BL_TRY(bl_array_grow(cli->context, &plan->trees, &plan->capacity, plan->n_trees,
                         sizeof *plan->trees, "trees", err));
    BL_AUTO(bl_table) table = NULL;
    BL_TRY(bl_select_open(cli, plan->catalog, is_chain, path, &table, err));
    bl_convert_tree *tree = &plan->trees[plan->n_trees];
    *tree = (bl_convert_tree){.table = NULL};
    bl_status status =
        bl_select_columns(cli->context, table, cli->arguments.columns, &tree->selection, err);
    if (status == BL_E_NOTFOUND && !cli->arguments.tree) {
        bl_cli_note(cli, "tree '%s' left out: it has none of the columns", bl_table_path(table));
        return BL_OK;
    }
    BL_TRY(status);
    bool has_columns = tree->selection.n > 0;
    tree->table = BL_MOVE(table);
    plan->n_trees++;
    BL_TRY(fill_tree(cli, plan, tree, err));
    if (has_columns && tree->selection.n == 0) {
        bl_cli_note(cli, "tree '%s' left out: no column can be read", bl_table_path(tree->table));
        release_tree(tree);
        plan->n_trees--;
    }
    return BL_OK;
}

/// Titles are the catalog's to know.
static bl_status find_titles(bl_convert_plan *plan, bl_error *err) {
    for (size_t i = 0; i < bl_catalog_n_objects(plan->catalog); i++) {
        bl_object_info info;
        bl_status status = bl_select_table(plan->catalog, i, &info, err);
        if (status == BL_END)
            continue;
        BL_TRY(status);
        for (size_t k = 0; k < plan->n_trees; k++)
            if (strcmp(bl_table_path(plan->trees[k].table), info.path) == 0)
                plan->trees[k].title = info.title;
    }
    return BL_OK;
}

static bl_status add_all(bl_cli *cli, bl_convert_plan *plan, bool is_chain, bl_error *err) {
    bool is_found = false;
    for (size_t i = 0; i < bl_catalog_n_objects(plan->catalog); i++) {
        bl_object_info info;
        bl_status status = bl_select_table(plan->catalog, i, &info, err);
        if (status == BL_END)
            continue;
        BL_TRY(status);
        is_found = true;
        BL_TRY(add_tree(cli, plan, is_chain, info.path, err));
    }
    return is_found ? BL_OK : add_tree(cli, plan, is_chain, NULL, err); // the library knows why
}

static bl_status check_any(const bl_arguments *arguments, size_t n_trees, bl_error *err) {
    if (n_trees > 0)
        return BL_OK;
    const char *columns = arguments->columns;
    return bl_error_set(err, BL_E_NOTFOUND, "%s: no tree has columns%s%s%s that can be copied",
                        arguments->operands[0], columns ? " '" : "", columns ? columns : "",
                        columns ? "'" : "");
}

static bl_status check_one(const bl_arguments *arguments, size_t n_trees, bl_error *err) {
    const char *option = arguments->name ? "--as" : arguments->entries.is_set ? "--entries" : NULL;
    if (!option || n_trees == 1)
        return BL_OK;
    return bl_error_set(err, BL_E_USAGE,
                        "%s is for one tree, but there are %zu: choose with --tree", option,
                        n_trees);
}

bl_status bl_convert_plan_make(bl_cli *cli, bl_convert_plan *plan, bl_error *err) {
    bool is_chain;
    bl_arena_init(&plan->arena, cli->context);
    BL_TRY(bl_select_catalog(cli, &plan->catalog, &is_chain, err));
    if (cli->arguments.tree)
        BL_TRY(add_tree(cli, plan, is_chain, cli->arguments.tree, err));
    else
        BL_TRY(add_all(cli, plan, is_chain, err));
    BL_TRY(check_any(&cli->arguments, plan->n_trees, err));
    BL_TRY(check_one(&cli->arguments, plan->n_trees, err));
    return find_titles(plan, err);
}

/// Leaves only the columns that the output can hold.
static bl_status keep_writable(bl_cli *cli, bl_convert_tree *tree, bl_output *output,
                               bl_error *err) {
    size_t n = tree->selection.n;
    tree->selection.n = 0;
    for (size_t i = 0; i < n; i++) {
        bl_status status = bl_output_check(output, &tree->specs[i], err);
        if (status == BL_E_TYPE && cli->arguments.skip_unreadable) {
            bl_cli_note(cli, "left out: %s", err->message);
            *err = (bl_error){.status = BL_OK};
            continue;
        }
        if (status == BL_E_TYPE)
            return bl_error_hint(err, status, "; --skip-unreadable leaves it out");
        BL_TRY(status);
        size_t kept = tree->selection.n++;
        tree->selection.columns[kept] = tree->selection.columns[i];
        tree->selection.infos[kept] = tree->selection.infos[i];
        tree->specs[kept] = tree->specs[i];
    }
    return BL_OK;
}

bl_status bl_convert_plan_check(bl_cli *cli, bl_convert_plan *plan, bl_output *output,
                                bl_error *err) {
    size_t kept = 0;
    bl_status status = BL_OK;
    for (size_t i = 0; i < plan->n_trees; i++) {
        bl_convert_tree *tree = &plan->trees[i];
        bool has_columns = tree->selection.n > 0;
        if (status == BL_OK)
            status = keep_writable(cli, tree, output, err);
        if (status == BL_OK && has_columns && tree->selection.n == 0)
            release_tree(tree);
        else
            plan->trees[kept++] = *tree;
    }
    plan->n_trees = kept;
    return status == BL_OK ? check_any(&cli->arguments, kept, err) : status;
}

void bl_convert_plan_release(bl_convert_plan *plan) {
    bl_context *context = plan->arena.context;
    for (size_t i = 0; i < plan->n_trees; i++)
        release_tree(&plan->trees[i]);
    bl_free(context, plan->trees);
    bl_arena_release(&plan->arena);
    if (plan->catalog)
        bl_catalog_close(plan->catalog);
    *plan = (bl_convert_plan){.catalog = NULL};
}
