// SPDX-License-Identifier: Apache-2.0
// Attention within one event. Going back computes scores again, with one product more, so that no
// square of steps is kept.
// Source: A. Vaswani et al., "Attention Is All You Need" (NeurIPS 2017), section 3.2; T. Dao et
// al., "FlashAttention" (NeurIPS 2022), appendix B.2, for the gradient of softmax from the context
#include <math.h>
#include <string.h>

#include "nn/layers/attention.h"

// ---- scratch ----

/// Floats given out; a first time without memory, to count them.
typedef struct layout {
    float *data;
    size_t used;
} layout;

static float *take(layout *l, size_t n) {
    float *here = l->data ? l->data + l->used : NULL;
    l->used += (n + 15) / 16 * 16;
    return here;
}

typedef struct room {
    float *keys;        ///< [n_keys × key_dim] of a head
    float *flat_values; ///< [value_dim × n_keys] of a head, transposed
    float *queries;     ///< [panel × key_dim] scaled, zeros behind those that there are
    float *right;       ///< [key_dim or value_dim × panel] packed
    float *weights;     ///< [n_keys × panel] scores, then e^(score − largest)
    float *factors;     ///< [n_keys × panel] of dropout
    float *out;         ///< [key_dim or value_dim × panel]
    float *most, *sums; ///< [panel]
    float *mean;        ///< [n_heads × value_dim] of all values
} room;

static size_t lay_out(const bl_nn_attention *a, float *data, room *ret_room) {
    enum { PANEL = BL_NN_MOST_PANEL };
    layout l = {.data = data};
    size_t widest = a->key_dim > a->value_dim ? a->key_dim : a->value_dim;
    ret_room->keys = take(&l, a->key_steps * a->key_dim);
    ret_room->flat_values = take(&l, a->value_dim * a->key_steps);
    ret_room->queries = take(&l, PANEL * a->key_dim);
    ret_room->right = take(&l, widest * PANEL);
    ret_room->weights = take(&l, a->key_steps * PANEL);
    ret_room->factors = take(&l, a->dropout > 0 ? a->key_steps * PANEL : 0);
    ret_room->out = take(&l, widest * PANEL);
    ret_room->most = take(&l, PANEL);
    ret_room->sums = take(&l, PANEL);
    ret_room->mean = take(&l, a->n_heads * a->value_dim);
    return l.used;
}

typedef struct back_room {
    float *flat_keys;                     ///< [key_dim × n_keys] of a head, transposed
    float *values;                        ///< [n_keys × value_dim] of a head
    float *key_gradient, *value_gradient; ///< as keys and values
    float *contexts;                      ///< [panel × value_dim] gradients of contexts
    float *right;                         ///< [panel × key_dim or value_dim] packed
    float *gradient;                      ///< [n_keys × panel] of weights, then of scores
} back_room;

static size_t lay_out_back(const bl_nn_attention *a, float *data, back_room *ret_room) {
    enum { PANEL = BL_NN_MOST_PANEL };
    layout l = {.data = data};
    size_t widest = a->key_dim > a->value_dim ? a->key_dim : a->value_dim;
    ret_room->flat_keys = take(&l, a->key_dim * a->key_steps);
    ret_room->values = take(&l, a->key_steps * a->value_dim);
    ret_room->key_gradient = take(&l, a->key_steps * a->key_dim);
    ret_room->value_gradient = take(&l, a->key_steps * a->value_dim);
    ret_room->contexts = take(&l, PANEL * a->value_dim);
    ret_room->right = take(&l, PANEL * (widest + BL_NN_MOST_LANES));
    ret_room->gradient = take(&l, a->key_steps * PANEL);
    return l.used;
}

size_t bl_nn_attention_scratch(const bl_nn_attention *a) {
    room r;
    return lay_out(a, NULL, &r);
}

size_t bl_nn_attention_back_scratch(const bl_nn_attention *a) {
    back_room r;
    return lay_out_back(a, NULL, &r);
}

// ---- rows of a head ----

/// Columns first … first + n − 1 of some rows. \param to [m × n]
static void gather(bl_nn_matrix from, const uint32_t *rows, size_t m, size_t first, size_t n,
                   float *to) {
    for (size_t i = 0; i < m; i++, to += n)
        memcpy(to, bl_nn_row(from, rows[i]) + first, n * sizeof *to);
}

