// SPDX-License-Identifier: Apache-2.0
// The table of subcommands, and the options that all of them take.
#include "cli/command.h"

#include <string.h>

#include "base/names.h"

#define AT(member) offsetof(bl_arguments, member)

static const bl_option common_options[] = {
    {"threads", 't', "N", "Compute with N threads; all processors by default", BL_OPTION_COUNT,
     .offset = AT(n_threads)},
    {"memory", 0, "SIZE", "Use about SIZE of memory for buffers, such as 200M or 2G; default 1G",
     BL_OPTION_SIZE, .offset = AT(memory_bytes)},
    {"quiet", 'q', NULL, "Say nothing but results and errors", BL_OPTION_FLAG, .offset = AT(quiet)},
    {"verbose", 'v', NULL, "Say more on the way", BL_OPTION_FLAG, .offset = AT(verbose)},
    {"no-progress", 0, NULL, "Show no progress bar", BL_OPTION_FLAG, .offset = AT(no_progress)},
    {"color", 0, "WHEN", "Colour the output: auto, always or never", BL_OPTION_CHOICE,
     BL_HINT_CHOICES, "auto always never", AT(color), false},
    {"help", 'h', NULL, "Explain this command", BL_OPTION_FLAG, .offset = AT(help)},
    {"version", 'V', NULL, "Print the version and how it was built", BL_OPTION_FLAG,
     .offset = AT(version)},
};

static const bl_option reading_options[] = {
    {"from", 0, "FORMAT",
     "Read files as ROOT, Parquet, Arrow, TFRecord, HDF5, CSV or JSON lines; by default they tell",
     BL_OPTION_TEXT, .offset = AT(from)},
    {"types", 0, "TYPES", "Types of columns of text files, such as 'pt=float32,run=uint32'",
     BL_OPTION_TEXT, .offset = AT(types)},
    {"separator", 0, "CHAR", "What is between the values of CSV files; found by default",
     BL_OPTION_TEXT, .offset = AT(separator)},
    {"no-header", 0, NULL, "The first line of CSV files is values, not names", BL_OPTION_FLAG,
     .offset = AT(no_header)},
    {"plain-vectors", 0, NULL, "Read vectors of Spark's ML library, which are structs, as lists",
     BL_OPTION_FLAG, .offset = AT(plain_vectors)},
};

static const bl_option root_options[] = {
    {"help", 'h', NULL, "Explain beamline", BL_OPTION_FLAG, .offset = AT(help)},
    {"version", 'V', NULL, "Print the version and how it was built", BL_OPTION_FLAG,
     .offset = AT(version)},
};

static const bl_example root_examples[] = {
    {"What is in a file", "beamline inspect events.root"},
    {"Its first entries", "beamline cat events.root --tree Events"},
    {"Some columns into a new file", "beamline convert events.root -c 'Jet_*' -o jets.root"},
    {"Some events into a new file", "beamline ingest events.root --where 'nJet > 3' -o few.root"},
    {"The help of a subcommand", "beamline help stats"},
};

const bl_command bl_command_root = {
    .name = "",
    .summary = "read and write High Energy Physics data as columns",
    .operands = "COMMAND ...",
    .description =
        "beamline reads ROOT and other files as columns: what they hold, their values as text, "
        "statistics of every column, and columns of many files as a new one, streamed "
        "within a fixed memory budget.\n\n"
        "A URL is a path, file:PATH, or a quoted pattern such as 'runs/*.root', which "
        "names a chain of files.",
    .options = root_options,
    .n_options = BL_COUNT(root_options),
    .operand_hint = BL_HINT_COMMANDS,
    .max_operands = SIZE_MAX,
    .examples = root_examples,
    .n_examples = BL_COUNT(root_examples),
};

static const bl_command *const commands[] = {
    &bl_command_inspect,  &bl_command_cat,     &bl_command_stats,      &bl_command_convert,
    &bl_command_init,     &bl_command_ingest,  &bl_command_prepare,    &bl_command_train,
    &bl_command_evaluate, &bl_command_predict, &bl_command_hist,       &bl_command_generate,
    &bl_command_export,   &bl_command_help,    &bl_command_completion,
};

const bl_command *bl_command_at(size_t i) { return i < BL_COUNT(commands) ? commands[i] : NULL; }

bl_status bl_command_find(const char *name, const bl_command **ret_command, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < BL_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            *ret_command = commands[i];
            return BL_OK;
        }
        bl_nearest_offer(&nearest, commands[i]->name);
    }
    bl_status status = bl_error_set(err, BL_E_USAGE, "no command '%s'", name);
    return bl_nearest_hint(&nearest, status, err);
}

const bl_option *bl_command_option(const bl_command *command, size_t i) {
    if (i < command->n_options)
        return &command->options[i];
    i -= command->n_options;
    if (command->reads_files && i < BL_COUNT(reading_options))
        return &reading_options[i];
    i -= command->reads_files ? BL_COUNT(reading_options) : 0;
    return command->takes_common && i < BL_COUNT(common_options) ? &common_options[i] : NULL;
}

bool bl_choice_find(const char *choices, const char *word, size_t length, unsigned *ret_place) {
    unsigned place = 0;
    for (const char *at = choices; *at; place++) {
        size_t n = strcspn(at, " ");
        if (n == length && memcmp(at, word, n) == 0) {
            *ret_place = place;
            return true;
        }
        at += n + (at[n] == ' ');
    }
    return false;
}
