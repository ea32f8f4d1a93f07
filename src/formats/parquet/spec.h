// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers of the Parquet format, and what of its metadata we use.
/// \source Apache Parquet, parquet.thrift and the documents beside it; schemas/parquet.md describes
/// the messages with their field numbers
#ifndef BL_FORMATS_PARQUET_SPEC_H
#define BL_FORMATS_PARQUET_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/codec/codec.h"

/// Physical types.
typedef enum bl_parquet_type {
    BL_PARQUET_BOOLEAN,
    BL_PARQUET_INT32,
    BL_PARQUET_INT64,
    BL_PARQUET_INT96,
    BL_PARQUET_FLOAT,
    BL_PARQUET_DOUBLE,
    BL_PARQUET_BYTE_ARRAY,
    BL_PARQUET_FIXED_LEN_BYTE_ARRAY,
    BL_PARQUET_N_TYPES,
} bl_parquet_type;

typedef enum bl_parquet_repetition {
    BL_PARQUET_REQUIRED,
    BL_PARQUET_OPTIONAL,
    BL_PARQUET_REPEATED,
} bl_parquet_repetition;

/// The older way to say what a type stands for.
typedef enum bl_parquet_converted {
    BL_PARQUET_CONVERTED_UTF8,
    BL_PARQUET_CONVERTED_MAP,
    BL_PARQUET_CONVERTED_MAP_KEY_VALUE,
    BL_PARQUET_CONVERTED_LIST,
    BL_PARQUET_CONVERTED_ENUM,
    BL_PARQUET_CONVERTED_DECIMAL,
    BL_PARQUET_CONVERTED_DATE,
    BL_PARQUET_CONVERTED_TIME_MILLIS,
    BL_PARQUET_CONVERTED_TIME_MICROS,
    BL_PARQUET_CONVERTED_TIMESTAMP_MILLIS,
    BL_PARQUET_CONVERTED_TIMESTAMP_MICROS,
    BL_PARQUET_CONVERTED_UINT_8,
    BL_PARQUET_CONVERTED_UINT_16,
    BL_PARQUET_CONVERTED_UINT_32,
    BL_PARQUET_CONVERTED_UINT_64,
    BL_PARQUET_CONVERTED_INT_8,
    BL_PARQUET_CONVERTED_INT_16,
    BL_PARQUET_CONVERTED_INT_32,
    BL_PARQUET_CONVERTED_INT_64,
    BL_PARQUET_CONVERTED_JSON,
    BL_PARQUET_CONVERTED_BSON,
    BL_PARQUET_CONVERTED_INTERVAL,
    BL_PARQUET_CONVERTED_NONE = -1,
} bl_parquet_converted;

/// Field numbers of the union LogicalType.
typedef enum bl_parquet_logical {
    BL_PARQUET_LOGICAL_NONE = 0,
    BL_PARQUET_LOGICAL_STRING = 1,
    BL_PARQUET_LOGICAL_MAP = 2,
    BL_PARQUET_LOGICAL_LIST = 3,
    BL_PARQUET_LOGICAL_ENUM = 4,
    BL_PARQUET_LOGICAL_DECIMAL = 5,
    BL_PARQUET_LOGICAL_DATE = 6,
    BL_PARQUET_LOGICAL_TIME = 7,
    BL_PARQUET_LOGICAL_TIMESTAMP = 8,
    BL_PARQUET_LOGICAL_INTEGER = 10,
    BL_PARQUET_LOGICAL_UNKNOWN = 11,
    BL_PARQUET_LOGICAL_JSON = 12,
    BL_PARQUET_LOGICAL_BSON = 13,
    BL_PARQUET_LOGICAL_UUID = 14,
    BL_PARQUET_LOGICAL_FLOAT16 = 15,
    BL_PARQUET_LOGICAL_VARIANT = 16,
    BL_PARQUET_LOGICAL_GEOMETRY = 17,
    BL_PARQUET_LOGICAL_GEOGRAPHY = 18,
} bl_parquet_logical;

typedef enum bl_parquet_encoding {
    BL_PARQUET_PLAIN = 0,
    BL_PARQUET_PLAIN_DICTIONARY = 2, ///< as RLE_DICTIONARY in data pages, PLAIN in dictionaries
    BL_PARQUET_RLE = 3,
    BL_PARQUET_BIT_PACKED = 4, ///< of levels, long out of use
    BL_PARQUET_DELTA_BINARY_PACKED = 5,
    BL_PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    BL_PARQUET_DELTA_BYTE_ARRAY = 7,
    BL_PARQUET_RLE_DICTIONARY = 8,
    BL_PARQUET_BYTE_STREAM_SPLIT = 9,
} bl_parquet_encoding;

typedef enum bl_parquet_codec {
    BL_PARQUET_UNCOMPRESSED,
    BL_PARQUET_SNAPPY,
    BL_PARQUET_GZIP,
    BL_PARQUET_LZO,
    BL_PARQUET_BROTLI,
    BL_PARQUET_LZ4, ///< framed by Hadoop, or not at all
    BL_PARQUET_ZSTD,
    BL_PARQUET_LZ4_RAW,
    BL_PARQUET_N_CODECS,
} bl_parquet_codec;

typedef enum bl_parquet_page {
    BL_PARQUET_DATA_PAGE,
    BL_PARQUET_INDEX_PAGE,
    BL_PARQUET_DICTIONARY_PAGE,
    BL_PARQUET_DATA_PAGE_V2,
} bl_parquet_page;

static const char bl_parquet_magic[4] = {'P', 'A', 'R', '1'};

#endif
