// SPDX-License-Identifier: Apache-2.0
// Many ranges as few reads. Ranges are sorted by offset and joined into spans; a span is one buffer
// and as many reads as the transport's longest request asks for, and each range is a view of it.
// A far source is given all reads at once; of a near one each span is read when somebody wants it.
#include <stdlib.h>

#include "base/context.h"
#include "io/bytes/transport.h"

/// Consecutive bytes of the source that hold one or more ranges.
typedef struct span {
    uint64_t first, end;
    bl_buffer *buffer;
} span;

/// Where a range lies.
typedef struct view {
    size_t span;
    size_t offset; ///< in the span's buffer
} view;

/// A range on its way through the sort.
typedef struct sorted_range {
    uint64_t offset, end;
    size_t index;
} sorted_range;

struct bl_fetch {
    bl_source *source; ///< borrows
    bl_buffer *memory; ///< holds this struct and its arrays, recycled as every buffer is
    void *ticket;
    bool pending; ///< submitted and not waited for
    size_t n_ranges, n_spans;
    view *views; ///< [n_ranges]
    span *spans; ///< [n_ranges], n_spans in use
    bl_status status;
    bl_error error; ///< why the wait failed
};

static int compare_ranges(const void *a, const void *b) {
    const sorted_range *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/// Checks all ranges and sorts them; readers mostly ask in order, which costs one comparison each.
static bl_status sort_ranges(const bl_source *source, const bl_range *ranges, size_t n,
                             sorted_range *sorted, bl_error *err) {
    bool in_order = true;
    for (size_t i = 0; i < n; i++) {
        BL_TRY(bl_source_check(source, ranges[i].offset, ranges[i].size, err));
        sorted[i] = (sorted_range){ranges[i].offset, ranges[i].offset + ranges[i].size, i};
        in_order = in_order && (i == 0 || sorted[i - 1].offset <= sorted[i].offset);
    }
    if (!in_order)
        qsort(sorted, n, sizeof *sorted, compare_ranges);
    return BL_OK;
}

/// Joins what overlaps, and what is near as long as one request can fetch it.
static bool joins(const span *s, const sorted_range *r, const bl_source_ops *ops) {
    if (r->offset < s->end)
        return true;
    uint64_t end = r->end > s->end ? r->end : s->end;
    return r->offset - s->end <= ops->gap_bytes && end - s->first <= ops->request_bytes;
}

static void make_spans(bl_fetch *fetch, const sorted_range *sorted) {
    span *s = NULL;
    for (size_t i = 0; i < fetch->n_ranges; i++) {
        const sorted_range *r = &sorted[i];
        if (!s || !joins(s, r, fetch->source->ops)) {
            s = &fetch->spans[fetch->n_spans++];
            *s = (span){.first = r->offset, .end = r->end};
        }
        if (r->end > s->end)
            s->end = r->end;
        fetch->views[r->index] = (view){fetch->n_spans - 1, (size_t)(r->offset - s->first)};
    }
}

/// Allocates the spans' buffers. \param ret_n_reads how many requests they take
static bl_status make_buffers(bl_fetch *fetch, size_t *ret_n_reads, bl_error *err) {
    size_t n_reads = 0, request = fetch->source->ops->request_bytes;
    for (size_t i = 0; i < fetch->n_spans; i++) {
        span *s = &fetch->spans[i];
        size_t size = (size_t)(s->end - s->first);
        BL_TRY(bl_buffer_new(fetch->source->context, size, &s->buffer, err));
        s->buffer->size = size;
        n_reads += size / request + (size % request != 0);
    }
    *ret_n_reads = n_reads;
    return BL_OK;
}

static void make_reads(const bl_fetch *fetch, bl_read *reads) {
    size_t request = fetch->source->ops->request_bytes;
    for (size_t i = 0; i < fetch->n_spans; i++) {
        const span *s = &fetch->spans[i];
        for (size_t done = 0; done < s->buffer->size; done += reads++->size) {
            size_t left = s->buffer->size - done;
            *reads =
                (bl_read){s->first + done, left < request ? left : request, s->buffer->data + done};
        }
    }
}

/// Nothing is read yet, and no memory taken: a range that is never looked at costs neither.
static void announce_spans(bl_fetch *fetch) {
    bl_source *source = fetch->source;
    size_t n_reads = 0;
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < fetch->n_spans; i++) {
        bl_range range = {fetch->spans[i].first, fetch->spans[i].end - fetch->spans[i].first};
        if (source->ops->advise)
            source->ops->advise(source, range);
        n_reads += range.size != 0;
        n_bytes += range.size;
    }
    if (n_reads)
        bl_source_count(source, n_reads, n_bytes);
    fetch->pending = true;
}

