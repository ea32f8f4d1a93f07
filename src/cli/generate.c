// SPDX-License-Identifier: Apache-2.0
// `beamline generate`: simulated events, in Delphes's layout.
#include "hep/generator/generator.h"

#include <beamline/version.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/number.h"
#include "cli/progress.h"
#include "column/column.h"
#include "table/selection.h"

BL_DEFINE_AUTO(bl_output, bl_output_close);

static const char processes[] = "ttbar wjets qcd";
static const struct {
    bl_process process;
    const char *name;
} known[] = {{BL_PROCESS_TTBAR, "ttbar"}, {BL_PROCESS_WJETS, "wjets"}, {BL_PROCESS_QCD, "qcd"}};
static const char tree_name[] = "Delphes";
enum { MOST_METADATA = 6 };

typedef struct generate_run {
    bl_cli *cli;
    bl_generator_options options;
    bl_progress progress;
    char numbers[MOST_METADATA][BL_NUMBER_BYTES];
    const char *metadata[2 * MOST_METADATA]; ///< how the events can be made again
} generate_run;

// ---- what is asked for ----

static bl_status read_range(const bl_arguments *arguments, bl_generator_options *options,
                            bl_error *err) {
    uint64_t first = 0, n = 0;
    if (!arguments->events)
        return bl_error_set(err, BL_E_USAGE, "--events is missing; see beamline generate --help");
    BL_TRY(bl_args_whole("events", arguments->events, INT64_MAX, &n, err));
    if (arguments->first_event)
        BL_TRY(bl_args_whole("first-event", arguments->first_event, INT64_MAX, &first, err));
    if (n > INT64_MAX - first)
        return bl_error_set(err, BL_E_USAGE, "--events '%s' goes past event %lld",
                            arguments->events, (long long)INT64_MAX);
    options->first = (int64_t)first;
    options->last = (int64_t)(first + n);
    return BL_OK;
}

static bl_status read_options(const bl_arguments *arguments, bl_generator_options *options,
                              bl_error *err) {
    if (!arguments->output)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline generate --help");
    options->process = known[arguments->process].process;
    options->seed = 1;
    if (arguments->seed)
        BL_TRY(bl_args_whole("seed", arguments->seed, UINT64_MAX, &options->seed, err));
    if (arguments->negative_fraction) {
        const char *text = arguments->negative_fraction, *end = text + strlen(text), *at;
        options->negative_fraction = bl_number_read_float64(text, end, &at);
        if (at != end || !(options->negative_fraction >= 0 && options->negative_fraction <= 1))
            return bl_error_set(err, BL_E_USAGE, "--negative-fraction '%s' is not from 0 to 1",
                                text);
    }
    return read_range(arguments, options, err);
}

// ---- doing it ----

static void add_metadata(generate_run *run, size_t i, const char *key, const char *value) {
    run->metadata[2 * i] = key;
    run->metadata[2 * i + 1] = value;
}

static void note_metadata(generate_run *run) {
    const bl_generator_options *options = &run->options;
    bl_number_uint(run->numbers[2], options->seed);
    bl_number_int(run->numbers[3], options->first);
    bl_number_int(run->numbers[4], options->last - options->first);
    bl_number_float64(run->numbers[5], options->negative_fraction);
    add_metadata(run, 0, "beamline.version", BL_VERSION);
    add_metadata(run, 1, "beamline.process", known[run->cli->arguments.process].name);
    add_metadata(run, 2, "beamline.seed", run->numbers[2]);
    add_metadata(run, 3, "beamline.first_event", run->numbers[3]);
    add_metadata(run, 4, "beamline.events", run->numbers[4]);
    add_metadata(run, 5, "beamline.negative_fraction", run->numbers[5]);
}

static bl_status write_events(generate_run *run, bl_generator *generator, bl_writer *writer,
                              bl_error *err) {
    int64_t n = 0;
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        bl_status status = bl_generator_next(generator, &batch, err);
        if (status == BL_END)
            return BL_OK;
        BL_TRY(status);
        BL_TRY(bl_writer_write(writer, batch, err));
        n += bl_batch_n_rows(batch);
        bl_progress_show(&run->progress, n, 0);
    }
}

static bl_status open_output(generate_run *run, bl_output **ret_output, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_output_options options = {.size = sizeof options,
                                 .format = arguments->output_format,
                                 .codec = arguments->codec,
                                 .encoding = arguments->encoding,
                                 .overwrite = arguments->overwrite,
                                 .metadata = run->metadata,
                                 .n_metadata = MOST_METADATA};
    note_metadata(run);
    bl_status status =
        bl_output_open(run->cli->context, arguments->output, &options, ret_output, err);
    return status == BL_E_EXISTS ? bl_error_hint(err, status, "; --overwrite replaces it") : status;
}

