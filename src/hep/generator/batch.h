// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events in columns, as Delphes names them.
#ifndef BL_HEP_GENERATOR_BATCH_H
#define BL_HEP_GENERATOR_BATCH_H

#include <beamline/output.h>

#include "column/builder.h"
#include "hep/generator/event.h"

/// Collections, and how many items each has.
enum { BL_N_COLLECTIONS = 8, BL_N_GENERATED_COLUMNS = 2 * BL_N_COLLECTIONS };

/// Types and specs of the columns.
typedef struct bl_delphes {
    bl_type *types[BL_N_GENERATED_COLUMNS];
    bl_column_spec specs[BL_N_GENERATED_COLUMNS];
} bl_delphes;

bl_status bl_delphes_init(bl_delphes *delphes, bl_context *context, bl_error *err);
void bl_delphes_release(bl_delphes *delphes);

/// Events being put into columns.
typedef struct bl_delphes_rows {
    bl_builder builders[BL_N_GENERATED_COLUMNS];
    int64_t n;
} bl_delphes_rows;

bl_status bl_delphes_rows_init(bl_delphes_rows *rows, bl_context *context,
                               const bl_delphes *delphes, bl_error *err);
void bl_delphes_rows_release(bl_delphes_rows *rows);
/// Failures stay until the end.
void bl_delphes_rows_append(bl_delphes_rows *rows, const bl_record *record);
/// Hands all rows over as a batch and begins anew.
bl_status bl_delphes_rows_finish(bl_delphes_rows *rows, bl_context *context, int64_t first_row,
                                 bl_batch **ret_batch, bl_error *err);

#endif
