// SPDX-License-Identifier: Apache-2.0
// Types that the user gives: "NAME=TYPE, NAME=TYPE". NAME is a column's or a shell pattern; TYPE is
// as bl_type_format writes it ("list<float32>", "struct<x: int32, y: utf8>"), or a day or a point
// in time ("date", "timestamp[us]").
#include <fnmatch.h>
#include <stdio.h>

#include "formats/text/schema.h"

typedef struct words {
    bl_context *context;
    const char *at; ///< the rest of the text
} words;

static void skip_space(words *w) { w->at += strspn(w->at, " \t\n"); }

static bool take(words *w, char c) {
    skip_space(w);
    if (*w->at != c)
        return false;
    w->at++;
    return true;
}

static const struct {
    const char *word;
    bl_type_id id;
    const char *logical;
} known[] = {
#define ROW(name, format, width, text) {text, BL_##name, NULL},
    BL_TYPE_TABLE(ROW)
#undef ROW
        {"string", BL_UTF8, NULL},
    {"str", BL_UTF8, NULL},
    {"boolean", BL_BOOL, NULL},
    {"double", BL_FLOAT64, NULL},
    {"float", BL_FLOAT32, NULL},
    {"int", BL_INT64, NULL},
    {"date", BL_INT32, "tdD"},
    {"timestamp", BL_INT64, "tsu:"},
    {"timestamp[s]", BL_INT64, "tss:"},
    {"timestamp[ms]", BL_INT64, "tsm:"},
    {"timestamp[us]", BL_INT64, "tsu:"},
    {"timestamp[ns]", BL_INT64, "tsn:"},
};
enum { N_KNOWN = sizeof known / sizeof *known };

static bl_status unknown_type(const char *word, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, word);
    for (size_t i = 0; i < N_KNOWN; i++)
        bl_nearest_offer(&nearest, known[i].word);
    bl_status status = bl_error_set(err, BL_E_INVALID, "no type is called '%s'", word);
    return bl_nearest_hint(&nearest, status, err);
}

static bl_status read_type(words *w, unsigned depth, bl_type **ret_type, bl_error *err);

static bl_status read_list(words *w, unsigned depth, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) item = NULL;
    if (!take(w, '<'))
        return bl_error_set(err, BL_E_INVALID, "a list of what? write list<float32>");
    BL_TRY(read_type(w, depth + 1, &item, err));
    if (!take(w, '>'))
        return bl_error_set(err, BL_E_INVALID, "'>' is missing before '%s'", w->at);
    return bl_type_new_list(w->context, BL_LIST, 0, item, ret_type, err);
}

enum { MOST_MEMBERS = 256, WORD_BYTES = 64 };

/// The name of a member, up to its colon.
static bl_status read_name(words *w, char *name, size_t room, bl_error *err) {
    skip_space(w);
    size_t n = strcspn(w->at, ":");
    if (!w->at[n] || n == 0 || n >= room)
        return bl_error_set(err, BL_E_INVALID, "a member is NAME: TYPE, not '%s'", w->at);
    memcpy(name, w->at, n);
    name[n] = '\0';
    w->at += n + 1;
    return BL_OK;
}

typedef struct members {
    size_t n;
    char names[MOST_MEMBERS][WORD_BYTES];
    const char *pointers[MOST_MEMBERS];
    bl_type *types[MOST_MEMBERS];
} members;

static bl_status read_members(words *w, unsigned depth, members *m, bl_error *err) {
    if (!take(w, '<'))
        return bl_error_set(err, BL_E_INVALID, "a struct of what? write struct<x: int32>");
    do {
        if (m->n == MOST_MEMBERS)
            return bl_error_set(err, BL_E_LIMIT, "a struct of more than %d members", MOST_MEMBERS);
        m->pointers[m->n] = m->names[m->n];
        BL_TRY(read_name(w, m->names[m->n], WORD_BYTES, err));
        BL_TRY(read_type(w, depth + 1, &m->types[m->n], err));
        m->n++;
    } while (take(w, ','));
    return take(w, '>') ? BL_OK
                        : bl_error_set(err, BL_E_INVALID, "'>' is missing before '%s'", w->at);
}

static bl_status read_struct(words *w, unsigned depth, bl_type **ret_type, bl_error *err) {
    members *m = (members *)bl_alloc_zero(w->context, 1, sizeof *m);
    if (!m)
        return bl_error_nomem(err, sizeof *m, "a type");
    bl_status status = read_members(w, depth, m, err);
    if (status == BL_OK)
        status = bl_type_new_struct(w->context, m->n, m->pointers, m->types, ret_type, err);
    for (size_t i = 0; i < m->n; i++)
        bl_type_release(m->types[i]);
    bl_free(w->context, m);
    return status;
}

