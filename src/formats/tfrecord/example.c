// SPDX-License-Identifier: Apache-2.0
// The messages of a record, from the outside in: entries, features, values.
#include "formats/tfrecord/example.h"

/// Field numbers that mean something.
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2, MAP_ENTRY = 1, RECORD_MAP = 1, RECORD_LISTS = 2, VALUE = 1 };

const char *bl_tf_kind_text(bl_tf_kind kind) {
    static const char *const texts[] = {"no", "bytes", "float", "int64"};
    return texts[kind];
}

static bool is_message(const bl_wire_field *field, uint32_t number) {
    return field->number == number && field->type == BL_WIRE_BYTES;
}

// ---- entries ----

/// Tag and length of a short field, as almost all are: one byte each.
static inline bool take_short(bl_wire *wire, uint8_t number, bl_wire *ret_bytes) {
    if (bl_wire_left(wire) < 2 || wire->at[0] != (number << 3 | BL_WIRE_BYTES) ||
        wire->at[1] >= 0x80 || wire->at[1] > bl_wire_left(wire) - 2)
        return false;
    *ret_bytes = (bl_wire){wire->at + 2, wire->at + 2 + wire->at[1]};
    wire->at = ret_bytes->end;
    return true;
}

static bool parse_entry(bl_wire whole, bl_tf_entry *entry) {
    static const uint8_t nothing[1];
    bl_wire at = whole;
    bl_wire_field field;
    size_t n_values = 0;
    entry->whole = whole;
    entry->key = entry->value = (bl_wire){nothing, nothing};
    if (take_short(&at, ENTRY_KEY, &entry->key) && take_short(&at, ENTRY_VALUE, &entry->value))
        n_values = 1;
    while (at.at < at.end) {
        if (!bl_wire_next(&at, &field))
            return false;
        if (is_message(&field, ENTRY_KEY)) {
            entry->key = field.bytes;
        } else if (is_message(&field, ENTRY_VALUE)) {
            entry->value = field.bytes;
            n_values++;
        }
    }
    entry->is_in_parts = n_values > 1;
    return true;
}

bl_tf_next bl_tf_entries_next(bl_tf_entries *entries, bl_tf_entry *ret_entry) {
    bl_wire_field field;
    for (;;) {
        while (entries->map.at < entries->map.end) {
            if (take_short(&entries->map, MAP_ENTRY, &field.bytes)) {
                field.number = MAP_ENTRY;
                field.type = BL_WIRE_BYTES;
            } else if (!bl_wire_next(&entries->map, &field)) {
                return BL_TF_BAD;
            }
            if (!is_message(&field, MAP_ENTRY))
                continue;
            ret_entry->is_list = entries->is_list;
            return parse_entry(field.bytes, ret_entry) ? BL_TF_ONE : BL_TF_BAD;
        }
        if (entries->record.at >= entries->record.end)
            return BL_TF_END;
        if (!bl_wire_next(&entries->record, &field))
            return BL_TF_BAD;
        if (is_message(&field, RECORD_MAP) || is_message(&field, RECORD_LISTS)) {
            entries->map = field.bytes;
            entries->is_list = field.number == RECORD_LISTS;
        }
    }
}

// ---- the lists of a feature ----

/// The next list, whatever its kind.
static bl_tf_next next_list(bl_tf_lists *lists, bl_tf_kind *ret_kind, bl_wire *ret_list) {
    bl_wire_field field;
    for (;;) {
        while (lists->feature.at < lists->feature.end) {
            if (!bl_wire_next(&lists->feature, &field))
                return BL_TF_BAD;
            if (field.type != BL_WIRE_BYTES || field.number >= BL_TF_N_KINDS)
                continue;
            *ret_kind = (bl_tf_kind)field.number;
            *ret_list = field.bytes;
            return BL_TF_ONE;
        }
        if (lists->whole.at >= lists->whole.end)
            return BL_TF_END;
        if (!bl_wire_next(&lists->whole, &field))
            return BL_TF_BAD;
        if (is_message(&field, lists->outer))
            lists->feature = field.bytes;
    }
}

