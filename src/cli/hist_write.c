// SPDX-License-Identifier: Apache-2.0
// The forms of `beamline hist`: bars on a terminal, JSON, CSV, pictures, TH1D.
#include <math.h>
#include <stdio.h>

#include "base/whole_file.h"
#include "cli/hist.h"
#include "cli/terminal.h"
#include "table/histograms.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);

// ---- text ----

static double largest(const bl_histogram *h) {
    double most = 0;
    for (size_t i = 1; i <= h->n_bins; i++)
        most = fmax(most, bl_histogram_content(h, i));
    return most;
}

/// A bar of `share` of `width` cells, to an eighth of one.
static void print_bar(bl_out *out, double share, unsigned width) {
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = share > 0 ? (unsigned)lround(share * 8 * width) : 0;
    for (unsigned i = 0; i < eighths / 8; i++)
        bl_out_text(out, "█");
    bl_out_text(out, parts[eighths % 8]);
}

static void print_one(const hist_run *run, size_t k) {
    enum { BEFORE_BAR = 42, LEAST_BAR = 10, MOST_BAR = 80 };
    const bl_histogram *h = &run->histograms[k];
    bl_out *out = &run->cli->out;
    unsigned width =
        run->cli->width > BEFORE_BAR + LEAST_BAR ? run->cli->width - BEFORE_BAR : LEAST_BAR;
    width = width < MOST_BAR ? width : MOST_BAR;
    double most = largest(h);
    bl_out_printf(out, "%s%s: %lld entries, mean %.6g, std %.6g\n", k ? "\n" : "", run->texts[k],
                  (long long)h->n_entries, bl_histogram_mean(h), bl_histogram_std(h));
    for (size_t i = 1; i <= h->n_bins; i++) {
        double content = bl_histogram_content(h, i);
        bl_out_printf(out, "  %12.6g %12.6g %12.6g  ", h->edges[i - 1], h->edges[i], content);
        print_bar(out, most > 0 ? content / most : 0, width);
        bl_out_text(out, "\n");
    }
    bl_out_printf(out, "  underflow %.6g, overflow %.6g, missing or NaN %lld\n",
                  bl_histogram_content(h, 0), bl_histogram_content(h, h->n_bins + 1),
                  (long long)h->n_missing);
}

void bl_hist_print(const hist_run *run) {
    for (size_t k = 0; k < run->n; k++)
        print_one(run, k);
}

/// A number of JSON, which knows no NaN.
static void print_number(bl_out *out, const char *before, double x) {
    bl_out_text(out, before);
    if (isfinite(x))
        bl_out_printf(out, "%.17g", x);
    else
        bl_out_text(out, "null");
}

static void print_json(const hist_run *run, size_t k) {
    const bl_histogram *h = &run->histograms[k];
    bl_out *out = &run->cli->out;
    bl_out_text(out, k ? ",{\"expr\":" : "{\"expr\":");
    bl_out_json_text(out, run->texts[k]);
    bl_out_printf(out, ",\"entries\":%lld,\"missing\":%lld", (long long)h->n_entries,
                  (long long)h->n_missing);
    print_number(out, ",\"sumw\":", bl_sum_value(&h->sumw));
    print_number(out, ",\"sumw2\":", bl_sum_value(&h->sumw2));
    print_number(out, ",\"mean\":", bl_histogram_mean(h));
    print_number(out, ",\"std\":", bl_histogram_std(h));
    print_number(out, ",\"underflow\":", bl_histogram_content(h, 0));
    print_number(out, ",\"overflow\":", bl_histogram_content(h, h->n_bins + 1));
    for (size_t i = 0; i <= h->n_bins; i++)
        print_number(out, i ? "," : ",\"edges\":[", h->edges[i]);
    for (size_t i = 1; i <= h->n_bins; i++)
        print_number(out, i > 1 ? "," : "],\"contents\":[", bl_histogram_content(h, i));
    for (size_t i = 1; i <= h->n_bins; i++)
        print_number(out, i > 1 ? "," : "],\"errors\":[", bl_histogram_error(h, i));
    bl_out_text(out, "]}");
}

void bl_hist_print_json(const hist_run *run) {
    bl_out *out = &run->cli->out;
    bl_out_printf(out, "{\"events_in\":%lld,\"events_out\":%lld,\"histograms\":[",
                  (long long)run->n_rows, (long long)run->n_taken);
    for (size_t k = 0; k < run->n; k++)
        print_json(run, k);
    bl_out_text(out, "]}\n");
}

static void print_csv(const hist_run *run, bl_out *out) {
    const bl_histogram *first = &run->histograms[0];
    size_t n = first->n_bins;
    bl_out_text(out, "low,high");
    for (size_t k = 0; k < run->n; k++)
        bl_out_printf(out, run->n == 1 ? ",content,error" : ",content_%zu,error_%zu", k, k);
    bl_out_text(out, "\n");
    for (size_t i = 0; i <= n + 1; i++) {
        bl_out_printf(out, "%.17g,%.17g", i ? first->edges[i - 1] : -INFINITY,
                      i <= n ? first->edges[i] : INFINITY);
        for (size_t k = 0; k < run->n; k++)
            bl_out_printf(out, ",%.17g,%.17g", bl_histogram_content(&run->histograms[k], i),
                          bl_histogram_error(&run->histograms[k], i));
        bl_out_text(out, "\n");
    }
}

