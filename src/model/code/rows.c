// SPDX-License-Identifier: Apache-2.0
// The code of layers that make rows: inputs, masks, tables, other shapes, one row of many, windows.
#include "model/code/private.h"

void bl_code_input(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_input_options *options = step->options;
    const bl_nn_value *value = bl_code_value(c, step->output);
    size_t steps = value->shape.steps, width = value->shape.width, i = step->first_slot, all;
    const char *name = c->network->n_inputs > 1 ? bl_code_format(c, "%zu", i) : "";
    const char *given = bl_code_format(c, "input%s", name);
    c->places[step->output] = (bl_place){given, width, false};
    if (!steps)
        return;
    BL_PUT(c, "    if (n_rows%s > %zu)\n        return 1;\n", name, steps);
    if (options->ragged || step->packs) {
        BL_PUT(c, "    const size_t n%zu = n_rows%s;\n", value->rows, name);
        return;
    }
    if (__builtin_mul_overflow(steps, width, &all))
        all = SIZE_MAX;
    const char *padded = bl_code_member(c, step, "float", "v", all);
    BL_PUT(c, "    const size_t n%zu = %zu;\n", value->rows, steps);
    BL_PUT(c, "    const float *rows%zu = %s;\n", step->output, given);
    BL_PUT(c, "    if (n_rows%s < %zu) {\n", name, steps);
    BL_PUT(c, "        copy(%s, n_rows%s * %zu, %s);\n", given, name, width, padded);
    BL_PUT(c, "        clear(%s + n_rows%s * %zu, (%zu - n_rows%s) * %zu);\n", padded, name, width,
           steps, name, width);
    BL_PUT(c, "        rows%zu = %s;\n    }\n", step->output, padded);
    c->places[step->output].at = bl_code_format(c, "rows%zu", step->output);
}

/// Room for the numbers of rows that count.
static void add_index(bl_coder *c, size_t rows) {
    size_t steps = c->network->plan.rows.items[rows].steps;
    bl_text_add(&c->members, "    uint32_t index%zu[%zu];\n", rows, steps);
    c->n_bytes += 4 * steps;
}

void bl_code_masking(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    size_t width = from->shape.width, counting = step->first_rows;
    const bl_place *x = bl_code_in(c, step, 0);
    const char *value =
        bl_code_number(c, (float)((const bl_nn_masking_options *)step->options)->mask_value);
    bl_code_place(c, step, false);
    const bl_place *y = &c->places[step->output];
    BL_PUT(c, "    size_t n%zu = 0;\n    for (size_t r = 0; r < n%zu; r++) {\n", counting,
           from->rows);
    BL_PUT(c, "        const float *x = %s + r * %zu;\n", x->at, x->stride);
    BL_PUT(c, "        int counts = differs(x, %zu, %s);\n", width, value);
    if (step->packs) {
        BL_PUT(c, "        if (counts)\n            copy(x, %zu, %s + n%zu++ * %zu);\n    }\n",
               width, y->at, counting, y->stride);
        BL_PUT(c, "    const size_t n%zu = n%zu;\n", counting + 1, counting);
        return;
    }
    add_index(c, counting);
    BL_PUT(c, "        if (counts)\n            s->index%zu[n%zu++] = (uint32_t)r;\n", counting,
           counting);
    BL_PUT(c, "        float *y = %s + r * %zu;\n", y->at, y->stride);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n", width);
    BL_PUT(c, "            y[i] = counts ? x[i] : 0;\n    }\n");
}

void bl_code_own_mask(bl_coder *c, const bl_nn_step *step) {
    const bl_place *mask = &c->places[step->mask];
    bool is_per_row = bl_code_value(c, step->mask)->shape.steps > 0;
    size_t own = step->own_mask;
    add_index(c, own);
    BL_PUT(c, "    size_t n%zu = 0;\n    for (size_t r = 0; r < n%zu; r++)\n", own,
           bl_code_value(c, step->inputs[0])->rows);
    BL_PUT(c, "        if (%s[r * %zu] != 0)\n", mask->at, is_per_row ? mask->stride : 1);
    BL_PUT(c, "            s->index%zu[n%zu++] = (uint32_t)r;\n", own, own);
}

