// SPDX-License-Identifier: Apache-2.0
/// \file
/// The bytes of a TFRecord file, unpacked where it is packed as a whole. Positions are those of
/// unpacked bytes. All of the room's reading goes through here.
///
/// A file is read twice, once when it is opened. What took long to come, being packed or far, is
/// kept the first time where it fits an eighth of the memory budget.
#ifndef BL_FORMATS_TFRECORD_INPUT_H
#define BL_FORMATS_TFRECORD_INPUT_H

#include "io/packed/inflow.h"

typedef struct bl_tf_input {
    bl_context *context;
    bl_source *source; ///< owns
    bl_inflow *inflow; ///< owns; NULL where the file is not packed
    uint64_t position; ///< of the inflow
    bl_buffer *kept;   ///< all bytes so far, unpacked, where they are dear and few; owns
    bool is_keeping;   ///< up to now they are few
    bool is_kept;      ///< they are all there: the source is needed no more
    bool is_zlib;
    const char *packing; ///< "gzip", …; NULL: the file is not packed
} bl_tf_input;

/// Takes a look at the first bytes. \param source moves, also on failure
/// \param ret_input the caller owns it
/// \return BL_OK, BL_E_IO, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_tf_input_open(bl_context *context, bl_source *source, bl_tf_input **ret_input,
                           bl_error *err);
/// NULL is allowed.
void bl_tf_input_close(bl_tf_input *input);
BL_DEFINE_AUTO(bl_tf_input, bl_tf_input_close);

/// True where any thread may read any part at once (bl_tf_input_read_part).
static inline bool bl_tf_input_is_near(const bl_tf_input *input) {
    return input->is_kept || (!input->packing && input->source->ops->read);
}

/// Reads what lies from `offset` on. What is packed is read on from where it was, and going back
/// begins again. \param ret_n less than `size` only at the end
/// \return BL_OK, BL_E_IO, BL_E_CORRUPT, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_tf_input_read(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                           size_t *ret_n, bl_error *err);
/// Reads bytes that are known to be there, from a near input. Any thread may call it.
bl_status bl_tf_input_read_part(const bl_tf_input *input, uint64_t offset, size_t size, void *data,
                                bl_error *err);

#endif
