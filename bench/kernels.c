// SPDX-License-Identifier: Apache-2.0
// How near the kernels of networks come to what a core can do: usage: kernels [SECONDS]
//
// For each kind of kernels that this processor has: first the peak, independent chains of fused
// multiply-adds in registers; then products and gradients of the shapes that our networks have, in
// GFLOP/s (2·m·k·n a product) and as a share of that peak; then packing, in bytes read; then all
// products of one network together; then functions, in ns a number.
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
    const struct network *network;
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
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    if (!x)
        bench_die("out of memory");
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
    {"the same, one row", 1, 27, 1024},
    {"", 1, 1024, 1024},
    {"", 1, 1024, 1},
    {"14-50-20-10-3, batch 64", 64, 14, 50},
    {"", 64, 50, 20},
    {"", 64, 20, 10},
    {"", 64, 10, 3},
    {"GRU of 50, a step", 64, 50, 150},
    {"", 16, 50, 150},
    {"", 5, 50, 150},
    {"", 2, 50, 150},
    {"", 1, 50, 150},
    {"its gradient of the state", 64, 150, 50},
    {"its weights, 4096 rows", 4096, 50, 150},
    {"its inputs, 4096 rows", 4096, 19, 150},
    {"attention, 100 tokens", 100, 16, 100},
    {"", 100, 100, 16},
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

// ---- packing ----

static void pack(const work *w) {
    bl_nn_packed packed = w->packed;
    bl_nn_packed_set(&packed, w->b, w->n);
}

static void pack_transposed(const work *w) {
    bl_nn_packed packed = w->packed;
    bl_nn_packed_set_transposed(&packed, w->b, w->k);
}

static void measure_packing(bl_context *context, const bl_nn_kernels *kernels, double seconds) {
    const size_t sizes[][2] = {{1024, 1024}, {50, 150}, {14, 50}, {50, 20}, {20, 10}, {10, 3}};
    printf("packing a matrix, transposed, GB/s:\n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        work w = {.kernels = kernels, .k = sizes[i][0], .n = sizes[i][1]};
        double n_bytes = (double)(w.k * w.n * sizeof(float));
        bl_error err = {0};
        w.b = numbers(w.k * w.n);
        bench_check(bl_nn_packed_init(context, kernels, w.k, w.n, &w.packed, &err), &err);
        double straight = measure(pack, &w, seconds);
        double transposed = measure(pack_transposed, &w, seconds);
        printf("%4zu × %4zu: %6.1f (%.3f µs), %6.1f (%.3f µs)\n", w.k, w.n,
               n_bytes / straight * 1e-9, straight * 1e6, n_bytes / transposed * 1e-9,
               transposed * 1e6);
        bl_nn_packed_release(&w.packed);
        free(w.b);
    }
}

// ---- all products of a network ----

enum { N_LAYERS = 4, ROWS = 128 };
static const size_t widths[N_LAYERS + 1] = {14, 50, 20, 10, 3};

/// The products of 14-50-20-10-3 in shards of rows, without what stands between them.
typedef struct network {
    const bl_nn_kernels *kernels;
    size_t m;
    float *values[N_LAYERS + 1], *slopes[N_LAYERS + 1]; ///< [ROWS × widths[i]], aligned rows
    float *weights[N_LAYERS], *gradients[N_LAYERS];     ///< [widths[i] × widths[i + 1]]
    float *biases[N_LAYERS], *bias_gradients[N_LAYERS]; ///< [widths[i + 1]]
    bl_nn_packed forward[N_LAYERS], backward[N_LAYERS];
} network;

static size_t stride_of(size_t i) { return (widths[i] + 15) / 16 * 16; }

static void pack_network(const network *w) {
    for (size_t i = 0; i < N_LAYERS; i++) {
        bl_nn_packed forward = w->forward[i], backward = w->backward[i];
        bl_nn_packed_set(&forward, w->weights[i], widths[i + 1]);
        if (i > 0)
            bl_nn_packed_set_transposed(&backward, w->weights[i], widths[i + 1]);
    }
}

static void multiply_forward(const network *w, size_t row, size_t m) {
    for (size_t i = 0; i < N_LAYERS; i++)
        w->kernels->multiply(&(bl_nn_product){.m = m,
                                              .a = w->values[i] + row * stride_of(i),
                                              .a_stride = stride_of(i),
                                              .b = &w->forward[i],
                                              .bias = w->biases[i],
                                              .out = w->values[i + 1] + row * stride_of(i + 1),
                                              .out_stride = stride_of(i + 1)});
}

static void multiply_backward(const network *w, size_t row, size_t m) {
    for (size_t i = N_LAYERS; i-- > 1;)
        w->kernels->multiply(&(bl_nn_product){.m = m,
                                              .a = w->slopes[i + 1] + row * stride_of(i + 1),
                                              .a_stride = stride_of(i + 1),
                                              .b = &w->backward[i],
                                              .out = w->slopes[i] + row * stride_of(i),
                                              .out_stride = stride_of(i)});
}

