// SPDX-License-Identifier: Apache-2.0
// Lists grow to the next power of two, so that their length alone says when they are full.
#include "model/onnx/builder.h"

#include "model/onnx/check.h"

/// A zeroed element at the end of a list, or NULL.
static void *append(bl_onnx_builder *b, void *list_member, size_t size) {
    bl_message_list list;
    memcpy(&list, list_member, sizeof list);
    if ((list.n & (list.n - 1)) == 0) {
        void *more = bl_arena_array(b->arena, list.n ? 2 * list.n : 1, size);
        b->failed = b->failed || !more;
        if (b->failed)
            return NULL;
        if (list.n)
            memcpy(more, list.items, list.n * size);
        list.items = more;
    }
    list.n++;
    memcpy(list_member, &list, sizeof list);
    return (char *)list.items + (list.n - 1) * size;
}

#define APPEND(b, list) append((b), (list), sizeof *(list)->items)

static void *make(bl_onnx_builder *b, size_t size) {
    void *made = b->failed ? NULL : bl_arena_alloc(b->arena, size);
    b->failed = !made;
    return made;
}

/// A copy, or NULL; one of no bytes is a pointer, too.
static void *copy(bl_onnx_builder *b, const void *bytes, size_t size) {
    void *to = make(b, size ? size : 1);
    if (to && size)
        memcpy(to, bytes, size);
    return to;
}

static const char *copy_text(bl_onnx_builder *b, const char *text) {
    return text ? copy(b, text, strlen(text) + 1) : NULL;
}

static bl_bytes copy_bytes(bl_onnx_builder *b, const void *bytes, size_t size) {
    const uint8_t *data = copy(b, bytes, size);
    return (bl_bytes){data, data ? size : 0};
}

static void set_has(bl_message *head, unsigned number) { head->has |= UINT64_C(1) << number; }

void bl_onnx_builder_init(bl_onnx_builder *b, bl_arena *arena, int64_t ir_version,
                          const char *graph_name) {
    *b = (bl_onnx_builder){.arena = arena};
    b->model = make(b, sizeof *b->model);
    bl_onnx_graph *graph = make(b, sizeof *graph);
    if (!graph)
        return;
    graph->name = copy_text(b, graph_name);
    b->model->graph = graph;
    b->model->ir_version = ir_version;
    set_has(&b->model->head, BL_ONNX_MODEL_IR_VERSION);
}

void bl_onnx_add_opset(bl_onnx_builder *b, const char *domain, int64_t version) {
    bl_onnx_opset *opset = b->failed ? NULL : APPEND(b, &b->model->opsets);
    if (!opset)
        return;
    opset->domain = copy_text(b, domain ? domain : "");
    opset->version = version;
    set_has(&opset->head, BL_ONNX_OPSET_VERSION);
}

void bl_onnx_add_metadata(bl_onnx_builder *b, const char *key, const char *value) {
    bl_onnx_pair *pair = b->failed ? NULL : APPEND(b, &b->model->metadata);
    if (!pair)
        return;
    pair->key = copy_text(b, key);
    pair->value = copy_text(b, value);
}

void bl_onnx_set_producer(bl_onnx_builder *b, const char *name, const char *version) {
    if (b->failed)
        return;
    b->model->producer = copy_text(b, name);
    b->model->producer_version = copy_text(b, version);
}

// ---- values and tensors ----

static bl_onnx_shape *make_shape(bl_onnx_builder *b, size_t n_sizes, const bl_onnx_size *sizes) {
    bl_onnx_shape *shape = make(b, sizeof *shape);
    for (size_t i = 0; shape && i < n_sizes; i++) {
        bl_onnx_dim *dim = APPEND(b, &shape->dims);
        if (!dim)
            return NULL;
        dim->name = copy_text(b, sizes[i].name);
        dim->value = sizes[i].name ? 0 : sizes[i].size;
        if (!sizes[i].name)
            set_has(&dim->head, BL_ONNX_DIM_HAS_VALUE);
    }
    return shape;
}

static bl_onnx_type *make_type(bl_onnx_builder *b, bl_onnx_type_id element, size_t n_sizes,
                               const bl_onnx_size *sizes) {
    bl_onnx_type *type = make(b, sizeof *type);
    bl_onnx_tensor_type *tensor = make(b, sizeof *tensor);
    if (!tensor)
        return NULL;
    tensor->element = (int32_t)element;
    set_has(&tensor->head, BL_ONNX_TYPE_HAS_ELEMENT);
    tensor->shape = make_shape(b, n_sizes, sizes);
    type->tensor = tensor;
    return type;
}

static void add_value(bl_onnx_builder *b, bl_onnx_values *values, const char *name,
                      bl_onnx_type_id type, size_t n_sizes, const bl_onnx_size *sizes) {
    bl_onnx_value *value = APPEND(b, values);
    if (!value)
        return;
    value->name = copy_text(b, name);
    value->type = make_type(b, type, n_sizes, sizes);
}

void bl_onnx_add_input(bl_onnx_builder *b, const char *name, bl_onnx_type_id type, size_t n_sizes,
                       const bl_onnx_size *sizes) {
    if (!b->failed)
        add_value(b, &b->model->graph->inputs, name, type, n_sizes, sizes);
}

void bl_onnx_add_output(bl_onnx_builder *b, const char *name, bl_onnx_type_id type, size_t n_sizes,
                        const bl_onnx_size *sizes) {
    if (!b->failed)
        add_value(b, &b->model->graph->outputs, name, type, n_sizes, sizes);
}

