// SPDX-License-Identifier: Apache-2.0
// What statistics say of the numbers in a row group.
#include <math.h>

#include "formats/parquet/schema.h"

/// A number as statistics hold it. \return false for what is no number, and for NaN
static bool number_of(const bl_parquet_leaf *leaf, bl_thrift_text text, double *ret_value) {
    bl_type_id id = leaf->node->type->id;
    bool is_unsigned = id == BL_UINT8 || id == BL_UINT16 || id == BL_UINT32 || id == BL_UINT64;
    int type = leaf->element->type;
    int32_t narrow;
    int64_t wide;
    float real;
    bool is_narrow = type == BL_PARQUET_INT32 || type == BL_PARQUET_FLOAT;
    bool is_wide = type == BL_PARQUET_INT64 || type == BL_PARQUET_DOUBLE;
    if (!text.data || (!is_narrow && !is_wide) || text.size != (is_narrow ? 4 : 8))
        return false;
    if (type == BL_PARQUET_FLOAT) {
        memcpy(&real, text.data, sizeof real);
        *ret_value = (double)real;
    } else if (type == BL_PARQUET_DOUBLE) {
        memcpy(ret_value, text.data, sizeof *ret_value);
    } else if (is_narrow) {
        memcpy(&narrow, text.data, sizeof narrow);
        *ret_value = is_unsigned ? (double)(uint32_t)narrow : (double)narrow;
    } else {
        memcpy(&wide, text.data, sizeof wide);
        *ret_value = is_unsigned ? (double)(uint64_t)wide : (double)wide;
    }
    return !isnan(*ret_value);
}

bool bl_parquet_bounds(const bl_parquet_leaf *leaf, const bl_parquet_chunk *chunk, double *ret_low,
                       double *ret_high) {
    if (!leaf->node->type ||
        (leaf->node->conversion != BL_PARQUET_AS_STORED &&
         leaf->node->conversion != BL_PARQUET_NARROWED) ||
        !number_of(leaf, chunk->statistics.min, ret_low) ||
        !number_of(leaf, chunk->statistics.max, ret_high))
        return false;
    // a large integer may have been rounded inwards
    *ret_low = nextafter(*ret_low, (double)-INFINITY);
    *ret_high = nextafter(*ret_high, (double)INFINITY);
    return true;
}
