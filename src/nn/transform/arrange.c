// SPDX-License-Identifier: Apache-2.0
// Rows of sequences: which stay, in which order, standardised among themselves, and filled up.
//
// Rows are sorted by 64-bit keys that are ordered as their numbers are; all rows are moved once.
// Where rows are cut, a sorted head of `length` rows takes in as many others at a time, so that
// room does not depend on how many there are.
#include <math.h>

#include "base/angles.h"
#include "nn/transform/transform.h"

bool bl_nn_columns_arranges(const bl_nn_columns *columns) {
    return bl_nn_arrangement_name(&columns->rows) != NULL;
}

const char *bl_nn_arrangement_name(const bl_nn_arrangement *rows) {
    if (rows->order != BL_NN_ORDER_KEPT)
        return "ordered";
    if (rows->length)
        return "cut";
    return rows->is_per_event ? "standardised in each event" : NULL;
}

size_t bl_nn_columns_n_kept(const bl_nn_columns *columns, size_t n_rows) {
    size_t length = columns->rows.length;
    return length && length < n_rows ? length : n_rows;
}

// ---- room ----

/// A row to be sorted.
typedef struct place {
    uint64_t key;
    size_t row;
} place;

/// Rows that are sorted at a time, those among them that were before.
static size_t most_places(const bl_nn_columns *c, size_t n_rows) {
    size_t length = c->rows.length;
    return length && length <= n_rows / 2 ? 2 * length : n_rows;
}

size_t bl_nn_columns_scratch_bytes(const bl_nn_columns *columns, size_t most_rows) {
    size_t n_places = columns->rows.order ? most_places(columns, most_rows) : 0;
    size_t n_sums = columns->rows.is_per_event ? columns->n : 0;
    return 2 * n_places * sizeof(place) + 2 * n_sums * sizeof(double);
}

// ---- keys ----

/// Rows of floats or doubles.
typedef struct rows {
    const void *data;
    size_t stride;
    bool is_double;
} view;

