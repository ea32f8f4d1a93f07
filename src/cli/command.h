// SPDX-License-Identifier: Apache-2.0
/// \file
/// Subcommands and their options as const tables. Parsing, `--help`, manual pages, completions and
/// the markdown reference are all derived from them.
#ifndef BL_CLI_COMMAND_H
#define BL_CLI_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bl_cli;

/// What an option takes, and as what it is stored at its offset in bl_arguments.
typedef enum bl_option_kind {
    BL_OPTION_FLAG,   ///< nothing; bool
    BL_OPTION_TEXT,   ///< any text; const char *
    BL_OPTION_TEXTS,  ///< any text, again and again; bl_texts
    BL_OPTION_CHOICE, ///< one word of `choices`; unsigned, its place among them
    BL_OPTION_COUNT,  ///< a whole number above 0, of threads and the like; unsigned
    BL_OPTION_EVENTS, ///< a whole number above 0; int64_t
    BL_OPTION_SIZE,   ///< bytes, such as 200M; uint64_t
    BL_OPTION_ROWS,   ///< A:B; bl_row_range
} bl_option_kind;

/// What the shell offers to complete an argument with.
typedef enum bl_hint {
    BL_HINT_NONE,
    BL_HINT_FILES,
    BL_HINT_FOLDERS,
    BL_HINT_CHOICES,
    BL_HINT_COMMANDS,
    BL_HINT_COLUMNS, ///< of the files named on the command line
    BL_HINT_TREES,
} bl_hint;

typedef struct bl_option {
    const char *name;     ///< long name, without its dashes
    char letter;          ///< short name, or 0
    const char *argument; ///< name of the argument in help, NULL for flags
    const char *help;     ///< one sentence without a full stop
    bl_option_kind kind;
    bl_hint hint;
    const char *choices; ///< words with a space between them
    size_t offset;       ///< of the value in bl_arguments
    bool is_hidden;      ///< parsed, but shown nowhere
} bl_option;

typedef struct bl_example {
    const char *what, *command;
} bl_example;

typedef struct bl_command {
    const char *name;    ///< "" for the command `beamline` itself
    const char *summary; ///< one line without a full stop
    const char *operands;
    const char *description; ///< paragraphs with an empty line between them
    const bl_option *options;
    size_t n_options;
    bool takes_common; ///< the common options too
    bool reads_files;  ///< and those that say how files are to be read
    bl_hint operand_hint;
    const char *operand_choices;
    size_t min_operands, max_operands;
    const bl_example *examples;
    size_t n_examples;
    bl_status (*run)(struct bl_cli *cli, bl_error *err);
} bl_command;

/// Rows [first, last); `last` INT64_MAX for the end.
typedef struct bl_row_range {
    int64_t first, last;
    bool is_set;
} bl_row_range;

/// What an option was given that may stand several times.
typedef struct bl_texts {
    const char *texts[64];
    size_t n;
} bl_texts;

typedef enum bl_color_choice { BL_COLOR_AUTO, BL_COLOR_ALWAYS, BL_COLOR_NEVER } bl_color_choice;

/// The command line, parsed. All text borrows from argv.
typedef struct bl_arguments {
    const bl_command *command;
    const char *const *operands; ///< [n_operands]
    size_t n_operands;
    // of every command
    bool help, version, quiet, verbose, no_progress;
    unsigned color; ///< bl_color_choice
    unsigned n_threads;
    uint64_t memory_bytes;
    // of all that read files
    const char *from, *types, *separator;
    bool no_header, plain_vectors;
    // of some
    const char *tree, *columns;
    bl_texts friends;
    bl_row_range entries;
    unsigned format;
    bool json, names, checksums, markdown;
    const char *man;
    // of convert
    const char *output, *output_format, *codec, *encoding, *name, *friend_of;
    bool overwrite, append, skip_unreadable;
    uint64_t cluster_bytes, basket_bytes;
    // of ingest and prepare
    bl_texts cuts, variables, inputs;
    const char *config, *weight, *fraction, *recipe;
    int64_t max_events, part_events;
    unsigned bad_files;
    uint64_t part_bytes;
    bool dry_run, profile;
    // of prepare
    const char *export_folder, *with, *fold; ///< the fold of train, too
    unsigned schema;                         ///< bl_publish_schema
    // of generate
    unsigned process; ///< its place among the choices
    const char *events, *seed, *first_event, *negative_fraction;
    // of export
    const char *type, *header;
    unsigned n_vectors;
    bool raw;
    // of train
    const char *model, *training, *epochs, *batch_size, *learning_rate, *patience;
    unsigned on_nan, start; ///< their places among the choices
    bool resume, keep_in_memory;
    // of predict
    bl_texts copies, variations;
    bool only_selected, no_observers;
    // of evaluate
    bl_texts scores;
    const char *json_file, *plots, *part, *replicas;
    // of hist
    bl_texts expressions;
    const char *bins, *edges, *title, *x_title, *y_title;
    bool log;
} bl_arguments;

/// Options that all commands have that write tables.
#define BL_OPTION_OF_CODEC                                                                     \
    {                                                                                          \
        "codec", 0, "CODEC",                                                                   \
            "Compress with zstd, lz4, zlib, lzma, snappy, gzip, bzip2 or none, as the format " \
            "knows them, such as zstd:9; default zstd",                                        \
            BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, codec), false           \
    }
#define BL_OPTION_OF_ENCODING                                                                  \
    {                                                                                          \
        "encoding", 0, "HOW",                                                                  \
            "Of Parquet: encode values as plain, dictionary, delta or split, where it fits a " \
            "column; default auto",                                                            \
            BL_OPTION_TEXT, BL_HINT_NONE, NULL, offsetof(bl_arguments, encoding), false        \
    }
#define BL_OPTIONS_OF_CLUSTERS                                                                     \
    {"cluster",                                                                                    \
     0,                                                                                            \
     "SIZE",                                                                                       \
     "Put so many uncompressed bytes into a cluster; default 32M, or less with --memory",          \
     BL_OPTION_SIZE,                                                                               \
     .offset = offsetof(bl_arguments, cluster_bytes)},                                             \
    {                                                                                              \
        "basket", 0, "SIZE", "Put at most so many uncompressed bytes into a basket; default 256K", \
            BL_OPTION_SIZE, .offset = offsetof(bl_arguments, basket_bytes)                         \
    }

/// Length of a const table.
#define BL_COUNT(table) (sizeof(table) / sizeof *(table))

extern const bl_command bl_command_root, bl_command_inspect, bl_command_cat, bl_command_stats,
    bl_command_convert, bl_command_ingest, bl_command_prepare, bl_command_init, bl_command_hist,
    bl_command_generate, bl_command_train, bl_command_evaluate, bl_command_predict,
    bl_command_export, bl_command_help, bl_command_completion;

/// Subcommand `i` in the order of help, NULL past the last.
const bl_command *bl_command_at(size_t i);
/// Finds a subcommand. \return BL_OK, BL_E_USAGE (with the nearest names)
bl_status bl_command_find(const char *name, const bl_command **ret_command, bl_error *err);
/// Option `i` of a command, the common ones last; hidden ones included. NULL past the last.
const bl_option *bl_command_option(const bl_command *command, size_t i);

/// True where `word` of length `length` is word `*ret_place` of `choices`.
bool bl_choice_find(const char *choices, const char *word, size_t length, unsigned *ret_place);

#endif
