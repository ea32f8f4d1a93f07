// SPDX-License-Identifier: Apache-2.0
// Streams: of a stretch and what a configuration asks for, the plan that gives its batches.
#include "base/context.h"
#include "base/names.h"
#include "data/stream/dataset.h"

/// Making a stream.
typedef struct maker {
    bl_stream *stream;
    const bl_dataset *dataset;
    const bl_config *config;
    const bl_stretch *stretch;
    const bl_stream_options *options;
    const char *weight; ///< of an event, with the sample's factor; NULL: 1
    bl_named_text *hidden;
    size_t n_hidden;
} maker;

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a stream"); }

// ---- variables ----

/// A column that another stands for in this stream becomes that one.
static bl_status shift_column(const void *self, const char *name, const char **ret_name,
                              bl_error *err) {
    const bl_stream *stream = (const bl_stream *)self;
    size_t column;
    (void)err;
    *ret_name = name;
    if (stream->n_shifts && bl_table_find(stream->table, name, &column, NULL) == BL_OK)
        for (size_t i = 0; i < stream->n_shifts; i++)
            if (stream->shifts[i].column == column)
                *ret_name = stream->shifts[i].to;
    return BL_OK;
}

static bl_status rename_column(const void *self, const char *name, const char **ret_name,
                               bl_error *err) {
    const bl_stream *stream = (const bl_stream *)self;
    BL_TRY(bl_config_rename(stream->dataset->config, name, &name, err));
    return shift_column(self, name, ret_name, err);
}

static bl_status make_shifts(maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    size_t n = m->options->n_renames;
    stream->rule = (bl_name_rule){rename_column, stream};
    stream->shift = (bl_name_rule){shift_column, stream};
    stream->shifts =
        (bl_stream_shift *)bl_arena_array(&stream->arena, n + 1, sizeof *stream->shifts);
    if (!stream->shifts)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        const bl_rename *rename = &m->options->renames[i];
        size_t other;
        BL_TRY(bl_table_find(stream->table, rename->from, &stream->shifts[i].column, err));
        BL_TRY(bl_table_find(stream->table, rename->to, &other, err));
        stream->shifts[i].to = rename->to;
    }
    stream->n_shifts = n;
    return BL_OK;
}

