// SPDX-License-Identifier: Apache-2.0
/// \file
/// The data set that a command line asks for: a data configuration, and what options add.
#ifndef BL_CLI_DATASET_H
#define BL_CLI_DATASET_H

#include "cli/cli.h"
#include "data/stream/dataset.h"

/// Choices of --bad-files.
enum { BL_BAD_FILES_FAIL, BL_BAD_FILES_SKIP };

/// Options of all commands that look at the events of samples.
#define BL_OPTIONS_OF_SAMPLES                                                          \
    {"config",       'c',                                                              \
     "FILE",         "Read this data configuration: weaver's YAML, or a preproc.json", \
     BL_OPTION_TEXT, BL_HINT_FILES,                                                    \
     NULL,           offsetof(bl_arguments, config),                                   \
     false},                                                                           \
        BL_OPTIONS_OF_FILES
/// The same without the configuration itself.
#define BL_OPTIONS_OF_FILES                                                                    \
    {"input",                                                                                  \
     'i',                                                                                      \
     "NAME=URL",                                                                               \
     "Files of a sample; again for more of them",                                              \
     BL_OPTION_TEXTS,                                                                          \
     BL_HINT_FILES,                                                                            \
     NULL,                                                                                     \
     offsetof(bl_arguments, inputs),                                                           \
     false},                                                                                   \
        {"fraction",                                                                           \
         0,                                                                                    \
         "X",                                                                                  \
         "Look at this part of each sample only, such as 0.1; weights make up for it",         \
         BL_OPTION_TEXT,                                                                       \
         BL_HINT_NONE,                                                                         \
         NULL,                                                                                 \
         offsetof(bl_arguments, fraction),                                                     \
         false},                                                                               \
        {"max-events",                                                                         \
         0,                                                                                    \
         "N",                                                                                  \
         "Look at N events of each sample at most; weights make up for it",                    \
         BL_OPTION_EVENTS,                                                                     \
         .offset = offsetof(bl_arguments, max_events)},                                        \
    {                                                                                          \
        "bad-files", 0, "WHAT",                                                                \
            "What to do with files that cannot be read: fail or skip; default fail",           \
            BL_OPTION_CHOICE, BL_HINT_CHOICES, "fail skip", offsetof(bl_arguments, bad_files), \
            false                                                                              \
    }

/// Reads --config, and adds what other options say. \param arena holds it, and outlives it
/// \return BL_OK, BL_E_USAGE, and what bl_config_read returns
bl_status bl_cli_read_config(const bl_cli *cli, bl_arena *arena, bl_config *config, bl_error *err);
/// "NAME=URL" of --input. \param ret_name in the arena \return BL_OK, BL_E_USAGE, BL_E_NOMEM
bl_status bl_cli_split_input(bl_arena *arena, const char *text, const char **ret_name,
                             const char **ret_url, bl_error *err);
/// Adds what --input says: files of samples, new ones where there are none of that name.
/// \return BL_OK, BL_E_USAGE, BL_E_NOMEM
bl_status bl_cli_add_inputs(const bl_arguments *arguments, bl_config *config, bl_error *err);
/// Opens its data set. \param open how its files are read; both borrow until it is closed
/// \return BL_OK, BL_E_USAGE, and what bl_dataset_open returns
bl_status bl_cli_open_dataset(const bl_cli *cli, const bl_config *config, bl_open_options *open,
                              bl_dataset **ret_dataset, bl_error *err);
/// Files that were left out.
size_t bl_sample_n_skipped(const bl_sample *sample);
void bl_cli_note_skipped(const bl_cli *cli, const bl_dataset *dataset);

#endif
