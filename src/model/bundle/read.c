// SPDX-License-Identifier: Apache-2.0
// Bundles being read: the list first, then each member against its length and checksum there, then
// what they say against each other.
#include <xxhash.h>

#include "base/names.h"
#include "io/archive/npy.h"
#include "io/archive/zip.h"
#include "model/bundle/private.h"
#include "nn/trees/message.h"

typedef struct reader {
    bl_bundle *bundle;
    bl_zip zip;
    bl_bundle_members members;
    bl_name_map names; ///< of `members`
} reader;

// ---- members ----

/// Finds what is listed; nothing else may be there.
static bl_status match_list(reader *r, bl_error *err) {
    bl_context *context = r->bundle->arena.context;
    for (size_t i = 0; i < r->members.n; i++) {
        const char *name = r->members.items[i].name;
        if (bl_name_map_find(&r->names, name) != SIZE_MAX || strcmp(name, BL_BUNDLE_ABOUT) == 0)
            return bl_error_set(err, BL_E_INVALID, "member '%s' is listed twice", name);
        BL_TRY(bl_name_map_add(context, &r->names, name, i, err));
    }
    for (size_t i = 0; i < r->zip.n_members; i++) {
        const bl_zip_member *there = &r->zip.members[i];
        size_t number = bl_name_map_find(&r->names, there->name);
        if (number != SIZE_MAX)
            r->members.items[number].there = there;
        else if (strcmp(there->name, BL_BUNDLE_ABOUT) != 0)
            return bl_error_set(err, BL_E_CORRUPT, "member '%s' is not in the list of members",
                                there->name);
    }
    return BL_OK;
}

static bl_status check_sizes(const bl_bundle_members *members, bl_error *err) {
    for (size_t i = 0; i < members->n; i++) {
        const bl_bundle_member *m = &members->items[i];
        if (!m->there)
            return bl_error_set(err, BL_E_CORRUPT, "member '%s' is missing", m->name);
        if (m->n_bytes != m->there->raw_bytes)
            return bl_error_set(err, BL_E_CORRUPT, "member '%s' has %llu bytes instead of %llu",
                                m->name, (unsigned long long)m->there->raw_bytes,
                                (unsigned long long)m->n_bytes);
    }
    return BL_OK;
}

/// Reads a member that the list has.
static bl_status read_member(reader *r, bl_arena *arena, bl_bundle_member *member,
                             uint8_t **ret_data, bl_error *err) {
    uint8_t *data = NULL;
    BL_TRY(bl_zip_read(arena, &r->zip, member->there, &data, err));
    if (XXH64(data, (size_t)member->n_bytes, 0) != member->checksum)
        return bl_error_set(err, BL_E_CORRUPT, "member '%s': not the bytes that were written",
                            member->name);
    member->is_taken = true;
    *ret_data = data;
    return BL_OK;
}

static bl_bundle_member *find_member(reader *r, const char *name) {
    size_t number = bl_name_map_find(&r->names, name);
    return number == SIZE_MAX ? NULL : &r->members.items[number];
}

static bl_status read_text(reader *r, bl_bundle_member *member, const char **ret_text,
                           bl_error *err) {
    uint8_t *data = NULL;
    if (member->n_bytes > BL_BUNDLE_MOST_TEXT)
        return bl_error_set(err, BL_E_LIMIT, "member '%s': more than %d bytes", member->name,
                            BL_BUNDLE_MOST_TEXT);
    BL_TRY(read_member(r, &r->bundle->arena, member, &data, err));
    *ret_text = (const char *)data;
    return BL_OK;
}

// ---- what they say ----

static bool begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/// \param arena for this one: the forest takes what it needs
static bl_status read_forest(reader *r, bl_arena *arena, const bl_nn_node *node, bl_error *err) {
    const char *name = bl_arena_printf(arena, BL_BUNDLE_FORESTS "%s.bin", node->name);
    bl_nn_forest *forest = NULL;
    uint8_t *data = NULL;
    if (!name)
        return bl_error_nomem(err, 0, "a name");
    bl_bundle_member *member = find_member(r, name);
    if (!member)
        return bl_error_set(err, BL_E_CORRUPT, "member '%s' is missing", name);
    BL_TRY(read_member(r, arena, member, &data, err));
    BL_TRY_IN(bl_nn_forest_decode(arena->context, data, (size_t)member->n_bytes, &forest, err), err,
              "member '%s'", name);
    bl_bundle_forest_of(node)->forest = forest;
    return bl_bundle_own_forest(r->bundle, forest, err);
}

