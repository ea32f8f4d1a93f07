// SPDX-License-Identifier: Apache-2.0
// bundle.json: what a bundle says of itself, and the list of its members.
#include <beamline/version.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_text.h"
#include "base/utf8.h"
#include "model/bundle/private.h"

enum {
    VERSION = 1,
    MOST_ITEMS = 1 << 20, ///< of a note
    CHECKSUM_DIGITS = 16,
};

static const char format[] = "beamline bundle";

const char *bl_bundle_note_name(bl_bundle_note note) {
    static const char *const names[] = {
#define NAME(name) #name,
        BL_BUNDLE_NOTES(NAME)
#undef NAME
    };
    return names[note];
}

const char *bl_bundle_weight_name(bl_arena *arena, const bl_nn_parameter *parameter) {
    return bl_arena_printf(arena, BL_BUNDLE_WEIGHTS "%s/%s.npy", parameter->layer, parameter->name);
}

// ---- writing ----

static bl_status check_text(const char *what, const char *text, bl_error *err) {
    if (!text || bl_utf8_valid((const uint8_t *)text, strlen(text)))
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "%s is no UTF-8", what);
}

static bl_status check_notes(const bl_bundle *bundle, bl_error *err) {
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        const bl_item *note = bundle->notes[i];
        const char *name = bl_bundle_note_name((bl_bundle_note)i);
        if (note && note->kind != BL_ITEM_MAP)
            return bl_error_set(err, BL_E_INVALID, "%s is not a map, but %s", name,
                                bl_item_kind_name(note->kind));
        if (note && note->n_all > MOST_ITEMS)
            return bl_error_set(err, BL_E_LIMIT, "%s: more than %d values", name, MOST_ITEMS);
    }
    return BL_OK;
}

static void put_key(bl_text *to, const char *key) {
    bl_text_add(to, ",\n ");
    bl_json_put_text(to, key);
    bl_text_add(to, ": ");
}

static void put_classes(bl_text *to, const bl_bundle *bundle) {
    put_key(to, "classes");
    bl_text_add(to, "[");
    for (size_t i = 0; i < bundle->n_classes; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        bl_json_put_text(to, bundle->classes[i]);
    }
    bl_text_add(to, "]");
}

