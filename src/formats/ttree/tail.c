// SPDX-License-Identifier: Apache-2.0
// Baskets behind a tree's last record. A writer that crashed had written more baskets than the
// record, saved some time before, knows of. Each names its tree and branch, its number among the
// branch's baskets, and says how many rows it has; so those that follow the known ones without a
// gap can be added, up to the row that every column reaches. Whatever is not certain is left out.
#include <stdlib.h>

#include "base/context.h"
#include "formats/root/recover.h"
#include "formats/ttree/basket.h"

/// A basket that may belong to the tail of a branch.
typedef struct candidate {
    size_t branch;
    uint16_t place; ///< behind the baskets that the branch knows, counted from 0
    const bl_root_basket *basket;
    int64_t last; ///< row behind its last
} candidate;

typedef struct tail {
    bl_ttree *tree;
    const bl_root_key *key; ///< of the tree's record
    bl_name_map names;      ///< of columns, to their branches
    size_t n;
    candidate *candidates; ///< [n] by branch and place
} tail;

/// Two trees of one name, or branches of one, cannot be told apart by their baskets' names.
static bool is_only_one(const bl_root_file *file, const bl_root_entry *entry) {
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_root_entry *other = &file->entries[i];
        if (other == entry || !bl_ttree_is_tree(other->key.class_name) ||
            strcmp(other->key.name, entry->key.name) != 0)
            continue;
        if (other->parent != entry->parent || other->key.cycle >= entry->key.cycle)
            return false;
    }
    return true;
}

/// Finds the columns by name. \param ret_fits false where names repeat or rows are uneven
static bl_status name_columns(tail *t, bool *ret_fits, bl_error *err) {
    bl_ttree *tree = t->tree;
    *ret_fits = false;
    for (size_t i = 0; i < tree->n_branches; i++) {
        const bl_ttree_branch *branch = &tree->branches[i];
        if (!bl_ttree_is_column(branch))
            continue;
        if (branch->first_row || branch->n_rows != tree->n_rows || *branch->file_name ||
            bl_name_map_find(&t->names, branch->name) != SIZE_MAX)
            return BL_OK;
        BL_TRY(bl_name_map_add(tree->file->context, &t->names, branch->name, i, err));
    }
    *ret_fits = true;
    return BL_OK;
}

/// True for baskets that were written after the tree's record. Times are in seconds: one of the
/// same second is later than the record if it lies behind it, or in a gap between the tree's own
/// baskets; in front of those may be left-overs of an earlier tree of that name.
static bool is_later(const bl_root_basket *basket, const bl_root_key *key,
                     const bl_ttree_branch *branch) {
    if (basket->date != key->date)
        return basket->date > key->date;
    int64_t first = bl_root_array_integer(&branch->basket_seeks, 0, 0);
    return basket->offset > key->seek_key || (first > 0 && basket->offset > (uint64_t)first);
}

static int by_place(const void *a, const void *b) {
    const candidate *x = (const candidate *)a, *y = (const candidate *)b;
    if (x->branch != y->branch)
        return x->branch < y->branch ? -1 : 1;
    return (int)x->place - (int)y->place;
}

static bl_status find_candidates(tail *t, bl_error *err) {
    const bl_root_recovery *recovery = t->tree->file->recovery;
    t->candidates = (candidate *)bl_alloc_zero(t->tree->file->context, recovery->n_baskets,
                                               sizeof *t->candidates);
    if (!t->candidates)
        return bl_error_nomem(err, recovery->n_baskets * sizeof *t->candidates, "baskets");
    for (size_t i = 0; i < recovery->n_baskets; i++) {
        const bl_root_basket *basket = &recovery->baskets[i];
        size_t branch = bl_name_map_find(&t->names, basket->branch);
        if (branch == SIZE_MAX || strcmp(basket->tree, t->key->name) != 0 ||
            !is_later(basket, t->key, &t->tree->branches[branch]))
            continue;
        uint16_t place = (uint16_t)(basket->number - t->tree->branches[branch].n_written);
        if (place < INT16_MAX) // others come before the known ones: numbers wrap around
            t->candidates[t->n++] = (candidate){branch, place, basket, 0};
    }
    qsort(t->candidates, t->n, sizeof *t->candidates, by_place);
    return BL_OK;
}

