// SPDX-License-Identifier: Apache-2.0
/// \file
/// The data configuration: samples, selection, variables, what is written. docs/configuration.md
/// says which keys there are and which command reads which.
#ifndef BL_DATA_CONFIG_H
#define BL_DATA_CONFIG_H

#include <beamline/expression.h>

#include "data/config/prepare.h"
#include "hep/topology/options.h"

/// Texts that grow in an arena.
typedef struct bl_text_list {
    const char **texts;
    size_t n, capacity;
} bl_text_list;

/// Where the sum of the weights of all generated events is found: in trees that are filled once a
/// run or a file, so that it knows of events that were skimmed away.
typedef struct bl_sumw_source {
    const char *tree;
    const char *branch; ///< an expression over the tree's branches; NULL: there is no source
    int64_t index;      ///< element of an array; negative: it is a number
} bl_sumw_source;

typedef struct bl_sample_config {
    const char *name;
    bl_text_list files; ///< URLs and patterns
    bool is_data, has_label;
    int64_t label;
    double xsec_pb;     ///< NaN: not normalised
    double kfactor;     ///< 1
    double lumi_ifb;    ///< 1
    const char *weight; ///< an expression; NULL: 1
    bl_sumw_source sumw;
    const char *lumi_mask;              ///< path of a JSON file; NULL: none
    const char *run, *luminosity_block; ///< columns that it looks at
    const char *dataset;                ///< of its events' identities; NULL: its name
    int part; ///< of all its events: 0 train, 1 validation, 2 test; −1: as the split says
} bl_sample_config;

/// `from` becomes `to` wherever a name has it.
typedef struct bl_rename {
    const char *from, *to;
} bl_rename;

/// The value that a variable has in files whose URL matches.
typedef struct bl_file_value {
    const char *name;
    const char *pattern; ///< a regular expression
    double value;
} bl_file_value;

typedef struct bl_config {
    bl_arena *arena;
    const char *text; ///< of the file that it was read from; NULL: none
    const char *treename;
    bl_text_list cuts;
    bl_named_text *variables;
    size_t n_variables, variables_capacity;
    bl_rename *renames;
    size_t n_renames;
    bl_file_value *file_values;
    size_t n_file_values;
    bl_text_list names;   ///< of columns and variables that inputs, labels, observers, weights name
    bl_text_list columns; ///< patterns of columns that are taken along
    bl_text_list dropped; ///< names that are not written
    bool has_recipe;      ///< "topology", the only one there is
    bl_topology_options recipe;
    bl_sample_config *samples;
    size_t n_samples, samples_capacity;
    const char *url, *codec, *output_tree; ///< of the output; NULL: not said
    int64_t part_events;                   ///< 0: not said
    uint64_t part_bytes;                   ///< 0: not said
    bl_prepare_config prepare;
    /// What only preparation computes; bl_config_for_preparation makes variables of it.
    bl_named_text *of_preparation;
    size_t n_of_preparation, of_preparation_capacity;
} bl_config;

/// An empty configuration.
void bl_config_init(bl_config *config, bl_arena *arena);
/// Reads a configuration: weaver's YAML with our additions, or a preproc.json of MLaaS4HEP.
/// \return BL_OK, BL_E_INVALID (with line and column, unknown keys with the nearest ones),
/// BL_E_UNSUPPORTED, and what bl_document_read returns
bl_status bl_config_read(bl_config *config, const char *path, bl_error *err);
/// The same of a document that was read already.
bl_status bl_config_read_document(bl_config *config, const bl_item *document, bl_error *err);

/// What preparation needs beyond what `ingest` writes becomes variables and names: weights of
/// variations. Call it once, when all samples are known. Checks that there are inputs and, without
/// `labels`, that samples have labels 0, 1 … none of which is missing.
/// \return BL_OK, BL_E_INVALID, BL_E_NOMEM
bl_status bl_config_for_preparation(bl_config *config, bl_error *err);
/// Makes it one of events that are only evaluated, before bl_config_for_preparation: all of them in
/// the part "test" (folds stay), with their own weights and signs; nothing is fitted, balanced or
/// left out. Classes are named by the samples that there are now, some of which may then be taken
/// away. \return as bl_config_for_preparation
bl_status bl_config_for_evaluation(bl_config *config, bl_error *err);
/// Sets the recipe: "topology" or "topology:mode=compat,muons=Muon", as the command line has it.
/// \return BL_OK, BL_E_INVALID (with the nearest names), BL_E_NOMEM
bl_status bl_config_set_recipe(bl_config *config, const char *text, bl_error *err);
bl_status bl_text_list_add(bl_arena *arena, bl_text_list *list, const char *text, bl_error *err);
bool bl_text_list_has(const bl_text_list *list, const char *text);
/// \return also BL_E_INVALID: there is such a variable
bl_status bl_config_add_variable(bl_config *config, const char *name, const char *text,
                                 bl_error *err);
/// The sample of a name, made where there is none.
bl_status bl_config_sample(bl_config *config, const char *name, bl_sample_config **ret_sample,
                           bl_error *err);
/// A name as branch_magic has it.
/// \param ret_name in the arena, or the same \return BL_OK, BL_E_NOMEM
bl_status bl_config_rename(const bl_config *config, const char *name, const char **ret_name,
                           bl_error *err);

#endif
