// SPDX-License-Identifier: Apache-2.0
#include "nn/training/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    MANTISSA_BITS = 11,
    DROPPED_BITS = 23 - MANTISSA_BITS,
    LEAST_LOW = 127 - 48,  // exponents of the lowest bins of s, and of 1 − s,
    LEAST_HIGH = 127 - 24, // whose least but 0 is the last place of a float below 1
    HALF = 127 - 1,
    N_LOW = ((HALF - LEAST_LOW) << MANTISSA_BITS) + 1,
    N_HIGH = ((HALF - LEAST_HIGH) << MANTISSA_BITS) + 2,
    N_BINS = N_LOW + N_HIGH,
    DIGIT_BITS = 8, // of a score, where rows are sorted
};

typedef struct kept_row {
    float score;
    bool is_signal;
    double weight;
} kept_row;

/// Weights of rows whose scores count as equal.
typedef struct bin {
    double signal, background;
} bin;

_Static_assert(BL_NN_ROC_EXACT * sizeof(kept_row) <= N_BINS * sizeof(bin), "rows are sorted there");

struct bl_nn_roc {
    bl_context *context;
    size_t n_rows; ///< all
    bool is_sorted;
    kept_row *kept; ///< [BL_NN_ROC_EXACT], in use while n_rows is no more
    bin *bins;      ///< [N_BINS], by ascending score
};

bl_status bl_nn_roc_new(bl_context *context, bl_nn_roc **ret_roc, bl_error *err) {
    BL_AUTO(bl_nn_roc) roc = bl_alloc_zero(context, 1, sizeof *roc);
    if (!roc)
        return bl_error_nomem(err, sizeof *roc, "a ROC curve");
    roc->context = context;
    roc->kept = bl_alloc_zero(context, BL_NN_ROC_EXACT, sizeof *roc->kept);
    roc->bins = bl_alloc_zero(context, N_BINS, sizeof *roc->bins);
    if (!roc->kept || !roc->bins)
        return bl_error_nomem(err, N_BINS * sizeof *roc->bins, "a ROC curve");
    *ret_roc = BL_MOVE(roc);
    return BL_OK;
}

void bl_nn_roc_free(bl_nn_roc *roc) {
    if (!roc)
        return;
    bl_free(roc->context, roc->kept);
    bl_free(roc->context, roc->bins);
    bl_free(roc->context, roc);
}

void bl_nn_roc_reset(bl_nn_roc *roc) {
    if (roc->n_rows > BL_NN_ROC_EXACT)
        memset(roc->bins, 0, N_BINS * sizeof *roc->bins);
    roc->n_rows = 0;
    roc->is_sorted = false;
}

/// How many bins lie between 2^(least − 127) and x, from 1; 0 below it.
static size_t steps_from(float x, unsigned least) {
    uint32_t bits, first = (uint32_t)least << 23;
    memcpy(&bits, &x, sizeof bits);
    return bits < first ? 0 : ((bits - first) >> DROPPED_BITS) + 1;
}

static size_t bin_of(float score) {
    float s = score > 0 ? score : 0;
    if (s < 0.5F)
        return steps_from(s, LEAST_LOW);
    return N_BINS - 1 - (s < 1 ? steps_from(1 - s, LEAST_HIGH) : 0);
}

static void count(bl_nn_roc *roc, const kept_row *row) {
    bin *to = &roc->bins[bin_of(row->score)];
    if (row->is_signal)
        to->signal += row->weight;
    else
        to->background += row->weight;
}

void bl_nn_roc_add(bl_nn_roc *roc, float score, double weight, bool is_signal) {
    const kept_row row = {score, is_signal, weight};
    size_t n = roc->n_rows++;
    roc->is_sorted = false;
    if (n < BL_NN_ROC_EXACT) {
        roc->kept[n] = row;
        return;
    }
    for (size_t i = 0; n == BL_NN_ROC_EXACT && i < n; i++)
        count(roc, &roc->kept[i]);
    count(roc, &row);
}

void bl_nn_roc_merge(bl_nn_roc *roc, const bl_nn_roc *other) {
    if (other->n_rows <= BL_NN_ROC_EXACT) {
        for (size_t i = 0; i < other->n_rows; i++)
            bl_nn_roc_add(roc, other->kept[i].score, other->kept[i].weight,
                          other->kept[i].is_signal);
        return;
    }
    for (size_t i = 0; roc->n_rows <= BL_NN_ROC_EXACT && i < roc->n_rows; i++)
        count(roc, &roc->kept[i]);
    for (size_t i = 0; i < N_BINS; i++) {
        roc->bins[i].signal += other->bins[i].signal;
        roc->bins[i].background += other->bins[i].background;
    }
    roc->n_rows += other->n_rows;
}

