// SPDX-License-Identifier: Apache-2.0
// Values seen in some way: axes as steps and columns of what a node makes.
#include "model/onnx/import.h"

#include <math.h>

bl_onnx_seen bl_onnx_plain(size_t node, size_t steps, size_t width) {
    bl_onnx_seen t = {.kind = BL_ONNX_TENSOR,
                      .node = node,
                      .steps = steps,
                      .width = width,
                      .mask = BL_NN_NONE,
                      .rank = steps ? 3 : 2};
    t.axes[0] = bl_onnx_axis_of(BL_ONNX_BATCH, 1, 0);
    t.axes[1] = bl_onnx_axis_of(BL_ONNX_STEPS, steps, 1);
    t.axes[t.rank - 1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, width, 1);
    return t;
}

void bl_onnx_remove_axis(bl_onnx_seen *t, unsigned axis) {
    t->rank--;
    memmove(&t->axes[axis], &t->axes[axis + 1], (t->rank - axis) * sizeof *t->axes);
}

bl_status bl_onnx_insert_axis(bl_onnx_seen *t, unsigned axis, bl_error *err) {
    if (t->rank == BL_ONNX_MOST_AXES || axis > t->rank)
        return bl_onnx_refuse(err, "it makes an axis %u of %u", axis, t->rank);
    memmove(&t->axes[axis + 1], &t->axes[axis], (t->rank - axis) * sizeof *t->axes);
    t->axes[axis] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    t->rank++;
    return BL_OK;
}

static bool is_events(const bl_onnx_axis *axis) {
    return axis->role == BL_ONNX_BATCH || axis->role == BL_ONNX_ROWS;
}

bool bl_onnx_same_axes(const bl_onnx_seen *a, const bl_onnx_seen *b) {
    bool is_same = a->rank == b->rank;
    for (unsigned i = 0; i < a->rank && is_same; i++)
        is_same = a->axes[i].role == b->axes[i].role && a->axes[i].size == b->axes[i].size &&
                  a->axes[i].stride == b->axes[i].stride;
    return is_same;
}

// ---- the order of numbers ----

/// The axes that numbers of an event lie along, those of size 1 left out.
typedef struct order {
    unsigned n;
    unsigned at[BL_ONNX_MOST_AXES];
} order;

static order order_of(const bl_onnx_seen *t) {
    order o = {0};
    for (unsigned i = 0; i < t->rank; i++)
        if (!is_events(&t->axes[i]) && t->axes[i].size > 1)
            o.at[o.n++] = i;
    return o;
}

/// Whether axes from … to − 1 of an order lie one in the other, the last closest.
static bool is_row(const bl_onnx_seen *t, const order *o, unsigned from, unsigned to,
                   bl_onnx_role role) {
    size_t stride = 1;
    for (unsigned i = to; i-- > from;) {
        const bl_onnx_axis *axis = &t->axes[o->at[i]];
        if (axis->role != role || axis->stride != stride)
            return false;
        stride *= axis->size;
    }
    return true;
}

static unsigned count_role(const bl_onnx_seen *t, const order *o, bl_onnx_role role) {
    unsigned n = 0;
    for (unsigned i = 0; i < o->n; i++)
        n += t->axes[o->at[i]].role == role;
    return n;
}

/// Steps, then columns, each in their order.
static bool is_straight(const bl_onnx_seen *t, const order *o) {
    unsigned n = count_role(t, o, BL_ONNX_STEPS);
    return is_row(t, o, 0, n, BL_ONNX_STEPS) && is_row(t, o, n, o->n, BL_ONNX_COLUMNS);
}

// ---- layers that move numbers ----

/// Gives axes of an order, from … to − 1, a role, one in the other.
static void assign(bl_onnx_seen *t, const order *o, unsigned from, unsigned to, bl_onnx_role role) {
    size_t stride = 1;
    for (unsigned i = to; i-- > from;) {
        bl_onnx_axis *axis = &t->axes[o->at[i]];
        axis->role = role;
        axis->stride = stride;
        stride *= axis->size;
    }
}

