// SPDX-License-Identifier: Apache-2.0
// A record is written from its front to its back into room that is sure to suffice. Lengths stand
// in front of what they count: those of features are computed first, those of the maps are guessed
// to take as many bytes as in the row before, and what follows is moved where they do not. Records
// are what TensorFlow's deterministic serialisation makes of them, byte by byte.
#include "formats/tfrecord/encode.h"

#include "formats/tfrecord/record.h"

enum { TAG_AND_LENGTH = 1 + BL_VARINT_MOST, LEVELS = 5, MAP_OVERHEAD = 2 * TAG_AND_LENGTH };

typedef struct place {
    bl_tf_encoder *encoder;
    uint8_t *out;
    int64_t row;
    size_t map_length_bytes[2]; ///< of the record before
} place;

static inline uint8_t *put_tag(uint8_t *out, unsigned number, uint64_t length) {
    *out++ = (uint8_t)(number << 3 | BL_WIRE_BYTES);
    return bl_wire_put_varint(out, length);
}

/// Bytes of tag, length and what they stand in front of.
static inline size_t framed(size_t length) { return 1 + bl_wire_varint_size(length) + length; }

// ---- room ----

/// Bytes of [first, last) values at most, without tags and lengths around them.
static uint64_t bound_values(const bl_tf_field *field, const bl_tf_view *view, int64_t first,
                             int64_t last) {
    uint64_t n = (uint64_t)(last - first);
    if (field->kind == BL_TF_FLOAT)
        return n * sizeof(float);
    if (field->kind == BL_TF_INT64)
        return n * BL_VARINT_MOST;
    const int32_t *offsets = (const int32_t *)bl_column_offsets(view->leaf);
    return n * TAG_AND_LENGTH + (n ? (uint64_t)(offsets[last] - offsets[first]) : 0);
}

/// Values of a row, however many lists are around them. \param ret_steps how many there are
static void values_of(const bl_tf_field *field, const bl_tf_view *view, int64_t row,
                      int64_t *ret_first, int64_t *ret_last, int64_t *ret_steps) {
    int64_t first = row, last = row + 1;
    *ret_steps = 0;
    for (unsigned level = 0; level < field->n_levels; level++) {
        *ret_steps = last - first;
        first = bl_tf_view_offset(view, level, first);
        last = bl_tf_view_offset(view, level, last);
    }
    *ret_first = first * field->n_fixed;
    *ret_last = last * field->n_fixed;
}

uint64_t bl_tf_encode_bound(const bl_tf_fields *fields, const bl_tf_view *views, int64_t row) {
    uint64_t bytes = BL_TF_FRAME + MAP_OVERHEAD;
    for (size_t i = 0; i < fields->n; i++) {
        const bl_tf_field *field = &fields->items[i];
        bytes += field->key_size + LEVELS * TAG_AND_LENGTH;
        if (field->is_scalar) {
            bytes += BL_VARINT_MOST;
            continue;
        }
        int64_t first, last, n_steps;
        values_of(field, &views[i], row, &first, &last, &n_steps);
        bytes += bound_values(field, &views[i], first, last);
        bytes += (uint64_t)n_steps * LEVELS * TAG_AND_LENGTH;
    }
    return bytes;
}

/// Room for `n` more bytes at least; the records so far are moved where they have to.
static bl_status make_room(bl_context *context, bl_buffer **buffer, uint64_t n, bl_error *err) {
    enum { FIRST = 64 << 10 };
    uint64_t wanted = (*buffer ? (*buffer)->size : 0) + n;
    if (*buffer && wanted <= (*buffer)->capacity)
        return BL_OK;
    if (*buffer && wanted < 2 * (uint64_t)(*buffer)->capacity)
        wanted = 2 * (uint64_t)(*buffer)->capacity;
    wanted = wanted < FIRST ? FIRST : wanted;
    return *buffer ? bl_buffer_reserve(buffer, (size_t)wanted, err)
                   : bl_buffer_new(context, (size_t)wanted, buffer, err);
}

