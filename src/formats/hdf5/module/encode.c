// SPDX-License-Identifier: Apache-2.0
// Columns as elements. What is null becomes NaN in floats; nothing else has a value that says so.
#include "formats/hdf5/module/encode.h"

#include <math.h>

enum { MAX_DEPTH = 16 };

// ---- types ----

static hid_t number_type(bl_type_id id) {
    switch (id) {
    case BL_INT8:
        return H5T_NATIVE_INT8;
    case BL_UINT8:
    case BL_BINARY: // its bytes
        return H5T_NATIVE_UINT8;
    case BL_INT16:
        return H5T_NATIVE_INT16;
    case BL_UINT16:
        return H5T_NATIVE_UINT16;
    case BL_INT32:
        return H5T_NATIVE_INT32;
    case BL_UINT32:
        return H5T_NATIVE_UINT32;
    case BL_INT64:
        return H5T_NATIVE_INT64;
    case BL_UINT64:
        return H5T_NATIVE_UINT64;
    case BL_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case BL_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    default:
        return H5I_INVALID_HID;
    }
}

/// h5py's bool.
static hid_t bool_type(void) {
    static const int8_t no = 0, yes = 1;
    hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    if (type >= 0 && H5Tenum_insert(type, "FALSE", &no) >= 0 &&
        H5Tenum_insert(type, "TRUE", &yes) >= 0)
        return type;
    bl_hdf5_release(type);
    return H5I_INVALID_HID;
}

static hid_t text_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        return type;
    bl_hdf5_release(type);
    return H5I_INVALID_HID;
}

static bl_status struct_type(const bl_type *type, unsigned depth, hid_t *ret_type, bl_error *err) {
    if (type->n_children == 0)
        return bl_error_set(err, BL_E_TYPE, "a struct without members");
    size_t at = 0;
    hid_t made = H5Tcreate(H5T_COMPOUND, bl_hdf5_memory_size(type));
    for (size_t i = 0; i < type->n_children; i++) {
        hid_t member = H5I_INVALID_HID;
        bl_status status = bl_hdf5_type_make(type->children[i], depth + 1, &member, err);
        if (status == BL_OK && H5Tinsert(made, type->names[i], at, member) < 0)
            status = bl_hdf5_failed(NULL, BL_E_TYPE, type->names[i], err);
        bl_hdf5_release(member);
        if (status != BL_OK) {
            bl_hdf5_release(made);
            return status;
        }
        at += bl_hdf5_memory_size(type->children[i]);
    }
    *ret_type = made;
    return BL_OK;
}

static bl_status list_type(const bl_type *type, unsigned depth, hid_t *ret_type, bl_error *err) {
    hid_t found = H5I_INVALID_HID;
    hsize_t n = (hsize_t)type->list_size;
    if (type->id == BL_FIXED_LIST && n == 0)
        return bl_error_set(err, BL_E_TYPE, "lists of a fixed size of 0");
    BL_TRY(bl_hdf5_type_make(type->children[0], depth + 1, &found, err));
    BL_HDF5_AUTO item = found;
    *ret_type = type->id == BL_FIXED_LIST ? H5Tarray_create2(item, 1, &n) : H5Tvlen_create(item);
    return BL_OK;
}

bl_status bl_hdf5_type_make(const bl_type *type, unsigned depth, hid_t *ret_type, bl_error *err) {
    hid_t made = H5I_INVALID_HID;
    if (depth > MAX_DEPTH)
        return bl_error_set(err, BL_E_TYPE, "types more than %d levels deep", MAX_DEPTH);
    switch (type->id) {
    case BL_BOOL:
        made = bool_type();
        break;
    case BL_UTF8:
        made = text_type();
        break;
    case BL_BINARY:
        made = H5Tvlen_create(H5T_NATIVE_UINT8);
        break;
    case BL_STRUCT:
        BL_TRY(struct_type(type, depth, &made, err));
        break;
    case BL_LIST:
    case BL_LARGE_LIST:
    case BL_FIXED_LIST:
        BL_TRY(list_type(type, depth, &made, err));
        break;
    default:
        made = H5Tcopy(number_type(type->id));
    }
    if (made < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, "a type", err);
    *ret_type = made;
    return BL_OK;
}