void bl_code_joined_mask(bl_coder *c, const bl_nn_step *step) {
    size_t mask = bl_code_value(c, step->output)->mask;
    const bl_nn_value *first = bl_code_value(c, step->inputs[0]);
    if (mask == BL_NN_NONE || mask == first->mask)
        return;
    add_index(c, mask);
    BL_PUT(c, "    size_t n%zu = 0, at%zu[%zu] = {0};\n", mask, mask, step->n_inputs);
    BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++) {\n        int counts = 0;\n", first->rows);
    for (size_t i = 0; i < step->n_inputs; i++) {
        size_t of = bl_code_value(c, step->inputs[i])->mask;
        BL_PUT(c, "        if (at%zu[%zu] < n%zu && s->index%zu[at%zu[%zu]] == r) {\n", mask, i, of,
               of, mask, i);
        BL_PUT(c, "            at%zu[%zu]++;\n            counts = 1;\n        }\n", mask, i);
    }
    BL_PUT(c, "        if (counts)\n            s->index%zu[n%zu++] = (uint32_t)r;\n    }\n", mask,
           mask);
}

void bl_code_embedding(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_embedding_options *o = step->options;
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    size_t n = (size_t)o->output_dim, padded = bl_code_padded(n), rows = step->first_rows;
    size_t mask = bl_code_value(c, step->output)->mask;
    const bl_place *x = bl_code_in(c, step, 0);
    const char *table = bl_code_parameter(c, step, 0, (size_t)o->input_dim, 1, n, 0, n);
    bl_code_place(c, step, true);
    if (mask != BL_NN_NONE) {
        add_index(c, mask);
        BL_PUT(c, "    size_t n%zu = 0;\n", mask);
    }
    const char *end = from->shape.steps ? bl_code_format(c, "n%zu", from->rows)
                                        : bl_code_format(c, "%zu", from->shape.width);
    BL_PUT(c, "    size_t n%zu = 0;\n    for (size_t r = 0; r < %s; r++) {\n", rows, end);
    BL_PUT(c, "        float x = %s[r * %zu];\n", x->at, from->shape.steps ? x->stride : 1);
    BL_PUT(c, "        if (!(x >= 0 && x < %lld))\n            return 2;\n",
           (long long)o->input_dim);
    BL_PUT(c, "        size_t number = (size_t)x;\n");
    if (o->mask_zero && step->packs)
        BL_PUT(c, "        if (number == 0)\n            continue;\n");
    if (mask != BL_NN_NONE)
        BL_PUT(c, "        if (number)\n            s->index%zu[n%zu++] = (uint32_t)r;\n", mask,
               mask);
    BL_PUT(c, "        copy(%s + number * %zu, %zu, %s + n%zu++ * %zu);\n    }\n", table, padded,
           padded, c->places[step->output].at, rows, padded);
}

// ---- other shapes ----

/// The rows that count of an input, behind those before; n of `rows` are there.
static void append_mask(bl_coder *c, size_t input, size_t rows, size_t mask) {
    const bl_nn_value *value = bl_code_value(c, input);
    bool has_mask = value->mask != BL_NN_NONE;
    const char *row = has_mask ? bl_code_format(c, "s->index%zu[i]", value->mask) : "i";
    BL_PUT(c, "    for (size_t i = 0; i < n%zu; i++)\n", has_mask ? value->mask : value->rows);
    BL_PUT(c, "        s->index%zu[n%zu++] = (uint32_t)(n%zu + %s);\n", mask, mask, rows, row);
}

static void join_steps(bl_coder *c, const bl_nn_step *step) {
    const bl_place *y = &c->places[step->output];
    size_t rows = step->first_rows, mask = bl_code_value(c, step->output)->mask;
    BL_PUT(c, "    size_t n%zu = 0;\n", rows);
    if (mask != BL_NN_NONE) {
        add_index(c, mask);
        BL_PUT(c, "    size_t n%zu = 0;\n", mask);
    }
    for (size_t i = 0; i < step->n_inputs; i++) {
        const bl_place *x = bl_code_in(c, step, i);
        if (mask != BL_NN_NONE)
            append_mask(c, step->inputs[i], rows, mask);
        BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++)\n",
               bl_code_value(c, step->inputs[i])->rows);
        BL_PUT(c, "        copy(%s + r * %zu, %zu, %s + n%zu++ * %zu);\n", x->at, x->stride,
               bl_code_width(c, step->output), y->at, rows, y->stride);
    }
}

