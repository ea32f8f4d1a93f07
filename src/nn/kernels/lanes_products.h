// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products of matrices for vectors of any width: each file of kernels says what `lanes` are and
/// includes this. A product is cut into tiles whose sums stay in registers. Tiles and blocks only
/// decide when a step of a chain is made, never which is next.
///
/// A panel has VECTORS; few rows go over WIDE vectors of some panels at a time, so that enough sums
/// are under way. LOADS_PARTS says that a part of a vector is loaded as fast as a whole one.
#ifndef BL_NN_KERNELS_LANES_PRODUCTS_H
#define BL_NN_KERNELS_LANES_PRODUCTS_H

#include <string.h>

#include "nn/kernels/lanes_functions.h"
#include "nn/kernels/lanes_transpose.h"
#include "nn/kernels/packed.h"

enum { PANEL = VECTORS * LANES };

// ---- a tile: some rows and vectors of outputs ----

typedef struct tile {
    size_t n_steps;
    const float *a; ///< a[r·a_row + s·a_step] is for row r at step s
    size_t a_row, a_step;
    const float *b; ///< b[s·b_step …] for the columns at step s; whole vectors unless LOADS_PARTS
    size_t b_step, b_panel; ///< b_panel from a panel to the next, where there are more
    const float *start;     ///< where chains start, row after row; NULL: at 0
    size_t start_row;
    enum { ENDS, ENDS_AFTER_ZERO, ENDS_AFTER_OUT } stores; ///< ends of chains, added to what
    bool rectifies;                                        ///< them
    const float *gates; ///< ends are multiplied by 0 where it is not above 0; NULL: none are
    size_t gates_row;
    float *out; ///< the first output
    size_t out_row;
    size_t n_last; ///< columns in the last vector
} tile;

INLINE lanes load_column(const float *from, bool is_last, size_t n_last) {
    bool is_part = is_last && (LOADS_PARTS || n_last < LANES);
    return is_part ? load_first(from, n_last) : load(from);
}

INLINE void store_column(float *to, lanes x, bool is_last, size_t n_last) {
    if (is_last && (LOADS_PARTS || n_last < LANES))
        store_first(to, x, n_last);
    else
        store(to, x);
}

/// max(x, 0); a NaN stays.
INLINE lanes rectify(lanes x) { return (lanes)((lane_bits)x & ~(x <= splat(0))); }

/// x times 1 where the gate is above 0, else times 0.
INLINE lanes let_through(lanes x, lanes gate) {
    return x * (lanes)((lane_bits)splat(1) & (gate > splat(0)));
}

/// Both numbers are constants where it is called, so that all loops over them disappear.
/// \param at a copy, that what is stored is not suspected to change it
INLINE void run_tile(tile t, size_t n_rows, size_t n_vectors) {
    if (n_rows > MOST_ROWS || n_rows * n_vectors > ACCUMULATORS ||
        (n_vectors > VECTORS && n_vectors != WIDE))
        return; // nobody asks for it, and there is no code for it
    lanes sums[MOST_ROWS][WIDE];
#pragma GCC unroll 9
    for (size_t r = 0; r < n_rows; r++, t.start += t.start ? t.start_row : 0)
#pragma GCC unroll 9
        for (size_t v = 0; v < n_vectors; v++)
            sums[r][v] =
                t.start ? load_column(t.start + v * LANES, v + 1 == n_vectors, t.n_last) : splat(0);
    for (; t.n_steps > 0; t.n_steps--, t.a += t.a_step, t.b += t.b_step) {
        lanes right[WIDE];
#pragma GCC unroll 9
        for (size_t v = 0; v < n_vectors; v++) {
            const float *column = t.b + v / VECTORS * t.b_panel + v % VECTORS * LANES;
            right[v] =
                LOADS_PARTS && v + 1 == n_vectors ? load_first(column, t.n_last) : load(column);
        }
#pragma GCC unroll 9
        for (size_t r = 0; r < n_rows; r++) {
            lanes left = splat(t.a[r * t.a_row]);
#pragma GCC unroll 9
            for (size_t v = 0; v < n_vectors; v++)
                sums[r][v] = fused(left, right[v], sums[r][v]);
        }
    }
    if (t.rectifies) {
#pragma GCC unroll 9
        for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 9
            for (size_t v = 0; v < n_vectors; v++)
                sums[r][v] = rectify(sums[r][v]);
    }
    if (t.gates) {
#pragma GCC unroll 9
        for (size_t r = 0; r < n_rows; r++, t.gates += t.gates_row)
#pragma GCC unroll 9
            for (size_t v = 0; v < n_vectors; v++)
                sums[r][v] = let_through(
                    sums[r][v], load_column(t.gates + v * LANES, v + 1 == n_vectors, t.n_last));
    }
#pragma GCC unroll 9
    for (size_t r = 0; r < n_rows; r++, t.out += t.out_row)
#pragma GCC unroll 9
        for (size_t v = 0; v < n_vectors; v++) {
            bool is_last = v + 1 == n_vectors;
            lanes sum = sums[r][v];
            if (t.stores == ENDS_AFTER_OUT)
                sum = load_column(t.out + v * LANES, is_last, t.n_last) + sum;
            else if (t.stores == ENDS_AFTER_ZERO)
                sum = splat(0) + sum;
            store_column(t.out + v * LANES, sum, is_last, t.n_last);
        }
}

