// SPDX-License-Identifier: Apache-2.0
// Words of expressions, as Python writes them, and the marks under what is wrong with them.
#define BL_EXPR_TOKEN_C
#include "expr/token.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const sign_texts[] = {
#define TEXT(name, text) text,
    BL_SIGN_TABLE(TEXT)
#undef TEXT
};

enum { N_SIGNS = sizeof sign_texts / sizeof *sign_texts };

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ---- errors ----

/// The part of a text around the marked bytes that fits a line.
static void show_marked(char *out, size_t size, const char *text, uint32_t begin, uint32_t end) {
    enum { WIDTH = 72, BEFORE = 48 };
    size_t length = strlen(text), from = begin > BEFORE ? begin - BEFORE : 0;
    size_t shown = length - from > WIDTH ? WIDTH : length - from;
    size_t n = (size_t)snprintf(out, size, "\n  %.*s\n  ", (int)shown, text + from);
    for (size_t i = 2; i < n && i < size; i++) // a mark belongs under one line
        if (out[i] == '\t' || (out[i] == '\n' && i != 3 + shown))
            out[i] = ' ';
    size_t marks = end > begin ? end - begin : 1;
    for (size_t i = 0; i < begin - from + marks && i <= WIDTH && n + 1 < size; i++)
        out[n++] = i < begin - from ? ' ' : '^';
    out[n < size ? n : size - 1] = '\0';
}

bl_status bl_expr_error(bl_error *err, bl_status status, const char *text, uint32_t begin,
                        uint32_t end, const char *format, ...) {
    char message[512], marked[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    show_marked(marked, sizeof marked, text, begin, end);
    return bl_error_set(err, status, "%s%s", message, marked);
}

// ---- words ----

static bl_status read_number(const char *text, bl_token *token, bl_error *err) {
    const char *at = text + token->begin;
    char *integer_end, *number_end;
    errno = 0;
    bool is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    token->integer = strtoll(at, &integer_end, is_hex ? 16 : 10);
    bool too_large = errno == ERANGE;
    token->number = strtod(at, &number_end);
    token->kind = number_end > integer_end && !is_hex ? BL_TOKEN_FLOAT : BL_TOKEN_INTEGER;
    const char *end = token->kind == BL_TOKEN_FLOAT ? number_end : integer_end;
    if (token->kind == BL_TOKEN_FLOAT && (*end == 'f' || *end == 'F')) // as C++ writes them
        end++;
    token->end = (uint32_t)(end - text);
    if (token->kind == BL_TOKEN_INTEGER && too_large)
        return bl_expr_error(err, BL_E_INVALID, text, token->begin, token->end,
                             "a whole number past 9223372036854775807");
    if (is_letter(*end) || is_digit(*end))
        return bl_expr_error(err, BL_E_INVALID, text, token->begin, token->end + 1,
                             "no number and no name; names do not begin with a digit");
    return BL_OK;
}

/// A text or a name in quotes; there are no escapes.
static bl_status read_quoted(bl_arena *arena, const char *text, bl_token *token, bl_error *err) {
    const char *at = text + token->begin, *end = strchr(at + 1, *at);
    if (!end)
        return bl_expr_error(err, BL_E_INVALID, text, token->begin, token->begin + 1,
                             "this quote is never closed");
    token->kind = *at == '`' ? BL_TOKEN_NAME : BL_TOKEN_TEXT;
    token->is_quoted = true;
    token->end = (uint32_t)(end + 1 - text);
    token->name = bl_arena_text(arena, at + 1, (size_t)(end - at - 1));
    return token->name ? BL_OK : bl_error_nomem(err, (size_t)(end - at), "an expression");
}

static bl_status read_name(bl_arena *arena, const char *text, bl_token *token, bl_error *err) {
    uint32_t end = token->begin;
    while (is_letter(text[end]) || is_digit(text[end]))
        end++;
    token->kind = BL_TOKEN_NAME;
    token->end = end;
    token->name = bl_arena_text(arena, text + token->begin, end - token->begin);
    return token->name ? BL_OK : bl_error_nomem(err, end - token->begin, "an expression");
}

static bl_status read_sign(const char *text, bl_token *token, bl_error *err) {
    const char *at = text + token->begin;
    for (int i = 0; i < N_SIGNS; i++) {
        size_t length = strlen(sign_texts[i]);
        if (strncmp(at, sign_texts[i], length) != 0)
            continue;
        token->kind = (bl_token_kind)i;
        token->end = token->begin + (uint32_t)length;
        return BL_OK;
    }
    return bl_expr_error(err, BL_E_INVALID, text, token->begin, token->begin + 1,
                         "nothing in an expression begins like this");
}

bl_status bl_token_next(bl_arena *arena, const char *text, uint32_t *position, bl_token *ret_token,
                        bl_error *err) {
    uint32_t begin = *position;
    while (text[begin] == ' ' || text[begin] == '\t' || text[begin] == '\n' || text[begin] == '\r')
        begin++;
    bl_token token = {.kind = BL_TOKEN_END, .begin = begin, .end = begin};
    char c = text[begin];
    if (is_digit(c) || (c == '.' && is_digit(text[begin + 1])))
        BL_TRY(read_number(text, &token, err));
    else if (is_letter(c))
        BL_TRY(read_name(arena, text, &token, err));
    else if (c == '\'' || c == '"' || c == '`')
        BL_TRY(read_quoted(arena, text, &token, err));
    else if (c)
        BL_TRY(read_sign(text, &token, err));
    *position = token.end;
    *ret_token = token;
    return BL_OK;
}