static inline double number(const void *data, size_t i, bool is_double) {
    return is_double ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static inline void put_number(void *data, size_t i, double x, bool is_double) {
    if (is_double)
        ((double *)data)[i] = x;
    else
        ((float *)data)[i] = (float)x;
}

static double at(const view *x, size_t row, size_t column) {
    return number(x->data, row * x->stride + column, x->is_double);
}

/// Ordered as numbers are, or the other way round; NaN last, zeros are one number.
static uint64_t key_of(double x, bool ascending) {
    uint64_t bits, sign = (uint64_t)1 << 63;
    if (isnan(x))
        return UINT64_MAX;
    x += 0.0; // −0 becomes 0
    memcpy(&bits, &x, sizeof bits);
    bits = bits & sign ? ~bits : bits | sign;
    return ascending ? bits : ~bits;
}

/// What rows are ordered by.
static double measure(const bl_nn_arrangement *a, const view *x, size_t row) {
    if (a->order == BL_NN_ORDER_COLUMN)
        return at(x, row, a->column);
    double eta = at(x, row, a->column) - at(x, 0, a->column);
    double phi = bl_wrap_phi(at(x, row, a->phi) - at(x, 0, a->phi));
    return sqrt(eta * eta + phi * phi);
}

// ---- sorting ----

enum { FEW = 48, DIGITS = 8, DIGIT_VALUES = 256 };

static bool is_sorted(const place *places, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (places[i - 1].key > places[i].key)
            return false;
    return true;
}

static void insert_all(place *places, size_t n) {
    for (size_t i = 1; i < n; i++) {
        place moved = places[i];
        size_t to = i;
        for (; to && places[to - 1].key > moved.key; to--)
            places[to] = places[to - 1];
        places[to] = moved;
    }
}

static unsigned digit(const place *p, unsigned i) { return (unsigned)(p->key >> 8 * i) & 255; }

/// Places go where the digit says, of which it is known how often each value is there.
static void spread(const place *from, size_t n, unsigned i, size_t *counts, place *to) {
    size_t first = 0;
    for (size_t value = 0; value < DIGIT_VALUES; value++) {
        size_t count = counts[value];
        counts[value] = first;
        first += count;
    }
    for (size_t k = 0; k < n; k++)
        to[counts[digit(&from[k], i)]++] = from[k];
}

/// Stable: few by insertion, many digit by digit, the last first.
/// \param other [n] \return the sorted ones: places or other
static place *sort(place *places, place *other, size_t n) {
    size_t counts[DIGITS][DIGIT_VALUES];
    if (is_sorted(places, n))
        return places;
    if (n <= FEW) {
        insert_all(places, n);
        return places;
    }
    memset(counts, 0, sizeof counts);
    for (size_t k = 0; k < n; k++)
        for (unsigned i = 0; i < DIGITS; i++)
            counts[i][digit(&places[k], i)]++;
    for (unsigned i = 0; i < DIGITS; i++) {
        if (counts[i][digit(places, i)] == n) // they have the same
            continue;
        spread(places, n, i, counts[i], other);
        place *swapped = places;
        places = other;
        other = swapped;
    }
    return places;
}

/// The first rows in their order. What comes behind `length` rows that are sorted is passed over.
/// \param places [2 × most_places] \return [bl_nn_columns_n_kept]
static const place *order(const bl_nn_columns *c, const view *x, size_t n_rows, place *places) {
    size_t most = most_places(c, n_rows), n = 0, n_sorted = 0;
    place *other = places + most;
    for (size_t row = 0; row < n_rows; row++) {
        uint64_t key = key_of(measure(&c->rows, x, row), c->rows.ascending);
        if (n == most) {
            place *sorted = sort(places, other, n);
            other = sorted == places ? other : places;
            places = sorted;
            n = n_sorted = c->rows.length;
        }
        if (!n_sorted || key < places[n_sorted - 1].key)
            places[n++] = (place){key, row};
    }
    return sort(places, other, n);
}

// ---- per event ----

/// Distances from the first row are summed, so that equal numbers have no spread, whatever they
/// are. \param mean, sigma [n], room \param data [n_rows × n] at least one row
static inline __attribute__((always_inline)) void standardise_as(size_t n, size_t n_rows,
                                                                 double *restrict mean,
                                                                 double *restrict sigma, void *data,
                                                                 bool is_double) {
    double *first = sigma;
    for (size_t i = 0; i < n; i++) {
        first[i] = number(data, i, is_double);
        mean[i] = 0;
    }
    for (size_t row = 1; row < n_rows; row++)
        for (size_t i = 0; i < n; i++)
            mean[i] += number(data, row * n + i, is_double) - first[i];
    for (size_t i = 0; i < n; i++) {
        mean[i] = first[i] + mean[i] / (double)n_rows;
        sigma[i] = 0;
    }
    for (size_t row = 0; row < n_rows; row++)
        for (size_t i = 0; i < n; i++) {
            double distance = number(data, row * n + i, is_double) - mean[i];
            sigma[i] += distance * distance;
        }
    for (size_t i = 0; i < n; i++) {
        sigma[i] = sqrt(sigma[i] / (double)n_rows);
        sigma[i] = sigma[i] == 0 ? 1 : sigma[i];
    }
    for (size_t row = 0; row < n_rows; row++)
        for (size_t i = 0; i < n; i++) {
            double y = (number(data, row * n + i, is_double) - mean[i]) / sigma[i];
            put_number(data, row * n + i, y, is_double);
        }
}

static void standardise(size_t n, size_t n_rows, double *sums, void *data, bool is_double) {
    if (is_double && n_rows)
        standardise_as(n, n_rows, sums, sums + n, data, true);
    else if (n_rows)
        standardise_as(n, n_rows, sums, sums + n, data, false);
}

// ---- all of it ----

void bl_nn_columns_arrange(const bl_nn_columns *columns, void *scratch, size_t n_rows,
                           const void *x, size_t x_stride, bool is_double, void *out) {
    size_t n_kept = bl_nn_columns_n_kept(columns, n_rows);
    size_t number_bytes = is_double ? sizeof(double) : sizeof(float);
    size_t row_bytes = columns->n * number_bytes, stride_bytes = x_stride * number_bytes;
    const view from = {x, x_stride, is_double};
    const place *places = NULL;
    double *sums = (double *)scratch;
    if (columns->rows.order != BL_NN_ORDER_KEPT) {
        places = order(columns, &from, n_rows, (place *)scratch);
        sums = (double *)((place *)scratch + 2 * most_places(columns, n_rows));
    }
    for (size_t i = 0; i < n_kept; i++)
        memcpy((char *)out + i * row_bytes,
               (const char *)x + (places ? places[i].row : i) * stride_bytes, row_bytes);
    if (columns->rows.is_per_event)
        standardise(columns->n, n_kept, sums, out, is_double);
}

size_t bl_nn_columns_pad(const bl_nn_columns *columns, size_t n_rows, float *rows) {
    size_t length = columns->rows.length, n = columns->n;
    bool wraps = columns->rows.padding == BL_NN_FILL_WRAP && n_rows;
    if (columns->rows.padding == BL_NN_FILL_NONE || n_rows >= length)
        return n_rows;
    for (size_t i = n_rows * n; i < length * n; i++)
        rows[i] = wraps ? rows[i - n_rows * n] : (float)columns->pad[i % n];
    return length;
}
