// SPDX-License-Identifier: Apache-2.0
// How near the kernels of networks come to what a core can do: usage: kernels [SECONDS]
//
// For each kind of kernels that this processor has: first the peak, independent chains of fused
// multiply-adds in registers; then products and gradients of the shapes that our networks have, in
// GFLOP/s (2·m·k·n a product) and as a share of that peak; then functions, in ns a number.
// Each figure is the shortest of many short runs of one thread, SECONDS (0.3) for all of them. It
// is of the clock on the wall: virtual machines may count less CPU time than was used, and the
// shortest run is one that nobody interrupted.
#include <math.h>

#include "bench/bench.h"
#include "nn/kernels/packed.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// ---- the peak ----

enum { CHAINS = 12, PEAK_STEPS = 20000 };

/// Chains that are long enough to hide how long one step takes, and few enough for the registers.
#define PEAK(name, attribute, lanes, fused)                                            \
    attribute static float name(float start, float factor) {                           \
        lanes sums[CHAINS], by = {0}, plus = {0};                                      \
        float result = 0;                                                              \
        by += factor, plus += start;                                                   \
        for (int c = 0; c < CHAINS; c++)                                               \
            sums[c] = plus * (float)c;                                                 \
        for (int i = 0; i < PEAK_STEPS; i++)                                           \
            _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++) sums[c] = fused; \
        for (int c = 0; c < CHAINS; c++)                                               \
            result += sums[c][0] + sums[c][1];                                         \
        return result;                                                                 \
    }
#if defined(__x86_64__)
PEAK(peak_avx512, __attribute__((target("avx512f"))), __m512, _mm512_fmadd_ps(by, sums[c], plus))
PEAK(peak_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_fmadd_ps(by, sums[c], plus))
#elif defined(__aarch64__)
PEAK(peak_neon, , float32x4_t, vfmaq_f32(plus, by, sums[c]))
#endif

typedef struct limit {
    const bl_nn_kernels *kernels;
    float (*run)(float start, float factor);
} limit;

static const limit limits[] = {
#if defined(__x86_64__)
    {&bl_nn_kernels_avx512, peak_avx512},
    {&bl_nn_kernels_avx2, peak_avx2},
#elif defined(__aarch64__)
    {&bl_nn_kernels_neon, peak_neon},
#endif
    {&bl_nn_kernels_plain, NULL}, // what it could do depends on the compiler
};

static volatile float sink; // what nobody looks at may not be computed at all

/// \return GFLOP/s, or 0 where no peak is known
static double measure_peak(const limit *p, size_t n_lanes, double seconds) {
    double best = INFINITY;
    for (double end = bench_seconds() + seconds; p->run && bench_seconds() < end;) {
        double start = bench_seconds();
        sink = p->run(0.5F, 0.25F);
        double took = bench_seconds() - start;
        best = took < best ? took : best;
    }
    return p->run ? 2.0 * CHAINS * PEAK_STEPS * (double)n_lanes / best * 1e-9 : 0;
}

// ---- one kind of work ----

typedef struct work {
    const bl_nn_kernels *kernels;
    size_t m, k, n;
    float *a, *b, *out; ///< [m × k], [k × n] and [m × n] or, of gradients, [m × n] and [k × n]
    bl_nn_packed packed;
    bl_nn_map map;
} work;

static void multiply(const work *w) {
    w->kernels->multiply(&(bl_nn_product){.m = w->m,
                                          .a = w->a,
                                          .a_stride = w->k,
                                          .b = &w->packed,
                                          .out = w->out,
                                          .out_stride = w->n});
}

static void add_gradient(const work *w) {
    w->kernels->add_gradient(&(bl_nn_gradient){.m = w->m,
                                               .k = w->k,
                                               .n = w->n,
                                               .a = w->a,
                                               .a_stride = w->k,
                                               .b = w->b,
                                               .b_stride = w->n,
                                               .out = w->out,
                                               .out_stride = w->n});
}

static void add_columns(const work *w) {
    w->kernels->add_columns(w->a, w->k, w->m, w->k, false, w->out);
}

static void map(const work *w) { w->map(w->a, w->out, w->k); }

static void softmax(const work *w) { w->kernels->softmax(w->a, w->k, w->m, w->k, w->out, w->k); }

