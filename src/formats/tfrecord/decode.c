// SPDX-License-Identifier: Apache-2.0
// A record's features are found by the walker; then each wanted column takes its own.
#include "formats/tfrecord/decode.h"

#include "formats/tfrecord/index.h"

// ---- beginning and end ----

static bl_status add_slots(bl_tf_worker *worker, const bl_tf_columns *columns, bl_error *err) {
    for (size_t i = 0; i < columns->n; i++) {
        const bl_tf_column *column = &columns->items[i];
        bl_wire name = {(const uint8_t *)column->name,
                        (const uint8_t *)column->name + strlen(column->name)};
        size_t slot;
        BL_TRY(bl_tf_walker_add(&worker->walker, name, column->is_list, &slot, err));
    }
    worker->walker.may_grow = false;
    return BL_OK;
}

bl_status bl_tf_worker_init(bl_tf_worker *worker, bl_context *context, const bl_tf_columns *columns,
                            bl_error *err) {
    bl_tf_walker_init(&worker->walker, context);
    worker->cluster = SIZE_MAX;
    bl_status status = add_slots(worker, columns, err);
    if (status != BL_OK)
        bl_tf_worker_release(worker);
    return status;
}

void bl_tf_worker_release(bl_tf_worker *worker) {
    bl_tf_walker_release(&worker->walker);
    bl_buffer_release(worker->bytes);
    bl_buffer_release(worker->scratch);
    *worker = (bl_tf_worker){0};
}

bl_status bl_tf_decoder_init(bl_tf_decoder *decoder, bl_error *err) {
    decoder->crc = bl_crc32c_get();
    decoder->builders =
        (bl_builder *)bl_alloc_zero(decoder->context, decoder->n + 1, sizeof *decoder->builders);
    decoder->places = (void **)bl_alloc_zero(decoder->context, decoder->n + 1, sizeof(void *));
    if (!decoder->builders || !decoder->places)
        return bl_error_nomem(err, decoder->n * sizeof *decoder->builders, "builders");
    for (size_t i = 0; i < decoder->n; i++)
        BL_TRY(bl_builder_init(&decoder->builders[i], decoder->context,
                               decoder->columns->items[decoder->wanted[i]].type, err));
    return BL_OK;
}

void bl_tf_decoder_release(bl_tf_decoder *decoder) {
    for (size_t i = 0; decoder->builders && i < decoder->n; i++)
        bl_builder_release(&decoder->builders[i]);
    if (decoder->context) {
        bl_free(decoder->context, decoder->builders);
        bl_free(decoder->context, decoder->places);
    }
    *decoder = (bl_tf_decoder){0};
}

// ---- numbers of another type than the file's ----

/// The least and the largest whole number of a type; of uint64 what int64 can hold of it.
static void limits_of(bl_type_id item, int64_t *ret_least, int64_t *ret_most) {
    unsigned bits = 8 * (unsigned)bl_type_id_width(item);
    bool is_signed = item == BL_INT8 || item == BL_INT16 || item == BL_INT32 || item == BL_INT64;
    *ret_least = 0;
    *ret_most = 1;
    if (item == BL_BOOL)
        return;
    *ret_most = INT64_MAX >> (64 - bits);
    if (is_signed)
        *ret_least = -*ret_most - 1;
    else if (bits < 64)
        *ret_most = 2 * *ret_most + 1;
}

static bl_status append_integers(bl_builder *builder, const int64_t *values, size_t n,
                                 bl_error *err) {
    bl_type_id item = builder->type->id;
    bool is_real = item == BL_FLOAT32 || item == BL_FLOAT64;
    int64_t least = INT64_MIN, most = INT64_MAX;
    if (!is_real)
        limits_of(item, &least, &most);
    for (size_t i = 0; i < n; i++) {
        if (values[i] < least || values[i] > most)
            return bl_error_set(err, BL_E_RANGE, "%lld does not fit %s", (long long)values[i],
                                bl_type_id_text(item));
        bl_builder_append_number(builder, BL_INT64, &values[i]);
    }
    return BL_OK;
}

static bl_status corrupt_numbers(bl_error *err) {
    return bl_error_set(err, BL_E_CORRUPT, "its bytes are no numbers");
}