// ---- files ----

static bl_status write_csv(const hist_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_out out;
    bl_out_init_memory(&out, run->cli->context);
    print_csv(run, &out);
    bl_status status = bl_out_finish(&out, err);
    if (status == BL_OK)
        status =
            bl_whole_file_write(arguments->output, out.data, out.used, arguments->overwrite, err);
    bl_out_release(&out);
    return status;
}

/// What was filled, of one histogram; several have a legend instead.
static char *write_note(const bl_histogram *h, bl_arena *arena) {
    return bl_arena_printf(arena, "%lld entries\nmean %.4g\nstd %.4g", (long long)h->n_entries,
                           bl_histogram_mean(h), bl_histogram_std(h));
}

static bl_status write_chart(const hist_run *run, bl_arena *arena, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_series *series = (bl_series *)bl_arena_array(arena, run->n, sizeof *series);
    char *note = run->n == 1 ? write_note(&run->histograms[0], arena) : NULL;
    if (!series || (run->n == 1 && !note))
        return bl_error_nomem(err, run->n * sizeof *series, "a chart");
    for (size_t k = 0; k < run->n; k++) {
        BL_TRY(bl_histogram_series(&run->histograms[k], arena, run->n > 1 ? run->texts[k] : NULL,
                                   arguments->weight != NULL, &series[k], err));
        series[k].color = (unsigned)k;
    }
    const bl_chart chart = {.name = "histogram",
                            .title = arguments->title,
                            .note = note,
                            .x = {.title = arguments->x_title ? arguments->x_title
                                           : run->n == 1      ? run->texts[0]
                                                              : NULL},
                            .y = {.title = arguments->y_title  ? arguments->y_title
                                           : arguments->weight ? "sum of weights"
                                                               : "entries",
                                  .is_log = arguments->log},
                            .n_series = run->n,
                            .series = series};
    return bl_chart_write(run->cli->context, &chart, arguments->output, arguments->overwrite, err);
}

static bl_status write_picture(const hist_run *run, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, run->cli->context);
    bl_status status = write_chart(run, &arena, err);
    bl_arena_release(&arena);
    return status;
}

static bl_status add_to_output(const hist_run *run, size_t k, bl_output *output, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const bl_histogram *h = &run->histograms[k];
    char name[32];
    double *sums = (double *)bl_alloc_zero(run->cli->context, 2 * (h->n_bins + 2), sizeof *sums);
    if (!sums)
        return bl_error_nomem(err, h->n_bins * sizeof *sums, "a histogram");
    double *sumw = sums, *sumw2 = sums + h->n_bins + 2;
    for (size_t i = 0; i < h->n_bins + 2; i++) {
        sumw[i] = bl_histogram_content(h, i);
        sumw2[i] = bl_sum_value(&h->bins[i].sumw2);
    }
    snprintf(name, sizeof name, "h%zu", k);
    const bl_histogram_view view = {.name = name,
                                    .title = arguments->title ? arguments->title : run->texts[k],
                                    .x_title =
                                        arguments->x_title ? arguments->x_title : run->texts[k],
                                    .y_title = arguments->y_title,
                                    .n_bins = h->n_bins,
                                    .is_uniform = h->is_uniform,
                                    .edges = h->edges,
                                    .sumw = sumw,
                                    .sumw2 = sumw2,
                                    .n_entries = (double)h->n_entries,
                                    .total = {bl_sum_value(&h->sumw), bl_sum_value(&h->sumw2),
                                              bl_sum_value(&h->wx), bl_sum_value(&h->wx2)}};
    bl_status status = bl_output_add_histogram(output, &view, err);
    bl_free(run->cli->context, sums);
    return status;
}

static bl_status write_root(const hist_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_output_options options = {.size = sizeof options, .overwrite = arguments->overwrite};
    BL_AUTO(bl_output) output = NULL;
    BL_TRY(bl_output_open(run->cli->context, arguments->output, &options, &output, err));
    for (size_t k = 0; k < run->n; k++)
        BL_TRY(add_to_output(run, k, output, err));
    return bl_output_finish(output, err);
}

static const struct {
    const char *extension;
    bl_status (*write)(const hist_run *run, bl_error *err);
} forms[] = {
    {".pdf", write_picture}, {".svg", write_picture}, {".root", write_root}, {".csv", write_csv}};

static size_t form_of(const char *path) {
    const char *dot = strrchr(path, '.');
    size_t i = 0;
    while (i < BL_COUNT(forms) && (!dot || strcmp(dot, forms[i].extension) != 0))
        i++;
    return i;
}

bl_status bl_hist_check(const char *path, bl_error *err) {
    if (form_of(path) < BL_COUNT(forms))
        return BL_OK;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "%s: histograms are written as .pdf, .svg, .root or .csv", path);
}

bl_status bl_hist_write(const hist_run *run, bl_error *err) {
    return forms[form_of(run->cli->arguments.output)].write(run, err);
}