static bl_tf_lists lists_of(const bl_tf_feature *feature) {
    bl_tf_lists lists = {.outer = feature->outer, .skipped = feature->skipped};
    *(feature->outer ? &lists.whole : &lists.feature) = feature->whole;
    return lists;
}

/// The next list that counts, of a feature that was found to be good.
static bool next_good_list(bl_tf_lists *lists, bl_wire *ret_list) {
    bl_tf_kind kind;
    for (;; lists->skipped--) {
        if (next_list(lists, &kind, ret_list) != BL_TF_ONE)
            return false;
        if (lists->skipped == 0)
            return true;
    }
}

/// True where a field of a list holds values; `ret_packed` where it holds many.
static bool is_value(bl_tf_kind kind, const bl_wire_field *field, bool *ret_packed) {
    *ret_packed = kind != BL_TF_BYTES && field->type == BL_WIRE_BYTES;
    if (field->number != VALUE)
        return false;
    return field->type == BL_WIRE_BYTES ||
           (kind == BL_TF_FLOAT && field->type == BL_WIRE_FIXED32) ||
           (kind == BL_TF_INT64 && field->type == BL_WIRE_VARINT);
}

/// Numbers in a packed field. \return false where the last one is cut
static bool count_packed(bl_tf_kind kind, bl_wire packed, size_t *n) {
    if (kind == BL_TF_FLOAT) {
        *n += bl_wire_left(&packed) / sizeof(float);
        return bl_wire_left(&packed) % sizeof(float) == 0;
    }
    *n += bl_wire_count_varints(packed);
    return packed.at == packed.end || packed.end[-1] < 0x80;
}

/// Counts the values of a list.
static bool count_list(bl_tf_kind kind, bl_wire list, size_t *n) {
    bl_wire_field field;
    bool is_packed;
    while (list.at < list.end) {
        if (!bl_wire_next(&list, &field))
            return false;
        if (!is_value(kind, &field, &is_packed))
            continue;
        if (!is_packed)
            (*n)++;
        else if (!count_packed(kind, field.bytes, n))
            return false;
    }
    return true;
}

/// A feature of which nothing is sure.
static bool parse_slowly(bl_tf_feature *feature) {
    bl_tf_lists lists = lists_of(feature);
    bl_tf_kind kind;
    bl_wire list;
    size_t n_lists = 0;
    feature->kind = BL_TF_NONE;
    for (;; n_lists++) {
        bl_tf_next found = next_list(&lists, &kind, &list);
        if (found != BL_TF_ONE)
            return found == BL_TF_END;
        if (kind != feature->kind) {
            feature->kind = kind;
            feature->skipped = n_lists;
            feature->n = 0;
        }
        if (!count_list(kind, list, &feature->n))
            return false;
    }
}

/// Tag and length of a list or a packed field that takes all of the bytes.
static inline bool take_all(bl_wire *wire, uint8_t *ret_tag) {
    bl_wire at = *wire;
    uint64_t length;
    if (at.at == at.end)
        return false;
    *ret_tag = *at.at++;
    if (!bl_wire_varint(&at, &length) || length != bl_wire_left(&at))
        return false;
    *wire = at;
    return true;
}

/// A feature that is one list of one packed field, or of texts.
static bool parse_fast(bl_wire message, bl_tf_feature *feature) {
    uint8_t tag;
    if (!take_all(&message, &tag) || (tag & 7) != BL_WIRE_BYTES || tag >> 3 == 0 ||
        tag >> 3 >= BL_TF_N_KINDS)
        return false;
    feature->kind = (bl_tf_kind)(tag >> 3);
    feature->values = message;
    if (feature->kind == BL_TF_BYTES)
        return count_list(BL_TF_BYTES, message, &feature->n);
    if (message.at < message.end &&
        (!take_all(&feature->values, &tag) || tag != (VALUE << 3 | BL_WIRE_BYTES)))
        return false;
    feature->is_packed = true;
    return count_packed(feature->kind, feature->values, &feature->n);
}

