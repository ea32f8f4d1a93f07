// SPDX-License-Identifier: Apache-2.0
// Bundles. Input: one byte, then a whole file where it is 'f'; else three texts, each behind its
// length (two bytes, little-endian): bundle.json without its list of members, network.yaml and
// transform.json, which are framed with the right list and sums first, since no fuzzer would find
// those, and with weights of zeros for the network, if it is one. What is read is written again,
// and must be the same when it is read back; and it is run.
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/context.h"
#include "base/cursor.h"
#include "base/text.h"
#include "io/archive/npy.h"
#include "io/archive/zip.h"
#include "model/bundle/bundle.h"

enum { MOST_PARTS = 64, MOST_NUMBERS = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bl_status read_bytes(bl_context *context, const uint8_t *data, size_t size,
                            bl_bundle **ret_bundle) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "bytes", data, size, &source, NULL));
    return bl_bundle_read(context, source, ret_bundle, NULL);
}

/// A few rows of zeros for each input.
static void run(const bl_bundle *bundle) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    BL_AUTO(bl_buffer) zeros = NULL;
    const bl_nn_network *network = bundle->network;
    bl_nn_feed feeds[MOST_PARTS];
    bl_nn_matrix outputs[MOST_PARTS];
    size_t most = 1;
    if (network->n_inputs > MOST_PARTS || network->n_outputs > MOST_PARTS)
        return;
    for (size_t i = 0; i < network->n_inputs; i++) {
        bl_nn_shape shape = network->plan.values.items[network->inputs[i]].shape;
        size_t n = 2 * shape.width * (shape.steps ? shape.steps : 1);
        most = n > most ? n : most;
    }
    if (most > MOST_NUMBERS ||
        bl_buffer_new(bundle->arena.context, most * sizeof(float), &zeros, NULL) != BL_OK ||
        bl_nn_workspace_new(network, 2, false, &workspace, NULL) != BL_OK)
        return;
    memset(zeros->data, 0, most * sizeof(float));
    for (size_t i = 0; i < network->n_inputs; i++)
        feeds[i] = (bl_nn_feed){.data = (const float *)(const void *)zeros->data};
    (void)!bl_nn_predict(workspace, 2, feeds, outputs, NULL);
}

static bl_status write_bytes(bl_context *context, const bl_bundle *bundle, bl_buffer **ret_bytes) {
    bl_sink *sink = NULL;
    BL_TRY(bl_buffer_new(context, 1 << 16, ret_bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "again", ret_bytes, &sink, NULL));
    return bl_bundle_write_to(context, bundle, sink, NULL);
}

static void try_file(bl_context *context, const uint8_t *data, size_t size) {
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_AUTO(bl_bundle) again = NULL;
    BL_AUTO(bl_buffer) first = NULL;
    BL_AUTO(bl_buffer) second = NULL;
    if (read_bytes(context, data, size, &bundle) != BL_OK)
        return;
    run(bundle);
    if (write_bytes(context, bundle, &first) != BL_OK)
        return;
    if (read_bytes(context, first->data, first->size, &again) != BL_OK ||
        write_bytes(context, again, &second) != BL_OK || first->size != second->size ||
        memcmp(first->data, second->data, first->size) != 0)
        abort();
}

// ---- framed texts ----

typedef struct frame {
    bl_arena *arena;
    bl_zip_part parts[MOST_PARTS];
    size_t n;
    bl_text list;
} frame;

static void add(frame *f, const char *name, const void *data, size_t size) {
    if (f->n == MOST_PARTS || !name || !data)
        return;
    f->parts[f->n++] = (bl_zip_part){name, data, size};
    bl_text_add(&f->list, "%s{\"name\": ", f->list.n ? ", " : "");
    bl_text_add_quoted(&f->list, name);
    bl_text_add(&f->list, ", \"bytes\": %zu, \"xxh64\": \"%016llx\"}", size,
                (unsigned long long)XXH64(data, size, 0));
}

/// Zeros for all parameters, where the text is a network.
static void add_weights(frame *f, const char *text, size_t size) {
    BL_AUTO(bl_nn_network) network = NULL;
    bl_nn_graph graph;
    const bl_item *item = NULL;
    const bl_nn_network_options options = {.most_floats = MOST_NUMBERS};
    if (bl_yaml_parse(f->arena, "network.yaml", text, size, &item, NULL) != BL_OK ||
        bl_nn_graph_read(f->arena, item, &graph, NULL) != BL_OK ||
        bl_nn_network_new(f->arena->context, &graph, &options, &network, NULL) != BL_OK)
        return;
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        uint8_t header[BL_NPY_HEADER_BYTES];
        size_t n = bl_npy_header(BL_NPY_FLOAT32, p->rank, p->sizes, header);
        uint8_t *data = (uint8_t *)bl_arena_alloc(f->arena, n + p->n * sizeof(float));
        if (data)
            memcpy(data, header, n);
        add(f, bl_arena_printf(f->arena, "weights/%s/%s.npy", p->layer, p->name), data,
            n + p->n * sizeof(float));
    }
}

/// bundle.json is a text in which '@' stands for the list of members.
static void add_about(frame *f, const char *text, size_t size) {
    const char *at = (const char *)memchr(text, '@', size);
    if (!at || f->list.has_failed)
        return;
    char *whole = bl_arena_printf(f->arena, "%.*s[%s]%.*s", (int)(at - text), text,
                                  f->list.n ? f->list.text : "",
                                  (int)(size - (size_t)(at - text) - 1), at + 1);
    if (whole && f->n < MOST_PARTS)
        f->parts[f->n++] = (bl_zip_part){"bundle.json", whole, strlen(whole)};
}

static void try_texts(bl_arena *arena, const uint8_t *data, size_t size) {
    const char *texts[3];
    size_t sizes[3];
    bl_cursor c = bl_cursor_over(data, size);
    for (size_t i = 0; i < 3; i++) {
        size_t low = bl_cursor_u8(&c);
        sizes[i] = low | (size_t)bl_cursor_u8(&c) << 8;
        const uint8_t *bytes = bl_cursor_take(&c, sizes[i]);
        texts[i] = bytes ? bl_arena_text(arena, (const char *)bytes, sizes[i]) : NULL;
        if (!texts[i])
            return;
    }
    frame f = {.arena = arena, .list = {.arena = arena}};
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_sink) sink = NULL;
    add(&f, "network.yaml", texts[1], sizes[1]);
    if (sizes[2])
        add(&f, "transform.json", texts[2], sizes[2]);
    add_weights(&f, texts[1], sizes[1]);
    add_about(&f, texts[0], sizes[0]);
    if (bl_buffer_new(arena->context, 1 << 16, &bytes, NULL) == BL_OK &&
        bl_sink_open_memory(arena->context, "archive", &bytes, &sink, NULL) == BL_OK &&
        bl_zip_write(sink, f.parts, f.n, NULL) == BL_OK)
        try_file(arena->context, bytes->data, bytes->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_context *context = NULL;
    bl_arena arena;
    if (size == 0 || size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_arena_init(&arena, context);
    if (data[0] == 'f')
        try_file(context, data + 1, size - 1);
    else
        try_texts(&arena, data + 1, size - 1);
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}
