// SPDX-License-Identifier: Apache-2.0
// Constants, and what can be worked out of them when a model is read: mostly shapes, in which the
// number of events is NAN, as it is not known.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

enum { MOST_FOLDED = 1 << 24 }; ///< numbers of a constant that is worked out

// ---- tensors as numbers ----

static double half(uint16_t bits) {
    double fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
    int exponent = bits >> 10 & 31;
    if (exponent == 31)
        return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

#define AS(type)                                                  \
    do {                                                          \
        type number;                                              \
        memcpy(&number, data + i * sizeof number, sizeof number); \
        return (double)number;                                    \
    } while (0)

static double number_at(int32_t type, const uint8_t *data, size_t i) {
    switch (type) {
    case BL_ONNX_FLOAT:
        AS(float);
    case BL_ONNX_DOUBLE:
        AS(double);
    case BL_ONNX_INT64:
        AS(int64_t);
    case BL_ONNX_INT32:
        AS(int32_t);
    case BL_ONNX_INT16:
        AS(int16_t);
    case BL_ONNX_INT8:
        AS(int8_t);
    case BL_ONNX_UINT64:
        AS(uint64_t);
    case BL_ONNX_UINT32:
        AS(uint32_t);
    case BL_ONNX_UINT16:
        AS(uint16_t);
    case BL_ONNX_UINT8:
    case BL_ONNX_BOOL:
        AS(uint8_t);
    default:
        return half((uint16_t)(data[2 * i] | data[2 * i + 1] << 8));
    }
}

static bool is_read(int32_t type) {
    return type >= BL_ONNX_FLOAT && type <= BL_ONNX_UINT64 && type != BL_ONNX_STRING;
}

static bl_status read_texts(bl_onnx_import *c, bl_onnx_seen *seen, bl_error *err) {
    const bl_onnx_tensor *tensor = seen->tensor;
    const char **texts = bl_arena_array(c->arena, tensor->texts.n + 1, sizeof *texts);
    if (!texts)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < tensor->texts.n; i++) {
        bl_bytes text = tensor->texts.items[i];
        texts[i] = bl_arena_text(c->arena, (const char *)text.data, text.size);
        if (!texts[i])
            return bl_onnx_no_memory(err);
    }
    seen->kind = BL_ONNX_TEXTS;
    seen->n_texts = tensor->texts.n;
    seen->texts = texts;
    return BL_OK;
}

bl_status bl_onnx_read_numbers(bl_onnx_import *c, bl_onnx_seen *seen, bl_error *err) {
    const bl_onnx_tensor *tensor = seen->tensor;
    bl_bytes bytes;
    if (!tensor)
        return BL_OK;
    if (!is_read(tensor->type))
        return bl_error_set(err, BL_E_UNSUPPORTED, "constant '%s' is of %s", seen->name,
                            bl_onnx_type_text(tensor->type));
    BL_TRY(bl_onnx_tensor_bytes(c->arena, tensor, &bytes, err));
    double *numbers = bl_arena_array(c->arena, seen->n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < seen->n; i++)
        numbers[i] = number_at(tensor->type, bytes.data, i);
    seen->numbers = numbers;
    seen->tensor = NULL;
    return BL_OK;
}

/// A constant of these sizes.
static bl_onnx_seen constant_of(unsigned rank, const size_t *sizes, const double *numbers) {
    bl_onnx_seen seen = {.kind = BL_ONNX_CONSTANT, .rank = rank, .n = 1, .numbers = numbers};
    for (unsigned i = 0; i < rank; i++) {
        seen.axes[i] = bl_onnx_axis_of(BL_ONNX_ONE, sizes[i], 0);
        seen.n *= sizes[i];
    }
    seen.mask = BL_NN_NONE;
    return seen;
}

bl_status bl_onnx_see_tensor(bl_onnx_import *c, const bl_onnx_tensor *tensor,
                             bl_onnx_seen *ret_seen, bl_error *err) {
    size_t sizes[BL_ONNX_MOST_AXES];
    uint64_t n;
    if (tensor->dims.n > BL_ONNX_MOST_AXES)
        return bl_onnx_refuse(err, "a constant has %zu axes", tensor->dims.n);
    BL_TRY(bl_onnx_tensor_count(tensor, &n, err));
    for (size_t i = 0; i < tensor->dims.n; i++)
        sizes[i] = (size_t)tensor->dims.items[i];
    bl_onnx_seen seen = constant_of((unsigned)tensor->dims.n, sizes, NULL);
    seen.n = (size_t)n;
    seen.is_whole = tensor->type != BL_ONNX_FLOAT && tensor->type != BL_ONNX_DOUBLE &&
                    tensor->type != BL_ONNX_FLOAT16;
    seen.tensor = tensor;
    seen.name = tensor->name ? tensor->name : "";
    if (tensor->type == BL_ONNX_STRING)
        BL_TRY(read_texts(c, &seen, err));
    *ret_seen = seen;
    return BL_OK;
}

