// SPDX-License-Identifier: Apache-2.0
// What `beamline prepare` did, or would do.
#include "cli/number.h"
#include "cli/prepare.h"
#include "cli/prepared.h"

// ---- what was done ----

static void print_profile(bl_out *out, const bl_prepare_times *times) {
    const struct {
        const char *what;
        double seconds;
    } rows[] = {{"read for all events", times->plan.read_s},
                {"cuts and weights", times->plan.cut_s},
                {"read for taken events", times->plan.late_s},
                {"recipe", times->plan.recipe_s},
                {"copies and variables", times->plan.compute_s},
                {"spread", times->spread_s},
                {"fit", times->fit_s},
                {"gather", times->gather_s}};
    bl_out_printf(out, "\n  %-22s %9s\n", "stage", "seconds");
    for (size_t i = 0; i < BL_COUNT(rows); i++)
        bl_out_printf(out, "  %-22s %9.3f\n", rows[i].what, rows[i].seconds);
}

void bl_prepare_report_text(const prepare_run *run, const bl_prepared *prepared) {
    char in[BL_NUMBER_BYTES], out[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    const bl_prepare_report *report = &run->report;
    double per_second = run->seconds > 0 ? 1 / run->seconds : 0;
    bl_prepared_show_text(&run->cli->out, prepared);
    if (run->cli->arguments.profile)
        print_profile(&run->cli->out, &report->times);
    bl_cli_note_skipped(run->cli, run->dataset);
    if (report->n_parts == 0) {
        bl_cli_note(run->cli, "%s: all of it was there already", run->cli->arguments.output);
        return;
    }
    if (report->n_resumed)
        bl_cli_note(run->cli, "%zu of %zu parts were there already", report->n_resumed,
                    report->n_parts);
    bl_number_grouped(in, report->n_rows);
    bl_number_grouped(out, report->n_taken);
    bl_number_grouped(rate, (int64_t)((double)report->n_rows * per_second));
    bl_cli_note(run->cli, "%s: %s of %s events taken; read in %.1f s: %s events/s, %.1f MB/s",
                run->cli->arguments.output, out, in, run->seconds, rate,
                1e-6 * (double)report->stored_bytes * per_second);
}

static void json_profile(bl_out *out, const bl_prepare_times *times) {
    bl_out_printf(out,
                  ",\"profile\":{\"read_s\":%.6f,\"cut_s\":%.6f,\"late_read_s\":%.6f,"
                  "\"recipe_s\":%.6f,\"compute_s\":%.6f,\"spread_s\":%.6f,\"fit_s\":%.6f,"
                  "\"gather_s\":%.6f}",
                  times->plan.read_s, times->plan.cut_s, times->plan.late_s, times->plan.recipe_s,
                  times->plan.compute_s, times->spread_s, times->fit_s, times->gather_s);
}

void bl_prepare_report_json(const prepare_run *run, const bl_prepared *prepared) {
    bl_out *out = &run->cli->out;
    const bl_prepare_report *report = &run->report;
    bl_out_text(out, "{\"output\":");
    bl_out_json_text(out, run->cli->arguments.output);
    bl_out_printf(out,
                  ",\"events_in\":%lld,\"events_out\":%lld,\"input_bytes\":%llu,"
                  "\"spool_parts\":%zu,\"resumed\":%zu,\"seconds\":%.3f",
                  (long long)report->n_rows, (long long)report->n_taken,
                  (unsigned long long)report->stored_bytes, report->n_parts, report->n_resumed,
                  run->seconds);
    if (run->cli->arguments.profile)
        json_profile(out, &report->times);
    bl_out_text(out, ",\"warnings\":[");
    for (size_t i = 0; i < report->warnings.n; i++) {
        bl_out_text(out, i ? "," : "");
        bl_out_json_text(out, report->warnings.texts[i]);
    }
    bl_out_char(out, ']');
    bl_prepared_show_json(out, prepared);
    bl_out_text(out, "}\n");
}

// ---- what would be done ----

static void plan_samples(bl_out *out, const prepare_run *run) {
    static const char *const parts[] = {"train", "validation", "test"};
    for (size_t i = 0; i < run->dataset->n_samples; i++) {
        const bl_sample *sample = &run->dataset->samples[i];
        bl_out_printf(out, "  sample %s  %zu files  %lld events  weight factor %.6g",
                      sample->config->name, sample->n_files - bl_sample_n_skipped(sample),
                      (long long)sample->n_used, sample->factor);
        if (run->config.prepare.label_kind == BL_LABEL_OF_SAMPLE)
            bl_out_printf(out, "  class %lld", (long long)sample->config->label);
        if (sample->config->part >= 0)
            bl_out_printf(out, "  all %s", parts[sample->config->part]);
        bl_out_char(out, '\n');
    }
    for (size_t i = 0; i < run->config.cuts.n; i++)
        bl_out_printf(out, "  where  %s\n", run->config.cuts.texts[i]);
}

static void plan_input(bl_out *out, const bl_input_config *input) {
    bl_out_printf(out, "  input  %s", input->name);
    if (input->column)
        bl_out_printf(out, "  of %s, %s", input->column, bl_scaler_name(input->others.scaler));
    if (input->order_by || input->eta)
        bl_out_printf(out, ", by %s, the %s first", input->eta ? "distance" : input->order_by,
                      input->ascending ? "smallest" : "largest");
    if (input->length)
        bl_out_printf(out, ", %lld rows%s", (long long)input->length,
                      input->padding == BL_NN_FILL_NONE ? " at most" : "");
    bl_out_char(out, '\n');
    for (size_t i = 0; i < input->n; i++) {
        const bl_variable_config *variable = &input->variables[i];
        bl_out_printf(out, "    %s  %s %s\n", variable->name, bl_nn_curve_name(variable->curve),
                      bl_scaler_name(variable->scaler));
    }
}

static void plan_split(bl_out *out, const bl_split_config *split) {
    if (split->n_folds)
        bl_out_printf(out, "  split  %lld folds", (long long)split->n_folds);
    else
        bl_out_printf(out, "  split  train %g, validation %g, test %g", split->train,
                      split->validation, split->test);
    bl_out_text(out, " by ");
    for (size_t i = 0; i < split->n_identity; i++)
        bl_out_printf(out, "%s%s", i ? ", " : "", split->identity[i]);
    if (split->n_identity == 0)
        bl_out_text(out, split->is_by_entry
                             ? "file and entry"
                             : "run, luminosityBlock, event, else by file and entry");
    bl_out_printf(out, "; seed %llu\n", (unsigned long long)split->seed);
}

static void plan_variations(bl_out *out, const bl_prepare_config *prepare) {
    for (size_t i = 0; i < prepare->n_variations; i++) {
        const bl_variation_config *variation = &prepare->variations[i];
        bl_out_printf(out, "  varied %s ", variation->name);
        if (variation->weight)
            bl_out_printf(out, " weights %s%s", variation->weight, variation->is_list ? "[*]" : "");
        for (size_t k = 0; k < variation->n_renames; k++)
            bl_out_printf(out, " %s = %s", variation->from[k], variation->to[k]);
        bl_out_char(out, '\n');
    }
}

/// Opens a stretch as preparation will: whether all names are found.
static bl_status open_stretch(const prepare_run *run, const bl_stretch *stretch,
                              const bl_variation_config *variation, bl_stream **ret_stream,
                              bl_error *err) {
    bl_stream_options options = {.first = stretch->first, .last = stretch->last};
    bl_arena arena;
    bl_arena_init(&arena, run->cli->context);
    size_t n = variation ? variation->n_renames : 0;
    bl_rename *renames = (bl_rename *)bl_arena_array(&arena, n + 1, sizeof *renames);
    bl_status status = renames ? BL_OK : bl_error_nomem(err, n * sizeof *renames, "a variation");
    for (size_t i = 0; renames && i < n; i++)
        renames[i] = (bl_rename){variation->from[i], variation->to[i]};
    options.renames = renames;
    options.n_renames = n;
    if (status == BL_OK)
        status = bl_stream_open(run->dataset, stretch, &options, ret_stream, err);
    if (status != BL_OK && variation)
        status = bl_error_in(err, status, "variation '%s'", variation->name);
    bl_arena_release(&arena);
    return status;
}

static bl_status check_variations(const prepare_run *run, const bl_stretch *stretch,
                                  bl_error *err) {
    const bl_prepare_config *prepare = &run->config.prepare;
    for (size_t i = 0; i < prepare->n_variations; i++) {
        BL_AUTO(bl_stream) stream = NULL;
        if (prepare->variations[i].n_renames)
            BL_TRY(open_stretch(run, stretch, &prepare->variations[i], &stream, err));
    }
    return BL_OK;
}

/// The first files of every sample are opened, so that a name that they lack is found.
/// \param ret_stream of the first of them
static bl_status check_samples(const prepare_run *run, bl_stream **ret_stream, bl_error *err) {
    const bl_dataset *dataset = run->dataset;
    for (size_t i = 0; i < dataset->n_stretches; i++) {
        BL_AUTO(bl_stream) stream = NULL;
        const bl_stretch *stretch = &dataset->stretches[i];
        if (i && stretch->number == dataset->stretches[i - 1].number)
            continue;
        BL_TRY(open_stretch(run, stretch, NULL, &stream, err));
        BL_TRY(check_variations(run, stretch, err));
        if (i == 0)
            *ret_stream = BL_MOVE(stream);
    }
    return BL_OK;
}

static void plan_columns(bl_out *out, const bl_stream *stream) {
    for (size_t i = 0; i < stream->n_columns; i++) {
        char type[128];
        (void)bl_type_format(stream->specs[i].type, type, sizeof type);
        bl_out_printf(out, "  column %s  %s\n", stream->specs[i].name, type);
    }
}

bl_status bl_prepare_report_plan(const prepare_run *run, bl_error *err) {
    BL_AUTO(bl_stream) stream = NULL;
    bl_out *out = &run->cli->out;
    const bl_prepare_config *prepare = &run->config.prepare;
    BL_TRY(check_samples(run, &stream, err));
    plan_samples(out, run);
    if (stream)
        plan_columns(out, stream);
    for (size_t i = 0; i < prepare->n_inputs; i++)
        plan_input(out, &prepare->inputs[i]);
    for (size_t i = 0; i < prepare->n_labels; i++)
        bl_out_printf(out, "  %s %s\n",
                      prepare->label_kind == BL_LABEL_NUMBERS ? "number" : "class ",
                      prepare->labels[i]);
    plan_split(out, &prepare->split);
    plan_variations(out, prepare);
    return BL_OK;
}