static bl_status submit_spans(bl_fetch *fetch, bl_error *err) {
    size_t n_reads = 0;
    BL_TRY(make_buffers(fetch, &n_reads, err));
    if (n_reads == 0)
        return BL_OK;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(fetch->source->context, n_reads * sizeof(bl_read), &memory, err));
    bl_read *reads = (bl_read *)(void *)memory->data;
    make_reads(fetch, reads);
    BL_TRY(bl_source_submit(fetch->source, reads, n_reads, &fetch->ticket, err));
    fetch->pending = true;
    return BL_OK;
}

static bl_status fetch_new(bl_source *source, size_t n_ranges, bl_fetch **ret_fetch,
                           bl_error *err) {
    size_t size;
    if (__builtin_mul_overflow(n_ranges, sizeof(view) + sizeof(span), &size) ||
        __builtin_add_overflow(size, sizeof(bl_fetch), &size))
        return bl_error_nomem(err, SIZE_MAX, "ranges");
    bl_buffer *memory = NULL;
    BL_TRY(bl_buffer_new(source->context, size, &memory, err));
    bl_fetch *fetch = (bl_fetch *)(void *)memory->data;
    *fetch = (bl_fetch){.source = source, .memory = memory, .n_ranges = n_ranges};
    fetch->spans = (span *)(void *)(fetch + 1);
    fetch->views = (view *)(void *)(fetch->spans + n_ranges);
    *ret_fetch = fetch;
    return BL_OK;
}

bl_status bl_fetch_start(bl_source *source, const bl_range *ranges, size_t n_ranges,
                         bl_fetch **ret_fetch, bl_error *err) {
    BL_AUTO(bl_fetch) fetch = NULL;
    BL_TRY(fetch_new(source, n_ranges, &fetch, err));
    BL_AUTO(bl_buffer) scratch = NULL;
    BL_TRY(bl_buffer_new(source->context, n_ranges * sizeof(sorted_range), &scratch, err));
    sorted_range *sorted = (sorted_range *)(void *)scratch->data;
    BL_TRY(sort_ranges(source, ranges, n_ranges, sorted, err));
    make_spans(fetch, sorted);
    if (source->ops->read)
        announce_spans(fetch);
    else
        BL_TRY(submit_spans(fetch, err));
    *ret_fetch = BL_MOVE(fetch);
    return BL_OK;
}

size_t bl_fetch_n_parts(const bl_fetch *fetch) {
    return fetch->source->ops->read ? fetch->n_spans : 0;
}

size_t bl_fetch_part_of(const bl_fetch *fetch, size_t i) { return fetch->views[i].span; }

uint64_t bl_fetch_part_bytes(const bl_fetch *fetch, size_t part) {
    return fetch->spans[part].end - fetch->spans[part].first;
}

void bl_fetch_drop_part(const bl_fetch *fetch, size_t part) {
    bl_buffer_release(BL_MOVE(fetch->spans[part].buffer));
}

bl_status bl_fetch_read_part(const bl_fetch *fetch, size_t part, bl_error *err) {
    span *s = &fetch->spans[part];
    size_t size = (size_t)(s->end - s->first);
    if (s->buffer)
        return BL_OK;
    BL_AUTO(bl_buffer) buffer = NULL;
    BL_TRY(bl_buffer_new(fetch->source->context, size, &buffer, err));
    buffer->size = size;
    if (size)
        BL_TRY(
            fetch->source->ops->read(fetch->source, &(bl_read){s->first, size, buffer->data}, err));
    s->buffer = BL_MOVE(buffer);
    return BL_OK;
}

static bl_status read_parts(const bl_fetch *fetch, bl_error *err) {
    for (size_t i = 0; i < fetch->n_spans; i++) {
        BL_TRY(bl_context_check(fetch->source->context, err));
        BL_TRY(bl_fetch_read_part(fetch, i, err));
    }
    return BL_OK;
}

bl_status bl_fetch_wait(bl_fetch *fetch, bl_error *err) {
    if (fetch->pending) {
        fetch->pending = false;
        fetch->status = fetch->source->ops->read
                            ? read_parts(fetch, &fetch->error)
                            : bl_source_wait(fetch->source, fetch->ticket, &fetch->error);
    }
    if (fetch->status != BL_OK && err)
        *err = fetch->error;
    return fetch->status;
}

const uint8_t *bl_fetch_data(const bl_fetch *fetch, size_t i) {
    return bl_fetch_buffer(fetch, i)->data + fetch->views[i].offset;
}

bl_buffer *bl_fetch_buffer(const bl_fetch *fetch, size_t i) {
    return fetch->spans[fetch->views[i].span].buffer;
}

void bl_fetch_free(bl_fetch *fetch) {
    if (!fetch)
        return;
    if (!fetch->source->ops->read) // the transport may still be writing into the buffers
        (void)bl_fetch_wait(fetch, NULL);
    for (size_t i = 0; i < fetch->n_spans; i++)
        bl_buffer_release(fetch->spans[i].buffer);
    bl_buffer_release(fetch->memory);
}
