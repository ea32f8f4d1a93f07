// SPDX-License-Identifier: Apache-2.0
/// \file
/// A TFRecord file that is open, as the files of this room see it.
#ifndef BL_FORMATS_TFRECORD_FILE_H
#define BL_FORMATS_TFRECORD_FILE_H

#include "column/reader.h"
#include "formats/tfrecord/columns.h"
#include "formats/tfrecord/decode.h"
#include "formats/tfrecord/index.h"

typedef struct bl_tf_file {
    bl_file head;
    atomic_uint n_holders; ///< the catalog and its tables
    bl_arena arena;
    bl_tf_input *input;
    bl_tf_index index;
    bl_tf_columns columns;
    bl_object_info object;
} bl_tf_file;

/// The table of a file. \param file shares \param ret_reader the caller owns it
bl_status bl_tf_reader_new(bl_tf_file *file, bl_reader **ret_reader, bl_error *err);
void bl_tf_file_release(bl_tf_file *file);

#endif
