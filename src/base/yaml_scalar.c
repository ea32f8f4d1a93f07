// SPDX-License-Identifier: Apache-2.0
// Plain scalars of YAML 1.1 as PyYAML takes them: a float needs its dot and a sign in its exponent,
// a leading 0 is octal, 1:30 counts by sixties. Dates are left as texts.
#include "base/yaml_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <yaml.h>

enum { MOST_NUMBER = 255 };

static bool is_among(const char *const *words, const char *text) {
    for (; *words; words++)
        if (strcmp(*words, text) == 0)
            return true;
    return false;
}

static bool set_null(bl_item *item) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    return is_among(words, item->text); // its kind is that already
}

static bool set_bool(bl_item *item) {
    static const char *const yes[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON",   NULL};
    static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
                                     "FALSE", "off", "Off", "OFF",   NULL};
    bool is_true = is_among(yes, item->text);
    if (!is_true && !is_among(no, item->text))
        return false;
    item->kind = BL_ITEM_BOOL;
    item->integer = is_true;
    item->number = is_true;
    return true;
}

/// Length of the leading characters that are digits of a base, or underscores.
static size_t digits(const char *text, const char *allowed) { return strspn(text, allowed); }

static const char *after_sign(const char *text) {
    return *text == '-' || *text == '+' ? text + 1 : text;
}

/// A copy without underscores. \param copy [MOST_NUMBER + 1]
static void without_underscores(const char *text, char *copy) {
    for (; *text; text++)
        if (*text != '_')
            *copy++ = *text;
    *copy = 0;
}

/// ":MM" again and again, as behind hours. \param text at the first ':' \return its end
static const char *sixties(const char *text, double *value) {
    while (*text == ':' && isdigit((unsigned char)text[1])) {
        unsigned part = (unsigned)(text[1] - '0');
        text += 2;
        if (isdigit((unsigned char)*text) && part <= 5)
            part = 10 * part + (unsigned)(*text++ - '0');
        *value = 60 * *value + part;
    }
    return text;
}

/// The base that an integer is written in, 0 where the text is none, 60 where it counts by sixties.
/// \param text without its sign
static int base_of(const char *text) {
    if (text[0] == '0' && text[1] == 'b')
        return text[2] && !text[2 + digits(text + 2, "01_")] ? 2 : 0;
    if (text[0] == '0' && text[1] == 'x')
        return text[2] && !text[2 + digits(text + 2, "0123456789abcdefABCDEF_")] ? 16 : 0;
    if (text[0] == '0')
        return text[1 + digits(text + 1, "01234567_")] ? 0 : text[1] ? 8 : 10;
    if (text[0] < '1' || text[0] > '9')
        return 0;
    double ignored = 0;
    const char *rest = text + digits(text, "0123456789_");
    if (*rest == ':')
        return *sixties(rest, &ignored) ? 0 : 60;
    return *rest ? 0 : 10;
}

static bool set_by_sixties(bl_item *item, const char *digits_of_it) {
    char *end;
    double value = strtod(digits_of_it, &end);
    const char *rest = sixties(end, &value);
    if (*rest || value > 9e15)
        return false;
    item->integer = (int64_t)value;
    return true;
}

static bool set_integer(bl_item *item) {
    const char *text = after_sign(item->text);
    char copy[MOST_NUMBER + 1], *end;
    int base = base_of(text);
    if (base == 0)
        return false;
    without_underscores(text, copy);
    errno = 0;
    const char *first = copy + (base == 2 || base == 16 ? 2 : 0);
    if (base == 60 ? !set_by_sixties(item, copy)
                   : (item->integer = strtoll(first, &end, base), end == first))
        return false;
    item->kind = errno ? BL_ITEM_FLOAT : BL_ITEM_INTEGER; // Python's integers have no end
    item->number = errno ? strtod(copy, NULL) : (double)item->integer;
    if (item->text[0] == '-') {
        item->integer = -item->integer;
        item->number = -item->number;
    }
    return true;
}

static bool set_special(bl_item *item) {
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    if (is_among(nans, item->text))
        item->number = NAN;
    else if (is_among(infinities, after_sign(item->text)))
        item->number = item->text[0] == '-' ? -INFINITY : INFINITY;
    else
        return false;
    item->kind = BL_ITEM_FLOAT;
    return true;
}

static bool set_float(bl_item *item) {
    const char *text = after_sign(item->text);
    char copy[MOST_NUMBER + 1], *end;
    double hours = 0;
    size_t whole = isdigit((unsigned char)*text) ? digits(text, "0123456789_") : 0;
    if (whole == 0 && (*text != '.' || !isdigit((unsigned char)text[1]) || text != item->text))
        return set_special(item);
    bool has_sixties = text[whole] == ':';
    const char *dot = has_sixties ? sixties(text + whole, &hours) : text + whole;
    if (*dot != '.')
        return false;
    const char *rest = dot + 1 + digits(dot + 1, "0123456789_");
    if (!has_sixties && (*rest == 'e' || *rest == 'E')) {
        if (rest[1] != '+' && rest[1] != '-')
            return false;
        size_t n = digits(rest + 2, "0123456789");
        if (n == 0)
            return false;
        rest += 2 + n;
    }
    if (*rest)
        return false;
    without_underscores(text, copy);
    item->number = strtod(copy, &end);
    if (has_sixties) {
        hours = item->number;
        const char *fraction = sixties(end, &hours);
        item->number = hours + strtod(fraction, NULL);
    }
    if (item->text[0] == '-')
        item->number = -item->number;
    item->kind = BL_ITEM_FLOAT;
    return true;
}

static bool set_text(bl_item *item) {
    item->kind = BL_ITEM_TEXT;
    return true;
}

bool bl_yaml_scalar(bl_item *item, const char *tag, bool is_plain) {
    static const struct {
        const char *tag;
        bool (*set)(bl_item *item);
    } kinds[] = {{YAML_NULL_TAG, set_null},
                 {YAML_BOOL_TAG, set_bool},
                 {YAML_INT_TAG, set_integer},
                 {YAML_FLOAT_TAG, set_float},
                 {YAML_STR_TAG, set_text}};
    bool is_short = strlen(item->text) <= MOST_NUMBER;
    if (!is_plain && (!tag || strcmp(tag, "!") == 0))
        return set_text(item);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (tag ? strcmp(kinds[i].tag, tag) != 0 : !is_short && kinds[i].set != set_text)
            continue;
        if (kinds[i].set(item))
            return true;
    }
    return false;
}
