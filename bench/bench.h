// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the measuring programs share: their arguments and the clock.
#ifndef BL_BENCH_H
#define BL_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <beamline/beamline.h>

/// Arguments: RUNS TREE COLUMNS FILE…; COLUMNS is a file with one path of a column a line.
typedef struct bench_arguments {
    int runs;
    const char *tree;
    size_t n_columns;
    char **columns; ///< [n_columns]; owns
    size_t n_files;
    const char *const *files; ///< [n_files]
} bench_arguments;

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

static inline void bench_read_columns(bench_arguments *arguments, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        bench_die(path);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        size_t size = (arguments->n_columns + 1) * sizeof *arguments->columns;
        arguments->columns = realloc(arguments->columns, size);
        if (!arguments->columns || !(arguments->columns[arguments->n_columns++] = strdup(line)))
            bench_die("out of memory");
    }
    free(line);
    fclose(file);
}

static inline bench_arguments bench_parse(int argc, char **argv) {
    if (argc < 5)
        bench_die("usage: RUNS TREE COLUMNS FILE...");
    bench_arguments arguments = {.runs = (int)strtol(argv[1], NULL, 10),
                                 .tree = argv[2],
                                 .n_files = (size_t)argc - 4,
                                 .files = (const char *const *)argv + 4};
    bench_read_columns(&arguments, argv[3]);
    return arguments;
}

static inline void bench_release(bench_arguments *arguments) {
    for (size_t i = 0; i < arguments->n_columns; i++)
        free(arguments->columns[i]);
    free(arguments->columns);
}

/// A context of one thread.
static inline bl_context *bench_context(void) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context;
    bl_error err = {0};
    bench_check(bl_context_new(&options, &context, &err), &err);
    return context;
}

#endif
