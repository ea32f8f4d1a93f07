// SPDX-License-Identifier: Apache-2.0
// The pass at opening. Bytes come in windows; heads of records are gone through one after the
// other, and the records of a window are looked at by all threads. Where clusters end follows from
// the records alone, not from windows.
#include "formats/tfrecord/index.h"

#include "base/context.h"
#include "formats/tfrecord/record.h"

enum { WINDOW_A_THREAD = 1 << 20, LEAST_WINDOW = 256 << 10, PIECE_BYTES = 128 << 10 };
#define WINDOW_SHARE 16 // of the memory budget
#define RECORD_SHARE 4

/// Some records of a window, for one task.
typedef struct piece {
    int64_t first_row;
    size_t begin, end; ///< in the window
} piece;

typedef struct pass {
    bl_context *context;
    bl_tf_input *input;
    bl_tf_index *index;
    bl_crc32c_fn crc;
    bl_buffer *window; ///< its size is what it holds
    uint64_t base;     ///< place of its first byte
    bool is_at_end;
    uint64_t wanted; ///< bytes of a record that is not whole yet; 0: not known
    piece *pieces;
    size_t n_pieces, capacity;
    bl_tf_stats *workers; ///< [threads]
} pass;

bl_status bl_tf_error_in_record(bl_error *err, bl_status status, int64_t row, uint64_t offset) {
    return bl_error_in(err, status, "record %lld at byte %llu", (long long)row,
                       (unsigned long long)offset);
}

// ---- looking at records ----

static bl_status look(pass *p, bl_tf_stats *stats, int64_t row, bl_wire record, bl_error *err) {
    if (!bl_tf_tail_matches(p->crc, record))
        return bl_error_set(err, BL_E_CORRUPT, "its %zu bytes do not match their checksum",
                            bl_wire_left(&record));
    return bl_tf_stats_add(stats, row, record, err);
}

static bl_status look_task(void *argument, size_t index, unsigned worker, bl_error *err) {
    pass *p = (pass *)argument;
    const piece *mine = &p->pieces[index];
    int64_t row = mine->first_row;
    BL_TRY(bl_context_check(p->context, err));
    for (size_t at = mine->begin; at < mine->end; row++) {
        const uint8_t *head = p->window->data + at;
        uint64_t length;
        memcpy(&length, head, sizeof length);
        bl_wire record = {head + BL_TF_HEAD, head + BL_TF_HEAD + length};
        bl_status status = look(p, &p->workers[worker], row, record, err);
        if (status != BL_OK)
            return bl_tf_error_in_record(err, status, row, p->base + at);
        at += (size_t)length + BL_TF_FRAME;
    }
    return BL_OK;
}

// ---- finding records ----

static bl_status end_cluster(pass *p, uint64_t offset, bl_error *err) {
    bl_tf_index *index = p->index;
    BL_TRY(bl_array_grow(p->context, &index->ends, &index->ends_capacity, index->n_clusters,
                         sizeof *index->ends, "an index", err));
    BL_TRY(bl_array_grow(p->context, &index->offsets, &index->offsets_capacity,
                         index->n_clusters + 1, sizeof *index->offsets, "an index", err));
    index->ends[index->n_clusters++] = index->n_rows;
    index->offsets[index->n_clusters] = offset;
    return BL_OK;
}

static bl_status add_piece(pass *p, piece found, bl_error *err) {
    if (found.begin == found.end)
        return BL_OK;
    BL_TRY(bl_array_grow(p->context, &p->pieces, &p->capacity, p->n_pieces, sizeof *p->pieces,
                         "pieces", err));
    p->pieces[p->n_pieces++] = found;
    return BL_OK;
}