/// \param to [n × m]
static void gather_flat(bl_nn_matrix from, const uint32_t *rows, size_t m, size_t first, size_t n,
                        float *to) {
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++)
            to[k * m + i] = bl_nn_row(from, rows[i])[first + k];
}

static void scatter(const float *from, const uint32_t *rows, size_t m, size_t first, size_t n,
                    bl_nn_matrix to) {
    for (size_t i = 0; i < m; i++, from += n)
        memcpy(bl_nn_row(to, rows[i]) + first, from, n * sizeof *from);
}

// ---- a panel: some queries of a head ----

typedef struct panel {
    size_t head;
    size_t n, width;         ///< queries, and with zeros up to whole vectors
    const uint32_t *queries; ///< [n]
    const uint32_t *n_seen;  ///< [n]
    size_t n_keys;           ///< that any of them sees
} panel;

static panel panel_at(const bl_nn_attention *a, const bl_nn_attention_event *event, size_t head,
                      size_t first) {
    size_t lanes = a->kernels->n_lanes, most = lanes * a->kernels->n_vectors;
    size_t n = event->n_queries - first < most ? event->n_queries - first : most;
    return (panel){.head = head,
                   .n = n,
                   .width = (n + lanes - 1) / lanes * lanes,
                   .queries = event->queries + first,
                   .n_seen = event->n_seen + first,
                   .n_keys = event->n_seen[first + n - 1]};
}

/// Scores of a panel: −∞ for keys that a query does not see.
static void score(const bl_nn_attention *a, const panel *p, const room *r) {
    size_t d = a->key_dim, n = p->n * d, width = p->width;
    gather(a->query, p->queries, p->n, p->head * d, d, r->queries);
    for (size_t i = 0; i < n; i++)
        r->queries[i] *= a->scale;
    memset(r->queries + n, 0, (width * d - n) * sizeof(float));
    bl_nn_packed right = bl_nn_packed_in(a->kernels, d, width, r->right);
    bl_nn_packed_set_transposed(&right, r->queries, d);
    a->kernels->multiply(&(bl_nn_product){.m = p->n_keys,
                                          .a = r->keys,
                                          .a_stride = d,
                                          .b = &right,
                                          .out = r->weights,
                                          .out_stride = width});
    for (size_t i = 0; i < p->n; i++)
        for (size_t key = p->n_seen[i]; key < p->n_keys; key++)
            r->weights[key * width + i] = -INFINITY;
}

/// What the weights of a panel are multiplied with while training.
static void draw(const bl_nn_attention *a, bl_nn_attention_event *event, const panel *p,
                 float *factors) {
    uint32_t below = (uint32_t)(a->dropout * 0x1p32);
    float kept = (float)(1 / (1 - a->dropout));
    memset(factors, 0, p->n_keys * p->width * sizeof *factors);
    for (size_t i = 0; i < p->n; i++)
        for (size_t key = 0; key < p->n_seen[i]; key++)
            factors[key * p->width + i] = bl_random_word(&event->random) < below ? 0 : kept;
}

/// y = y·x
static void multiply_all(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] *= x[i];
}

/// A panel's weights are the packed right side of products as they lie.
static bl_nn_packed packed_weights(const bl_nn_attention *a, const panel *p, float *weights) {
    return (bl_nn_packed){.kernels = a->kernels, .k = p->n_keys, .n = p->width, .panels = weights};
}

static void attend_panel(const bl_nn_attention *a, bl_nn_attention_event *event, const panel *p,
                         const room *r) {
    size_t width = p->width, d = a->value_dim;
    score(a, p, r);
    a->kernels->softmax_columns(r->weights, width, p->n_keys, width, r->most, r->sums);
    if (a->dropout > 0) {
        draw(a, event, p, r->factors);
        multiply_all(r->weights, r->factors, p->n_keys * width);
    }
    bl_nn_packed right = packed_weights(a, p, r->weights);
    a->kernels->multiply(&(bl_nn_product){.m = d,
                                          .a = r->flat_values,
                                          .a_stride = event->n_keys,
                                          .b = &right,
                                          .out = r->out,
                                          .out_stride = width});
    for (size_t i = 0; i < p->n; i++) {
        float *to = bl_nn_row(a->context, p->queries[i]) + p->head * d;
        for (size_t k = 0; k < d; k++)
            to[k] = r->out[k * width + i] / r->sums[i];
        if (!a->statistics.data)
            continue;
        float *kept = bl_nn_row(a->statistics, p->queries[i]) + 2 * p->head;
        kept[0] = r->most[i];
        kept[1] = 1 / r->sums[i];
    }
}

