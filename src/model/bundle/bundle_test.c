// SPDX-License-Identifier: Apache-2.0
// Bundles: what is written is read back, always the same bytes; what is damaged or says what cannot
// be is refused with its place.
#include "model/bundle/bundle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/testing.h"
#include "io/archive/zip.h"
#include "model/bundle/made_testing.h"

enum { MOST_PARTS = 32 };

static bl_context *context;

/// What a function gave is there, which the analyzer does not see.
static void must_be(const void *given) {
    if (!given)
        abort();
}

static bl_buffer *bytes_of(bl_status (*make)(bl_context *, bl_bundle **)) {
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_buffer *bytes = NULL;
    assert_ok(make(context, &bundle));
    assert_ok(made_bytes(context, bundle, &bytes));
    return bytes;
}

// ---- as it was ----

static void same_transform(const bl_nn_columns *a, const bl_nn_columns *b) {
    assert_string_equal(a->input, b->input);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->offset, b->offset, a->n * sizeof(double));
    assert_memory_equal(a->scale, b->scale, a->n * sizeof(double));
    for (size_t i = 0; i < a->n; i++)
        assert_string_equal(a->names[i], b->names[i]);
}

static void same_parameters(const bl_nn_network *a, const bl_nn_network *b) {
    assert_int_equal(a->plan.parameters.n, b->plan.parameters.n);
    for (size_t i = 0; i < a->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &a->plan.parameters.items[i];
        const bl_nn_parameter *q = bl_nn_network_find(b, p->layer, p->name);
        assert_non_null(q);
        assert_int_equal(p->n, q->n);
        assert_memory_equal(a->parameters + p->offset, b->parameters + q->offset,
                            p->n * sizeof(float));
    }
}

static void all_comes_back(void **state) {
    (void)state;
    BL_AUTO(bl_bundle) made = NULL;
    BL_AUTO(bl_bundle) again = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_buffer) bytes_again = NULL;
    assert_ok(made_hlf(context, &made));
    must_be(made);
    assert_ok(made_bytes(context, made, &bytes));
    assert_ok(made_read(context, bytes->data, bytes->size, &again, NULL));
    must_be(again);
    assert_string_equal(again->name, made->graph.name);
    assert_string_equal(again->graph.name, made->graph.name);
    assert_non_null(again->version);
    assert_int_equal(again->n_classes, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(again->classes[i], made->classes[i]);
    assert_int_equal(again->transform.n_inputs, 1);
    same_transform(&made->transform.inputs[0], &again->transform.inputs[0]);
    same_parameters(made->network, again->network);
    assert_null(again->notes[BL_BUNDLE_seeds]);
    const bl_item *loss = bl_item_get(again->notes[BL_BUNDLE_metrics], "loss");
    assert_true(loss->items[1]->number == 0.30000000000000004);
    assert_int_equal(loss->items[2]->kind, BL_ITEM_FLOAT);
    const bl_item *lineage = again->notes[BL_BUNDLE_lineage];
    assert_true(bl_item_get(lineage, "events")->integer == 9007199254740993);
    assert_string_equal(bl_item_get(lineage, "sources")->items[1]->text, "\xc3\xa9\n");
    assert_int_equal(bl_item_get(lineage, "none")->kind, BL_ITEM_NULL);
    assert_ok(made_bytes(context, again, &bytes_again));
    assert_int_equal(bytes->size, bytes_again->size);
    assert_memory_equal(bytes->data, bytes_again->data, bytes->size);
}

static void forests_come_back(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) bytes = bytes_of(made_forest);
    BL_AUTO(bl_buffer) bytes_again = NULL;
    BL_AUTO(bl_bundle) bundle = NULL;
    static const float x[] = {0, 0.25F, 0, 0.5F, 0, NAN};
    float out[3];
    assert_ok(made_read(context, bytes->data, bytes->size, &bundle, NULL));
    must_be(bundle);
    assert_int_equal(bundle->n_forests, 1);
    bl_nn_forest_run(bundle->forests[0], 3, x, 2, out, 1);
    assert_true(out[0] == 1 && out[1] == -2 && out[2] == 1);
    assert_ptr_equal(bl_bundle_forest_of(&bundle->graph.nodes[1])->forest, bundle->forests[0]);
    assert_ok(made_bytes(context, bundle, &bytes_again));
    assert_int_equal(bytes->size, bytes_again->size);
    assert_memory_equal(bytes->data, bytes_again->data, bytes->size);
}

