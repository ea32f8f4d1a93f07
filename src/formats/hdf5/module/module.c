// SPDX-License-Identifier: Apache-2.0
// The module's entry.
#include "base/module.h"

#include "formats/hdf5/hdf5.h"
#include "formats/hdf5/module/file.h"
#include "formats/hdf5/module/output.h"
#include "formats/hdf5/module/tree.h"

static const bl_hdf5_face face = {.open = bl_hdf5_file_open,
                                  .create = bl_hdf5_output_create,
                                  .look = bl_hdf5_tree_look,
                                  .read_tree = bl_hdf5_tree_open,
                                  .write_tree = bl_hdf5_tree_save};

BL_MODULE_DEFINE("hdf5", &face);
