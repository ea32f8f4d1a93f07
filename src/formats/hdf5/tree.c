// SPDX-License-Identifier: Apache-2.0
// Finding one's way in a tree.
#include "formats/hdf5/tree.h"

static const struct {
    const char *name;
    size_t bytes;
} types[] = {
    [BL_HDF5_UNKNOWN] = {"unknown", 0}, [BL_HDF5_INT8] = {"int8", 1},
    [BL_HDF5_INT16] = {"int16", 2},     [BL_HDF5_INT32] = {"int32", 4},
    [BL_HDF5_INT64] = {"int64", 8},     [BL_HDF5_UINT8] = {"uint8", 1},
    [BL_HDF5_UINT16] = {"uint16", 2},   [BL_HDF5_UINT32] = {"uint32", 4},
    [BL_HDF5_UINT64] = {"uint64", 8},   [BL_HDF5_FLOAT16] = {"float16", 2},
    [BL_HDF5_FLOAT32] = {"float32", 4}, [BL_HDF5_FLOAT64] = {"float64", 8},
    [BL_HDF5_TEXTS] = {"text", 0},
};

size_t bl_hdf5_type_bytes(bl_hdf5_type type) { return types[type].bytes; }

const char *bl_hdf5_type_name(bl_hdf5_type type) { return types[type].name; }

static bl_hdf5_node *child_of(const bl_hdf5_node *node, const char *name, size_t size) {
    for (size_t i = 0; i < node->n_children; i++)
        if (strncmp(node->children[i]->name, name, size) == 0 && !node->children[i]->name[size])
            return node->children[i];
    return NULL;
}

bl_hdf5_node *bl_hdf5_find(const bl_hdf5_node *node, const char *path) {
    bl_hdf5_node *found = NULL;
    while (node && *path) {
        size_t size = strcspn(path, "/");
        node = found = child_of(node, path, size);
        path += size + (path[size] == '/');
    }
    return found;
}

const bl_hdf5_attribute *bl_hdf5_attribute_find(const bl_hdf5_node *node, const char *name) {
    for (size_t i = 0; i < node->n_attributes; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    return NULL;
}

const char *bl_hdf5_attribute_text(const bl_hdf5_node *node, const char *name) {
    const bl_hdf5_attribute *attribute = bl_hdf5_attribute_find(node, name);
    bool is_text = attribute && attribute->values.type == BL_HDF5_TEXTS && attribute->values.n == 1;
    return is_text ? attribute->values.texts[0] : NULL;
}