static bl_status append_converted(bl_tf_worker *worker, bl_builder *builder,
                                  const bl_tf_feature *feature, bl_error *err) {
    size_t n_bytes = feature->n * sizeof(int64_t);
    if (!worker->scratch)
        BL_TRY(bl_buffer_new(worker->walker.context, n_bytes, &worker->scratch, err));
    if (worker->scratch->capacity < n_bytes)
        BL_TRY(bl_buffer_reserve(&worker->scratch, n_bytes, err));
    void *values = worker->scratch->data;
    if (feature->kind == BL_TF_INT64)
        return bl_tf_ints(feature, (int64_t *)values)
                   ? append_integers(builder, (const int64_t *)values, feature->n, err)
                   : corrupt_numbers(err);
    if (!bl_tf_floats(feature, (float *)values))
        return corrupt_numbers(err);
    for (size_t i = 0; i < feature->n; i++)
        bl_builder_append_number(builder, BL_FLOAT32, (const float *)values + i);
    return BL_OK;
}

// ---- values ----

/// Appends all values of a feature to the builder of values.
static bl_status append_values(bl_tf_worker *worker, bl_builder *builder,
                               const bl_tf_feature *feature, bl_error *err) {
    bl_type_id item = builder->type->id;
    bool is_text = item == BL_UTF8 || item == BL_BINARY;
    if (is_text != (feature->kind == BL_TF_BYTES) ||
        (feature->kind == BL_TF_FLOAT && item != BL_FLOAT32 && item != BL_FLOAT64))
        return bl_error_set(err, BL_E_CORRUPT, "%s values, not %s", bl_tf_kind_text(feature->kind),
                            bl_type_id_text(item));
    if (is_text) {
        bl_tf_texts texts = bl_tf_texts_of(feature);
        for (bl_wire text; bl_tf_texts_next(&texts, &text);)
            bl_builder_append_string(builder, text.at, bl_wire_left(&text));
        return BL_OK;
    }
    if (feature->kind == BL_TF_FLOAT ? item != BL_FLOAT32 : item != BL_INT64)
        return append_converted(worker, builder, feature, err);
    void *place = bl_builder_extend(builder, feature->n);
    if (!place) // the builder remembers why
        return BL_OK;
    bool good = feature->kind == BL_TF_FLOAT ? bl_tf_floats(feature, (float *)place)
                                             : bl_tf_ints(feature, (int64_t *)place);
    return good ? BL_OK : corrupt_numbers(err);
}

/// A value where there is exactly one, else a list of them.
static bl_status append_feature(bl_tf_worker *worker, bl_builder *builder, bool is_one,
                                const bl_tf_feature *feature, bl_error *err) {
    if (is_one && feature->n != 1)
        return bl_error_set(err, BL_E_SHAPE, "%zu values where one is wanted", feature->n);
    if (is_one)
        return append_values(worker, builder, feature, err);
    if (feature->kind != BL_TF_NONE)
        BL_TRY(append_values(worker, &builder->children[0], feature, err));
    bl_builder_end_list(builder);
    return BL_OK;
}

static bl_status append_steps(bl_tf_worker *worker, bl_builder *builder, const bl_tf_column *column,
                              const bl_tf_entry *entry, bl_error *err) {
    bl_tf_steps steps = bl_tf_steps_of(entry);
    bl_tf_feature feature;
    for (bl_wire step;;) {
        bl_tf_next next = bl_tf_steps_next(&steps, &step);
        if (next == BL_TF_END)
            break;
        if (next == BL_TF_BAD || !bl_tf_feature_of_step(step, &feature))
            return bl_error_set(err, BL_E_CORRUPT, "it is no tf.train.FeatureList");
        BL_TRY(append_feature(worker, &builder->children[0], column->depth == 1, &feature, err));
    }
    bl_builder_end_list(builder);
    return BL_OK;
}

static bl_status append_missing(bl_builder *builder, bl_error *err) {
    if (!builder->type->is_nullable)
        return bl_error_set(err, BL_E_CORRUPT,
                            "it is missing, and was not when the file was opened");
    bl_builder_append_nulls(builder, 1);
    return BL_OK;
}

/// Writes the one value of a feature to the place that waits for it. \return false: it is no such
static inline bool put_scalar(bl_type_id item, const bl_tf_entry *entry, void **place) {
    bl_tf_feature feature;
    if (!bl_tf_feature_of_entry(entry, &feature) || feature.n != 1)
        return false;
    if (feature.kind != (item == BL_FLOAT32 ? BL_TF_FLOAT : BL_TF_INT64))
        return false;
    if (item == BL_FLOAT32) {
        float *to = (float *)*place;
        *place = to + 1;
        if (!feature.is_packed)
            return bl_tf_floats(&feature, to);
        memcpy(to, feature.values.at, sizeof *to);
        return true;
    }
    int64_t *to = (int64_t *)*place;
    uint64_t bits = 0;
    *place = to + 1;
    if (!feature.is_packed)
        return bl_tf_ints(&feature, to);
    bool good = bl_wire_varint(&feature.values, &bits);
    *to = (int64_t)bits;
    return good;
}

