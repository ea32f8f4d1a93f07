// SPDX-License-Identifier: Apache-2.0
// Whole files read into a tree: the objects that the file lists, parents in front of children, then
// what each of them holds.
#include "formats/hdf5/module/tree.h"

#include "base/context.h"

typedef struct reading {
    bl_hdf5_file *file;
    bl_arena *arena;
    bl_hdf5_heap *heap;
    size_t n_codecs;
    bl_codecs **codecs;  ///< [n_codecs], one a thread; owns
    bl_hdf5_node *nodes; ///< [entries of the file]
} reading;

// ---- looking ----

static bl_status look_locked(bl_hdf5_file *file, const char *const *names, size_t n,
                             bool *ret_found, bl_error *err) {
    BL_HDF5_LOCKED;
    hid_t opened = H5I_INVALID_HID;
    BL_TRY(bl_hdf5_root_open(file, &opened, err));
    BL_HDF5_AUTO root = opened;
    for (size_t i = 0; i < n; i++)
        ret_found[i] = (*names[i] == '@' ? H5Aexists(root, names[i] + 1)
                                         : H5Lexists(root, names[i], H5P_DEFAULT)) > 0;
    return BL_OK;
}

bl_status bl_hdf5_tree_look(bl_context *context, bl_source *source, const char *const *names,
                            size_t n, bool *ret_found, bl_error *err) {
    bl_hdf5_file *file = NULL;
    BL_TRY(bl_hdf5_file_start(context, source, &file, err));
    bl_status status = look_locked(file, names, n, ret_found, err);
    bl_hdf5_file_unref(file);
    return status;
}

// ---- reading ----

static bl_status check_entry(const bl_hdf5_entry *entry, bl_error *err) {
    if (entry->is_unreadable)
        return bl_error_set(err, BL_E_CORRUPT, "%s", entry->title);
    if (entry->kind == BL_HDF5_OTHER || strcmp(entry->class_name, "VirtualDataset") == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a %s", entry->class_name);
    return BL_OK;
}

/// Names its node, and counts it in its parent.
static bl_status start_node(const reading *r, size_t i, bl_error *err) {
    const bl_hdf5_entry *entry = &r->file->entries[i];
    const char *path = i ? entry->path : "";
    if (i && entry->parent)
        path += strlen(r->file->entries[entry->parent].path) + 1;
    BL_TRY(check_entry(entry, err));
    r->nodes[i].name = bl_arena_text(r->arena, path, strlen(path));
    r->nodes[i].is_dataset = entry->kind == BL_HDF5_DATASET;
    if (i)
        r->nodes[entry->parent].n_children++;
    return r->nodes[i].name ? BL_OK : bl_error_nomem(err, strlen(path), "a name");
}

static bl_status fill_node(const reading *r, size_t i, bl_error *err) {
    const bl_hdf5_entry *entry = &r->file->entries[i];
    bl_hdf5_node *node = &r->nodes[i];
    BL_TRY(bl_hdf5_attributes_read(r->file, r->heap, r->arena, entry->address, node, err));
    if (node->is_dataset)
        return bl_hdf5_values_read(r->file, r->codecs, r->arena, entry->path, node, err);
    node->children =
        (bl_hdf5_node **)bl_arena_array(r->arena, node->n_children + 1, sizeof(bl_hdf5_node *));
    if (!node->children)
        return bl_error_nomem(err, node->n_children * sizeof(bl_hdf5_node *), "a group");
    node->n_children = 0; // counted again as they come
    return BL_OK;
}

static bl_status read_nodes(reading *r, bl_error *err) {
    const bl_hdf5_file *file = r->file;
    r->nodes = (bl_hdf5_node *)bl_arena_array(r->arena, file->n_entries, sizeof *r->nodes);
    if (!r->nodes)
        return bl_error_nomem(err, file->n_entries * sizeof *r->nodes, "a tree");
    for (size_t i = 0; i < file->n_entries; i++)
        BL_TRY_IN(start_node(r, i, err), err, "'%s'", file->entries[i].path);
    for (size_t i = 0; i < file->n_entries; i++) {
        bl_hdf5_node *parent = &r->nodes[file->entries[i].parent];
        BL_TRY_IN(fill_node(r, i, err), err, "'%s'", file->entries[i].path);
        if (i)
            parent->children[parent->n_children++] = &r->nodes[i];
    }
    return BL_OK;
}

static bl_status read_file(reading *r, bl_error *err) {
    bl_context *context = r->arena->context;
    bl_hdf5_file *file = r->file;
    size_t n = bl_context_n_threads(context);
    BL_TRY(bl_hdf5_heap_new(file->io.source, file->base, file->address_size, file->length_size,
                            &r->heap, err));
    r->codecs = (bl_codecs **)bl_alloc_zero(context, n, sizeof(bl_codecs *));
    if (!r->codecs)
        return bl_error_nomem(err, n * sizeof(bl_codecs *), "codecs");
    for (; r->n_codecs < n; r->n_codecs++)
        BL_TRY(bl_codecs_new(context, &r->codecs[r->n_codecs], err));
    return read_nodes(r, err);
}

bl_status bl_hdf5_tree_open(bl_arena *arena, bl_source *source, const bl_hdf5_node **ret_root,
                            bl_error *err) {
    bl_file *file = NULL;
    BL_TRY(bl_hdf5_file_open(arena->context, source, &file, err));
    reading r = {.file = (bl_hdf5_file *)file, .arena = arena};
    bl_status status = read_file(&r, err);
    bl_hdf5_heap_free(r.heap);
    for (size_t i = 0; i < r.n_codecs; i++)
        bl_codecs_free(r.codecs[i]);
    bl_free(arena->context, r.codecs);
    bl_hdf5_file_unref(r.file);
    BL_TRY(status);
    *ret_root = r.nodes;
    return BL_OK;
}
