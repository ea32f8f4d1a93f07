// SPDX-License-Identifier: Apache-2.0
// What values of a leaf are: from its physical type and what that stands for, said in either of two
// ways.
//
// A decimal becomes the nearest float64, a half float a float32: for learning they are numbers.
#include <stdio.h>

#include "formats/parquet/schema.h"

static const char *const physical_names[BL_PARQUET_N_TYPES] = {
    "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};

static const char *logical_name(const bl_parquet_element *e) {
    static const char *const logical[] = {"",        "STRING",  "MAP",      "LIST",      "ENUM",
                                          "DECIMAL", "DATE",    "TIME",     "TIMESTAMP", "",
                                          "INTEGER", "NULL",    "JSON",     "BSON",      "UUID",
                                          "FLOAT16", "VARIANT", "GEOMETRY", "GEOGRAPHY"};
    static const char *const converted[] = {"UTF8",
                                            "MAP",
                                            "MAP_KEY_VALUE",
                                            "LIST",
                                            "ENUM",
                                            "DECIMAL",
                                            "DATE",
                                            "TIME_MILLIS",
                                            "TIME_MICROS",
                                            "TIMESTAMP_MILLIS",
                                            "TIMESTAMP_MICROS",
                                            "UINT_8",
                                            "UINT_16",
                                            "UINT_32",
                                            "UINT_64",
                                            "INT_8",
                                            "INT_16",
                                            "INT_32",
                                            "INT_64",
                                            "JSON",
                                            "BSON",
                                            "INTERVAL"};
    if (e->logical > 0 && (size_t)e->logical < sizeof logical / sizeof *logical)
        return logical[e->logical];
    if (e->converted >= 0 && (size_t)e->converted < sizeof converted / sizeof *converted)
        return converted[e->converted];
    return "";
}

const char *bl_parquet_element_text(bl_arena *arena, const bl_parquet_element *e) {
    static const char *const repetitions[] = {"", "optional ", "repeated "};
    const char *repetition = (unsigned)e->repetition < 3 ? repetitions[e->repetition] : "";
    const char *physical =
        e->type >= 0 && e->type < BL_PARQUET_N_TYPES ? physical_names[e->type] : "group";
    const char *logical = logical_name(e);
    return bl_arena_printf(arena, "%s%s%s%s", repetition, physical, *logical ? " " : "", logical);
}

static bl_status unreadable(bl_arena *arena, bl_parquet_node *node, const char *why,
                            bl_error *err) {
    node->unreadable = bl_arena_text(arena, why, strlen(why));
    return node->unreadable ? BL_OK : bl_error_nomem(err, strlen(why), "a reason");
}

static bl_status plain(bl_parquet_node *node, bl_type_id id) {
    node->type = node->is_nullable ? bl_type_primitive_nullable(id) : bl_type_primitive(id);
    return BL_OK;
}

static bl_status logical(bl_arena *arena, bl_parquet_node *node, bl_type_id id, const char *text,
                         bl_error *err) {
    return bl_type_new_logical(arena->context, id, text, node->is_nullable, &node->type, err);
}

static bl_status converted(bl_parquet_node *node, bl_parquet_conversion conversion, bl_type_id id) {
    node->conversion = conversion;
    return plain(node, id);
}

/// Letters of Arrow's units: 1 ms, 2 µs, 3 ns.
static char unit_letter(const bl_parquet_element *e) {
    switch (e->converted) {
    case BL_PARQUET_CONVERTED_TIME_MILLIS:
    case BL_PARQUET_CONVERTED_TIMESTAMP_MILLIS:
        return 'm';
    case BL_PARQUET_CONVERTED_TIME_MICROS:
    case BL_PARQUET_CONVERTED_TIMESTAMP_MICROS:
        return e->logical ? "?mun"[e->unit & 3] : 'u';
    default:
        return "?mun"[e->unit & 3];
    }
}

static bl_status time_of(bl_arena *arena, bl_parquet_node *node, bl_error *err) {
    const bl_parquet_element *e = node->element;
    bool is_stamp = e->logical == BL_PARQUET_LOGICAL_TIMESTAMP ||
                    e->converted == BL_PARQUET_CONVERTED_TIMESTAMP_MILLIS ||
                    e->converted == BL_PARQUET_CONVERTED_TIMESTAMP_MICROS;
    bool is_utc = e->logical ? e->is_utc : true;
    char text[16], unit = unit_letter(e);
    if (unit == '?')
        return unreadable(arena, node, "a time of an unknown unit", err);
    if (is_stamp)
        snprintf(text, sizeof text, "ts%c:%s", unit, is_utc ? "UTC" : "");
    else
        snprintf(text, sizeof text, "tt%c", unit);
    bl_type_id id = e->type == BL_PARQUET_INT32 ? BL_INT32 : BL_INT64;
    size_t width = bl_type_logical_width(text);
    if (width != (id == BL_INT32 ? 4 : 8))
        return unreadable(arena, node, "a time whose unit does not fit its type", err);
    return logical(arena, node, id, text, err);
}

static bl_status integer_of(bl_parquet_node *node) {
    const bl_parquet_element *e = node->element;
    static const bl_type_id signed_ids[] = {BL_INT8, BL_INT16, BL_INT32, BL_INT64};
    static const bl_type_id unsigned_ids[] = {BL_UINT8, BL_UINT16, BL_UINT32, BL_UINT64};
    int width = e->bit_width;
    bool is_signed = e->is_signed;
    if (e->logical != BL_PARQUET_LOGICAL_INTEGER) {
        is_signed = e->converted >= BL_PARQUET_CONVERTED_INT_8;
        width = 8 << (e->converted -
                      (is_signed ? BL_PARQUET_CONVERTED_INT_8 : BL_PARQUET_CONVERTED_UINT_8));
    }
    int place = width == 8 ? 0 : width == 16 ? 1 : width == 32 ? 2 : width == 64 ? 3 : -1;
    bool is_wide = e->type == BL_PARQUET_INT64;
    if (place < 0 || is_wide != (place == 3)) // what it says cannot be: take it as it is stored
        return plain(node, is_wide ? BL_INT64 : BL_INT32);
    if (place < 2)
        node->conversion = BL_PARQUET_NARROWED;
    return plain(node, is_signed ? signed_ids[place] : unsigned_ids[place]);
}

static bl_status type_of_integer(bl_arena *arena, bl_parquet_node *node, bl_error *err) {
    const bl_parquet_element *e = node->element;
    if (e->logical == BL_PARQUET_LOGICAL_DECIMAL ||
        (!e->logical && e->converted == BL_PARQUET_CONVERTED_DECIMAL))
        return converted(node, BL_PARQUET_DECIMAL_INT, BL_FLOAT64);
    if (e->type == BL_PARQUET_INT32 && (e->logical == BL_PARQUET_LOGICAL_DATE ||
                                        (!e->logical && e->converted == BL_PARQUET_CONVERTED_DATE)))
        return logical(arena, node, BL_INT32, "tdD", err);
    if (e->logical == BL_PARQUET_LOGICAL_TIME || e->logical == BL_PARQUET_LOGICAL_TIMESTAMP ||
        (!e->logical && e->converted >= BL_PARQUET_CONVERTED_TIME_MILLIS &&
         e->converted <= BL_PARQUET_CONVERTED_TIMESTAMP_MICROS))
        return time_of(arena, node, err);
    if (e->logical == BL_PARQUET_LOGICAL_INTEGER ||
        (!e->logical && e->converted >= BL_PARQUET_CONVERTED_UINT_8 &&
         e->converted <= BL_PARQUET_CONVERTED_INT_64))
        return integer_of(node);
    return plain(node, e->type == BL_PARQUET_INT32 ? BL_INT32 : BL_INT64);
}

static bl_status type_of_bytes(bl_arena *arena, bl_parquet_node *node, bl_error *err) {
    const bl_parquet_element *e = node->element;
    bool is_fixed = e->type == BL_PARQUET_FIXED_LEN_BYTE_ARRAY;
    if (is_fixed && (e->type_length < 0 || e->type_length > 1 << 20))
        return bl_error_set(err, BL_E_CORRUPT, "column '%s': values of %d bytes", e->name,
                            (int)e->type_length);
    if (is_fixed && e->type_length == 0)
        return unreadable(arena, node, "values of no bytes", err);
    if (e->logical == BL_PARQUET_LOGICAL_DECIMAL ||
        (!e->logical && e->converted == BL_PARQUET_CONVERTED_DECIMAL))
        return converted(node, BL_PARQUET_DECIMAL_BYTES, BL_FLOAT64);
    if (is_fixed && e->logical == BL_PARQUET_LOGICAL_FLOAT16)
        return e->type_length == 2
                   ? converted(node, BL_PARQUET_HALF_FLOAT, BL_FLOAT32)
                   : unreadable(arena, node, "half floats of other than 2 bytes", err);
    bool is_text = e->logical == BL_PARQUET_LOGICAL_STRING ||
                   e->logical == BL_PARQUET_LOGICAL_ENUM || e->logical == BL_PARQUET_LOGICAL_JSON ||
                   (!e->logical && (e->converted == BL_PARQUET_CONVERTED_UTF8 ||
                                    e->converted == BL_PARQUET_CONVERTED_ENUM ||
                                    e->converted == BL_PARQUET_CONVERTED_JSON));
    return plain(node, is_text && !is_fixed ? BL_UTF8 : BL_BINARY);
}

bl_status bl_parquet_leaf_type(bl_arena *arena, bl_parquet_node *node, bl_error *err) {
    switch (node->element->type) {
    case BL_PARQUET_BOOLEAN:
        return plain(node, BL_BOOL);
    case BL_PARQUET_INT32:
    case BL_PARQUET_INT64:
        return type_of_integer(arena, node, err);
    case BL_PARQUET_INT96:
        node->conversion = BL_PARQUET_INT96_TIME;
        return logical(arena, node, BL_INT64, "tsn:", err);
    case BL_PARQUET_FLOAT:
        return plain(node, BL_FLOAT32);
    case BL_PARQUET_DOUBLE:
        return plain(node, BL_FLOAT64);
    case BL_PARQUET_BYTE_ARRAY:
    case BL_PARQUET_FIXED_LEN_BYTE_ARRAY:
        return type_of_bytes(arena, node, err);
    default:
        return bl_error_set(err, BL_E_CORRUPT, "column '%s': physical type %d is not known",
                            node->element->name, node->element->type);
    }
}