// ---- from the highest score down ----

/// By score, and rows of one score in an order that does not depend on how they came.
static int compare(const void *a, const void *b) {
    const kept_row *x = a, *y = b;
    if (x->score < y->score || x->score > y->score)
        return x->score < y->score ? -1 : 1;
    if (x->is_signal != y->is_signal)
        return x->is_signal ? 1 : -1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

/// Ascends with the score; 0 has no sign.
static uint32_t key_of(float score) {
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t bits;
    score += 0.0F;
    memcpy(&bits, &score, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

/// Orders rows by a digit of their keys, those of the same digit as they were.
static void deal(const kept_row *rows, size_t n, unsigned shift, kept_row *to) {
    enum { DIGITS = 1 << DIGIT_BITS };
    uint32_t ends[DIGITS] = {0}, n_before = 0;
    for (size_t i = 0; i < n; i++)
        ends[key_of(rows[i].score) >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t n_here = ends[digit];
        ends[digit] = n_before;
        n_before += n_here;
    }
    for (size_t i = 0; i < n; i++)
        to[ends[key_of(rows[i].score) >> shift & (DIGITS - 1)]++] = rows[i];
}

/// By digits of scores, then those of one score among each other. Bins are of no use yet: they are
/// the room to deal to.
static void sort(bl_nn_roc *roc) {
    kept_row *rows = roc->kept, *room = (kept_row *)(void *)roc->bins;
    size_t n = roc->n_rows;
    for (unsigned shift = 0; shift < 32; shift += 2 * DIGIT_BITS) {
        deal(rows, n, shift, room);
        deal(room, n, shift + DIGIT_BITS, rows);
    }
    memset(roc->bins, 0, n * sizeof *room);
    for (size_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && rows[last].score == rows[first].score;)
            last++;
        if (last - first > 1)
            qsort(rows + first, last - first, sizeof *rows, compare);
    }
}

typedef struct walk {
    const bl_nn_roc *roc;
    size_t left; ///< rows or bins
} walk;

static walk begin(bl_nn_roc *roc) {
    bool is_exact = roc->n_rows <= BL_NN_ROC_EXACT;
    if (is_exact && !roc->is_sorted)
        sort(roc);
    roc->is_sorted = is_exact;
    return (walk){roc, is_exact ? roc->n_rows : N_BINS};
}

/// The next lower score. \return whether there is one
static bool next(walk *w, bin *ret_bin) {
    const bl_nn_roc *roc = w->roc;
    if (!w->left)
        return false;
    if (roc->n_rows > BL_NN_ROC_EXACT)
        return *ret_bin = roc->bins[--w->left], true;
    bin sums = {0};
    float score = roc->kept[w->left - 1].score;
    for (; w->left && !(roc->kept[w->left - 1].score < score); w->left--) {
        const kept_row *row = &roc->kept[w->left - 1];
        *(row->is_signal ? &sums.signal : &sums.background) += row->weight;
    }
    *ret_bin = sums;
    return true;
}

static bin all_of(bl_nn_roc *roc) {
    bin sums = {0}, each;
    for (walk w = begin(roc); next(&w, &each);) {
        sums.signal += each.signal;
        sums.background += each.background;
    }
    return sums;
}

double bl_nn_roc_area(bl_nn_roc *roc) {
    bin all = all_of(roc), each;
    double area = 0, above = 0;
    for (walk w = begin(roc); next(&w, &each);) {
        area += each.background * (above + each.signal / 2);
        above += each.signal;
    }
    return all.signal == 0 || all.background == 0 ? NAN : area / (all.signal * all.background);
}

double bl_nn_roc_efficiency(bl_nn_roc *roc, double background) {
    bin all = all_of(roc), above = {0}, each;
    double allowed = background * all.background;
    if (all.signal == 0 || !(all.background > 0))
        return NAN;
    for (walk w = begin(roc); next(&w, &each);) {
        if (above.background + each.background > allowed) {
            above.signal += each.signal * ((allowed - above.background) / each.background);
            break;
        }
        above.signal += each.signal;
        above.background += each.background;
    }
    return above.signal / all.signal;
}
