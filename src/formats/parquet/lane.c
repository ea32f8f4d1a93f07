// SPDX-License-Identifier: Apache-2.0
// Lanes: how they get their pages, what they take of them, and how that becomes part of the whole.
#include "formats/parquet/lane.h"

#include "base/context.h"
#include "formats/parquet/convert.h"

static void free_lane(bl_context *context, bl_lane *lane) {
    lane->part.dictionary = NULL;
    lane->part.dictionary_texts = (bl_texts_page){0};
    bl_stream_leaf_release(&lane->part);
    bl_free(context, lane);
}

void bl_stream_leaf_free_lanes(bl_stream_leaf *s) {
    for (size_t i = 0; i < s->n_lanes; i++)
        free_lane(s->context, s->lanes[i]);
    bl_free(s->context, s->lanes);
    s->lanes = NULL;
    s->n_lanes = s->n_ready = 0;
}

static bl_status make_lane(bl_stream_leaf *s, bl_lane **ret_lane, bl_error *err) {
    bl_lane *lane = (bl_lane *)bl_alloc_zero(s->context, 1, sizeof *lane);
    if (!lane)
        return bl_error_nomem(err, sizeof *lane, "a page");
    bl_status status = bl_stream_leaf_init(&lane->part, s->context, s->leaf, s->index, err);
    if (status != BL_OK) {
        bl_free(s->context, lane);
        return status;
    }
    lane->whole = s;
    *ret_lane = lane;
    return BL_OK;
}

void bl_lane_give_back(bl_lane *lane) {
    lane->part.page = *bl_lane_page(lane);
    lane->is_taken = false;
}

/// A lane behind those that hold a page.
static bl_status free_lane_of(bl_stream_leaf *s, bl_lane **ret_lane, bl_error *err) {
    if (s->n_ready == s->n_lanes) {
        bl_lane *lane;
        BL_TRY(bl_array_grow(s->context, &s->lanes, &s->lanes_capacity, s->n_lanes,
                             sizeof(bl_lane *), "pages", err));
        BL_TRY(make_lane(s, &lane, err));
        s->lanes[s->n_lanes++] = lane;
    }
    *ret_lane = s->lanes[s->n_ready];
    (*ret_lane)->status = BL_OK;
    (*ret_lane)->is_ready = (*ret_lane)->is_taken = false;
    return BL_OK;
}

/// Puts the first `n` lanes behind all that hold a page: theirs are used up.
static void rotate(bl_stream_leaf *s, size_t n) {
    for (; n; n--, s->n_ready--) {
        bl_lane *lane = s->lanes[0];
        memmove(s->lanes, s->lanes + 1, (s->n_ready - 1) * sizeof *s->lanes);
        s->lanes[s->n_ready - 1] = lane;
    }
}

static void trade(bl_stream_leaf *s, bl_lane *lane) {
    bl_ready_page page = s->page;
    s->page = lane->part.page;
    lane->part.page = page;
    bl_pages_trade(&s->pages, &lane->part.pages);
}

bl_status bl_lane_tell(const bl_lane *lane, bl_error *err) {
    if (lane->status != BL_OK && err)
        *err = lane->why;
    return lane->status;
}

bl_status bl_stream_leaf_take_ready(bl_stream_leaf *s, bl_error *err) {
    bl_lane *lane = s->lanes[0];
    BL_TRY(bl_lane_tell(lane, err));
    bl_lane_give_back(lane);
    trade(s, lane);
    rotate(s, 1);
    return BL_OK;
}

bl_status bl_lanes_put_back(bl_stream_leaf *s, bl_error *err) {
    bl_lane *lane;
    if (s->page.entry == s->page.n_entries)
        return BL_OK;
    BL_TRY(free_lane_of(s, &lane, err));
    lane->part.page.entry = lane->part.page.n_entries = 0;
    trade(s, lane);
    lane->is_ready = true;
    memmove(s->lanes + 1, s->lanes, s->n_ready++ * sizeof *s->lanes);
    s->lanes[0] = lane;
    return BL_OK;
}

bl_status bl_lanes_add(bl_stream_leaf *s, bl_status status, const bl_error *why, bl_error *err) {
    bl_lane *lane;
    BL_TRY(free_lane_of(s, &lane, err));
    s->n_ready++;
    lane->status = status;
    if (status != BL_OK) {
        lane->why = *why;
        return BL_OK;
    }
    bl_pages_refer(&lane->part.pages, &s->pages);
    lane->part.page.entry = 0;
    lane->part.page.n_entries = s->pages.header.n_values;
    lane->part.is_first_page = s->is_first_page;
    s->is_first_page = s->is_first_page && s->pages.header.n_values == 0;
    return BL_OK;
}

void bl_lanes_drop_used(bl_stream_leaf *s) {
    size_t n = 0;
    while (n < s->n_ready && s->lanes[n]->status == BL_OK && !s->lanes[n]->is_taken &&
           s->lanes[n]->part.page.entry == s->lanes[n]->part.page.n_entries)
        n++;
    rotate(s, n);
}

