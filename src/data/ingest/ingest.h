// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ingest: a data set written into one file, or into a folder of parts with a manifest.
#ifndef BL_DATA_INGEST_H
#define BL_DATA_INGEST_H

#include <beamline/output.h>

#include "data/ingest/manifest.h"

typedef struct bl_ingest_options {
    const char *url;          ///< of a file, or of a folder where it ends with '/' or is one
    const char *format;       ///< of the output; NULL: as the URL ends, in a folder ROOT
    const char *codec, *tree; ///< NULL: the output's default, the input's path
    uint64_t cluster_bytes, chunk_bytes;
    bool overwrite;
    int64_t part_events; ///< events that a part looks at, at most; 0: by size
    uint64_t part_bytes; ///< stored bytes of the columns that are taken along, about; 0: 1 GiB
    /// Called now and then with what is done so far, events and stored bytes; may be NULL.
    void (*progress)(void *user, int64_t n_rows, uint64_t stored_bytes);
    void *user;
} bl_ingest_options;

/// Seconds by stage, of all parts.
typedef struct bl_ingest_times {
    bl_plan_times plan;
    double write_s;
} bl_ingest_times;

/// What was done, or is to be.
typedef struct bl_ingest {
    bl_arena arena;
    bl_dataset *dataset; ///< borrows
    const bl_ingest_options *options;
    bool is_folder;
    const char *folder;
    bl_manifest manifest;    ///< of a file, too: its part is the whole; owns the parts
    bl_stream *model;        ///< whose columns all others have; owns
    bool is_model_read;      ///< it was the stream of a part
    const char *tree;        ///< path in the output
    const char *extension;   ///< of the output's files
    bool has_manifest;       ///< in the folder there is one
    int64_t n_rows, n_taken; ///< looked at, written; by this run
    uint64_t stored_bytes;   ///< read by this run
    size_t n_resumed;        ///< parts that were there already
    bl_ingest_times times;
} bl_ingest;

/// Makes the plan of all parts, checks that all samples have the same columns, and finds what is
/// there already. \param ingest zeroed; released also after a failure
bl_status bl_ingest_prepare(bl_ingest *ingest, bl_dataset *dataset,
                            const bl_ingest_options *options, bl_error *err);
/// Writes what is missing. Where the data set skips bad files and one turns up, its sample is begun
/// anew without it. \return BL_OK, BL_E_EXISTS, and what streams and outputs return
bl_status bl_ingest_run(bl_ingest *ingest, bl_error *err);
/// The cut flow of a sample: of cut `i`, the sum of its parts.
bl_flow bl_ingest_flow(const bl_ingest *ingest, size_t sample, size_t i);
void bl_ingest_release(bl_ingest *ingest);

#endif
