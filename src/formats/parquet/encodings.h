// SPDX-License-Identifier: Apache-2.0
/// \file
/// Encodings that are decoded a page at a time, into what the plain encoding would have.
/// \source Apache Parquet, Encodings
#ifndef BL_FORMATS_PARQUET_ENCODINGS_H
#define BL_FORMATS_PARQUET_ENCODINGS_H

#include "base/memory.h"

/// Numbers of a DELTA_BINARY_PACKED stream. \param width 4 or 8 \param most numbers expected
/// \param out [most × width] \param ret_n numbers there are \param ret_used bytes of the stream
/// \return BL_OK, BL_E_CORRUPT
bl_status bl_delta_decode(const uint8_t *data, size_t size, unsigned width, size_t most, void *out,
                          size_t *ret_n, size_t *ret_used, bl_error *err);

/// Values whose bytes are kept apart: all first bytes, all second ones, …
/// \param data [n × width] \param out [n × width]
void bl_split_decode(const uint8_t *data, unsigned width, size_t n, uint8_t *out);

/// Texts: text i is bytes [offsets[i], offsets[i + 1]).
typedef struct bl_texts_page {
    bl_buffer *offsets; ///< [n + 1] uint32; owns
    bl_buffer *bytes;   ///< owns; NULL: `data` is somebody else's
    const uint8_t *data;
    size_t n;
} bl_texts_page;

/// DELTA_LENGTH_BYTE_ARRAY: lengths, then bytes, which are borrowed from `data`.
/// \param most texts expected \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_delta_length_decode(bl_context *context, const uint8_t *data, size_t size, size_t most,
                                 bl_texts_page *ret_texts, bl_error *err);
/// DELTA_BYTE_ARRAY: what each text shares with the one before it, and how it goes on.
bl_status bl_delta_texts_decode(bl_context *context, const uint8_t *data, size_t size, size_t most,
                                bl_texts_page *ret_texts, bl_error *err);
/// Texts behind their lengths, as PLAIN has them: offsets into a copy without the lengths.
bl_status bl_plain_texts_decode(bl_context *context, const uint8_t *data, size_t size, size_t n,
                                bl_texts_page *ret_texts, bl_error *err);
void bl_texts_page_release(bl_texts_page *texts);

#endif