void bl_code_concatenate(bl_coder *c, const bl_nn_step *step) {
    bl_code_place(c, step, false);
    if (bl_code_value(c, step->output)->rows != bl_code_value(c, step->inputs[0])->rows) {
        join_steps(c, step);
        return;
    }
    bl_code_joined_mask(c, step);
    bl_code_open(c, step);
    for (size_t i = 0, at = 0; i < step->n_inputs; i++) {
        size_t n = bl_code_width(c, step->inputs[i]);
        const char *name = step->n_inputs > 1 ? bl_code_format(c, "x%zu", i) : "x";
        BL_PUT(c, "        copy(%s, %zu, y + %zu);\n", name, n, at);
        at += n;
    }
    bl_code_close(c);
}

/// Flatten and Reshape: number after number.
void bl_code_reshape(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    const bl_nn_value *to = bl_code_value(c, step->output);
    size_t all = (to->shape.steps ? to->shape.steps : 1) * to->shape.width;
    size_t width = from->shape.width;
    bl_code_place(c, step, false);
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    const char *end = from->rows ? bl_code_format(c, "n%zu * %zu", from->rows, width)
                                 : bl_code_format(c, "%zu", width);
    if (to->rows)
        BL_PUT(c, "    const size_t n%zu = %zu;\n", to->rows, to->shape.steps);
    BL_PUT(c, "    for (size_t i = 0; i < %zu; i++)\n", all);
    BL_PUT(c, "        %s[i / %zu * %zu + i %% %zu] =\n", y->at, to->shape.width, y->stride,
           to->shape.width);
    BL_PUT(c, "            i < %s ? %s[i / %zu * %zu + i %% %zu] : 0;\n", end, x->at, width,
           x->stride, width);
}

void bl_code_permute(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    const bl_nn_value *to = bl_code_value(c, step->output);
    bl_code_place(c, step, false);
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    BL_PUT(c, "    const size_t n%zu = %zu;\n", to->rows, to->shape.steps);
    BL_PUT(c, "    for (size_t r = 0; r < %zu; r++)\n", to->shape.steps);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n", to->shape.width);
    BL_PUT(c, "            %s[r * %zu + i] = i < n%zu ? %s[i * %zu + r] : 0;\n", y->at, y->stride,
           from->rows, x->at, x->stride);
}

static void slice_steps(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_slice_options *o = step->options;
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    size_t all = bl_code_value(c, step->inputs[0])->rows, to = bl_code_value(c, step->output)->rows;
    size_t n = bl_code_width(c, step->output), start = (size_t)o->start;
    if (to)
        BL_PUT(c, "    const size_t n%zu = %lld;\n", to, (long long)o->size);
    BL_PUT(c, "    for (size_t r = 0; r < %lld; r++)\n", (long long)o->size);
    BL_PUT(c, "        if (%zu + r < n%zu)\n", start, all);
    BL_PUT(c, "            copy(%s + (%zu + r) * %zu, %zu, %s + r * %zu);\n", x->at, start,
           x->stride, n, y->at, y->stride);
    BL_PUT(c, "        else\n            clear(%s + r * %zu, %zu);\n", y->at, y->stride, n);
}

void bl_code_slice(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_slice_options *o = step->options;
    bl_code_place(c, step, false);
    if (bl_code_value(c, step->inputs[0])->shape.steps && o->axis == 1) {
        slice_steps(c, step);
        return;
    }
    bl_code_open(c, step);
    BL_PUT(c, "        copy(x + %lld, %lld, y);\n", (long long)o->start, (long long)o->size);
    bl_code_close(c);
}

// ---- one row of many ----

static const char *joined(bl_nn_kind_id kind) {
    switch (kind) {
    case BL_NN_KIND_MAX:
    case BL_NN_KIND_GLOBAL_MAX_POOLING:
        return "larger_of(%s, %s)";
    case BL_NN_KIND_MIN:
        return "smaller_of(%s, %s)";
    case BL_NN_KIND_ANY:
        return "((%s != 0) | (%s != 0)) ? 1.0F : 0";
    case BL_NN_KIND_ALL:
        return "((%s != 0) & (%s != 0)) ? 1.0F : 0";
    default:
        return "%s + %s";
    }
}

