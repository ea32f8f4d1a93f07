// SPDX-License-Identifier: Apache-2.0
// usage: loading FOLDER [MEGABYTES]
//
// How fast the loader gives batches for training, alone: nothing is done with them. In FOLDER it
// makes two prepared data sets of so many megabytes (256), and removes them: vectors of 14 float32,
// and sequences of 19 columns with 0 to 99 rows an event. Each is read once before. Each line is
// the best of three epochs: events and bytes of float32 inputs a second of time, events a second of
// processor time of all threads.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"

#include "column/builder.h"
#include "data/loader/loader.h"

enum { COLUMNS = 6, WRITTEN_ROWS = 1 << 12, ROUNDS = 3 };

typedef struct subject {
    const char *name;
    size_t width;
    bool is_sequence;
    bl_prepared prepared;
    bl_prepared_input input;
    bl_prepared_part part;
    bl_prepared_shard shard;
    double input_bytes;
} subject;

static int64_t n_rows_of(int64_t event) { return event * 37 % 100; }

static void fill(const subject *s, bl_builder *b, int64_t first) {
    int32_t *files = bl_builder_extend(&b[0], WRITTEN_ROWS);
    int64_t *entries = bl_builder_extend(&b[1], WRITTEN_ROWS);
    int32_t *labels = bl_builder_extend(&b[2], WRITTEN_ROWS);
    double *physics = bl_builder_extend(&b[3], WRITTEN_ROWS);
    double *train = bl_builder_extend(&b[4], WRITTEN_ROWS);
    bl_builder *rows = s->is_sequence ? &b[5].children[0] : &b[5];
    for (int64_t i = 0; i < WRITTEN_ROWS; i++) {
        size_t n = s->width * (s->is_sequence ? (size_t)n_rows_of(first + i) : 1);
        float *x = bl_builder_extend(&rows->children[0], n);
        files[i] = 0;
        entries[i] = first + i;
        labels[i] = (int32_t)(i % 3);
        physics[i] = train[i] = 1;
        for (size_t k = 0; k < n; k++)
            x[k] = (float)(first + i) * 1e-3F + (float)k;
        if (s->is_sequence)
            bl_builder_end_list(&b[5]);
    }
}

static void make_types(bl_context *context, const subject *s, bl_type **types) {
    const bl_type_id ids[] = {BL_INT32, BL_INT64, BL_INT32, BL_FLOAT64, BL_FLOAT64};
    for (size_t i = 0; i < COLUMNS - 1; i++)
        types[i] = bl_type_primitive(ids[i]);
    bl_type *row = NULL;
    bl_error err = {0};
    bench_check(bl_type_new_list(context, BL_FIXED_LIST, (int64_t)s->width,
                                 bl_type_primitive(BL_FLOAT32), &row, &err),
                &err);
    if (!s->is_sequence) {
        types[COLUMNS - 1] = row;
        return;
    }
    bench_check(bl_type_new_list(context, BL_LIST, 0, row, &types[COLUMNS - 1], &err), &err);
    bl_type_release(row);
}

static void write_rows(bl_context *context, const subject *s, const char *const *names,
                       bl_type *const *types, bl_writer *writer) {
    bl_error err = {0};
    for (int64_t first = 0; first < s->shard.n_rows; first += WRITTEN_ROWS) {
        bl_builder builders[COLUMNS] = {0};
        bl_batch *batch;
        bench_check(bl_batch_new(context, COLUMNS, names, first, WRITTEN_ROWS, &batch, &err), &err);
        for (size_t i = 0; i < COLUMNS; i++)
            bench_check(bl_builder_init(&builders[i], context, types[i], &err), &err);
        fill(s, builders, first);
        for (size_t i = 0; i < COLUMNS; i++) {
            bench_check(bl_builder_finish(&builders[i], &batch->columns[i], &err), &err);
            bl_builder_release(&builders[i]);
        }
        bench_check(bl_writer_write(writer, batch, &err), &err);
        bl_batch_release(batch);
    }
}

static void make_shard(const char *path, subject *s) {
    bl_context *context = bench_context(1);
    bl_type *types[COLUMNS];
    const char *const names[COLUMNS] = {BL_SHARD_FILE,    BL_SHARD_ENTRY, BL_SHARD_LABEL,
                                        BL_SHARD_PHYSICS, BL_SHARD_TRAIN, s->name};
    bl_column_spec specs[COLUMNS];
    make_types(context, s, types);
    for (size_t i = 0; i < COLUMNS; i++)
        specs[i] = (bl_column_spec){.size = sizeof specs[i], .name = names[i], .type = types[i]};
    bl_error err = {0};
    bl_output *output;
    bl_writer *writer;
    bl_output_options options = {.size = sizeof options, .codec = "none", .overwrite = true};
    bl_writer_options rows = {.size = sizeof rows, .cluster_bytes = 1 << 20};
    bench_check(bl_output_open(context, path, &options, &output, &err), &err);
    bench_check(bl_output_add(output, specs, COLUMNS, &rows, &writer, &err), &err);
    write_rows(context, s, names, types, writer);
    bench_check(bl_output_finish(output, &err), &err);
    bl_output_close(output);
    bl_type_release(types[COLUMNS - 1]);
    bl_context_free(context);
    struct stat info;
    if (stat(path, &info) != 0)
        bench_die(path);
    s->shard.bytes = (uint64_t)info.st_size;
}

