// SPDX-License-Identifier: Apache-2.0
// Shapes of inputs, by the first stream, and by events where types do not say them.
#include "data/spread/private.h"

static bool has_all(const bl_spool *spool) {
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width == 0)
            return false;
    return true;
}

static void look(bl_spool *spool, const bl_source *source, const bl_batch *batch) {
    for (size_t i = 0; i < spool->n_inputs; i++)
        bl_input_look(&spool->inputs[i], &batch->columns[source->inputs[i].columns[0]]);
}

/// Looks at events of a stretch until all widths are known.
static bl_status look_at(bl_spool *spool, const bl_stretch *stretch, bl_error *err) {
    bl_arena arena;
    bl_source source;
    BL_AUTO(bl_stream) stream = NULL;
    if (stretch->first == stretch->last)
        return BL_OK;
    BL_TRY(bl_spool_open_stream(spool, &spool->passes[0], stretch, stretch->first, stretch->last,
                                &stream, err));
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = bl_source_bind(&arena, spool, stretch, stream, &source, err);
    while (status == BL_OK && !has_all(spool)) {
        bl_batch *batch = NULL;
        status = bl_plan_next(stream->plan, &batch, err);
        if (status == BL_OK)
            look(spool, &source, batch);
        bl_batch_release(batch);
    }
    bl_arena_release(&arena);
    return status == BL_END ? BL_OK : status;
}

static bl_status look_for_widths(bl_spool *spool, bl_error *err) {
    const bl_dataset *dataset = spool->dataset;
    for (size_t i = 0; i < dataset->n_stretches && !has_all(spool); i++)
        BL_TRY(look_at(spool, &dataset->stretches[i], err));
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width == 0)
            return bl_error_set(err, BL_E_RANGE,
                                "inputs.%s: no event that is taken has numbers in '%s'",
                                spool->inputs[i].config->name, spool->inputs[i].config->column);
    return BL_OK;
}

bl_status bl_spool_find_shapes(bl_spool *spool, const bl_stream *stream, const bl_source *source,
                               bl_error *err) {
    for (size_t i = 0; i < spool->n_inputs; i++)
        bl_input_set_place(&spool->inputs[i], &source->inputs[i]);
    BL_TRY(look_for_widths(spool, err));
    for (size_t i = 0; i < spool->n_inputs; i++) {
        bl_input *input = &spool->inputs[i];
        const char *title = stream->specs[source->inputs[i].columns[0]].title;
        BL_TRY(bl_input_describe(&spool->arena, input, title, err));
        input->first_number = spool->n_numbers;
        spool->n_numbers += input->shape.width;
    }
    return BL_OK;
}
