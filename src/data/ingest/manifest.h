// SPDX-License-Identifier: Apache-2.0
/// \file
/// The manifest of a folder of parts: what each holds and came from, so that an interrupted run
/// goes on with the parts that are missing.
#ifndef BL_DATA_MANIFEST_H
#define BL_DATA_MANIFEST_H

#include "data/stream/parts.h"

/// Some rows of a stretch, and the file that they become.
typedef struct bl_ingest_part {
    const char *name; ///< of its file in the folder
    const bl_stretch *stretch;
    int64_t first, last; ///< rows of the stretch's chain
    bool is_done;
    int64_t n_rows; ///< written; without any there is no file
    uint64_t bytes; ///< of the file
    uint64_t xxh64; ///< of the file
    size_t n_cuts;
    bl_flow *flow; ///< [n_cuts], "all" first
} bl_ingest_part;

typedef struct bl_manifest {
    const char *path;
    const bl_dataset *dataset;
    const char **fingerprints; ///< of samples: of all that their parts depend on
    const char *const **cuts;  ///< of samples: of their cut flow, ending with NULL
    size_t n_parts, parts_capacity;
    bl_ingest_part *parts; ///< [n_parts]
} bl_manifest;

/// Writes it, by atomic rename. \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_manifest_write(const bl_manifest *manifest, bl_error *err);
/// Leaves out the files that an earlier run left out, and says so. Before stretches are divided.
/// \param document of the manifest
void bl_manifest_leave_out(const bl_item *document, bl_dataset *dataset);
/// Marks the parts as done that an earlier run finished and whose files are as it left them.
/// \return BL_OK, BL_E_EXISTS (it is another data set's), BL_E_CORRUPT
bl_status bl_manifest_resume(const bl_item *document, const char *folder, bl_manifest *manifest,
                             bl_error *err);

#endif