bl_status bl_onnx_add_constant(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    const bl_onnx_attribute *a = c->node->attributes.n == 1 ? c->node->attributes.items : NULL;
    (void)rule;
    if (a && a->kind == BL_ONNX_ATTRIBUTE_TENSOR) {
        bl_onnx_seen seen;
        BL_TRY(bl_onnx_see_tensor(c, a->tensor, &seen, err));
        bl_onnx_put(c, 0, &seen);
        return BL_OK;
    }
    bool is_one = a && (a->kind == BL_ONNX_ATTRIBUTE_FLOAT || a->kind == BL_ONNX_ATTRIBUTE_INT);
    bool is_floats = a && a->kind == BL_ONNX_ATTRIBUTE_FLOATS;
    if (!is_one && !is_floats && !(a && a->kind == BL_ONNX_ATTRIBUTE_INTS))
        return bl_onnx_refuse(err, "it is not of numbers");
    size_t n = is_one ? 1 : is_floats ? a->floats.n : a->ints.n;
    double *numbers = bl_arena_array(c->arena, n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < n; i++)
        numbers[i] = is_one      ? (a->kind == BL_ONNX_ATTRIBUTE_INT ? (double)a->i : (double)a->f)
                     : is_floats ? (double)a->floats.items[i]
                                 : (double)a->ints.items[i];
    bl_onnx_seen seen = constant_of(is_one ? 0 : 1, &n, numbers);
    seen.is_whole = a->kind == BL_ONNX_ATTRIBUTE_INT || a->kind == BL_ONNX_ATTRIBUTE_INTS;
    bl_onnx_put(c, 0, &seen);
    return BL_OK;
}

// ---- shapes as constants ----

bl_status bl_onnx_add_shape(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    const bl_onnx_seen *x = bl_onnx_in(c, 0);
    int64_t start, end;
    (void)rule;
    if (!x || (x->kind != BL_ONNX_TENSOR && x->kind != BL_ONNX_CONSTANT))
        return bl_onnx_refuse(err, "it is not of a tensor");
    BL_TRY(bl_onnx_int(c, "start", 0, &start, err));
    BL_TRY(bl_onnx_int(c, "end", INT64_MAX, &end, err));
    if (start != 0 || end != INT64_MAX)
        return bl_onnx_refuse(err, "it is of a part of the axes");
    size_t n = x->rank;
    double *sizes = bl_arena_array(c->arena, n + 1, sizeof *sizes);
    if (!sizes)
        return bl_onnx_no_memory(err);
    for (unsigned i = 0; i < n; i++) {
        bool is_known = x->axes[i].role != BL_ONNX_BATCH && x->axes[i].role != BL_ONNX_ROWS;
        sizes[i] = is_known ? (double)x->axes[i].size : (double)NAN;
    }
    bl_onnx_seen seen = constant_of(1, &n, sizes);
    seen.is_whole = true;
    bl_onnx_put(c, 0, &seen);
    return BL_OK;
}

