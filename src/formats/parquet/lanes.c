// SPDX-License-Identifier: Apache-2.0
// Few columns on many threads. A column goes through its pages once, in order, but the next ones
// are decoded side by side, each in a lane of its own: a stream that has one page and is joined to
// the whole. How many rows a page has only its levels tell, so all of it is taken while it is in a
// cache; the one page that a batch ends in is taken again, up to there.
#include "base/context.h"
#include "column/builder.h"
#include "formats/parquet/convert.h"
#include "formats/parquet/stream.h"

/// Uncompressed pages that are made ready at once, for each thread, and as a part of the budget:
/// enough to be worth waking a thread.
#define ROUND_BYTES (UINT64_C(4) << 20)
#define ROUND_SHARE 32
#define MOST_LANES 1024

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

/// The page as it was before it was taken.
static const bl_ready_page *page_of(const bl_lane *lane) {
    return lane->is_taken ? &lane->before : &lane->part.page;
}

/// Undoes taking: the batch wants but some of the page, or another way goes on with it.
static void give_back(bl_lane *lane) {
    lane->part.page = *page_of(lane);
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

/// What was wrong with a page, now that somebody wants it.
static bl_status tell(const bl_lane *lane, bl_error *err) {
    if (lane->status != BL_OK && err)
        *err = lane->why;
    return lane->status;
}

bl_status bl_stream_leaf_take_ready(bl_stream_leaf *s, bl_error *err) {
    bl_lane *lane = s->lanes[0];
    BL_TRY(tell(lane, err));
    give_back(lane);
    trade(s, lane);
    rotate(s, 1);
    return BL_OK;
}

// ---- pages ahead ----

/// Tasks of one run.
typedef struct round {
    const bl_stream_rows *rows;
    bl_context *context;
    bl_stream_leaf *const *streams;
    uint64_t most_bytes; ///< of pages that wait, of one column
    bl_lane **lanes;     ///< [n]; owns
    size_t n, capacity;
} round;

static bl_status add_task(round *r, bl_lane *lane, bl_error *err) {
    BL_TRY(
        bl_array_grow(r->context, &r->lanes, &r->capacity, r->n, sizeof(bl_lane *), "pages", err));
    r->lanes[r->n++] = lane;
    return BL_OK;
}

/// The rest of the present page is the first that waits.
static bl_status put_back(bl_stream_leaf *s, bl_error *err) {
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

/// Gives a lane the page that was passed, or the reason why it could not be.
static bl_status add_page(bl_stream_leaf *s, bl_status status, const bl_error *why, bl_error *err) {
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

/// Entries that the rows up to `last` will take, as if all rows of the group were alike.
static double entries_ahead(const round *r, const bl_stream_leaf *s) {
    double n_rows = (double)(r->rows->last - s->row);
    if (!s->leaf->max_rep || r->rows->n_rows <= 0)
        return n_rows;
    return 1 + n_rows * (double)s->pages.chunk.n_values / (double)r->rows->n_rows;
}

/// Goes past the headers of pages, as many as the rows will need and as may wait. A dictionary is
/// read at once.
static bl_status pass_pages(round *r, bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    double wanted = entries_ahead(r, s), entries = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < s->n_ready; i++) {
        const bl_ready_page *page = page_of(s->lanes[i]);
        entries += (double)(page->n_entries - page->entry);
        bytes += s->lanes[i]->part.pages.header.raw_bytes;
    }
    while (!s->n_ready || (entries < wanted && bytes < r->most_bytes && s->n_ready < MOST_LANES &&
                           s->lanes[s->n_ready - 1]->status == BL_OK)) {
        const bl_parquet_page_header *h = &s->pages.header;
        bl_error why = {0};
        bl_status status = bl_pages_pass(&s->pages, &why);
        if (status == BL_END)
            return BL_OK;
        if (status != BL_OK || h->type == BL_PARQUET_DATA_PAGE ||
            h->type == BL_PARQUET_DATA_PAGE_V2) {
            BL_TRY(add_page(s, status, &why, err));
            entries += h->n_values;
            bytes += h->raw_bytes;
        } else if (s->n_ready) { // what is not ready yet uses the dictionary that there is
            bl_pages_back(&s->pages);
            return BL_OK;
        } else {
            BL_TRY(bl_stream_leaf_load_page(s, codecs, err));
        }
    }
    return BL_OK;
}

// ---- rows of pages ----

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

/// Takes the next `n_wanted` entries of the page.
static bl_status take(bl_lane *lane, bl_error *err) {
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

/// Makes a page ready and takes all of it. Where it has fewer values than it should that is told
/// when they are taken again.
static bl_status ready_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const round *r = (const round *)argument;
    bl_lane *lane = r->lanes[i];
    bl_stream_leaf *part = &lane->part;
    (void)err;
    if (!lane->is_ready)
        lane->status = bl_stream_leaf_load_page(part, r->rows->codecs[worker], &lane->why);
    if (lane->status != BL_OK)
        return BL_OK;
    lane->is_ready = true;
    bl_pages_drop_stored(&part->pages);
    lane->before = part->page;
    lane->n_wanted = bl_stream_leaf_entries(part, INT64_MAX, &lane->n_rows);
    lane->is_taken = take(lane, NULL) == BL_OK;
    if (!lane->is_taken)
        part->page = lane->before;
    return BL_OK;
}

/// Takes what is wanted of the page that a batch ends in.
static bl_status cut_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const round *r = (const round *)argument;
    bl_lane *lane = r->lanes[i];
    (void)worker;
    if (!lane->is_taken)
        BL_TRY_IN(take(lane, err), err, "column '%s': row group %zu: page at byte %llu",
                  lane->part.leaf->path, r->rows->number,
                  (unsigned long long)lane->part.pages.page_at);
    lane->is_taken = false;
    return BL_OK;
}

// ---- what a batch takes of them ----

/// Whether the batch needs more of a column, of whose pages that wait `i` are looked at.
static bool needs(const round *r, const bl_stream_leaf *s, size_t i) {
    if (s->row < r->rows->last)
        return true;
    if (!s->leaf->max_rep)
        return false;
    if (i == s->n_ready)
        return s->pages.n_left > 0;
    const bl_lane *lane = s->lanes[i];
    const bl_ready_page *page = page_of(lane);
    return lane->status != BL_OK || page->entry == page->n_entries || page->rep[page->entry] != 0;
}

/// Chooses what the batch takes of the pages that wait.
static bl_status choose(round *r, bl_stream_leaf *s, bl_error *err) {
    if (!s->n_ready && needs(r, s, 0))
        return bl_error_set(err, BL_E_CORRUPT, "%lld of its rows are missing",
                            (long long)(r->rows->last - s->row));
    for (size_t i = 0; i < s->n_ready && needs(r, s, i); i++) {
        bl_lane *lane = s->lanes[i];
        int64_t n_rows = lane->n_rows;
        BL_TRY(tell(lane, err));
        if (!lane->is_taken || n_rows > r->rows->last - s->row) {
            give_back(lane);
            lane->n_wanted = bl_stream_leaf_entries(&lane->part, r->rows->last - s->row, &n_rows);
        }
        s->row += n_rows;
        BL_TRY(add_task(r, lane, err));
        if (lane->part.page.entry + (lane->is_taken ? 0 : lane->n_wanted) <
            lane->part.page.n_entries)
            break;
    }
    return BL_OK;
}

/// Makes room behind what the whole has for what a lane took.
static bl_status make_place(bl_lane *lane, bl_error *err) {
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

/// Pages that the batch needs, and tasks for those of them that are not taken yet.
static bl_status add_pages(round *r, bl_stream_leaf *s, bl_error *err) {
    if (!needs(r, s, 0))
        return BL_OK;
    BL_TRY_IN(pass_pages(r, s, r->rows->codecs[0], err), err, "column '%s': row group %zu",
              s->leaf->path, r->rows->number);
    for (size_t i = 0; i < s->n_ready; i++) {
        bl_lane *lane = s->lanes[i];
        lane->part.dictionary = s->dictionary;
        lane->part.dictionary_texts = s->dictionary_texts;
        lane->part.n_dictionary = s->n_dictionary;
        if (lane->status == BL_OK && !lane->is_taken)
            BL_TRY(add_task(r, lane, err));
    }
    return BL_OK;
}

static void drop_used(bl_stream_leaf *s) {
    size_t n = 0;
    while (n < s->n_ready && s->lanes[n]->status == BL_OK && !s->lanes[n]->is_taken &&
           s->lanes[n]->part.page.entry == s->lanes[n]->part.page.n_entries)
        n++;
    rotate(s, n);
}

static bl_status join_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const bl_lane *lane = ((const round *)argument)->lanes[i];
    const bl_stream_leaf *s = lane->whole, *part = &lane->part;
    (void)worker, (void)err;
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
    return BL_OK;
}

// ---- columns ----

static bl_status begin_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const round *r = (const round *)argument;
    const bl_stream_rows *rows = r->rows;
    bl_stream_leaf *s = r->streams[i];
    BL_TRY_IN(bl_stream_leaf_begin(s, rows, rows->codecs[worker], err), err,
              "column '%s': row group %zu", s->leaf->path, rows->number);
    s->has_failed = true; // until all is well
    return put_back(s, err);
}