size_t bl_hdf5_memory_size(const bl_type *type) {
    size_t sum = 0;
    switch (type->id) {
    case BL_BOOL:
        return 1;
    case BL_UTF8:
        return sizeof(char *);
    case BL_BINARY:
    case BL_LIST:
    case BL_LARGE_LIST:
        return sizeof(hvl_t);
    case BL_FIXED_LIST:
        return (size_t)type->list_size * bl_hdf5_memory_size(type->children[0]);
    case BL_STRUCT:
        for (size_t i = 0; i < type->n_children; i++)
            sum += bl_hdf5_memory_size(type->children[i]);
        return sum;
    default:
        return bl_type_id_width(type->id);
    }
}

bool bl_hdf5_needs_heap(const bl_type *type) {
    bl_type_id id = type->id;
    if (id == BL_UTF8 || id == BL_BINARY || id == BL_LIST || id == BL_LARGE_LIST)
        return true;
    for (size_t i = 0; i < type->n_children; i++)
        if (bl_hdf5_needs_heap(type->children[i]))
            return true;
    return false;
}

// ---- values ----

/// Structs and fixed lists are asked member by member.
static bl_status check_nulls(const bl_column *column, int64_t first, int64_t n, bl_error *err) {
    bl_type_id id = column->type->id;
    if (!column->validity || id == BL_FLOAT32 || id == BL_FLOAT64 || id == BL_STRUCT ||
        id == BL_FIXED_LIST)
        return BL_OK;
    for (int64_t i = first; i < first + n; i++)
        if (bl_column_is_null(column, i))
            return bl_error_set(err, BL_E_TYPE,
                                "value %lld of its batch is null, and HDF5 has no null for %s; "
                                "ingest --define 'name = fill_none(column, 0)' gives it a value",
                                (long long)i, bl_type_id_text(id));
    return BL_OK;
}

#define STRIDED(width)              \
    for (int64_t i = 0; i < n; i++) \
    memcpy(out + (size_t)i * stride, from + (size_t)i * width, width)

static void copy_numbers(const bl_column *column, int64_t first, int64_t n, uint8_t *out,
                         size_t stride) {
    size_t width = bl_type_id_width(column->type->id);
    const uint8_t *from = column->values ? column->values->data + (size_t)first * width : NULL;
    if (!from)
        return;
    if (stride == width)
        memcpy(out, from, (size_t)n * width);
    else if (width == 1)
        STRIDED(1);
    else if (width == 2)
        STRIDED(2);
    else if (width == 4)
        STRIDED(4);
    else
        STRIDED(8);
}

static void put_nans(const bl_column *column, int64_t first, int64_t n, uint8_t *out,
                     size_t stride) {
    const float narrow = NAN;
    const double wide = NAN;
    bool is_wide = column->type->id == BL_FLOAT64;
    for (int64_t i = 0; column->validity && i < n; i++)
        if (bl_column_is_null(column, first + i))
            memcpy(out + (size_t)i * stride, is_wide ? (const void *)&wide : (const void *)&narrow,
                   is_wide ? sizeof wide : sizeof narrow);
}

static void copy_bools(const bl_column *column, int64_t first, int64_t n, uint8_t *out,
                       size_t stride) {
    for (int64_t i = 0; i < n; i++)
        out[(size_t)i * stride] = column->values->data[(first + i) / 8] >> ((first + i) % 8) & 1;
}

/// Texts end with a NUL for the library, and so can hold none.
static bl_status copy_texts(bl_arena *arena, const bl_column *column, int64_t first, int64_t n,
                            uint8_t *out, size_t stride, bl_error *err) {
    size_t bytes = (size_t)(bl_column_offset(column, first + n) - bl_column_offset(column, first));
    char *to = (char *)bl_arena_alloc(arena, bytes + (size_t)n + 1);
    if (!to)
        return bl_error_nomem(err, bytes, "texts");
    for (int64_t i = first; i < first + n; i++) {
        size_t begin = (size_t)bl_column_offset(column, i),
               size = (size_t)bl_column_offset(column, i + 1) - begin;
        memcpy(out + (size_t)(i - first) * stride, &to, sizeof to);
        if (size && memchr(column->values->data + begin, 0, size))
            return bl_error_set(err, BL_E_TYPE,
                                "text %lld of its batch holds a NUL, where HDF5's texts end",
                                (long long)i);
        if (size)
            memcpy(to, column->values->data + begin, size);
        to[size] = '\0';
        to += size + 1;
    }
    return BL_OK;
}

