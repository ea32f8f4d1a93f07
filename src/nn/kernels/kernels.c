// SPDX-License-Identifier: Apache-2.0
// Which kernels the processor at hand has.
#include "nn/kernels/kernels.h"

#if defined(__x86_64__)
static bool has_avx512(void) { return __builtin_cpu_supports("avx512f"); }

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

static bool has_c(void) { return true; }

typedef struct choice {
    const bl_nn_kernels *kernels;
    bool (*is_there)(void);
} choice;

static const choice choices[] = {
#if defined(__x86_64__)
    {&bl_nn_kernels_avx512, has_avx512},
    {&bl_nn_kernels_avx2, has_avx2},
#elif defined(__aarch64__)
    {&bl_nn_kernels_neon, has_c}, // no aarch64 is without
#endif
    {&bl_nn_kernels_plain, has_c},
};

const bl_nn_kernels *bl_nn_kernels_at(size_t i) {
    for (size_t k = 0; k < sizeof choices / sizeof *choices; k++)
        if (choices[k].is_there() && i-- == 0)
            return choices[k].kernels;
    return NULL;
}

const bl_nn_kernels *bl_nn_kernels_get(void) { return bl_nn_kernels_at(0); }
