// SPDX-License-Identifier: Apache-2.0
// `beamline export` to model files of others, and to bundles.
#include "cli/export.h"
#include "io/bytes/sink.h"
#include "model/keras/from_graph.h"
#include "model/onnx/file.h"
#include "model/onnx/from_graph.h"

static bl_status write_onnx(const bl_export_run *run, const bl_onnx_model *model, bl_error *err) {
    BL_AUTO(bl_sink) sink = NULL;
    bl_context *context = run->cli->context;
    BL_TRY(bl_sink_open(context, run->output, run->cli->arguments.overwrite, &sink, err));
    BL_TRY(bl_onnx_write(context, model, sink, err));
    return bl_sink_finish(sink, err);
}

bl_status bl_export_onnx(bl_export_run *run, bl_error *err) {
    const bl_bundle *bundle = run->opened->bundle;
    bool transforms = bundle->transform.n_inputs && !run->cli->arguments.raw;
    const bl_onnx_export_options options = {
        .transform = transforms ? &bundle->transform : NULL,
        .n_classes = bundle->n_classes,
        .class_names = bundle->classes,
    };
    bl_onnx_model *model;
    BL_TRY(bl_export_check_rows(run, err));
    BL_TRY_IN(bl_onnx_from_graph(&run->arena, run->network, &options, &model, err), err, "%s",
              run->model);
    return write_onnx(run, model, err);
}

static bl_status write_keras(bl_export_run *run, bl_keras_format format, bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(bl_export_check_transforms(run, err));
    BL_TRY_IN(bl_keras_from_network(run->cli->context, run->network, format, &file, err), err, "%s",
              run->model);
    return bl_keras_write(file, run->output, run->cli->arguments.overwrite, err);
}

bl_status bl_export_keras(bl_export_run *run, bl_error *err) {
    return write_keras(run, BL_KERAS_ARCHIVE, err);
}

bl_status bl_export_keras_h5(bl_export_run *run, bl_error *err) {
    return write_keras(run, BL_KERAS_HDF5, err);
}

/// With --raw the network alone, and what is known of it.
bl_status bl_export_bundle(bl_export_run *run, bl_error *err) {
    bl_bundle bundle = *run->opened->bundle;
    if (run->cli->arguments.raw)
        bundle.transform = (bl_nn_transform){0};
    return bl_bundle_write(run->cli->context, &bundle, run->output, run->cli->arguments.overwrite,
                           err);
}
