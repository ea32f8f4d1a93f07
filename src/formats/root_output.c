// SPDX-License-Identifier: Apache-2.0
// Where a ROOT file being written (formats/root) meets the trees being written into it
// (formats/ttree). Trees are closed in the order in which they were added.
#include "formats/root_output.h"

#include "formats/ttree/writer.h"

typedef struct root_output {
    bl_output head;
    bl_root_writer *file; ///< owns
    size_t n_trees, capacity;
    bl_ttree_writer **trees; ///< [n_trees]; owns
} root_output;

static void close_output(bl_output *head) {
    root_output *output = (root_output *)head;
    bl_context *context = head->context;
    for (size_t i = 0; i < output->n_trees; i++)
        bl_ttree_writer_free(output->trees[i]);
    bl_free(context, output->trees);
    bl_root_writer_free(output->file);
    bl_free(context, output);
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    root_output *output = (root_output *)head;
    for (size_t i = 0; i < output->n_trees; i++)
        if (strcmp(output->trees[i]->head.path, options->path) == 0)
            return bl_error_set(err, BL_E_EXISTS, "tree '%s': already exists", options->path);
    BL_TRY(bl_array_grow(head->context, &output->trees, &output->capacity, output->n_trees,
                         sizeof(bl_ttree_writer *), "trees", err));
    bl_ttree_writer *tree = NULL;
    BL_TRY(bl_ttree_writer_new(output->file, columns, n_columns, options, &tree, err));
    output->trees[output->n_trees++] = tree;
    tree->head.output = head;
    *ret_writer = &tree->head;
    return BL_OK;
}

static bl_status check(bl_output *head, const bl_column_spec *column, bl_error *err) {
    bl_column_spec alone = *column;
    alone.counter = NULL;
    bl_arena arena;
    bl_arena_init(&arena, head->context);
    bl_write_plan plan = {0};
    bl_status status = bl_write_plan_make(head->context, &arena, &alone, 1, &plan, err);
    bl_write_plan_release(head->context, &plan);
    bl_arena_release(&arena);
    return status;
}

static bl_status finish(bl_output *head, bl_error *err) {
    root_output *output = (root_output *)head;
    for (size_t i = 0; i < output->n_trees; i++)
        if (!output->trees[i]->head.is_finished)
            BL_TRY(bl_ttree_writer_finish(output->trees[i], err));
    return bl_root_writer_finish(output->file, err);
}

static const bl_output_ops ops = {
    .add = add, .check = check, .finish = finish, .close = close_output};

bl_status bl_root_create(bl_context *context, bl_sink *sink, bl_source *base, bl_compression how,
                         bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_source) owned = base;
    BL_AUTO(bl_root_writer) file = NULL;
    BL_TRY(bl_root_writer_new(context, sink, how, &file, err));
    if (base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a file cannot be continued yet");
    root_output *output = (root_output *)bl_alloc_zero(context, 1, sizeof *output);
    if (!output)
        return bl_error_nomem(err, sizeof *output, "a file");
    output->head.ops = &ops;
    output->head.context = context;
    output->head.url = file->sink->url;
    output->file = BL_MOVE(file);
    *ret_output = &output->head;
    return BL_OK;
}
