// SPDX-License-Identifier: Apache-2.0
/// \file
/// Values as they stand in physicists' trees: what compresses like a real column, reads like one.
#ifndef BL_BENCH_VALUES_H
#define BL_BENCH_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include <beamline/batch.h>

/// The one table of kinds: X(name, type, what it stands for).
#define BENCH_KIND_TABLE(X)                                                   \
    X(FALLING, FLOAT32, "energies and momenta: many small, few large")        \
    X(GAUSS, FLOAT32, "residuals, impact parameters, positions")              \
    X(ANGLE, FLOAT32, "azimuth: uniform between -pi and pi")                  \
    X(ETA, FLOAT32, "pseudorapidity")                                         \
    X(UNIT, FLOAT32, "scores of classifiers: between 0 and 1, near the ends") \
    X(SPARSE, FLOAT32, "a default value for most, a number for some")         \
    X(WEIGHT, FLOAT32, "variations of a weight: near 1")                      \
    X(CONSTANT, FLOAT32, "the same in every row")                             \
    X(SMALL, INT32, "counts of hits and layers")                              \
    X(INDEX, INT32, "which object of another list; -1 is none")               \
    X(BITS, INT32, "a word of flags, most of them 0")                         \
    X(PDG, INT32, "a particle's code")                                        \
    X(LINK, UINT32, "an index into a large store")                            \
    X(ZERO, UINT32, "a base class's members, never used")                     \
    X(BYTE, UINT8, "a small code")                                            \
    X(FLAG, BOOL, "yes or no, both frequent")                                 \
    X(RARE, BOOL, "a trigger: seldom yes")                                    \
    X(KEY, UINT32, "a container's hash: the same in every row")               \
    X(RUN, UINT32, "the same for the whole file")                             \
    X(LUMI, UINT32, "grows slowly")                                           \
    X(EVENT, UINT64, "a number of its own for each row")                      \
    X(WORD, UINT64, "bits packed by a detector")

typedef enum bench_kind {
#define BENCH_KIND_ENUM(name, type, text) BENCH_##name,
    BENCH_KIND_TABLE(BENCH_KIND_ENUM)
#undef BENCH_KIND_ENUM
        BENCH_N_KINDS
} bench_kind;

bl_type_id bench_kind_type(bench_kind kind);

/// Where the values of one column and batch come from.
typedef struct bench_origin {
    uint64_t state;         ///< of the random numbers
    double character;       ///< 0 … 1; makes a column differ from another of its kind
    unsigned mantissa_bits; ///< that are kept of a float32's 23
    int64_t first_row;
} bench_origin;

/// \param column of the tree \param batch counted from 0
bench_origin bench_origin_of(uint64_t seed, size_t column, size_t batch);
uint64_t bench_random(bench_origin *origin);
/// A number of objects in an event.
uint32_t bench_poisson(bench_origin *origin, double mean);
/// \param ret_values [n] of the kind's type; bool: a byte each
void bench_fill(bench_kind kind, bench_origin *origin, size_t n, void *ret_values);

#endif
