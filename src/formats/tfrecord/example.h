// SPDX-License-Identifier: Apache-2.0
/// \file
/// tf.train.Example and tf.train.SequenceExample over the bytes of a record: which features are in
/// it, and the values of a feature. schemas/example.proto has the field numbers. An Example is a
/// SequenceExample without feature lists; both are read by the same code.
///
/// Writers put a feature's values into one packed field, and that is what is fast here. But a
/// message may come in pieces that are to be merged, with fields of others in between, and values
/// may stand one by one; then the feature is gone through piece by piece.
#ifndef BL_FORMATS_TFRECORD_EXAMPLE_H
#define BL_FORMATS_TFRECORD_EXAMPLE_H

#include "base/wire.h"

/// What a feature holds: the number of the field of message Feature.
typedef enum bl_tf_kind {
    BL_TF_NONE, ///< nothing, which counts as missing
    BL_TF_BYTES,
    BL_TF_FLOAT,
    BL_TF_INT64,
    BL_TF_N_KINDS
} bl_tf_kind;

/// How columns that were feature lists are told of.
#define BL_TF_LIST_TEXT "FeatureList"

/// "bytes", "float", "int64"; a static string.
const char *bl_tf_kind_text(bl_tf_kind kind);

/// The first bytes of a record, of an entry of a map, and of key and value in it: field number and
/// wire type.
enum {
    BL_TF_FEATURES_TAG = 1 << 3 | BL_WIRE_BYTES,
    BL_TF_ENTRY_TAG = 1 << 3 | BL_WIRE_BYTES,
    BL_TF_KEY_TAG = 1 << 3 | BL_WIRE_BYTES,
    BL_TF_VALUE_TAG = 2 << 3 | BL_WIRE_BYTES
};

/// An entry of one of the two maps of a record.
typedef struct bl_tf_entry {
    bl_wire key;
    bl_wire value;    ///< message Feature or FeatureList, where it stands in one piece
    bl_wire whole;    ///< the entry itself
    bool is_list;     ///< of feature_lists
    bool is_in_parts; ///< several values, to be merged
} bl_tf_entry;

/// Goes through the entries of a record in the order of its bytes.
typedef struct bl_tf_entries {
    bl_wire record, map;
    bool is_list;
} bl_tf_entries;

static inline bl_tf_entries bl_tf_entries_of(bl_wire record) {
    return (bl_tf_entries){.record = record};
}

typedef enum bl_tf_next { BL_TF_ONE, BL_TF_END, BL_TF_BAD } bl_tf_next;

/// \param entries the entry is in front of entries->map.at \return BL_TF_BAD where bytes are no
/// such message
bl_tf_next bl_tf_entries_next(bl_tf_entries *entries, bl_tf_entry *ret_entry);

/// The values of a feature.
typedef struct bl_tf_feature {
    bl_tf_kind kind;
    bool is_packed; ///< the values are those of one packed field: `values`
    size_t n;       ///< values
    bl_wire values; ///< packed numbers; texts: a list message, where there is just one
    bl_wire whole;  ///< what `values` were found in
    uint32_t outer; ///< field of `whole` that holds message Feature; 0: it is one
    size_t skipped; ///< lists of `whole` that another kind made void
} bl_tf_feature;

/// Any feature. \param outer as bl_tf_feature has it \return false where bytes are no such message
bool bl_tf_feature_parse(bl_wire message, bl_wire whole, uint32_t outer, bool is_in_parts,
                         bl_tf_feature *ret_feature);

/// A feature of few numbers: three tags and lengths of one byte each, and the numbers, packed.
static inline bool bl_tf_feature_parse_short(bl_wire message, bl_tf_feature *feature) {
    enum { IN_FRONT = 4 };
    size_t n = bl_wire_left(&message);
    const uint8_t *at = message.at;
    if (n <= IN_FRONT || n >= 0x80 || at[1] != n - 2 || at[2] != (1 << 3 | BL_WIRE_BYTES) ||
        at[3] != n - IN_FRONT)
        return false;
    bool is_float = at[0] == (BL_TF_FLOAT << 3 | BL_WIRE_BYTES);
    bl_wire values = {at + IN_FRONT, message.end};
    if (is_float ? n % sizeof(float) != 0
                 : at[0] != (BL_TF_INT64 << 3 | BL_WIRE_BYTES) || at[n - 1] >= 0x80)
        return false;
    feature->kind = is_float ? BL_TF_FLOAT : BL_TF_INT64;
    feature->is_packed = true;
    feature->n = is_float ? (n - IN_FRONT) / sizeof(float) : bl_wire_count_varints(values);
    feature->values = values;
    return true;
}

/// \return false where bytes are no such message
static inline bool bl_tf_feature_of_entry(const bl_tf_entry *entry, bl_tf_feature *ret_feature) {
    return (!entry->is_in_parts && bl_tf_feature_parse_short(entry->value, ret_feature)) ||
           bl_tf_feature_parse(entry->value, entry->whole, 2, entry->is_in_parts, ret_feature);
}
static inline bool bl_tf_feature_of_step(bl_wire step, bl_tf_feature *ret_feature) {
    return bl_tf_feature_parse_short(step, ret_feature) ||
           bl_tf_feature_parse(step, step, 0, false, ret_feature);
}

/// The steps of an entry of feature_lists.
typedef struct bl_tf_steps {
    bl_wire entry, list;
} bl_tf_steps;

bl_tf_steps bl_tf_steps_of(const bl_tf_entry *entry);
/// \param ret_step message Feature
bl_tf_next bl_tf_steps_next(bl_tf_steps *steps, bl_wire *ret_step);

/// Goes through the lists (BytesList, FloatList, Int64List) of a feature.
typedef struct bl_tf_lists {
    bl_wire whole, feature;
    uint32_t outer;
    size_t skipped;
} bl_tf_lists;

/// Reads all values. \param out [feature->n] \return false where bytes are no numbers
bool bl_tf_floats(const bl_tf_feature *feature, float *out);
bool bl_tf_ints(const bl_tf_feature *feature, int64_t *out);

/// Goes through the texts of a feature of kind BL_TF_BYTES.
typedef struct bl_tf_texts {
    bl_tf_lists lists;
    bl_wire list;
} bl_tf_texts;

bl_tf_texts bl_tf_texts_of(const bl_tf_feature *feature);
/// \return false at the end; the bytes were looked at when the feature was made
bool bl_tf_texts_next(bl_tf_texts *texts, bl_wire *ret_text);

#endif
