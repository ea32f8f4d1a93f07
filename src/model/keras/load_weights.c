// SPDX-License-Identifier: Apache-2.0
// The arrays of a file into the parameters of a network: an archive names them by their place in
// the layer ("cell/vars/0"), an `.h5` lists them in the layer's order.
#include "model/keras/conversion.h"
#include "model/keras/writing.h"

#include <stdio.h>

// ---- numbers ----

static float half_as_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16, exponent = half >> 10 & 31U;
    uint32_t fraction = half & 1023U, bits;
    float result;
    if (exponent == 31)
        bits = sign | 0x7f800000U | fraction << 13;
    else if (exponent)
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    else
        return (sign ? -1.0F : 1.0F) * (float)fraction * 0x1p-24F;
    memcpy(&result, &bits, sizeof result);
    return result;
}

#define COPY(type)                             \
    do {                                       \
        const type *numbers = values->data;    \
        for (size_t i = 0; i < values->n; i++) \
            ret_floats[i] = (float)numbers[i]; \
    } while (0)

void bl_keras_copy_floats(const bl_hdf5_values *values, float *ret_floats) {
    switch (values->type) {
    case BL_HDF5_FLOAT16:
        for (size_t i = 0; i < values->n; i++)
            ret_floats[i] = half_as_float(((const uint16_t *)values->data)[i]);
        break;
    case BL_HDF5_FLOAT32:
        COPY(float);
        break;
    case BL_HDF5_FLOAT64:
        COPY(double);
        break;
    case BL_HDF5_INT8:
        COPY(int8_t);
        break;
    case BL_HDF5_INT16:
        COPY(int16_t);
        break;
    case BL_HDF5_INT32:
        COPY(int32_t);
        break;
    case BL_HDF5_INT64:
        COPY(int64_t);
        break;
    case BL_HDF5_UINT8:
        COPY(uint8_t);
        break;
    case BL_HDF5_UINT16:
        COPY(uint16_t);
        break;
    case BL_HDF5_UINT32:
        COPY(uint32_t);
        break;
    case BL_HDF5_UINT64:
        COPY(uint64_t);
        break;
    case BL_HDF5_UNKNOWN:
    case BL_HDF5_TEXTS:
        break;
    }
}

// ---- which is which ----

/// The parameters of one node, which stand one behind the other.
typedef struct group {
    const bl_nn_node *node;
    const bl_nn_parameter *parameters;
    size_t n;
} group;

typedef struct loader {
    const bl_keras_file *file;
    const bl_nn_network *network;
    bl_name_map layers;                 ///< of the file, by the names of their nodes
    const bl_keras_weight **candidates; ///< [file->n_weights] of a layer
    const bl_keras_weight **found;      ///< [parameters]
} loader;

/// Steps of a Bidirectional are called "name/forward" and "name/backward".
static size_t name_size(const char *layer) {
    const char *slash = strrchr(layer, '/');
    if (slash && (strcmp(slash, "/forward") == 0 || strcmp(slash, "/backward") == 0))
        return (size_t)(slash - layer);
    return strlen(layer);
}

const bl_nn_node *bl_keras_parameter_node(const bl_nn_graph *graph,
                                          const bl_nn_parameter *parameter) {
    size_t size = name_size(parameter->layer);
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (strncmp(graph->nodes[i].name, parameter->layer, size) == 0 &&
            !graph->nodes[i].name[size])
            return &graph->nodes[i];
    return NULL;
}

enum { PATH_TEXT = 64 };

void bl_keras_weight_path(const bl_nn_node *node, const bl_nn_parameter *parameter, size_t k,
                          char *ret_path) {
    const char *slash = strrchr(parameter->layer, '/');
    const char *part = parameter->name, *kind = strrchr(part, '/');
    switch (node->kind->id) {
    case BL_NN_KIND_GRU:
    case BL_NN_KIND_LSTM:
    case BL_NN_KIND_SIMPLE_RNN:
        (void)snprintf(ret_path, PATH_TEXT, "cell/vars/%zu", k);
        return;
    case BL_NN_KIND_BIDIRECTIONAL:
        (void)snprintf(ret_path, PATH_TEXT, "%s_layer/cell/vars/%zu", slash ? slash + 1 : "", k);
        return;
    case BL_NN_KIND_TIME_DISTRIBUTED:
        (void)snprintf(ret_path, PATH_TEXT, "layer/vars/%zu", k);
        return;
    case BL_NN_KIND_MULTI_HEAD_ATTENTION:
        if (strncmp(part, "attention_", 10) == 0)
            part += 10;
        (void)snprintf(ret_path, PATH_TEXT, "%.*s_dense/vars/%d", (int)(kind ? kind - part : 0),
                       part, kind && strcmp(kind, "/bias") == 0);
        return;
    default:
        (void)snprintf(ret_path, PATH_TEXT, "vars/%zu", k);
    }
}

/// Some versions of Keras have "_query_dense" for "query_dense".
static bool is_at(const bl_keras_weight *weight, const char *path) {
    const char *name = weight->name;
    return strcmp(name + (*name == '_'), path) == 0;
}

static const bl_keras_weight *find_weight(const loader *l, const group *g, size_t i, size_t n) {
    if (l->file->format == BL_KERAS_HDF5)
        return i < n ? l->candidates[i] : NULL;
    char path[PATH_TEXT];
    const bl_nn_parameter *parameter = &g->parameters[i];
    size_t k = 0;
    while (k < i && strcmp(g->parameters[i - k - 1].layer, parameter->layer) == 0)
        k++;
    bl_keras_weight_path(g->node, parameter, k, path);
    for (size_t c = 0; c < n; c++)
        if (is_at(l->candidates[c], path))
            return l->candidates[c];
    return NULL;
}

