// SPDX-License-Identifier: Apache-2.0
// usage: network_run CASE_DIR
// Computes a case of network_case.py with our engine: reads model.keras and case.h5 there, writes
// ours.h5 with what is expected, under the same names.
#include <stdio.h>
#include <string.h>

#include "formats/hdf5/tree.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "model/keras/to_graph.h"
#include "nn/network/trainer_private.h"

typedef struct run {
    bl_context *context;
    bl_arena arena;
    const char *folder;
    const bl_hdf5_node *in;
    bl_hdf5_node out;
    bl_keras_file *file;
    bl_nn_graph graph;
    bl_nn_network *network;
    const bl_keras_weight *const *weights; ///< of the network's parameters
    bl_nn_feed *feeds, *targets;           ///< of all events
    const float *event_weights;
    size_t n; ///< events
    const bl_item *losses;
} run;

// ---- what comes out ----

static bl_hdf5_node *child(run *r, bl_hdf5_node *node, const char *name, size_t size) {
    for (size_t i = 0; i < node->n_children; i++)
        if (strlen(node->children[i]->name) == size &&
            strncmp(node->children[i]->name, name, size) == 0)
            return node->children[i];
    bl_hdf5_node **children = bl_arena_array(&r->arena, node->n_children + 1, sizeof *children);
    bl_hdf5_node *added = bl_arena_alloc(&r->arena, sizeof *added);
    if (node->n_children)
        memcpy(children, node->children, node->n_children * sizeof *children);
    added->name = bl_arena_text(&r->arena, name, size);
    children[node->n_children++] = added;
    node->children = children;
    return added;
}

/// Zeros in the shape that is expected under this name; NULL: nothing is expected.
static double *expected(run *r, const char *name, size_t *ret_n) {
    const bl_hdf5_node *wanted = bl_hdf5_find(r->in, name);
    if (!wanted || !wanted->is_dataset)
        return NULL;
    bl_hdf5_node *node = &r->out;
    for (const char *at = name; *at;) {
        size_t size = strcspn(at, "/");
        node = child(r, node, at, size);
        at += size + (at[size] == '/');
    }
    *ret_n = wanted->values.n;
    if (node->is_dataset)
        return node->values.data;
    node->is_dataset = true;
    node->values = (bl_hdf5_values){.type = BL_HDF5_FLOAT64,
                                    .rank = wanted->values.rank,
                                    .dims = wanted->values.dims,
                                    .n = wanted->values.n,
                                    .data = bl_arena_array(&r->arena, wanted->values.n + 1, 8)};
    return node->values.data;
}

static void put(run *r, const char *name, double value) {
    size_t n;
    double *to = expected(r, name, &n);
    if (to)
        *to = value;
}

/// Rows of a shard, padded again. \param value the number of the network's value
static void put_rows(run *r, const char *kind, const char *name, const bl_nn_run *state,
                     size_t value, bl_nn_matrix rows, size_t first_event) {
    const bl_nn_value *v = &state->value_list[value];
    const uint32_t *offsets = v->rows ? state->rows[v->rows].offsets : NULL;
    size_t steps = v->shape.steps ? v->shape.steps : 1, width = v->shape.width, n;
    double *to = expected(r, bl_arena_printf(&r->arena, "%s/%s", kind, name), &n);
    for (size_t e = 0; e < state->n_events && to; e++) {
        size_t first = offsets ? offsets[e] : e, last = offsets ? offsets[e + 1] : e + 1;
        for (size_t i = first; i < last; i++)
            for (size_t k = 0; k < width; k++)
                to[((first_event + e) * steps + i - first) * width + k] =
                    rows.data[i * rows.stride + k];
    }
}

/// A block of all parameters, by the names of the file.
static void put_parameters(run *r, const char *kind, const float *block) {
    for (size_t i = 0; i < r->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &r->network->plan.parameters.items[i];
        const char *layer = r->file->layers[r->weights[i]->layer].name;
        size_t n;
        double *to = expected(
            r, bl_arena_printf(&r->arena, "%s/%s/%s", kind, layer, r->weights[i]->name), &n);
        for (size_t k = 0; k < p->n && to; k++)
            to[k] = block[p->offset + k];
    }
}

