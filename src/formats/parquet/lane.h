// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lanes: pages of a column that are decoded ahead, each as a stream of its own that is joined to
/// the whole.
#ifndef BL_FORMATS_PARQUET_LANE_H
#define BL_FORMATS_PARQUET_LANE_H

#include "formats/parquet/stream.h"

struct bl_lane {
    bl_stream_leaf part;   ///< its dictionary is the whole's
    bl_stream_leaf *whole; ///< borrows
    bl_status status;      ///< of making the page ready: told when its rows are wanted
    bl_error why;
    bool is_ready;        ///< the page is
    bool is_taken;        ///< all of it is, and `before` says what it was like
    bl_ready_page before; ///< borrows
    int64_t n_rows;       ///< that begin in what is left of the page
    size_t n_wanted;      ///< entries that the batch takes
    // what they gave, in the part or still in the page, and where it goes in the whole
    const uint8_t *values; ///< [n_bytes]
    size_t n_bytes, values_to;
    const uint32_t *ends; ///< of texts: [part.n_slots + 1], the first where they begin in `values`
    int64_t slots_to;
    bool is_utf8;
};

/// The page as it was before it was taken.
static inline const bl_ready_page *bl_lane_page(const bl_lane *lane) {
    return lane->is_taken ? &lane->before : &lane->part.page;
}

/// Undoes taking: the batch wants but some of the page, or another way goes on with it.
void bl_lane_give_back(bl_lane *lane);
/// What was wrong with a page, now that somebody wants it.
bl_status bl_lane_tell(const bl_lane *lane, bl_error *err);
/// Takes the next `n_wanted` entries of a page that is ready.
bl_status bl_lane_take(bl_lane *lane, bl_error *err);
/// Makes room behind what the whole has for what a lane took.
bl_status bl_lane_place(bl_lane *lane, bl_error *err);
/// Copies what a lane took to its place. Lanes may do so side by side.
void bl_lane_join(const bl_lane *lane);

/// The rest of the present page becomes the first that waits.
bl_status bl_lanes_put_back(bl_stream_leaf *stream, bl_error *err);
/// Gives a lane the page that was passed, or the reason why it could not be.
bl_status bl_lanes_add(bl_stream_leaf *stream, bl_status status, const bl_error *why,
                       bl_error *err);
/// Frees lanes whose pages are used up for others.
void bl_lanes_drop_used(bl_stream_leaf *stream);

#endif