/// The shortest of many runs, each so long that the clock does not matter. \return seconds
static double measure(void (*run)(const work *w), const work *w, double seconds) {
    enum { RUN_NS = 50000 };
    size_t n_times = 1;
    double best = INFINITY;
    for (double end = bench_seconds() + seconds; bench_seconds() < end;) {
        double start = bench_seconds();
        for (size_t i = 0; i < n_times; i++)
            run(w);
        double took = bench_seconds() - start;
        if (took * 1e9 < RUN_NS)
            n_times *= 2;
        else if (took / (double)n_times < best)
            best = took / (double)n_times;
    }
    return best;
}

static float *numbers(size_t n) {
    float *x = bench_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)(i * 7919 % 1000) / 500 - 1);
    return x;
}

typedef struct shape {
    const char *what;
    size_t m, k, n;
} shape;

static const shape shapes[] = {
    {"27-1024-1024-1, batch 64", 64, 27, 1024},
    {"", 64, 1024, 1024},
    {"", 64, 1024, 1},
    {"the same, one row", 1, 1024, 1024},
    {"14-50-20-10-3, batch 128", 128, 14, 50},
    {"", 128, 50, 20},
    {"", 128, 20, 10},
    {"", 128, 10, 3},
    {"GRU of 50, 128 rows", 128, 50, 150},
    {"its gradient of the state", 128, 150, 50},
    {"its inputs, 4096 rows", 4096, 19, 150},
};

static void print_rate(double flops, double seconds, double peak) {
    double rate = flops / seconds * 1e-9;
    if (peak > 0)
        printf(" %9.1f %4.0f %%", rate, 100 * rate / peak);
    else
        printf(" %9.1f       ", rate);
}

static void measure_shape(bl_context *context, const bl_nn_kernels *kernels, const shape *s,
                          double peak, double seconds) {
    work w = {.kernels = kernels, .m = s->m, .k = s->k, .n = s->n};
    size_t b_size = s->k > s->m ? s->k * s->n : s->m * s->n;
    w.a = numbers(s->m * s->k);
    w.b = numbers(b_size);
    w.out = numbers(b_size);
    bl_error err = {0};
    bench_check(bl_nn_packed_init(context, kernels, s->k, s->n, &w.packed, &err), &err);
    bl_nn_packed_set_transposed(&w.packed, w.b, s->k);
    double flops = 2.0 * (double)s->m * (double)s->k * (double)s->n;
    printf("%-26s %5zu %5zu %5zu", s->what, s->m, s->k, s->n);
    print_rate(flops, measure(multiply, &w, seconds), peak);
    print_rate(flops, measure(add_gradient, &w, seconds), peak);
    printf("\n");
    bl_nn_packed_release(&w.packed);
    free(w.a), free(w.b), free(w.out);
}

static void measure_functions(const bl_nn_kernels *k, double seconds) {
    enum { ROWS = 64, N = 4096 };
    const char *names[] = {"exp", "ln", "log1p", "softplus", "tanh", "sigmoid", "relu"};
    const bl_nn_map maps[] = {k->exp, k->ln, k->log1p, k->softplus, k->tanh, k->sigmoid, k->relu};
    work w = {.kernels = k, .a = numbers(N), .out = numbers(N), .k = N};
    printf("ns a number:");
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        w.map = maps[i];
        printf(" %s %.2f,", names[i], measure(map, &w, seconds) * 1e9 / N);
    }
    w.m = ROWS, w.k = N / ROWS;
    printf(" softmax of %d %.2f,", N / ROWS, measure(softmax, &w, seconds) * 1e9 / N);
    printf(" sums of columns %.2f\n\n", measure(add_columns, &w, seconds) * 1e9 / N);
    free(w.a), free(w.out);
}

int main(int n_words, char **words) {
    double seconds = n_words > 1 ? strtod(words[1], NULL) : 0.3;
    bl_context *context = bench_context(1);
    const bl_nn_kernels *kernels;
    for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
        size_t p = 0;
        while (limits[p].kernels != kernels)
            p++;
        double peak = measure_peak(&limits[p], kernels->n_lanes, seconds);
        printf("%s: peak %.1f GFLOP/s\n%-26s %5s %5s %5s %16s %16s\n", kernels->name, peak,
               "GFLOP/s", "m", "k", "n", "product", "gradient");
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            measure_shape(context, kernels, &shapes[s], peak, seconds);
        measure_functions(kernels, seconds);
    }
    bl_context_free(context);
    return 0;
}
