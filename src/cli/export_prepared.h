// SPDX-License-Identifier: Apache-2.0
/// \file
/// `beamline prepare DIR --export OUT`: a prepared data set as files for other frameworks.
#ifndef BL_CLI_EXPORT_PREPARED_H
#define BL_CLI_EXPORT_PREPARED_H

#include "cli/command.h"

/// Its options; BL_OPTION_OF_CODEC and --overwrite are its own, too.
#define BL_OPTIONS_OF_EXPORT                                                                     \
    {"export",                                                                                   \
     0,                                                                                          \
     "OUT",                                                                                      \
     "Write what is prepared in DIR into this folder, transformed, for other frameworks",        \
     BL_OPTION_TEXT,                                                                             \
     BL_HINT_FOLDERS,                                                                            \
     .offset = offsetof(bl_arguments, export_folder)},                                           \
        {"as",                                                                                   \
         0,                                                                                      \
         "FORMAT",                                                                               \
         "With --export: files that end so, such as parquet, tfrecord, tfrecord.gz, arrow, h5; " \
         "default parquet",                                                                      \
         BL_OPTION_TEXT,                                                                         \
         .offset = offsetof(bl_arguments, output_format)},                                       \
        {"schema",                                                                               \
         0,                                                                                      \
         "SCHEMA",                                                                               \
         "With --export: 'columns', plain lists; 'spark', Parquet with vectors of Spark's ML "   \
         "library; default columns",                                                             \
         BL_OPTION_CHOICE,                                                                       \
         BL_HINT_CHOICES,                                                                        \
         "columns spark",                                                                        \
         offsetof(bl_arguments, schema),                                                         \
         false},                                                                                 \
        {"with",                                                                                 \
         0,                                                                                      \
         "COLUMNS",                                                                              \
         "With --export: also these columns of shards; default "                                 \
         "label,weight_train,weight_physics, '' for none",                                       \
         BL_OPTION_TEXT,                                                                         \
         .offset = offsetof(bl_arguments, with)},                                                \
    {                                                                                            \
        "fold", 0, "K",                                                                          \
            "With --export, where there are folds: the transform that has not seen fold K",      \
            BL_OPTION_TEXT, .offset = offsetof(bl_arguments, fold)                               \
    }

bl_status bl_cli_export_prepared(struct bl_cli *cli, bl_error *err);

#endif
