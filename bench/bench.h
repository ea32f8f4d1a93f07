// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the measuring programs share: the clock, and the way bench/read.py talks to them.
///
/// A program is given lines `WAY THREADS FILE`, and answers each with one line of JSON: a run over
/// every column of the file's first tree, with its `seconds`.
#ifndef BL_BENCH_H
#define BL_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <beamline/beamline.h>

static inline double bench_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/// A measurement that lacks something is none.
_Noreturn static inline void bench_die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline void bench_check(bl_status status, const bl_error *err) {
    if (status != BL_OK)
        bench_die(err->message[0] ? err->message : bl_status_text(status));
}

static inline void *bench_alloc(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory)
        bench_die("out of memory");
    return memory;
}

static inline bl_context *bench_context(unsigned n_threads) {
    bl_context_options options = {.size = sizeof options, .n_threads = n_threads};
    bl_context *context;
    bl_error err = {0};
    bench_check(bl_context_new(&options, &context, &err), &err);
    return context;
}

/// One run on `n_threads` threads; prints its JSON without the end of the line.
typedef void (*bench_run_fn)(void *state, const char *way, unsigned n_threads, const char *path);

/// Answers requests until there are no more.
static inline void bench_serve(bench_run_fn run, void *state) {
    char way[16];
    unsigned n_threads;
    char *path = NULL;
    size_t room = 0;
    while (scanf("%15s %u ", way, &n_threads) == 2 && getline(&path, &room, stdin) > 0) {
        path[strcspn(path, "\n")] = 0;
        run(state, way, n_threads, path);
        putchar('\n');
        fflush(stdout);
    }
    free(path);
}

#endif