/// The same numbers as steps of columns, or as a vector. Axes are the caller's to change.
static bl_status regroup(bl_onnx_import *c, bl_onnx_seen *t, size_t steps, size_t width,
                         bl_error *err) {
    bl_nn_node *node = NULL;
    if (t->steps == steps && t->width == width)
        return BL_OK;
    if (!steps) {
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_FLATTEN, t, &node, err));
    } else {
        int64_t *sizes = bl_arena_array(c->arena, 2, sizeof *sizes);
        if (!sizes)
            return bl_onnx_no_memory(err);
        sizes[0] = (int64_t)steps;
        sizes[1] = (int64_t)width;
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_RESHAPE, t, &node, err));
        ((bl_nn_reshape_options *)node->options)->target_shape = (bl_nn_counts){2, sizes};
    }
    t->steps = steps;
    t->width = width;
    return BL_OK;
}

/// Steps become columns, columns steps; the axes with them.
static bl_status permute(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err) {
    static const int64_t turned[] = {2, 1};
    bl_nn_node *node = NULL;
    size_t steps = t->steps;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_PERMUTE, t, &node, err));
    ((bl_nn_permute_options *)node->options)->dims = (bl_nn_counts){2, turned};
    t->steps = t->width;
    t->width = steps;
    for (unsigned i = 0; i < t->rank; i++)
        if (t->axes[i].role == BL_ONNX_STEPS)
            t->axes[i].role = BL_ONNX_COLUMNS;
        else if (t->axes[i].role == BL_ONNX_COLUMNS)
            t->axes[i].role = BL_ONNX_STEPS;
    return BL_OK;
}

/// Two groups of columns that lie the wrong way round become steps of columns.
static bl_status split_columns(bl_onnx_import *c, bl_onnx_seen *t, const order *o, bl_error *err) {
    for (unsigned k = 1; k < o->n && !t->steps; k++) {
        size_t inner = 1;
        for (unsigned i = 0; i < k; i++)
            inner *= t->axes[o->at[i]].size;
        bl_onnx_seen changed = *t;
        for (unsigned i = k; i < o->n; i++)
            changed.axes[o->at[i]].stride /= inner;
        if (!is_row(t, o, 0, k, BL_ONNX_COLUMNS) ||
            !is_row(&changed, o, k, o->n, BL_ONNX_COLUMNS) ||
            changed.axes[o->at[o->n - 1]].stride * inner != t->axes[o->at[o->n - 1]].stride)
            continue;
        for (unsigned i = k; i < o->n; i++)
            changed.axes[o->at[i]].role = BL_ONNX_STEPS;
        BL_TRY(regroup(c, &changed, t->width / inner, inner, err));
        *t = changed;
        return BL_OK;
    }
    return bl_onnx_refuse(err, "it wants numbers in an order that no layer here makes");
}

bl_status bl_onnx_straighten(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err) {
    order o = order_of(t);
    if (is_straight(t, &o))
        return BL_OK;
    unsigned n = count_role(t, &o, BL_ONNX_COLUMNS);
    if (!is_row(t, &o, 0, n, BL_ONNX_COLUMNS) || !is_row(t, &o, n, o.n, BL_ONNX_STEPS))
        BL_TRY(split_columns(c, t, &o, err));
    return permute(c, t, err);
}

bl_status bl_onnx_flatten(bl_onnx_import *c, bl_onnx_seen *t, bl_error *err) {
    BL_TRY(bl_onnx_straighten(c, t, err));
    order o = order_of(t);
    BL_TRY(regroup(c, t, 0, bl_onnx_n_numbers(t), err));
    assign(t, &o, 0, o.n, BL_ONNX_COLUMNS);
    for (unsigned i = 0; i < t->rank; i++)
        if (!is_events(&t->axes[i]) && t->axes[i].size == 1)
            t->axes[i] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    return BL_OK;
}

