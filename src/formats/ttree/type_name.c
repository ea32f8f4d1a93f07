// SPDX-License-Identifier: Apache-2.0
// C++ type names: sequences (vector, list, deque, set …) of numbers and strings, arrays and bit
// sets. Maps, pairs and classes are not understood here: their streamed form needs streamer info.
#include <stdlib.h>

#include "formats/ttree/layout.h"

enum { MAX_NESTING = 16 };

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
        while (s.length && (s.at[s.length - 1] == ' ' || s.at[s.length - 1] == '*'))
            s.length--;
        skip = prefix_length(s);
    } while (skip);
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

static int64_t to_count(span s) {
    char digits[24] = {0};
    if (s.length == 0 || s.length >= sizeof digits)
        return -1;
    memcpy(digits, s.at, s.length);
    char *end;
    long long n = strtoll(digits, &end, 10);
    return *end == '\0' || *end == 'u' || *end == 'U' ? n : -1;
}

static bl_status parse(bl_context *context, span s, int depth, bl_layout *layout,
                       bool *ret_understood, bl_error *err);

static bl_status wrap_parsed(bl_context *context, span item, int64_t n, int depth,
                             bl_layout *layout, bool *ret_understood, bl_error *err) {
    bl_layout inner = {0};
    bl_status status = parse(context, item, depth + 1, &inner, ret_understood, err);
    if (status == BL_OK && *ret_understood)
        status = bl_layout_wrap(context, n, &inner, layout, err);
    bl_layout_release(context, &inner);
    return status;
}

static bl_status parse(bl_context *context, span s, int depth, bl_layout *layout,
                       bool *ret_understood, bl_error *err) {
    static const char *const strings[] = {"string", "TString", "basic_string<char>", NULL};
    static const char *const sequences[] = {"vector",   "RVec",          "list",
                                            "deque",    "forward_list",  "set",
                                            "multiset", "unordered_set", "unordered_multiset",
                                            NULL};
    s = trim(s);
    bl_root_number number;
    *ret_understood = true;
    if (is_any(s, strings)) {
        bl_layout_string(layout, BL_LAYOUT_STRING);
        return BL_OK;
    }
    if (bl_root_number_of_name(s.at, s.length, &number)) {
        bl_layout_number(layout, &number);
        return BL_OK;
    }
    span outer, first, rest;
    *ret_understood = false;
    if (depth >= MAX_NESTING || !split_template(s, &outer, &first, &rest))
        return BL_OK;
    if (is_any(outer, sequences))
        return wrap_parsed(context, first, -1, depth, layout, ret_understood, err);
    if (is(outer, "array") && to_count(rest) >= 0)
        return wrap_parsed(context, first, to_count(rest), depth, layout, ret_understood, err);
    if (is(outer, "bitset") && to_count(first) > 0 && to_count(first) < INT32_MAX) {
        *ret_understood = true;
        return bl_layout_bitset(context, to_count(first), layout, err);
    }
    return BL_OK;
}

bl_status bl_layout_of_type(bl_context *context, const char *type_name, bl_layout *layout,
                            bool *ret_understood, bl_error *err) {
    return parse(context, (span){type_name, strlen(type_name)}, 0, layout, ret_understood, err);
}
