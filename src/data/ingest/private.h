// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between the files of ingest.
#ifndef BL_DATA_INGEST_PRIVATE_H
#define BL_DATA_INGEST_PRIVATE_H

#include "data/ingest/ingest.h"

/// Fills the manifest with the parts that there are to be, none of them done; the list before it is
/// the caller's to free.
bl_status bl_ingest_make_parts(bl_ingest *ingest, bl_error *err);

#endif
