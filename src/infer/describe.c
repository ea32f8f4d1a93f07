// SPDX-License-Identifier: Apache-2.0
// A model's words about itself: one line of JSON.
#include "base/json_text.h"
#include "infer/model.h"

static void put_key(bl_text *to, const char *key) {
    bl_text_add(to, ", ");
    bl_json_put_text(to, key);
    bl_text_add(to, ": ");
}

static void put_count(bl_text *to, const char *key, size_t n) {
    put_key(to, key);
    bl_json_put_integer(to, (int64_t)n);
}

static void put_flag(bl_text *to, const char *key, bool flag) {
    put_key(to, key);
    bl_text_add(to, "%s", flag ? "true" : "false");
}

static void put_name(bl_text *to, size_t i, const char *name) {
    bl_text_add(to, "%s", i ? ", {\"name\": " : "{\"name\": ");
    bl_json_put_text(to, name);
}

static void put_port(bl_text *to, size_t i, const bl_model_port *port) {
    put_name(to, i, port->name);
    put_count(to, "steps", port->steps);
    put_count(to, "width", port->width);
    put_flag(to, "ragged", port->ragged);
    put_flag(to, "cuts", port->cuts);
    put_key(to, "columns");
    bl_text_add(to, "%s", port->columns ? "[" : "null");
    for (size_t k = 0; port->columns && k < port->width; k++) {
        bl_text_add(to, "%s", k ? ", " : "");
        bl_json_put_text(to, port->columns[k]);
    }
    bl_text_add(to, "%s", port->columns ? "]}" : "}");
}

static void put_ports(bl_text *to, const char *key, size_t n, const bl_model_port *ports) {
    put_key(to, key);
    bl_text_add(to, "[");
    for (size_t i = 0; i < n; i++)
        put_port(to, i, &ports[i]);
    bl_text_add(to, "]");
}

static void put_layers(bl_text *to, const bl_model *model) {
    put_key(to, "layers");
    bl_text_add(to, "[");
    for (size_t i = 0; i < model->n_layers; i++) {
        const bl_model_layer *layer = &model->layers[i];
        put_name(to, i, layer->name);
        put_key(to, "kind");
        bl_json_put_text(to, layer->kind);
        put_key(to, "output_shape");
        bl_text_add(to, "%s", layer->is_run ? "[" : "null");
        if (layer->is_run && layer->shape.steps) {
            bl_json_put_integer(to, (int64_t)layer->shape.steps);
            bl_text_add(to, ", ");
        }
        if (layer->is_run)
            bl_json_put_integer(to, (int64_t)layer->shape.width);
        bl_text_add(to, "%s", layer->is_run ? "]" : "");
        put_count(to, "parameters", layer->n_parameters);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

static void put_classes(bl_text *to, const bl_bundle *bundle) {
    put_key(to, "classes");
    bl_text_add(to, "%s", bundle->n_classes ? "[" : "null");
    for (size_t i = 0; i < bundle->n_classes; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        bl_json_put_text(to, bundle->classes[i]);
    }
    bl_text_add(to, "%s", bundle->n_classes ? "]" : "");
}

static void put_all(bl_text *to, const bl_model *model, const bl_item *transform) {
    const bl_bundle *bundle = model->bundle;
    bl_text_add(to, "{\"format\": ");
    bl_json_put_text(to, model->format->name);
    put_key(to, "name");
    bl_json_put_text(to, bundle->name ? bundle->name : bundle->graph.name);
    put_key(to, "beamline");
    bl_json_put_text(to, bundle->version);
    put_count(to, "parameters", model->n_parameters);
    put_ports(to, "inputs", bundle->network->n_inputs, model->inputs);
    put_ports(to, "outputs", bundle->network->n_outputs, model->outputs);
    put_layers(to, model);
    put_classes(to, bundle);
    put_key(to, "transform");
    bl_json_put_item(to, bl_item_get(transform, "inputs"), BL_JSON_ONE_LINE);
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        put_key(to, bl_bundle_note_name((bl_bundle_note)i));
        bl_json_put_item(to, bundle->notes[i], BL_JSON_ONE_LINE);
    }
    bl_text_add(to, "}");
}

bl_status bl_model_describe_all(bl_model *model, bl_error *err) {
    bl_bundle *bundle = model->bundle;
    const bl_item *transform = NULL;
    const char *text = NULL;
    if (bundle->transform.n_inputs) {
        BL_TRY(bl_nn_transform_write(&bundle->arena, &bundle->transform, &text, err));
        BL_TRY(bl_json_parse(&bundle->arena, "transform", text, strlen(text), &transform, err));
    }
    bl_text json = {.arena = &bundle->arena};
    put_all(&json, model, transform);
    if (json.has_failed)
        return bl_error_nomem(err, json.n, "a model's description");
    model->description = json.text;
    return BL_OK;
}
