// SPDX-License-Identifier: Apache-2.0
// What `beamline predict` did.
#include "cli/number.h"
#include "cli/predict.h"

static void print_outputs(bl_out *out, const bl_predictions *predictions) {
    size_t n = 0;
    for (size_t i = 0; i < predictions->n_outputs; i++) {
        const bl_predictions_output *output = &predictions->outputs[i];
        if (output->skipped)
            continue;
        bl_out_text(out, n++ ? ",{\"file\":" : "{\"file\":");
        bl_out_json_text(out, output->path);
        bl_out_text(out, ",\"inputs\":[");
        for (size_t k = 0; k < output->n_inputs; k++) {
            bl_out_text(out, k ? "," : "");
            bl_out_json_text(out, predictions->inputs[output->first_input + k].file->url);
        }
        bl_out_printf(out, "],\"events\":%lld,\"selected\":%lld,\"bytes\":%llu}",
                      (long long)output->n_rows, (long long)output->n_taken,
                      (unsigned long long)output->bytes);
    }
}

static void print_skipped(bl_out *out, const predict_run *run, size_t n,
                          const bl_predictions_output *output, const bl_dataset_file *file) {
    const char *error = output ? output->skipped : file->skipped;
    bl_out_text(out, n ? ",{\"url\":" : "{\"url\":");
    bl_out_json_text(out,
                     output ? run->predictions.inputs[output->first_input].file->url : file->url);
    bl_out_text(out, ",\"error\":");
    bl_out_json_text(out, error);
    bl_out_char(out, '}');
}

static void print_all_skipped(bl_out *out, const predict_run *run) {
    size_t n = 0;
    for (size_t i = 0; i < run->dataset->n_samples; i++)
        for (size_t k = 0; k < run->dataset->samples[i].n_files; k++)
            if (run->dataset->samples[i].files[k].skipped)
                print_skipped(out, run, n++, NULL, &run->dataset->samples[i].files[k]);
    for (size_t i = 0; i < run->predictions.n_outputs; i++)
        if (run->predictions.outputs[i].skipped)
            print_skipped(out, run, n++, &run->predictions.outputs[i], NULL);
}

void bl_predict_report_json(const predict_run *run) {
    bl_out *out = &run->cli->out;
    const bl_predictions *predictions = &run->predictions;
    double rate = run->seconds > 0 ? (double)predictions->n_rows / run->seconds : 0;
    bl_out_text(out, "{\"output\":");
    bl_out_json_text(out, run->options.url);
    bl_out_printf(out,
                  ",\"events\":%lld,\"selected\":%lld,\"resumed\":%lld,\"input_bytes\":%llu,"
                  "\"seconds\":%.3f,\"rate\":%.1f,\"classes\":[",
                  (long long)predictions->n_rows, (long long)predictions->n_taken,
                  (long long)predictions->n_resumed, (unsigned long long)predictions->stored_bytes,
                  run->seconds, rate);
    for (size_t i = 0; i < bl_predictor_n_classes(run->predictor); i++) {
        bl_out_text(out, i ? "," : "");
        bl_out_json_text(out, bl_predictor_class(run->predictor, i));
    }
    bl_out_text(out, "],\"outputs\":[");
    print_outputs(out, predictions);
    bl_out_text(out, "],\"skipped\":[");
    print_all_skipped(out, run);
    bl_out_text(out, "]}\n");
}

void bl_predict_report_text(const predict_run *run) {
    char events[BL_NUMBER_BYTES], selected[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    const bl_predictions *predictions = &run->predictions;
    double per_second = run->seconds > 0 ? 1 / run->seconds : 0;
    size_t n_skipped = 0;
    for (size_t i = 0; i < predictions->n_outputs; i++)
        n_skipped += predictions->outputs[i].skipped != NULL;
    bl_cli_note_skipped(run->cli, run->dataset);
    if (n_skipped)
        bl_cli_note(run->cli, "%zu file%s left out on the way", n_skipped,
                    n_skipped == 1 ? "" : "s");
    if (predictions->n_resumed) {
        bl_number_grouped(events, predictions->n_resumed);
        bl_cli_note(run->cli, "%s events were done already", events);
    }
    bl_number_grouped(events, predictions->n_rows);
    bl_number_grouped(selected, predictions->n_taken);
    bl_number_grouped(rate, (int64_t)((double)predictions->n_rows * per_second));
    bl_cli_note(run->cli, "%s: %zu file%s, %s events, %s of them scored; in %.1f s: %s events/s",
                run->options.url, predictions->n_outputs - n_skipped,
                predictions->n_outputs - n_skipped == 1 ? "" : "s", events, selected, run->seconds,
                rate);
}