// ---- queries that see nothing ----

/// The mean of all values, or zeros.
static void find_mean(const bl_nn_attention *a, const bl_nn_attention_event *event, float *mean) {
    size_t width = a->n_heads * a->value_dim;
    size_t n = event->key_rows.last - event->key_rows.first;
    memset(mean, 0, width * sizeof *mean);
    if (!a->sees_mean || !n)
        return;
    for (size_t r = event->key_rows.first; r < event->key_rows.last; r++)
        for (size_t i = 0; i < width; i++)
            mean[i] += bl_nn_row(a->value, r)[i];
    for (size_t i = 0; i < width; i++)
        mean[i] /= (float)n;
}

/// The next row at or behind `row` that is none of the event's queries; the last: there is none.
/// \param at the first query that is not before it
static size_t next_blind(const bl_nn_attention_event *event, size_t row, size_t *at) {
    while (*at < event->n_queries && event->queries[*at] == row) {
        row++;
        ++*at;
    }
    return row;
}

#define FOR_EACH_BLIND(row, event)                                                 \
    for (size_t at_ = 0, row = next_blind(event, (event)->query_rows.first, &at_); \
         (row) < (event)->query_rows.last; (row) = next_blind(event, (row) + 1, &at_))

static void attend_blindly(const bl_nn_attention *a, const bl_nn_attention_event *event,
                           float *mean) {
    size_t width = a->n_heads * a->value_dim;
    if (event->n_queries == event->query_rows.last - event->query_rows.first)
        return;
    find_mean(a, event, mean);
    FOR_EACH_BLIND(row, event)
    memcpy(bl_nn_row(a->context, row), mean, width * sizeof *mean);
}

static void go_back_blindly(const bl_nn_attention *a, const bl_nn_attention_event *event,
                            float *mean) {
    size_t width = a->n_heads * a->value_dim;
    size_t n = event->key_rows.last - event->key_rows.first;
    if (!a->sees_mean || event->n_queries == event->query_rows.last - event->query_rows.first)
        return;
    memset(mean, 0, width * sizeof *mean);
    FOR_EACH_BLIND(row, event)
    for (size_t i = 0; i < width; i++)
        mean[i] += bl_nn_row(a->context_gradient, row)[i];
    for (size_t r = event->key_rows.first; r < event->key_rows.last; r++)
        for (size_t i = 0; i < width; i++)
            bl_nn_row(a->value_gradient, r)[i] += mean[i] / (float)n;
}

void bl_nn_attend(const bl_nn_attention *a, bl_nn_attention_event *event) {
    room r;
    lay_out(a, a->scratch, &r);
    attend_blindly(a, event, r.mean);
    for (size_t head = 0; head < a->n_heads && event->n_queries; head++) {
        gather(a->key, event->keys, event->n_keys, head * a->key_dim, a->key_dim, r.keys);
        gather_flat(a->value, event->keys, event->n_keys, head * a->value_dim, a->value_dim,
                    r.flat_values);
        for (size_t i = 0; i < event->n_queries;) {
            panel p = panel_at(a, event, head, i);
            attend_panel(a, event, &p, &r);
            i += p.n;
        }
    }
}

// ---- backward ----

/// The weights of a panel again, and for each query Σ weight·∂weight, which is context·∂context.
static void find_weights(const bl_nn_attention *a, const panel *p, const room *r,
                         const back_room *b) {
    size_t d = a->value_dim;
    score(a, p, r);
    memset(r->sums, 0, p->width * sizeof(float));
    memset(r->most, 0, p->width * sizeof(float));
    for (size_t i = 0; i < p->n; i++) {
        const float *kept = bl_nn_row(a->statistics, p->queries[i]) + 2 * p->head;
        r->most[i] = kept[0];
        r->sums[i] = kept[1];
    }
    a->kernels->softmax_columns_again(r->weights, p->width, p->n_keys, p->width, r->most, r->sums);
    for (size_t i = 0; i < p->n; i++) {
        const float *context = bl_nn_row(a->context, p->queries[i]) + p->head * d;
        r->sums[i] = 0;
        for (size_t k = 0; k < d; k++)
            r->sums[i] += context[k] * b->contexts[i * d + k];
    }
}

