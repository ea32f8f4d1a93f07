// SPDX-License-Identifier: Apache-2.0
// C++ type names: numbers, strings, sequences (vector, list, deque, set …), arrays, bit sets,
// pairs, maps, pointers; every other name is a class's. Source of how pairs and maps lie: ROOT,
// TGenCollectionStreamer, and files that ROOT wrote.
#include <stdlib.h>

#include "formats/ttree/class_layout.h"

enum { MAX_NESTING = 16 };

static const char *const strings[] = {"string", "TString", "basic_string<char>", NULL};
static const char *const sequences[] = {"vector",   "RVec",          "list",
                                        "deque",    "forward_list",  "set",
                                        "multiset", "unordered_set", "unordered_multiset",
                                        NULL};
static const char *const maps[] = {"map", "multimap", "unordered_map", "unordered_multimap", NULL};

/// A part of a type name.
typedef struct span {
    const char *at;
    size_t length;
} span;

/// Length of the namespace or qualifier that a name begins with, or 0.
static size_t prefix_length(span s) {
    static const char *const prefixes[] = {"const ",
                                           "std::", "ROOT::VecOps::", "__1::", "__cxx11::"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        if (s.length > n && memcmp(s.at, prefixes[i], n) == 0)
            return n;
    }
    return 0;
}

static span trim(span s) {
    size_t skip = 0;
    do {
        s = (span){s.at + skip, s.length - skip};
        while (s.length && (*s.at == ' ' || *s.at == '\t'))
            s.at++, s.length--;
        while (s.length && s.at[s.length - 1] == ' ')
            s.length--;
        skip = prefix_length(s);
    } while (skip);
    return s;
}

static span without_stars(span s) {
    for (s = trim(s); s.length && (s.at[s.length - 1] == '*' || s.at[s.length - 1] == ' ');)
        s.length--;
    return s;
}