/// An expression of two numbers. \param a, b may be NULL: the template itself has one
static void put_joined(bl_coder *c, bl_nn_kind_id kind, const char *a, const char *b) {
    const char *const numbers[] = {a, b};
    size_t next = 0;
    for (const char *at = joined(kind); *at; at++)
        if (*at == '%')
            BL_PUT(c, "%s", numbers[next++]), at++;
        else
            BL_PUT(c, "%c", *at);
    BL_PUT(c, ";\n");
}

static const char *begun(bl_coder *c, bl_nn_kind_id kind, const char *x) {
    bool is_logical = kind == BL_NN_KIND_ANY || kind == BL_NN_KIND_ALL;
    return is_logical ? bl_code_format(c, "%s != 0 ? 1.0F : 0", x) : x;
}

static bool is_mean(bl_nn_kind_id kind) {
    return kind == BL_NN_KIND_MEAN || kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
}

/// A number of each row: in a row of its own, or in a column of a vector, zeros behind them.
static void reduce_columns(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    size_t n = from->shape.width;
    bool is_vector = !bl_code_value(c, step->output)->rows && from->rows;
    if (is_vector)
        BL_PUT(c, "    clear(%s, %zu);\n", y->at, bl_code_width(c, step->output));
    if (from->rows)
        BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++) {\n", from->rows);
    else
        BL_PUT(c, "    for (size_t r = 0; r < 1; r++) {\n");
    BL_PUT(c, "        const float *x = %s + r * %zu;\n", x->at, x->stride);
    BL_PUT(c, "        float *y = %s + r * %zu;\n", y->at, is_vector ? 1 : y->stride);
    BL_PUT(c, "        y[0] = %s;\n", begun(c, step->kind, "x[0]"));
    BL_PUT(c, "        for (size_t i = 1; i < %zu; i++)\n            y[0] = ", n);
    put_joined(c, step->kind, "y[0]", "x[i]");
    if (is_mean(step->kind))
        BL_PUT(c, "        y[0] = y[0] / %s;\n", bl_code_number(c, (float)n));
    bl_code_close(c);
}

static void reduce_rows(bl_coder *c, const bl_nn_step *step, bl_code_rows rows) {
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    size_t n = x->is_padded ? y->stride : bl_code_width(c, step->output);
    c->places[step->output].is_padded = true; // cleared first
    if (bl_code_value(c, step->output)->rows)
        BL_PUT(c, "    const size_t n%zu = 1;\n", bl_code_value(c, step->output)->rows);
    BL_PUT(c, "    clear(%s, %zu);\n", y->at, y->stride);
    BL_PUT(c, "    for (size_t i = 0; i < n%zu; i++) {\n", rows.number);
    BL_PUT(c, "        const float *x = %s + %s * %zu;\n        float *y = %s;\n", x->at, rows.row,
           x->stride, y->at);
    BL_PUT(c, "        for (size_t k = 0; k < %zu && i == 0; k++)\n            y[k] = %s;\n", n,
           begun(c, step->kind, "x[k]"));
    BL_PUT(c, "        for (size_t k = 0; k < %zu && i > 0; k++)\n            y[k] = ", n);
    put_joined(c, step->kind, "y[k]", "x[k]");
    BL_PUT(c, "    }\n");
    if (is_mean(step->kind))
        BL_PUT(c,
               "    for (size_t k = 0; k < %zu && n%zu > 0; k++)\n"
               "        %s[k] = %s[k] / (float)n%zu;\n",
               n, rows.number, y->at, y->at, rows.number);
}

void bl_code_reduce(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_value *from = bl_code_value(c, step->inputs[0]);
    bool is_pooling = step->kind == BL_NN_KIND_GLOBAL_MAX_POOLING ||
                      step->kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
    int64_t axis = ((const bl_nn_reduce_options *)step->options)->axis;
    bl_code_place(c, step, false);
    if (!is_pooling && (axis == -1 || axis == (from->shape.steps ? 2 : 1))) {
        reduce_columns(c, step);
        return;
    }
    bl_code_rows rows = {.number = from->rows, .row = "i"};
    if (step->kind == BL_NN_KIND_GLOBAL_AVERAGE_POOLING)
        rows = bl_code_counting(c, step, 0);
    reduce_rows(c, step, rows);
}

