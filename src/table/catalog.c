// SPDX-License-Identifier: Apache-2.0
// Catalogs: looking around in one file.
#include "base/context.h"
#include "base/options.h"
#include "table/private.h"
#include "table/selection.h"

struct bl_catalog {
    bl_context *context;
    const bl_format *formats;
    bl_file *file;
};

bl_status bl_catalog_open_as(bl_context *context, const bl_format *formats, const char *url,
                             const bl_open_options *options, bl_catalog **ret_catalog,
                             bl_error *err) {
    BL_AUTO(bl_file) file = NULL;
    BL_TRY(bl_formats_open(formats, context, url, options, &file, err));
    bl_catalog *catalog = (bl_catalog *)bl_alloc_zero(context, 1, sizeof *catalog);
    if (!catalog)
        return bl_error_nomem(err, sizeof *catalog, "a catalog");
    *catalog = (bl_catalog){.context = context, .formats = formats, .file = BL_MOVE(file)};
    *ret_catalog = catalog;
    return BL_OK;
}

bl_status bl_catalog_open(bl_context *context, const char *url, bl_catalog **ret_catalog,
                          bl_error *err) {
    return bl_catalog_open_as(context, bl_formats, url, NULL, ret_catalog, err);
}

bl_status bl_catalog_open_with(bl_context *context, const char *url, const bl_open_options *options,
                               bl_catalog **ret_catalog, bl_error *err) {
    return bl_catalog_open_as(context, bl_formats, url, options, ret_catalog, err);
}

void bl_catalog_close(bl_catalog *catalog) {
    if (!catalog)
        return;
    bl_file_release(catalog->file);
    bl_free(catalog->context, catalog);
}

const char *bl_catalog_format(const bl_catalog *catalog) { return catalog->file->format; }
const char *bl_catalog_description(const bl_catalog *catalog) { return catalog->file->description; }
uint64_t bl_catalog_size_bytes(const bl_catalog *catalog) { return catalog->file->size_bytes; }
bool bl_catalog_is_recovered(const bl_catalog *catalog) { return catalog->file->is_recovered; }
const char *bl_catalog_uuid(const bl_catalog *catalog) { return catalog->file->uuid; }
size_t bl_catalog_n_objects(const bl_catalog *catalog) { return catalog->file->n_objects; }

bl_status bl_catalog_object(const bl_catalog *catalog, size_t i, bl_object_info *ret_info,
                            bl_error *err) {
    const bl_file *file = catalog->file;
    if (i >= file->n_objects)
        return bl_error_set(err, BL_E_RANGE, "object %zu of %zu", i, file->n_objects);
    return bl_info_copy(ret_info, &file->objects[i], sizeof file->objects[i], err);
}

bl_status bl_catalog_open_table(bl_catalog *catalog, const char *path, bl_table **ret_table,
                                bl_error *err) {
    bl_file *file = catalog->file;
    bl_reader *reader = NULL;
    bl_status status = file->ops->open_table(file, path, &reader, err);
    if (status != BL_OK)
        return bl_error_in_file(err, status, file->url);
    return bl_table_of_reader(catalog->context, catalog->formats, file->url, reader, ret_table,
                              err);
}
