// SPDX-License-Identifier: Apache-2.0
/// \file
/// Names: a map from name to number, and the nearest names to a mistyped one.
#ifndef BL_BASE_NAMES_H
#define BL_BASE_NAMES_H

#include "base/memory.h"

/// Maps names to numbers. Names borrow: they must outlive the map. Zeroed memory is an empty map.
typedef struct bl_name_map {
    struct bl_name_slot *slots;
    size_t n_slots, n_used;
} bl_name_map;

/// Adds a name; an earlier entry of the same name stays and wins. \return BL_OK, BL_E_NOMEM
bl_status bl_name_map_add(bl_context *context, bl_name_map *map, const char *name, size_t number,
                          bl_error *err);
/// The number under a name, or SIZE_MAX.
size_t bl_name_map_find(const bl_name_map *map, const char *name);
void bl_name_map_release(bl_context *context, bl_name_map *map);

/// Collects candidates and keeps the (at most three) nearest to `wanted` by edit distance,
/// insensitive to case, none further than about a third of its length; behind them those that begin
/// with it.
typedef struct bl_nearest {
    const char *wanted;
    const char *names[3]; ///< best first; borrow
    unsigned distances[3];
} bl_nearest;

void bl_nearest_init(bl_nearest *nearest, const char *wanted);
void bl_nearest_offer(bl_nearest *nearest, const char *name);
/// Appends "; did you mean 'a', 'b' or 'c'?" where there are candidates; returns `status`.
bl_status bl_nearest_hint(const bl_nearest *nearest, bl_status status, bl_error *err);

#endif
