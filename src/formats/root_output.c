// SPDX-License-Identifier: Apache-2.0
// Where a ROOT file being written (formats/root) meets the trees being written into it
// (formats/ttree). Trees are closed in the order in which they were added.
#include "formats/root_output.h"

#include "formats/root/histogram_write.h"
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

static bl_ttree_writer *find_tree(const root_output *output, const char *path) {
    for (size_t i = 0; i < output->n_trees; i++)
        if (strcmp(output->trees[i]->head.path, path) == 0)
            return output->trees[i];
    return NULL;
}

/// A tree's name is listed when it is finished; until then nobody else may take it.
static bl_status check_free(const root_output *output, const char *path, bl_error *err) {
    if (find_tree(output, path))
        return bl_error_set(err, BL_E_EXISTS, "tree '%s': already exists", path);
    for (size_t i = 0; i < output->n_trees; i++) {
        const char *other = output->trees[i]->head.path;
        size_t length = strlen(other);
        if (strncmp(path, other, length) == 0 && path[length] == '/')
            return bl_error_set(err, BL_E_EXISTS, "tree '%s': '%s' is no directory", path, other);
    }
    return BL_OK;
}

/// Notes whose friend a tree is: one that is being written too, or one of the continued file.
static bl_status note_friend(root_output *output, bl_ttree_writer *tree, const char *path,
                             bl_error *err) {
    bl_ttree_writer *other = find_tree(output, path);
    if (other && other->head.is_finished)
        return bl_error_set(err, BL_E_UNSUPPORTED, "tree '%s' is finished already", path);
    if (other)
        return bl_ttree_writer_befriend(other, tree, err);
    size_t folder;
    const bl_root_key *key;
    BL_TRY(bl_write_friend_check(output->file, path, &folder, &key, err));
    tree->friend_of = bl_arena_text(&tree->arena, path, strlen(path));
    return tree->friend_of ? BL_OK : bl_error_nomem(err, strlen(path), "a path");
}

static bl_status add(bl_output *head, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    root_output *output = (root_output *)head;
    BL_TRY(check_free(output, options->path, err));
    BL_TRY(bl_array_grow(head->context, &output->trees, &output->capacity, output->n_trees,
                         sizeof(bl_ttree_writer *), "trees", err));
    bl_ttree_writer *tree = NULL;
    BL_TRY(bl_ttree_writer_new(output->file, columns, n_columns, options, &tree, err));
    bl_status status =
        options->friend_of ? note_friend(output, tree, options->friend_of, err) : BL_OK;
    if (status != BL_OK) {
        bl_ttree_writer_free(tree);
        return bl_error_in(err, status, "tree '%s'", options->path);
    }
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

/// Declares the friends of a tree of the continued file, all at once. \param first tree that names
/// it
static bl_status declare_friends(root_output *output, size_t first, const bl_ttree_writer **friends,
                                 bl_error *err) {
    const char *path = output->trees[first]->friend_of;
    size_t n = 0;
    for (size_t i = 0; i < output->n_trees; i++) {
        const char *other = output->trees[i]->friend_of;
        if (!other || strcmp(other, path) != 0)
            continue;
        if (i < first) // they were declared together with that one
            return BL_OK;
        friends[n++] = output->trees[i];
    }
    return bl_write_friends_declare(output->file, path, friends, n, err);
}

static bl_status finish(bl_output *head, bl_error *err) {
    root_output *output = (root_output *)head;
    const bl_ttree_writer **friends = (const bl_ttree_writer **)bl_arena_array(
        &output->file->arena, output->n_trees + 1, sizeof *friends);
    if (!friends)
        return bl_error_nomem(err, output->n_trees * sizeof *friends, "friends");
    for (size_t i = 0; i < output->n_trees; i++)
        if (!output->trees[i]->head.is_finished)
            BL_TRY(bl_ttree_writer_finish(output->trees[i], err));
    for (size_t i = 0; i < output->n_trees; i++)
        if (output->trees[i]->friend_of)
            BL_TRY(declare_friends(output, i, friends, err));
    return bl_root_writer_finish(output->file, err);
}

static bl_status add_histogram(bl_output *head, const bl_histogram_view *histogram, bl_error *err) {
    root_output *output = (root_output *)head;
    BL_TRY(check_free(output, histogram->name, err));
    return bl_root_histogram_write(output->file, histogram, err);
}

static const bl_output_ops ops = {.add = add,
                                  .check = check,
                                  .add_histogram = add_histogram,
                                  .finish = finish,
                                  .close = close_output};

bl_status bl_root_create(bl_context *context, bl_sink *sink, const bl_create *how,
                         bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_sink) owned_sink = sink;
    BL_AUTO(bl_root_file) continued = NULL;
    if (how->base)
        BL_TRY_IN(bl_root_file_open(context, how->base, &continued, err), err,
                  "the file to continue");
    BL_AUTO(bl_root_writer) file = NULL;
    BL_TRY(
        bl_root_writer_new(context, BL_MOVE(owned_sink), continued, how->compression, &file, err));
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
