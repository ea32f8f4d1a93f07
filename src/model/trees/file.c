// SPDX-License-Identifier: Apache-2.0
// Files of trees: telling them apart, and reading them whole.
#include "io/bytes/source.h"
#include "model/trees/private.h"

enum { MOST_BYTES = 1 << 30, HEAD = 64 };

typedef enum kind { NONE, XGBOOST_JSON, XGBOOST_UBJSON, LIGHTGBM } kind;

void bl_trees_free(bl_trees_model *model) {
    if (!model)
        return;
    bl_context *context = model->arena.context;
    bl_nn_forest_free(model->forest);
    bl_arena_release(&model->arena);
    bl_free(context, model);
}

static bool begins_with(const char *at, const char *end, const char *text) {
    size_t n = strlen(text);
    return (size_t)(end - at) >= n && memcmp(at, text, n) == 0;
}

/// XGBoost's files are a map whose first key is "learner", which UBJSON has behind its length in
/// eight bytes; LightGBM's begin with a line "tree" and their version.
static kind tell(const char *at, size_t size) {
    static const char ubjson_key[] = "L\0\0\0\0\0\0\0\alearner";
    const char *end = at + size;
    if (begins_with(at, end, "tree\nversion=") || begins_with(at, end, "tree\r\nversion="))
        return LIGHTGBM;
    if (size == 0 || *at != '{')
        return NONE;
    at++;
    if ((size_t)(end - at) >= sizeof ubjson_key - 1 &&
        memcmp(at, ubjson_key, sizeof ubjson_key - 1) == 0)
        return XGBOOST_UBJSON;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return begins_with(at, end, "\"learner\"") ? XGBOOST_JSON : NONE;
}

static bl_status probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    char head[HEAD];
    BL_TRY(bl_source_open(context, url, &source, err));
    size_t n = source->size_bytes < sizeof head ? (size_t)source->size_bytes : sizeof head;
    BL_TRY(bl_source_read(source, 0, n, head, err));
    *ret_is_model = tell(head, n) != NONE;
    return BL_OK;
}

bl_status bl_trees_probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err) {
    bl_error why = {0};
    bool is_model = false;
    bl_status status = probe(context, url, &is_model, &why);
    if (status == BL_E_NOMEM || status == BL_E_CANCELLED)
        return bl_error_set(err, status, "%s", why.message);
    *ret_is_model = is_model;
    return BL_OK;
}

/// \param work what a document takes while it is read
static bl_status read_document(bl_trees_model *model, bl_arena *work, kind what, const void *data,
                               size_t size, bl_error *err) {
    const bl_item *document = NULL;
    if (what == XGBOOST_UBJSON)
        BL_TRY(bl_ubjson_parse(work, data, size, &document, err));
    else
        BL_TRY(bl_json_parse(work, "JSON", data, size, &document, err));
    return bl_trees_read_xgboost(model, document, err);
}

static bl_status read_model(bl_trees_model *model, const void *data, size_t size, bl_error *err) {
    static const char *const formats[] = {
        [XGBOOST_JSON] = "XGBoost JSON",
        [XGBOOST_UBJSON] = "XGBoost UBJSON",
        [LIGHTGBM] = "LightGBM text",
    };
    kind what = tell(data, size);
    if (what == NONE)
        return bl_error_set(err, BL_E_FORMAT, "no model of XGBoost or LightGBM");
    model->format = formats[what];
    if (what == LIGHTGBM)
        return bl_trees_read_lightgbm(model, data, size, err);
    bl_arena work;
    bl_arena_init(&work, model->arena.context);
    bl_status status = read_document(model, &work, what, data, size, err);
    bl_arena_release(&work);
    return status;
}

bl_status bl_trees_parse(bl_context *context, const void *data, size_t size,
                         bl_trees_model **ret_model, bl_error *err) {
    BL_AUTO(bl_trees_model) model = (bl_trees_model *)bl_alloc_zero(context, 1, sizeof *model);
    if (!model)
        return bl_error_nomem(err, sizeof *model, "a model");
    bl_arena_init(&model->arena, context);
    BL_TRY(read_model(model, data, size, err));
    *ret_model = BL_MOVE(model);
    return BL_OK;
}

static bl_status open_source(bl_context *context, bl_source *source, bl_trees_model **ret_model,
                             bl_error *err) {
    BL_AUTO(bl_buffer) bytes = NULL;
    if (source->size_bytes > MOST_BYTES)
        return bl_error_set(err, BL_E_LIMIT, "%llu bytes; a model of trees has 1 GiB at most",
                            (unsigned long long)source->size_bytes);
    size_t size = (size_t)source->size_bytes;
    BL_TRY(bl_buffer_new(context, size ? size : 1, &bytes, err));
    BL_TRY(bl_source_read(source, 0, size, bytes->data, err));
    return bl_trees_parse(context, bytes->data, size, ret_model, err);
}

bl_status bl_trees_open(bl_context *context, const char *url, bl_trees_model **ret_model,
                        bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(context, url, &source, err));
    BL_TRY_IN(open_source(context, source, ret_model, err), err, "%s", url);
    return BL_OK;
}