/// One round: pages are made ready, those that hold rows of the batch are joined to it.
static bl_status go_round(round *r, bl_stream_leaf *const *streams, size_t n, bl_error *err) {
    r->n = 0;
    for (size_t i = 0; i < n; i++)
        BL_TRY(add_pages(r, streams[i], err));
    BL_TRY(bl_run_tasks(r->context, ready_task, r, r->n, err));
    r->n = 0;
    for (size_t i = 0; i < n; i++)
        BL_TRY_IN(choose(r, streams[i], err), err, "column '%s': row group %zu",
                  streams[i]->leaf->path, r->rows->number);
    BL_TRY(bl_run_tasks(r->context, cut_task, r, r->n, err));
    for (size_t i = 0; i < r->n; i++)
        BL_TRY_IN(make_place(r->lanes[i], err), err, "column '%s': row group %zu",
                  r->lanes[i]->part.leaf->path, r->rows->number);
    BL_TRY(bl_run_tasks(r->context, join_task, r, r->n, err));
    for (size_t i = 0; i < n; i++)
        drop_used(streams[i]);
    return BL_OK;
}

static bl_status read_rounds(round *r, bl_stream_leaf *const *streams, size_t n, bl_error *err) {
    for (bool goes_on = true; goes_on;) {
        BL_TRY(go_round(r, streams, n, err));
        goes_on = false;
        for (size_t i = 0; i < n; i++)
            goes_on = goes_on || needs(r, streams[i], 0);
    }
    for (size_t i = 0; i < n; i++)
        streams[i]->has_failed = false;
    return BL_OK;
}

bl_status bl_stream_leaves_read(const bl_stream_rows *rows, bl_stream_leaf *const *streams,
                                size_t n, bl_error *err) {
    if (n == 0)
        return BL_OK;
    bl_context *context = streams[0]->context;
    uint64_t bytes = ROUND_BYTES * bl_context_n_threads(context),
             most = bl_context_budget_bytes(context) / ROUND_SHARE;
    round r = {.rows = rows,
               .context = context,
               .streams = streams,
               .most_bytes = (bytes < most ? bytes : most) / n};
    bl_status status = bl_run_tasks(context, begin_task, &r, n, err);
    if (status == BL_OK)
        status = read_rounds(&r, streams, n, err);
    bl_free(context, r.lanes);
    return status;
}
