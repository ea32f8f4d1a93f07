// SPDX-License-Identifier: Apache-2.0
/// \file
/// Readers of others' models, which become bundles in memory; a file each.
#ifndef BL_INFER_FORMATS_H
#define BL_INFER_FORMATS_H

#include "infer/model.h"

/// Says whether a file's name ends as those of ONNX do.
bl_status bl_model_probe_onnx(bl_context *context, const char *url, bool *ret_is, bl_error *err);
/// \return as bl_model_open
bl_status bl_model_read_keras(bl_context *context, const char *url, bl_bundle **ret_bundle,
                              bl_error *err);
bl_status bl_model_read_onnx(bl_context *context, const char *url, bl_bundle **ret_bundle,
                             bl_error *err);
bl_status bl_model_read_trees(bl_context *context, const char *url, bl_bundle **ret_bundle,
                              bl_error *err);

#endif
