// SPDX-License-Identifier: Apache-2.0
/// \file
/// ROOT files as files with tables: what `table` opens.
#ifndef BL_FORMATS_ROOT_TABLES_H
#define BL_FORMATS_ROOT_TABLES_H

#include "column/reader.h"
#include "formats/root/file.h"

/// Opens a ROOT file. \param source moves, also on failure \param ret_file the caller owns it
/// \return BL_OK, BL_E_FORMAT, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_root_open(bl_context *context, bl_source *source, bl_file **ret_file, bl_error *err);

#endif
