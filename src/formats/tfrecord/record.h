// SPDX-License-Identifier: Apache-2.0
/// \file
/// How records lie in a file: length, its checksum, the bytes, their checksum; all little-endian.
/// \source TensorFlow documentation, "TFRecord and tf.train.Example", "TFRecords format details"
#ifndef BL_FORMATS_TFRECORD_RECORD_H
#define BL_FORMATS_TFRECORD_RECORD_H

#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "formats/tfrecord/crc32c.h"

enum { BL_TF_HEAD = 12, BL_TF_TAIL = 4, BL_TF_FRAME = BL_TF_HEAD + BL_TF_TAIL };
/// Protocol buffers are no longer than this.
#define BL_TF_MOST_RECORD ((uint64_t)INT32_MAX)

static inline uint32_t bl_tf_load32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/// Frames a record whose bytes lie behind room for a head: writes head and tail.
/// \param record [BL_TF_HEAD + length + BL_TF_TAIL]
static inline void bl_tf_frame(bl_crc32c_fn crc, uint8_t *record, uint64_t length) {
    uint8_t *begin = record + BL_TF_HEAD;
    memcpy(record, &length, sizeof length);
    uint32_t sum = bl_crc32c_mask(crc(record, sizeof length));
    memcpy(record + sizeof length, &sum, sizeof sum);
    sum = bl_crc32c_mask(crc(begin, (size_t)length));
    memcpy(begin + length, &sum, sizeof sum);
}

/// The length that a record's head tells. \param head [BL_TF_HEAD]
/// \return false where its checksum is another
static inline bool bl_tf_head_read(bl_crc32c_fn crc, const uint8_t *head, uint64_t *ret_length) {
    memcpy(ret_length, head, sizeof *ret_length);
    return bl_crc32c_mask(crc(head, 8)) == bl_tf_load32(head + 8);
}

/// True where a record's bytes, behind which their checksum lies, are whole.
static inline bool bl_tf_tail_matches(bl_crc32c_fn crc, bl_wire record) {
    return bl_crc32c_mask(crc(record.at, bl_wire_left(&record))) == bl_tf_load32(record.end);
}

#endif