// ---- numbers ----

#define PUT_INTEGERS(c_type)                                                           \
    for (int64_t i = first; i < last; i++)                                             \
        out = bl_wire_put_varint(out, (uint64_t)(int64_t)((const c_type *)values)[i]); \
    return out

/// Whole numbers as varints. \param out room for ten bytes each
static uint8_t *put_integers(const bl_column *leaf, int64_t first, int64_t last, uint8_t *out) {
    const void *values = bl_column_values(leaf);
    switch (leaf->type->id) {
    case BL_BOOL:
        for (int64_t i = first; i < last; i++)
            *out++ = ((const uint8_t *)values)[i / 8] >> (i % 8) & 1;
        return out;
    case BL_INT8:
        PUT_INTEGERS(int8_t);
    case BL_UINT8:
        PUT_INTEGERS(uint8_t);
    case BL_INT16:
        PUT_INTEGERS(int16_t);
    case BL_UINT16:
        PUT_INTEGERS(uint16_t);
    case BL_INT32:
        PUT_INTEGERS(int32_t);
    case BL_UINT32:
        PUT_INTEGERS(uint32_t);
    default:
        PUT_INTEGERS(int64_t);
    }
}

static uint8_t *put_floats(const bl_column *leaf, int64_t first, int64_t last, uint8_t *out) {
    const void *values = bl_column_values(leaf);
    size_t n_bytes = (size_t)(last - first) * sizeof(float);
    if (leaf->type->id == BL_FLOAT32) {
        if (n_bytes)
            memcpy(out, (const float *)values + first, n_bytes);
        return out + n_bytes;
    }
    for (int64_t i = first; i < last; i++, out += sizeof(float)) {
        float narrow = (float)((const double *)values)[i];
        memcpy(out, &narrow, sizeof narrow);
    }
    return out;
}

static bl_status check_unsigned(const bl_column *leaf, int64_t first, int64_t last, bl_error *err) {
    if (leaf->type->id != BL_UINT64)
        return BL_OK;
    const uint64_t *values = (const uint64_t *)bl_column_values(leaf);
    for (int64_t i = first; i < last; i++)
        if (values[i] > INT64_MAX)
            return bl_error_set(err, BL_E_RANGE, "%llu does not fit int64, as TFRecord has it",
                                (unsigned long long)values[i]);
    return BL_OK;
}

// ---- features ----

/// One feature's values, made ready: its list message is `size` bytes.
typedef struct ready {
    const bl_column *leaf;
    bl_tf_kind kind;
    int64_t first, last;
    const uint8_t *varints; ///< of whole numbers
    size_t packed, size;
} ready;

static void measure_texts(ready *r) {
    const int32_t *offsets = (const int32_t *)bl_column_offsets(r->leaf);
    r->size = 0;
    for (int64_t i = r->first; i < r->last; i++)
        r->size += framed((size_t)(offsets[i + 1] - offsets[i]));
}

static bl_status make_ready(place *p, const bl_tf_field *field, const bl_tf_view *view,
                            int64_t first, int64_t last, ready *r, bl_error *err) {
    bl_tf_encoder *encoder = p->encoder;
    *r =
        (ready){view->leaf, field->kind, first * field->n_fixed, last * field->n_fixed, NULL, 0, 0};
    if (view->n_nulls[2] && bl_tf_view_has_null(view, 2, first, last))
        return bl_error_set(err, BL_E_TYPE,
                            "a null inside a list; in TFRecord only whole features can be missing");
    if (field->kind == BL_TF_BYTES) {
        measure_texts(r);
        return BL_OK;
    }
    r->packed = (size_t)(r->last - r->first) * sizeof(float);
    if (field->kind == BL_TF_INT64) {
        BL_TRY(check_unsigned(view->leaf, r->first, r->last, err));
        BL_TRY(make_room(encoder->context, &encoder->scratch,
                         (uint64_t)(r->last - r->first) * BL_VARINT_MOST, err));
        r->varints = encoder->scratch->data;
        r->packed = (size_t)(put_integers(view->leaf, r->first, r->last, encoder->scratch->data) -
                             r->varints);
    }
    r->size = r->packed ? framed(r->packed) : 0;
    return BL_OK;
}