/// Points at items that lie as the library wants them, in the column or in a copy.
static bl_status point_at_items(bl_arena *arena, const bl_type *as, const bl_column *column,
                                int64_t first, int64_t n, uint8_t *out, size_t stride,
                                bl_error *err) {
    int64_t begin = bl_column_offset(column, first), end = bl_column_offset(column, first + n);
    const bl_column *items = as->id == BL_BINARY ? column : &column->children[0];
    size_t width = as->id == BL_BINARY ? 1 : bl_type_id_width(items->type->id);
    uint8_t *base = NULL;
    if (as->id == BL_BINARY || (width && !items->validity)) {
        base = items->values && end > begin ? items->values->data + (size_t)begin * width : NULL;
    } else {
        width = bl_hdf5_memory_size(as->children[0]);
        base = (uint8_t *)bl_arena_alloc(arena, (size_t)(end - begin) * width + 1);
        if (!base)
            return bl_error_nomem(err, (size_t)(end - begin) * width, "items");
        BL_TRY(bl_hdf5_encode(arena, as->children[0], items, begin, end - begin, base, width, err));
    }
    for (int64_t i = 0; i < n; i++) {
        size_t from = (size_t)(bl_column_offset(column, first + i) - begin);
        size_t to = (size_t)(bl_column_offset(column, first + i + 1) - begin);
        hvl_t list = {to - from, to > from ? base + from * width : NULL};
        memcpy(out + (size_t)i * stride, &list, sizeof list);
    }
    return BL_OK;
}

static bl_status encode_members(bl_arena *arena, const bl_type *as, const bl_column *column,
                                int64_t first, int64_t n, uint8_t *out, size_t stride,
                                bl_error *err) {
    for (size_t i = 0; i < column->n_children; i++) {
        BL_TRY_IN(bl_hdf5_encode(arena, as->children[i], &column->children[i], first, n, out,
                                 stride, err),
                  err, "member '%s'", column->type->names[i]);
        out += bl_hdf5_memory_size(as->children[i]);
    }
    return BL_OK;
}

static bl_status encode_arrays(bl_arena *arena, const bl_type *as, const bl_column *column,
                               int64_t first, int64_t n, uint8_t *out, size_t stride,
                               bl_error *err) {
    const bl_column *items = &column->children[0];
    int64_t size = column->type->list_size;
    const bl_type *item = as->children[0];
    size_t width = bl_hdf5_memory_size(item);
    if (stride == (size_t)size * width)
        return bl_hdf5_encode(arena, item, items, first * size, n * size, out, width, err);
    for (int64_t i = 0; i < n; i++)
        BL_TRY(bl_hdf5_encode(arena, item, items, (first + i) * size, size,
                              out + (size_t)i * stride, width, err));
    return BL_OK;
}

bl_status bl_hdf5_encode(bl_arena *arena, const bl_type *as, const bl_column *column, int64_t first,
                         int64_t n, uint8_t *out, size_t stride, bl_error *err) {
    BL_TRY(check_nulls(column, first, n, err));
    if (n == 0)
        return BL_OK;
    switch (as->id) {
    case BL_BOOL:
        copy_bools(column, first, n, out, stride);
        return BL_OK;
    case BL_UTF8:
        return copy_texts(arena, column, first, n, out, stride, err);
    case BL_BINARY:
    case BL_LIST:
    case BL_LARGE_LIST:
        return point_at_items(arena, as, column, first, n, out, stride, err);
    case BL_STRUCT:
        return encode_members(arena, as, column, first, n, out, stride, err);
    case BL_FIXED_LIST:
        return encode_arrays(arena, as, column, first, n, out, stride, err);
    default:
        copy_numbers(column, first, n, out, stride);
        put_nans(column, first, n, out, stride);
        return BL_OK;
    }
}
