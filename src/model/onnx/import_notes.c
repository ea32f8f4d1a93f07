// SPDX-License-Identifier: Apache-2.0
// What from_graph.c writes beside a graph: names of classes, and of columns that are transformed,
// as texts with commas between. Only of our own models is it known what these mean.
#include "model/onnx/import.h"

/// NULL: there is none.
static const char *find(const bl_onnx_import *c, const char *key) {
    const bl_onnx_pairs *pairs = &c->model->metadata;
    const char *producer = c->model->producer;
    for (size_t i = 0; i < pairs->n && producer && strcmp(producer, "beamline") == 0; i++)
        if (pairs->items[i].key && strcmp(pairs->items[i].key, key) == 0)
            return pairs->items[i].value;
    return NULL;
}

static bl_status split(bl_arena *arena, const char *text, size_t *ret_n, const char ***ret_texts,
                       bl_error *err) {
    size_t n = 1;
    for (const char *at = text; *at; at++)
        n += *at == ',';
    const char **texts = bl_arena_array(arena, n, sizeof *texts);
    if (!texts)
        return bl_error_nomem(err, n * sizeof *texts, "names");
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(text, ",");
        texts[i] = bl_arena_text(arena, text, length);
        if (!texts[i])
            return bl_error_nomem(err, length, "a name");
        text += length + 1;
    }
    *ret_n = n;
    *ret_texts = texts;
    return BL_OK;
}

/// Where a name has a comma in it there are too many, and none is known.
static bl_status name_columns(bl_onnx_import *c, bl_nn_columns *columns, bl_error *err) {
    const char *key = bl_arena_printf(c->arena, "columns.%s", columns->input), **names;
    const char *text = key ? find(c, key) : NULL;
    size_t n;
    if (!key)
        return bl_error_nomem(err, 0, "a name");
    if (!text)
        return BL_OK;
    BL_TRY(split(c->arena, text, &n, &names, err));
    if (n == columns->n)
        columns->names = names;
    return BL_OK;
}

bl_status bl_onnx_read_notes(bl_onnx_import *c, bl_error *err) {
    const char *classes = find(c, "classes"), **names;
    for (size_t i = 0; i < c->result->transform.n_inputs; i++)
        BL_TRY(name_columns(c, &c->result->transform.inputs[i], err));
    if (!classes || c->result->n_classes)
        return BL_OK;
    BL_TRY(split(c->arena, classes, &c->result->n_classes, &names, err));
    c->result->class_names = names;
    return BL_OK;
}
