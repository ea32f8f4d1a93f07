// SPDX-License-Identifier: Apache-2.0
// Which branches have rows of their own, which rows lie in which basket, and which rows belong
// together (clusters).
#include "formats/ttree/basket.h"

/// The row at which slot `i` starts, as the branch says it.
static int64_t slot_start(const bl_ttree_branch *branch, size_t i) {
    return bl_root_array_integer(&branch->basket_rows, i, branch->n_rows);
}

/// The row behind slot `i`: the next slot's start. The last start may be missing in the file.
static int64_t slot_end(const bl_ttree_branch *branch, size_t i) {
    int64_t end = branch->first_row + branch->n_rows;
    if (i + 1 <= branch->n_written) {
        int64_t next = slot_start(branch, i + 1);
        if (next > slot_start(branch, i) && next < end)
            end = next;
    }
    return end;
}

bl_status bl_ttree_slot_of(const bl_ttree_branch *branch, size_t i, bl_ttree_slot *ret_slot,
                           bl_error *err) {
    bl_ttree_slot slot = {.first = slot_start(branch, i), .last = slot_end(branch, i)};
    int64_t seek = bl_root_array_integer(&branch->basket_seeks, i, 0);
    int64_t n_bytes = bl_root_array_integer(&branch->basket_bytes, i, 0);
    if (seek == 0 && branch->embedded && i < branch->embedded->n_items)
        slot.embedded = branch->embedded->items[i];
    if (slot.first < 0 || slot.first > slot.last || seek < 0 ||
        (seek && (n_bytes <= 0 || n_bytes > INT32_MAX)) || (seek == 0 && !slot.embedded))
        return bl_error_set(
            err, BL_E_CORRUPT,
            "basket %zu: rows %lld to %lld in %lld bytes at byte %lld: not a basket", i,
            (long long)slot.first, (long long)slot.last, (long long)n_bytes, (long long)seek);
    slot.offset = (uint64_t)seek;
    slot.n_bytes = slot.embedded ? 0 : (uint64_t)n_bytes;
    *ret_slot = slot;
    return BL_OK;
}

size_t bl_ttree_slot_at(const bl_ttree_branch *branch, int64_t row) {
    size_t low = 0, high = branch->n_baskets; // the last start at or before row is in [low, high)
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (slot_start(branch, middle) <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/// True where a branch has entries of its own: some writers left it a basket without any.
static bool has_entries(const bl_ttree_branch *branch) {
    bl_ttree_slot slot;
    bl_basket basket;
    if (branch->n_baskets != 1 || bl_ttree_slot_of(branch, 0, &slot, NULL) != BL_OK ||
        !slot.embedded)
        return branch->n_baskets > 0;
    bl_status status =
        bl_basket_open_embedded(slot.embedded->raw, slot.embedded->raw_size, &basket, NULL);
    return status != BL_OK || basket.n_rows > 0;
}

bool bl_ttree_is_column(const bl_ttree_branch *branch) {
    bool is_count = branch->type == BL_BRANCH_CLONES || branch->type == BL_BRANCH_COLLECTION;
    if (branch->is_element && is_count)
        return true;
    bool is_structure =
        branch->n_kids > 0 ||
        (branch->is_element && (branch->type == BL_BRANCH_BASE || branch->type == BL_BRANCH_SPLIT));
    return !is_structure || has_entries(branch);
}

static bl_status add_cluster(bl_ttree *tree, size_t *capacity, int64_t end, bl_error *err) {
    if (tree->n_clusters == *capacity) {
        size_t bigger = *capacity ? 2 * *capacity : 16;
        int64_t *ends = (int64_t *)bl_arena_array(&tree->arena, bigger, sizeof *ends);
        if (!ends)
            return bl_error_nomem(err, bigger * sizeof *ends, "clusters");
        if (tree->n_clusters)
            memcpy(ends, tree->cluster_ends, tree->n_clusters * sizeof *ends);
        tree->cluster_ends = ends;
        *capacity = bigger;
    }
    tree->cluster_ends[tree->n_clusters++] = end;
    return BL_OK;
}

/// Clusters of `step` rows up to `end`; one cluster where there is no step. Each cluster is backed
/// by at least one basket, so their number is bounded by the file; past that they are joined.
static bl_status add_clusters(bl_ttree *tree, size_t *capacity, int64_t *at, int64_t end,
                              int64_t step, bl_error *err) {
    int64_t most = (int64_t)(tree->file->source->size_bytes / 16 + 1);
    most -= (int64_t)tree->n_clusters; // never negative: see below, and a range takes a cluster
    if (step <= 0 || (end - *at) / step > most)
        step = end - *at;
    while (*at < end) {
        *at = step < end - *at ? *at + step : end;
        BL_TRY(add_cluster(tree, capacity, *at, err));
    }
    return BL_OK;
}

bl_status bl_ttree_clusters_read(bl_ttree *tree, const bl_root_object *object, bl_error *err) {
    bl_root_array ends = bl_root_object_array(object, "fClusterRangeEnd");
    bl_root_array sizes = bl_root_object_array(object, "fClusterSize");
    int64_t n = bl_root_object_integer(object, "fNClusterRange", 0);
    int64_t auto_flush = bl_root_object_integer(object, "fAutoFlush", 0);
    size_t capacity = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t end = bl_root_array_integer(&ends, (size_t)i, -1);
        if (end < 0)
            break; // fewer ranges than promised: the rest is one cluster
        end = end < tree->n_rows ? end + 1 : tree->n_rows; // the file names the last row
        BL_TRY(add_clusters(tree, &capacity, &at, end, bl_root_array_integer(&sizes, (size_t)i, 0),
                            err));
    }
    return add_clusters(tree, &capacity, &at, tree->n_rows, auto_flush, err);
}