/// Leaves the baskets that follow each other without a gap.
static void keep_chains(tail *t) {
    size_t n = 0, next = 0;
    for (size_t i = 0; i < t->n; i++) {
        const candidate *c = &t->candidates[i];
        if (i == 0 || c->branch != t->candidates[i - 1].branch)
            next = 0;
        if (c->place != next) { // a gap, or two of one number
            next = SIZE_MAX;
            continue;
        }
        next++;
        t->candidates[n++] = *c;
    }
    t->n = n;
}

/// Finds the row that each basket ends at. \param ret_fits false where one makes no sense
static bl_status find_ends(tail *t, const uint8_t *const *heads, bool *ret_fits, bl_error *err) {
    for (size_t i = 0; i < t->n; i++) {
        candidate *c = &t->candidates[i];
        const bl_ttree_branch *branch = &t->tree->branches[c->branch];
        int64_t n_rows;
        bl_error why = {0};
        if (bl_basket_rows_read(heads[i], c->basket->key_len, &n_rows, &why) == BL_E_NOMEM)
            return bl_error_set(err, BL_E_NOMEM, "%s", why.message);
        int64_t first = c->place ? c[-1].last
                                 : bl_root_array_integer(&branch->basket_rows, branch->n_written,
                                                         branch->n_rows);
        c->last = first + n_rows;
        // the first may replace a basket that was not full when the record was saved
        if (*why.message || first < 0 || (c->place == 0 && first > branch->n_rows) ||
            c->last < branch->n_rows)
            return BL_OK;
    }
    *ret_fits = true;
    return BL_OK;
}

static bl_status count_rows(tail *t, bool *ret_fits, bl_error *err) {
    bl_context *context = t->tree->file->context;
    bl_range *ranges = (bl_range *)bl_alloc_zero(context, t->n, sizeof *ranges);
    const uint8_t **heads = (const uint8_t **)bl_alloc_zero(context, t->n, sizeof *heads);
    BL_AUTO(bl_fetch) fetch = NULL;
    bl_status status = BL_OK;
    *ret_fits = false;
    if (!ranges || !heads)
        status = bl_error_nomem(err, t->n * sizeof *ranges, "a list of baskets");
    for (size_t i = 0; status == BL_OK && i < t->n; i++)
        ranges[i] = (bl_range){t->candidates[i].basket->offset, t->candidates[i].basket->key_len};
    if (status == BL_OK)
        status = bl_root_file_read(t->tree->file, ranges, t->n, &fetch, heads, err);
    if (status == BL_OK)
        status = find_ends(t, heads, ret_fits, err);
    bl_free(context, ranges);
    bl_free(context, heads);
    return status;
}

/// The row that every column reaches.
static int64_t common_end(const tail *t) {
    int64_t end = INT64_MAX;
    size_t n_columns = 0;
    for (size_t i = 0; i < t->n; i++)
        if (i + 1 == t->n || t->candidates[i + 1].branch != t->candidates[i].branch) {
            n_columns++;
            end = t->candidates[i].last < end ? t->candidates[i].last : end;
        }
    return n_columns == t->names.n_used ? end : t->tree->n_rows;
}

static void store_be64(uint8_t *to, uint64_t value) {
    uint64_t swapped = __builtin_bswap64(value);
    memcpy(to, &swapped, sizeof swapped);
}