static void describe(subject *s, const char *folder, double megabytes) {
    static const char *files[] = {"one.root"};
    double event_bytes = (double)(s->width * sizeof(float)) * (s->is_sequence ? 49.5 : 1);
    int64_t n =
        (int64_t)(megabytes * 0x1p20 / event_bytes) / WRITTEN_ROWS * WRITTEN_ROWS + WRITTEN_ROWS;
    s->input_bytes = (double)n * event_bytes;
    s->shard = (bl_prepared_shard){.file = "loading.arrow", .n_rows = n};
    s->part = (bl_prepared_part){.name = "train", .n_shards = 1, .shards = &s->shard, .n_rows = n};
    s->input = (bl_prepared_input){
        .name = s->name, .width = s->width, .is_sequence = s->is_sequence, .most_rows = 99};
    s->prepared = (bl_prepared){.folder = folder,
                                .n_classes = 3,
                                .n_inputs = 1,
                                .inputs = &s->input,
                                .n_files = 1,
                                .files = files,
                                .n_parts = 1,
                                .parts = &s->part};
}

static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void run_epoch(bl_loader *loader, int64_t epoch) {
    bl_error err = {0};
    bl_loaded batch;
    bl_status status;
    int64_t n = 0;
    bench_check(bl_loader_begin(loader, epoch, 0, &err), &err);
    while ((status = bl_loader_next(loader, &batch, &err)) == BL_OK)
        n += (int64_t)batch.n_events;
    if (status != BL_END)
        bench_check(status, &err);
    if (n != bl_loader_n_events(loader))
        bench_die("not every event came");
}

static void measure(bl_context *context, const subject *s, const bl_nn_transform *transform,
                    bool keeps, const char *what) {
    static const char *const part = "train";
    bl_loader_options options = {.parts = &part,
                                 .n_parts = 1,
                                 .transform = transform,
                                 .batch_events = 1000,
                                 .shuffles = true,
                                 .keeps = keeps};
    bl_loader *loader;
    bl_error err = {0};
    double best = 0, best_processor = 0;
    bench_check(bl_loader_open(context, &s->prepared, &options, &loader, &err), &err);
    run_epoch(loader, 0);
    for (int64_t round = 1; round <= ROUNDS; round++) {
        double start = bench_seconds(), start_processor = processor_seconds();
        run_epoch(loader, round);
        double seconds = bench_seconds() - start;
        double processor = processor_seconds() - start_processor;
        best = best == 0 || seconds < best ? seconds : best;
        best_processor =
            best_processor == 0 || processor < best_processor ? processor : best_processor;
    }
    double n = (double)bl_loader_n_events(loader);
    printf("%-10s %-12s %8.2f M events/s %7.2f GB/s %8.2f M events/s of processor\n", s->name, what,
           n / best * 1e-6, s->input_bytes / best * 1e-9, n / best_processor * 1e-6);
    fflush(stdout);
    bl_loader_close(loader);
}

static void measure_all(subject *s, const char *folder, double megabytes) {
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/loading.arrow", folder) >= sizeof path)
        bench_die("the folder's name is too long");
    describe(s, folder, megabytes);
    make_shard(path, s);
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = UINT64_C(4) << 30};
    bl_context *context;
    bl_arena arena;
    bl_nn_columns columns;
    bl_error err = {0};
    bench_check(bl_context_new(&options, &context, &err), &err);
    bl_arena_init(&arena, context);
    bench_check(bl_nn_columns_init(&arena, s->name, s->width, &columns, &err), &err);
    for (size_t i = 0; i < s->width; i++) {
        columns.offset[i] = (double)i;
        columns.scale[i] = 0.5;
    }
    bl_nn_transform transform = {1, &columns};
    measure(context, s, NULL, false, "as they are");
    measure(context, s, &transform, false, "scaled");
    measure(context, s, &transform, true, "kept");
    bl_arena_release(&arena);
    bl_context_free(context);
    (void)unlink(path);
}

int main(int argc, char **argv) {
    if (argc < 2)
        bench_die("usage: loading FOLDER [MEGABYTES]");
    double megabytes = argc > 2 ? strtod(argv[2], NULL) : 256;
    subject subjects[] = {{.name = "hlf", .width = 14},
                          {.name = "particles", .width = 19, .is_sequence = true}};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        measure_all(&subjects[i], argv[1], megabytes);
    return 0;
}
