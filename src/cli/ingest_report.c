// SPDX-License-Identifier: Apache-2.0
// What `beamline ingest` did, or would do.
#include "cli/ingest.h"
#include "cli/number.h"

static size_t n_cuts(const ingest_run *run, size_t sample) {
    size_t n = 0;
    while (run->ingest.manifest.cuts[sample][n])
        n++;
    return n;
}

/// The number of events of weight 1 that would fluctuate as much: (Σw)²/Σw².
static double effective(const bl_flow *flow) {
    return flow->sumw2 > 0 ? flow->sumw * flow->sumw / flow->sumw2 : 0;
}

// ---- JSON ----

static void print_cuts(bl_out *out, const ingest_run *run, size_t sample) {
    for (size_t i = 0; i < n_cuts(run, sample); i++) {
        const bl_flow flow = bl_ingest_flow(&run->ingest, sample, i);
        bl_out_text(out, i ? ",{\"cut\":" : "{\"cut\":");
        bl_out_json_text(out, run->ingest.manifest.cuts[sample][i]);
        bl_out_printf(out, ",\"events\":%lld,\"sumw\":%.17g,\"sumw2\":%.17g,\"effective\":%.17g}",
                      (long long)flow.n_rows, flow.sumw, flow.sumw2, effective(&flow));
    }
}

static void print_skipped(bl_out *out, const bl_sample *sample) {
    size_t n = 0;
    for (size_t i = 0; i < sample->n_files; i++) {
        if (!sample->files[i].skipped)
            continue;
        bl_out_text(out, n++ ? ",{\"url\":" : "{\"url\":");
        bl_out_json_text(out, sample->files[i].url);
        bl_out_text(out, ",\"error\":");
        bl_out_json_text(out, sample->files[i].skipped);
        bl_out_char(out, '}');
    }
}

static void print_sample(bl_out *out, const ingest_run *run, size_t i) {
    const bl_sample *sample = &run->dataset->samples[i];
    bl_out_text(out, i ? ",{\"name\":" : "{\"name\":");
    bl_out_json_text(out, sample->config->name);
    bl_out_printf(out, ",\"files\":%zu,\"events\":%lld",
                  sample->n_files - bl_sample_n_skipped(sample), (long long)sample->n_rows);
    if (sample->config->sumw.branch)
        bl_out_printf(out, ",\"sumw\":%.17g", sample->sumw);
    bl_out_printf(out, ",\"weight_factor\":%.17g,\"cuts\":[", sample->factor);
    print_cuts(out, run, i);
    bl_out_text(out, "],\"skipped\":[");
    print_skipped(out, sample);
    bl_out_text(out, "]}");
}

static void print_times(bl_out *out, const bl_ingest_times *times) {
    bl_out_printf(out,
                  ",\"profile\":{\"read_s\":%.6f,\"cut_s\":%.6f,\"late_read_s\":%.6f,"
                  "\"recipe_s\":%.6f,\"compute_s\":%.6f,\"write_s\":%.6f}",
                  times->plan.read_s, times->plan.cut_s, times->plan.late_s, times->plan.recipe_s,
                  times->plan.compute_s, times->write_s);
}

void bl_ingest_report_json(const ingest_run *run) {
    bl_out *out = &run->cli->out;
    const bl_ingest *ingest = &run->ingest;
    bl_out_text(out, "{\"output\":");
    bl_out_json_text(out, run->options.url);
    bl_out_printf(out,
                  ",\"events_in\":%lld,\"events_out\":%lld,\"input_bytes\":%llu,\"columns\":%zu,"
                  "\"parts\":%zu,\"resumed\":%zu,\"seconds\":%.3f",
                  (long long)ingest->n_rows, (long long)ingest->n_taken,
                  (unsigned long long)ingest->stored_bytes, ingest->model->n_columns,
                  ingest->manifest.n_parts, ingest->n_resumed, run->seconds);
    if (run->cli->arguments.profile)
        print_times(out, &ingest->times);
    bl_out_text(out, ",\"samples\":[");
    for (size_t i = 0; i < run->dataset->n_samples; i++)
        print_sample(out, run, i);
    bl_out_text(out, "]}\n");
}

// ---- text ----

static double percent(int64_t part, int64_t whole) {
    return whole ? 100 * (double)part / (double)whole : 0;
}

/// Whether events have weights other than 1.
static bool is_weighted(const bl_sample *sample) {
    return sample->config->weight || sample->factor != 1;
}

static void print_heading(const ingest_run *run, unsigned width, size_t i) {
    bl_out *out = &run->cli->out;
    const bl_sample *sample = &run->dataset->samples[i];
    if (run->dataset->is_named) {
        bl_out_printf(out, "%s%s: %zu file%s", i ? "\n" : "", sample->config->name,
                      sample->n_files - bl_sample_n_skipped(sample),
                      sample->n_files - bl_sample_n_skipped(sample) == 1 ? "" : "s");
        if (sample->config->sumw.branch)
            bl_out_printf(out, ", generated sum of weights %.12g, weight factor %.6g", sample->sumw,
                          sample->factor);
        bl_out_text(out, "\n");
    }
    bl_out_printf(out, "  %-*s %14s %11s %11s", (int)width, "cut", "events", "of before", "of all");
    if (is_weighted(sample))
        bl_out_printf(out, " %14s %14s %14s", "sum w", "sum w^2", "effective");
    bl_out_text(out, "\n");
}

