// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where an output's data came from, as pairs of texts that formats with a place for them keep.
#ifndef BL_DATA_LINEAGE_H
#define BL_DATA_LINEAGE_H

#include <beamline/expression.h>

#include "base/arena.h"

/// What is known of an output's data.
typedef struct bl_lineage {
    const char *const *urls; ///< [n_urls] of the input; kept are the names of the files alone
    size_t n_urls;
    const char *table;       ///< of the input; NULL: not known
    const char *const *cuts; ///< [n_cuts]
    size_t n_cuts;
    const bl_named_text *variables; ///< [n_variables]
    size_t n_variables;
    const char *recipe; ///< with its options; NULL: none
} bl_lineage;

/// Keys "beamline.version", "beamline.sources", "beamline.source_table", "beamline.cuts" and
/// "beamline.variables", each before its value; lists have an item a line. With a recipe also
/// "beamline.recipe" and, as names with commas, what its columns hold: "beamline.hfeatures",
/// "beamline.lfeatures".
/// \param ret_pairs [2 × *ret_n] in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_lineage_pairs(bl_arena *arena, const bl_lineage *lineage,
                           const char *const **ret_pairs, size_t *ret_n, bl_error *err);

#endif
