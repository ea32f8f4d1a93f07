// SPDX-License-Identifier: Apache-2.0
// Predictors: opened, asked, closed.
#include "infer/predict/private.h"

#include "base/context.h"

static bl_status open_all(bl_predictor *p, const char *model, const char *configuration,
                          bl_error *err) {
    p->path = bl_arena_text(&p->arena, model, strlen(model));
    if (!p->path)
        return bl_error_nomem(err, strlen(model), "a predictor");
    BL_TRY(bl_predictor_open_models(p, err));
    BL_TRY(bl_predictor_configure(p, configuration, err));
    BL_TRY(bl_predictor_match(p, err));
    return bl_predictor_make_workers(p, err);
}

bl_status bl_predictor_open(bl_context *context, const char *model, const char *configuration,
                            bl_predictor **ret_predictor, bl_error *err) {
    bl_predictor *made = (bl_predictor *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a predictor");
    BL_AUTO(bl_predictor) predictor = made;
    predictor->context = context;
    bl_arena_init(&predictor->arena, context);
    BL_TRY(open_all(predictor, model, configuration, err));
    *ret_predictor = BL_MOVE(predictor);
    return BL_OK;
}

void bl_predictor_close(bl_predictor *predictor) {
    if (!predictor)
        return;
    bl_predictor_free_workers(predictor);
    for (size_t i = 0; i < predictor->n_models; i++)
        bl_model_free(predictor->models[i]);
    bl_arena_release(&predictor->arena);
    bl_free(predictor->context, predictor);
}

size_t bl_predictor_n_classes(const bl_predictor *predictor) { return predictor->n_classes; }

const char *bl_predictor_class(const bl_predictor *predictor, size_t i) {
    return predictor->classes[i];
}

const char *bl_predictor_prefix(const bl_predictor *predictor) {
    return predictor->is_numbers ? "pred_" : "score_";
}

size_t bl_predictor_n_models(const bl_predictor *predictor) { return predictor->n_models; }

const bl_model *bl_predictor_model(const bl_predictor *predictor, size_t i) {
    return predictor->models[i];
}

const char *bl_predictor_url(const bl_predictor *predictor, size_t i) { return predictor->urls[i]; }

bl_config *bl_predictor_config(bl_predictor *predictor) { return &predictor->config; }
