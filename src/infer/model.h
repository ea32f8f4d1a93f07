// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside loaded models: any file that holds one becomes a bundle in memory, which is what is run.
#ifndef BL_INFER_MODEL_H
#define BL_INFER_MODEL_H

#include <beamline/infer.h>

#include "model/bundle/bundle.h"

/// A format of model files.
typedef struct bl_model_format {
    const char *name;
    /// Whether a file is one; what cannot be read is none. \return BL_OK, BL_E_NOMEM,
    /// BL_E_CANCELLED
    bl_status (*probe)(bl_context *context, const char *url, bool *ret_is, bl_error *err);
    /// Reads it, parameters and all. Messages begin with the URL.
    bl_status (*read)(bl_context *context, const char *url, bl_bundle **ret_bundle, bl_error *err);
} bl_model_format;

/// In the order in which they are tried; ends with one that has no name.
extern const bl_model_format bl_model_formats[];

/// Reads a file of any of them. \param ret_bundle the caller owns it \return as bl_model_open
bl_status bl_model_read(bl_context *context, const char *url, const bl_model_format **ret_format,
                        bl_bundle **ret_bundle, bl_error *err);

/// A layer as people are told of it.
typedef struct bl_model_layer {
    const char *name, *kind;
    bool is_run;       ///< else no output needs it, and it has no shape
    bl_nn_shape shape; ///< of its output
    size_t n_parameters;
} bl_model_layer;

struct bl_model {
    bl_context *context;
    const bl_model_format *format;
    bl_bundle *bundle; ///< owns; its network is run
    bool stops;        ///< at a layer that was asked for
    size_t n_layers;
    bl_model_layer *layers;           ///< [n_layers] in the order of the graph
    bl_model_port *inputs, *outputs;  ///< of the network
    const bl_nn_columns **transforms; ///< [n_inputs] NULL: numbers are taken as they come
    size_t n_parameters;
    const char *description;
};

BL_DEFINE_AUTO(bl_model, bl_model_free);
BL_DEFINE_AUTO(bl_runner, bl_runner_free);

/// The JSON of bl_model_describe, in the arena of the bundle.
bl_status bl_model_describe_all(bl_model *model, bl_error *err);

#endif