/// What Normalization has in the file are constants to us.
static void put_constants(run *r) {
    for (size_t i = 0; i < r->file->n_weights; i++) {
        const bl_keras_weight *weight = &r->file->weights[i];
        if (weight->layer == SIZE_MAX ||
            strcmp(r->file->layers[weight->layer].class_name, "Normalization") != 0)
            continue;
        size_t n;
        double *to = expected(r,
                              bl_arena_printf(&r->arena, "after/%s/%s",
                                              r->file->layers[weight->layer].name, weight->name),
                              &n);
        for (size_t k = 0; k < n && to; k++)
            to[k] = weight->values->type == BL_HDF5_FLOAT32
                        ? (double)((float *)weight->values->data)[k]
                        : (double)((int64_t *)weight->values->data)[k];
    }
}

// ---- what goes in ----

/// Numbers of the case as float32; no data: there are none.
static bl_nn_feed read_feed(run *r, const char *path) {
    const bl_hdf5_node *node = bl_hdf5_find(r->in, path);
    bl_nn_feed feed = {0};
    if (!node)
        return feed;
    float *data = bl_arena_array(&r->arena, node->values.n + 1, sizeof *data);
    for (size_t i = 0; i < node->values.n; i++)
        data[i] = node->values.type == BL_HDF5_FLOAT32 ? ((const float *)node->values.data)[i]
                  : node->values.type == BL_HDF5_INT64 ? (float)((int64_t *)node->values.data)[i]
                  : node->values.type == BL_HDF5_INT32 ? (float)((int32_t *)node->values.data)[i]
                                                       : (float)((double *)node->values.data)[i];
    r->n = node->values.dims[0];
    feed.data = data;
    return feed;
}

static const char *name_of_value(const run *r, size_t value) {
    size_t node = 0;
    while (r->network->node_values[node] != value ||
           (value == 0 && r->graph.nodes[node].kind->id != BL_NN_KIND_INPUT))
        node++;
    return r->graph.nodes[node].name;
}

static void read_events(run *r) {
    const bl_nn_network *network = r->network;
    r->feeds = bl_arena_array(&r->arena, network->n_inputs + 1, sizeof *r->feeds);
    r->targets = bl_arena_array(&r->arena, network->n_outputs + 1, sizeof *r->targets);
    for (size_t i = 0; i < network->n_outputs; i++)
        r->targets[i] = read_feed(
            r, bl_arena_printf(&r->arena, "target/%s", name_of_value(r, network->outputs[i])));
    r->event_weights = read_feed(r, "weight").data;
    for (size_t i = 0; i < network->n_inputs; i++)
        r->feeds[i] = read_feed(
            r, bl_arena_printf(&r->arena, "input/%s", name_of_value(r, network->inputs[i])));
}

/// Events from `first` on. \param width of a target
static bl_nn_feed part_of(bl_nn_feed feed, bl_nn_shape shape, size_t first) {
    feed.data =
        feed.data ? feed.data + first * shape.width * (shape.steps ? shape.steps : 1) : NULL;
    return feed;
}

// ---- losses and optimisers, as Keras writes them ----

static double number(const bl_item *config, const char *key, double preset) {
    const bl_item *item = bl_item_get(config, key);
    if (item && (item->kind == BL_ITEM_FLOAT || item->kind == BL_ITEM_INTEGER))
        return item->number;
    return item && item->kind == BL_ITEM_BOOL ? (double)item->integer : preset;
}

static bl_status read_loss(const bl_item *item, bl_nn_loss *ret_loss, bl_error *err) {
    static const char *const names[] = {
        [BL_NN_LOSS_CATEGORICAL] = "CategoricalCrossentropy",
        [BL_NN_LOSS_SPARSE] = "SparseCategoricalCrossentropy",
        [BL_NN_LOSS_BINARY] = "BinaryCrossentropy",
        [BL_NN_LOSS_CATEGORICAL_FOCAL] = "CategoricalFocalCrossentropy",
        [BL_NN_LOSS_BINARY_FOCAL] = "BinaryFocalCrossentropy",
        [BL_NN_LOSS_SQUARED] = "MeanSquaredError",
        [BL_NN_LOSS_ABSOLUTE] = "MeanAbsoluteError",
        [BL_NN_LOSS_HUBER] = "Huber",
    };
    const bl_item *config = bl_item_get(item, "config");
    const char *name = bl_item_get(item, "class_name")->text;
    for (int i = 0; i < BL_NN_N_LOSSES; i++)
        if (strcmp(names[i], name) == 0) {
            bl_nn_loss loss = bl_nn_loss_of((bl_nn_loss_kind)i);
            loss.from_logits = number(config, "from_logits", 0) != 0;
            loss.apply_class_balancing = number(config, "apply_class_balancing", 0) != 0;
            loss.label_smoothing = number(config, "label_smoothing", loss.label_smoothing);
            loss.alpha = number(config, "alpha", loss.alpha);
            loss.gamma = number(config, "gamma", loss.gamma);
            loss.delta = number(config, "delta", loss.delta);
            *ret_loss = loss;
            return BL_OK;
        }
    return bl_error_set(err, BL_E_UNSUPPORTED, "loss %s", name);
}

