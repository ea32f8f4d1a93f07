// SPDX-License-Identifier: Apache-2.0
/// \file
/// Predictions written: scores of the files of a data set, into one file or into a folder that
/// mirrors them. What was done is kept beside the output every few seconds, so that the same call
/// goes on with it, whatever ended the process, and writes the same bytes as if nothing had.
#ifndef BL_INFER_PREDICT_PREDICTIONS_H
#define BL_INFER_PREDICT_PREDICTIONS_H

#include <beamline/output.h>

#include "infer/predict/scores.h"

/// Zeroed memory is the defaults, but for `scores` and `url`.
typedef struct bl_predictions_options {
    bl_scores_options scores;
    const char *configuration; ///< as bl_predictor_open got it
    const char *url;           ///< of a file, or of a folder where it ends with '/' or is one
    const char *format;        ///< of the output; NULL: as the URL ends, in a folder ROOT
    const char *codec, *tree;  ///< NULL: the output's default, the input's path
    uint64_t cluster_bytes, chunk_bytes;
    bool overwrite;    ///< begin anew, and replace what is there
    int64_t part_rows; ///< what is done is kept after so many rows of an input at the latest
    double part_s;     ///< and after so many seconds; 0: 10
    /// Called now and then with what is done so far, rows and stored bytes; may be NULL.
    void (*progress)(void *user, int64_t n_rows, uint64_t stored_bytes);
    void *user;
} bl_predictions_options;

/// A file of the input, or what is looked at of it.
typedef struct bl_predictions_input {
    const bl_dataset_file *file;
    const bl_stretch *stretch;
    int64_t first, last; ///< rows of the stretch's chain
    int64_t begin;       ///< rows of its output before it
} bl_predictions_input;

/// Rows that an earlier run left.
typedef struct bl_predictions_part {
    const char *name;    ///< of its file
    int64_t first, last; ///< rows of the output's input
    int64_t n_taken;
} bl_predictions_part;

/// A file to be written.
typedef struct bl_predictions_output {
    const char *name; ///< in the folder
    const char *path;
    size_t first_input, n_inputs; ///< which inputs, one behind the other
    int64_t n_rows;               ///< of these inputs
    bool is_done;
    int64_t n_taken;       ///< events that the selection took
    uint64_t bytes, xxh64; ///< of the file
    size_t n_parts;
    bl_predictions_part *parts; ///< [n_parts] that are there, from the first row on
    int64_t n_kept;             ///< rows that they have
    const char *skipped;        ///< why there is none, where bad files are skipped
} bl_predictions_output;

typedef struct bl_predictions {
    bl_arena arena;
    bl_context *context;
    const bl_predictions_options *options;
    bool is_folder, is_resumed;
    bool is_kept; ///< something was done that the same call goes on with
    bool made_folder;
    const char *state;  ///< path of the file that says what was begun
    const char *parts;  ///< folder of parts
    const char *folder; ///< of outputs, or NULL
    size_t n_inputs;
    bl_predictions_input *inputs; ///< [n_inputs]
    size_t n_outputs;
    bl_predictions_output *outputs; ///< [n_outputs]
    /// Hashes of what results depend on, besides the inputs.
    const char *of_model, *of_configuration, *of_options, *of_friends;
    int64_t n_rows, n_taken, n_resumed; ///< done by this run; the last: found done
    uint64_t stored_bytes;              ///< read by this run
} bl_predictions;

/// Decides which files there are to be, and finds what an earlier run left of them.
/// \param predictions zeroed; released also after a failure \param options borrow
/// \return BL_OK; BL_E_EXISTS: an output is there, or what was begun is another prediction, naming
/// what is different; BL_E_INVALID (two outputs of one name, an output that is an input)
bl_status bl_predictions_prepare(bl_predictions *predictions, const bl_predictions_options *options,
                                 bl_error *err);
/// Writes what is missing.
/// \return BL_OK, BL_E_TYPE (columns that differ between files), and what bl_scores_next and
/// outputs return
bl_status bl_predictions_run(bl_predictions *predictions, bl_error *err);
void bl_predictions_release(bl_predictions *predictions);

#endif
