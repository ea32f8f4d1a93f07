// SPDX-License-Identifier: Apache-2.0
// MultiHeadAttention as products, a softmax over keys and products again. Keys that do not count
// are far below the others, and queries that do not count see none, so that they get the mean of
// all values, as in Keras.
#include "model/onnx/export.h"

#include <math.h>
#include <stdio.h>

/// How far below: more than float32 can tell scores apart there.
static const double FAR_BELOW = 1e9;

/// A part's product: rows [events, steps, width]. \param width columns of all heads, or the output
static const char *project(bl_onnx_export *x, const char *in, const char *part, size_t width) {
    char kernel[64], bias[64];
    (void)snprintf(kernel, sizeof kernel, "%s/kernel", part);
    (void)snprintf(bias, sizeof bias, "%s/bias", part);
    const bl_nn_parameter *k = bl_onnx_find_parameter(x, x->layer, kernel);
    const bl_nn_parameter *b = bl_onnx_find_parameter(x, x->layer, bias);
    if (!k)
        return "";
    int64_t sizes[] = {(int64_t)(k->n / width), (int64_t)width};
    const char *matrix = bl_onnx_floats(x, 2, sizes, x->network->parameters + k->offset);
    const char *out = bl_onnx_emit2(x, "MatMul", in, matrix);
    if (!b)
        return out;
    return bl_onnx_emit2(x, "Add", out,
                         bl_onnx_floats(x, 1, sizes + 1, x->network->parameters + b->offset));
}

/// [events, steps, heads·n] as [events, heads, steps, n], or with the last two turned.
static const char *part_heads(bl_onnx_export *x, const char *rows, size_t steps, size_t heads,
                              size_t n, bool is_turned) {
    static const int64_t straight[] = {0, 2, 1, 3}, turned[] = {0, 2, 3, 1};
    int64_t sizes[] = {-1, (int64_t)steps, (int64_t)heads, (int64_t)n};
    return bl_onnx_transpose_to(x, bl_onnx_reshape_to(x, rows, 4, sizes), 4,
                                is_turned ? turned : straight);
}

/// 1 for steps that count, along the axis of queries or of keys of scores; NULL: all count.
static const char *flags_of(bl_onnx_export *x, const bl_onnx_made *in, bool is_query) {
    int64_t steps = (int64_t)in->shape.steps;
    int64_t sizes[] = {-1, 1, is_query ? steps : 1, is_query ? 1 : steps};
    if (!in->lengths)
        return NULL;
    return bl_onnx_reshape_to(x, bl_onnx_steps_that_count(x, in->lengths, in->shape.steps), 4,
                              sizes);
}

/// Keys up to a query's own place.
static const char *flags_of_before(bl_onnx_export *x, size_t queries, size_t keys) {
    float *flags = bl_arena_array(x->arena, queries * keys + 1, sizeof *flags);
    for (size_t q = 0; q < queries && flags; q++)
        for (size_t k = 0; k < keys; k++)
            flags[q * keys + k] = k <= q;
    return bl_onnx_floats(x, 4, (int64_t[]){1, 1, (int64_t)queries, (int64_t)keys}, flags);
}

static const char *both(bl_onnx_export *x, const char *a, const char *b) {
    return a && b ? bl_onnx_emit2(x, "Mul", a, b) : a ? a : b;
}

/// Scores of keys that a query does not see are moved far below.
static const char *mask(bl_onnx_export *x, const bl_onnx_made *const *in, const char *scores) {
    const bl_nn_attention_options *o = x->node->options;
    const bl_onnx_made *key = in[x->node->n_inputs == 3 ? 2 : 1];
    const char *flags = both(x, flags_of(x, in[0], true), flags_of(x, in[1], false));
    if (key != in[1] && key->lengths)
        flags = both(x, flags, flags_of(x, key, false));
    if (o->use_causal_mask)
        flags = both(x, flags, flags_of_before(x, in[0]->shape.steps, key->shape.steps));
    if (!flags)
        return scores;
    const char *lacks = bl_onnx_emit2(x, "Sub", flags, bl_onnx_number(x, 1));
    return bl_onnx_emit2(x, "Add", scores,
                         bl_onnx_emit2(x, "Mul", lacks, bl_onnx_number(x, FAR_BELOW)));
}

BL_ONNX_WRITER(attention) {
    const bl_nn_attention_options *o = x->node->options;
    const bl_onnx_made *query = in[0], *value = in[1], *key = in[x->node->n_inputs == 3 ? 2 : 1];
    size_t heads = (size_t)o->num_heads, n = (size_t)o->key_dim;
    size_t n_values = o->value_dim ? (size_t)o->value_dim : n;
    (void)err;
    const char *q = project(x, query->name, "query", heads * n);
    const char *k = project(x, key->name, "key", heads * n);
    const char *v = project(x, value->name, "value", heads * n_values);
    q = bl_onnx_emit2(x, "Mul", q, bl_onnx_number(x, 1 / sqrt((double)n)));
    q = part_heads(x, q, query->shape.steps, heads, n, false);
    k = part_heads(x, k, key->shape.steps, heads, n, true);
    v = part_heads(x, v, value->shape.steps, heads, n_values, false);
    const char *scores = mask(x, in, bl_onnx_emit2(x, "MatMul", q, k));
    scores = bl_onnx_write_activation(x, &(bl_nn_activation){.kind = BL_NN_SOFTMAX}, scores);
    const char *seen =
        bl_onnx_transpose_to(x, bl_onnx_emit2(x, "MatMul", scores, v), 4, (int64_t[]){0, 2, 1, 3});
    int64_t rows[] = {-1, (int64_t)query->shape.steps, (int64_t)(heads * n_values)};
    seen = bl_onnx_reshape_to(x, seen, 3, rows);
    ret_made->name = project(x, seen, "attention_output", ret_made->shape.width);
    return BL_OK;
}