static bool is_columns(bl_onnx_seen *t, unsigned axis) {
    bl_onnx_axis *a = &t->axes[axis];
    if (is_events(a) || a->size != t->width)
        return false;
    if (a->size == 1)
        *a = bl_onnx_axis_of(BL_ONNX_COLUMNS, 1, 1);
    return a->role == BL_ONNX_COLUMNS;
}

bl_status bl_onnx_columns_at(bl_onnx_import *c, bl_onnx_seen *t, unsigned axis, bl_error *err) {
    if (is_columns(t, axis))
        return BL_OK;
    if (is_events(&t->axes[axis]))
        return bl_onnx_refuse(err, "it is over the axis of events");
    BL_TRY(bl_onnx_straighten(c, t, err));
    if (is_columns(t, axis))
        return BL_OK;
    order o = order_of(t);
    size_t n = t->axes[axis].size, rest = bl_onnx_n_numbers(t) / n;
    bool is_last = n == 1 || o.at[o.n - 1] == axis, is_first = n > 1 && o.at[0] == axis;
    if (!is_last && !is_first)
        return bl_onnx_refuse(err, "it is over an axis between others");
    unsigned split = is_last ? o.n - (n > 1) : 1;
    BL_TRY(is_last ? regroup(c, t, rest > 1 ? rest : 0, n, err) : regroup(c, t, n, rest, err));
    assign(t, &o, 0, split, BL_ONNX_STEPS);
    assign(t, &o, split, o.n, BL_ONNX_COLUMNS);
    if (n == 1)
        t->axes[axis] = bl_onnx_axis_of(BL_ONNX_COLUMNS, 1, 1);
    return is_last ? BL_OK : permute(c, t, err);
}

bl_status bl_onnx_sequence_at(bl_onnx_import *c, bl_onnx_seen *t, unsigned steps, unsigned columns,
                              bl_error *err) {
    BL_TRY(bl_onnx_columns_at(c, t, columns, err));
    bl_onnx_axis *axis = &t->axes[steps];
    if (!t->steps && axis->size == 1)
        BL_TRY(regroup(c, t, 1, t->width, err));
    if (is_events(axis) || axis->size != t->steps)
        return bl_onnx_refuse(err, "its steps are not on axis %u", steps);
    *axis = bl_onnx_axis_of(BL_ONNX_STEPS, t->steps, 1);
    return BL_OK;
}

// ---- new shapes ----

/// Sizes of events, in a list of axes, for a new shape.
typedef struct shape {
    unsigned n, events; ///< which of them is that of events
    size_t sizes[BL_ONNX_MOST_AXES];
    bool joins; ///< events and their steps are one axis
} shape;

static unsigned find_events(const bl_onnx_seen *t) {
    for (unsigned i = 0; i < t->rank; i++)
        if (is_events(&t->axes[i]))
            return i;
    return t->rank;
}

