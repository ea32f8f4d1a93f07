// SPDX-License-Identifier: Apache-2.0
// Types that a user gives where those that the records suggest are not wanted:
// "x=float64, hits=list<float32>". Blanks do not count; a '?' behind a type, as types are printed
// where they may be null, is allowed.
#include <ctype.h>

#include "base/names.h"
#include "formats/tfrecord/columns.h"

/// A part of the text.
typedef struct part {
    const char *at;
    size_t length;
} part;

static part trimmed(const char *from, const char *to) {
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return (part){from, (size_t)(to - from)};
}

static bool is_text(part p, const char *text) {
    return strlen(text) == p.length && memcmp(p.at, text, p.length) == 0;
}

/// What is inside of "list<…>". \return false where it is none
static bool unwrap(part *p) {
    static const char list[] = "list<";
    size_t n = sizeof list - 1;
    if (p->length && p->at[p->length - 1] == '?')
        *p = trimmed(p->at, p->at + p->length - 1);
    if (p->length <= n || memcmp(p->at, list, n) != 0 || p->at[p->length - 1] != '>')
        return false;
    *p = trimmed(p->at + n, p->at + p->length - 1);
    return true;
}

/// Whether values of these kinds can become such items.
static bool fits(const bl_tf_stat *stat, bl_type_id item) {
    bool is_text = item == BL_UTF8 || item == BL_BINARY;
    bool is_real = item == BL_FLOAT32 || item == BL_FLOAT64;
    if (stat->first[BL_TF_BYTES] && !is_text)
        return false;
    if (stat->first[BL_TF_FLOAT] && !is_real)
        return false;
    return !stat->first[BL_TF_INT64] || !is_text;
}

static bl_status apply(bl_tf_column *column, part type, bl_error *err) {
    part given = type;
    unsigned depth = 0;
    while (unwrap(&type))
        depth++;
    bl_type_id item = BL_BOOL;
    while (item <= BL_UTF8 && !is_text(type, bl_type_id_text(item)))
        item++;
    if (item > BL_UTF8)
        return bl_error_set(err, BL_E_INVALID, "'%.*s' is no type of a feature", (int)given.length,
                            given.at);
    if (depth > (column->is_list ? 2u : 1u) || depth < (unsigned)column->is_list)
        return bl_error_set(err, BL_E_INVALID, "'%s' is a feature%s, which cannot become '%.*s'",
                            column->name, column->is_list ? " list" : "", (int)given.length,
                            given.at);
    if (!fits(&column->stat, item))
        return bl_error_set(err, BL_E_INVALID, "'%s' holds other values than %s", column->name,
                            bl_type_id_text(item));
    column->depth = depth;
    column->item = item;
    return BL_OK;
}

static bl_status unknown(const bl_tf_columns *columns, part name, bl_error *err) {
    bl_nearest nearest;
    char wanted[256];
    size_t n = name.length < sizeof wanted ? name.length : sizeof wanted - 1;
    memcpy(wanted, name.at, n);
    wanted[n] = '\0';
    bl_nearest_init(&nearest, wanted);
    for (size_t i = 0; i < columns->n; i++)
        bl_nearest_offer(&nearest, columns->items[i].name);
    return bl_nearest_hint(
        &nearest, bl_error_set(err, BL_E_NOTFOUND, "no feature is called '%s'", wanted), err);
}

/// "name=type". A name that a feature and a feature list have means both.
static bl_status apply_one(bl_tf_columns *columns, part one, bool *is_given, bl_error *err) {
    const char *end = one.at + one.length, *equals = end;
    while (equals > one.at && *--equals != '=') // names may hold one, types do not
        ;
    if (equals == one.at)
        return bl_error_set(err, BL_E_INVALID, "'%.*s' is not NAME=TYPE", (int)one.length, one.at);
    part name = trimmed(one.at, equals), type = trimmed(equals + 1, end);
    bool is_found = false;
    for (size_t i = 0; i < columns->n; i++) {
        if (!is_text(name, columns->items[i].name))
            continue;
        BL_TRY(apply(&columns->items[i], type, err));
        is_found = is_given[i] = true;
    }
    return is_found ? BL_OK : unknown(columns, name, err);
}

bl_status bl_tf_types_apply(bl_tf_columns *columns, const char *types, bool *is_given,
                            bl_error *err) {
    for (const char *at = types;;) {
        const char *end = at + strcspn(at, ",");
        part one = trimmed(at, end);
        if (one.length)
            BL_TRY(apply_one(columns, one, is_given, err));
        if (!*end)
            return BL_OK;
        at = end + 1;
    }
}
