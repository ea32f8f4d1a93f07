// SPDX-License-Identifier: Apache-2.0
// From a column of any nesting to its leaves: the values themselves, and how many of them each row
// has, which is followed down through the offsets of all lists above.
#include <stdio.h>

#include "cli/tally.h"
#include "column/column.h"

/// Which items of the present level belong to a row: row r has [at(r) · factor, at(r + 1) ·
/// factor), where at() reads whichever offsets there are and is r itself where there are none.
typedef struct row_map {
    const int32_t *narrow;
    const int64_t *wide;
    int64_t factor;
} row_map;

typedef struct tally_walk {
    bl_context *context;
    size_t n_rows;
    bl_tally *next, *end;
    bl_error *err;
} tally_walk;

static int64_t map_at(const row_map *map, size_t row) {
    int64_t at = map->narrow ? map->narrow[row] : map->wide ? map->wide[row] : (int64_t)row;
    return at * map->factor;
}

static bl_status walk_column(tally_walk *walk, const bl_column *column, row_map map);

static void count_rows(const tally_walk *walk, const row_map *map, bl_tally *tally) {
    enum { BLOCK = 1024 };
    uint32_t counts[BLOCK];
    for (size_t first = 0; first < walk->n_rows; first += BLOCK) {
        size_t n = walk->n_rows - first < BLOCK ? walk->n_rows - first : BLOCK;
        for (size_t i = 0; i < n; i++)
            counts[i] = (uint32_t)(map_at(map, first + i + 1) - map_at(map, first + i));
        bl_tally_counts(tally, counts, n);
    }
}

static bl_status tally_leaf(tally_walk *walk, const bl_column *column, const row_map *map,
                            bl_tally *tally) {
    bl_type_id id = bl_type_get_id(bl_column_type(column));
    bool is_string = id == BL_UTF8 || id == BL_BINARY; // a batch may hold either
    if (is_string ? bl_tally_get_kind(tally) != BL_TALLY_STRING : id != tally->id)
        return bl_error_set(walk->err, BL_E_TYPE, "the type changes between batches");
    if (is_string)
        bl_tally_strings(tally, bl_column_offsets(column), bl_column_values(column),
                         bl_column_length(column));
    else
        bl_tally_values(tally, bl_column_values(column), bl_column_length(column));
    count_rows(walk, map, tally);
    return BL_OK;
}

/// A value that may be null is a list of none or one: only those that are there are counted.
static bl_status tally_some(tally_walk *walk, const bl_column *column, const row_map *map,
                            bl_tally *tally) {
    bl_column there = {0};
    BL_TRY(bl_column_drop_nulls(walk->context, column, &there, walk->err));
    tally->n_null += column->length - there.length;
    size_t n = (size_t)column->length;
    int64_t *before = bl_alloc_zero(walk->context, n + 1, sizeof *before);
    int64_t *ends = bl_alloc_zero(walk->context, walk->n_rows + 1, sizeof *ends);
    bl_status status = BL_OK;
    if (before && ends) {
        const uint8_t *bits = bl_column_validity(column);
        for (size_t i = 0; i < n; i++)
            before[i + 1] = before[i] + (bits[i / 8] >> i % 8 & 1);
        for (size_t row = 0; row <= walk->n_rows; row++)
            ends[row] = before[map_at(map, row)];
        status = tally_leaf(walk, &there, &(row_map){.wide = ends, .factor = 1}, tally);
    } else {
        status = bl_error_nomem(walk->err, n * sizeof *before, "row offsets");
    }
    bl_free(walk->context, ends);
    bl_free(walk->context, before);
    bl_column_release(walk->context, &there);
    return status;
}

static bl_status walk_leaf(tally_walk *walk, const bl_column *column, const row_map *map) {
    if (walk->next == walk->end)
        return bl_error_set(walk->err, BL_E_TYPE, "the type changes between batches");
    bl_tally *tally = walk->next++;
    return bl_column_validity(column) ? tally_some(walk, column, map, tally)
                                      : tally_leaf(walk, column, map, tally);
}

static bl_status walk_list(tally_walk *walk, const bl_column *column, row_map map) {
    const bl_column *items = bl_column_child(column, 0);
    const void *offsets = bl_column_offsets(column);
    bool is_large = bl_type_get_id(bl_column_type(column)) == BL_LARGE_LIST;
    row_map inner = {
        .narrow = is_large ? NULL : offsets, .wide = is_large ? offsets : NULL, .factor = 1};
    if (!map.narrow && !map.wide && map.factor == 1)
        return walk_column(walk, items, inner); // the first list: its offsets are the rows'
    int64_t *ends = bl_alloc_zero(walk->context, walk->n_rows + 1, sizeof *ends);
    if (!ends)
        return bl_error_nomem(walk->err, walk->n_rows * sizeof *ends, "row offsets");
    for (size_t row = 0; row <= walk->n_rows; row++)
        ends[row] = map_at(&inner, (size_t)map_at(&map, row));
    bl_status status = walk_column(walk, items, (row_map){.wide = ends, .factor = 1});
    bl_free(walk->context, ends);
    return status;
}

static bl_status walk_column(tally_walk *walk, const bl_column *column, row_map map) {
    const bl_type *type = bl_column_type(column);
    switch (bl_type_get_id(type)) {
    case BL_LIST:
    case BL_LARGE_LIST:
        return walk_list(walk, column, map);
    case BL_FIXED_LIST:
        map.factor *= bl_type_list_size(type);
        return walk_column(walk, bl_column_child(column, 0), map);
    case BL_STRUCT:
        for (size_t i = 0; i < bl_type_n_children(type); i++)
            BL_TRY(walk_column(walk, bl_column_child(column, i), map));
        return BL_OK;
    default:
        return walk_leaf(walk, column, &map);
    }
}

bl_status bl_tally_add(bl_context *context, bl_tally *tallies, size_t n_tallies,
                       const bl_column *column, bl_error *err) {
    tally_walk walk = {.context = context,
                       .n_rows = (size_t)bl_column_length(column),
                       .next = tallies,
                       .end = tallies + n_tallies,
                       .err = err};
    return walk_column(&walk, column, (row_map){.factor = 1});
}

size_t bl_tally_n_leaves(const bl_type *type) {
    if (bl_type_n_children(type) == 0)
        return bl_type_get_id(type) != BL_STRUCT;
    size_t n = 0;
    for (size_t i = 0; i < bl_type_n_children(type); i++)
        n += bl_tally_n_leaves(bl_type_child(type, i));
    return n;
}

void bl_tally_leaf(const bl_type *type, size_t i, char *text, size_t size,
                   const bl_type **ret_type) {
    size_t used = 0;
    *text = '\0';
    while (bl_type_n_children(type) > 0) {
        size_t child = 0, n;
        while ((n = bl_tally_n_leaves(bl_type_child(type, child))) <= i) {
            i -= n;
            child++;
        }
        if (bl_type_get_id(type) == BL_STRUCT && used < size)
            used +=
                (size_t)snprintf(text + used, size - used, ".%s", bl_type_child_name(type, child));
        type = bl_type_child(type, child);
    }
    *ret_type = type;
}

void bl_tally_init(bl_tally *tallies, const bl_type *type, bool has_checksums) {
    for (size_t i = 0; i < bl_tally_n_leaves(type); i++) {
        char text[1024];
        const bl_type *leaf;
        bl_tally_leaf(type, i, text, sizeof text, &leaf);
        bl_tally_start(&tallies[i], bl_type_get_id(leaf), has_checksums);
    }
}
