// SPDX-License-Identifier: Apache-2.0
// Vectors of Spark's ML library: structs of a type (0 sparse, 1 dense), a size, indices and values.
// \source Apache Spark, org.apache.spark.ml.linalg.VectorUDT
#include "formats/parquet/convert.h"

static int64_t at(const bl_column *column, int64_t i) {
    return ((const int32_t *)(const void *)column->offsets->data)[i];
}

/// Where there are none, there may be no buffer.
static const void *numbers(const bl_column *column) {
    return column->values ? column->values->data : NULL;
}

typedef struct vectors {
    const bl_column *whole, *kind, *size, *indices, *values;
} vectors;

/// Numbers of vector `i`.
static bl_status length_of(const vectors *v, int64_t i, int64_t *ret_n, bl_error *err) {
    int8_t kind = ((const int8_t *)v->kind->values->data)[i];
    int64_t n_values = at(v->values, i + 1) - at(v->values, i);
    int64_t n_indices = at(v->indices, i + 1) - at(v->indices, i);
    *ret_n = n_values;
    if (bl_column_is_null(v->whole, i))
        *ret_n = 0;
    else if (kind == 0)
        *ret_n = ((const int32_t *)(const void *)v->size->values->data)[i];
    if (*ret_n < 0 || (kind == 0 && n_indices != n_values))
        return bl_error_set(err, BL_E_CORRUPT, "a sparse vector of %lld: %lld indices, %lld values",
                            (long long)*ret_n, (long long)n_indices, (long long)n_values);
    return BL_OK;
}

static bl_status fill(const vectors *v, int64_t i, int64_t n, double *out, bl_error *err) {
    int64_t first = at(v->values, i), n_values = at(v->values, i + 1) - first;
    const double *values = (const double *)numbers(&v->values->children[0]) + first;
    if (((const int8_t *)v->kind->values->data)[i] != 0) {
        memcpy(out, values, (size_t)n * sizeof *out);
        return BL_OK;
    }
    const int32_t *indices = (const int32_t *)numbers(&v->indices->children[0]) + at(v->indices, i);
    memset(out, 0, (size_t)n * sizeof *out);
    for (int64_t k = 0; k < n_values; k++) {
        if (indices[k] < 0 || indices[k] >= n)
            return bl_error_set(err, BL_E_CORRUPT, "index %d into a vector of %lld", indices[k],
                                (long long)n);
        out[indices[k]] = values[k];
    }
    return BL_OK;
}

static bl_status make(bl_context *context, const vectors *v, bl_column *made, bl_error *err) {
    int64_t n = v->whole->length, end = 0, length;
    BL_TRY(bl_buffer_new(context, ((size_t)n + 1) * sizeof(int32_t), &made->offsets, err));
    made->offsets->size = ((size_t)n + 1) * sizeof(int32_t);
    int32_t *offsets = (int32_t *)(void *)made->offsets->data;
    offsets[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        BL_TRY(length_of(v, i, &length, err));
        end += length;
        if (end > INT32_MAX)
            return bl_error_set(err, BL_E_LIMIT,
                                "more than 2147483647 numbers of vectors; read "
                                "fewer rows");
        offsets[i + 1] = (int32_t)end;
    }
    bl_column *items = &made->children[0];
    BL_TRY(bl_column_init(context, items, made->type->children[0], err));
    BL_TRY(bl_buffer_new(context, (size_t)end * sizeof(double), &items->values, err));
    items->values->size = (size_t)end * sizeof(double);
    items->length = end;
    double *out = (double *)(void *)items->values->data;
    for (int64_t i = 0; i < n; i++)
        if (offsets[i + 1] > offsets[i])
            BL_TRY(fill(v, i, offsets[i + 1] - offsets[i], out + offsets[i], err));
    return BL_OK;
}

bl_status bl_parquet_plain_vectors(bl_context *context, bl_column *column, bl_type *list,
                                   bl_error *err) {
    const bl_column *c = column->children;
    vectors v = {column, &c[0], &c[1], &c[2], &c[3]};
    bl_column made = {0};
    BL_TRY(bl_column_init(context, &made, list, err));
    made.length = column->length;
    made.validity = column->validity ? bl_buffer_ref(column->validity) : NULL;
    bl_status status = make(context, &v, &made, err);
    bl_column_release(context, status == BL_OK ? column : &made);
    if (status == BL_OK)
        *column = made;
    return status;
}
