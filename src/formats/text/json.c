// SPDX-License-Identifier: Apache-2.0
// JSON from the front: strings, words, and stepping over values. Whatever is looked at for its
// bytes is checked as far as it decides where a value ends.
#include "formats/text/json.h"

#include <math.h>

#include "base/number_text.h"
#include "formats/text/table.h"

const char *bl_json_fail(bl_json *json, const char *at, bl_status status, const char *problem) {
    if (json->failed == BL_OK) {
        json->failed = status;
        json->failed_at = at;
        json->problem = problem;
    }
    return NULL;
}

// ---- strings ----

#define ONES 0x0101010101010101U
#define TOPS 0x8080808080808080U

/// Some byte of eight that is `c` has its highest bit set, and maybe others above it.
static inline uint64_t find8(uint64_t eight, uint8_t c) {
    uint64_t x = eight ^ (ONES * c);
    return (x - ONES) & ~x & TOPS;
}

/// The first quote or backslash at or behind `at`, or the end.
static inline const char *find_special(const bl_json *json, const char *at) {
    while (json->end - at >= 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        if (find8(eight, '"') | find8(eight, '\\'))
            break;
        at += 8;
    }
    while (at < json->end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/// Four hexadecimal digits; UINT32_MAX where there are none.
static uint32_t take_hex(const bl_json *json, const char *at) {
    uint32_t code = 0;
    if (json->end - at < 4)
        return UINT32_MAX;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return UINT32_MAX;
        code = 16 * code + digit;
    }
    return code;
}

static size_t put_utf8(uint8_t *out, uint32_t code) {
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(heads[n] | code);
    return n;
}

/// What "\u" stands for, a pair of surrogates at once. \return behind it
static const char *take_unicode(bl_json *json, const char *at, uint8_t *out, size_t *n) {
    uint32_t code = take_hex(json, at), low;
    if (code == UINT32_MAX)
        return bl_json_fail(json, at, BL_E_CORRUPT, "\\u without four hexadecimal digits");
    at += 4;
    if (code >= 0xd800 && code < 0xe000) {
        bool is_pair = code < 0xdc00 && json->end - at >= 6 && at[0] == '\\' && at[1] == 'u';
        low = is_pair ? take_hex(json, at + 2) : 0;
        if (low < 0xdc00 || low >= 0xe000)
            return bl_json_fail(json, at - 6, BL_E_CORRUPT, "half a pair of surrogates");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
    }
    *n += put_utf8(out + *n, code);
    return at;
}

/// \param at behind the backslash
static const char *take_escape(bl_json *json, const char *at, uint8_t *out, size_t *n) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (at < json->end && *at == 'u')
        return take_unicode(json, at + 1, out, n);
    const char *found = at < json->end && *at ? strchr(names, *at) : NULL;
    if (!found)
        return bl_json_fail(json, at - 1, BL_E_CORRUPT, "an unknown escape in a string");
    out[(*n)++] = (uint8_t)values[found - names];
    return at + 1;
}

static const char *unescape(bl_json *json, const char *begin, const char *at, const char **ret_text,
                            size_t *ret_size) {
    size_t n = 0, most = (size_t)(json->end - begin) + 8;
    if (bl_scratch_grow(json->context, json->scratch, json->scratch_size, most, 1, NULL) != BL_OK)
        return bl_json_fail(json, begin, BL_E_NOMEM, "out of memory for a string");
    uint8_t *out = *json->scratch;
    for (;;) {
        memcpy(out + n, begin, (size_t)(at - begin));
        n += (size_t)(at - begin);
        if (at == json->end)
            return bl_json_fail(json, at, BL_E_CORRUPT, "a string is not closed");
        if (*at == '"')
            break;
        begin = take_escape(json, at + 1, out, &n);
        if (!begin)
            return NULL;
        at = find_special(json, begin);
    }
    *ret_text = (const char *)out;
    *ret_size = n;
    return at + 1;
}