/// Works out the size that is left, and where events are: at a size that is as many as there are
/// events, or the only one that is not known, or else a leading 1.
static bl_status resolve(const bl_onnx_seen *t, unsigned n, const double *sizes, shape *ret_shape,
                         bl_error *err) {
    shape s = {.n = n, .events = n};
    size_t total = bl_onnx_n_numbers(t), known = 1, columns = t->width;
    unsigned left = n;
    for (unsigned i = 0; i < n; i++) {
        s.sizes[i] = 1;
        if (isnan(sizes[i]) && s.events == n)
            s.events = i;
        else if (isnan(sizes[i]) || sizes[i] == -1)
            left = i;
        else if (!(sizes[i] >= 1) || sizes[i] > 0x1p31 ||
                 __builtin_mul_overflow(known, s.sizes[i] = (size_t)sizes[i], &known))
            return bl_onnx_refuse(err, "a size of its shape is %g", sizes[i]);
    }
    unsigned before = find_events(t);
    if (s.events == n && left < n && known == total)
        s.events = left, left = n;
    if (s.events == n && left < n && sizes[0] != 1 && known == columns && t->steps)
        s.events = left, left = n;
    for (unsigned i = 0; i < n && s.events == n; i++)
        if (sizes[i] == 1 && (i == before || i == 0))
            s.events = i;
    if (s.events == n)
        return bl_error_set(err, BL_E_SHAPE, "its shape has no place for events");
    // Of rows whose size is kept, columns alone are left.
    bool keeps_rows = t->axes[before].role == BL_ONNX_ROWS && n == t->rank;
    size_t there = keeps_rows ? columns : total;
    if (left < n && known && there % known == 0)
        known *= s.sizes[left] = there / known;
    s.joins = t->steps && known == columns && total != columns && s.events == 0;
    if (known != total && !s.joins)
        return bl_error_set(err, BL_E_SHAPE, "%zu numbers of an event become %zu", total, known);
    *ret_shape = s;
    return BL_OK;
}

/// Whether axes lie one in the other, so that they can be cut otherwise.
static bool is_one_piece(const bl_onnx_seen *t, const unsigned *at, unsigned n) {
    for (unsigned i = 0; i + 1 < n; i++) {
        const bl_onnx_axis *a = &t->axes[at[i]], *b = &t->axes[at[i + 1]];
        if (a->role != b->role || a->stride != b->stride * b->size)
            return false;
    }
    return true;
}

/// Cuts axes `at` into new ones, from the last; sizes multiply to the same.
static void cut(const bl_onnx_seen *t, const unsigned *at, unsigned n, bl_onnx_axis *axes,
                unsigned n_axes) {
    const bl_onnx_axis *last = &t->axes[at[n - 1]];
    size_t stride = last->stride;
    for (unsigned i = n_axes; i-- > 0;) {
        if (axes[i].size == 1)
            continue;
        axes[i] = bl_onnx_axis_of(last->role, axes[i].size, stride);
        stride *= axes[i].size;
    }
}

/// Axes of an order, from … to − 1, as new ones. \return whether no layer is wanted for it
static bool recut(const bl_onnx_seen *t, const unsigned *at, unsigned n, bl_onnx_axis *axes,
                  unsigned n_axes) {
    unsigned i = 0, k = 0;
    while (i < n || k < n_axes) {
        unsigned i0 = i, k0 = k;
        size_t a = 1, b = 1;
        do {
            if (a <= b && i < n)
                a *= t->axes[at[i++]].size;
            else if (k < n_axes)
                b *= axes[k++].size;
            else
                return a == b && i == n;
        } while (a != b || (a == 1 && (i < n || k < n_axes)));
        if (i == i0)
            continue;
        if (!is_one_piece(t, at + i0, i - i0))
            return false;
        cut(t, at + i0, i - i0, axes + k0, k - k0);
    }
    return true;
}

/// Axes before and behind that of events change for themselves.
static bool reshape_seen(bl_onnx_seen *t, const shape *s) {
    bl_onnx_seen next = *t;
    order o = order_of(t);
    unsigned events = find_events(t), before = 0;
    while (before < o.n && o.at[before] < events)
        before++;
    for (unsigned i = 0; i < s->n; i++)
        next.axes[i] = bl_onnx_axis_of(BL_ONNX_ONE, s->sizes[i], 0);
    next.rank = s->n;
    next.axes[s->events] = t->axes[events];
    if (!recut(t, o.at, before, next.axes, s->events) ||
        !recut(t, o.at + before, o.n - before, next.axes + s->events + 1, s->n - s->events - 1))
        return false;
    *t = next;
    return true;
}

