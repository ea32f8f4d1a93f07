// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of a batch to records with their frames.
#ifndef BL_FORMATS_TFRECORD_ENCODE_H
#define BL_FORMATS_TFRECORD_ENCODE_H

#include "formats/tfrecord/crc32c.h"
#include "formats/tfrecord/fields.h"

/// What one task encodes.
typedef struct bl_tf_encoder {
    bl_context *context;
    bl_crc32c_fn crc;
    const bl_tf_fields *fields;
    const bl_tf_view *views;  ///< [fields->n]
    const char *const *names; ///< of the table's columns, for messages
    bl_buffer *bytes;         ///< records; owns
    bl_buffer *scratch;       ///< numbers of one feature; owns
} bl_tf_encoder;

/// Appends rows [first, last) of the batch that the views are of.
/// \param base number of the batch's first row, for messages
/// \return BL_OK, BL_E_TYPE (a null inside a list), BL_E_RANGE (a uint64 past int64), BL_E_LIMIT (a
/// record past 2³¹ − 1 bytes), BL_E_NOMEM
bl_status bl_tf_encode(bl_tf_encoder *encoder, int64_t base, int64_t first, int64_t last,
                       bl_error *err);
/// Bytes that a row takes at most.
uint64_t bl_tf_encode_bound(const bl_tf_fields *fields, const bl_tf_view *views, int64_t row);
void bl_tf_encoder_release(bl_tf_encoder *encoder);

#endif
