// SPDX-License-Identifier: Apache-2.0
// The columns of a spool file, which are those of a shard and two more.
#include "data/spread/private.h"

typedef struct maker {
    bl_spool *spool;
    const bl_stream *stream;
    bl_column_spec *specs;
    size_t n;
} maker;

/// Keeps a type as long as the spool is there. \param type moves
static bl_type *keep(maker *m, bl_type *type) {
    m->spool->recipe->types[m->spool->recipe->n_types++] = type;
    return type;
}

static bl_status add(maker *m, const char *name, const bl_type *type, bl_error *err) {
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->specs[i].name, name) == 0)
            return bl_error_set(err, BL_E_INVALID,
                                "two columns of what is prepared are called '%s'", name);
    m->specs[m->n++] = (bl_column_spec){.size = sizeof *m->specs, .name = name, .type = type};
    return BL_OK;
}

static bl_status add_number(maker *m, const char *name, bl_type_id id, bl_error *err) {
    return add(m, name, bl_type_primitive(id), err);
}

/// Columns that are as the stream has them.
static bl_status add_like(maker *m, const char *const *names, const size_t *columns, size_t n,
                          bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        const bl_type *type = m->stream->specs[columns[i]].type;
        // shared by count, whoever may look at it only
        BL_TRY(add(m, names[i], keep(m, bl_type_ref((bl_type *)(uintptr_t)type)), err));
    }
    return BL_OK;
}

static bl_status new_list(maker *m, bl_type_id id, size_t size, bl_type *item, bl_type **ret_type,
                          bl_error *err) {
    BL_TRY(bl_type_new_list(m->spool->arena.context, id, (int64_t)size, item, ret_type, err));
    (void)keep(m, *ret_type);
    return BL_OK;
}

static bl_status add_input(maker *m, const bl_input *input, bl_error *err) {
    bl_type *type = NULL;
    bl_type_id number = m->spool->config->is_double ? BL_FLOAT64 : BL_FLOAT32;
    BL_TRY(new_list(m, BL_FIXED_LIST, input->shape.width, bl_type_primitive(number), &type, err));
    if (input->shape.is_sequence)
        BL_TRY(new_list(m, BL_LIST, 0, type, &type, err));
    return add(m, input->shape.name, type, err);
}

static bl_status add_weights(maker *m, bl_error *err) {
    const bl_prepare_config *config = m->spool->config;
    BL_TRY(add_number(m, BL_SHARD_PHYSICS, BL_FLOAT64, err));
    BL_TRY(add_number(m, BL_SHARD_TRAIN, BL_FLOAT64, err));
    m->spool->recipe->at_weights = m->n;
    for (size_t i = 0; i < config->n_variations; i++) {
        const bl_variation_config *variation = &config->variations[i];
        const bl_type *type =
            variation->is_list ? m->spool->recipe->type_of_list : bl_type_primitive(BL_FLOAT64);
        if (variation->weight)
            BL_TRY(add(m, variation->column, type, err));
    }
    return BL_OK;
}

static bl_status add_all(maker *m, const bl_source *source, bl_error *err) {
    const bl_spool *spool = m->spool;
    bl_spool_recipe *recipe = spool->recipe;
    bool is_number = spool->config->label_kind == BL_LABEL_NUMBERS;
    BL_TRY(add_number(m, BL_SHARD_KEY, BL_UINT64, err));
    BL_TRY(add_like(m, spool->identity.names, source->identity, spool->identity.n, err));
    recipe->at_file = m->n;
    BL_TRY(add_number(m, BL_SHARD_FILE, BL_INT32, err));
    BL_TRY(add_number(m, BL_SHARD_ENTRY, BL_INT64, err));
    BL_TRY(add_number(m, BL_SHARD_SAMPLE, BL_INT32, err));
    BL_TRY(add(m, BL_SHARD_LABEL, is_number ? recipe->type_of_list : bl_type_primitive(BL_INT32),
               err));
    BL_TRY(add_weights(m, err));
    recipe->at_observers = m->n;
    BL_TRY(add_like(m, spool->observers, source->observers, spool->n_observers, err));
    recipe->at_inputs = m->n;
    for (size_t i = 0; i < spool->n_inputs; i++)
        BL_TRY(add_input(m, &spool->inputs[i], err));
    recipe->at_code = m->n;
    BL_TRY(add_number(m, BL_SPOOL_CODE, BL_INT32, err));
    return spool->has_spectra ? add_number(m, BL_SPOOL_BIN, BL_INT32, err) : BL_OK;
}

bl_status bl_spool_make_columns(bl_spool *spool, const bl_stream *stream, const bl_source *source,
                                bl_error *err) {
    enum { N_OTHERS = 9 }; ///< key, file, entry, sample, label, two weights, part, bin
    size_t n_like = spool->identity.n + spool->n_observers;
    size_t most = N_OTHERS + n_like + spool->n_weights + spool->n_inputs;
    bl_spool_recipe *recipe = spool->recipe;
    maker m = {.spool = spool, .stream = stream};
    m.specs = (bl_column_spec *)bl_arena_array(&spool->arena, most, sizeof *m.specs);
    recipe->types = (bl_type **)bl_arena_array(&spool->arena, 1 + n_like + 2 * spool->n_inputs,
                                               sizeof(bl_type *));
    if (!m.specs || !recipe->types)
        return bl_error_nomem(err, most * sizeof *m.specs, "columns");
    BL_TRY(new_list(&m, BL_LIST, 0, bl_type_primitive(BL_FLOAT64), &recipe->type_of_list, err));
    BL_TRY(add_all(&m, source, err));
    spool->columns = m.specs;
    spool->n_columns = m.n;
    return BL_OK;
}