/// Expand of a tensor: one column becomes several that are the same.
static bl_status expand(bl_onnx_import *c, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *shape = NULL;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &shape, err));
    if (!shape || shape->rank != 1 || shape->n > x.rank)
        return bl_onnx_refuse(err, "its shape has more axes than its value");
    for (size_t i = 0; i < shape->n; i++) {
        bl_onnx_axis *axis = &x.axes[x.rank - shape->n + i];
        double size = shape->numbers[i];
        if (isnan(size) || size == 1 || size == (double)axis->size)
            continue;
        if (axis->size != 1 || axis->role == BL_ONNX_BATCH || x.width != 1 || !(size < 0x1p20))
            return bl_onnx_refuse(err, "it repeats other than one column");
        size_t n = (size_t)size;
        float *ones = bl_arena_array(c->arena, n, sizeof *ones);
        if (!ones)
            return bl_onnx_no_memory(err);
        for (size_t k = 0; k < n; k++)
            ones[k] = 1;
        BL_TRY(bl_onnx_add_dense(c, &x, n, ones, NULL, err));
        *axis = bl_onnx_axis_of(BL_ONNX_COLUMNS, n, 1);
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

/// ConstantOfShape and Expand: the same number everywhere; where the number of events stands, 1.
bl_status bl_onnx_add_filled(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    static const double zero = 0;
    bool is_expand = rule->which;
    const bl_onnx_attribute *value = bl_onnx_attribute_get(c->node, "value");
    const bl_onnx_seen *shape, *from = NULL;
    bl_onnx_seen seen = constant_of(0, NULL, &zero), *first = bl_onnx_in(c, 0);
    if (is_expand && first && first->kind == BL_ONNX_TENSOR)
        return expand(c, err);
    BL_TRY(bl_onnx_take_constant(c, is_expand, &shape, err));
    if (is_expand)
        BL_TRY(bl_onnx_take_constant(c, 0, &from, err));
    if (value && value->kind == BL_ONNX_ATTRIBUTE_TENSOR) {
        BL_TRY(bl_onnx_see_tensor(c, value->tensor, &seen, err));
        BL_TRY(bl_onnx_read_numbers(c, &seen, err));
        from = &seen;
    }
    if (from && from->n != 1)
        return bl_onnx_refuse(err, "it is of more than one number");
    if (!shape || shape->rank != 1 || shape->n > BL_ONNX_MOST_AXES)
        return bl_onnx_refuse(err, "its shape has %zu axes", shape ? shape->n : 0);
    seen = constant_of(0, NULL, from ? from->numbers : &zero);
    for (size_t i = 0; i < shape->n; i++) {
        double size = shape->numbers[i];
        if (!isnan(size) && !(size >= 1 && size < 0x1p31))
            return bl_onnx_refuse(err, "a size of its shape is %g", size);
        seen.axes[i] = bl_onnx_axis_of(BL_ONNX_ONE, isnan(size) ? 1 : (size_t)size, 0);
    }
    seen.rank = (unsigned)shape->n;
    bl_onnx_put(c, 0, &seen);
    return BL_OK;
}

// ---- constants of constants ----

/// Numbers of a constant, where all axes and strides may be others.
/// \param strides [rank] in numbers of `from`, 0 along one that is repeated
static bl_status copy_view(bl_onnx_import *c, const bl_onnx_seen *from, size_t first, unsigned rank,
                           const size_t *sizes, const size_t *strides, bl_onnx_seen *ret_seen,
                           bl_error *err) {
    size_t n = 1, at[BL_ONNX_MOST_AXES] = {0};
    for (unsigned i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, sizes[i], &n) || n > MOST_FOLDED)
            return bl_error_set(err, BL_E_LIMIT, "it makes a constant of too many numbers");
    double *numbers = bl_arena_array(c->arena, n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t k = 0; k < n; k++) {
        size_t source = first;
        for (unsigned i = 0; i < rank; i++)
            source += at[i] * strides[i];
        numbers[k] = from->numbers[from->n == 1 ? 0 : source];
        for (unsigned i = rank; i-- > 0;) {
            if (++at[i] < sizes[i])
                break;
            at[i] = 0;
        }
    }
    *ret_seen = constant_of(rank, sizes, numbers);
    return BL_OK;
}

static void find_strides(const bl_onnx_seen *seen, size_t *sizes, size_t *strides) {
    size_t stride = 1;
    for (unsigned i = seen->rank; i-- > 0;) {
        sizes[i] = seen->axes[i].size;
        strides[i] = stride;
        stride *= sizes[i];
    }
}

static bl_status fold_transpose(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    size_t sizes[BL_ONNX_MOST_AXES] = {0}, strides[BL_ONNX_MOST_AXES] = {0};
    size_t new_sizes[BL_ONNX_MOST_AXES] = {0}, new_strides[BL_ONNX_MOST_AXES] = {0};
    bl_onnx_ints order;
    BL_TRY(bl_onnx_get_ints(c->node, "perm", &order, err));
    find_strides(x, sizes, strides);
    if (order.n && order.n != x->rank)
        return bl_error_set(err, BL_E_INVALID, "perm has %zu axes, not %u", order.n, x->rank);
    for (unsigned i = 0; i < x->rank; i++) {
        unsigned from = x->rank - 1 - i;
        if (order.n)
            BL_TRY(bl_onnx_read_axis((double)order.at[i], x->rank, &from, err));
        new_sizes[i] = sizes[from];
        new_strides[i] = strides[from];
    }
    return copy_view(c, x, 0, x->rank, new_sizes, new_strides, x, err);
}