static bl_status read_optimizer(const bl_item *item, bl_nn_trainer_options *options,
                                bl_error *err) {
    static const char *const names[] = {"SGD", "Adam", "AdamW", "RMSprop"};
    const bl_item *config = bl_item_get(item, "config");
    for (int i = 0; i < BL_NN_N_OPTIMIZERS; i++) {
        if (strcmp(names[i], bl_item_get(item, "class_name")->text) != 0)
            continue;
        bl_nn_optimizer o = bl_nn_optimizer_of((bl_nn_optimizer_kind)i);
        o.learning_rate = number(config, "learning_rate", o.learning_rate);
        o.momentum = number(config, "momentum", o.momentum);
        o.nesterov = number(config, "nesterov", 0) != 0;
        o.beta_1 = number(config, "beta_1", o.beta_1);
        o.beta_2 = number(config, "beta_2", o.beta_2);
        o.amsgrad = number(config, "amsgrad", 0) != 0;
        o.rho = number(config, "rho", o.rho);
        o.centered = number(config, "centered", 0) != 0;
        o.epsilon = number(config, "epsilon", o.epsilon);
        o.weight_decay = number(config, "weight_decay", 0);
        options->optimizer = o;
        static const char *const clips[] = {"clipvalue", "clipnorm", "global_clipnorm"};
        for (int k = 0; k < 3; k++)
            if (number(config, clips[k], 0) > 0)
                options->clip = (bl_nn_clip){(bl_nn_clip_kind)(k + 1), number(config, clips[k], 0)};
        return BL_OK;
    }
    return bl_error_set(err, BL_E_UNSUPPORTED, "optimizer");
}

// ---- computing ----

static bl_status predict(run *r, bl_error *err) {
    bl_nn_network *network = r->network;
    BL_AUTO(bl_nn_workspace) w = NULL;
    bl_nn_matrix *outputs = bl_arena_array(&r->arena, network->n_outputs, sizeof *outputs);
    bl_nn_feed *feeds = bl_arena_array(&r->arena, network->n_inputs + 1, sizeof *feeds);
    BL_TRY(bl_nn_workspace_new(network, BL_NN_SHARD_EVENTS, false, &w, err));
    for (size_t first = 0; first < r->n; first += BL_NN_SHARD_EVENTS) {
        size_t n = r->n - first < BL_NN_SHARD_EVENTS ? r->n - first : BL_NN_SHARD_EVENTS;
        for (size_t i = 0; i < network->n_inputs; i++)
            feeds[i] =
                part_of(r->feeds[i], network->plan.values.items[network->inputs[i]].shape, first);
        BL_TRY(bl_nn_predict(w, n, feeds, outputs, err));
        for (size_t i = 0; i < network->n_outputs; i++)
            put_rows(r, "output", name_of_value(r, network->outputs[i]), &w->run,
                     network->outputs[i], outputs[i], first);
    }
    return BL_OK;
}

static bl_status read_objectives(run *r, bl_nn_objective *objectives, bl_error *err) {
    for (size_t i = 0; i < r->network->n_outputs; i++) {
        const char *name = name_of_value(r, r->network->outputs[i]);
        const bl_item *loss = bl_item_get(r->losses, name);
        objectives[i] = (bl_nn_objective){bl_nn_loss_of(BL_NN_LOSS_SQUARED), loss != NULL};
        if (loss)
            BL_TRY(read_loss(loss, &objectives[i].loss, err));
    }
    return BL_OK;
}

/// Outputs of a shard while training; where the loss has the last activation, it comes now.
static void put_train_outputs(run *r, bl_nn_workspace *w, size_t first_event) {
    for (size_t i = 0; i < r->network->n_outputs; i++) {
        size_t value = r->network->outputs[i], s = 0;
        while (r->network->steps[s].output != value)
            s++;
        const bl_nn_step *step = &r->network->steps[s];
        bl_nn_matrix rows = w->run.values[value];
        const bl_nn_activation *a =
            step->kind == BL_NN_KIND_DENSE
                ? &((const bl_nn_dense_options *)step->options)->activation
                : &((const bl_nn_activation_options *)step->options)->activation;
        if (step->is_joined)
            bl_nn_activate(r->network->kernels, a, rows.data, rows.stride,
                           bl_nn_n_rows(&w->run, value), bl_nn_width(&w->run, value), rows.data,
                           rows.stride);
        put_rows(r, "train_output", name_of_value(r, value), &w->run, value, rows, first_event);
    }
}