/// Message Feature, without tag and length.
static uint8_t *put_feature(const ready *r, uint8_t *out) {
    out = put_tag(out, r->kind, r->size);
    if (r->kind == BL_TF_BYTES) {
        const int32_t *offsets = (const int32_t *)bl_column_offsets(r->leaf);
        const uint8_t *bytes = (const uint8_t *)bl_column_values(r->leaf);
        for (int64_t i = r->first; i < r->last; i++) {
            size_t n = (size_t)(offsets[i + 1] - offsets[i]);
            out = put_tag(out, 1, n);
            if (n)
                memcpy(out, bytes + offsets[i], n);
            out += n;
        }
        return out;
    }
    if (r->packed == 0)
        return out;
    out = put_tag(out, 1, r->packed);
    if (r->kind == BL_TF_FLOAT)
        return put_floats(r->leaf, r->first, r->last, out);
    memcpy(out, r->varints, r->packed);
    return out + r->packed;
}

/// The entry's own tag and length, and its key. \param value bytes of message Feature or
/// FeatureList
static uint8_t *put_key(const bl_tf_field *field, size_t value, uint8_t *out) {
    out = put_tag(out, 1, field->key_size + framed(value));
    memcpy(out, field->key, field->key_size);
    return put_tag(out + field->key_size, 2, value);
}

/// A feature of one number: its entry is mostly the bytes of the one before.
static inline uint8_t *put_scalar(const bl_tf_field *field, const bl_column *leaf, int64_t row,
                                  uint8_t *out) {
    enum { USUAL = 4 };
    uint8_t *value = out + field->prefix_size, *end;
    memcpy(out, field->prefix, BL_TF_MOST_PREFIX); // there is room for more than that
    if (field->kind == BL_TF_FLOAT)
        return put_floats(leaf, row, row + 1, value);
    end = put_integers(leaf, row, row + 1, value);
    uint8_t more = (uint8_t)(end - value - USUAL);
    for (size_t i = 0; i < 4; i++)
        out[field->lengths[i]] = (uint8_t)(out[field->lengths[i]] + more);
    return end;
}

static bl_status put_entry(place *p, const bl_tf_field *field, const bl_tf_view *view,
                           bl_error *err) {
    int64_t first = p->row, last = first + 1;
    ready r;
    if (view->n_nulls[0] && bl_tf_view_has_null(view, 0, first, last))
        return BL_OK;
    if (field->prefix_size) {
        BL_TRY(check_unsigned(view->leaf, first, last, err));
        p->out = put_scalar(field, view->leaf, first, p->out);
        return BL_OK;
    }
    if (field->n_levels) {
        first = bl_tf_view_offset(view, 0, p->row);
        last = bl_tf_view_offset(view, 0, p->row + 1);
    }
    BL_TRY(make_ready(p, field, view, first, last, &r, err));
    p->out = put_feature(&r, put_key(field, framed(r.size), p->out));
    return BL_OK;
}

/// A step of a feature list. \param out NULL: it is only measured \return bytes of its Feature
static bl_status put_step(place *p, const bl_tf_field *field, const bl_tf_view *view, int64_t step,
                          bool is_measured, size_t *ret_size, bl_error *err) {
    ready r;
    if (view->n_nulls[1] && bl_tf_view_has_null(view, 1, step, step + 1)) {
        *ret_size = 0;
        p->out = is_measured ? p->out : put_tag(p->out, 1, 0);
        return BL_OK;
    }
    BL_TRY(make_ready(p, field, view, bl_tf_view_offset(view, 1, step),
                      bl_tf_view_offset(view, 1, step + 1), &r, err));
    *ret_size = framed(r.size);
    if (!is_measured)
        p->out = put_feature(&r, put_tag(p->out, 1, *ret_size));
    return BL_OK;
}