static void files_are_whole_or_not_there(void **state) {
    (void)state;
    static const char path[] = "bundle_test.blm";
    BL_AUTO(bl_bundle) made = NULL;
    BL_AUTO(bl_bundle) again = NULL;
    bl_error err = {0};
    assert_ok(made_particles(context, &made));
    must_be(made);
    assert_ok(bl_bundle_write(context, made, path, true, NULL));
    assert_ok(bl_bundle_open(context, path, &again, NULL));
    must_be(again);
    same_parameters(made->network, again->network);
    assert_int_equal(bl_bundle_write(context, made, path, false, &err), BL_E_EXISTS);
    made->transform.inputs[0].scale[0] = INFINITY;
    assert_error(bl_bundle_write(context, made, path, true, &err), BL_E_INVALID, err,
                 "particles_0");
    bl_bundle_free(BL_MOVE(again));
    assert_ok(bl_bundle_open(context, path, &again, NULL));
    must_be(again);
    assert_int_equal(remove(path), 0);
    assert_int_equal(bl_bundle_open(context, path, &again, &err), BL_E_NOTFOUND);
}

static void names_that_no_file_has_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"../up", "a\\b", "\xff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        BL_AUTO(bl_bundle) bundle = NULL;
        BL_AUTO(bl_buffer) bytes = NULL;
        static const int64_t sizes[] = {2};
        assert_ok(bl_bundle_new(context, &bundle, NULL));
        assert_ok(made_input(bundle, "x", 1, sizes, false));
        assert_ok(made_dense(bundle, names[i], 1, BL_NN_LINEAR));
        assert_ok(made_network(bundle));
        assert_int_equal(made_bytes(context, bundle, &bytes), BL_E_INVALID);
    }
}

// ---- what cannot be ----

/// An archive taken apart, to be written again with other members.
typedef struct parts {
    bl_arena arena;
    bl_zip_part items[MOST_PARTS];
    size_t n;
} parts;

static void take_apart(parts *p, const bl_buffer *bytes) {
    BL_AUTO(bl_source) source = NULL;
    bl_zip zip;
    bl_arena_init(&p->arena, context);
    assert_ok(bl_source_open_memory(context, "z", bytes->data, bytes->size, &source, NULL));
    assert_ok(bl_zip_open(&p->arena, source, &zip, NULL));
    assert_in_range(zip.n_members, 1, MOST_PARTS - 1);
    p->n = zip.n_members;
    for (size_t i = 0; i < p->n; i++) {
        uint8_t *data = NULL;
        assert_ok(bl_zip_read(&p->arena, &zip, &zip.members[i], &data, NULL));
        p->items[i] = (bl_zip_part){zip.members[i].name, data, zip.members[i].raw_bytes};
    }
}

static bl_zip_part *part_of(parts *p, const char *name) {
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->items[i].name, name) == 0)
            return &p->items[i];
    fail_msg("no member '%s'", name);
    return NULL;
}

static void replace(parts *p, const char *name, const char *from, const char *to);

/// Other bytes in a member; the list is told where it is not about the list itself.
static void set_part(parts *p, const char *name, const void *data, size_t size) {
    bl_zip_part *part = part_of(p, name);
    char old_entry[128], entry[128];
    static const char format[] = "\"bytes\": %zu, \"xxh64\": \"%016llx\"";
    (void)snprintf(old_entry, sizeof old_entry, format, part->size,
                   (unsigned long long)XXH64(part->data, part->size, 0));
    (void)snprintf(entry, sizeof entry, format, size, (unsigned long long)XXH64(data, size, 0));
    if (strcmp(name, "bundle.json") != 0)
        replace(p, "bundle.json", old_entry, entry);
    part->data = data;
    part->size = size;
}