static void fill_tensor(bl_onnx_builder *b, bl_onnx_tensor *tensor, bl_onnx_type_id type,
                        size_t n_dims, const int64_t *dims, const void *values, size_t size) {
    tensor->dims.items = copy(b, dims, n_dims * sizeof *dims);
    tensor->dims.n = tensor->dims.items ? n_dims : 0;
    tensor->type = (int32_t)type;
    set_has(&tensor->head, BL_ONNX_TENSOR_HAS_TYPE);
    tensor->raw = copy_bytes(b, values, size);
}

void bl_onnx_add_initializer(bl_onnx_builder *b, const char *name, bl_onnx_type_id type,
                             size_t n_dims, const int64_t *dims, const void *values, size_t size) {
    bl_onnx_tensor *tensor = b->failed ? NULL : APPEND(b, &b->model->graph->initializers);
    if (!tensor)
        return;
    tensor->name = copy_text(b, name);
    fill_tensor(b, tensor, type, n_dims, dims, values, size);
}

// ---- nodes ----

static void copy_texts(bl_onnx_builder *b, bl_onnx_texts *texts, size_t n,
                       const char *const *values) {
    for (size_t i = 0; i < n && !b->failed; i++) {
        const char **text = APPEND(b, texts);
        if (text)
            *text = copy_text(b, values[i]);
    }
}

bl_onnx_node *bl_onnx_add_node(bl_onnx_builder *b, const char *op_type, const char *domain,
                               size_t n_inputs, const char *const *inputs, size_t n_outputs,
                               const char *const *outputs) {
    bl_onnx_node *node = b->failed ? NULL : APPEND(b, &b->model->graph->nodes);
    if (!node)
        return NULL;
    node->op_type = copy_text(b, op_type);
    node->domain = copy_text(b, domain);
    copy_texts(b, &node->inputs, n_inputs, inputs);
    copy_texts(b, &node->outputs, n_outputs, outputs);
    return b->failed ? NULL : node;
}

static bl_onnx_attribute *add_attribute(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                                        bl_onnx_attribute_kind kind) {
    bl_onnx_attribute *attribute = b->failed || !node ? NULL : APPEND(b, &node->attributes);
    if (!attribute)
        return NULL;
    attribute->name = copy_text(b, name);
    attribute->kind = (int32_t)kind;
    set_has(&attribute->head, BL_ONNX_ATTRIBUTE_HAS_KIND);
    return attribute;
}

void bl_onnx_add_int(bl_onnx_builder *b, bl_onnx_node *node, const char *name, int64_t value) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_INT);
    if (!attribute)
        return;
    attribute->i = value;
    set_has(&attribute->head, BL_ONNX_ATTRIBUTE_HAS_I);
}

void bl_onnx_add_float(bl_onnx_builder *b, bl_onnx_node *node, const char *name, float value) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_FLOAT);
    if (!attribute)
        return;
    attribute->f = value;
    set_has(&attribute->head, BL_ONNX_ATTRIBUTE_HAS_F);
}

void bl_onnx_add_string(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                        const char *value) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_STRING);
    if (attribute)
        attribute->s = copy_bytes(b, value, strlen(value));
}

void bl_onnx_add_ints(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                      const int64_t *values) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_INTS);
    if (!attribute)
        return;
    attribute->ints.items = copy(b, values, n * sizeof *values);
    attribute->ints.n = attribute->ints.items ? n : 0;
}

void bl_onnx_add_floats(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                        const float *values) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_FLOATS);
    if (!attribute)
        return;
    attribute->floats.items = copy(b, values, n * sizeof *values);
    attribute->floats.n = attribute->floats.items ? n : 0;
}

void bl_onnx_add_strings(bl_onnx_builder *b, bl_onnx_node *node, const char *name, size_t n,
                         const char *const *values) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_STRINGS);
    for (size_t i = 0; attribute && i < n && !b->failed; i++) {
        bl_bytes *bytes = APPEND(b, &attribute->strings);
        if (bytes)
            *bytes = copy_bytes(b, values[i], strlen(values[i]));
    }
}

void bl_onnx_add_tensor(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                        bl_onnx_type_id type, size_t n_dims, const int64_t *dims,
                        const void *values, size_t size) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_TENSOR);
    bl_onnx_tensor *tensor = attribute ? make(b, sizeof *tensor) : NULL;
    if (!tensor)
        return;
    fill_tensor(b, tensor, type, n_dims, dims, values, size);
    attribute->tensor = tensor;
}

void bl_onnx_add_graph(bl_onnx_builder *b, bl_onnx_node *node, const char *name,
                       const bl_onnx_builder *inner) {
    bl_onnx_attribute *attribute = add_attribute(b, node, name, BL_ONNX_ATTRIBUTE_GRAPH);
    b->failed = b->failed || inner->failed;
    if (attribute && !b->failed)
        attribute->graph = inner->model->graph;
}

bl_status bl_onnx_builder_finish(bl_onnx_builder *b, bl_onnx_model **ret_model, bl_error *err) {
    if (b->failed)
        return bl_error_nomem(err, 0, "a model");
    BL_TRY(bl_onnx_check(b->arena->context, b->model, NULL, NULL, err));
    *ret_model = b->model;
    return BL_OK;
}