/// [events, steps, columns] as [rows, columns], which are the same numbers in the same order.
static bl_status join_rows(bl_onnx_import *c, bl_onnx_seen *t, const shape *s, bl_error *err) {
    BL_TRY(bl_onnx_straighten(c, t, err));
    order o = order_of(t);
    unsigned events = find_events(t), n = count_role(t, &o, BL_ONNX_STEPS);
    if (t->axes[events].role != BL_ONNX_BATCH || (o.n && o.at[0] < events))
        return bl_onnx_refuse(err, "it joins events in an order that is not theirs");
    bl_onnx_seen rows = *t;
    for (unsigned i = 0; i < n; i++)
        rows.axes[o.at[i]] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    rows.axes[events].role = BL_ONNX_ROWS;
    if (!reshape_seen(&rows, s))
        return bl_onnx_refuse(err, "it joins events and columns");
    *t = rows;
    return BL_OK;
}

/// [rows, …] as [events, steps, …].
static bl_status part_rows(bl_onnx_seen *t, bl_error *err) {
    unsigned events = find_events(t);
    t->axes[events].role = BL_ONNX_BATCH;
    BL_TRY(bl_onnx_insert_axis(t, events + 1, err));
    t->axes[events + 1] = bl_onnx_axis_of(BL_ONNX_STEPS, t->steps, 1);
    return BL_OK;
}

/// Where columns that are seen along several axes become rows, they are made steps first.
static bl_status part_columns(bl_onnx_import *c, bl_onnx_seen *t, unsigned n, const double *sizes,
                              bl_error *err) {
    double known = 1;
    unsigned n_open = 0;
    for (unsigned i = 0; i < n; i++)
        if (isnan(sizes[i]) || sizes[i] == -1)
            n_open++;
        else
            known *= sizes[i];
    bool is_part = n_open == 1 && !t->steps && known != (double)t->width && t->rank > 1 &&
                   known == (double)t->axes[t->rank - 1].size;
    return is_part ? bl_onnx_columns_at(c, t, t->rank - 1, err) : BL_OK;
}

bl_status bl_onnx_reshape(bl_onnx_import *c, bl_onnx_seen *t, unsigned n, const double *sizes,
                          bl_error *err) {
    shape s = {0};
    if (n > BL_ONNX_MOST_AXES)
        return bl_onnx_refuse(err, "it has %u axes", n);
    BL_TRY(part_columns(c, t, n, sizes, err));
    BL_TRY(resolve(t, n, sizes, &s, err));
    unsigned events = find_events(t);
    bool is_rows = t->axes[events].role == BL_ONNX_ROWS;
    if (s.joins && is_rows)
        return reshape_seen(t, &s) ? BL_OK : bl_onnx_refuse(err, "it joins events and columns");
    if (s.joins)
        return join_rows(c, t, &s, err);
    if (is_rows)
        BL_TRY(part_rows(t, err));
    if (reshape_seen(t, &s))
        return BL_OK;
    if (find_events(t) != 0 || s.events != 0)
        return bl_onnx_refuse(err, "it joins axes on both sides of the one of events");
    BL_TRY(bl_onnx_flatten(c, t, err));
    return reshape_seen(t, &s) ? BL_OK : bl_onnx_refuse(err, "it makes a shape that no layer has");
}

// ---- two values ----

/// Numbers of the constant at each column, and each step.
/// \param each [n] of all steps, or of the columns of one
static void spread(const bl_onnx_seen *t, const bl_onnx_seen *constant, size_t n, double *each) {
    unsigned missing = t->rank - constant->rank;
    size_t at[BL_ONNX_MOST_AXES] = {0};
    bool is_all = n == bl_onnx_n_numbers(t);
    for (size_t done = 0; done < n; done++) {
        size_t step = 0, column = 0, from = 0;
        for (unsigned i = 0; i < t->rank; i++) {
            const bl_onnx_axis *a = &t->axes[i];
            step += a->role == BL_ONNX_STEPS ? at[i] * a->stride : 0;
            column += a->role == BL_ONNX_COLUMNS ? at[i] * a->stride : 0;
            if (i >= missing) {
                size_t size = constant->axes[i - missing].size;
                from = from * size + (size > 1 ? at[i] : 0);
            }
        }
        each[step * t->width + column] = constant->numbers[constant->n == 1 ? 0 : from];
        for (unsigned i = t->rank; i-- > 0;) {
            bool stays = t->axes[i].role == BL_ONNX_STEPS && !is_all;
            if (++at[i] < t->axes[i].size && !stays)
                break;
            at[i] = 0;
        }
    }
}

