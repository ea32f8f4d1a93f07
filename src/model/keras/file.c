// SPDX-License-Identifier: Apache-2.0
// Files of Keras: opening, what they are told by, writing.
#include "base/context.h"
#include "formats/hdf5/hdf5.h"
#include "model/keras/private.h"

enum { MOST_TEXT = 16 << 20 }; ///< bytes of a configuration

const char *bl_keras_format_name(bl_keras_format format) {
    static const char *const names[] = {"Keras archive", "Keras HDF5", "Keras weights"};
    return names[format];
}

void bl_keras_free(bl_keras_file *file) {
    bl_context *context = file ? file->arena.context : NULL;
    if (!file)
        return;
    bl_free(context, file->layers);
    bl_free(context, file->weights);
    bl_arena_release(&file->arena);
    bl_free(context, file);
}

// ---- telling them apart ----

/// What the root group of an HDF5 file is looked at for.
enum { HAS_CONFIG, HAS_NAMES, HAS_VARS, HAS_LAYERS, HAS_DEPENDENCIES, N_MARKS };
static const char *const marks[N_MARKS] = {"@model_config", "@layer_names", "vars", "layers",
                                           "_layer_checkpoint_dependencies"};

typedef enum container { NO_MODEL, IS_ARCHIVE, IS_HDF5 } container;

/// \param source borrows
static bl_status tell_container(bl_source *source, container *ret_container, bl_error *err) {
    uint8_t head[8];
    size_t n = source->size_bytes < sizeof head ? (size_t)source->size_bytes : sizeof head;
    BL_TRY(bl_source_read(source, 0, n, head, err));
    if (bl_zip_probe(head, n))
        *ret_container = IS_ARCHIVE;
    else
        *ret_container = bl_hdf5_probe(head, n) ? IS_HDF5 : NO_MODEL;
    return BL_OK;
}

static bl_status probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    bool found[N_MARKS] = {false};
    container what = NO_MODEL;
    BL_TRY(bl_source_open(context, url, &source, err));
    BL_TRY(tell_container(source, &what, err));
    if (what == IS_HDF5)
        BL_TRY(bl_hdf5_look(context, BL_MOVE(source), marks, N_MARKS, found, err));
    *ret_is_model = what == IS_ARCHIVE || found[HAS_CONFIG] || found[HAS_NAMES] ||
                    (found[HAS_VARS] && (found[HAS_LAYERS] || found[HAS_DEPENDENCIES]));
    return BL_OK;
}

bl_status bl_keras_probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err) {
    bl_error why = {0};
    bool is_model = false;
    bl_status status = probe(context, url, &is_model, &why);
    if (status == BL_E_NOMEM || status == BL_E_CANCELLED)
        return bl_error_set(err, status, "%s", why.message);
    *ret_is_model = is_model;
    return BL_OK;
}

// ---- archives ----

static bl_status parse(bl_keras_file *file, const char *name, const char *text, size_t size,
                       const bl_item **ret_item, bl_error *err) {
    if (size > MOST_TEXT)
        return bl_error_set(err, BL_E_LIMIT, "%s: more than %d bytes", name, MOST_TEXT);
    return bl_json_parse(&file->arena, name, text, size, ret_item, err);
}

static bl_status read_members(bl_keras_file *file, const bl_zip *zip, bl_error *err) {
    file->members =
        (bl_zip_part *)bl_arena_array(&file->arena, zip->n_members + 1, sizeof *file->members);
    if (!file->members)
        return bl_error_nomem(err, zip->n_members * sizeof *file->members, "members");
    for (; file->n_members < zip->n_members; file->n_members++) {
        const bl_zip_member *member = &zip->members[file->n_members];
        uint8_t *data = NULL;
        BL_TRY(bl_zip_read(&file->arena, zip, member, &data, err));
        file->members[file->n_members] =
            (bl_zip_part){.name = member->name, .data = data, .size = (size_t)member->raw_bytes};
    }
    return BL_OK;
}

static bl_status find_member(const bl_keras_file *file, const char *name,
                             const bl_zip_part **ret_part, bl_error *err) {
    for (size_t i = 0; i < file->n_members; i++)
        if (strcmp(file->members[i].name, name) == 0) {
            *ret_part = &file->members[i];
            return BL_OK;
        }
    return bl_error_set(err, BL_E_INVALID, "no model of Keras: the archive has no %s", name);
}

static bl_status read_documents(bl_keras_file *file, bl_error *err) {
    const bl_zip_part *part = NULL;
    const bl_item *metadata = NULL;
    BL_TRY(find_member(file, "config.json", &part, err));
    BL_TRY(parse(file, part->name, part->data, part->size, &file->config, err));
    BL_TRY(find_member(file, "metadata.json", &part, err));
    BL_TRY(parse(file, part->name, part->data, part->size, &metadata, err));
    BL_TRY(bl_item_text(bl_item_get(metadata, "keras_version"), "keras_version",
                        &file->keras_version, err));
    const bl_item *training = bl_item_get(file->config, "compile_config");
    file->training = training && training->kind == BL_ITEM_MAP ? training : NULL;
    return BL_OK;
}