INLINE void run_rows(const tile *t, size_t n_rows, size_t n_vectors) {
    switch (n_rows) {
    case 1:
        run_tile(*t, 1, n_vectors);
        break;
    case 2:
        run_tile(*t, 2, n_vectors);
        break;
    case 3:
        run_tile(*t, 3, n_vectors);
        break;
    case 4:
        run_tile(*t, 4, n_vectors);
        break;
    case 5:
        run_tile(*t, 5, n_vectors);
        break;
    case 6:
        run_tile(*t, 6, n_vectors);
        break;
    case 7:
        run_tile(*t, 7, n_vectors);
        break;
    default:
        run_tile(*t, 8, n_vectors);
    }
}

/// Rows are spread evenly, so that none is left alone in a tile that waits for its own results.
INLINE void run_all_rows(tile t, size_t m, size_t n_vectors) {
    size_t most = smaller(MOST_ROWS, ACCUMULATORS / n_vectors), n_tiles = (m + most - 1) / most;
    size_t n_rows = m / n_tiles, n_larger = m % n_tiles;
    for (size_t i = 0; i < n_tiles; i++) {
        size_t rows = n_rows + (i < n_larger);
        run_rows(&t, rows, n_vectors);
        t.a += rows * t.a_row;
        t.start = t.start ? t.start + rows * t.start_row : NULL;
        t.gates = t.gates ? t.gates + rows * t.gates_row : NULL;
        t.out += rows * t.out_row;
    }
}

#define TILES(n_vectors)                                                            \
    LANES_ATTRIBUTE static void run_tiles_of_##n_vectors(const tile *t, size_t m) { \
        run_all_rows(*t, m, n_vectors);                                             \
    }
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(WIDE)

/// Tiles for `m` rows of `n` columns, at most a panel, or WIDE whole vectors of some panels.
INLINE void run_tiles(tile t, size_t m, size_t n) {
    static void (*const tiles_of[])(const tile *t, size_t m) = {
        NULL, run_tiles_of_1, run_tiles_of_2, run_tiles_of_3, run_tiles_of_4};
    size_t n_vectors = (n + LANES - 1) / LANES;
    t.n_last = n - (n_vectors - 1) * LANES;
    if (n_vectors > VECTORS)
        run_tiles_of_WIDE(&t, m);
    else
        tiles_of[n_vectors](&t, m);
}

/// How many columns behind the last whole vector are so few that lanes had better run over the
/// other dimension, of n_others: a quarter of a vector at most.
INLINE size_t count_thin(size_t n, size_t n_others) {
    enum { MOST = LANES / 4 };
    return n % LANES <= MOST && n_others >= LANES / 2 ? n % LANES : 0;
}

