// SPDX-License-Identifier: Apache-2.0
// Where the items of one list of JSON end, behind its bracket: at commas that are in no text and in
// no brackets but the list's own, and at the bracket that closes it. Byte by byte; what is no JSON
// is left for the parser to complain of.
#include "formats/text/marks.h"

/// `inside`: within a text, or behind a backslash there.
enum { WITHIN = 1, ESCAPED = 2 };

static void take_text(bl_marks_state *s, uint8_t c) {
    if (s->inside == ESCAPED)
        s->inside = WITHIN;
    else if (c == '\\')
        s->inside = ESCAPED;
    else if (c == '"')
        s->inside = 0;
}

bool bl_marks_list_ends(bl_marks_state *s, uint8_t c) {
    if (s->is_closed) {
        s->is_followed |= c != ' ' && c != '\t' && c != '\r' && c != '\n';
        return false;
    }
    if (s->inside) {
        take_text(s, c);
        return false;
    }
    switch (c) {
    case '"':
        s->inside = WITHIN;
        return false;
    case '[':
    case '{':
        s->depth++;
        return false;
    case ']':
    case '}':
        s->is_closed = s->depth == 0 && c == ']';
        s->depth -= s->depth > 0;
        return s->is_closed;
    default:
        return c == ',' && s->depth == 0;
    }
}

static void count_list(const uint8_t *text, size_t size, uint8_t separator, bl_marks_state *state,
                       bl_marks_count *count) {
    (void)separator;
    for (size_t i = 0; i < size; i++) {
        count->n_rows += bl_marks_list_ends(state, text[i]);
        count->n_lines += text[i] == '\n';
    }
}

static size_t split_list(const uint8_t *text, size_t size, uint8_t separator, bl_marks_what what,
                         bl_marks_state *state, uint32_t base, uint32_t *ends) {
    size_t n = 0;
    (void)separator, (void)what;
    for (size_t i = 0; i < size; i++)
        if (bl_marks_list_ends(state, text[i]))
            ends[n++] = base + (uint32_t)i;
    return n;
}

const bl_marks_kernels bl_marks_list = {"list", count_list, split_list};
