// SPDX-License-Identifier: Apache-2.0
// A model's inputs in the columns of a stream: whether they fit, and what their numbers go through.
#include <stdio.h>
#include <string.h>

#include "data/statistics/fit.h"
#include "infer/predict/private.h"

typedef struct binder {
    bl_arena *arena;
    bl_predictor *predictor;
    const bl_column_finder *finder;
    const bl_stream *stream; ///< NULL: there is none
} binder;

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "inputs"); }

// ---- whether they fit ----

enum { SHAPE_TEXT = 64 };

static const char *shape_text(bool is_sequence, size_t width, char text[static SHAPE_TEXT]) {
    (void)snprintf(text, SHAPE_TEXT, is_sequence ? "a sequence of rows of %zu" : "a vector of %zu",
                   width);
    return text;
}

static bl_status check_shape(const binder *b, const bl_input *input, const bl_model_port *port,
                             bl_error *err) {
    char theirs[SHAPE_TEXT], ours[SHAPE_TEXT];
    bool is_sequence = port->steps > 0;
    if (input->shape.width == port->width && input->shape.is_sequence == is_sequence)
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE, "%s: the input '%s' is %s, the data's '%s' %s",
                        b->predictor->urls[0], port->name,
                        shape_text(is_sequence, port->width, ours), input->config->name,
                        shape_text(input->shape.is_sequence, input->shape.width, theirs));
}

/// Numbers must not be taken for others.
static bl_status check_names(const binder *b, const bl_input *input, const bl_model_port *port,
                             bl_error *err) {
    for (size_t i = 0; port->columns && i < port->width; i++)
        if (strcmp(port->columns[i], input->shape.columns[i]) != 0)
            return bl_error_set(err, BL_E_INVALID,
                                "%s: number %zu of the input '%s' is '%s', of the data's '%s' it "
                                "is '%s'",
                                b->predictor->urls[0], i, port->name, port->columns[i],
                                input->config->name, input->shape.columns[i]);
    return BL_OK;
}

/// What a column that has all numbers says they are called, else what the model says.
static bl_status title_of(const binder *b, const bl_input *input, size_t column,
                          const bl_model_port *port, const char **ret_title, bl_error *err) {
    const char *title = b->stream ? b->stream->specs[column].title : NULL;
    bool says_model = !title && input->config->column && port->columns;
    for (size_t i = 0; says_model && i < port->width; i++) {
        title = i ? bl_arena_printf(b->arena, "%s,%s", title, port->columns[i]) : port->columns[0];
        if (!title)
            return out_of_memory(err);
    }
    *ret_title = title;
    return BL_OK;
}

// ---- what their numbers go through ----

/// What the configuration says, of a model that keeps nothing of it.
static bl_status make_transform(const binder *b, const bl_input *input, const bl_model_port *port,
                                bl_nn_columns *columns, bl_error *err) {
    *columns = input->columns;
    if (columns->rows.length > port->steps)
        return bl_error_set(err, BL_E_SHAPE,
                            "%s: the input '%s' has at most %zu rows, and length "
                            "is %zu",
                            b->predictor->urls[0], port->name, port->steps, columns->rows.length);
    for (size_t i = 0; i < port->width; i++) {
        bl_scaler scaler = input->variables[i]->scaler;
        if (scaler != BL_SCALER_NONE && scaler != BL_SCALER_MANUAL)
            return bl_error_set(
                err, BL_E_INVALID,
                "'%s' is scaled by what '%s' fits to training data, which %s does not "
                "keep; the configuration has to give numbers, or 'scale: none'",
                input->shape.columns[i], bl_scaler_name(scaler), b->predictor->urls[0]);
        BL_TRY(bl_fit_column(input->variables[i], NULL, NULL, columns, i, err));
    }
    return BL_OK;
}

static bl_status find_transforms(const binder *b, size_t i, bl_bound_input *bound, bl_error *err) {
    const bl_predictor *p = b->predictor;
    bl_nn_columns *made = NULL;
    bound->transforms =
        (const bl_nn_columns **)bl_arena_array(b->arena, p->n_models + 1, sizeof(void *));
    if (!bound->transforms)
        return out_of_memory(err);
    for (size_t k = 0; k < p->n_models; k++) {
        bound->transforms[k] = p->models[k]->transforms[i];
        if (bound->transforms[k])
            continue;
        if (!made) {
            made = (bl_nn_columns *)bl_arena_alloc(b->arena, sizeof *made);
            if (!made)
                return out_of_memory(err);
            BL_TRY(make_transform(b, &bound->input, bl_model_input(p->models[0], i), made, err));
        }
        bound->transforms[k] = made;
    }
    return BL_OK;
}

// ---- inputs ----

static bl_status bind_input(const binder *b, size_t i, bl_bound_input *bound, bl_error *err) {
    const bl_model_port *port = bl_model_input(b->predictor->models[0], i);
    bl_input *input = &bound->input;
    bl_input_place place;
    const char *title;
    input->config = b->predictor->inputs[i];
    input->shape.name = input->config->name;
    BL_TRY(bl_input_find(b->arena, input->config, b->finder, &place, err));
    bl_input_set_place(input, &place);
    if (input->shape.width == 0) // what events have shows when they are gathered
        input->shape.width = port->width;
    bound->columns = place.columns;
    BL_TRY(check_shape(b, input, port, err));
    BL_TRY(title_of(b, input, place.columns[0], port, &title, err));
    BL_TRY(bl_input_describe(b->arena, input, title, err));
    BL_TRY(check_names(b, input, port, err));
    return find_transforms(b, i, bound, err);
}

bl_status bl_predictor_bind(bl_arena *arena, bl_predictor *predictor,
                            const bl_column_finder *finder, const bl_stream *stream,
                            bl_binding *ret_binding, bl_error *err) {
    const binder b = {arena, predictor, finder, stream};
    bl_binding binding = {.predictor = predictor, .identity = predictor->identity};
    binding.inputs =
        (bl_bound_input *)bl_arena_array(arena, predictor->n_inputs + 1, sizeof *binding.inputs);
    if (!binding.inputs)
        return out_of_memory(err);
    for (size_t i = 0; i < predictor->n_inputs; i++)
        BL_TRY_IN(bind_input(&b, i, &binding.inputs[i], err), err, "inputs.%s",
                  predictor->inputs[i]->name);
    BL_TRY_IN(bl_identity_find(arena, &predictor->identity, finder, &binding.identifying, err), err,
              "split.by");
    *ret_binding = binding;
    return BL_OK;
}