// ---- what is taken ----

/// Values that lie in the page as the whole wants them stay there until it has room.
static bl_status leave_values(bl_lane *lane, size_t n, bl_error *err) {
    bl_ready_page *page = &lane->part.page;
    size_t n_bytes = n * lane->part.width;
    bool is_text = page->kind == BL_VALUES_TEXTS;
    if (is_text ? n > page->texts.n - page->text_at
                : n_bytes > (size_t)(page->values_end - page->next))
        return bl_error_set(err, BL_E_CORRUPT, "fewer values than levels");
    if (is_text) {
        lane->ends = (const uint32_t *)(const void *)page->texts.offsets->data + page->text_at;
        lane->values = page->texts.data + lane->ends[0];
        lane->n_bytes = lane->ends[n] - lane->ends[0];
        page->text_at += n;
    } else {
        lane->values = page->next;
        lane->n_bytes = n_bytes;
        page->next += n_bytes;
    }
    return BL_OK;
}

static void empty(bl_stream_leaf *part) {
    if (part->values)
        part->values->size = 0;
    if (part->offsets)
        part->offsets->size = 0;
    part->n_slots = 0;
    part->n_stay = 0;
    for (size_t k = 0; k < part->n_nests; k++) {
        bl_nest *nest = &part->nests[k];
        bl_buffer_release(nest->validity);
        if (nest->offsets)
            nest->offsets->size = 0;
        *nest = (bl_nest){.node = nest->node, .offsets = nest->offsets};
    }
}

bl_status bl_lane_take(bl_lane *lane, bl_error *err) {
    static const uint32_t none[1] = {0};
    bl_stream_leaf *part = &lane->part;
    empty(part);
    lane->n_bytes = 0;
    lane->ends = none;
    part->stays = part->page.kind != BL_VALUES_DICTIONARY;
    BL_TRY(bl_stream_leaf_take(part, lane->n_wanted, err));
    if (part->n_stay) {
        BL_TRY(leave_values(lane, part->n_stay, err));
    } else {
        lane->values = part->values ? part->values->data : NULL;
        lane->n_bytes = part->values ? part->values->size : 0;
        if (part->offsets && part->offsets->size)
            lane->ends = (const uint32_t *)(const void *)part->offsets->data;
    }
    if (part->width == 0 && part->leaf->node->type->id == BL_UTF8)
        lane->is_utf8 = bl_parquet_are_utf8(lane->ends, part->n_slots, lane->values);
    return BL_OK;
}

bl_status bl_lane_place(bl_lane *lane, bl_error *err) {
    bl_stream_leaf *s = lane->whole, *part = &lane->part;
    size_t size = s->values ? s->values->size : 0, n_slots = (size_t)(s->n_slots + part->n_slots);
    lane->values_to = size;
    lane->slots_to = s->n_slots;
    if (lane->n_bytes) {
        BL_TRY(bl_stream_reserve(s->context, &s->values, size + lane->n_bytes, err));
        s->values->size = size + lane->n_bytes;
    }
    if (part->width == 0 && n_slots) {
        if (size + lane->n_bytes > INT32_MAX)
            return bl_stream_too_much_text(err);
        BL_TRY(bl_stream_reserve(s->context, &s->offsets, (n_slots + 1) * sizeof(int32_t), err));
        s->offsets->size = (n_slots + 1) * sizeof(int32_t);
        s->is_other = s->is_other || !lane->is_utf8;
        s->n_checked += part->n_slots;
    }
    s->n_slots = (int64_t)n_slots;
    for (size_t k = 0; k < s->n_nests; k++)
        BL_TRY(bl_stream_leaf_join_nest(s, &s->nests[k], &part->nests[k], err));
    return BL_OK;
}

void bl_lane_join(const bl_lane *lane) {
    const bl_stream_leaf *s = lane->whole, *part = &lane->part;
    if (lane->n_bytes)
        memcpy(s->values->data + lane->values_to, lane->values, lane->n_bytes);
    if (part->width == 0 && part->n_slots) {
        uint32_t *ends = (uint32_t *)(void *)s->offsets->data + lane->slots_to;
        for (int64_t k = lane->slots_to ? 1 : 0; k <= part->n_slots; k++)
            ends[k] = lane->ends[k] - lane->ends[0] + (uint32_t)lane->values_to;
    }
    for (size_t k = 0; k < s->n_nests; k++) {
        const bl_nest *from = &part->nests[k];
        if (!from->offsets)
            continue;
        const int32_t *starts = (const int32_t *)(const void *)from->offsets->data;
        int32_t *to = (int32_t *)(void *)s->nests[k].offsets->data + from->to;
        for (int64_t item = 0; item < from->n; item++)
            to[item] = starts[item] + (int32_t)from->to_items;
    }
}
