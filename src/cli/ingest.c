// SPDX-License-Identifier: Apache-2.0
// `beamline ingest`: the events that pass cuts, some of their columns and new variables, of one
// table or of the samples of a data configuration, into a file or a folder of parts.
#include "cli/ingest.h"

static void show_progress(void *user, int64_t n_rows, uint64_t stored_bytes) {
    bl_progress_show((bl_progress *)user, n_rows, stored_bytes);
}

static void set_options(ingest_run *run) {
    const bl_arguments *arguments = &run->cli->arguments;
    const bl_config *config = &run->config;
    run->options = (bl_ingest_options){
        .url = arguments->output ? arguments->output : config->url,
        .format = arguments->output_format,
        .codec = arguments->codec ? arguments->codec : config->codec,
        .tree = arguments->name ? arguments->name : config->output_tree,
        .cluster_bytes = arguments->cluster_bytes,
        .chunk_bytes = arguments->basket_bytes,
        .overwrite = arguments->overwrite,
        .part_events = arguments->part_events ? arguments->part_events : config->part_events,
        .part_bytes = arguments->part_bytes ? arguments->part_bytes : config->part_bytes,
        .progress = show_progress,
        .user = &run->progress};
}

static bl_status ingest(ingest_run *run, bl_error *err) {
    const bl_arguments *arguments = &run->cli->arguments;
    BL_TRY(bl_cli_read_config(run->cli, &run->arena, &run->config, err));
    set_options(run);
    if (!run->options.url && !arguments->dry_run)
        return bl_error_set(err, BL_E_USAGE, "--output is missing; see beamline ingest --help");
    BL_TRY(bl_cli_open_dataset(run->cli, &run->config, &run->open, &run->dataset, err));
    BL_TRY(bl_ingest_prepare(&run->ingest, run->dataset, &run->options, err));
    if (arguments->dry_run)
        return bl_ingest_report_plan(run, err);
    bl_progress_start(&run->progress, run->cli, bl_dataset_n_events(run->dataset));
    bl_status status = bl_ingest_run(&run->ingest, err);
    run->seconds = bl_progress_seconds(&run->progress);
    bl_progress_clear(&run->progress);
    BL_TRY(status);
    if (arguments->json)
        bl_ingest_report_json(run);
    else
        bl_ingest_report_text(run);
    return BL_OK;
}

static bl_status run_ingest(bl_cli *cli, bl_error *err) {
    ingest_run run = {.cli = cli};
    bl_arena_init(&run.arena, cli->context);
    bl_status status = ingest(&run, err);
    bl_ingest_release(&run.ingest);
    bl_dataset_close(run.dataset);
    bl_arena_release(&run.arena);
    return status;
}

