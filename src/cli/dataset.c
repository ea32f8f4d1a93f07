// SPDX-License-Identifier: Apache-2.0
// Data sets of the command line, for all commands that look at the events of samples.
#include "cli/dataset.h"

#include <stdlib.h>

#include "cli/select.h"

static bool is_name(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         text[i] == '_';
        if (!is_letter && (i == 0 || text[i] < '0' || text[i] > '9'))
            return false;
    }
    return length > 0;
}

/// "NAME=REST" of an option; \param ret_rest behind the sign
static bl_status split(bl_arena *arena, const char *text, const char **ret_name,
                       const char **ret_rest, const char *message, bl_error *err) {
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    while (length && text[length - 1] == ' ')
        length--;
    if (!is_name(text, length))
        return bl_error_set(err, BL_E_USAGE, message, text);
    *ret_name = bl_arena_text(arena, text, length);
    *ret_rest = equals + 1;
    return *ret_name ? BL_OK : bl_error_nomem(err, length, "a name");
}

bl_status bl_cli_split_input(bl_arena *arena, const char *text, const char **ret_name,
                             const char **ret_url, bl_error *err) {
    return split(arena, text, ret_name, ret_url,
                 "--input '%s': should be NAME=URL, such as ttbar=runs/*.root", err);
}

bl_status bl_cli_add_inputs(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    bl_sample_config *sample;
    for (size_t i = 0; i < arguments->inputs.n; i++) {
        const char *name, *url;
        BL_TRY(bl_cli_split_input(config->arena, arguments->inputs.texts[i], &name, &url, err));
        BL_TRY(bl_config_sample(config, name, &sample, err));
        BL_TRY(bl_text_list_add(config->arena, &sample->files, url, err));
    }
    return BL_OK;
}

/// Files that are operands, of commands that have such.
static bl_status add_operands(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    bl_sample_config *sample;
    if (arguments->n_operands == 0)
        return BL_OK;
    if (config->n_samples)
        return bl_error_set(err, BL_E_USAGE,
                            "'%s' belongs to no sample; --input NAME=URL says which one",
                            arguments->operands[0]);
    BL_TRY(bl_config_sample(config, "", &sample, err));
    sample->weight = arguments->weight;
    for (size_t i = 0; i < arguments->n_operands; i++)
        BL_TRY(bl_text_list_add(config->arena, &sample->files, arguments->operands[i], err));
    return BL_OK;
}

static bl_status add_variables(const bl_arguments *arguments, bl_config *config, bl_error *err) {
    for (size_t i = 0; i < arguments->variables.n; i++) {
        const char *name, *text;
        BL_TRY(split(config->arena, arguments->variables.texts[i], &name, &text,
                     "--define '%s': should be NAME=EXPRESSION, such as 'HT=sum(Jet_pt)'", err));
        BL_TRY(bl_config_add_variable(config, name, text, err));
        if (config->names.n)
            BL_TRY(bl_text_list_add(config->arena, &config->names, name, err));
    }
    return BL_OK;
}

bl_status bl_cli_read_config(const bl_cli *cli, bl_arena *arena, bl_config *config, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    bl_config_init(config, arena);
    if (arguments->config)
        BL_TRY(bl_config_read(config, arguments->config, err));
    if (arguments->recipe)
        BL_TRY_IN(bl_config_set_recipe(config, arguments->recipe, err), err, "--recipe '%s'",
                  arguments->recipe);
    if (arguments->tree)
        config->treename = arguments->tree;
    for (size_t i = 0; i < arguments->cuts.n; i++)
        BL_TRY(bl_text_list_add(arena, &config->cuts, arguments->cuts.texts[i], err));
    BL_TRY(add_variables(arguments, config, err));
    if (arguments->columns)
        BL_TRY(bl_text_list_add(arena, &config->columns, arguments->columns, err));
    BL_TRY(bl_cli_add_inputs(arguments, config, err));
    BL_TRY(add_operands(arguments, config, err));
    if (arguments->weight && arguments->n_operands == 0)
        return bl_error_set(err, BL_E_USAGE,
                            "--weight is for files without samples, whose weights a configuration "
                            "gives");
    return BL_OK;
}

bl_status bl_cli_open_dataset(const bl_cli *cli, const bl_config *config, bl_open_options *open,
                              bl_dataset **ret_dataset, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    *open = bl_select_open_options(arguments);
    bl_dataset_options options = {.open = open,
                                  .skips_bad_files = arguments->bad_files == BL_BAD_FILES_SKIP,
                                  .max_events = arguments->max_events,
                                  .leaves_out_unreadable = arguments->skip_unreadable,
                                  .friends = arguments->friends.texts,
                                  .n_friends = arguments->friends.n};
    if (arguments->entries.is_set) {
        options.first = arguments->entries.first;
        options.last = arguments->entries.last;
    }
    if (arguments->fraction) {
        char *end;
        options.fraction = strtod(arguments->fraction, &end);
        if (*end || !(options.fraction > 0 && options.fraction <= 1))
            return bl_error_set(err, BL_E_USAGE, "--fraction '%s' is not above 0 and at most 1",
                                arguments->fraction);
    }
    return bl_dataset_open(cli->context, config, &options, ret_dataset, err);
}

size_t bl_sample_n_skipped(const bl_sample *sample) {
    size_t n = 0;
    for (size_t i = 0; i < sample->n_files; i++)
        n += sample->files[i].skipped != NULL;
    return n;
}

void bl_cli_note_skipped(const bl_cli *cli, const bl_dataset *dataset) {
    size_t n = 0;
    for (size_t i = 0; i < dataset->n_samples; i++)
        n += bl_sample_n_skipped(&dataset->samples[i]);
    if (n)
        bl_cli_note(cli, "%zu file%s left out", n, n == 1 ? "" : "s");
}
