// SPDX-License-Identifier: Apache-2.0
// Few columns on many threads. A column goes through its pages once, in order, but the next ones
// are decoded side by side, each in a lane of its own: a stream that has one page and is joined to
// the whole. How many rows a page has only its levels tell, so all of it is taken while it is in a
// cache; the one page that a batch ends in is taken again, up to there.
#include "base/context.h"
#include "formats/parquet/lane.h"

/// Uncompressed pages that are made ready at once, for each thread, and as a part of the budget:
/// enough to be worth waking a thread.
#define ROUND_BYTES (UINT64_C(4) << 20)
#define ROUND_SHARE 32
#define MOST_LANES 1024

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

/// Entries that the rows up to `last` will take, as if all rows of the group were alike.
static double entries_ahead(const round *r, const bl_stream_leaf *s) {
    double n_rows = (double)(r->rows->last - s->row);
    if (!s->leaf->max_rep || r->rows->n_rows <= 0)
        return n_rows;
    return 1 + n_rows * (double)s->pages.chunk.n_values / (double)r->rows->n_rows;
}

/// Goes past the headers of pages, as many as the rows will need and as may wait. Where batch
/// follows batch no thread is left without a page: some wait for the next one. A dictionary is read
/// at once.
static bl_status pass_pages(round *r, bl_stream_leaf *s, bl_codecs *codecs, bl_error *err) {
    double wanted = entries_ahead(r, s), entries = 0;
    uint64_t bytes = 0;
    size_t had = s->n_ready, n_threads = s->goes_on ? bl_context_n_threads(r->context) : 1;
    for (size_t i = 0; i < s->n_ready; i++) {
        const bl_ready_page *page = bl_lane_page(s->lanes[i]);
        entries += (double)(page->n_entries - page->entry);
        bytes += s->lanes[i]->part.pages.header.raw_bytes;
    }
    while (!s->n_ready ||
           ((entries < wanted || (s->n_ready - had) % n_threads) && bytes < r->most_bytes &&
            s->n_ready < MOST_LANES && s->lanes[s->n_ready - 1]->status == BL_OK)) {
        const bl_parquet_page_header *h = &s->pages.header;
        bl_error why = {0};
        bl_status status = bl_pages_pass(&s->pages, &why);
        if (status == BL_END)
            return BL_OK;
        if (status != BL_OK || h->type == BL_PARQUET_DATA_PAGE ||
            h->type == BL_PARQUET_DATA_PAGE_V2) {
            BL_TRY(bl_lanes_add(s, status, &why, err));
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
    lane->is_taken = bl_lane_take(lane, NULL) == BL_OK;
    if (!lane->is_taken)
        part->page = lane->before;
    return BL_OK;
}

/// Joins what a lane took to the whole, or takes what is wanted of the page that a batch ends in:
/// those are the last ones, and begin first.
static bl_status join_or_cut_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const round *r = (const round *)argument;
    bl_lane *lane = r->lanes[r->n - 1 - i];
    (void)worker;
    if (lane->is_taken)
        bl_lane_join(lane);
    else
        BL_TRY_IN(bl_lane_take(lane, err), err, "column '%s': row group %zu: page at byte %llu",
                  lane->part.leaf->path, r->rows->number,
                  (unsigned long long)lane->part.pages.page_at);
    return BL_OK;
}

static bl_status place(const round *r, bool is_taken, bl_error *err) {
    for (size_t i = 0; i < r->n; i++)
        if (r->lanes[i]->is_taken == is_taken)
            BL_TRY_IN(bl_lane_place(r->lanes[i], err), err, "column '%s': row group %zu",
                      r->lanes[i]->part.leaf->path, r->rows->number);
    return BL_OK;
}

/// Joins all that was chosen to the columns.
static bl_status join(round *r, bl_error *err) {
    BL_TRY(place(r, true, err));
    BL_TRY(bl_run_tasks(r->context, join_or_cut_task, r, r->n, err));
    BL_TRY(place(r, false, err));
    for (size_t i = 0; i < r->n; i++) {
        if (!r->lanes[i]->is_taken)
            bl_lane_join(r->lanes[i]);
        r->lanes[i]->is_taken = false;
    }
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
    const bl_ready_page *page = bl_lane_page(lane);
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
        BL_TRY(bl_lane_tell(lane, err));
        if (!lane->is_taken || n_rows > r->rows->last - s->row) {
            bl_lane_give_back(lane);
            lane->n_wanted = bl_stream_leaf_entries(&lane->part, r->rows->last - s->row, &n_rows);
        }
        s->row += n_rows;
        BL_TRY(add_task(r, lane, err));
        if (!lane->is_taken)
            break;
    }
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

// ---- columns ----

static bl_status begin_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    const round *r = (const round *)argument;
    const bl_stream_rows *rows = r->rows;
    bl_stream_leaf *s = r->streams[i];
    BL_TRY_IN(bl_stream_leaf_begin(s, rows, rows->codecs[worker], err), err,
              "column '%s': row group %zu", s->leaf->path, rows->number);
    s->has_failed = true; // until all is well
    return bl_lanes_put_back(s, err);
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
    BL_TRY(join(r, err));
    for (size_t i = 0; i < n; i++)
        bl_lanes_drop_used(streams[i]);
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