/// Of a list, such as a shape: one, or some.
static bl_status fold_gather(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *which = bl_onnx_in(c, 1);
    if (x->rank != 1 || !which || which->rank > 1 ||
        (which->rank == 1 && which->axes[0].size != which->n))
        return bl_onnx_refuse(err, "it is of a constant that is no list");
    double *numbers = bl_arena_array(c->arena, which->n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < which->n; i++) {
        double at = which->numbers[i] + (which->numbers[i] < 0 ? (double)x->axes[0].size : 0);
        if (!(at >= 0 && at < (double)x->axes[0].size))
            return bl_error_set(err, BL_E_INVALID, "number %g of %zu", at, x->axes[0].size);
        numbers[i] = x->numbers[x->n == 1 ? 0 : (size_t)at];
    }
    size_t n = which->n;
    *x = constant_of(which->rank, &n, numbers);
    return BL_OK;
}

static bl_status fold_concat(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    size_t n = 0, done = 0;
    for (size_t i = 0; i < c->node->inputs.n; i++) {
        const bl_onnx_seen *in = bl_onnx_in(c, i);
        if (in->rank != 1)
            return bl_onnx_refuse(err, "it is of constants that are no lists");
        if (in->axes[0].size > MOST_FOLDED)
            return bl_error_set(err, BL_E_LIMIT, "it makes a constant of too many numbers");
        n += in->axes[0].size;
    }
    double *numbers = bl_arena_array(c->arena, n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < c->node->inputs.n; i++) {
        const bl_onnx_seen *in = bl_onnx_in(c, i);
        for (size_t k = 0; k < in->axes[0].size; k++)
            numbers[done++] = in->numbers[in->n == 1 ? 0 : k];
    }
    *x = constant_of(1, &n, numbers);
    return BL_OK;
}

/// From one to before another, along one axis.
static bl_status fold_slice(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *start = bl_onnx_in(c, 1), *end = bl_onnx_in(c, 2);
    const bl_onnx_seen *which = bl_onnx_in(c, 3), *step = bl_onnx_in(c, 4);
    size_t sizes[BL_ONNX_MOST_AXES] = {0}, strides[BL_ONNX_MOST_AXES] = {0};
    unsigned axis;
    if (!start || !end || start->n != 1 || end->n != 1 || (which && which->n != 1) ||
        (step && step->numbers[0] != 1))
        return bl_onnx_refuse(err, "it is not a part of one axis of a constant");
    BL_TRY(bl_onnx_read_axis(which ? which->numbers[0] : 0, x->rank, &axis, err));
    find_strides(x, sizes, strides);
    double n = (double)sizes[axis], from = start->numbers[0], to = end->numbers[0];
    if (isnan(from) || isnan(to))
        return bl_onnx_refuse(err, "its limits are not known");
    from = fmin(fmax(from < 0 ? from + n : from, 0), n);
    to = fmin(fmax(to < 0 ? to + n : to, from), n);
    sizes[axis] = (size_t)(to - from);
    return copy_view(c, x, (size_t)from * strides[axis], x->rank, sizes, strides, x, err);
}

static bl_status fold_reshape(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *shape = bl_onnx_in(c, 1);
    size_t sizes[BL_ONNX_MOST_AXES], known = 1, left = BL_ONNX_MOST_AXES;
    if (!shape || shape->rank != 1 || shape->n > BL_ONNX_MOST_AXES)
        return bl_onnx_refuse(err, "its shape has too many axes");
    for (size_t i = 0; i < shape->n; i++) {
        double size = shape->numbers[i];
        sizes[i] = 1;
        if (size == -1)
            left = i;
        else if (size == 0 && i < x->rank)
            sizes[i] = x->axes[i].size;
        else if (!(size >= 1 && size < 0x1p31))
            return bl_onnx_refuse(err, "a size of its shape is %g", size);
        else
            sizes[i] = (size_t)size;
        if (__builtin_mul_overflow(known, sizes[i], &known))
            return bl_error_set(err, BL_E_LIMIT, "its shape is too large");
    }
    if (left < shape->n)
        known *= sizes[left] = known ? x->n / known : 0;
    if (known != x->n)
        return bl_error_set(err, BL_E_SHAPE, "%zu numbers become %zu", x->n, known);
    *x = constant_of((unsigned)shape->n, sizes, x->numbers);
    return BL_OK;
}

static bl_status fold_squeeze(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *axes = bl_onnx_in(c, 1);
    bool drops[BL_ONNX_MOST_AXES] = {0};
    for (unsigned i = 0; i < x->rank && !axes; i++)
        drops[i] = x->axes[i].size == 1;
    for (size_t i = 0; axes && i < axes->n; i++) {
        unsigned axis;
        BL_TRY(bl_onnx_read_axis(axes->numbers[i], x->rank, &axis, err));
        drops[axis] = x->axes[axis].size == 1;
    }
    for (unsigned i = x->rank; i-- > 0;)
        if (drops[i])
            bl_onnx_remove_axis(x, i);
    return BL_OK;
}

