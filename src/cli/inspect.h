// SPDX-License-Identifier: Apache-2.0
/// \file
/// The faces of what a file holds.
#ifndef BL_CLI_INSPECT_H
#define BL_CLI_INSPECT_H

#include "cli/select.h"

/// A table opened for looking around, and the columns that were asked for.
typedef struct bl_inspected {
    const char *path;
    int64_t n_rows;
    size_t n_clusters;
    bl_selection selection;
} bl_inspected;

/// One document on one line: the file, its objects, its tables with all columns.
void bl_inspect_json_file(bl_out *out, const char *url, const bl_catalog *catalog);
bl_status bl_inspect_json_objects(bl_out *out, const bl_catalog *catalog, bl_error *err);
void bl_inspect_json_table(bl_out *out, const bl_inspected *table);

/// The same for reading, aligned to the terminal's width.
bl_status bl_inspect_text_file(bl_cli *cli, const char *url, const bl_catalog *catalog,
                               bool with_objects, bl_error *err);
void bl_inspect_text_table(bl_cli *cli, const bl_inspected *table);

/// Shows a bundle of ours where the file is one.
bl_status bl_inspect_model(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err);
/// Shows a model of Keras where the file holds one.
bl_status bl_inspect_keras(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err);
/// The same of XGBoost's and LightGBM's models.
bl_status bl_inspect_trees(bl_cli *cli, const char *url, bool *ret_is_model, bl_error *err);
/// True where a URL is that of an ONNX model, by its name: such a file begins with nothing of its
/// own.
bool bl_inspect_is_onnx(const char *url);
/// A model in either face: who wrote it, what goes in and out, operators, parameters.
bl_status bl_inspect_onnx(bl_cli *cli, const char *url, bl_error *err);

#endif