static void replace(parts *p, const char *name, const char *from, const char *to) {
    const char *text = (const char *)part_of(p, name)->data, *at = strstr(text, from);
    assert_non_null(at);
    char *now =
        bl_arena_printf(&p->arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    set_part(p, name, now, strlen(now));
}

static void expect(parts *p, bl_status wanted, const char *text) {
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_sink) sink = NULL;
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_error err = {0};
    assert_ok(bl_buffer_new(context, 1 << 16, &bytes, NULL));
    assert_ok(bl_sink_open_memory(context, "z", &bytes, &sink, NULL));
    assert_ok(bl_zip_write(sink, p->items, p->n, NULL));
    bl_status status = made_read(context, bytes->data, bytes->size, &bundle, &err);
    if (status != wanted || (text && !strstr(err.message, text)))
        fail_msg("%s, '%s'; wanted: %s, '%s'", bl_status_text(status), err.message,
                 bl_status_text(wanted), text);
    if (wanted != BL_OK && strncmp(err.message, "made.blm: ", 10) != 0)
        fail_msg("no file in '%s'", err.message);
    bl_arena_release(&p->arena);
}

typedef struct change {
    const char *member, *from, *to;
    bl_status status;
    const char *text;
} change;

static void texts_are_checked(void **state) {
    (void)state;
    static const change changes[] = {
        {"bundle.json", "beamline bundle", "other", BL_E_INVALID, "its format is not"},
        {"bundle.json", "\"version\": 1", "\"version\": 2", BL_E_UNSUPPORTED, "version 2"},
        {"bundle.json", "\"version\": 1", "\"version\": 0", BL_E_INVALID, "'version' is missing"},
        {"bundle.json", "\"metrics\": {", "\"later\": {}, \"metrics\": {", BL_OK, NULL},
        {"bundle.json", "\"metrics\": {", "\"metrics\": [{", BL_E_INVALID, "bundle.json"},
        {"bundle.json", "\"xxh64\": \"", "\"xxh64\": \"0", BL_E_INVALID, "16 hexadecimal digits"},
        {"bundle.json", "\"bytes\": ", "\"bytes\": 1", BL_E_CORRUPT, "member 'network.yaml' has"},
        {"bundle.json", "\"bytes\": ", "\"bytes\": -", BL_E_INVALID, "'bytes' is missing"},
        {"bundle.json", "\"members\"", "\"others\"", BL_E_INVALID, "'members' is missing"},
        {"bundle.json", "weights/first/bias", "weights/first/base", BL_E_CORRUPT,
         "'weights/first/bias.npy' is not in the list"},
        {"transform.json", "\"name\": \"hlf\"", "\"name\": \"second\"", BL_E_NOTFOUND,
         "'second', which is no input"},
        {"transform.json", "{\"name\": \"hlf_0\"", "{\"name\": \"more\"}, {\"name\": \"hlf_0\"",
         BL_E_SHAPE, "15 columns, where it has 14"},
        {"transform.json", "}]", "}], \"rows\": {\"order\": \"column\", \"column\": 1}", BL_E_SHAPE,
         "'hlf': its rows are ordered, where it is a vector"},
        {"network.yaml", "50", "51", BL_E_SHAPE,
         "its shape is (14, 50), where the network has (14, 51)"},
        {"network.yaml", "50", "2000000000", BL_E_LIMIT, "network.yaml"},
        {"network.yaml", "50", "100000", BL_E_SHAPE, "parameters"},
    };
    BL_AUTO(bl_buffer) bytes = bytes_of(made_hlf);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const change *c = &changes[i];
        parts p;
        take_apart(&p, bytes);
        replace(&p, c->member, c->from, c->to);
        expect(&p, c->status, c->text);
    }
}

/// What is done to rows comes back, and must fit.
static void rows_are_checked(void **state) {
    (void)state;
    static const change changes[] = {
        {"transform.json", "\"length\": 6", "\"length\": 7", BL_OK, NULL},
        {"transform.json", "\"length\": 6", "\"length\": 8", BL_E_SHAPE,
         "'particles': a transform up to 8 rows, where it has at most 7"},
        {"transform.json", "\"length\": 6", "\"length\": -8", BL_E_INVALID, "'length' is -8"},
        {"transform.json", "\"column\": 3", "\"column\": 5", BL_E_INVALID,
         "'particles': rows are ordered by column 5, where there are 5"},
        {"network.yaml", "[7, 5]", "{shape: [7, 5], ragged: true}", BL_E_INVALID,
         "'particles': a transform that adds rows, where it is ragged"},
    };
    BL_AUTO(bl_buffer) bytes = bytes_of(made_repeated);
    BL_AUTO(bl_bundle) again = NULL;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const change *c = &changes[i];
        parts p;
        take_apart(&p, bytes);
        replace(&p, c->member, c->from, c->to);
        expect(&p, c->status, c->text);
    }
    assert_ok(made_read(context, bytes->data, bytes->size, &again, NULL));
    const bl_nn_arrangement *rows = &again->transform.inputs[0].rows;
    assert_int_equal(rows->order, BL_NN_ORDER_COLUMN);
    assert_true(rows->ascending);
    assert_int_equal(rows->column, 3);
    assert_int_equal(rows->length, 6);
    assert_int_equal(rows->padding, BL_NN_FILL_WRAP);
    assert_false(bl_nn_columns_arranges(&again->transform.inputs[1]));
}