/// The bytes of the record at `at`, its frame included; 0: more has to be read to tell.
static bl_status measure(pass *p, size_t at, uint64_t *ret_total, bl_error *err) {
    size_t left = p->window->size - at;
    uint64_t length;
    *ret_total = p->wanted = 0;
    if (left < BL_TF_HEAD)
        return BL_OK;
    if (!bl_tf_head_read(p->crc, p->window->data + at, &length))
        return bl_error_set(err, BL_E_CORRUPT, "its length does not match its checksum");
    if (length > BL_TF_MOST_RECORD)
        return bl_error_set(err, BL_E_CORRUPT, "%llu bytes, more than such a record can have",
                            (unsigned long long)length);
    if (length + BL_TF_FRAME <= left)
        *ret_total = length + BL_TF_FRAME;
    else
        p->wanted = length + BL_TF_FRAME;
    return BL_OK;
}

/// Finds the next record of the window, at `*at`. \return BL_OK also where there is none
static bl_status find_record(pass *p, size_t *at, bool *ret_is_found, bl_error *err) {
    bl_tf_index *index = p->index;
    uint64_t total;
    bl_status status = measure(p, *at, &total, err);
    if (status != BL_OK)
        return bl_tf_error_in_record(err, status, index->n_rows, p->base + *at);
    *ret_is_found = total > 0;
    if (!total)
        return BL_OK;
    *at += (size_t)total;
    index->n_rows++;
    if (p->base + *at - index->offsets[index->n_clusters] < BL_TF_CLUSTER_BYTES)
        return BL_OK;
    return end_cluster(p, p->base + *at, err);
}

/// Finds the whole records of the window; those in front of a bad one also where there is such.
/// \param ret_used bytes that they take
static bl_status find_records(pass *p, size_t *ret_used, bl_error *err) {
    piece found = {.first_row = p->index->n_rows};
    bl_status status = BL_OK;
    bool is_found = true;
    p->n_pieces = 0;
    for (size_t at = 0; is_found;) {
        status = find_record(p, &at, &is_found, err);
        if (status != BL_OK)
            break;
        found.end = at;
        if (at - found.begin >= PIECE_BYTES) {
            BL_TRY(add_piece(p, found, err));
            found = (piece){p->index->n_rows, at, at};
        }
    }
    *ret_used = found.end;
    BL_TRY(add_piece(p, found, status == BL_OK ? err : NULL));
    return status;
}

// ---- windows ----

static bl_status fill(pass *p, bl_error *err) {
    size_t room = p->window->capacity - p->window->size, n = 0;
    BL_TRY(bl_tf_input_read(p->input, p->base + p->window->size, room,
                            p->window->data + p->window->size, &n, err));
    p->window->size += n;
    p->is_at_end = n < room;
    return BL_OK;
}

static bl_status truncated(const pass *p, bl_error *err) {
    bl_status status =
        bl_error_set(err, BL_E_CORRUPT, "truncated: the file ends in it, after %llu bytes",
                     (unsigned long long)p->window->size);
    return bl_tf_error_in_record(err, status, p->index->n_rows, p->base);
}

/// Makes room for a record that is larger than the window: as much as is there already, not as much
/// as it claims.
static bl_status widen(pass *p, bl_error *err) {
    uint64_t budget = bl_context_budget_bytes(p->context);
    const bl_source *source = p->input->source;
    if (p->is_at_end || (!p->input->packing && p->base + p->wanted > source->size_bytes))
        return truncated(p, err);
    if (p->wanted > budget / RECORD_SHARE) {
        bl_status status =
            bl_error_set(err, BL_E_LIMIT, "%llu bytes, too many for a memory budget of %llu",
                         (unsigned long long)p->wanted, (unsigned long long)budget);
        return bl_tf_error_in_record(err, status, p->index->n_rows, p->base);
    }
    uint64_t wanted = 2 * (uint64_t)p->window->capacity;
    if (p->wanted && p->wanted < wanted)
        wanted = p->wanted;
    return bl_buffer_reserve(&p->window, (size_t)wanted, err);
}

