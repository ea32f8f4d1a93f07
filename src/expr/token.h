// SPDX-License-Identifier: Apache-2.0
/// \file
/// Expressions as words: numbers, names, texts and signs, each with its place in the text.
#ifndef BL_EXPR_TOKEN_H
#define BL_EXPR_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/// The one table of signs: X(name, text). Of two that begin alike the longer one stands first.
#define BL_SIGN_TABLE(X)  \
    X(POWER, "**")        \
    X(FLOOR_DIVIDE, "//") \
    X(LESS_EQUAL, "<=")   \
    X(MORE_EQUAL, ">=")   \
    X(EQUAL, "==")        \
    X(NOT_EQUAL, "!=")    \
    X(SHIFT_LEFT, "<<")   \
    X(SHIFT_RIGHT, ">>")  \
    X(AND_AND, "&&")      \
    X(OR_OR, "||")        \
    X(ASSIGN, "=")        \
    X(LESS, "<")          \
    X(MORE, ">")          \
    X(PLUS, "+")          \
    X(MINUS, "-")         \
    X(TIMES, "*")         \
    X(DIVIDE, "/")        \
    X(REMAINDER, "%")     \
    X(AND, "&")           \
    X(OR, "|")            \
    X(XOR, "^")           \
    X(TILDE, "~")         \
    X(NOT, "!")           \
    X(LEFT_PAREN, "(")    \
    X(RIGHT_PAREN, ")")   \
    X(LEFT_BRACKET, "[")  \
    X(RIGHT_BRACKET, "]") \
    X(COMMA, ",")         \
    X(COLON, ":")         \
    X(QUESTION, "?")      \
    X(DOT, ".")

typedef enum bl_token_kind {
#define BL_SIGN_ENUM(name, text) BL_TOKEN_##name,
    BL_SIGN_TABLE(BL_SIGN_ENUM)
#undef BL_SIGN_ENUM
        BL_TOKEN_INTEGER,
    BL_TOKEN_FLOAT,
    BL_TOKEN_TEXT, ///< 'quoted' or "quoted"
    BL_TOKEN_NAME, ///< letters, digits and underscores, or anything in `backquotes`
    BL_TOKEN_END,
} bl_token_kind;

typedef struct bl_token {
    bl_token_kind kind;
    uint32_t begin, end; ///< bytes in the text
    const char *name;    ///< of a name or text: without its quotes; in the arena
    bool is_quoted;      ///< a name that is no word of the language
    int64_t integer;
    double number;
} bl_token;

/// Reads one word. \param position moves behind it
/// \return BL_OK, BL_E_INVALID (with the place marked), BL_E_NOMEM
bl_status bl_token_next(bl_arena *arena, const char *text, uint32_t *position, bl_token *ret_token,
                        bl_error *err);

/// "MESSAGE" with the text below it and a mark under bytes [begin, end); returns `status`.
bl_status bl_expr_error(bl_error *err, bl_status status, const char *text, uint32_t begin,
                        uint32_t end, const char *format, ...) BL_PRINTF(6, 7);

#ifndef BL_EXPR_TOKEN_C // analyzers shall see that an error is never BL_OK, as in base/error.h
#define bl_expr_error(err, status, ...)                        \
    __extension__({                                            \
        bl_status expr_status_ = (status);                     \
        (void)bl_expr_error((err), expr_status_, __VA_ARGS__); \
        expr_status_;                                          \
    })
#endif

#endif