static void members_are_checked(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) bytes = bytes_of(made_hlf);
    parts p;
    take_apart(&p, bytes); // one that is missing
    *part_of(&p, "weights/second/kernel.npy") = p.items[p.n - 1];
    p.n--;
    expect(&p, BL_E_CORRUPT, "'weights/second/kernel.npy' is missing");
    take_apart(&p, bytes); // one that nobody listed
    p.items[p.n++] = (bl_zip_part){"notes.txt", "x", 1};
    expect(&p, BL_E_CORRUPT, "'notes.txt' is not in the list");
    take_apart(&p, bytes); // one that is listed and nothing to us
    p.items[p.n++] = (bl_zip_part){"notes.txt", "", 0};
    replace(&p, "bundle.json", "\"members\": [",
            "\"members\": [{\"name\": \"notes.txt\", \"bytes\": 0, \"xxh64\": "
            "\"ef46db3751d8e999\"},");
    expect(&p, BL_OK, NULL);
    take_apart(&p, bytes); // numbers of no layer
    p.items[p.n++] = (bl_zip_part){"weights/x/y.npy", "", 0};
    replace(&p, "bundle.json", "\"members\": [",
            "\"members\": [{\"name\": \"weights/x/y.npy\", \"bytes\": 0, \"xxh64\": "
            "\"ef46db3751d8e999\"},");
    expect(&p, BL_E_INVALID, "'weights/x/y.npy' is of no layer of the network");
    BL_AUTO(bl_buffer) trees = bytes_of(made_forest);
    take_apart(&p, trees); // no trees
    *part_of(&p, "forest/trees.bin") = p.items[p.n - 1];
    p.n--;
    expect(&p, BL_E_CORRUPT, "'forest/trees.bin' is missing");
    take_apart(&p, trees); // trees that are none
    set_part(&p, "forest/trees.bin", "none", 4);
    expect(&p, BL_E_CORRUPT, "member 'forest/trees.bin'");
    take_apart(&p, bytes); // other bytes
    bl_zip_part *a = part_of(&p, "weights/first/bias.npy");
    a->data = memset(bl_arena_alloc(&p.arena, a->size), 1, a->size);
    expect(&p, BL_E_CORRUPT, "'weights/first/bias.npy': not the bytes that were written");
}

// ---- damage ----

static void cuts_are_refused(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) bytes = bytes_of(made_particles);
    for (size_t size = 0; size < bytes->size; size += size < 200 ? 1 : 37) {
        BL_AUTO(bl_bundle) bundle = NULL;
        bl_error err = {0};
        assert_int_not_equal(made_read(context, bytes->data, size, &bundle, &err), BL_OK);
        assert_true(*err.message);
    }
}

/// Every byte once: of members each is refused, of what only other programs read none need be.
static void flips_are_found(void **state) {
    (void)state;
    BL_AUTO(bl_buffer) bytes = bytes_of(made_particles);
    size_t n_refused = 0;
    for (size_t i = 0; i < bytes->size; i++) {
        BL_AUTO(bl_bundle) bundle = NULL;
        bytes->data[i] ^= (uint8_t)(1U << i % 8);
        n_refused += made_read(context, bytes->data, bytes->size, &bundle, NULL) != BL_OK;
        bytes->data[i] ^= (uint8_t)(1U << i % 8);
        bl_bundle_free(BL_MOVE(bundle));
    }
    assert_in_range(n_refused, bytes->size * 8 / 10, bytes->size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_back),
        cmocka_unit_test(forests_come_back),
        cmocka_unit_test(files_are_whole_or_not_there),
        cmocka_unit_test(names_that_no_file_has_are_refused),
        cmocka_unit_test(texts_are_checked),
        cmocka_unit_test(rows_are_checked),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(cuts_are_refused),
        cmocka_unit_test(flips_are_found),
    };
    return test_run(tests, 1, &context, NULL);
}