// ---- shapes ----

enum { SHAPE_TEXT = 160 };

static void write_shape(char *text, unsigned rank, const uint64_t *sizes) {
    size_t at = (size_t)snprintf(text, SHAPE_TEXT, "[");
    for (unsigned i = 0; i < rank && at < SHAPE_TEXT; i++)
        at += (size_t)snprintf(text + at, SHAPE_TEXT - at, "%s%llu", i ? ", " : "",
                               (unsigned long long)sizes[i]);
    if (at < SHAPE_TEXT)
        (void)snprintf(text + at, SHAPE_TEXT - at, "]");
}

static bl_status check_shape(const group *g, const bl_nn_parameter *parameter,
                             const bl_hdf5_values *values, bl_error *err) {
    uint64_t wanted[4] = {0};
    for (unsigned i = 0; i < parameter->rank; i++)
        wanted[i] = parameter->sizes[i];
    bool fits = values->rank == parameter->rank &&
                (!values->rank || memcmp(values->dims, wanted, values->rank * sizeof *wanted) == 0);
    if (fits)
        return BL_OK;
    char here[SHAPE_TEXT], there[SHAPE_TEXT];
    write_shape(here, parameter->rank, wanted);
    write_shape(there, values->rank, values->dims);
    return bl_error_set(err, BL_E_SHAPE, "layer '%s' (%s): %s is %s in the file, not %s",
                        g->node->name, g->node->kind->name, parameter->name, there, here);
}

// ---- loading ----

static size_t find_candidates(const loader *l, size_t layer) {
    size_t n = 0;
    for (size_t i = 0; i < l->file->n_weights; i++)
        if (l->file->weights[i].layer == layer && l->file->weights[i].role == BL_KERAS_PARAMETER)
            l->candidates[n++] = &l->file->weights[i];
    return n;
}

static bl_status match_group(const loader *l, const group *g, bl_error *err) {
    size_t layer = bl_name_map_find(&l->layers, g->node->name);
    size_t n = layer == SIZE_MAX ? 0 : find_candidates(l, layer);
    if (n != g->n)
        return bl_error_set(err, BL_E_NOTFOUND,
                            "layer '%s' (%s) has %zu arrays, of which the file has %zu",
                            g->node->name, g->node->kind->name, g->n, n);
    for (size_t i = 0; i < g->n; i++) {
        const bl_keras_weight *weight = find_weight(l, g, i, n);
        if (!weight)
            return bl_error_set(err, BL_E_NOTFOUND, "layer '%s' (%s): the file has no %s",
                                g->node->name, g->node->kind->name, g->parameters[i].name);
        BL_TRY(check_shape(g, &g->parameters[i], weight->values, err));
        l->found[&g->parameters[i] - l->network->plan.parameters.items] = weight;
    }
    return BL_OK;
}

static bl_status match(loader *l, bl_arena *arena, bl_error *err) {
    const bl_nn_network *network = l->network;
    const char **names = NULL;
    BL_TRY(bl_keras_node_names(l->file, arena, &names, err));
    l->candidates = bl_arena_array(arena, l->file->n_weights + 1, sizeof *l->candidates);
    l->found = bl_arena_array(arena, network->plan.parameters.n + 1, sizeof(void *));
    if (!l->candidates || !l->found)
        return bl_error_nomem(err, l->file->n_weights * sizeof *l->candidates, "weights");
    for (size_t i = 0; i < l->file->n_layers; i++)
        BL_TRY(bl_name_map_add(arena->context, &l->layers, names[i], i, err));
    for (size_t i = 0; i < network->plan.parameters.n;) {
        const bl_nn_parameter *first = &network->plan.parameters.items[i];
        group g = {.node = bl_keras_parameter_node(network->graph, first), .parameters = first};
        if (!g.node)
            return bl_error_set(err, BL_E_INVALID, "no layer is called '%s'", first->layer);
        while (i + g.n < network->plan.parameters.n &&
               bl_keras_parameter_node(network->graph, &first[g.n]) == g.node)
            g.n++;
        BL_TRY(match_group(l, &g, err));
        i += g.n;
    }
    return BL_OK;
}

bl_status bl_keras_match_weights(const bl_keras_file *file, const bl_nn_network *network,
                                 bl_arena *arena, const bl_keras_weight *const **ret_weights,
                                 bl_error *err) {
    loader l = {.file = file, .network = network};
    bl_status status = match(&l, arena, err);
    bl_name_map_release(network->context, &l.layers);
    if (status == BL_OK)
        *ret_weights = l.found;
    return status;
}

bl_status bl_keras_load_weights(const bl_keras_file *file, bl_nn_network *network, bl_error *err) {
    const bl_keras_weight *const *weights;
    bl_arena arena;
    bl_arena_init(&arena, network->context);
    bl_status status = bl_keras_match_weights(file, network, &arena, &weights, err);
    for (size_t i = 0; i < network->plan.parameters.n && status == BL_OK; i++)
        bl_keras_copy_floats(weights[i]->values,
                             network->parameters + network->plan.parameters.items[i].offset);
    bl_arena_release(&arena);
    if (status == BL_OK)
        bl_nn_network_pack(network);
    return status;
}