static void put_members(bl_text *to, const bl_bundle_members *members) {
    put_key(to, "members");
    bl_text_add(to, "[");
    for (size_t i = 0; i < members->n; i++) {
        const bl_bundle_member *m = &members->items[i];
        char sum[CHECKSUM_DIGITS + 1];
        (void)snprintf(sum, sizeof sum, "%016llx", (unsigned long long)m->checksum);
        bl_text_add(to, "%s", i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        bl_json_put_text(to, m->name);
        bl_text_add(to, ", \"bytes\": ");
        bl_json_put_integer(to, (int64_t)m->n_bytes);
        bl_text_add(to, ", \"xxh64\": ");
        bl_json_put_text(to, sum);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

static void put_all(bl_text *to, const bl_bundle *bundle, const bl_bundle_members *members) {
    bl_text_add(to, "{\n \"format\": ");
    bl_json_put_text(to, format);
    put_key(to, "version");
    bl_json_put_integer(to, VERSION);
    put_key(to, "name");
    bl_json_put_text(to, bundle->name ? bundle->name : bundle->graph.name);
    put_key(to, "beamline");
    bl_json_put_text(to, BL_VERSION);
    if (bundle->n_classes)
        put_classes(to, bundle);
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++)
        if (bundle->notes[i]) {
            put_key(to, bl_bundle_note_name((bl_bundle_note)i));
            bl_json_put_item(to, bundle->notes[i], 1);
        }
    put_members(to, members);
    bl_text_add(to, "\n}\n");
}

bl_status bl_bundle_about_write(bl_arena *arena, const bl_bundle *bundle,
                                const bl_bundle_members *members, const char **ret_text,
                                bl_error *err) {
    BL_TRY(check_text("the model's name", bundle->name ? bundle->name : bundle->graph.name, err));
    for (size_t i = 0; i < bundle->n_classes; i++)
        BL_TRY(check_text("the name of a class", bundle->classes[i], err));
    for (size_t i = 0; i < members->n; i++)
        BL_TRY(check_text("the name of a layer", members->items[i].name, err));
    BL_TRY(check_notes(bundle, err));
    bl_text text = {.arena = arena};
    put_all(&text, bundle, members);
    if (text.has_failed)
        return bl_error_nomem(err, text.n, BL_BUNDLE_ABOUT);
    *ret_text = text.text;
    return BL_OK;
}

// ---- reading ----

static bl_status missing(const bl_item *at, const char *key, bl_error *err) {
    return bl_item_error(at, BL_E_INVALID, err, "'%s' is missing", key);
}

/// What is no bundle, or one that was made for later code, is said before anything else.
static bl_status check_version(const bl_item *about, bl_error *err) {
    const char *what = NULL;
    int64_t version = 0;
    BL_TRY(bl_item_expect(about, "the whole", BL_ITEM_MAP, err));
    BL_TRY(bl_item_text(bl_item_get(about, "format"), "format", &what, err));
    if (!what || strcmp(what, format) != 0)
        return bl_item_error(about, BL_E_INVALID, err, "its format is not '%s'", format);
    BL_TRY(bl_item_integer(bl_item_get(about, "version"), "version", &version, err));
    if (version < 1)
        return missing(about, "version", err);
    if (version > VERSION)
        return bl_item_error(about, BL_E_UNSUPPORTED, err,
                             "version %lld of the format, where %d is the latest known",
                             (long long)version, VERSION);
    return BL_OK;
}

static bl_status read_checksum(const bl_item *item, uint64_t *ret_sum, bl_error *err) {
    const char *digits = item && item->kind == BL_ITEM_TEXT ? item->text : "";
    if (strlen(digits) != CHECKSUM_DIGITS || strspn(digits, "0123456789abcdef") != CHECKSUM_DIGITS)
        return bl_error_set(err, BL_E_INVALID, "'xxh64' is not of %d hexadecimal digits",
                            CHECKSUM_DIGITS);
    *ret_sum = strtoull(digits, NULL, 16);
    return BL_OK;
}

static bl_status read_member(const bl_item *item, bl_bundle_member *member, bl_error *err) {
    const bl_item *name = bl_item_get(item, "name");
    int64_t n_bytes = -1;
    if (!name || name->kind != BL_ITEM_TEXT)
        return missing(item, "name", err);
    member->name = name->text;
    BL_TRY(bl_item_integer(bl_item_get(item, "bytes"), "bytes", &n_bytes, err));
    if (n_bytes < 0)
        return missing(item, "bytes", err);
    member->n_bytes = (uint64_t)n_bytes;
    BL_TRY_IN(read_checksum(bl_item_get(item, "xxh64"), &member->checksum, err), err, "member '%s'",
              name->text);
    return BL_OK;
}

static bl_status read_members(bl_bundle *bundle, const bl_item *list,
                              bl_bundle_members *ret_members, bl_error *err) {
    BL_TRY(bl_item_expect(list, "members", BL_ITEM_LIST, err));
    bl_bundle_member *items =
        (bl_bundle_member *)bl_arena_array(&bundle->arena, list->n + 1, sizeof *items);
    if (!items)
        return bl_error_nomem(err, list->n * sizeof *items, "members");
    for (size_t i = 0; i < list->n; i++)
        BL_TRY_IN(read_member(list->items[i], &items[i], err), err, "members: item %zu", i);
    *ret_members = (bl_bundle_members){.n = list->n, .items = items};
    return BL_OK;
}

bl_status bl_bundle_about_read(bl_bundle *bundle, const char *text, size_t size,
                               bl_bundle_members *ret_members, bl_error *err) {
    const bl_item *about = NULL;
    BL_TRY(bl_json_parse(&bundle->arena, BL_BUNDLE_ABOUT, text, size, &about, err));
    BL_TRY(check_version(about, err));
    BL_TRY(bl_item_text(bl_item_get(about, "name"), "name", &bundle->name, err));
    BL_TRY(bl_item_text(bl_item_get(about, "beamline"), "beamline", &bundle->version, err));
    BL_TRY(bl_item_texts(&bundle->arena, bl_item_get(about, "classes"), "classes", &bundle->classes,
                         &bundle->n_classes, err));
    for (unsigned i = 0; i < BL_BUNDLE_N_NOTES; i++) {
        const char *name = bl_bundle_note_name((bl_bundle_note)i);
        const bl_item *note = bl_item_get(about, name);
        if (note)
            BL_TRY(bl_item_expect(note, name, BL_ITEM_MAP, err));
        bundle->notes[i] = note;
    }
    const bl_item *members = bl_item_get(about, "members");
    return members ? read_members(bundle, members, ret_members, err)
                   : missing(about, "members", err);
}
