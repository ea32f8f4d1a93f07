// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>

#include "plot/axis.h"
#include "plot/letters.h"

/// No sum or difference of numbers up to it overflows.
static const double most = 1e300;

void bl_extent_add(bl_extent *extent, double value) {
    if (!isfinite(value))
        return;
    value = fmin(fmax(value, -most), most);
    extent->low = fmin(extent->low, value);
    extent->high = fmax(extent->high, value);
    if (value > 0)
        extent->least = fmin(extent->least, value);
}

double bl_axis_place(const bl_axis *axis, double value) {
    double far = 4, share;
    if (axis->is_log && value <= 0) {
        share = -0.1;
    } else {
        value = axis->is_log ? log10(value) : fmin(fmax(value, -most), most);
        share = (value - axis->low) / (axis->high - axis->low);
        share = fmin(fmax(share, -far), 1 + far);
    }
    return axis->begin + share * (axis->end - axis->begin);
}

// ---- ranges ----

static bool is_given(const bl_chart_axis *of) {
    return isfinite(of->low) && isfinite(of->high) && of->low < of->high;
}

/// Numbers that are all the same, or nearly, get room on both sides.
static void widen(bl_axis *axis) {
    double size = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->high - axis->low > 1e-10 * size)
        return;
    double room = size > 0 ? 0.1 * size : 1;
    axis->low -= room;
    axis->high += room;
}

static void range_of_logarithms(bl_axis *axis, const bl_extent *extent) {
    axis->low = log10(extent->least);
    axis->high = log10(extent->high);
    if (extent->has_base) // so that the least bin is seen, too
        axis->low = floor(axis->low - 0.1);
    if (axis->high - axis->low < 1) {
        axis->low = floor(axis->low + 1e-9);
        axis->high = fmax(ceil(axis->high - 1e-9), axis->low + 1);
    }
    double length = axis->high - axis->low;
    axis->low -= extent->has_base ? 0 : extent->pad * length;
    axis->high += fmax(extent->pad, extent->pad_top) * length;
}

static void range_of_numbers(bl_axis *axis, const bl_extent *extent) {
    axis->low = extent->low;
    axis->high = extent->high;
    // What is near 0 on the scale of the others is shown with it.
    bool starts_at_0 = axis->low >= 0 && (extent->has_base || axis->low < 0.3 * axis->high);
    bool ends_at_0 = extent->has_base && axis->high <= 0;
    if (extent->pad > 0 && starts_at_0)
        axis->low = 0;
    if (extent->pad > 0 && ends_at_0)
        axis->high = 0;
    widen(axis);
    double length = axis->high - axis->low;
    if (axis->low != 0 || !starts_at_0)
        axis->low -= extent->pad * length;
    if (!ends_at_0)
        axis->high += fmax(extent->pad, extent->pad_top) * length;
}

void bl_axis_range(bl_axis *axis, const bl_chart_axis *of, const bl_extent *extent) {
    axis->is_log = of->is_log && (is_given(of) ? of->high > 0 : extent->least < INFINITY);
    axis->is_empty = !is_given(of) && !(extent->low <= extent->high);
    if (axis->is_empty) {
        axis->low = 0;
        axis->high = 1;
    } else if (is_given(of)) {
        double least = of->low > 0                ? of->low
                       : extent->least < of->high ? extent->least
                                                  : of->high * 1e-3;
        axis->low = axis->is_log ? log10(least) : fmax(of->low, -most);
        axis->high = axis->is_log ? log10(of->high) : fmin(of->high, most);
        widen(axis);
    } else if (axis->is_log) {
        range_of_logarithms(axis, extent);
    } else {
        range_of_numbers(axis, extent);
    }
}

// ---- ticks ----

/// \param value a number, or its logarithm \return NULL: it is not on the axis
static bl_tick *add_tick(bl_axis *axis, double value, bool is_major) {
    double share = (value - axis->low) / (axis->high - axis->low);
    if (axis->n_ticks == BL_MOST_TICKS || !(share > -1e-9) || !(share < 1 + 1e-9))
        return NULL;
    bl_tick *tick = &axis->ticks[axis->n_ticks++];
    tick->at = axis->begin + share * (axis->end - axis->begin);
    tick->is_major = is_major;
    tick->label[0] = 0;
    return tick;
}

/// An integer in raised digits.
static void raise_digits(int value, char *to, size_t room) {
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char plain[16];
    size_t n = 0;
    snprintf(plain, sizeof plain, "%d", value);
    for (const char *c = plain; *c && n + 4 < room; c++)
        n += (size_t)snprintf(to + n, room - n, "%s", *c == '-' ? "⁻" : digits[*c - '0']);
}