// ---- out = start + a·b ----

/// Some rows and n columns: those of one panel, or WIDE whole vectors. Steps are made in blocks
/// whose part of the panel stays in the nearest cache while all rows go by; in between, sums wait
/// in the output.
INLINE void multiply_panel(const bl_nn_product *p, size_t row, size_t m, size_t column, size_t n) {
    size_t k = p->b->k, width = smaller((n + LANES - 1) / LANES * LANES, PANEL);
    float *out = p->out + row * p->out_stride + column;
    tile t = {.a = p->a + row * p->a_stride,
              .a_row = p->a_stride,
              .a_step = 1,
              .b = p->b->panels + k * column,
              .b_step = width,
              .b_panel = k * PANEL,
              .start = p->adds   ? out
                       : p->bias ? p->bias + column
                                 : NULL,
              .start_row = p->adds ? p->out_stride : 0,
              .out = out,
              .out_row = p->out_stride,
              .gates_row = p->gates_stride};
    size_t done = 0;
    do {
        t.n_steps = smaller(k - done, BLOCK_STEPS);
        done += t.n_steps;
        t.rectifies = p->rectifies && done == k;
        t.gates = p->gates && done == k ? p->gates + row * p->gates_stride + column : NULL;
        run_tiles(t, m, n);
        t.a += t.n_steps;
        t.b += t.n_steps * width;
        t.start = out;
        t.start_row = p->out_stride;
    } while (done < k);
}

LANES_ATTRIBUTE static void multiply(const bl_nn_product *p) {
    enum { BLOCK_ROWS = 192 }; // that are used again for the next panel
    size_t most = p->m * VECTORS < WIDE ? WIDE * LANES : PANEL, n = p->b->n;
    for (size_t row = 0; row < p->m; row += BLOCK_ROWS)
        for (size_t column = 0, some; column < n; column += some) {
            some = smaller(n - column, n - column < most ? PANEL : most);
            multiply_panel(p, row, smaller(p->m - row, BLOCK_ROWS), column, some);
        }
}

// ---- out = start + aᵀ·b ----

enum {
    BLOCK_COLUMNS = 96, ///< of the left side, at most
    FAR = 512,          ///< floats: rows so far apart push each other out of the nearest cache
};

/// Up to a whole number of vectors; zeros follow. \param to [m × to_stride]
INLINE void copy_columns(const float *from, size_t stride, size_t m, size_t n, float *to,
                         size_t to_stride) {
    for (size_t r = 0; r < m; r++, from += stride, to += to_stride) {
        size_t i = 0;
        for (; i + LANES <= n; i += LANES)
            store(to + i, load(from + i));
        if (i < n)
            store(to + i, load_first(from + i, n - i));
    }
}

/// Some rows of the output, and n columns, of one shard. A panel that is no whole vectors is copied
/// where tiles load whole ones.
INLINE void gradient_of_block(const bl_nn_gradient *g, tile t, const float *b, size_t n,
                              size_t n_rows, float *out) {
    _Alignas(64) float copied[BL_NN_SHARD * PANEL];
    for (size_t column = 0; column < n; column += PANEL) {
        size_t some = smaller(n - column, PANEL);
        t.b = b + column;
        t.b_step = g->b_stride;
        if ((some % LANES && !LOADS_PARTS) || g->b_stride >= FAR) {
            copy_columns(t.b, g->b_stride, t.n_steps, some, copied, PANEL);
            t.b = copied;
            t.b_step = PANEL;
        }
        t.out = out + column;
        run_tiles(t, n_rows, some);
    }
}

