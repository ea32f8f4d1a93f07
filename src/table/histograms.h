// SPDX-License-Identifier: Apache-2.0
/// \file
/// Histograms into files that can hold them.
#ifndef BL_TABLE_HISTOGRAMS_H
#define BL_TABLE_HISTOGRAMS_H

#include "column/writer.h"

/// Writes a histogram into a file. \return BL_OK, BL_E_EXISTS, BL_E_UNSUPPORTED (the format has
/// none), BL_E_IO, BL_E_NOMEM
bl_status bl_output_add_histogram(bl_output *output, const bl_histogram_view *histogram,
                                  bl_error *err);

#endif