// ---- windows ----

/// A loop over the windows of a sequence, with t the taps and `at` the step that one sees.
static void open_windows(bl_coder *c, const bl_nn_step *step, size_t taps, size_t stride,
                         size_t dilation, int padding) {
    static const int codes[] = {[BL_NN_VALID] = 0, [BL_NN_SAME] = 1, [BL_NN_CAUSAL] = 2};
    size_t from = bl_code_value(c, step->inputs[0])->rows, to = step->first_rows;
    const bl_place *x = bl_code_in(c, step, 0), *y = &c->places[step->output];
    BL_PUT(c, "    const window window%zu = {%zu, %zu, %zu, %d};\n", step->output, taps, stride,
           dilation, codes[padding]);
    BL_PUT(c, "    const size_t n%zu = window_count(window%zu, n%zu);\n", to, step->output, from);
    BL_PUT(c, "    const size_t before%zu = window_before(window%zu, n%zu);\n", step->output,
           step->output, from);
    BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++) {\n", to);
    BL_PUT(c, "        float *y = %s + r * %zu;\n", y->at, y->stride);
    BL_PUT(c, "        size_t n_seen = 0;\n        for (size_t t = 0; t < %zu; t++) {\n", taps);
    BL_PUT(c, "            size_t at = window_step(window%zu, before%zu, r, t);\n", step->output,
           step->output);
    BL_PUT(c, "            const float *x = %s + (at < n%zu ? at : 0) * %zu;\n", x->at, from,
           x->stride);
}

void bl_code_convolution(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_convolution_options *o = step->options;
    size_t taps = (size_t)o->kernel_size, width = bl_code_width(c, step->inputs[0]);
    size_t k = taps * width, n = (size_t)o->filters, padded = bl_code_padded(n);
    size_t from = bl_code_value(c, step->inputs[0])->rows;
    const char *w = bl_code_parameter(c, step, 0, k, 1, n, 0, n);
    const char *bias = o->use_bias ? bl_code_parameter(c, step, 1, 1, 1, n, 0, n) : NULL;
    const char *seen = bl_code_member(c, step, "float", "seen", k);
    bl_code_place(c, step, true);
    open_windows(c, step, taps, (size_t)o->strides, (size_t)o->dilation_rate, o->padding);
    BL_PUT(c, "            if (at < n%zu)\n                copy(x, %zu, %s + n_seen);\n", from,
           width, seen);
    BL_PUT(c, "            else\n                clear(%s + n_seen, %zu);\n", seen, width);
    BL_PUT(c, "            n_seen += %zu;\n        }\n", width);
    bl_code_product(c, bias, seen, k, w, padded, "y");
    bl_code_activate(c, &o->activation, "y", padded, n, "y");
    bl_code_close(c);
}

void bl_code_pooling(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_pooling_options *o = step->options;
    bool is_max = step->kind == BL_NN_KIND_MAX_POOLING;
    size_t n = bl_code_width(c, step->output), from = bl_code_value(c, step->inputs[0])->rows;
    bl_code_place(c, step, false);
    open_windows(c, step, (size_t)o->pool_size, (size_t)(o->strides ? o->strides : o->pool_size), 1,
                 o->padding);
    BL_PUT(c, "            if (at >= n%zu)\n                continue;\n", from);
    BL_PUT(c, "            for (size_t k = 0; k < %zu; k++)\n", n);
    BL_PUT(c, "                y[k] = n_seen == 0 ? x[k] : %s;\n",
           is_max ? "larger_of(y[k], x[k])" : "y[k] + x[k]");
    BL_PUT(c, "            n_seen++;\n        }\n");
    BL_PUT(c, "        for (size_t k = 0; k < %zu; k++)\n", n);
    BL_PUT(c, "            y[k] = n_seen == 0 ? 0 : %s;\n",
           is_max ? "y[k]" : "y[k] / (float)n_seen");
    bl_code_close(c);
}