static bl_status refuse_scalar(bl_type_id item, const bl_tf_entry *entry, bl_error *err) {
    bl_tf_feature feature = {.n = 0};
    if (!entry || !bl_tf_feature_of_entry(entry, &feature) || feature.n == 1)
        return bl_error_set(err, BL_E_CORRUPT, "it holds no %s", bl_type_id_text(item));
    return bl_error_set(err, BL_E_SHAPE, "%zu values where one is wanted", feature.n);
}

/// Lets the builders of scalars grow for rows that are about to come.
static bl_status make_places(bl_tf_decoder *decoder, int64_t n_rows, bl_error *err) {
    for (size_t i = 0; i < decoder->n; i++) {
        const bl_type *type = decoder->builders[i].type;
        if (type->is_nullable || (type->id != BL_FLOAT32 && type->id != BL_INT64))
            continue;
        decoder->places[i] = bl_builder_extend(&decoder->builders[i], (size_t)n_rows);
        if (!decoder->places[i])
            return bl_error_nomem(err, (size_t)n_rows * bl_type_id_width(type->id), "a column");
    }
    return BL_OK;
}

static bl_status append_column(bl_tf_decoder *decoder, bl_tf_worker *worker, size_t i,
                               bl_error *err) {
    const bl_tf_column *column = &decoder->columns->items[decoder->wanted[i]];
    const bl_tf_entry *entry = bl_tf_walker_entry(&worker->walker, decoder->wanted[i]);
    bl_builder *builder = &decoder->builders[i];
    bl_tf_feature feature;
    if (decoder->places[i])
        return entry && put_scalar(column->item, entry, &decoder->places[i])
                   ? BL_OK
                   : refuse_scalar(column->item, entry, err);
    if (!entry)
        return append_missing(builder, err);
    if (column->is_list)
        return append_steps(worker, builder, column, entry, err);
    if (!bl_tf_feature_of_entry(entry, &feature))
        return bl_error_set(err, BL_E_CORRUPT, "it is no tf.train.Feature");
    if (feature.kind == BL_TF_NONE)
        return append_missing(builder, err);
    return append_feature(worker, builder, column->depth == 0, &feature, err);
}

// ---- records ----

static bl_status decode_record(bl_tf_decoder *decoder, bl_tf_worker *worker, bl_wire record,
                               bl_error *err) {
    if (!bl_tf_tail_matches(decoder->crc, record))
        return bl_error_set(err, BL_E_CORRUPT, "its %zu bytes do not match their checksum",
                            bl_wire_left(&record));
    BL_TRY(bl_tf_walk(&worker->walker, record, err));
    for (size_t i = 0; i < decoder->n; i++) {
        bl_status status = append_column(decoder, worker, i, err);
        if (status != BL_OK)
            return bl_error_in(err, status, "feature '%s'",
                               decoder->columns->items[decoder->wanted[i]].name);
    }
    return BL_OK;
}

bl_status bl_tf_decode(bl_tf_decoder *decoder, bl_tf_worker *worker, bl_wire bytes, uint64_t offset,
                       int64_t row, int64_t n_before, int64_t n_rows, bl_error *err) {
    const uint8_t *begin = bytes.at;
    BL_TRY(make_places(decoder, n_rows, err));
    for (int64_t last = row + n_before + n_rows, first = row + n_before; row < last; row++) {
        uint64_t place = offset + (uint64_t)(bytes.at - begin), length;
        bl_wire head, record, tail;
        if (!bl_wire_take(&bytes, BL_TF_HEAD, &head) ||
            !bl_tf_head_read(decoder->crc, head.at, &length) ||
            !bl_wire_take(&bytes, length, &record) || !bl_wire_take(&bytes, BL_TF_TAIL, &tail))
            return bl_tf_error_in_record(
                err,
                bl_error_set(err, BL_E_CORRUPT, "it is not as it was when the file was opened"),
                row, place);
        if (row < first)
            continue;
        bl_status status = decode_record(decoder, worker, record, err);
        if (status != BL_OK)
            return bl_tf_error_in_record(err, status, row, place);
    }
    return BL_OK;
}
