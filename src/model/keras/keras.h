// SPDX-License-Identifier: Apache-2.0
/// \file
/// Model files of Keras as what is in them: the configuration as a document, and the weights by
/// layer. What layers compute is not known here.
///
/// A file keeps what it was read from, so that it can be written again with other weights: whoever
/// changes numbers under `weights[i].values->data` in place changes what bl_keras_write writes.
/// docs/models.md says what is read and written.
/// \source Keras 3, saving/saving_lib.py and legacy/saving/legacy_h5_format.py
#ifndef BL_MODEL_KERAS_KERAS_H
#define BL_MODEL_KERAS_KERAS_H

#include "base/document.h"
#include "formats/hdf5/tree.h"
#include "io/archive/zip.h"

typedef enum bl_keras_format {
    BL_KERAS_ARCHIVE, ///< `.keras`: a zip archive of configuration, metadata and weights
    BL_KERAS_HDF5,    ///< `.h5` of Keras 2 and 3: all in one HDF5 file
    BL_KERAS_WEIGHTS, ///< `.weights.h5`: weights without a configuration
} bl_keras_format;

typedef enum bl_keras_role {
    BL_KERAS_PARAMETER, ///< trained, or a layer's statistics: what Keras counts
    BL_KERAS_STATE,     ///< of a layer's random numbers
    BL_KERAS_OPTIMIZER,
} bl_keras_role;

/// A layer as the configuration lists it. Layers of a model inside a model follow it.
typedef struct bl_keras_layer {
    const char *class_name, *name;
    const bl_item *entry;        ///< all that the configuration says of it
    const char *path;            ///< its group among the weights; NULL: it can have none
    size_t parent;               ///< the model that it is in; SIZE_MAX: the whole
    unsigned depth;              ///< models above it
    const bl_item *output_shape; ///< integers, null for any; NULL: the configuration does not tell
    uint64_t n_parameters;       ///< its own, and those of layers in it
} bl_keras_layer;

typedef struct bl_keras_weight {
    size_t layer;     ///< SIZE_MAX: of the whole model, or the optimizer
    const char *name; ///< in its layer: "cell/vars/0", "gru/gru_cell/kernel:0"
    const char *path; ///< in the HDF5 file
    bl_keras_role role;
    bl_hdf5_values *values; ///< of a number type
} bl_keras_weight;

typedef struct bl_keras_file {
    bl_arena arena; ///< holds all of it
    bl_keras_format format;
    const char *keras_version, *backend; ///< NULL: the file does not say
    const bl_item *config;               ///< the whole configuration; NULL of weights alone
    const bl_item *training;             ///< how it was compiled; NULL: it was not
    size_t n_layers, layers_room;
    bl_keras_layer *layers; ///< [n_layers] in the configuration's order; owns
    size_t n_weights, weights_room;
    bl_keras_weight *weights; ///< [n_weights] by layer in Keras's order, then the optimizer's; owns
    uint64_t n_parameters;
    bl_hdf5_node *tree; ///< the HDF5 file
    size_t n_members;
    bl_zip_part *members; ///< [n_members] of an archive, but for the weights as they were
} bl_keras_file;

/// "Keras archive", "Keras HDF5", "Keras weights"; a static string.
const char *bl_keras_format_name(bl_keras_format format);
/// Says whether a file's contents are a model's: any zip archive, or HDF5 with the marks of Keras.
/// A file that cannot be read is none. \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_keras_probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err);
/// Reads a file; messages begin with its URL. \param ret_file the caller owns it
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_CORRUPT, BL_E_UNSUPPORTED (also where
/// HDF5 is not built in), BL_E_INVALID (the configuration is no JSON, or not of a model),
/// BL_E_LIMIT, BL_E_NOMEM
bl_status bl_keras_open(bl_context *context, const char *url, bl_keras_file **ret_file,
                        bl_error *err);
/// The same of a source. \param source moves, also on failure
bl_status bl_keras_read(bl_context *context, bl_source *source, bl_keras_file **ret_file,
                        bl_error *err);
/// Writes a file in its own format; it appears when it is whole.
/// \param overwrite replace what is there; else that is BL_E_EXISTS
/// \return as bl_sink_open and bl_sink_write, BL_E_UNSUPPORTED, BL_E_LIMIT
bl_status bl_keras_write(bl_keras_file *file, const char *url, bool overwrite, bl_error *err);
/// The same into a sink, which is finished. \param sink moves, also on failure
bl_status bl_keras_write_to(bl_keras_file *file, bl_sink *sink, bl_error *err);
/// NULL is allowed.
void bl_keras_free(bl_keras_file *file);
BL_DEFINE_AUTO(bl_keras_file, bl_keras_free);

#endif
