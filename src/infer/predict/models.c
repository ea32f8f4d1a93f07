// SPDX-License-Identifier: Apache-2.0
// The models of a predictor: a file, the model of a run's folder, or those of all folds.
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "infer/predict/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a predictor"); }

static bool is_folder(const char *path) {
    struct stat is;
    return stat(path, &is) == 0 && S_ISDIR(is.st_mode);
}

static bl_status make_lists(bl_predictor *p, size_t n, bl_error *err) {
    p->urls = (const char **)bl_arena_array(&p->arena, n + 1, sizeof *p->urls);
    p->models = (bl_model **)bl_arena_array(&p->arena, n + 1, sizeof(bl_model *));
    return p->urls && p->models ? BL_OK : out_of_memory(err);
}

static bl_status add_model(bl_predictor *p, const char *url, bl_error *err) {
    if (!url)
        return out_of_memory(err);
    BL_TRY(bl_model_open(p->context, url, NULL, &p->models[p->n_models], err));
    p->urls[p->n_models++] = url;
    return BL_OK;
}

// ---- folds ----

static bool is_same_port(const bl_model_port *a, const bl_model_port *b) {
    return strcmp(a->name, b->name) == 0 && a->steps == b->steps && a->width == b->width;
}

/// Models of folds differ in nothing but their numbers.
static bl_status check_alike(const bl_predictor *p, size_t k, bl_error *err) {
    const bl_model *a = p->models[0], *b = p->models[k];
    bool is_alike = bl_model_n_inputs(a) == bl_model_n_inputs(b) &&
                    bl_model_n_outputs(a) == bl_model_n_outputs(b);
    for (size_t i = 0; is_alike && i < bl_model_n_inputs(a); i++)
        is_alike = is_same_port(bl_model_input(a, i), bl_model_input(b, i));
    for (size_t i = 0; is_alike && i < bl_model_n_outputs(a); i++)
        is_alike = is_same_port(bl_model_output(a, i), bl_model_output(b, i));
    return is_alike ? BL_OK
                    : bl_error_set(err, BL_E_SHAPE, "%s has other inputs or outputs than %s",
                                   p->urls[k], p->urls[0]);
}

/// A bundle says which fold it has not seen.
static bl_status check_fold(const bl_predictor *p, size_t k, bl_error *err) {
    const bl_item *dataset = p->models[k]->bundle->notes[BL_BUNDLE_dataset];
    int64_t fold = (int64_t)k;
    BL_TRY_IN(bl_item_integer(bl_item_get(dataset, "fold"), "fold", &fold, err), err, "%s",
              p->urls[k]);
    return fold == (int64_t)k
               ? BL_OK
               : bl_error_set(err, BL_E_INVALID, "%s: the model left out fold %lld, not %zu",
                              p->urls[k], (long long)fold, k);
}

/// What folds.json has to say before its models can be used.
static bl_status check_folds(const bl_item *document, int64_t *ret_n, bl_error *err) {
    const char *format = NULL, *rule = NULL;
    int64_t version = 0, n = 0;
    BL_TRY(bl_item_text(bl_item_get(document, "format"), "format", &format, err));
    BL_TRY(bl_item_integer(bl_item_get(document, "version"), "version", &version, err));
    BL_TRY(bl_item_integer(bl_item_get(document, "folds"), "folds", &n, err));
    BL_TRY(bl_item_text(bl_item_get(document, "rule"), "rule", &rule, err));
    const bl_item *models = bl_item_get(document, "models");
    if (!format || strcmp(format, "beamline folds") != 0)
        return bl_item_error(document, BL_E_INVALID, err, "format is no 'beamline folds'");
    if (version != 1 || !rule || strcmp(rule, BL_FATE_RULE) != 0)
        return bl_item_error(document, BL_E_UNSUPPORTED, err,
                             "version %lld with rule '%s', where 1 with '" BL_FATE_RULE
                             "' is known",
                             (long long)version, rule ? rule : "");
    if (n < 1 || !models || models->kind != BL_ITEM_LIST || models->n != (size_t)n)
        return bl_item_error(document, BL_E_INVALID, err, "models are no list of %lld, the folds",
                             (long long)n);
    *ret_n = n;
    return BL_OK;
}

static bl_status read_folds(bl_predictor *p, const char *path, const bl_item **ret_models,
                            bl_error *err) {
    const bl_item *document;
    const char *const *names = NULL;
    int64_t n = 0, seed = 0;
    BL_TRY(bl_document_read(&p->arena, path, &document, err));
    BL_TRY(check_folds(document, &n, err));
    BL_TRY(bl_item_integer(bl_item_get(document, "split_seed"), "split_seed", &seed, err));
    BL_TRY(bl_item_texts(&p->arena, bl_item_get(document, "identity"), "identity", &names,
                         &p->identity.n, err));
    p->identity.split_seed = (uint64_t)seed;
    p->identity.names = (const char **)bl_arena_array(&p->arena, p->identity.n + 1, sizeof *names);
    if (!p->identity.names)
        return out_of_memory(err);
    if (p->identity.n)
        memcpy(p->identity.names, names, p->identity.n * sizeof *names);
    *ret_models = bl_item_get(document, "models");
    return make_lists(p, (size_t)n, err);
}

static bl_status open_folds(bl_predictor *p, const char *path, bl_error *err) {
    const bl_item *models;
    BL_TRY(read_folds(p, path, &models, err));
    for (size_t k = 0; k < models->n; k++) {
        const char *name = "";
        BL_TRY(bl_item_text(models->items[k], "a model", &name, err));
        BL_TRY(add_model(p, bl_arena_printf(&p->arena, "%s/%s", p->path, name), err));
        BL_TRY(check_alike(p, k, err));
        BL_TRY(check_fold(p, k, err));
    }
    return BL_OK;
}

// ---- any ----

bl_status bl_predictor_open_models(bl_predictor *predictor, bl_error *err) {
    bl_predictor *p = predictor;
    const char *url = p->path;
    if (is_folder(p->path)) {
        const char *folds = bl_arena_printf(&p->arena, "%s/folds.json", p->path);
        if (!folds)
            return out_of_memory(err);
        if (access(folds, F_OK) == 0)
            return open_folds(p, folds, err);
        url = bl_arena_printf(&p->arena, "%s/model.blm", p->path);
    }
    BL_TRY(make_lists(p, 1, err));
    return add_model(p, url, err);
}