static bl_status read_forests(reader *r, bl_error *err) {
    const bl_nn_graph *graph = &r->bundle->graph;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        bl_arena arena;
        if (!bl_bundle_forest_of(&graph->nodes[i]))
            continue;
        bl_arena_init(&arena, r->bundle->arena.context);
        bl_status status = read_forest(r, &arena, &graph->nodes[i], err);
        bl_arena_release(&arena);
        BL_TRY(status);
    }
    return BL_OK;
}

static bool is_weight(const bl_bundle_member *member) {
    return begins_with(member->name, BL_BUNDLE_WEIGHTS);
}

/// Numbers that a network may have: those that there are, each array with what aligns the next.
static size_t most_floats(const bl_bundle_members *members) {
    size_t n = 1;
    for (size_t i = 0; i < members->n; i++)
        if (is_weight(&members->items[i]))
            n += (size_t)members->items[i].n_bytes / sizeof(float) + 16;
    return n;
}

static bl_status read_network(reader *r, bl_error *err) {
    bl_bundle *bundle = r->bundle;
    bl_bundle_member *member = find_member(r, BL_BUNDLE_NETWORK);
    const char *text = NULL;
    const bl_item *document = NULL;
    if (!member)
        return bl_error_set(err, BL_E_CORRUPT, "member '%s' is missing", BL_BUNDLE_NETWORK);
    BL_TRY(read_text(r, member, &text, err));
    BL_TRY(bl_yaml_parse(&bundle->arena, BL_BUNDLE_NETWORK, text, (size_t)member->n_bytes,
                         &document, err));
    BL_TRY(bl_nn_graph_read(&bundle->arena, document, &bundle->graph, err));
    BL_TRY(read_forests(r, err));
    const bl_nn_network_options options = {.most_floats = most_floats(&r->members)};
    BL_TRY_IN(
        bl_nn_network_new(bundle->arena.context, &bundle->graph, &options, &bundle->network, err),
        err, BL_BUNDLE_NETWORK);
    return BL_OK;
}

static bl_status read_transform(reader *r, bl_error *err) {
    bl_bundle *bundle = r->bundle;
    bl_bundle_member *member = find_member(r, BL_BUNDLE_TRANSFORM);
    const char *text = NULL;
    const bl_item *document = NULL;
    if (!member)
        return BL_OK;
    BL_TRY(read_text(r, member, &text, err));
    BL_TRY(bl_json_parse(&bundle->arena, BL_BUNDLE_TRANSFORM, text, (size_t)member->n_bytes,
                         &document, err));
    BL_TRY(bl_nn_transform_read(&bundle->arena, document, &bundle->transform, err));
    return bl_bundle_check_transform(bundle, err);
}

static bl_status set_weight(const bl_bundle *bundle, const bl_nn_parameter *p, const uint8_t *data,
                            size_t size, bl_error *err) {
    char theirs[BL_NPY_SHAPE_BYTES], ours[BL_NPY_SHAPE_BYTES];
    bl_npy array;
    BL_TRY(bl_npy_read(BL_NPY_FLOAT32, data, size, &array, err));
    if (array.rank != p->rank || memcmp(array.sizes, p->sizes, p->rank * sizeof *p->sizes) != 0)
        return bl_error_set(err, BL_E_SHAPE, "its shape is %s, where the network has %s",
                            bl_npy_shape(array.rank, array.sizes, theirs),
                            bl_npy_shape(p->rank, p->sizes, ours));
    memcpy(bundle->network->parameters + p->offset, array.values, p->n * sizeof(float));
    return BL_OK;
}

/// \param arena for this one: the network takes the numbers
static bl_status read_weight(reader *r, bl_arena *arena, const bl_nn_parameter *p, bl_error *err) {
    uint8_t *data = NULL;
    const char *name = bl_bundle_weight_name(arena, p);
    if (!name)
        return bl_error_nomem(err, 0, "a name");
    bl_bundle_member *member = find_member(r, name);
    if (!member)
        return bl_error_set(err, BL_E_CORRUPT, "member '%s' is missing", name);
    BL_TRY(read_member(r, arena, member, &data, err));
    BL_TRY_IN(set_weight(r->bundle, p, data, (size_t)member->n_bytes, err), err, "member '%s'",
              name);
    return BL_OK;
}

