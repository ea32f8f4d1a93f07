// SPDX-License-Identifier: Apache-2.0
/// \file
/// Running statistics of one column, or of one member of a struct column: values flattened over
/// all nesting. Results depend on the values and their order alone, never on where batches end.
#ifndef BL_CLI_TALLY_H
#define BL_CLI_TALLY_H

#include <beamline/batch.h>

#include "base/memory.h"
#include "cli/number.h"

/// Lanes of the sum: value `i` of a column goes to lane `i % BL_TALLY_LANES`, so that the sum has
/// one order whatever the batches are.
enum { BL_TALLY_LANES = 4 };

typedef struct bl_tally {
    bl_type_id id; ///< of the values
    bool has_checksums;
    int64_t n_entries, n_values; ///< values that are not null
    int64_t n_null;
    int64_t longest; ///< most values of one entry
    // floats
    int64_t n_nan, n_inf;
    double sum[BL_TALLY_LANES], rest[BL_TALLY_LANES]; ///< of finite values; what rounding left out
    double min[BL_TALLY_LANES], max[BL_TALLY_LANES];
    // integers and bool; uint64 less 2^63, so that int64 orders it
    int64_t int_min, int_max;
    bl_int128 int_sum;
    // strings
    uint64_t n_bytes;
    uint32_t crc_values; ///< of float64 values, or of strings with a NUL after each
    uint32_t crc_counts; ///< of the uint32 number of values of each entry
} bl_tally;

typedef enum bl_tally_kind { BL_TALLY_FLOAT, BL_TALLY_INT, BL_TALLY_STRING } bl_tally_kind;

/// Number of tallies of a column of this type: 1, or one a member of a struct, at any depth.
size_t bl_tally_n_leaves(const bl_type *type);
/// Prepares the tallies of a column. \param tallies [bl_tally_n_leaves(type)]
void bl_tally_init(bl_tally *tallies, const bl_type *type, bool has_checksums);
/// Name of leaf `i`: ".member" at any depth, "" where there are no structs.
/// \param text [size] \param ret_type the leaf's own type
void bl_tally_leaf(const bl_type *type, size_t i, char *text, size_t size,
                   const bl_type **ret_type);
/// Takes a batch's column in. \param tallies [bl_tally_n_leaves]
/// \return BL_OK, BL_E_NOMEM, BL_E_TYPE (the column has another shape than the tallies)
bl_status bl_tally_add(bl_context *context, bl_tally *tallies, size_t n_tallies,
                       const bl_column *column, bl_error *err);

/// One leaf on its own: its start, its values, its strings, how many values each of `n` entries
/// has.
void bl_tally_start(bl_tally *tally, bl_type_id id, bool has_checksums);
void bl_tally_values(bl_tally *tally, const void *values, int64_t n_values);
void bl_tally_strings(bl_tally *tally, const int32_t *offsets, const char *bytes, int64_t n);
void bl_tally_counts(bl_tally *tally, const uint32_t *counts, size_t n);

bl_tally_kind bl_tally_get_kind(const bl_tally *tally);
/// Finite values; 0 for strings.
int64_t bl_tally_n_finite(const bl_tally *tally);
/// Sum, smallest and largest of the finite values of a float tally (min and max only where there
/// are any).
double bl_tally_sum(const bl_tally *tally);
double bl_tally_min(const bl_tally *tally);
double bl_tally_max(const bl_tally *tally);
/// The same for an integer tally, exact.
bl_int128 bl_tally_int_sum(const bl_tally *tally);
bl_int128 bl_tally_int_min(const bl_tally *tally);
bl_int128 bl_tally_int_max(const bl_tally *tally);
double bl_tally_mean(const bl_tally *tally);

#endif