static bool has_name(const char *const *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/// Names of columns and variables that are taken along, where somebody said which.
static size_t names_of(const maker *m, const char *const **ret_names) {
    const bl_text_list *names = &m->config->names;
    *ret_names = m->options->names ? m->options->names : (const char *const *)names->texts;
    return m->options->names ? m->options->n_names : names->n;
}

/// Variables are written that are named, all of them where nothing is named.
static bool is_written(const maker *m, const char *name) {
    const bl_config *config = m->config;
    if (m->options->names)
        return has_name(m->options->names, m->options->n_names, name);
    if (bl_text_list_has(&config->dropped, name))
        return false;
    return config->names.n == 0 || bl_text_list_has(&config->names, name) ||
           bl_text_list_has(&config->columns, name);
}

static void add_variable(maker *m, const char *name, const char *text, bool written) {
    bl_stream *stream = m->stream;
    if (written)
        stream->variables[stream->n_variables++] = (bl_named_text){name, text};
    else
        m->hidden[m->n_hidden++] = (bl_named_text){name, text};
}

static bl_status add_formatted(maker *m, const char *name, bool written, bl_error *err,
                               const char *format, double value) {
    const char *text = bl_arena_printf(&m->stream->arena, format, value);
    if (!text)
        return out_of_memory(err);
    add_variable(m, name, text, written);
    return BL_OK;
}

static bool is_of_sample_written(const maker *m, const char *name) {
    return !m->options->names || is_written(m, name);
}

/// What tells the events of samples apart, and their weights. A column of such a name is hidden as
/// by any variable; a variable of such a name is an error.
static bl_status add_of_sample(maker *m, bl_error *err) {
    const bl_sample *sample = m->stretch->sample;
    if (!m->dataset->is_named)
        return BL_OK;
    BL_TRY(add_formatted(m, "sample_index", is_of_sample_written(m, "sample_index"), err, "%.0f",
                         (double)m->stretch->number));
    bool has_labels = false;
    for (size_t i = 0; i < m->config->n_samples; i++)
        has_labels = has_labels || m->config->samples[i].has_label;
    if (has_labels)
        BL_TRY(add_formatted(m, "sample_label", is_of_sample_written(m, "sample_label"), err,
                             "%.0f",
                             sample->config->has_label ? (double)sample->config->label : -1));
    add_variable(m, "weight_physics", m->weight ? m->weight : "1.0",
                 is_of_sample_written(m, "weight_physics"));
    return BL_OK;
}

static bl_status make_weight(maker *m, bl_error *err) {
    const bl_sample *sample = m->stretch->sample;
    const char *weight = sample->config->weight;
    if (!weight && sample->factor == 1)
        return BL_OK;
    m->weight =
        bl_arena_printf(&m->stream->arena, "(%s) * %.17g", weight ? weight : "1", sample->factor);
    return m->weight ? BL_OK : out_of_memory(err);
}

static bl_status make_variables(maker *m, bl_error *err) {
    enum { MOST_OF_SAMPLE = 3 };
    bl_stream *stream = m->stream;
    const bl_config *config = m->config;
    size_t most = config->n_variables + m->dataset->n_magic + MOST_OF_SAMPLE;
    stream->variables =
        (bl_named_text *)bl_arena_array(&stream->arena, 2 * most, sizeof *m->hidden);
    m->hidden = (bl_named_text *)bl_arena_array(&stream->arena, most, sizeof *m->hidden);
    if (!stream->variables || !m->hidden)
        return out_of_memory(err);
    BL_TRY(make_weight(m, err));
    for (size_t i = 0; i < config->n_variables; i++)
        add_variable(m, config->variables[i].name, config->variables[i].text,
                     is_written(m, config->variables[i].name));
    for (size_t i = 0; i < m->dataset->n_magic; i++)
        BL_TRY(add_formatted(m, m->dataset->magic[i], is_written(m, m->dataset->magic[i]), err,
                             "float(%.17g)", m->stretch->values[i]));
    BL_TRY(add_of_sample(m, err));
    stream->n_hidden = m->n_hidden;
    if (m->n_hidden)
        memcpy(stream->variables + stream->n_variables, m->hidden, m->n_hidden * sizeof *m->hidden);
    stream->n_variables += m->n_hidden;
    return BL_OK;
}

static bool is_variable(const bl_stream *stream, const char *name) {
    for (size_t i = 0; i < stream->n_variables; i++)
        if (strcmp(stream->variables[i].name, name) == 0)
            return true;
    return false;
}

static bool is_of_recipe(const bl_stream *stream, const char *name) {
    for (size_t i = 0; stream->recipe && i < BL_TOPOLOGY_N_OUTPUTS; i++)
        if (strcmp(bl_topology_outputs[i], name) == 0)
            return true;
    return false;
}

/// Opens the recipe, whose columns are called as no variable is.
static bl_status open_recipe(maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    if (!m->config->has_recipe || m->options->takes_all_rows)
        return BL_OK;
    BL_TRY_IN(bl_topology_open(m->dataset->context, stream->table, &m->config->recipe,
                               &stream->shift, &stream->recipe, err),
              err, "%s", m->stretch->urls[0]);
    for (size_t i = 0; i < stream->n_variables; i++)
        if (is_of_recipe(stream, stream->variables[i].name))
            return bl_error_set(err, BL_E_INVALID,
                                "the variable '%s' is called as a column of the recipe",
                                stream->variables[i].name);
    return BL_OK;
}

/// Whether a name is no column of the table, but one that is made.
static bool is_made(const bl_stream *stream, const char *name) {
    return is_variable(stream, name) || is_of_recipe(stream, name);
}

// ---- columns ----

/// Patterns of columns and names that are no variables, with commas. Beside what a recipe makes
/// only those are taken along that are named. \param ret_text NULL: all
static bl_status patterns(const maker *m, const char **ret_text, bl_error *err) {
    const bl_config *config = m->config;
    bl_arena *arena = &m->stream->arena;
    const char *const *names;
    size_t n_names = names_of(m, &names), n_columns = m->options->names ? 0 : config->columns.n;
    bool takes_all = !m->options->names && n_columns + n_names == 0 && !m->stream->recipe;
    const char *text = takes_all ? NULL : "";
    for (size_t i = 0; i < n_columns && text; i++)
        if (!is_made(m->stream, config->columns.texts[i]))
            text = bl_arena_printf(arena, "%s,%s", text, config->columns.texts[i]);
    for (size_t i = 0; i < n_names && text; i++) {
        const char *name = names[i];
        if (is_made(m->stream, name))
            continue;
        BL_TRY(rename_column(m->stream, name, &name, err));
        text = bl_arena_printf(arena, "%s,%s", text, name);
    }
    if (!text && !takes_all)
        return out_of_memory(err);
    *ret_text = text;
    return BL_OK;
}

/// Columns whose names variables took, and those that are not to be written, go.
static void leave_out(maker *m) {
    bl_selection *selection = &m->stream->selection;
    size_t kept = 0;
    for (size_t i = 0; i < selection->n; i++) {
        const bl_column_info *info = &selection->infos[i];
        bool is_out = is_made(m->stream, info->path) || is_made(m->stream, info->name) ||
                      bl_text_list_has(&m->config->dropped, info->path) ||
                      bl_text_list_has(&m->config->dropped, info->name);
        if (is_out)
            continue;
        selection->columns[kept] = selection->columns[i];
        selection->infos[kept++] = *info;
    }
    selection->n = kept;
}

static bl_status select_columns(maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    const bl_dataset *dataset = m->dataset;
    const char *text;
    BL_TRY(patterns(m, &text, err));
    if (text && strspn(text, ",") == strlen(text))
        return BL_OK;
    BL_TRY(bl_select_columns(dataset->context, stream->table, text, &stream->selection, err));
    if (!m->options->names)
        leave_out(m);
    bl_status status = bl_select_whole(stream->table, !dataset->options.leaves_out_unreadable,
                                       &stream->selection, err);
    return status == BL_E_UNSUPPORTED
               ? bl_error_hint(err, status, "; --skip-unreadable leaves them out")
               : status;
}

/// Columns that branch_magic found, and those that stand for others, are called as the
/// configuration calls them.
static bl_status name_columns(const maker *m, bl_column_spec *specs, bl_error *err) {
    const char *const *names;
    size_t n_names = names_of(m, &names);
    for (size_t i = 0; i < n_names && (m->config->n_renames || m->stream->n_shifts); i++) {
        size_t column;
        const char *name = names[i], *renamed;
        BL_TRY(rename_column(m->stream, name, &renamed, err));
        if (strcmp(name, renamed) == 0 || is_made(m->stream, name))
            continue;
        BL_TRY(bl_table_find(m->stream->table, renamed, &column, err));
        for (size_t k = 0; k < m->stream->selection.n; k++)
            if (m->stream->selection.columns[k] == column)
                specs[k].name = name;
    }
    return BL_OK;
}

/// Columns are written as `convert` writes them; variables by their names.
static bl_status make_specs(const maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    size_t n = bl_plan_n_columns(stream->plan), n_kept = stream->selection.n;
    bl_column_spec *of_columns = NULL;
    stream->specs = (bl_column_spec *)bl_arena_array(&stream->arena, n + 1, sizeof *stream->specs);
    if (!stream->specs)
        return out_of_memory(err);
    if (n_kept) {
        BL_TRY(bl_selection_specs(&stream->arena, &stream->selection, &of_columns, err));
        BL_TRY(name_columns(m, of_columns, err));
        memcpy(stream->specs, of_columns, n_kept * sizeof *of_columns);
    }
    for (size_t i = n_kept; i < n; i++) {
        bl_plan_column_info info = {.size = sizeof info};
        BL_TRY(bl_plan_column(stream->plan, i, &info, err));
        stream->specs[i] =
            (bl_column_spec){.size = sizeof *stream->specs, .name = info.name, .type = info.type};
        for (size_t k = 0; stream->recipe && k < BL_TOPOLOGY_N_OUTPUTS; k++)
            if (strcmp(info.name, bl_topology_outputs[k]) == 0)
                stream->specs[i].title = bl_topology_titles[k];
    }
    stream->n_columns = n;
    return BL_OK;
}

// ---- the stream ----

static bl_status open_plan(const maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    const bl_sample *sample = m->stretch->sample;
    bl_plan_options options = {.size = sizeof options,
                               .cuts = m->config->cuts.texts,
                               .n_cuts = m->options->takes_all_rows ? 0 : m->config->cuts.n,
                               .variables = stream->variables,
                               .n_variables = stream->n_variables,
                               .n_hidden = stream->n_hidden,
                               .columns = stream->selection.columns,
                               .n_columns = stream->selection.n,
                               .first = m->options->first,
                               .last = m->options->last,
                               .weight = m->weight};
    stream->extras.has_rows = m->options->has_rows;
    stream->extras.rule = &stream->rule;
    stream->extras.recipe = stream->recipe;
    if (sample->config->lumi_mask && !m->options->takes_all_rows) {
        stream->extras.mask = &sample->mask;
        stream->extras.mask_text = "certified luminosity";
        stream->extras.run = sample->config->run;
        stream->extras.luminosity_block = sample->config->luminosity_block;
    }
    return bl_plan_open_with(m->dataset->context, stream->table, &options, &stream->extras,
                             &stream->plan, err);
}

static bl_status fill(maker *m, bl_error *err) {
    bl_stream *stream = m->stream;
    const bl_dataset_options *of_dataset = &m->dataset->options;
    bl_table_options options = {.size = sizeof options,
                                .tree = m->config->treename,
                                .open = of_dataset->open,
                                .friends = of_dataset->friends,
                                .n_friends = of_dataset->n_friends};
    BL_TRY(bl_table_open(m->dataset->context, m->stretch->urls, m->stretch->n_files, &options,
                         &stream->table, err));
    BL_TRY(make_shifts(m, err));
    BL_TRY(make_variables(m, err));
    BL_TRY(open_recipe(m, err));
    BL_TRY(select_columns(m, err));
    BL_TRY(open_plan(m, err));
    return make_specs(m, err);
}

bl_status bl_stream_open(const bl_dataset *dataset, const bl_stretch *stretch,
                         const bl_stream_options *options, bl_stream **ret_stream, bl_error *err) {
    bl_stream *made = (bl_stream *)bl_alloc_zero(dataset->context, 1, sizeof *made);
    if (!made)
        return out_of_memory(err);
    BL_AUTO(bl_stream) stream = made;
    bl_arena_init(&stream->arena, dataset->context);
    stream->selection.context = dataset->context;
    stream->dataset = dataset;
    maker m = {.stream = stream,
               .dataset = dataset,
               .config = dataset->config,
               .stretch = stretch,
               .options = options};
    bl_status status = fill(&m, err);
    if (status != BL_OK && dataset->is_named)
        return bl_error_in(err, status, "sample '%s'", stretch->sample->config->name);
    BL_TRY(status);
    *ret_stream = BL_MOVE(stream);
    return BL_OK;
}

/// What may be meant.
static bl_status not_taken(const bl_stream *stream, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < stream->n_columns; i++)
        bl_nearest_offer(&nearest, stream->specs[i].name);
    return bl_nearest_hint(
        &nearest, bl_error_set(err, BL_E_NOTFOUND, "no column or variable '%s'", name), err);
}

bl_status bl_stream_find(const bl_stream *stream, const char *name, size_t *ret_column,
                         bl_error *err) {
    size_t n_kept = stream->selection.n, column;
    const char *renamed;
    for (size_t i = n_kept; i < stream->n_columns; i++)
        if (strcmp(stream->specs[i].name, name) == 0)
            return *ret_column = i, BL_OK;
    BL_TRY(rename_column(stream, name, &renamed, err));
    if (bl_table_find(stream->table, renamed, &column, NULL) == BL_OK)
        for (size_t i = 0; i < n_kept; i++)
            if (stream->selection.columns[i] == column)
                return *ret_column = i, BL_OK;
    return not_taken(stream, name, err);
}

void bl_stream_close(bl_stream *stream) {
    if (!stream)
        return;
    bl_context *context = stream->arena.context;
    bl_plan_close(stream->plan);
    bl_topology_close(stream->recipe);
    bl_selection_release(&stream->selection);
    bl_table_close(stream->table);
    bl_arena_release(&stream->arena);
    bl_free(context, stream);
}
