// SPDX-License-Identifier: Apache-2.0
#include "data/stream/lumi_mask.h"

#include <errno.h>
#include <stdlib.h>

#include "base/document.h"

static int by_run_and_section(const void *left, const void *right) {
    const bl_lumi_range *a = (const bl_lumi_range *)left, *b = (const bl_lumi_range *)right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

/// Ranges that touch or overlap become one.
static void join(bl_lumi_mask *mask) {
    size_t n = 0;
    for (size_t i = 0; i < mask->n; i++) {
        bl_lumi_range range = mask->ranges[i], *before = n ? &mask->ranges[n - 1] : NULL;
        if (before && before->run == range.run && range.first <= before->last)
            before->last = range.last > before->last ? range.last : before->last;
        else
            mask->ranges[n++] = range;
    }
    mask->n = n;
}

static bl_status read_range(const bl_item *item, int64_t run, bl_lumi_mask *mask, bl_error *err) {
    bool is_pair = item->kind == BL_ITEM_LIST && item->n == 2 &&
                   item->items[0]->kind == BL_ITEM_INTEGER &&
                   item->items[1]->kind == BL_ITEM_INTEGER;
    if (!is_pair || item->items[0]->integer > item->items[1]->integer)
        return bl_item_error(item, BL_E_INVALID, err, "run %lld: a range is [first, last]",
                             (long long)run);
    mask->ranges[mask->n++] =
        (bl_lumi_range){run, item->items[0]->integer, item->items[1]->integer};
    return BL_OK;
}

bl_status bl_lumi_mask_read(bl_arena *arena, const char *path, bl_lumi_mask *ret_mask,
                            bl_error *err) {
    const bl_item *document;
    bl_lumi_mask mask = {0};
    BL_TRY(bl_document_read(arena, path, &document, err));
    BL_TRY(bl_item_expect(document, "a luminosity mask", BL_ITEM_MAP, err));
    mask.ranges = (bl_lumi_range *)bl_arena_array(arena, document->n_all, sizeof *mask.ranges);
    if (!mask.ranges)
        return bl_error_nomem(err, document->n_all * sizeof *mask.ranges, "a luminosity mask");
    for (size_t i = 0; i < document->n; i++) {
        char *end;
        const bl_item *ranges = document->items[i];
        errno = 0;
        int64_t run = strtoll(document->keys[i], &end, 10);
        if (errno || end == document->keys[i] || *end)
            return bl_item_error(ranges, BL_E_INVALID, err, "'%s' is no run", document->keys[i]);
        BL_TRY(bl_item_expect(ranges, document->keys[i], BL_ITEM_LIST, err));
        for (size_t k = 0; k < ranges->n; k++)
            BL_TRY(read_range(ranges->items[k], run, &mask, err));
    }
    if (mask.n)
        qsort(mask.ranges, mask.n, sizeof *mask.ranges, by_run_and_section);
    join(&mask);
    *ret_mask = mask;
    return BL_OK;
}

bool bl_lumi_mask_has(const bl_lumi_mask *mask, int64_t run, int64_t section) {
    size_t first = 0, n = mask->n; // the last range that begins at or before the section
    while (n > 0) {
        const bl_lumi_range *range = &mask->ranges[first + n / 2];
        bool is_before = range->run < run || (range->run == run && range->first <= section);
        if (is_before)
            first += n / 2 + 1;
        n = is_before ? n - n / 2 - 1 : n / 2;
    }
    if (first == 0)
        return false;
    const bl_lumi_range *range = &mask->ranges[first - 1];
    return range->run == run && section <= range->last;
}