/// The first n columns of one shard, of which `shard` knows what it adds to.
LANES_ATTRIBUTE static void gradient_of_shard(const bl_nn_gradient *g, size_t row, tile shard,
                                              size_t n) {
    _Alignas(64) float copied[BL_NN_SHARD * BLOCK_COLUMNS];
    for (size_t i = 0; i < g->k; i += BLOCK_COLUMNS) {
        size_t n_rows = smaller(g->k - i, BLOCK_COLUMNS);
        tile t = shard;
        t.a = g->a + row * g->a_stride + i;
        t.a_row = 1;
        t.a_step = g->a_stride;
        t.out_row = g->out_stride;
        if (g->a_stride >= FAR) {
            copy_columns(t.a, g->a_stride, t.n_steps, n_rows, copied, BLOCK_COLUMNS);
            t.a = copied;
            t.a_step = BLOCK_COLUMNS;
        }
        gradient_of_block(g, t, g->b + row * g->b_stride, n, n_rows, g->out + i * g->out_stride);
    }
}

/// The last n columns of one shard, by lanes over the rows of the output.
LANES_ATTRIBUTE static void thin_gradient(const bl_nn_gradient *g, size_t row, tile t, size_t n) {
    _Alignas(64) float turned[LANES * PANEL], copied[BL_NN_SHARD * PANEL];
    size_t column = g->n - n;
    bool adds = t.stores == ENDS_AFTER_OUT;
    t.stores = ENDS;
    t.a = g->b + row * g->b_stride + column;
    t.a_row = 1;
    t.a_step = g->b_stride;
    t.out = turned;
    t.out_row = PANEL;
    for (size_t i = 0; i < g->k; i += PANEL) {
        size_t some = smaller(g->k - i, PANEL);
        t.b = g->a + row * g->a_stride + i;
        t.b_step = g->a_stride;
        if (some % LANES && !LOADS_PARTS) {
            copy_columns(t.b, g->a_stride, t.n_steps, some, copied, PANEL);
            t.b = copied;
            t.b_step = PANEL;
        }
        run_tiles(t, n, some);
        for (size_t r = 0; r < some; r++) {
            float *out = g->out + (i + r) * g->out_stride + column;
            for (size_t j = 0; j < n; j++)
                out[j] = (adds ? out[j] : 0) + turned[j * PANEL + r];
        }
    }
}

LANES_ATTRIBUTE static void add_gradient(const bl_nn_gradient *g) {
    size_t n_thin = count_thin(g->n, g->k);
    for (size_t i = 0; i < g->k && g->m == 0 && !g->adds; i++)
        memset(g->out + i * g->out_stride, 0, g->n * sizeof *g->out);
    for (size_t row = 0; row < g->m; row += BL_NN_SHARD) {
        tile shard = {.n_steps = smaller(g->m - row, BL_NN_SHARD),
                      .stores = row > 0 || g->adds ? ENDS_AFTER_OUT : ENDS_AFTER_ZERO};
        gradient_of_shard(g, row, shard, g->n - n_thin);
        if (n_thin)
            thin_gradient(g, row, shard, n_thin);
    }
}

// ---- sums of columns ----

/// As many as a panel, of one shard.
INLINE void add_some_columns(const float *b, size_t b_stride, size_t m, size_t n, float *out) {
    lanes sums[VECTORS];
    size_t whole = n / LANES, rest = n % LANES;
    for (size_t v = 0; v < VECTORS; v++)
        sums[v] = splat(0);
    for (size_t r = 0; r < m; r++, b += b_stride)
        for (size_t v = 0; v < VECTORS; v++)
            if (v < whole)
                sums[v] += load(b + v * LANES);
            else if (v == whole && rest)
                sums[v] += load_first(b + v * LANES, rest);
    for (size_t v = 0; v < VECTORS; v++) {
        float *to = out + v * LANES;
        if (v < whole)
            store(to, load(to) + sums[v]);
        else if (v == whole && rest)
            store_first(to, load_first(to, rest) + sums[v], rest);
    }
}

LANES_ATTRIBUTE static void add_columns(const float *b, size_t b_stride, size_t m, size_t n,
                                        bool adds, float *out) {
    if (!adds)
        memset(out, 0, n * sizeof *out);
    for (size_t row = 0; row < m; row += BL_NN_SHARD)
        for (size_t column = 0; column < n; column += PANEL)
            add_some_columns(b + row * b_stride + column, b_stride, smaller(m - row, BL_NN_SHARD),
                             smaller(n - column, PANEL), out + column);
}

#endif