bool bl_tf_feature_parse(bl_wire message, bl_wire whole, uint32_t outer, bool is_in_parts,
                         bl_tf_feature *ret_feature) {
    *ret_feature = (bl_tf_feature){.whole = whole, .outer = outer};
    if (!is_in_parts && parse_fast(message, ret_feature))
        return true;
    *ret_feature = (bl_tf_feature){.whole = whole, .outer = outer};
    return parse_slowly(ret_feature);
}

// ---- steps ----

bl_tf_steps bl_tf_steps_of(const bl_tf_entry *entry) {
    if (entry->is_in_parts)
        return (bl_tf_steps){.entry = entry->whole};
    return (bl_tf_steps){.list = entry->value};
}

bl_tf_next bl_tf_steps_next(bl_tf_steps *steps, bl_wire *ret_step) {
    bl_wire_field field;
    for (;;) {
        while (steps->list.at < steps->list.end) {
            if (!bl_wire_next(&steps->list, &field))
                return BL_TF_BAD;
            if (!is_message(&field, VALUE))
                continue;
            *ret_step = field.bytes;
            return BL_TF_ONE;
        }
        if (steps->entry.at >= steps->entry.end)
            return BL_TF_END;
        if (!bl_wire_next(&steps->entry, &field))
            return BL_TF_BAD;
        if (is_message(&field, ENTRY_VALUE))
            steps->list = field.bytes;
    }
}

// ---- values ----

/// \param n how many there are; then how many were not read
static bool read_varints(bl_wire packed, int64_t *out, size_t *n) {
    uint64_t value;
    for (; packed.at < packed.end; (*n)--) {
        if (!bl_wire_varint(&packed, &value))
            return false;
        *out++ = (int64_t)value;
    }
    return true;
}

bool bl_tf_floats(const bl_tf_feature *feature, float *out) {
    if (feature->is_packed) {
        memcpy(out, feature->values.at, feature->n * sizeof *out);
        return true;
    }
    bl_tf_lists lists = lists_of(feature);
    bl_wire_field field = {0};
    bool is_packed;
    for (bl_wire list; next_good_list(&lists, &list);)
        while (list.at < list.end && bl_wire_next(&list, &field))
            if (is_value(BL_TF_FLOAT, &field, &is_packed)) {
                memcpy(out, field.bytes.at, bl_wire_left(&field.bytes));
                out += bl_wire_left(&field.bytes) / sizeof *out;
            }
    return true;
}

bool bl_tf_ints(const bl_tf_feature *feature, int64_t *out) {
    size_t left = feature->n, before;
    if (feature->is_packed)
        return read_varints(feature->values, out, &left);
    bl_tf_lists lists = lists_of(feature);
    bl_wire_field field;
    bool is_packed;
    for (bl_wire list; next_good_list(&lists, &list);)
        while (list.at < list.end && bl_wire_next(&list, &field)) {
            if (!is_value(BL_TF_INT64, &field, &is_packed))
                continue;
            before = left;
            if (!is_packed) {
                *out = (int64_t)field.value;
                left--;
            } else if (!read_varints(field.bytes, out, &left)) {
                return false;
            }
            out += before - left;
        }
    return true;
}

bl_tf_texts bl_tf_texts_of(const bl_tf_feature *feature) {
    if (feature->values.at)
        return (bl_tf_texts){.list = feature->values};
    return (bl_tf_texts){.lists = lists_of(feature)};
}

bool bl_tf_texts_next(bl_tf_texts *texts, bl_wire *ret_text) {
    bl_wire_field field;
    for (;;) {
        while (texts->list.at < texts->list.end && bl_wire_next(&texts->list, &field))
            if (is_message(&field, VALUE)) {
                *ret_text = field.bytes;
                return true;
            }
        if (!next_good_list(&texts->lists, &texts->list))
            return false;
    }
}
