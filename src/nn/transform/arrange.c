// SPDX-License-Identifier: Apache-2.0
// Rows of sequences: which stay, in which order, standardised among themselves, and filled up.
//
// Rows are sorted by 64-bit keys that are ordered as their numbers are; all rows are moved once.
// Where rows are cut, a sorted head of `length` rows takes in as many others at a time, so that
// room does not depend on how many there are.
#include <math.h>

#include "base/angles.h"
#include "base/short_copy.h"
#include "base/wide.h"
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
static inline __attribute__((always_inline)) uint64_t key_of(double x, bool ascending) {
    uint64_t bits, sign = (uint64_t)1 << 63;
    double number = x + 0.0; // −0 becomes 0
    memcpy(&bits, &number, sizeof bits);
    bits ^= sign | -(bits >> 63);
    bits = ascending ? bits : ~bits;
    return x == x ? bits : UINT64_MAX;
}

enum { SOME = 64 }; ///< rows whose keys are made at a time

BL_WIDE static void keys_of(const double *restrict x, size_t n, bool ascending,
                            uint64_t *restrict keys) {
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of(x[i], ascending);
}

/// \param phi differences of angles below 3π: which is smaller, they or what is left of 2π?
BL_WIDE static void find_distances(const double *restrict eta, const double *restrict phi, size_t n,
                                   double *restrict out) {
    const double two_pi = 2 * 3.14159265358979323846;
    for (size_t i = 0; i < n; i++) {
        double size = fabs(phi[i]), rest = fabs(size - two_pi);
        double delta = size < rest ? size : rest;
        out[i] = sqrt(eta[i] * eta[i] + delta * delta);
    }
}

/// Distances from the first row, of some from `row` on.
static void measure_distances(const bl_nn_arrangement *a, const view *x, size_t row, size_t n,
                              double *out) {
    const double near_three_pi = 9;
    double eta[SOME], phi[SOME];
    for (size_t i = 0; i < n; i++) {
        double delta = at(x, row + i, a->phi) - at(x, 0, a->phi);
        phi[i] = fabs(delta) < near_three_pi ? delta : bl_wrap_phi(delta);
        eta[i] = at(x, row + i, a->column) - at(x, 0, a->column);
    }
    find_distances(eta, phi, n, out);
}

/// What some rows are ordered by. \param keys [SOME]
static void make_keys(const bl_nn_arrangement *a, const view *x, size_t row, size_t n,
                      uint64_t *keys) {
    double measures[SOME];
    if (a->order == BL_NN_ORDER_COLUMN)
        for (size_t i = 0; i < n; i++)
            measures[i] = at(x, row + i, a->column);
    else
        measure_distances(a, x, row, n, measures);
    keys_of(measures, n, a->ascending, keys);
}

// ---- sorting ----

enum { FEW = 48, DIGITS = 8, DIGIT_VALUES = 256, UPPER_DIGITS = 3 };

/// Sorts by insertion, as long as no more than so many places are moved. Stable, also where it
/// gives up. \return whether they are sorted
static bool settle(place *places, size_t n, size_t most) {
    for (size_t i = 1, n_moved = 0; i < n; i++) {
        place moved = places[i];
        size_t to = i;
        for (; to && places[to - 1].key > moved.key; to--)
            places[to] = places[to - 1];
        places[to] = moved;
        n_moved += i - to;
        if (n_moved > most)
            return false;
    }
    return true;
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

/// Stable, by the digits from `first` on.
/// \param other [n] becomes what is not returned \return the sorted ones: places or other
static place *sort_by_digits(place *places, place **other, size_t n, unsigned first) {
    size_t counts[DIGITS][DIGIT_VALUES];
    memset(counts[first], 0, (DIGITS - first) * sizeof *counts);
    for (size_t k = 0; k < n; k++)
        for (unsigned i = first; i < DIGITS; i++)
            counts[i][digit(&places[k], i)]++;
    for (unsigned i = first; i < DIGITS; i++) {
        if (counts[i][digit(places, i)] == n) // they have the same
            continue;
        spread(places, n, i, counts[i], *other);
        place *swapped = places;
        places = *other;
        *other = swapped;
    }
    return places;
}

/// Stable: few by insertion, many digit by digit, the last first. By the first three of them alone
/// nearly all are in order, so that the rest is most often left to insertion.
/// \param other [n] \return the sorted ones: places or other
static place *sort(place *places, place *other, size_t n) {
    if (settle(places, n, n <= FEW ? SIZE_MAX : 0))
        return places;
    places = sort_by_digits(places, &other, n, DIGITS - UPPER_DIGITS);
    return settle(places, n, n) ? places : sort_by_digits(places, &other, n, 0);
}

/// The first rows in their order. What comes behind `length` rows that are sorted is passed over.
/// \param places [2 × most_places] \return [bl_nn_columns_n_kept]
static const place *order(const bl_nn_columns *c, const view *x, size_t n_rows, place *places) {
    size_t most = most_places(c, n_rows), n = 0, n_sorted = 0;
    place *other = places + most;
    uint64_t keys[SOME] = {0};
    for (size_t row = 0; row < n_rows; row++) {
        if (row % SOME == 0)
            make_keys(&c->rows, x, row, n_rows - row < SOME ? n_rows - row : SOME, keys);
        uint64_t key = keys[row % SOME];
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
        bl_copy_short((const char *)x + (places ? places[i].row : i) * stride_bytes, row_bytes,
                      (char *)out + i * row_bytes);
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