static const bl_option ingest_options[] = {
    BL_OPTIONS_OF_SAMPLES,
    {"output", 'o', "URL",
     "Write this file, or, where it ends with '/', a folder of parts; each appears when it is "
     "complete",
     BL_OPTION_TEXT, BL_HINT_FILES, NULL, offsetof(bl_arguments, output), false},
    {"tree", 'T', "TREE", "Take this tree; needed where there are several", BL_OPTION_TEXT,
     BL_HINT_TREES, NULL, offsetof(bl_arguments, tree), false},
    {"where", 'w', "CUT", "Take only events for which this is true; again for more cuts",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, cuts), false},
    {"define", 'd', "NAME=EXPRESSION", "Write a new variable; again for more of them",
     BL_OPTION_TEXTS, BL_HINT_NONE, NULL, offsetof(bl_arguments, variables), false},
    {"recipe", 0, "RECIPE",
     "Make the features of a recipe: topology, with options as topology:mode=compat,muons=Muon",
     BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, recipe), false},
    {"columns", 0, "PATTERNS", "Take these columns along, such as 'nJet,Jet_*'; all by default",
     BL_OPTION_TEXT, BL_HINT_COLUMNS, NULL, offsetof(bl_arguments, columns), false},
    {"friend", 0, "URL", "Join a tree row by row, as URL or URL:TREE; its columns are TREE.COLUMN",
     BL_OPTION_TEXTS, BL_HINT_FILES, NULL, offsetof(bl_arguments, friends), false},
    {"entries", 'e', "A:B", "Look at entries A to B-1; A: and :B leave an end open", BL_OPTION_ROWS,
     .offset = offsetof(bl_arguments, entries)},
    {"weight", 0, "EXPRESSION", "Weight of an event, for the cut flow", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, weight), false},
    {"part-events", 0, "N", "Let a part look at N events at most", BL_OPTION_EVENTS,
     .offset = offsetof(bl_arguments, part_events)},
    {"part-size", 0, "SIZE", "Let a part look at about SIZE of stored columns; default 1G",
     BL_OPTION_SIZE, .offset = offsetof(bl_arguments, part_bytes)},
    {"profile", 0, NULL, "Say how long reading, cuts, variables and writing took", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, profile)},
    {"skip-unreadable", 0, NULL, "Leave columns out that cannot be read, instead of refusing",
     BL_OPTION_FLAG, .offset = offsetof(bl_arguments, skip_unreadable)},
    {"format", 'f', "FORMAT",
     "Write this format; by default the one that FILE ends like, in a folder ROOT", BL_OPTION_TEXT,
     BL_HINT_NONE, NULL, offsetof(bl_arguments, output_format), false},
    BL_OPTION_OF_CODEC,
    {"as", 0, "NAME", "Call the tree so, with its directories", BL_OPTION_TEXT, BL_HINT_NONE, NULL,
     offsetof(bl_arguments, name), false},
    {"overwrite", 0, NULL, "Replace FILE where it exists", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, overwrite)},
    BL_OPTIONS_OF_CLUSTERS,
    {"dry-run", 'n', NULL, "Only say what would be read and written", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, dry_run)},
    {"json", 'j', NULL, "Print what was done as one JSON object", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, json)},
};

static const bl_example ingest_examples[] = {
    {"Events with four jets", "beamline ingest events.root --where 'nJet >= 4' -o few.root"},
    {"A new variable, and nothing else",
     "beamline ingest events.root -d 'HT=sum(Jet_pt)' --columns event -o ht.root"},
    {"The samples of a data configuration, into a folder that can be resumed",
     "beamline ingest -c data.yaml -o skim/"},
    {"What classifiers of events are trained on, of Delphes's particles",
     "beamline ingest --recipe topology delphes.root -o features.parquet"},
    {"Cut after cut",
     "beamline ingest 'runs/*.root' -w 'nMuon > 1' -w 'max(Muon_pt) > 25' -o mu.root"},
};

const bl_command bl_command_ingest = {
    .name = "ingest",
    .summary = "select events and compute new variables",
    .operands = "[URL]...",
    .description =
        "Writes the events that pass all cuts into a file, of the format that its name ends like, "
        "with "
        "the columns that are asked for and new variables, and prints how many events each cut "
        "took. Columns that only "
        "taken events need are read only where events are taken.\n\n"
        "Cuts and variables are expressions as physicists write them in Python: nJet >= 4 and "
        "max(Jet_pt) > 100, sum(Jet_pt[abs(Jet_eta) < 2.4]). They may use variables that are "
        "defined, in any order. docs/expressions.md describes them. An event is taken where a "
        "cut is true, not where it is missing, such as the maximum of an empty list.\n\n"
        "Several URLs, or a pattern, are one chain. A data configuration (docs/configuration.md) "
        "names samples instead, with cross-sections and sums of weights; the events of each have "
        "the columns sample_index, sample_label where samples have labels, and weight_physics. "
        "The cut flow then counts weights, too.\n\n"
        "A recipe selects events as well, after all cuts, and adds the columns that it makes; "
        "beside them only columns that are named and variables are written. docs/topology.md "
        "describes the one there is.\n\n"
        "A file appears under its name when it is complete, and after any failure there is what "
        "was there before. A folder gets parts and manifest.json, which lists them with what they "
        "came from; run again, an interrupted command goes on with the parts that are missing. "
        "The same input gives the same bytes, for any number of threads.",
    .options = ingest_options,
    .n_options = BL_COUNT(ingest_options),
    .takes_common = true,
    .reads_files = true,
    .operand_hint = BL_HINT_FILES,
    .min_operands = 0,
    .max_operands = SIZE_MAX,
    .examples = ingest_examples,
    .n_examples = BL_COUNT(ingest_examples),
    .run = run_ingest,
};
