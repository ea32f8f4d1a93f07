// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between the files of predictions.
#ifndef BL_INFER_PREDICT_PREDICTIONS_PRIVATE_H
#define BL_INFER_PREDICT_PREDICTIONS_PRIVATE_H

#include "infer/predict/predictions.h"

// ---- mirror.c: names of outputs ----

/// What is behind the scheme and the server of a URL: of "root://host//a/b.root" "//a/b.root".
const char *bl_url_path(const char *url);
/// Names of files in a folder that mirrors inputs: the last part of each URL where no two are the
/// same, else all of it that is below the folder they share. Never outside the folder.
/// \param extension of the outputs, without its dot \param ret_names [n] in the arena
/// \return BL_OK, BL_E_INVALID (two inputs would be one file), BL_E_NOMEM
bl_status bl_mirror_names(bl_arena *arena, const char *const *urls, size_t n, const char *extension,
                          const char **ret_names, bl_error *err);

// ---- state.c: what was begun ----

/// Hashes of model, configuration, options and friends.
bl_status bl_predictions_hash(bl_predictions *predictions, bl_error *err);
/// Compares with the state of an earlier run, and takes over which outputs are done.
/// \return BL_OK, BL_E_EXISTS (another prediction; says what differs), BL_E_CORRUPT, …
bl_status bl_predictions_resume(bl_predictions *predictions, bl_error *err);
/// Writes it, by atomic rename. \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_predictions_write_state(const bl_predictions *predictions, bl_error *err);

// ---- parts.c: rows that are done, of outputs that are not ----

/// The part that is being written.
typedef struct bl_predictions_keeper {
    bl_predictions *predictions;
    size_t output; ///< its number
    const bl_column_spec *specs;
    size_t n_columns;
    bl_output *file; ///< NULL: none is begun; owns
    bl_writer *writer;
    int64_t first, last, n_taken; ///< rows of the output's input that are in it
    double begun_s;
} bl_predictions_keeper;

/// Finds the parts of all outputs.
bl_status bl_predictions_find_parts(bl_predictions *predictions, bl_error *err);
/// Adds rows that the output has, too; ends the part where it is old or long enough.
/// \param last row of the output's input that is done then \param n_taken of the batch
bl_status bl_predictions_keep(bl_predictions_keeper *keeper, const bl_batch *batch, int64_t last,
                              int64_t n_taken, bl_error *err);
/// Gives up the part that is not ended.
void bl_predictions_keeper_release(bl_predictions_keeper *keeper);
/// Writes the rows of all parts of an output into it.
bl_status bl_predictions_copy_parts(const bl_predictions *predictions,
                                    const bl_predictions_output *output, bl_writer *writer,
                                    bl_error *err);
/// Removes the parts of an output; of all (NULL), and their folder.
void bl_predictions_remove_parts(const bl_predictions *predictions,
                                 const bl_predictions_output *output);

#endif