const char *bl_json_string(bl_json *json, const char *at, const char **ret_text, size_t *ret_size) {
    const char *begin = at + 1;
    at = find_special(json, begin);
    if (at < json->end && *at == '"') {
        *ret_text = begin;
        *ret_size = (size_t)(at - begin);
        return at + 1;
    }
    if (at == json->end)
        return bl_json_fail(json, begin - 1, BL_E_CORRUPT, "a string is not closed");
    return unescape(json, begin, at, ret_text, ret_size);
}

static const char *skip_string(bl_json *json, const char *at) {
    const char *begin = at++;
    for (;;) {
        at = find_special(json, at);
        if (at >= json->end)
            return bl_json_fail(json, begin, BL_E_CORRUPT, "a string is not closed");
        if (*at == '"')
            return at + 1;
        at += at + 1 < json->end ? 2 : 1;
    }
}

// ---- words and numbers ----

const char *bl_json_word(const bl_json *json, const char *at, const char *word) {
    size_t n = strlen(word);
    return (size_t)(json->end - at) >= n && memcmp(at, word, n) == 0 ? at + n : NULL;
}

const char *bl_json_special(const bl_json *json, const char *at, double *ret_value) {
    static const struct {
        const char *word;
        double value;
    } words[] = {
        {"NaN", (double)NAN}, {"Infinity", (double)INFINITY}, {"-Infinity", -(double)INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *behind = bl_json_word(json, at, words[i].word);
        if (behind) {
            *ret_value = words[i].value;
            return behind;
        }
    }
    return NULL;
}

// ---- stepping over ----

static const char *skip_scalar(bl_json *json, const char *at) {
    static const char *const words[] = {"null", "true", "false"};
    const char *behind;
    double special;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((behind = bl_json_word(json, at, words[i])))
            return behind;
    if ((behind = bl_json_special(json, at, &special)))
        return behind;
    (void)bl_number_read_float64(at, json->end, &behind);
    if (behind && *at != '+' && *at != '.')
        return behind;
    return bl_json_fail(json, at, BL_E_CORRUPT, "no JSON value");
}

/// Steps over a list or an object by its brackets alone; what is between them is not looked at.
static const char *skip_nested(bl_json *json, const char *at) {
    const char *begin = at;
    unsigned depth = 0;
    while (at < json->end) {
        char c = *at;
        if (c == '"') {
            at = skip_string(json, at);
            if (!at)
                return NULL;
            continue;
        }
        at++;
        if (c == '[' || c == '{') {
            if (++depth > BL_JSON_DEPTH)
                return bl_json_fail(json, at - 1, BL_E_LIMIT, "values nest too deep");
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return at;
        }
    }
    return bl_json_fail(json, begin, BL_E_CORRUPT, "a bracket is not closed");
}

const char *bl_json_skip(bl_json *json, const char *at) {
    if (at == json->end)
        return bl_json_fail(json, at, BL_E_CORRUPT, "a value is missing");
    if (*at == '"')
        return skip_string(json, at);
    return *at == '[' || *at == '{' ? skip_nested(json, at) : skip_scalar(json, at);
}

// ---- objects ----

/// Reads a name and the colon behind it. \return at the value
static const char *take_name(bl_json *json, const char *at, const char **ret_name, size_t *ret_n) {
    if (at == json->end || *at != '"')
        return bl_json_fail(json, at, BL_E_CORRUPT, "a key in quotes is missing");
    at = bl_json_string(json, at, ret_name, ret_n);
    if (!at)
        return NULL;
    at = bl_json_space(json, at);
    if (at == json->end || *at != ':')
        return bl_json_fail(json, at, BL_E_CORRUPT, "a colon is missing");
    return bl_json_space(json, at + 1);
}

const char *bl_json_object(bl_json *json, const char *at, bl_json_member_fn member, void *user) {
    const char *name;
    size_t n;
    at = bl_json_space(json, at + 1);
    if (at < json->end && *at == '}')
        return at + 1;
    for (;;) {
        at = take_name(json, at, &name, &n);
        at = at ? member(json, user, name, n, at) : NULL;
        if (!at)
            return NULL;
        at = bl_json_space(json, at);
        if (at < json->end && *at == '}')
            return at + 1;
        if (at == json->end || *at != ',')
            return bl_json_fail(json, at, BL_E_CORRUPT, "a comma or a brace is missing");
        at = bl_json_space(json, at + 1);
    }
}