static bl_status read_plain(words *w, unsigned depth, bl_type **ret_type, bl_error *err) {
    char word[WORD_BYTES];
    skip_space(w);
    size_t n = strcspn(w->at, " \t\n,<>?");
    if (n >= sizeof word || depth > BL_JSON_DEPTH)
        return bl_error_set(err, BL_E_INVALID, "'%.40s' is no type", w->at);
    memcpy(word, w->at, n);
    word[n] = '\0';
    w->at += n;
    if (strcmp(word, "list") == 0)
        return read_list(w, depth, ret_type, err);
    if (strcmp(word, "struct") == 0)
        return read_struct(w, depth, ret_type, err);
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (strcmp(known[i].word, word) != 0 || known[i].id > BL_UTF8)
            continue;
        if (known[i].logical)
            return bl_type_new_logical(w->context, known[i].id, known[i].logical, true, ret_type,
                                       err);
        *ret_type = bl_type_primitive_nullable(known[i].id);
        return BL_OK;
    }
    return unknown_type(word, err);
}

/// A type that may be null; a '?' that says so changes nothing.
static bl_status read_type(words *w, unsigned depth, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) type = NULL;
    BL_TRY(read_plain(w, depth, &type, err));
    (void)take(w, '?');
    if (type->is_nullable) {
        *ret_type = BL_MOVE(type);
        return BL_OK;
    }
    return bl_type_new_nullable(w->context, type, ret_type, err);
}

static bl_status read_one(words *w, bl_arena *arena, struct bl_given_type *given, bl_error *err) {
    skip_space(w);
    size_t n = strcspn(w->at, "=");
    if (n == 0 || !w->at[n])
        return bl_error_set(err, BL_E_INVALID, "types are NAME=TYPE, not '%s'", w->at);
    const char *rest = w->at + n + 1;
    while (n > 0 && (w->at[n - 1] == ' ' || w->at[n - 1] == '\t'))
        n--;
    given->name = bl_arena_text(arena, w->at, n);
    if (!given->name)
        return bl_error_nomem(err, n, "a name");
    w->at = rest;
    BL_TRY_IN(read_type(w, 0, &given->type, err), err, "type of '%s'", given->name);
    return BL_OK;
}

static bl_status read_all(words *w, bl_arena *arena, bl_given_types *given, bl_error *err) {
    size_t most = 1;
    for (const char *c = w->at; *c; c++)
        most += *c == '=';
    given->types = (struct bl_given_type *)bl_arena_array(arena, most, sizeof *given->types);
    if (!given->types)
        return bl_error_nomem(err, most * sizeof *given->types, "types");
    for (skip_space(w); *w->at; skip_space(w)) {
        BL_TRY(read_one(w, arena, &given->types[given->n], err));
        given->n++;
        if (!take(w, ',') && *w->at)
            return bl_error_set(err, BL_E_INVALID, "a comma is missing before '%s'", w->at);
    }
    return BL_OK;
}

bl_status bl_given_types_read(bl_arena *arena, const char *text, bl_given_types *ret_given,
                              bl_error *err) {
    bl_given_types given = {0};
    words w = {arena->context, text ? text : ""};
    bl_status status = read_all(&w, arena, &given, err);
    if (status != BL_OK) {
        bl_given_types_release(&given);
        return bl_error_in(err, status, "types");
    }
    *ret_given = given;
    return BL_OK;
}

void bl_given_types_release(bl_given_types *given) {
    for (size_t i = 0; i < given->n; i++)
        bl_type_release(given->types[i].type);
    given->n = 0;
}

bl_type *bl_given_type_of(bl_given_types *given, const char *name) {
    bl_type *found = NULL;
    for (size_t i = 0; i < given->n; i++)
        if (strcmp(given->types[i].name, name) == 0) {
            given->types[i].is_used = true;
            found = given->types[i].type;
        }
    for (size_t i = 0; i < given->n; i++)
        if (fnmatch(given->types[i].name, name, 0) == 0) {
            given->types[i].is_used = true;
            found = found ? found : given->types[i].type;
        }
    return found;
}

bl_status bl_given_types_check(const bl_given_types *given, const char *const *names, size_t n,
                               bl_error *err) {
    for (size_t i = 0; i < given->n; i++) {
        if (given->types[i].is_used)
            continue;
        bl_nearest nearest;
        bl_nearest_init(&nearest, given->types[i].name);
        for (size_t k = 0; k < n; k++)
            bl_nearest_offer(&nearest, names[k]);
        bl_status status =
            bl_error_set(err, BL_E_NOTFOUND, "types: no column '%s'", given->types[i].name);
        return bl_nearest_hint(&nearest, status, err);
    }
    return BL_OK;
}