static bl_status read_weights(reader *r, bl_error *err) {
    bl_nn_network *network = r->bundle->network;
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        bl_arena arena;
        bl_arena_init(&arena, network->context);
        bl_status status = read_weight(r, &arena, &network->plan.parameters.items[i], err);
        bl_arena_release(&arena);
        BL_TRY(status);
    }
    bl_nn_network_pack(network);
    return BL_OK;
}

/// What is left is not for us: it is checked and passed over, unless it claims to be a layer's.
static bl_status check_others(reader *r, bl_error *err) {
    for (size_t i = 0; i < r->members.n; i++) {
        bl_bundle_member *member = &r->members.items[i];
        if (member->is_taken)
            continue;
        if (is_weight(member) || begins_with(member->name, BL_BUNDLE_FORESTS))
            return bl_error_set(err, BL_E_INVALID, "member '%s' is of no layer of the network",
                                member->name);
        bl_arena arena;
        uint8_t *data = NULL;
        bl_arena_init(&arena, r->bundle->arena.context);
        bl_status status = read_member(r, &arena, member, &data, err);
        bl_arena_release(&arena);
        BL_TRY(status);
    }
    return BL_OK;
}

static bl_status read_all(reader *r, bl_source *source, bl_error *err) {
    bl_bundle *bundle = r->bundle;
    uint8_t *text = NULL;
    BL_TRY(bl_zip_open(&bundle->arena, source, &r->zip, err));
    const bl_zip_member *about = bl_zip_find(&r->zip, BL_BUNDLE_ABOUT);
    if (!about)
        return bl_error_set(err, BL_E_INVALID, "no bundle: the archive has no %s", BL_BUNDLE_ABOUT);
    if (about->raw_bytes > BL_BUNDLE_MOST_TEXT)
        return bl_error_set(err, BL_E_LIMIT, "%s: more than %d bytes", BL_BUNDLE_ABOUT,
                            BL_BUNDLE_MOST_TEXT);
    BL_TRY(bl_zip_read(&bundle->arena, &r->zip, about, &text, err));
    BL_TRY(bl_bundle_about_read(bundle, (const char *)text, (size_t)about->raw_bytes, &r->members,
                                err));
    BL_TRY(match_list(r, err));
    BL_TRY(check_sizes(&r->members, err));
    BL_TRY(read_network(r, err));
    BL_TRY(read_transform(r, err));
    BL_TRY(read_weights(r, err));
    return check_others(r, err);
}

bl_status bl_bundle_read(bl_context *context, bl_source *source, bl_bundle **ret_bundle,
                         bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_TRY(bl_bundle_new(context, &bundle, err));
    reader r = {.bundle = bundle};
    bl_status status = read_all(&r, owned, err);
    bl_name_map_release(context, &r.names);
    if (status != BL_OK)
        return bl_error_in(err, status, "%s", owned->url);
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}

bl_status bl_bundle_open(bl_context *context, const char *url, bl_bundle **ret_bundle,
                         bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open(context, url, &source, err));
    return bl_bundle_read(context, source, ret_bundle, err);
}

static bl_status probe(bl_arena *arena, const char *url, bool *ret_is_bundle, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    bl_zip zip;
    uint8_t head[4];
    BL_TRY(bl_source_open(arena->context, url, &source, err));
    if (source->size_bytes < sizeof head)
        return BL_OK;
    BL_TRY(bl_source_read(source, 0, sizeof head, head, err));
    if (!bl_zip_probe(head, sizeof head))
        return BL_OK;
    BL_TRY(bl_zip_open(arena, source, &zip, err));
    *ret_is_bundle = bl_zip_find(&zip, BL_BUNDLE_ABOUT) != NULL;
    return BL_OK;
}

bl_status bl_bundle_probe(bl_context *context, const char *url, bool *ret_is_bundle,
                          bl_error *err) {
    bl_error why = {0};
    bl_arena arena;
    bool is_bundle = false;
    bl_arena_init(&arena, context);
    bl_status status = probe(&arena, url, &is_bundle, &why);
    bl_arena_release(&arena);
    if (status == BL_E_NOMEM || status == BL_E_CANCELLED)
        return bl_error_set(err, status, "%s", why.message);
    *ret_is_bundle = is_bundle;
    return BL_OK;
}
