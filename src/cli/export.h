// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside `beamline export`: a run of it, and the writers of model files.
#ifndef BL_CLI_EXPORT_H
#define BL_CLI_EXPORT_H

#include "cli/cli.h"
#include "infer/model.h"

typedef struct bl_export_run {
    bl_cli *cli;
    bl_arena arena;
    bl_model *opened;
    const bl_nn_network *network;
    const char *model, *output; ///< what was asked for: files
} bl_export_run;

/// Refuses what a form has no place for: columns that are changed before the network sees them.
/// \return BL_OK, BL_E_UNSUPPORTED
bl_status bl_export_check_transforms(const bl_export_run *run, bl_error *err);
/// The same of rows alone, for what no form but a bundle has a place.
bl_status bl_export_check_rows(const bl_export_run *run, bl_error *err);

/// Writers, by the ending of the output's name. The file appears when it is whole.
/// \return BL_OK, BL_E_UNSUPPORTED (naming the layer), BL_E_EXISTS, BL_E_IO, BL_E_NOMEM
bl_status bl_export_onnx(bl_export_run *run, bl_error *err);
bl_status bl_export_keras(bl_export_run *run, bl_error *err);
bl_status bl_export_keras_h5(bl_export_run *run, bl_error *err);
bl_status bl_export_bundle(bl_export_run *run, bl_error *err);

#endif
