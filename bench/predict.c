// SPDX-License-Identifier: Apache-2.0
// usage: predict MODEL THREADS FILE...
//
// How fast events of files become scores, which go nowhere: MODEL is a bundle or the folder of a
// run, whose own configuration says what is read. Each line is one of three rounds: events of the
// files and events that were scored a second of time, and of the files a second of processor time
// of all threads.
#include <sys/resource.h>

#include "bench/bench.h"

#include "infer/predict/predictor.h"

static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Scores all events of a data set. \return how many the selection took
static int64_t predict(bl_predictor *predictor, const bl_dataset *dataset, double *ret_sum) {
    bl_error err = {0};
    int64_t n = 0;
    size_t n_classes = bl_predictor_n_classes(predictor);
    for (size_t i = 0; i < dataset->n_stretches; i++) {
        const bl_stretch *stretch = &dataset->stretches[i];
        const bl_prediction_options options = {.first = stretch->first, .last = stretch->last};
        bl_prediction *prediction;
        bl_predicted predicted;
        bl_status status;
        bench_check(bl_prediction_open(predictor, dataset, stretch, &options, &prediction, &err),
                    &err);
        while ((status = bl_prediction_next(prediction, &predicted, &err)) == BL_OK) {
            n += (int64_t)predicted.n;
            *ret_sum += (double)predicted.scores[n_classes - 1];
        }
        if (status != BL_END)
            bench_check(status, &err);
        bl_prediction_close(prediction);
    }
    return n;
}

static void measure(bl_predictor *predictor, const bl_dataset *dataset) {
    enum { ROUNDS = 3 };
    double n = (double)bl_dataset_n_events(dataset);
    for (int round = 0; round < ROUNDS; round++) {
        double start = bench_seconds(), start_processor = processor_seconds(), sum = 0;
        int64_t n_scored = predict(predictor, dataset, &sum);
        double seconds = bench_seconds() - start;
        double processor = processor_seconds() - start_processor;
        printf("%9.0f events/s %9.0f scored/s %9.0f events/s of processor (%g)\n", n / seconds,
               (double)n_scored / seconds, n / processor, sum);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    bl_predictor *predictor;
    bl_sample_config *sample;
    bl_dataset *dataset;
    bl_error err = {0};
    const bl_dataset_options options = {0};
    if (argc < 4)
        bench_die("usage: predict MODEL THREADS FILE...");
    bl_context *context = bench_context((unsigned)strtoul(argv[2], NULL, 10));
    bench_check(bl_predictor_open(context, argv[1], NULL, &predictor, &err), &err);
    bl_config *config = bl_predictor_config(predictor);
    bench_check(bl_predictor_add_sample(predictor, "", &sample, &err), &err);
    for (int i = 3; i < argc; i++)
        bench_check(bl_text_list_add(config->arena, &sample->files, argv[i], &err), &err);
    bench_check(bl_dataset_open(context, config, &options, &dataset, &err), &err);
    measure(predictor, dataset);
    bl_dataset_close(dataset);
    bl_predictor_close(predictor);
    bl_context_free(context);
    return 0;
}