static bl_status generate(generate_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    bl_writer_options options = {.size = sizeof options,
                                 .path = arguments->name ? arguments->name : tree_name,
                                 .title = "Analysis tree",
                                 .cluster_bytes = arguments->cluster_bytes,
                                 .chunk_bytes = arguments->basket_bytes};
    const bl_column_spec *specs;
    size_t n_specs;
    BL_AUTO(bl_generator) generator = NULL;
    BL_AUTO(bl_output) output = NULL;
    bl_writer *writer;
    BL_TRY(read_options(arguments, &run->options, err));
    BL_TRY(bl_generator_new(run->cli->context, &run->options, &generator, err));
    bl_generator_specs(generator, &specs, &n_specs);
    BL_TRY(open_output(run, &output, err));
    BL_TRY(bl_output_add(output, specs, n_specs, &options, &writer, err));
    bl_progress_start(&run->progress, run->cli, run->options.last - run->options.first);
    BL_TRY(write_events(run, generator, writer, err));
    return bl_output_finish(output, err);
}

// ---- what was done ----

static bl_status report(const generate_run *run, double seconds, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    const bl_generator_options *options = &run->options;
    bl_out *out = &run->cli->out;
    int64_t n = options->last - options->first;
    uint64_t bytes;
    BL_TRY(bl_url_size(run->cli->context, arguments->output, &bytes, err));
    if (arguments->json) {
        bl_out_text(out, "{\"output\":");
        bl_out_json_text(out, arguments->output);
        bl_out_printf(out,
                      ",\"output_bytes\":%llu,\"process\":\"%s\",\"seed\":%llu,"
                      "\"first_event\":%lld,\"events\":%lld,\"seconds\":%.3f}\n",
                      (unsigned long long)bytes, known[arguments->process].name,
                      (unsigned long long)options->seed, (long long)options->first, (long long)n,
                      seconds);
        return BL_OK;
    }
    char size[BL_NUMBER_BYTES], events[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES];
    bl_number_bytes(size, bytes);
    bl_number_grouped(events, n);
    bl_number_grouped(rate, seconds > 0 ? (int64_t)((double)n / seconds) : 0);
    bl_cli_note(run->cli, "%s: %s %s events, %s in %.1f s: %s events/s", arguments->output, events,
                known[arguments->process].name, size, seconds, rate);
    return BL_OK;
}

static bl_status run_generate(bl_cli *cli, bl_error *err) {
    generate_run run = {.cli = cli};
    bl_status status = generate(&run, err);
    double seconds = bl_progress_seconds(&run.progress);
    bl_progress_clear(&run.progress);
    return status == BL_OK ? report(&run, seconds, err) : status;
}

static const bl_option generate_options[] = {
    {"process", 'p', "PROCESS", "What comes of the collision: ttbar, wjets or qcd; default ttbar",
     BL_OPTION_CHOICE, BL_HINT_CHOICES, processes, offsetof(bl_arguments, process), false},
    {"events", 'n', "N", "Make N events", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, events), false},
    {"output", 'o', "URL", "Write this file; it appears when it is complete", BL_OPTION_TEXT,
     BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"seed", 's', "SEED", "Which sample of all possible ones, a number of 64 bits; default 1",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, seed), false},
    {"first-event", 0, "K", "Begin with event K of the sample; default 0", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, first_event), false},
    {"negative-fraction", 0, "F", "Give this part of the events weight -1, by chance; default 0",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, negative_fraction), false},
    {"format", 'f', "FORMAT", "Write this format; by default the one that URL ends like",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, output_format), false},
    BL_OPTION_OF_CODEC,
    BL_OPTION_OF_ENCODING,
    {"as", 0, "NAME", "Call the tree so, with its directories; default Delphes", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, name), false},
    {"overwrite", 0, NULL, "Replace the file where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    BL_OPTIONS_OF_CLUSTERS,
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example generate_examples[] = {
    {"Ten thousand tt̄ events", "beamline generate --process ttbar --events 10000 -o ttbar.root"},
    {"The second half of a sample that several machines make",
     "beamline generate -p wjets -n 5000 --first-event 5000 -o half.root"},
    {"Signed weights, in another format",
     "beamline generate -p qcd -n 1000 --negative-fraction 0.2 -o qcd.parquet"},
};

const bl_command bl_command_generate = {
    .name = "generate",
    .summary = "simulate collisions of protons, as Delphes writes them",
    .operands = "",
    .description =
        "Makes events as proton collisions at 13 TeV would give them in a detector like CMS: top "
        "quark pairs, W bosons with jets, or jets alone, each with an electron or muon among what "
        "is born. It is a fast parametrised simulation, for trying and testing a chain of "
        "programs; it is no substitute for Pythia and Delphes where physics is measured. "
        "docs/generator.md tells what is in it.\n\n"
        "The tree has the collections Event, EFlowTrack, EFlowPhoton, EFlowNeutralHadron, "
        "Electron, MuonTight, Jet and MissingET as Delphes writes them, and with each a column "
        "that counts its items. Event.ProcessID is 0 for qcd, 1 for ttbar, 2 for wjets.\n\n"
        "Event k of a seed and a process is always the same, so that several machines can make "
        "parts of one sample with --first-event, and the same command gives the same bytes, for "
        "any number of threads. Other seeds and other processes give independent events. The file "
        "appears under its name when it is complete.",
    .options = generate_options,
    .n_options = BL_COUNT(generate_options),
    .takes_common = true,
    .examples = generate_examples,
    .n_examples = BL_COUNT(generate_examples),
    .run = run_generate,
};