static bool is(span s, const char *text) {
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static bool is_any(span s, const char *const *texts) {
    for (; *texts; texts++)
        if (is(s, *texts))
            return true;
    return false;
}

/// Splits "vector<A,B>" into "vector", "A" and what follows the comma, "B".
static bool split_template(span s, span *ret_outer, span *ret_first, span *ret_rest) {
    const char *open = (const char *)memchr(s.at, '<', s.length);
    if (!open || s.at[s.length - 1] != '>')
        return false;
    const char *end = s.at + s.length - 1;
    const char *comma = NULL;
    int depth = 0;
    for (const char *p = open + 1; p < end; p++) {
        depth += (*p == '<') - (*p == '>');
        if (*p == ',' && depth == 0 && !comma)
            comma = p;
    }
    *ret_outer = trim((span){s.at, (size_t)(open - s.at)});
    *ret_first = trim((span){open + 1, (size_t)((comma ? comma : end) - open - 1)});
    *ret_rest = comma ? trim((span){comma + 1, (size_t)(end - comma - 1)}) : (span){0};
    return true;
}

/// The second of a template's arguments, of those behind the first.
static span first_argument(span rest) {
    int depth = 0;
    for (size_t i = 0; i < rest.length; i++) {
        depth += (rest.at[i] == '<') - (rest.at[i] == '>');
        if (rest.at[i] == ',' && depth == 0)
            return trim((span){rest.at, i});
    }
    return rest;
}

static int64_t to_count(span s) {
    char digits[24] = {0};
    if (s.length == 0 || s.length >= sizeof digits)
        return -1;
    memcpy(digits, s.at, s.length);
    char *end;
    long long n = strtoll(digits, &end, 10);
    return *end == '\0' || *end == 'u' || *end == 'U' ? n : -1;
}

typedef struct parser {
    bl_layouts *layouts;
    int content_type;
} parser;

static bl_status parse(const parser *p, span s, int depth, bl_layout *layout, bl_error *err);

static const char *text_of(const parser *p, span s) {
    return bl_arena_text(p->layouts->arena, s.at, s.length);
}

static bl_status wrap_parsed(const parser *p, span item, int64_t n, int depth, bl_layout *layout,
                             bl_error *err) {
    bl_layout inner = {0};
    bl_status status = parse(p, item, depth + 1, &inner, err);
    if (status == BL_OK)
        status = bl_layout_wrap(p->layouts->context, n, &inner, layout, err);
    bl_layout_release(p->layouts->context, &inner);
    return status;
}

// ---- pairs and maps ----

/// What ROOT puts a header in front of where it is a member.
static bool is_streamed(span s) {
    span outer, first, rest;
    s = trim(s);
    if (is_any(s, strings))
        return !is(s, "TString");
    return split_template(s, &outer, &first, &rest) &&
           (is_any(outer, sequences) || is_any(outer, maps) || is(outer, "bitset"));
}

static bl_status pair_member(const parser *p, span s, const char *name, int depth,
                             bl_class_member *member, bl_error *err) {
    member->name = name;
    BL_TRY(parse(p, s, depth + 1, &member->layout, err));
    return is_streamed(s) ? bl_layout_stream(p->layouts->context, &member->layout, err) : BL_OK;
}

/// A class of two members, made from a pair's or map's name, whatever version the data say.
static bl_status make_pair(const parser *p, span first, span second, bool is_map, int depth,
                           bl_class_layout *made, bl_error *err) {
    bl_arena *arena = p->layouts->arena;
    made->versions = (bl_class_version *)bl_arena_alloc(arena, sizeof *made->versions);
    bl_class_member *members = (bl_class_member *)bl_arena_array(arena, 2, sizeof *members);
    made->columns = (bl_class_column *)bl_arena_array(arena, 2, sizeof *made->columns);
    if (!made->versions || !members || !made->columns)
        return bl_error_nomem(err, sizeof *made, "a pair");
    *made->versions = (bl_class_version){
        .version = INT32_MIN, .takes_bytes = true, .n_members = 2, .members = members};
    made->n_versions = 1;
    BL_TRY(pair_member(p, first, is_map ? "key" : "first", depth, &members[0], err));
    BL_TRY(pair_member(p, second, is_map ? "value" : "second", depth, &members[1], err));
    for (size_t i = 0; i < 2; i++) {
        members[i].column = i;
        made->columns[i] = (bl_class_column){
            .name = members[i].name, .own = members[i].name, .type = members[i].layout.type};
    }
    made->n_columns = 2;
    return bl_class_type_make(p->layouts, made, err);
}

static bl_status parse_pair(const parser *p, span whole, span first, span second, bool is_map,
                            int depth, bl_layout *layout, bl_error *err) {
    const char *name = text_of(p, whole);
    if (!name)
        return bl_error_nomem(err, whole.length, "a type's name");
    bl_class_layout *made;
    BL_TRY(bl_class_layout_new(p->layouts, name, &made, err));
    BL_TRY_IN(make_pair(p, first, second, is_map, depth, made, err), err, "%s", name);
    bl_layout pair = {.kind = is_map ? BL_LAYOUT_PAIR : BL_LAYOUT_OBJECT,
                      .type = bl_type_ref(made->type),
                      .of_class = made};
    if (!is_map) {
        *layout = pair;
        return BL_OK;
    }
    bl_status status = bl_layout_wrap(p->layouts->context, -1, &pair, layout, err);
    bl_layout_release(p->layouts->context, &pair);
    return status;
}

// ---- any type ----

static bl_status parse_class(const parser *p, span s, int depth, bl_layout *layout, bl_error *err) {
    bool by_hand;
    bl_root_number number;
    const char *name = text_of(p, s);
    if (!name)
        return bl_error_nomem(err, s.length, "a type's name");
    BL_TRY(bl_layout_by_hand(p->layouts, name, layout, &by_hand, err));
    if (by_hand)
        return BL_OK;
    bool is_described = bl_root_class_find(p->layouts->classes, name, -1, 0) != NULL;
    if (!is_described && depth > 0 && bl_root_number_of_code(p->content_type, "", &number)) {
        bl_layout_number(layout, &number); // an enumeration
        return BL_OK;
    }
    return bl_layout_of_class(p->layouts, name, layout, err);
}

static bl_status parse_template(const parser *p, span s, int depth, bl_layout *layout,
                                bl_error *err) {
    span outer, first, rest;
    if (!split_template(s, &outer, &first, &rest))
        return parse_class(p, s, depth, layout, err);
    if (is_any(outer, sequences))
        return wrap_parsed(p, first, -1, depth, layout, err);
    if (is_any(outer, maps) || is(outer, "pair"))
        return parse_pair(p, s, first, first_argument(rest), !is(outer, "pair"), depth, layout,
                          err);
    if (is(outer, "array") && to_count(rest) >= 0)
        return wrap_parsed(p, first, to_count(rest), depth, layout, err);
    if (is(outer, "bitset") && to_count(first) > 0 && to_count(first) < INT32_MAX)
        return bl_layout_bitset(p->layouts->context, to_count(first), layout, err);
    return parse_class(p, s, depth, layout, err);
}

static bl_status parse(const parser *p, span s, int depth, bl_layout *layout, bl_error *err) {
    bl_root_number number;
    s = trim(s);
    if (depth >= MAX_NESTING || s.length == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a type without a name, or nested too deep");
    if (is_any(s, strings)) {
        bl_layout_string(layout, BL_LAYOUT_STRING);
        return BL_OK;
    }
    if (bl_root_number_of_name(s.at, s.length, &number)) {
        bl_layout_number(layout, &number);
        return BL_OK;
    }
    if (s.at[s.length - 1] != '*')
        return parse_template(p, s, depth, layout, err);
    const char *name = text_of(p, s);
    if (!name)
        return bl_error_nomem(err, s.length, "a type's name");
    return bl_layout_of_pointer(p->layouts, name, layout, err);
}

bl_status bl_layout_of_type(bl_layouts *layouts, const char *type_name, int content_type,
                            bl_layout *layout, bl_error *err) {
    parser p = {.layouts = layouts, .content_type = content_type};
    return parse(&p, without_stars((span){type_name, strlen(type_name)}), 0, layout, err);
}

/// A class of objects that may be of a class derived from it. \param layout of the class
static bl_status find_views(const parser *p, span s, bl_layout *layout, bl_class_views **ret_views,
                            bl_error *err) {
    const char *name = text_of(p, s);
    if (!name)
        return bl_error_nomem(err, s.length, "a class's name");
    if (is_streamed(s) || layout->kind == BL_LAYOUT_NUMBER)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a pointer to %s", name);
    if (layout->of_class && layout->of_class->views) {
        *ret_views = layout->of_class->views;
        return BL_OK;
    }
    BL_TRY(bl_class_find_views(p->layouts, name, ret_views, err));
    if (layout->of_class)
        layout->of_class->views = *ret_views;
    return BL_OK;
}

/// Puts a class's layout into one that says how its objects are found.
static bl_status wrap_class(bl_layouts *layouts, const char *class_name, bl_layout_kind kind,
                            bl_layout *layout, bl_error *err) {
    parser p = {.layouts = layouts};
    bl_layout item = {0};
    bl_class_views *views = NULL;
    span s = without_stars((span){class_name, strlen(class_name)});
    BL_TRY(parse(&p, s, 0, &item, err));
    if (item.kind == BL_LAYOUT_OPAQUE) {
        *layout = (bl_layout){.kind = BL_LAYOUT_OPAQUE, .n = kind == BL_LAYOUT_POINTER};
        return BL_OK;
    }
    bl_status status = find_views(&p, s, &item, &views, err);
    if (status == BL_OK)
        status = kind == BL_LAYOUT_NAMED ? bl_layout_stream(layouts->context, &item, err)
                                         : bl_layout_wrap(layouts->context, -1, &item, layout, err);
    if (status == BL_OK && kind == BL_LAYOUT_NAMED) {
        *layout = item;
        item = (bl_layout){0};
    }
    bl_layout_release(layouts->context, &item);
    BL_TRY(status);
    layout->kind = kind;
    layout->views = views;
    return BL_OK;
}

bl_status bl_layout_of_pointer(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                               bl_error *err) {
    return wrap_class(layouts, class_name, BL_LAYOUT_POINTER, layout, err);
}

bl_status bl_layout_of_named(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                             bl_error *err) {
    return wrap_class(layouts, class_name, BL_LAYOUT_NAMED, layout, err);
}