static bl_status run(pass *p, bl_error *err) {
    for (size_t used = 0; !p->is_at_end || p->window->size;) {
        BL_TRY(bl_context_check(p->context, err));
        BL_TRY(fill(p, err));
        bl_error bad = {0}; // counts where nothing in front of it is worse
        bl_status status = find_records(p, &used, &bad);
        BL_TRY(bl_run_tasks(p->context, look_task, p, p->n_pieces, err));
        if (status != BL_OK && err)
            *err = bad;
        BL_TRY(status);
        p->window->size -= used;
        memmove(p->window->data, p->window->data + used, p->window->size);
        p->base += used;
        if (p->window->size && (used == 0 || p->is_at_end))
            BL_TRY(widen(p, err));
    }
    bl_tf_index *index = p->index;
    int64_t last = index->n_clusters ? index->ends[index->n_clusters - 1] : 0;
    return index->n_rows > last ? end_cluster(p, p->base, err) : BL_OK;
}

static bl_status start(pass *p, bl_error *err) {
    unsigned n_threads = bl_context_n_threads(p->context);
    uint64_t share = bl_context_budget_bytes(p->context) / WINDOW_SHARE;
    uint64_t window = (uint64_t)n_threads * WINDOW_A_THREAD;
    window = window > share ? share : window;
    window = window < LEAST_WINDOW ? LEAST_WINDOW : window;
    BL_TRY(bl_array_grow(p->context, &p->index->offsets, &p->index->offsets_capacity, 0,
                         sizeof *p->index->offsets, "an index", err));
    p->index->offsets[0] = 0;
    p->workers = (bl_tf_stats *)bl_alloc_zero(p->context, n_threads, sizeof *p->workers);
    if (!p->workers)
        return bl_error_nomem(err, n_threads * sizeof *p->workers, "features");
    for (unsigned i = 0; i < n_threads; i++)
        bl_tf_stats_init(&p->workers[i], p->context);
    return bl_buffer_new(p->context, (size_t)window, &p->window, err);
}

bl_status bl_tf_index_make(bl_tf_input *input, bl_tf_index *ret_index, bl_tf_stats *stats,
                           bl_error *err) {
    pass p = {
        .context = input->context, .input = input, .index = ret_index, .crc = bl_crc32c_get()};
    unsigned n_threads = bl_context_n_threads(p.context);
    bl_status status = start(&p, err);
    if (status == BL_OK)
        status = run(&p, err);
    for (unsigned i = 0; p.workers && i < n_threads; i++) {
        if (status == BL_OK)
            status = bl_tf_stats_merge(stats, &p.workers[i], err);
        bl_tf_stats_release(&p.workers[i]);
    }
    bl_free(p.context, p.workers);
    bl_free(p.context, p.pieces);
    bl_buffer_release(p.window);
    return status;
}

void bl_tf_index_release(bl_context *context, bl_tf_index *index) {
    bl_free(context, index->ends);
    bl_free(context, index->offsets);
    *index = (bl_tf_index){0};
}

size_t bl_tf_index_find(const bl_tf_index *index, int64_t row) {
    size_t low = 0, high = index->n_clusters;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->ends[middle] > row)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/// Bytes before a row.
static double bytes_before(const bl_tf_index *index, int64_t row) {
    size_t cluster = bl_tf_index_find(index, row);
    if (cluster == index->n_clusters)
        return (double)index->offsets[cluster];
    int64_t first = cluster ? index->ends[cluster - 1] : 0;
    double share = (double)(row - first) / (double)(index->ends[cluster] - first);
    uint64_t begin = index->offsets[cluster];
    return (double)begin + share * (double)(index->offsets[cluster + 1] - begin);
}

uint64_t bl_tf_index_bytes(const bl_tf_index *index, int64_t first, int64_t last) {
    return (uint64_t)(bytes_before(index, last) - bytes_before(index, first));
}