static bl_status read_tree(bl_keras_file *file, bl_source *source, bl_error *err) {
    const bl_hdf5_node *root = NULL;
    BL_TRY(bl_hdf5_tree_read(&file->arena, source, &root, err));
    file->tree = (bl_hdf5_node *)(uintptr_t)root; // in our own arena
    return BL_OK;
}

static bl_status read_archive(bl_keras_file *file, bl_source *source, bl_error *err) {
    bl_context *context = file->arena.context;
    const bl_zip_part *part = NULL;
    bl_source *weights = NULL;
    bl_zip zip;
    BL_TRY(bl_zip_open(&file->arena, source, &zip, err));
    BL_TRY(read_members(file, &zip, err));
    BL_TRY(read_documents(file, err));
    BL_TRY(find_member(file, BL_KERAS_WEIGHTS_MEMBER, &part, err));
    BL_TRY(bl_source_open_memory(context, part->name, part->data, part->size, &weights, err));
    BL_TRY_IN(read_tree(file, weights, err), err, "%s", part->name);
    return BL_OK;
}

// ---- HDF5 ----

static bl_status read_attribute(bl_keras_file *file, const char *name, const bl_item **ret_item,
                                bl_error *err) {
    const char *text = bl_hdf5_attribute_text(file->tree, name);
    return text ? parse(file, name, text, strlen(text), ret_item, err) : BL_OK;
}

static bl_status read_hdf5(bl_keras_file *file, bl_source *source, bl_error *err) {
    BL_TRY(read_tree(file, source, err));
    BL_TRY(read_attribute(file, "model_config", &file->config, err));
    BL_TRY(read_attribute(file, "training_config", &file->training, err));
    file->format = file->config ? BL_KERAS_HDF5 : BL_KERAS_WEIGHTS;
    file->keras_version = bl_hdf5_attribute_text(file->tree, "keras_version");
    file->backend = bl_hdf5_attribute_text(file->tree, "backend");
    return BL_OK;
}

// ---- opening ----

static bl_status read_file(bl_keras_file *file, bl_source *source, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    container what = NO_MODEL;
    BL_TRY(tell_container(source, &what, err));
    if (what == NO_MODEL)
        return bl_error_set(err, BL_E_INVALID, "no model of Keras: neither a zip archive nor HDF5");
    BL_TRY(what == IS_ARCHIVE ? read_archive(file, source, err)
                              : read_hdf5(file, BL_MOVE(owned), err));
    if (file->config)
        BL_TRY(bl_keras_layers_find(file, err));
    return bl_keras_weights_find(file, err);
}

bl_status bl_keras_read(bl_context *context, bl_source *source, bl_keras_file **ret_file,
                        bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    BL_AUTO(bl_keras_file) file = (bl_keras_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a model");
    bl_arena_init(&file->arena, context);
    char *url = bl_arena_text(&file->arena, source->url, strlen(source->url));
    if (!url)
        return bl_error_nomem(err, strlen(source->url), "a URL");
    BL_TRY_IN(read_file(file, BL_MOVE(owned), err), err, "%s", url);
    *ret_file = BL_MOVE(file);
    return BL_OK;
}

bl_status bl_keras_open(bl_context *context, const char *url, bl_keras_file **ret_file,
                        bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open(context, url, &source, err));
    return bl_keras_read(context, source, ret_file, err);
}

// ---- writing ----

static bl_status write_archive(bl_keras_file *file, bl_sink *sink, bl_error *err) {
    bl_context *context = file->arena.context;
    BL_AUTO(bl_buffer) weights = NULL;
    BL_AUTO(bl_buffer) room = NULL;
    bl_sink *inner = NULL;
    BL_TRY(bl_buffer_new(context, 1 << 16, &weights, err));
    BL_TRY(bl_sink_open_memory(context, BL_KERAS_WEIGHTS_MEMBER, &weights, &inner, err));
    BL_TRY_IN(bl_hdf5_tree_write(context, inner, file->tree, err), err, BL_KERAS_WEIGHTS_MEMBER);
    BL_TRY(bl_buffer_new(context, file->n_members * sizeof(bl_zip_part), &room, err));
    bl_zip_part *parts = (bl_zip_part *)(void *)room->data;
    memcpy(parts, file->members, file->n_members * sizeof *parts);
    for (size_t i = 0; i < file->n_members; i++)
        if (strcmp(parts[i].name, BL_KERAS_WEIGHTS_MEMBER) == 0) {
            parts[i].data = weights->data;
            parts[i].size = weights->size;
        }
    BL_TRY(bl_zip_write(sink, parts, file->n_members, err));
    return bl_sink_finish(sink, err);
}

bl_status bl_keras_write_to(bl_keras_file *file, bl_sink *sink, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    if (file->format == BL_KERAS_ARCHIVE)
        return write_archive(file, sink, err);
    return bl_hdf5_tree_write(file->arena.context, BL_MOVE(owned), file->tree, err);
}

bl_status bl_keras_write(bl_keras_file *file, const char *url, bool overwrite, bl_error *err) {
    bl_sink *sink = NULL;
    BL_TRY(bl_sink_open(file->arena.context, url, overwrite, &sink, err));
    BL_TRY_IN(bl_keras_write_to(file, sink, err), err, "%s", url);
    return BL_OK;
}