static void put_input_gradients(run *r, bl_nn_workspace *w, size_t first_event, double factor) {
    for (size_t i = 0; i < r->network->n_inputs; i++) {
        size_t value = r->network->inputs[i];
        bl_nn_matrix g = w->value_gradients[value];
        size_t n = bl_nn_n_rows(&w->run, value) * g.stride;
        for (size_t k = 0; k < n && g.data; k++)
            g.data[k] = (float)(g.data[k] * factor);
        if (g.data)
            put_rows(r, "input_gradient", name_of_value(r, value), &w->run, value, g, first_event);
    }
}

static bl_nn_batch batch_of(run *r, size_t first, size_t n, bl_nn_feed *feeds,
                            bl_nn_feed *targets) {
    const bl_nn_network *network = r->network;
    for (size_t i = 0; i < network->n_inputs; i++)
        feeds[i] =
            part_of(r->feeds[i], network->plan.values.items[network->inputs[i]].shape, first);
    for (size_t i = 0; i < network->n_outputs; i++) {
        const char *name = name_of_value(r, network->outputs[i]);
        const bl_hdf5_node *node =
            bl_hdf5_find(r->in, bl_arena_printf(&r->arena, "target/%s", name));
        size_t width = node ? node->values.n / r->n : 0;
        targets[i] = part_of(r->targets[i], (bl_nn_shape){0, width}, first);
        bl_nn_shape shape = network->plan.values.items[network->outputs[i]].shape;
        if (!targets[i].data) // no loss: anything will do
            targets[i].data = bl_arena_array(&r->arena, n * shape.width,
                                             (shape.steps ? shape.steps : 1) * sizeof(float));
    }
    return (bl_nn_batch){n, feeds, targets, r->event_weights ? r->event_weights + first : NULL};
}

static bl_status one_loss(run *r, const bl_nn_trainer_options *options, const bl_nn_batch *batch,
                          double *ret_loss, bl_error *err) {
    BL_AUTO(bl_nn_trainer) t = NULL;
    BL_TRY(bl_nn_trainer_new(r->network, options, &t, err));
    BL_TRY(bl_nn_trainer_gradient(t, batch, ret_loss, err));
    return bl_keras_load_weights(r->file, r->network, err);
}

/// The loss of each output by itself, without penalties.
static bl_status put_output_losses(run *r, bl_nn_trainer_options options, const bl_nn_batch *batch,
                                   bl_error *err) {
    size_t n = r->network->n_outputs;
    bl_nn_objective *one = bl_arena_array(&r->arena, n, sizeof *one);
    double penalty, loss;
    memcpy(one, options.objectives, n * sizeof *one);
    options.objectives = one;
    for (size_t i = 0; i < n; i++)
        one[i].weight = 0;
    BL_TRY(one_loss(r, &options, batch, &penalty, err));
    for (size_t i = 0; i < n; i++) {
        const char *name = name_of_value(r, r->network->outputs[i]);
        if (!bl_item_get(r->losses, name))
            continue;
        one[i].weight = 1;
        BL_TRY(one_loss(r, &options, batch, &loss, err));
        one[i].weight = 0;
        put(r, bl_arena_printf(&r->arena, "output_loss/%s", name), loss - penalty);
    }
    return BL_OK;
}

/// What is of single events. Without sums over the batch, a shard is run again by itself.
static bl_status put_shards(run *r, bl_nn_trainer *t, bl_error *err) {
    bl_nn_feed feeds[BL_NN_MOST_INPUTS], targets[BL_NN_MOST_INPUTS];
    for (size_t first = 0; first < r->n; first += BL_NN_SHARD_EVENTS) {
        bool is_whole = r->network->n_barriers != 0;
        worker *w = &t->workers[is_whole ? first / BL_NN_SHARD_EVENTS : 0];
        size_t n = r->n - first < BL_NN_SHARD_EVENTS ? r->n - first : BL_NN_SHARD_EVENTS;
        bl_nn_batch batch = batch_of(r, first, n, feeds, targets);
        double loss;
        if (!is_whole)
            BL_TRY(bl_nn_trainer_gradient(t, &batch, &loss, err));
        put_input_gradients(r, w->workspace, first, is_whole ? 1 : (double)n / (double)r->n);
        put_train_outputs(r, w->workspace, first);
    }
    return BL_OK;
}