static bl_status fold_unsqueeze(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *axes = bl_onnx_in(c, 1);
    if (!axes || axes->n != 1)
        return bl_onnx_refuse(err, "it makes more than one axis of a constant");
    unsigned axis;
    BL_TRY(bl_onnx_read_axis(axes->numbers[0], x->rank + 1, &axis, err));
    return bl_onnx_insert_axis(x, axis, err);
}

static bl_status fold_cast(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err) {
    int64_t to;
    BL_TRY(bl_onnx_int(c, "to", BL_ONNX_FLOAT, &to, err));
    bool is_float = to == BL_ONNX_FLOAT || to == BL_ONNX_DOUBLE;
    double *numbers = bl_arena_array(c->arena, x->n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < x->n; i++)
        numbers[i] = is_float ? (double)(float)x->numbers[i] : trunc(x->numbers[i]);
    x->numbers = numbers;
    x->is_whole = !is_float;
    return BL_OK;
}

static double calculate(int kind, double a, double b) {
    switch (kind) {
    case BL_NN_KIND_SUBTRACT:
        return a - b;
    case BL_NN_KIND_MULTIPLY:
        return a * b;
    case BL_NN_KIND_DIVIDE:
        return a / b;
    default:
        return a + b;
    }
}

static bl_status fold_arithmetic(bl_onnx_import *c, int kind, bl_onnx_seen *x, bl_error *err) {
    const bl_onnx_seen *y = bl_onnx_in(c, 1);
    if (!y || (x->n != 1 && y->n != 1 && (x->n != y->n || x->rank != y->rank)))
        return bl_onnx_refuse(err, "it is of constants of other shapes");
    bl_onnx_seen result = x->n == 1 && y->rank >= x->rank ? *y : *x;
    bool is_whole = x->is_whole && y->is_whole;
    double *numbers = bl_arena_array(c->arena, result.n + 1, sizeof *numbers);
    if (!numbers)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < result.n; i++) {
        double number =
            calculate(kind, x->numbers[x->n == 1 ? 0 : i], y->numbers[y->n == 1 ? 0 : i]);
        numbers[i] = is_whole ? trunc(number) : (double)(float)number;
    }
    result.numbers = numbers;
    result.is_whole = is_whole;
    *x = result;
    return BL_OK;
}

static bl_status fold(bl_onnx_import *c, const bl_onnx_rule *rule, bl_onnx_seen *x,
                      bool *ret_is_folded, bl_error *err) {
    static const struct {
        bl_onnx_adder add;
        bl_status (*fold)(bl_onnx_import *c, bl_onnx_seen *x, bl_error *err);
    } folds[] = {
        {bl_onnx_add_same, NULL},
        {bl_onnx_add_cast, fold_cast},
        {bl_onnx_add_transpose, fold_transpose},
        {bl_onnx_add_gather, fold_gather},
        {bl_onnx_add_concat, fold_concat},
        {bl_onnx_add_slice, fold_slice},
        {bl_onnx_add_reshape, fold_reshape},
        {bl_onnx_add_squeeze, fold_squeeze},
        {bl_onnx_add_unsqueeze, fold_unsqueeze},
    };
    bool is_whole = x->is_whole;
    *ret_is_folded = true;
    if (rule->add == bl_onnx_add_arithmetic)
        return fold_arithmetic(c, rule->which, x, err);
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
        if (rule->add == folds[i].add) {
            if (folds[i].fold)
                BL_TRY(folds[i].fold(c, x, err));
            x->is_whole = folds[i].fold == fold_cast ? x->is_whole : is_whole;
            return BL_OK;
        }
    *ret_is_folded = false;
    return BL_OK;
}

bl_status bl_onnx_fold(bl_onnx_import *c, const bl_onnx_rule *rule, bool *ret_is_folded,
                       bl_error *err) {
    const bl_onnx_seen *first = bl_onnx_in(c, 0);
    *ret_is_folded = false;
    if (!first || rule->add == bl_onnx_add_filled || rule->add == bl_onnx_add_shape)
        return BL_OK;
    for (size_t i = 0; i < c->node->inputs.n; i++) {
        bl_onnx_seen *in = bl_onnx_in(c, i);
        if (in && in->kind != BL_ONNX_CONSTANT)
            return BL_OK;
        if (in)
            BL_TRY(bl_onnx_read_numbers(c, in, err));
    }
    bl_onnx_seen x = *first;
    BL_TRY(fold(c, rule, &x, ret_is_folded, err));
    if (*ret_is_folded)
        bl_onnx_put(c, 0, &x);
    return BL_OK;
}
