// SPDX-License-Identifier: Apache-2.0
// Rows in the order of their keys. Keys are hashes, so their upper bits tell about where a row
// belongs: rows are brought there in place, and then sorted among a few neighbours, on all threads.
// Source: P. M. McIlroy, K. Bostic, M. D. McIlroy, Engineering Radix Sort, Computing Systems 6
// (1993) 5, American flag sort
#include <stdlib.h>

#include "base/context.h"
#include "data/spread/private.h"

enum { MOST_BITS = 16, BUCKET_ROWS = 16, MOST_INSERTED = 64, BUCKETS_OF_TASK = 256 };

/// By keys; who have the same, by where they come from. \param spool of which the rows are
static int compare(const void *left, const void *right, void *spool) {
    const bl_spool_row *a = (const bl_spool_row *)left, *b = (const bl_spool_row *)right;
    size_t at = ((const bl_spool *)spool)->recipe->at_file;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int32_t file = ((const int32_t *)(const void *)a->batch->columns[at].values->data)[a->at];
    int32_t other = ((const int32_t *)(const void *)b->batch->columns[at].values->data)[b->at];
    if (file != other)
        return file < other ? -1 : 1;
    at++;
    int64_t entry = ((const int64_t *)(const void *)a->batch->columns[at].values->data)[a->at];
    int64_t second = ((const int64_t *)(const void *)b->batch->columns[at].values->data)[b->at];
    return entry < second ? -1 : entry > second;
}

typedef struct sorting {
    const bl_spool *spool;
    bl_spool_row *rows;
    unsigned bits;  ///< upper bits of keys that say which bucket
    size_t *starts; ///< [2^bits + 1] of the buckets
    size_t *heads;  ///< [2^bits] of what is not in its bucket yet
} sorting;

static size_t bucket_of(const sorting *s, uint64_t key) {
    return s->bits ? (size_t)(key >> (64 - s->bits)) : 0;
}

static void count(const sorting *s, size_t n) {
    size_t n_buckets = (size_t)1 << s->bits;
    for (size_t i = 0; i < n; i++)
        s->starts[bucket_of(s, s->rows[i].key) + 1]++;
    for (size_t k = 0; k < n_buckets; k++) {
        s->starts[k + 1] += s->starts[k];
        s->heads[k] = s->starts[k];
    }
}

/// Swaps rows until each is in its bucket.
static void distribute(const sorting *s) {
    for (size_t k = 0; k < (size_t)1 << s->bits; k++)
        while (s->heads[k] < s->starts[k + 1]) {
            bl_spool_row row = s->rows[s->heads[k]];
            size_t bucket = bucket_of(s, row.key), to = s->heads[bucket]++;
            if (bucket == k)
                continue;
            s->rows[s->heads[k]] = s->rows[to];
            s->rows[to] = row;
        }
}

static void insert(const sorting *s, bl_spool_row *rows, size_t n) {
    for (size_t i = 1; i < n; i++) {
        bl_spool_row row = rows[i];
        size_t at = i;
        for (; at && compare(&rows[at - 1], &row, (void *)s->spool) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

static bl_status sort_buckets(void *argument, size_t index, unsigned worker, bl_error *err) {
    const sorting *s = (const sorting *)argument;
    size_t first = index * BUCKETS_OF_TASK, n_buckets = (size_t)1 << s->bits;
    (void)worker;
    (void)err;
    for (size_t k = first; k < first + BUCKETS_OF_TASK && k < n_buckets; k++) {
        bl_spool_row *rows = s->rows + s->starts[k];
        size_t n = s->starts[k + 1] - s->starts[k];
        if (n <= MOST_INSERTED)
            insert(s, rows, n);
        else // of the same event again and again
            qsort_r(rows, n, sizeof *rows, compare, (void *)s->spool);
    }
    return BL_OK;
}

bl_status bl_spool_sort(const bl_spool *spool, bl_spool_row *rows, size_t n, bl_error *err) {
    bl_context *context = spool->arena.context;
    sorting s = {.spool = spool, .rows = rows};
    while (s.bits < MOST_BITS && n >> s.bits > BUCKET_ROWS)
        s.bits++;
    size_t n_buckets = (size_t)1 << s.bits;
    s.starts = (size_t *)bl_alloc_zero(context, 2 * n_buckets + 1, sizeof *s.starts);
    if (!s.starts)
        return bl_error_nomem(err, n_buckets * sizeof *s.starts, "an order of rows");
    s.heads = s.starts + n_buckets + 1;
    count(&s, n);
    distribute(&s);
    bl_status status =
        bl_run_tasks(context, sort_buckets, &s, (n_buckets - 1) / BUCKETS_OF_TASK + 1, err);
    bl_free(context, s.starts);
    return status;
}