static void add_gradients(const network *w, size_t row, size_t m) {
    for (size_t i = 0; i < N_LAYERS; i++)
        w->kernels->add_gradient(&(bl_nn_gradient){.m = m,
                                                   .k = widths[i],
                                                   .n = widths[i + 1],
                                                   .a = w->values[i] + row * stride_of(i),
                                                   .a_stride = stride_of(i),
                                                   .b = w->slopes[i + 1] + row * stride_of(i + 1),
                                                   .b_stride = stride_of(i + 1),
                                                   .adds = row > 0,
                                                   .out = w->gradients[i],
                                                   .out_stride = widths[i + 1]});
}

static void add_sums(const network *w, size_t row, size_t m) {
    for (size_t i = 0; i < N_LAYERS; i++)
        w->kernels->add_columns(w->slopes[i + 1] + row * stride_of(i + 1), stride_of(i + 1), m,
                                widths[i + 1], row > 0, w->bias_gradients[i]);
}

typedef void (*part_fn)(const network *w, size_t row, size_t m);

static void run_part(const network *w, part_fn part) {
    for (size_t row = 0; row < w->m; row += BL_NN_SHARD)
        part(w, row, w->m - row < BL_NN_SHARD ? w->m - row : BL_NN_SHARD);
}

static void forward_part(const work *w) { run_part(w->network, multiply_forward); }
static void backward_part(const work *w) { run_part(w->network, multiply_backward); }
static void gradient_part(const work *w) { run_part(w->network, add_gradients); }
static void sums_part(const work *w) { run_part(w->network, add_sums); }
static void packing_part(const work *w) { pack_network(w->network); }

static void whole_step(const work *w) {
    packing_part(w), forward_part(w), backward_part(w), gradient_part(w), sums_part(w);
}

static void measure_network(bl_context *context, const bl_nn_kernels *kernels, double seconds) {
    network net = {.kernels = kernels, .m = ROWS};
    work w = {.network = &net};
    bl_error err = {0};
    for (size_t i = 0; i <= N_LAYERS; i++) {
        net.values[i] = numbers(ROWS * stride_of(i));
        net.slopes[i] = numbers(ROWS * stride_of(i));
        if (i == N_LAYERS)
            break;
        size_t k = widths[i], n = widths[i + 1];
        net.weights[i] = numbers(k * n), net.gradients[i] = numbers(k * n);
        net.biases[i] = numbers(n), net.bias_gradients[i] = numbers(n);
        bench_check(bl_nn_packed_init(context, kernels, k, n, &net.forward[i], &err), &err);
        bench_check(bl_nn_packed_init(context, kernels, n, k, &net.backward[i], &err), &err);
    }
    pack_network(&net);
    printf("14-50-20-10-3, a step of %d rows in shards, µs:", ROWS);
    const char *names[] = {"packing", "forward", "backward", "weights", "biases", "all"};
    void (*const parts[])(const work *w) = {packing_part,  forward_part, backward_part,
                                            gradient_part, sums_part,    whole_step};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        printf(" %s %.2f,", names[i], measure(parts[i], &w, seconds) * 1e6);
    net.m = 1;
    printf(" one row forward %.3f\n", measure(forward_part, &w, seconds) * 1e6);
    for (size_t i = 0; i <= N_LAYERS; i++) {
        free(net.values[i]), free(net.slopes[i]);
        if (i == N_LAYERS)
            break;
        free(net.weights[i]), free(net.gradients[i]), free(net.biases[i]);
        free(net.bias_gradients[i]);
        bl_nn_packed_release(&net.forward[i]), bl_nn_packed_release(&net.backward[i]);
    }
}

static void measure_functions(const bl_nn_kernels *k, double seconds) {
    enum { N_ROWS = 64, N = 4096 };
    const char *names[] = {"exp", "ln", "log1p", "softplus", "tanh", "sigmoid", "relu"};
    const bl_nn_map maps[] = {k->exp, k->ln, k->log1p, k->softplus, k->tanh, k->sigmoid, k->relu};
    work w = {.kernels = k, .a = numbers(N), .out = numbers(N), .k = N};
    printf("ns a number:");
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        w.map = maps[i];
        printf(" %s %.2f,", names[i], measure(map, &w, seconds) * 1e9 / N);
    }
    w.m = N_ROWS, w.k = N / N_ROWS;
    printf(" softmax of %d %.2f,", N / N_ROWS, measure(softmax, &w, seconds) * 1e9 / N);
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
        measure_packing(context, kernels, seconds);
        measure_network(context, kernels, seconds);
        measure_functions(kernels, seconds);
    }
    bl_context_free(context);
    return 0;
}
