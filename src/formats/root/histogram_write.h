// SPDX-License-Identifier: Apache-2.0
/// \file
/// Histograms into ROOT files.
#ifndef BL_FORMATS_ROOT_HISTOGRAM_WRITE_H
#define BL_FORMATS_ROOT_HISTOGRAM_WRITE_H

#include "column/writer.h"
#include "formats/root/file_writer.h"

/// Writes a TH1D with its errors into the file's own directory.
/// \return BL_OK, BL_E_EXISTS (an object has that name), BL_E_IO, BL_E_NOMEM
/// \source ROOT, TH1 (what its constructor and Sumw2 leave in the members), TAxis, TAttAxis
bl_status bl_root_histogram_write(bl_root_writer *writer, const bl_histogram_view *histogram,
                                  bl_error *err);

#endif