static void print_flow(const ingest_run *run, size_t sample) {
    enum { LEAST = 10, MOST = 60 };
    bl_out *out = &run->cli->out;
    const char *const *cuts = run->ingest.manifest.cuts[sample];
    size_t width = LEAST;
    bl_flow all = bl_ingest_flow(&run->ingest, sample, 0), before = all;
    for (size_t i = 0; cuts[i]; i++)
        width = strlen(cuts[i]) > width ? strlen(cuts[i]) : width;
    width = width < MOST ? width : MOST;
    print_heading(run, (unsigned)width, sample);
    for (size_t i = 0; cuts[i]; i++) {
        char number[BL_NUMBER_BYTES];
        bl_flow flow = bl_ingest_flow(&run->ingest, sample, i);
        bl_number_grouped(number, flow.n_rows);
        bl_out_printf(out, "  %-*.*s %14s", (int)width, (int)width, cuts[i], number);
        if (i)
            bl_out_printf(out, " %9.2f %% %9.2f %%", percent(flow.n_rows, before.n_rows),
                          percent(flow.n_rows, all.n_rows));
        if (is_weighted(&run->dataset->samples[sample]))
            bl_out_printf(out, "%*s %14.8g %14.8g %14.8g", i ? 0 : 24, "", flow.sumw, flow.sumw2,
                          effective(&flow));
        bl_out_text(out, "\n");
        before = flow;
    }
}

static void print_profile(const ingest_run *run) {
    const bl_ingest_times *times = &run->ingest.times;
    const struct {
        const char *what;
        double seconds;
    } rows[] = {
        {"read for all events", times->plan.read_s},     {"cuts and weights", times->plan.cut_s},
        {"read for taken events", times->plan.late_s},   {"recipe", times->plan.recipe_s},
        {"copies and variables", times->plan.compute_s}, {"write", times->write_s}};
    bl_out_printf(&run->cli->out, "  %-22s %9s\n", "stage", "seconds");
    for (size_t i = 0; i < BL_COUNT(rows); i++)
        bl_out_printf(&run->cli->out, "  %-22s %9.3f\n", rows[i].what, rows[i].seconds);
}

void bl_ingest_report_text(const ingest_run *run) {
    char in[BL_NUMBER_BYTES], out[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    const bl_ingest *ingest = &run->ingest;
    double per_second = run->seconds > 0 ? 1 / run->seconds : 0;
    for (size_t i = 0; i < run->dataset->n_samples; i++)
        if (n_cuts(run, i) > 1 || run->dataset->is_named || is_weighted(&run->dataset->samples[i]))
            print_flow(run, i);
    if (run->cli->arguments.profile)
        print_profile(run);
    bl_cli_note_skipped(run->cli, run->dataset);
    bl_number_grouped(in, ingest->n_rows);
    bl_number_grouped(out, ingest->n_taken);
    bl_number_grouped(rate, (int64_t)((double)ingest->n_rows * per_second));
    if (ingest->n_resumed)
        bl_cli_note(run->cli, "%zu of %zu parts were there already", ingest->n_resumed,
                    ingest->manifest.n_parts);
    bl_cli_note(run->cli,
                "%s: %zu columns, %s of %s events; read in %.1f s: %s events/s, %.1f MB/s",
                run->options.url, ingest->model->n_columns, out, in, run->seconds, rate,
                1e-6 * (double)ingest->stored_bytes * per_second);
}

// ---- what would be done ----

static bl_status print_reads(const ingest_run *run, bool late, bl_error *err) {
    const bl_stream *stream = run->ingest.model;
    size_t n_before = 1 + (stream->recipe ? BL_TOPOLOGY_N_STEPS : 0); // entries that are no cuts
    const size_t *columns;
    size_t n = bl_plan_reads(stream->plan, late, &columns);
    for (size_t i = 0; i < n; i++) {
        char room[1024];
        bl_column_info info = {.size = sizeof info};
        BL_TRY(bl_table_column(stream->table, columns[i], &info, err));
        bl_out_printf(&run->cli->out, "  read   %s%s\n", bl_select_name(&info, room, sizeof room),
                      late && n_cuts(run, 0) > n_before ? "  where events are taken" : "");
    }
    return BL_OK;
}

bl_status bl_ingest_report_plan(const ingest_run *run, bl_error *err) {
    bl_out *out = &run->cli->out;
    const bl_ingest *ingest = &run->ingest;
    for (size_t i = 0; i < run->dataset->n_samples && run->dataset->is_named; i++)
        bl_out_printf(out, "  sample %s  %zu files  %lld events  weight factor %.6g\n",
                      run->dataset->samples[i].config->name, run->dataset->samples[i].n_files,
                      (long long)run->dataset->samples[i].n_used, run->dataset->samples[i].factor);
    for (size_t i = 1; i < n_cuts(run, 0); i++)
        bl_out_printf(out, "  where  %s\n", ingest->manifest.cuts[0][i]);
    if (ingest->model->recipe)
        bl_out_printf(out, "  recipe topology:%s\n",
                      bl_topology_description(ingest->model->recipe));
    BL_TRY(print_reads(run, false, err));
    BL_TRY(print_reads(run, true, err));
    for (size_t i = 0; i < ingest->model->n_columns; i++) {
        char type[128];
        (void)bl_type_format(ingest->model->specs[i].type, type, sizeof type);
        bl_out_printf(out, "  write  %s  %s\n", ingest->model->specs[i].name, type);
    }
    if (ingest->is_folder)
        bl_out_printf(out, "  parts  %zu, of which %zu are there\n", ingest->manifest.n_parts,
                      ingest->n_resumed);
    return BL_OK;
}
