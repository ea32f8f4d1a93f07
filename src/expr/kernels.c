// SPDX-License-Identifier: Apache-2.0
// Kernels of functions of single elements, and the one table of them. The loops are written so that
// compilers turn them into vector instructions.
#include <math.h>

#include "base/angles.h"
#include "base/elementary.h"
#include "base/wide.h"
#include "expr/elementwise.h"

#define LOOP(how, name, from, to, expression)                                              \
    how static void name(const void *const *in, unsigned constants, void *out, size_t n) { \
        (void)constants;                                                                   \
        const from *x = (const from *)in[0];                                               \
        to *o = (to *)out;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                   \
            from a = x[i];                                                                 \
            o[i] = (to)(expression);                                                       \
        }                                                                                  \
    }

#define UNARY(name, from, to, expression) LOOP(BL_WIDE, name, from, to, expression)
/// Of what the C library computes, one by one.
#define CALL(name, expression) LOOP(, name##_float, double, double, expression)

#define BINARY(name, from, to, expression)                                                     \
    BL_WIDE static void name(const void *const *in, unsigned constants, void *out, size_t n) { \
        const from *x = (const from *)in[0], *y = (const from *)in[1];                         \
        to *o = (to *)out;                                                                     \
        if (constants & 1) {                                                                   \
            const from a = x[0];                                                               \
            for (size_t i = 0; i < n; i++) {                                                   \
                from b = constants & 2 ? y[0] : y[i];                                          \
                o[i] = (to)(expression);                                                       \
            }                                                                                  \
        } else if (constants & 2) {                                                            \
            const from b = y[0];                                                               \
            for (size_t i = 0; i < n; i++) {                                                   \
                from a = x[i];                                                                 \
                o[i] = (to)(expression);                                                       \
            }                                                                                  \
        } else {                                                                               \
            for (size_t i = 0; i < n; i++) {                                                   \
                from a = x[i], b = y[i];                                                       \
                o[i] = (to)(expression);                                                       \
            }                                                                                  \
        }                                                                                      \
    }

#define TERNARY(name, from, to, expression)                                                      \
    BL_WIDE static void name(const void *const *in, unsigned constants, void *out, size_t n) {   \
        const from *x = (const from *)in[0], *y = (const from *)in[1], *z = (const from *)in[2]; \
        size_t sx = !(constants & 1), sy = !(constants & 2), sz = !(constants & 4);              \
        to *o = (to *)out;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                         \
            from a = x[i * sx], b = y[i * sy], c = z[i * sz];                                    \
            o[i] = (to)(expression);                                                             \
        }                                                                                        \
    }

// ---- arithmetic ----

/// Whole numbers wrap around at 64 bits.
#define WRAP(a, sign, b) ((int64_t)((uint64_t)(a)sign(uint64_t)(b)))

