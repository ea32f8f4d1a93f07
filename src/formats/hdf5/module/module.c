// SPDX-License-Identifier: Apache-2.0
// The module's entry.
#include "base/module.h"

#include "formats/hdf5/hdf5.h"
#include "formats/hdf5/module/file.h"
#include "formats/hdf5/module/output.h"

static const bl_hdf5_face face = {.open = bl_hdf5_file_open, .create = bl_hdf5_output_create};

BL_MODULE_DEFINE("hdf5", &face);
