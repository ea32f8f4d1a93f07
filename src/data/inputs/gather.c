// SPDX-License-Identifier: Apache-2.0
// Numbers are gathered from columns into the rows of a matrix.
#include "data/inputs/inputs.h"
#include "data/inputs/numbers.h"

static const bl_column *column_of(const bl_gathering *g, size_t i) {
    return &g->batch->columns[g->columns[i]];
}

static const char *name_of(const bl_gathering *g, size_t i) {
    return bl_input_column(g->input->config, i);
}

static size_t number_bytes(const bl_gathering *g) {
    return g->is_double ? sizeof(double) : sizeof(float);
}

static void copy(const bl_gathering *g, const bl_column *numbers, int64_t first, size_t n,
                 void *out, size_t stride) {
    bl_numbers_copy(numbers, first, n, g->is_double, out, stride);
}

// ---- how many ----

static bl_status other_width(const bl_gathering *g, int64_t n, bl_error *err) {
    return bl_error_set(err, BL_E_SHAPE,
                        "inputs.%s: '%s' has %lld numbers, where there were %zu before",
                        g->input->config->name, name_of(g, 0), (long long)n, g->input->shape.width);
}

static bl_status check_parallel(const bl_gathering *g, int64_t event, int64_t n, bl_error *err) {
    for (size_t i = 1; i < g->input->shape.width; i++) {
        int64_t first, last;
        bl_list_at(column_of(g, i), event, &first, &last);
        if (last - first != n)
            return bl_error_set(err, BL_E_SHAPE, "inputs.%s: '%s' has %lld items, but '%s' %lld",
                                g->input->config->name, name_of(g, 0), (long long)n, name_of(g, i),
                                (long long)(last - first));
    }
    return BL_OK;
}

static bl_status check_nested(const bl_gathering *g, int64_t first, int64_t last, bl_error *err) {
    const bl_column *inner = &column_of(g, 0)->children[0];
    if (inner->type->id == BL_FIXED_LIST && !inner->validity)
        last = first < last ? first + 1 : first; // all are as the first
    for (int64_t k = first; k < last; k++) {
        int64_t from, to;
        bl_list_at(inner, k, &from, &to);
        if ((size_t)(to - from) != g->input->shape.width)
            return other_width(g, to - from, err);
    }
    return BL_OK;
}

bl_status bl_gather_count(const bl_gathering *gathering, int64_t event, size_t *ret_n,
                          bl_error *err) {
    int64_t first, last;
    bl_list_at(column_of(gathering, 0), event, &first, &last);
    if (gathering->input->layout == BL_INPUT_NESTED)
        BL_TRY(check_nested(gathering, first, last, err));
    else
        BL_TRY(check_parallel(gathering, event, last - first, err));
    *ret_n = (size_t)(last - first);
    return BL_OK;
}

// ---- rows ----

static void gather_lists(const bl_gathering *g, int64_t event, uint8_t *out) {
    size_t width = g->input->shape.width;
    for (size_t i = 0; i < width; i++) {
        int64_t first, last;
        bl_list_at(column_of(g, i), event, &first, &last);
        copy(g, &column_of(g, i)->children[0], first, (size_t)(last - first),
             out + i * number_bytes(g), width);
    }
}

/// Lists of lists lie one behind the other. \return rows \param ret_first number of the first
static size_t find_nested(const bl_gathering *g, int64_t event, int64_t *ret_first) {
    const bl_column *inner = &column_of(g, 0)->children[0];
    int64_t first, last, end;
    bl_list_at(column_of(g, 0), event, &first, &last);
    *ret_first = 0;
    if (first < last)
        bl_list_at(inner, first, ret_first, &end);
    return (size_t)(last - first);
}

static const bl_column *nested_numbers(const bl_gathering *g) {
    return &column_of(g, 0)->children[0].children[0];
}

size_t bl_gather_rows(const bl_gathering *gathering, int64_t event, void *out) {
    const bl_gathering *g = gathering;
    int64_t first, last;
    if (g->input->layout == BL_INPUT_NESTED) {
        size_t n = find_nested(g, event, &first);
        copy(g, nested_numbers(g), first, n * g->input->shape.width, out, 1);
        return n;
    }
    gather_lists(g, event, (uint8_t *)out);
    bl_list_at(column_of(g, 0), event, &first, &last);
    return (size_t)(last - first);
}

const void *bl_gather_look(const bl_gathering *gathering, int64_t event, void *room,
                           size_t *ret_n) {
    const bl_gathering *g = gathering;
    const void *there = NULL;
    int64_t first;
    if (g->input->layout == BL_INPUT_NESTED) {
        *ret_n = find_nested(g, event, &first);
        there = bl_numbers_at(nested_numbers(g), first, g->is_double);
    }
    if (!there)
        *ret_n = bl_gather_rows(g, event, room);
    return there ? there : room;
}

bl_status bl_gather_vectors(const bl_gathering *gathering, int64_t first, size_t n, void *out,
                            int64_t *ret_event, bl_error *err) {
    const bl_gathering *g = gathering;
    size_t width = g->input->shape.width;
    uint8_t *to = (uint8_t *)out;
    if (g->input->layout == BL_INPUT_SCALARS) {
        for (size_t i = 0; i < width; i++)
            copy(g, column_of(g, i), first, n, to + i * number_bytes(g), width);
        return BL_OK;
    }
    for (size_t i = 0; i < n; i++, to += width * number_bytes(g)) {
        int64_t from, end;
        *ret_event = first + (int64_t)i;
        bl_list_at(column_of(g, 0), *ret_event, &from, &end);
        if ((size_t)(end - from) != width)
            return other_width(g, end - from, err);
        copy(g, &column_of(g, 0)->children[0], from, width, to, 1);
    }
    return BL_OK;
}
