// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a Parquet file says of itself: its footer, and the headers of pages.
#ifndef BL_FORMATS_PARQUET_METADATA_H
#define BL_FORMATS_PARQUET_METADATA_H

#include "base/arena.h"
#include "formats/parquet/spec.h"
#include "formats/parquet/thrift.h"

/// One element of the schema, which is listed depth first.
typedef struct bl_parquet_element {
    const char *name;
    int type; ///< bl_parquet_type; −1: a group
    int32_t type_length;
    bl_parquet_repetition repetition;
    int32_t n_children;
    int converted; ///< bl_parquet_converted
    int logical;   ///< bl_parquet_logical
    int32_t scale, precision;
    int unit; ///< of times: 1 ms, 2 µs, 3 ns
    bool is_utc;
    int bit_width; ///< of integers
    bool is_signed;
} bl_parquet_element;

typedef struct bl_parquet_statistics {
    bl_thrift_text min, max; ///< data NULL: not known
    int64_t n_null;          ///< −1: not known
} bl_parquet_statistics;

/// One column of one row group.
typedef struct bl_parquet_chunk {
    bool is_there;     ///< it has metadata that can be read
    bool is_elsewhere; ///< in another file
    int type;          ///< bl_parquet_type
    int codec;         ///< bl_parquet_codec
    int64_t n_values;  ///< nulls and empty lists included
    int64_t stored_bytes, raw_bytes;
    int64_t data_offset, dictionary_offset; ///< the second 0: none
    bl_parquet_statistics statistics;
} bl_parquet_chunk;

/// Of what a group says of its chunks only the place is kept: there may be a million of them.
typedef struct bl_parquet_group {
    int64_t n_rows;
    size_t n_chunks;
    bl_thrift_text chunks; ///< in the footer, from the head of their list on
} bl_parquet_group;

typedef struct bl_parquet_pair {
    const char *key, *value;
} bl_parquet_pair;

typedef struct bl_parquet_metadata {
    int version;
    int64_t n_rows;
    const char *created_by; ///< "" where nobody says
    bool is_encrypted;      ///< some columns are
    size_t n_elements;
    bl_parquet_element *elements; ///< [n_elements], the root first
    size_t n_groups;
    bl_parquet_group *groups; ///< [n_groups]
    size_t n_pairs;
    bl_parquet_pair *pairs; ///< [n_pairs]
} bl_parquet_metadata;

/// Reads a footer. \param data [size] must live as long as the metadata; texts are copied into the
/// arena \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_parquet_metadata_read(bl_arena *arena, const uint8_t *data, size_t size,
                                   bl_parquet_metadata *ret_metadata, bl_error *err);
/// Reads what a row group says of its chunks. \param ret_chunks [group->n_chunks]
/// \return BL_OK, BL_E_CORRUPT
bl_status bl_parquet_group_chunks(const bl_parquet_group *group, bl_parquet_chunk *ret_chunks,
                                  bl_error *err);
/// The value of a key, or NULL.
const char *bl_parquet_metadata_value(const bl_parquet_metadata *metadata, const char *key);

typedef struct bl_parquet_page_header {
    int type; ///< bl_parquet_page
    uint32_t raw_bytes, stored_bytes;
    bool has_crc;
    uint32_t crc;
    uint32_t n_values;
    int encoding, def_encoding, rep_encoding; ///< bl_parquet_encoding
    // of the second version
    uint32_t n_nulls, n_rows, def_bytes, rep_bytes;
    bool is_compressed;
} bl_parquet_page_header;

/// Reads the header of a page. \param ret_size its bytes
/// \return BL_OK, BL_E_CORRUPT; BL_END where `data` ends before it does
bl_status bl_parquet_page_header_read(const uint8_t *data, size_t size,
                                      bl_parquet_page_header *ret_header, size_t *ret_size,
                                      bl_error *err);

#endif
