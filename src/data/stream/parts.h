// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stretches cut into parts, and what is kept of a part: pieces of about one size, by what files
/// say of themselves before anything is read. So parts depend neither on each other nor on threads,
/// and any of them can be made again.
#ifndef BL_DATA_PARTS_H
#define BL_DATA_PARTS_H

#include "base/packer.h"
#include "data/stream/dataset.h"

/// What a cut took.
typedef struct bl_flow {
    int64_t n_rows;
    double sumw, sumw2;
} bl_flow;

/// Stored bytes of a row of all that a stream takes along, in its first file; a variable is taken
/// for 8 bytes.
double bl_stream_bytes_per_row(const bl_stream *stream);
/// Rows of each part but perhaps the last, where parts of about one size have `most` rows at most.
/// \param n_rows of the stretch \return 0 where it has no rows
int64_t bl_rows_of_part(int64_t n_rows, double most);
/// The cut flow of a plan so far. \param ret_flow [bl_plan_n_cuts]
bl_status bl_plan_flow(const bl_plan *plan, bl_flow *ret_flow, bl_error *err);
/// The cuts of a stream, as a cut flow calls them. \param ret_cuts in the arena \return BL_OK,
/// BL_E_NOMEM
bl_status bl_stream_cuts(bl_arena *arena, const bl_stream *stream, const char *const **ret_cuts,
                         bl_error *err);
/// Checks that a stream has the columns of another one, of the first sample.
/// \return BL_OK, BL_E_TYPE (naming sample and column)
bl_status bl_stream_check_like(const bl_stream *first, const bl_stream *stream,
                               const bl_stretch *stretch, bl_error *err);

// ---- fingerprints: what results depend on, as bytes that are hashed in the end ----

/// Adds a text with its NUL; NULL is "".
void bl_fingerprint_add_text(bl_packer *to, const char *text);
void bl_fingerprint_add_number(bl_packer *to, uint64_t number);
/// Adds the tree, cuts, variables, recipe, columns with their types, and the mask.
void bl_fingerprint_add_stream(bl_packer *to, const bl_config *config, const bl_stream *stream);
/// Adds URLs, sizes and rows of the files that are not left out.
void bl_fingerprint_add_files(bl_packer *to, const bl_sample *sample);
/// XXH64 of what was added as 16 digits; releases the packer.
/// \param ret_text in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_fingerprint_end(bl_packer *packer, bl_arena *arena, const char **ret_text,
                             bl_error *err);

#endif