/// out[n_keys × n] += a·b over a panel's queries. \param left [n_keys × width] \param b [n queries
/// × n]
static void add_over_queries(const bl_nn_attention *a, const panel *p, const float *left,
                             const float *b, size_t n, float *packed, float *out) {
    bl_nn_packed right = bl_nn_packed_in(a->kernels, p->n, n, packed);
    bl_nn_packed_set(&right, b, n);
    a->kernels->multiply(&(bl_nn_product){.m = p->n_keys,
                                          .a = left,
                                          .a_stride = p->width,
                                          .b = &right,
                                          .adds = true,
                                          .out = out,
                                          .out_stride = n});
}

/// The gradient of weights from that of contexts.
static void find_weight_gradient(const bl_nn_attention *a, const panel *p, const room *r,
                                 const back_room *b) {
    size_t d = a->value_dim, n = p->n * d;
    gather(a->context_gradient, p->queries, p->n, p->head * d, d, b->contexts);
    memset(b->contexts + n, 0, (p->width * d - n) * sizeof(float));
    bl_nn_packed right = bl_nn_packed_in(a->kernels, d, p->width, r->right);
    bl_nn_packed_set_transposed(&right, b->contexts, d);
    a->kernels->multiply(&(bl_nn_product){.m = p->n_keys,
                                          .a = b->values,
                                          .a_stride = d,
                                          .b = &right,
                                          .out = b->gradient,
                                          .out_stride = p->width});
}

static void go_back_panel(const bl_nn_attention *a, bl_nn_attention_event *event, const panel *p,
                          const room *r, const back_room *b) {
    size_t width = p->width, d = a->key_dim, n = p->n_keys * width;
    find_weight_gradient(a, p, r, b);
    find_weights(a, p, r, b);
    float *dropped = r->weights;
    if (a->dropout > 0) {
        dropped = r->factors;
        draw(a, event, p, r->factors);
        multiply_all(b->gradient, r->factors, n);
        multiply_all(r->factors, r->weights, n);
    }
    add_over_queries(a, p, dropped, b->contexts, a->value_dim, b->right, b->value_gradient);
    a->kernels->softmax_columns_slope(r->weights, width, p->n_keys, width, r->sums, b->gradient);
    add_over_queries(a, p, b->gradient, r->queries, d, b->right, b->key_gradient);
    bl_nn_packed right = packed_weights(a, p, b->gradient);
    a->kernels->multiply(&(bl_nn_product){.m = d,
                                          .a = b->flat_keys,
                                          .a_stride = event->n_keys,
                                          .b = &right,
                                          .out = r->out,
                                          .out_stride = width});
    for (size_t i = 0; i < p->n; i++) {
        float *to = bl_nn_row(a->query_gradient, p->queries[i]) + p->head * d;
        for (size_t k = 0; k < d; k++)
            to[k] = r->out[k * width + i] * a->scale;
    }
}

static void go_back_head(const bl_nn_attention *a, bl_nn_attention_event *event, size_t head,
                         const room *r, const back_room *b) {
    size_t n = event->n_keys, d = a->key_dim, d_value = a->value_dim;
    gather(a->key, event->keys, n, head * d, d, r->keys);
    gather_flat(a->key, event->keys, n, head * d, d, b->flat_keys);
    gather(a->value, event->keys, n, head * d_value, d_value, b->values);
    memset(b->key_gradient, 0, n * d * sizeof(float));
    memset(b->value_gradient, 0, n * d_value * sizeof(float));
    for (size_t i = 0; i < event->n_queries;) {
        panel p = panel_at(a, event, head, i);
        go_back_panel(a, event, &p, r, b);
        i += p.n;
    }
    scatter(b->key_gradient, event->keys, n, head * d, d, a->key_gradient);
    scatter(b->value_gradient, event->keys, n, head * d_value, d_value, a->value_gradient);
}

void bl_nn_attend_back(const bl_nn_attention *a, bl_nn_attention_event *event) {
    room r;
    back_room b;
    lay_out(a, a->scratch, &r);
    lay_out_back(a, a->back_scratch, &b);
    for (size_t head = 0; head < a->n_heads && event->n_queries; head++)
        go_back_head(a, event, head, &r, &b);
    go_back_blindly(a, event, r.mean);
}