bl_status bl_onnx_spread(bl_onnx_import *c, bl_onnx_seen *t, const bl_onnx_seen *constant,
                         size_t *ret_n, const double **ret_numbers, bl_error *err) {
    *ret_n = 1;
    *ret_numbers = constant->numbers;
    while (t->rank < constant->rank)
        BL_TRY(bl_onnx_insert_axis(t, 0, err));
    size_t n = t->width, width = t->width, seen = 1;
    for (unsigned i = 0; i < constant->rank; i++) {
        const bl_onnx_axis *axis = &t->axes[i + t->rank - constant->rank];
        if (constant->axes[i].size != 1 &&
            (is_events(axis) || constant->axes[i].size != axis->size))
            return bl_onnx_refuse(err, "a constant of %zu meets an axis of %zu",
                                  constant->axes[i].size, axis->size);
        if (constant->axes[i].size > 1 && axis->role == BL_ONNX_STEPS)
            n = bl_onnx_n_numbers(t);
    }
    if (constant->n == 1)
        return BL_OK;
    for (unsigned i = 0; i < t->rank; i++)
        seen *= is_events(&t->axes[i]) || (t->axes[i].role == BL_ONNX_STEPS && n == width)
                    ? 1
                    : t->axes[i].size;
    if (seen != n)
        return bl_onnx_refuse(err, "a constant meets axes that are not all there");
    double *each = bl_arena_array(c->arena, n, sizeof *each);
    if (!each)
        return bl_onnx_no_memory(err);
    spread(t, constant, n, each);
    bool is_same = true;
    for (size_t i = width; i < n; i++)
        is_same &= each[i] == each[i - width];
    *ret_n = is_same ? width : n;
    *ret_numbers = each;
    return BL_OK;
}

/// The same way of seeing; an axis of one goes with any.
static bool is_aligned(const bl_onnx_seen *a, const bl_onnx_seen *b) {
    for (unsigned i = 0; i < a->rank; i++) {
        const bl_onnx_axis *x = &a->axes[i], *y = &b->axes[i];
        bool is_one = x->size == 1 && y->size == 1 &&
                      (is_events(x) || is_events(y) ? x->role == y->role : true);
        bool is_broad =
            (x->size == 1 && !is_events(x) && y->role == BL_ONNX_COLUMNS && y->size == b->width) ||
            (y->size == 1 && !is_events(y) && x->role == BL_ONNX_COLUMNS && x->size == a->width);
        if (!is_one && !is_broad &&
            (x->role != y->role || x->size != y->size || x->stride != y->stride))
            return false;
    }
    return a->steps == b->steps && (a->width == b->width || a->width == 1 || b->width == 1);
}

bl_status bl_onnx_align(bl_onnx_import *c, bl_onnx_seen *a, bl_onnx_seen *b, bl_error *err) {
    while (a->rank < b->rank)
        BL_TRY(bl_onnx_insert_axis(a, 0, err));
    while (b->rank < a->rank)
        BL_TRY(bl_onnx_insert_axis(b, 0, err));
    if (is_aligned(a, b))
        return BL_OK;
    BL_TRY(bl_onnx_columns_at(c, a, a->rank - 1, err));
    BL_TRY(bl_onnx_columns_at(c, b, b->rank - 1, err));
    if (is_aligned(a, b))
        return BL_OK;
    return bl_onnx_refuse(err, "its inputs have axes that do not go together");
}