static bl_status put_list(place *p, const bl_tf_field *field, const bl_tf_view *view,
                          bl_error *err) {
    if (view->n_nulls[0] && bl_tf_view_has_null(view, 0, p->row, p->row + 1))
        return BL_OK;
    int64_t first = bl_tf_view_offset(view, 0, p->row);
    int64_t last = bl_tf_view_offset(view, 0, p->row + 1);
    size_t all = 0, size;
    for (int64_t step = first; step < last; step++) {
        BL_TRY(put_step(p, field, view, step, true, &size, err));
        all += framed(size);
    }
    p->out = put_key(field, all, p->out);
    for (int64_t step = first; step < last; step++)
        BL_TRY(put_step(p, field, view, step, false, &size, err));
    return BL_OK;
}

// ---- records ----

/// One of the two maps: tag, length, entries.
static bl_status put_map(place *p, unsigned number, size_t first, size_t last, bl_error *err) {
    const bl_tf_encoder *encoder = p->encoder;
    size_t *guess = &p->map_length_bytes[number - 1];
    uint8_t *begin = p->out;
    p->out += 1 + *guess;
    for (size_t i = first; i < last; i++) {
        const bl_tf_field *field = &encoder->fields->items[i];
        bl_status status = number == 1 ? put_entry(p, field, &encoder->views[i], err)
                                       : put_list(p, field, &encoder->views[i], err);
        if (status != BL_OK)
            return bl_error_in(err, status, "column '%s'", encoder->names[field->column]);
    }
    size_t length = (size_t)(p->out - begin) - 1 - *guess, needed = bl_wire_varint_size(length);
    if (needed != *guess)
        memmove(begin + 1 + needed, begin + 1 + *guess, length);
    *guess = needed;
    (void)put_tag(begin, number, length);
    p->out = begin + 1 + needed + length;
    return BL_OK;
}

static bl_status put_record(place *p, bl_error *err) {
    const bl_tf_fields *fields = p->encoder->fields;
    uint8_t *head = p->out, *begin = head + BL_TF_HEAD;
    p->out = begin;
    BL_TRY(put_map(p, 1, 0, fields->n_context, err));
    if (fields->n > fields->n_context)
        BL_TRY(put_map(p, 2, fields->n_context, fields->n, err));
    uint64_t length = (uint64_t)(p->out - begin);
    if (length > BL_TF_MOST_RECORD)
        return bl_error_set(err, BL_E_LIMIT, "%llu bytes are more than a record can have",
                            (unsigned long long)length);
    bl_tf_frame(p->encoder->crc, head, length);
    p->out += BL_TF_TAIL;
    return BL_OK;
}

bl_status bl_tf_encode(bl_tf_encoder *encoder, int64_t base, int64_t first, int64_t last,
                       bl_error *err) {
    place p = {.encoder = encoder, .map_length_bytes = {1, 1}};
    for (int64_t row = first; row < last; row++) {
        uint64_t bound = bl_tf_encode_bound(encoder->fields, encoder->views, row);
        // a prefix is copied as a whole, whatever its length
        BL_TRY(make_room(encoder->context, &encoder->bytes, bound + BL_TF_MOST_PREFIX, err));
        p.row = row;
        p.out = encoder->bytes->data + encoder->bytes->size;
        bl_status status = put_record(&p, err);
        if (status != BL_OK)
            return bl_error_in(err, status, "row %lld", (long long)(base + row));
        encoder->bytes->size = (size_t)(p.out - encoder->bytes->data);
    }
    return BL_OK;
}

void bl_tf_encoder_release(bl_tf_encoder *encoder) {
    bl_buffer_release(BL_MOVE(encoder->bytes));
    bl_buffer_release(BL_MOVE(encoder->scratch));
}