/// A longer array of the same numbers. \param ret_room  [n_more] behind them, 8 bytes each
static bl_status lengthen(bl_ttree *tree, bl_root_array *array, size_t n_old, size_t n_more,
                          uint8_t **ret_room, bl_error *err) {
    static const bl_root_number wide = {.type = BL_INT64, .size = 8};
    uint8_t *data = (uint8_t *)bl_arena_array(&tree->arena, n_old + n_more, 8);
    if (!data)
        return bl_error_nomem(err, 8 * (n_old + n_more), "a list of baskets");
    for (size_t i = 0; i < n_old; i++)
        store_be64(data + 8 * i, (uint64_t)bl_root_array_integer(array, i, 0));
    *array = (bl_root_array){.data = data, .n = n_old + n_more, .number = &wide};
    *ret_room = data + 8 * n_old;
    return BL_OK;
}

/// Adds the baskets of one branch. \param chain  [n] they follow the last that the branch knows
static bl_status extend(bl_ttree *tree, bl_ttree_branch *branch, const candidate *chain, size_t n,
                        int64_t end, bl_error *err) {
    size_t n_old = branch->n_written;
    uint8_t *rows, *seeks, *sizes;
    int64_t first = bl_root_array_integer(&branch->basket_rows, n_old, branch->n_rows);
    BL_TRY(lengthen(tree, &branch->basket_rows, n_old, n + 1, &rows, err));
    BL_TRY(lengthen(tree, &branch->basket_seeks, n_old, n, &seeks, err));
    BL_TRY(lengthen(tree, &branch->basket_bytes, n_old, n, &sizes, err));
    store_be64(rows, (uint64_t)first);
    for (size_t i = 0; i < n; i++) {
        store_be64(rows + 8 * (i + 1), (uint64_t)chain[i].last);
        store_be64(seeks + 8 * i, chain[i].basket->offset);
        store_be64(sizes + 8 * i, chain[i].basket->n_bytes);
        branch->stored_bytes += chain[i].basket->n_bytes;
    }
    if (branch->n_rows > 0) // what they give uncompressed nobody has counted
        branch->raw_bytes =
            (uint64_t)((double)branch->raw_bytes / (double)branch->n_rows * (double)end);
    branch->n_written = branch->n_baskets = n_old + n;
    branch->n_rows = end;
    return BL_OK;
}

static bl_status extend_all(tail *t, int64_t end, bl_error *err) {
    bl_ttree *tree = t->tree;
    size_t n_baskets = 0;
    for (size_t i = 0, n; i < t->n; i += n) {
        const candidate *chain = &t->candidates[i];
        for (n = 1; i + n < t->n && chain[n].branch == chain->branch;)
            n++;
        size_t n_used = 1; // up to the basket that reaches the end
        while (n_used < n && chain[n_used - 1].last < end)
            n_used++;
        BL_TRY(extend(tree, &tree->branches[chain->branch], chain, n_used, end, err));
        n_baskets += n_used;
    }
    bl_log(tree->file->context, BL_LOG_WARNING,
           "%s: tree '%s': %lld entries by its record; recovered: %zu baskets behind it have %lld "
           "more",
           tree->file->source->url, tree->path, (long long)tree->n_rows, n_baskets,
           (long long)(end - tree->n_rows));
    tree->n_rows = end;
    return BL_OK;
}

static bl_status find_tail(tail *t, bl_error *err) {
    bool fits;
    BL_TRY(name_columns(t, &fits, err));
    if (!fits)
        return BL_OK;
    BL_TRY(find_candidates(t, err));
    keep_chains(t);
    if (t->n)
        BL_TRY(count_rows(t, &fits, err));
    int64_t end = t->n && fits ? common_end(t) : 0;
    return end > t->tree->n_rows ? extend_all(t, end, err) : BL_OK;
}

bl_status bl_ttree_tail_read(bl_ttree *tree, const bl_root_entry *entry, bl_error *err) {
    const bl_root_file *file = tree->file;
    if (!file->recovery || file->recovery->n_baskets == 0 || !is_only_one(file, entry))
        return BL_OK;
    tail t = {.tree = tree, .key = &entry->key};
    bl_status status = find_tail(&t, err);
    bl_free(file->context, t.candidates);
    bl_name_map_release(file->context, &t.names);
    return status;
}