/// "−2.50", or "2.5×10⁶" where that is shorter. \param largest of the axis, by size
static void write_number(double value, double step, double largest, char *to, size_t room) {
    char power[32] = "";
    int first = (int)floor(log10(largest) + 1e-9), last = (int)floor(log10(step) + 1e-9);
    int n_plain = (first > 0 ? first : 0) + (last < 0 ? 1 - last : 0), n_short = first - last + 5;
    bool has_power = value != 0 && (first > 5 || last < -4) && n_short < n_plain;
    int n_digits = has_power ? first - last : -last;
    if (has_power) {
        raise_digits(first, power, sizeof power);
        value = first < -300 ? value * 1e300 / pow(10, first + 300) : value / pow(10, first);
    }
    n_digits = value == 0 || n_digits < 0 ? 0 : n_digits < 15 ? n_digits : 15;
    snprintf(to, room, "%s%.*f%s%s", value < 0 ? "−" : "", n_digits, fabs(value),
             has_power ? "×10" : "", power);
}

/// A step of 1, 2 or 5 times a power of ten. \param ret_n_minor pieces of it
static double choose_step(double length, double n_most, int *ret_n_minor) {
    double rough = length / n_most, power = pow(10, floor(log10(rough)));
    double mantissa = power > 0 ? rough / power : 1;
    *ret_n_minor = mantissa > 1.0000001 && mantissa <= 2.0000001 ? 4 : 5;
    return (mantissa <= 1.0000001   ? 1
            : mantissa <= 2.0000001 ? 2
            : mantissa <= 5.0000001 ? 5
                                    : 10) *
           power;
}

/// \param low, high of numbers \param is_log they are placed by their logarithms
static void make_steps(bl_axis *axis, double low, double high, double n_most, bool is_log) {
    int n_minor = 1;
    double step = choose_step(high - low, n_most, &n_minor), minor = step / n_minor;
    double first = ceil(low / minor - 1e-6);
    if (!(minor > 0) || !isfinite(first))
        return;
    for (int i = 0; i < BL_MOST_TICKS; i++) {
        double k = first + i, value = k * minor;
        bool is_major = fabs(remainder(k, n_minor)) < 0.5;
        if (value > high + 1e-6 * minor)
            break;
        if (is_log && value <= 0)
            continue;
        bl_tick *tick = add_tick(axis, is_log ? log10(value) : value, is_major);
        if (tick && is_major)
            write_number(k == 0 ? 0 : value, step, fmax(fabs(low), fabs(high)), tick->label,
                         sizeof tick->label);
    }
}

static void write_decade(int decade, bool is_plain, char *to, size_t room) {
    char power[32];
    raise_digits(decade, power, sizeof power);
    if (is_plain)
        snprintf(to, room, "%.*f", decade < 0 ? -decade : 0, pow(10, decade));
    else
        snprintf(to, room, "10%s", power);
}

static void make_decades(bl_axis *axis, double n_most) {
    bool is_plain = axis->low > -3.01 && axis->high < 3.99;
    int first = (int)floor(axis->low), last = (int)ceil(axis->high);
    int n_minor = 1;
    int step = (int)ceil(choose_step(axis->high - axis->low, n_most, &n_minor) - 1e-9);
    int each = step > 10 ? step / n_minor : 1;
    for (int decade = first; decade <= last; decade++) {
        bool is_major = decade % step == 0;
        bl_tick *tick = is_major || decade % each == 0 ? add_tick(axis, decade, is_major) : NULL;
        if (tick && is_major)
            write_decade(decade, is_plain, tick->label, sizeof tick->label);
        for (int k = 2; step == 1 && last - first <= 12 && k < 10; k++)
            add_tick(axis, decade + log10(k), false);
    }
}

void bl_axis_ticks(bl_axis *axis, double n_most) {
    axis->n_ticks = 0;
    n_most = fmax(n_most, 2);
    if (axis->is_empty)
        return;
    if (!axis->is_log)
        make_steps(axis, axis->low, axis->high, n_most, false);
    else if (axis->high - axis->low < 1)
        make_steps(axis, pow(10, axis->low), pow(10, axis->high), n_most, true);
    else
        make_decades(axis, n_most);
}

double bl_axis_labels_width(const bl_axis *axis, double size) {
    double width = 0;
    for (size_t i = 0; i < axis->n_ticks; i++)
        width = fmax(width, bl_letters_width(axis->ticks[i].label, size));
    return width;
}
