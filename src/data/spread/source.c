// SPDX-License-Identifier: Apache-2.0
// Where the columns of a stream are that rows of the spool are made of.
#include "data/inputs/numbers.h"
#include "data/spread/rows.h"

// ---- finding ----

typedef struct finder {
    bl_arena *arena;
    const bl_stream *stream;
} finder;

static const bl_type *type_of(const finder *f, size_t column) {
    return f->stream->specs[column].type;
}

static bl_status find_all(const finder *f, const char *const *names, size_t n, size_t **ret_columns,
                          bl_error *err) {
    size_t *columns = (size_t *)bl_arena_array(f->arena, n + 1, sizeof *columns);
    if (!columns)
        return bl_error_nomem(err, n * sizeof *columns, "columns");
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_stream_find(f->stream, names[i], &columns[i], err));
    *ret_columns = columns;
    return BL_OK;
}

static bl_status find_numbers(const finder *f, const char *const *names, size_t n,
                              size_t **ret_columns, bl_error *err) {
    BL_TRY(find_all(f, names, n, ret_columns, err));
    for (size_t i = 0; i < n; i++)
        if (!bl_is_number(type_of(f, (*ret_columns)[i])))
            return bl_column_wrong_type(names[i], type_of(f, (*ret_columns)[i]), "no number", err);
    return BL_OK;
}

/// Columns that the spool has as they are.
static bl_status find_like(const finder *f, const bl_spool *spool, const char *const *names,
                           size_t n, size_t first, size_t **ret_columns, bl_error *err) {
    char type[128] = "";
    BL_TRY(find_all(f, names, n, ret_columns, err));
    for (size_t i = 0; i < n && spool->columns; i++) {
        const bl_type *is = type_of(f, (*ret_columns)[i]);
        (void)bl_type_format(spool->columns[first + i].type, type, sizeof type);
        if (!bl_type_same_shape(is, spool->columns[first + i].type))
            return bl_column_wrong_type(
                names[i], is, bl_arena_printf(f->arena, "but %s in other files", type), err);
    }
    return BL_OK;
}

static bl_status find_identity(const finder *f, const bl_spool *spool, bl_source *source,
                               bl_error *err) {
    const bl_identity *identity = &spool->identity;
    const bl_column_finder columns = bl_stream_finder(f->stream);
    BL_TRY(find_like(f, spool, identity->names, identity->n, 1, &source->identity, err));
    return bl_identity_find(f->arena, identity, &columns, &source->identity, err);
}

static bl_status find_weights(const finder *f, const bl_spool *spool, bl_source *source,
                              bl_error *err) {
    const bl_prepare_config *config = spool->config;
    BL_TRY(find_all(f, spool->weights, spool->n_weights, &source->weights, err));
    for (size_t i = 0, k = 0; i < config->n_variations; i++) {
        const bl_variation_config *variation = &config->variations[i];
        if (!variation->weight)
            continue;
        const bl_type *type = type_of(f, source->weights[k++]);
        if (!variation->is_list && !bl_is_number(type))
            return bl_error_set(err, BL_E_TYPE,
                                "variations.%s: '%s' is no number; '%s[*]' has all elements of a "
                                "list",
                                variation->name, variation->weight, variation->weight);
        if (variation->is_list && !bl_is_list_of_numbers(type))
            return bl_error_set(err, BL_E_TYPE, "variations.%s: '%s' is no list of numbers",
                                variation->name, variation->weight);
    }
    return BL_OK;
}

static bl_status find_input(const finder *f, const bl_spool *spool, size_t i, bl_source *source,
                            bl_error *err) {
    const bl_input *input = &spool->inputs[i];
    const bl_column_finder columns = bl_stream_finder(f->stream);
    bl_input_place *place = &source->inputs[i];
    BL_TRY(bl_input_find(f->arena, input->config, &columns, place, err));
    if (spool->columns && place->layout != input->layout)
        return bl_column_wrong_type(bl_input_column(input->config, 0), place->first_type,
                                    "which is a list in other files, or none", err);
    return BL_OK;
}

bl_status bl_source_bind(bl_arena *arena, const bl_spool *spool, const bl_stretch *stretch,
                         const bl_stream *stream, bl_source *ret_source, bl_error *err) {
    const bl_prepare_config *config = spool->config;
    const bl_weights_config *weights = &config->weights;
    const char *physics = BL_SHARD_PHYSICS;
    const finder f = {.arena = arena, .stream = stream};
    bl_source source = {.spool = spool, .stretch = stretch, .physics = SIZE_MAX};
    size_t *found, n_labels = config->label_kind == BL_LABEL_OF_SAMPLE ? 0 : config->n_labels;
    source.inputs =
        (bl_input_place *)bl_arena_array(arena, spool->n_inputs + 1, sizeof *source.inputs);
    const char **axes = (const char **)bl_arena_array(arena, weights->n_axes + 1, sizeof *axes);
    if (!source.inputs || !axes)
        return bl_error_nomem(err, 0, "columns");
    for (size_t i = 0; i < spool->recipe->n_axes; i++)
        axes[i] = weights->axes[i].name;
    if (spool->recipe->has_physics) {
        BL_TRY(find_numbers(&f, &physics, 1, &found, err));
        source.physics = *found;
    }
    BL_TRY_IN(find_identity(&f, spool, &source, err), err, "split.by");
    BL_TRY_IN(find_numbers(&f, config->labels, n_labels, &source.labels, err), err, "labels");
    BL_TRY_IN(find_numbers(&f, weights->factors, weights->n_factors, &source.factors, err), err,
              "weight_branches");
    BL_TRY_IN(find_numbers(&f, axes, spool->recipe->n_axes, &source.axes, err), err,
              "reweight_vars");
    BL_TRY(find_weights(&f, spool, &source, err));
    BL_TRY_IN(find_like(&f, spool, spool->observers, spool->n_observers,
                        spool->recipe->at_observers, &source.observers, err),
              err, "observers");
    for (size_t i = 0; i < spool->n_inputs; i++)
        BL_TRY_IN(find_input(&f, spool, i, &source, err), err, "inputs.%s",
                  spool->inputs[i].config->name);
    *ret_source = source;
    return BL_OK;
}
