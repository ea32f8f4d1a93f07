// SPDX-License-Identifier: Apache-2.0
/// \file
/// Prepare: a data set made ready for training, in a folder of shards (data/prepared). What is made
/// of it, the configuration's `prepare` says; docs/prepare.md describes keys and folder.
///
/// It goes over the data twice. Events are first spread over spool files, sorted by the key that
/// says their place in the order of all events, while statistics are taken; then buckets, ranges of
/// the key that fit memory, are gathered from all spool files into shards. A run that was killed
/// goes on where it was, and ends with the same bits.
#ifndef BL_DATA_PREPARE_H
#define BL_DATA_PREPARE_H

#include "data/prepared/prepared.h"
#include "data/stream/dataset.h"

/// Names of stages, as progress and reports call them.
#define BL_PREPARE_SPREAD "spread" ///< over spool files; the unit is events of the data set
#define BL_PREPARE_GATHER "gather" ///< into shards; the unit is rows of the spool

/// Zero-initialise, then set what differs from the default.
typedef struct bl_prepare_options {
    const char *folder;        ///< made where there is none
    bool overwrite;            ///< what was prepared there is replaced, else it is gone on with
    uint64_t bucket_bytes;     ///< rows that are sorted at once; 0: by the memory budget
    const char *codec;         ///< of shards, as Arrow's output has them; NULL: none
    const char *configuration; ///< the text that prepared.json keeps; NULL: none
    /// Called now and then, in the caller's thread, with what is done of a stage; may be NULL.
    void (*progress)(void *user, const char *stage, int64_t done, int64_t all);
    void *user;
} bl_prepare_options;

/// Seconds by stage, of this run.
typedef struct bl_prepare_times {
    bl_plan_times plan; ///< of spreading: reading, cuts, variables
    double spread_s;    ///< of spreading: arranging, sorting and writing
    double fit_s;       ///< factors and transforms
    double gather_s;    ///< shards
} bl_prepare_times;

/// What this run did. What there is now, bl_prepared_open tells.
typedef struct bl_prepare_report {
    bl_arena arena; ///< of the warnings
    bl_prepare_times times;
    int64_t n_rows, n_taken; ///< events that were looked at, and spread
    uint64_t stored_bytes;   ///< read
    size_t n_parts;          ///< of the spool, with those of variations
    size_t n_resumed;        ///< of them, those that were there already
    bl_text_list warnings;   ///< each one sentence; the context's log had them, too
} bl_prepare_report;

/// Prepares a data set. The configuration is the data set's, with its seed and split, after
/// bl_config_for_preparation. A folder that is complete already is left as it is.
/// \param ret_report zeroed; bl_prepare_report_release it, also after a failure
/// \return BL_OK, BL_E_EXISTS (the folder holds something else, or what another configuration or
/// other files made, naming what differs), BL_E_INVALID (a name, a type or a label that does not
/// fit; negative weights without a choice; duplicates), BL_E_RANGE (nothing to fit from),
/// BL_E_CANCELLED, and what streams and outputs return
bl_status bl_prepare_run(bl_dataset *dataset, const bl_prepare_options *options,
                         bl_prepare_report *ret_report, bl_error *err);
void bl_prepare_report_release(bl_prepare_report *report);

#endif
