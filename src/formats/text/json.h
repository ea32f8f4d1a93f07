// SPDX-License-Identifier: Apache-2.0
/// \file
/// JSON in one line or one cell, read from the front without building anything. Python's NaN and
/// Infinity count as numbers.
/// \source RFC 8259
#ifndef BL_FORMATS_TEXT_JSON_H
#define BL_FORMATS_TEXT_JSON_H

#include "column/builder.h"

/// Values nest no deeper.
enum { BL_JSON_DEPTH = 48 };

typedef struct bl_json {
    const char *end; ///< of the text; what lies behind may be looked at for 8 bytes
    bl_context *context;
    uint8_t **scratch; ///< for text without its escapes; grown as needed
    size_t *scratch_size;
    const char *failed_at; ///< NULL: nothing is wrong
    const char *problem;   ///< what is wrong there; NULL: the value is not of type `wanted`
    const bl_type *wanted;
    bl_status failed; ///< BL_E_CORRUPT, BL_E_TYPE, BL_E_NOMEM
} bl_json;

/// Whether a text, which may hold zeros, is a name.
static inline bool bl_name_is(const char *name, const char *text, size_t size) {
    return strlen(name) == size && memcmp(name, text, size) == 0;
}

/// Notes what is wrong, unless something was before. \return NULL
const char *bl_json_fail(bl_json *json, const char *at, bl_status status, const char *problem);

static inline const char *bl_json_space(const bl_json *json, const char *at) {
    while (at < json->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/// Reads a string whose quote is at `at`. \param ret_text  without escapes; until the next call
/// \return behind it; NULL after a failure
const char *bl_json_string(bl_json *json, const char *at, const char **ret_text, size_t *ret_size);
/// Steps over a value. \return behind it; NULL after a failure
const char *bl_json_skip(bl_json *json, const char *at);
/// Steps over a word such as "null"; NULL where it is not there, which is no failure.
const char *bl_json_word(const bl_json *json, const char *at, const char *word);
/// Steps over a number that JSON does not know: NaN, Infinity, -Infinity; NULL where there is none.
const char *bl_json_special(const bl_json *json, const char *at, double *ret_value);

/// Appends the value at `at` to a builder. \return behind it; NULL after a failure
const char *bl_json_value(bl_json *json, const char *at, bl_builder *builder, unsigned depth);

/// What is done with the members of an object, `at` at the value of each. \return behind it
typedef const char *(*bl_json_member_fn)(bl_json *json, void *user, const char *name, size_t size,
                                         const char *at);
/// Reads an object whose brace is at `at`.
const char *bl_json_object(bl_json *json, const char *at, bl_json_member_fn member, void *user);

/// Cuts a builder to its first `length` values.
void bl_builder_rewind(bl_builder *builder, int64_t length);

#endif