static bl_status train(run *r, const bl_nn_trainer_options *options, size_t n_batch, size_t n_steps,
                       bl_error *err) {
    bl_nn_feed feeds[BL_NN_MOST_INPUTS], targets[BL_NN_MOST_INPUTS];
    bl_nn_batch batch = batch_of(r, 0, r->n, feeds, targets);
    double loss;
    BL_TRY(put_output_losses(r, *options, &batch, err));
    BL_AUTO(bl_nn_trainer) t = NULL;
    BL_TRY(bl_nn_trainer_new(r->network, options, &t, err));
    BL_TRY(bl_nn_trainer_gradient(t, &batch, &loss, err));
    put(r, "loss", loss);
    put_parameters(r, "gradient", bl_nn_trainer_gradients(t));
    BL_TRY(put_shards(r, t, err));
    BL_TRY(bl_keras_load_weights(r->file, r->network, err));
    for (size_t i = 0, first = 0; i < n_steps; i++, first = (first + n_batch) % r->n) {
        batch = batch_of(r, first, n_batch, feeds, targets);
        BL_TRY(bl_nn_trainer_step(t, &batch, options->optimizer.learning_rate, &loss, err));
    }
    put_parameters(r, "after", r->network->parameters);
    put_constants(r);
    return BL_OK;
}

static const bl_item *json_attribute(run *r, const char *name) {
    const char *text = bl_hdf5_attribute_text(r->in, name);
    const bl_item *item = NULL;
    if (text && bl_json_parse(&r->arena, name, text, strlen(text), &item, NULL) != BL_OK)
        return NULL;
    return item;
}

static size_t count_attribute(run *r, const char *name) {
    const bl_hdf5_attribute *a = bl_hdf5_attribute_find(r->in, name);
    return a && a->values.type == BL_HDF5_INT64 ? (size_t) * (const int64_t *)a->values.data : 0;
}

static bl_status compute(run *r, bl_error *err) {
    bl_source *source;
    char path[4096];
    snprintf(path, sizeof path, "%s/case.h5", r->folder);
    BL_TRY(bl_source_open(r->context, path, &source, err));
    BL_TRY(bl_hdf5_tree_read(&r->arena, source, &r->in, err));
    snprintf(path, sizeof path, "%s/model.keras", r->folder);
    BL_TRY(bl_keras_open(r->context, path, &r->file, err));
    BL_TRY(bl_keras_to_graph(r->file, &r->arena, &r->graph, err));
    bl_nn_network_options options = {.trains = true, .wants_input_gradients = true};
    BL_TRY(bl_nn_network_new(r->context, &r->graph, &options, &r->network, err));
    BL_TRY(bl_keras_match_weights(r->file, r->network, &r->arena, &r->weights, err));
    BL_TRY(bl_keras_load_weights(r->file, r->network, err));
    read_events(r);
    BL_TRY(predict(r, err));
    r->losses = json_attribute(r, "loss");
    if (r->losses && r->losses->n) {
        bl_nn_objective *objectives =
            bl_arena_array(&r->arena, r->network->n_outputs, sizeof *objectives);
        bl_nn_trainer_options how = {.objectives = objectives, .most_events = r->n, .seed = 1};
        BL_TRY(read_objectives(r, objectives, err));
        BL_TRY(read_optimizer(json_attribute(r, "optimizer"), &how, err));
        BL_TRY(train(r, &how, count_attribute(r, "batch"), count_attribute(r, "steps"), err));
    }
    bl_sink *sink;
    snprintf(path, sizeof path, "%s/ours.h5", r->folder);
    BL_TRY(bl_sink_open(r->context, path, true, &sink, err));
    return bl_hdf5_tree_write(r->context, sink, &r->out, err);
}

int main(int argc, char **argv) {
    bl_context_options options = {.size = sizeof options};
    bl_error err = {0};
    BL_AUTO(bl_context) context = NULL;
    if (argc != 2 || bl_context_new(&options, &context, &err) != BL_OK)
        return 2;
    run r = {.context = context, .folder = argv[1], .out = {.name = ""}};
    bl_arena_init(&r.arena, context);
    bl_status status = compute(&r, &err);
    bl_nn_network_free(r.network);
    bl_keras_free(r.file);
    bl_arena_release(&r.arena);
    if (status != BL_OK)
        fprintf(stderr, "network_run: %s\n", err.message);
    return status == BL_OK ? 0 : 1;
}