static inline int64_t floor_of_quotient(int64_t a, int64_t b) {
    if (b == 0 || b == -1) // the quotient of −2^63 and −1 wraps
        return b == 0 ? 0 : WRAP(0, -, a);
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t remainder_of(int64_t a, int64_t b) {
    if (b == 0 || b == -1)
        return 0;
    int64_t rest = a % b;
    return rest && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline double float_remainder(double a, double b) {
    double rest = fmod(a, b);
    if (rest == 0)
        return copysign(0, b);
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

/// As Python and NumPy define it, so that quotient and remainder fit each other.
static inline double float_floor_divide(double a, double b) {
    if (b == 0)
        return a / b;
    double rest = fmod(a, b), quotient = (a - rest) / b;
    if (rest != 0 && (rest < 0) != (b < 0))
        quotient -= 1;
    if (quotient == 0)
        return copysign(0, a / b);
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}

static inline int64_t int_power(int64_t a, int64_t b) {
    uint64_t result = 1, base = (uint64_t)a;
    for (uint64_t n = b < 0 ? 0 : (uint64_t)b; n; n >>= 1, base *= base)
        result *= n & 1 ? base : 1;
    return (int64_t)result;
}

BINARY(add_int, int64_t, int64_t, WRAP(a, +, b))
BINARY(add_float, double, double, a + b)
BINARY(subtract_int, int64_t, int64_t, WRAP(a, -, b))
BINARY(subtract_float, double, double, a - b)
BINARY(multiply_int, int64_t, int64_t, WRAP(a, *, b))
BINARY(multiply_float, double, double, a *b)
BINARY(divide_float, double, double, a / b)
BINARY(floor_divide_int, int64_t, int64_t, floor_of_quotient(a, b))
BINARY(floor_divide_float, double, double, float_floor_divide(a, b))
BINARY(remainder_int, int64_t, int64_t, remainder_of(a, b))
BINARY(remainder_float, double, double, float_remainder(a, b))
BINARY(fmod_float, double, double, fmod(a, b))
BINARY(power_int, int64_t, int64_t, int_power(a, b))
BINARY(power_float, double, double, pow(a, b))
UNARY(negative_int, int64_t, int64_t, WRAP(0, -, a))
UNARY(negative_float, double, double, -a)
UNARY(positive_int, int64_t, int64_t, a)
UNARY(positive_float, double, double, a)
UNARY(abs_int, int64_t, int64_t, a < 0 ? WRAP(0, -, a) : a)
UNARY(abs_float, double, double, fabs(a))
UNARY(sign_int, int64_t, int64_t, (a > 0) - (a < 0))
UNARY(sign_float, double, double, a != a ? a : (double)((a > 0) - (a < 0)))
UNARY(square_int, int64_t, int64_t, WRAP(a, *, a))
UNARY(square_float, double, double, a *a)
BINARY(minimum_int, int64_t, int64_t, a < b ? a : b)
BINARY(minimum_float, double, double, a < b || a != a ? a : b)
BINARY(maximum_int, int64_t, int64_t, a > b ? a : b)
BINARY(maximum_float, double, double, a > b || a != a ? a : b)
TERNARY(clip_int, int64_t, int64_t, a<b ? b : a> c ? c : a)
TERNARY(clip_float, double, double, a<b ? b : a> c ? c : a)

// ---- comparisons, bits, tests ----

#define COMPARISON(name, sign)                      \
    BINARY(name##_bool, uint8_t, uint8_t, a sign b) \
    BINARY(name##_int, int64_t, uint8_t, a sign b)  \
    BINARY(name##_float, double, uint8_t, a sign b)
COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(greater, >)
COMPARISON(greater_equal, >=)
COMPARISON(equal, ==)
COMPARISON(not_equal, !=)

static inline int64_t shift_left(int64_t a, int64_t b) {
    return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
}
static inline int64_t shift_right(int64_t a, int64_t b) { return a >> (b < 0 || b > 63 ? 63 : b); }

BINARY(bit_and_bool, uint8_t, uint8_t, a &b)
BINARY(bit_and_int, int64_t, int64_t, a &b)
BINARY(bit_or_bool, uint8_t, uint8_t, a | b)
BINARY(bit_or_int, int64_t, int64_t, a | b)
BINARY(bit_xor_bool, uint8_t, uint8_t, a ^ b)
BINARY(bit_xor_int, int64_t, int64_t, a ^ b)
UNARY(invert_bool, uint8_t, uint8_t, !a)
UNARY(invert_int, int64_t, int64_t, ~a)
BINARY(left_shift_int, int64_t, int64_t, shift_left(a, b))
BINARY(right_shift_int, int64_t, int64_t, shift_right(a, b))
UNARY(isnan_float, double, uint8_t, a != a)
UNARY(isinf_float, double, uint8_t, isinf(a) != 0)
UNARY(isfinite_float, double, uint8_t, isfinite(a) != 0)
UNARY(ones_float, double, double, ((void)a, 1))
UNARY(ones_int, int64_t, int64_t, ((void)a, 1))
UNARY(zeros_float, double, double, ((void)a, 0))
UNARY(zeros_int, int64_t, int64_t, ((void)a, 0))

// ---- functions of floats ----

static const double pi = 3.14159265358979323846;

UNARY(sqrt_float, double, double, sqrt(a))
CALL(cbrt, cbrt(a))
/// Of what we compute ourselves, many at once.
#define OURS(name)                                                                              \
    static void name##_floats(const void *const *in, unsigned constants, void *out, size_t n) { \
        (void)constants;                                                                        \
        bl_##name##_all((const double *)in[0], (double *)out, n);                               \
    }
OURS(sin)
OURS(cos)
CALL(exp, exp(a))
CALL(expm1, expm1(a))
CALL(log, log(a))
CALL(log2, log2(a))
CALL(log10, log10(a))
CALL(log1p, log1p(a))
CALL(tan, tan(a))
CALL(arcsin, asin(a))
CALL(arccos, acos(a))
CALL(arctan, atan(a))
CALL(sinh, sinh(a))
CALL(cosh, cosh(a))
CALL(tanh, tanh(a))
CALL(arcsinh, asinh(a))
CALL(arccosh, acosh(a))
CALL(arctanh, atanh(a))
UNARY(floor_float, double, double, floor(a))
UNARY(ceil_float, double, double, ceil(a))
UNARY(trunc_float, double, double, trunc(a))
UNARY(rint_float, double, double, rint(a))
UNARY(degrees_float, double, double, a *(180 / pi))
UNARY(radians_float, double, double, a *(pi / 180))
UNARY(float32_float, double, double, (double)(float)a)
BINARY(hypot_float, double, double, hypot(a, b))
BINARY(arctan2_float, double, double, atan2(a, b))
BINARY(copysign_float, double, double, copysign(a, b))
BINARY(delta_phi_float, double, double, bl_wrap_phi(a - b))

#define FLOAT(name, aliases, n, help) \
    { #name, aliases, BL_RULE_FLOAT, n, {NULL, NULL, name##_float }, help }
#define NUMBER(name, aliases, n, help) \
    { #name, aliases, BL_RULE_NUMBER, n, {NULL, name##_int, name##_float }, help }
#define COMPARE(name, help) \
    { #name, NULL, BL_RULE_COMPARE, 2, {name##_bool, name##_int, name##_float }, help }
#define BITS(name, aliases, n, help) \
    { #name, aliases, BL_RULE_BITS, n, {name##_bool, name##_int, NULL }, help }
#define TEST(name, help) \
    { #name, NULL, BL_RULE_TEST, 1, {NULL, NULL, name##_float }, help }
#define INT(name, n, help) \
    { #name, NULL, BL_RULE_INT, n, {NULL, name##_int, NULL }, help }

const bl_elementwise bl_elementwise_table[] = {
    NUMBER(add, NULL, 2, "a + b"),
    NUMBER(subtract, NULL, 2, "a - b"),
    NUMBER(multiply, NULL, 2, "a * b"),
    FLOAT(divide, "true_divide", 2, "a / b"),
    NUMBER(floor_divide, NULL, 2, "a // b"),
    NUMBER(remainder, "mod", 2, "a % b, with the sign of b"),
    FLOAT(fmod, NULL, 2, "what is left of a / b, with the sign of a"),
    NUMBER(power, "pow", 2, "a ** b"),
    NUMBER(negative, NULL, 1, "-a"),
    NUMBER(positive, NULL, 1, "+a"),
    NUMBER(abs, "absolute fabs", 1, "without its sign"),
    NUMBER(sign, NULL, 1, "-1, 0 or 1"),
    NUMBER(square, NULL, 1, "a * a"),
    NUMBER(minimum, NULL, 2, "the smaller of two"),
    NUMBER(maximum, NULL, 2, "the larger of two"),
    NUMBER(clip, NULL, 3, "a, not below b, not above c"),
    {"ones_like", NULL, BL_RULE_NUMBER, 1, {NULL, ones_int, ones_float}, "1 for each element"},
    {"zeros_like", NULL, BL_RULE_NUMBER, 1, {NULL, zeros_int, zeros_float}, "0 for each element"},
    COMPARE(less, "a < b"),
    COMPARE(less_equal, "a <= b"),
    COMPARE(greater, "a > b"),
    COMPARE(greater_equal, "a >= b"),
    COMPARE(equal, "a == b"),
    COMPARE(not_equal, "a != b"),
    BITS(bit_and, "bitwise_and", 2, "a & b"),
    BITS(bit_or, "bitwise_or", 2, "a | b"),
    BITS(bit_xor, "bitwise_xor logical_xor", 2, "a ^ b"),
    BITS(invert, "bitwise_not", 1, "~a"),
    INT(left_shift, 2, "a << b"),
    INT(right_shift, 2, "a >> b"),
    TEST(isnan, "whether it is NaN"),
    TEST(isinf, "whether it is infinite"),
    TEST(isfinite, "whether it is neither NaN nor infinite"),
    FLOAT(sqrt, NULL, 1, "square root"),
    FLOAT(cbrt, NULL, 1, "cube root"),
    FLOAT(exp, NULL, 1, "e to the a"),
    FLOAT(expm1, NULL, 1, "exp(a) - 1"),
    FLOAT(log, NULL, 1, "natural logarithm"),
    FLOAT(log2, NULL, 1, "logarithm to base 2"),
    FLOAT(log10, NULL, 1, "logarithm to base 10"),
    FLOAT(log1p, NULL, 1, "log(1 + a)"),
    {"sin", NULL, BL_RULE_FLOAT, 1, {NULL, NULL, sin_floats}, "sine"},
    {"cos", NULL, BL_RULE_FLOAT, 1, {NULL, NULL, cos_floats}, "cosine"},
    FLOAT(tan, NULL, 1, "tangent"),
    FLOAT(arcsin, "asin", 1, "inverse sine"),
    FLOAT(arccos, "acos", 1, "inverse cosine"),
    FLOAT(arctan, "atan", 1, "inverse tangent"),
    FLOAT(arctan2, "atan2", 2, "angle of the point (b, a)"),
    FLOAT(sinh, NULL, 1, "hyperbolic sine"),
    FLOAT(cosh, NULL, 1, "hyperbolic cosine"),
    FLOAT(tanh, NULL, 1, "hyperbolic tangent"),
    FLOAT(arcsinh, "asinh", 1, "inverse hyperbolic sine"),
    FLOAT(arccosh, "acosh", 1, "inverse hyperbolic cosine"),
    FLOAT(arctanh, "atanh", 1, "inverse hyperbolic tangent"),
    FLOAT(floor, NULL, 1, "the next whole number below"),
    FLOAT(ceil, NULL, 1, "the next whole number above"),
    FLOAT(trunc, NULL, 1, "without its fraction"),
    FLOAT(rint, "round", 1, "the nearest whole number, of two the even one"),
    FLOAT(degrees, "rad2deg", 1, "radians as degrees"),
    FLOAT(radians, "deg2rad", 1, "degrees as radians"),
    FLOAT(float32, NULL, 1, "rounded to 32 bits"),
    FLOAT(hypot, NULL, 2, "sqrt(a*a + b*b)"),
    FLOAT(copysign, NULL, 2, "a with the sign of b"),
    FLOAT(delta_phi, "deltaPhi deltaphi", 2, "a - b, wrapped into [-pi, pi]"),
};

const size_t bl_n_elementwise = sizeof bl_elementwise_table / sizeof *bl_elementwise_table;
