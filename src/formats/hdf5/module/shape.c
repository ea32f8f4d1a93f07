// SPDX-License-Identifier: Apache-2.0
// From the datatypes of a file to shapes. Left out, with a reason: references, opaque values,
// numbers of odd layouts, times.
#include "formats/hdf5/module/shape.h"

#include <stdio.h>

/// What the making of one shape counts and knows.
typedef struct making {
    size_t n_members, reference_size;
} making;

static bl_status make(bl_arena *arena, hid_t type, unsigned depth, making *m, bl_hdf5_shape *shape,
                      bl_error *err);

static const char *class_text(H5T_class_t class) {
    switch (class) {
    case H5T_INTEGER:
        return "integer";
    case H5T_FLOAT:
        return "float";
    case H5T_TIME:
        return "time";
    case H5T_STRING:
        return "string";
    case H5T_BITFIELD:
        return "bitfield";
    case H5T_OPAQUE:
        return "opaque";
    case H5T_COMPOUND:
        return "compound";
    case H5T_REFERENCE:
        return "reference";
    case H5T_ENUM:
        return "enum";
    case H5T_VLEN:
        return "list";
    case H5T_ARRAY:
        return "array";
    default:
        return "unknown";
    }
}

void bl_hdf5_type_text(hid_t type, char *text, size_t size) {
    H5T_class_t class = H5Tget_class(type);
    size_t bytes = H5Tget_size(type);
    bool is_big = H5Tget_order(type) == H5T_ORDER_BE && bytes > 1;
    if (class == H5T_INTEGER)
        (void)snprintf(text, size, "%sint%zu%s", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "",
                       8 * bytes, is_big ? " big-endian" : "");
    else if (class == H5T_FLOAT)
        (void)snprintf(text, size, "float%zu%s", 8 * bytes, is_big ? " big-endian" : "");
    else if (class == H5T_STRING && H5Tis_variable_str(type) <= 0)
        (void)snprintf(text, size, "string[%zu]", bytes);
    else
        (void)snprintf(text, size, "%s", class_text(class));
}

// ---- sizes on disk ----

static size_t disk_size(hid_t type, size_t reference_size, unsigned depth) {
    H5T_class_t class = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    if (class == H5T_VLEN || (class == H5T_STRING && H5Tis_variable_str(type) > 0))
        return reference_size;
    if ((class != H5T_ARRAY && class != H5T_COMPOUND) || depth > BL_HDF5_MAX_DEPTH)
        return size;
    if (class == H5T_ARRAY) {
        BL_HDF5_AUTO item = H5Tget_super(type);
        size_t item_size = item < 0 ? 0 : H5Tget_size(item);
        return item_size ? size / item_size * disk_size(item, reference_size, depth + 1) : 0;
    }
    int n = H5Tget_nmembers(type);
    for (int i = 0; i < n; i++) {
        BL_HDF5_AUTO member = H5Tget_member_type(type, (unsigned)i);
        if (member >= 0)
            size = size - H5Tget_size(member) + disk_size(member, reference_size, depth + 1);
    }
    return size;
}

size_t bl_hdf5_disk_size(hid_t type, size_t reference_size) {
    return disk_size(type, reference_size, 0);
}

bl_status bl_hdf5_disk_offsets(bl_arena *arena, hid_t type, size_t reference_size,
                               size_t **ret_offsets, bl_error *err) {
    size_t n = (size_t)H5Tget_nmembers(type);
    size_t *offsets = (size_t *)bl_arena_array(arena, 3 * n, sizeof *offsets);
    if (!offsets)
        return bl_error_nomem(err, 3 * n * sizeof *offsets, "members");
    size_t *before = offsets + n, *growth = offsets + 2 * n, n_grown = 0;
    for (size_t i = 0; i < n; i++) {
        BL_HDF5_AUTO member = H5Tget_member_type(type, (unsigned)i);
        if (member < 0)
            return bl_error_set(err, BL_E_CORRUPT, "member %zu has no type", i);
        offsets[i] = before[i] = H5Tget_member_offset(type, (unsigned)i);
        growth[i] = H5Tget_size(member) - bl_hdf5_disk_size(member, reference_size);
        n_grown += growth[i] != 0;
    }
    for (size_t i = 0; n_grown && i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (before[k] < before[i])
                offsets[i] -= growth[k];
    *ret_offsets = offsets;
    return BL_OK;
}

// ---- shapes ----

static bl_status refuse(hid_t type, const char *why, bl_error *err) {
    char text[64];
    bl_hdf5_type_text(type, text, sizeof text);
    return bl_error_set(err, BL_E_UNSUPPORTED, "%s values%s are not read", text, why);
}

static void be_number(bl_hdf5_shape *shape, bl_hdf5_kind kind, bl_type_id id) {
    shape->kind = kind;
    shape->type = bl_type_primitive(id);
}

static bl_status make_integer(hid_t type, bl_hdf5_shape *shape, bl_error *err) {
    static const bl_type_id ids[2][4] = {{BL_UINT8, BL_UINT16, BL_UINT32, BL_UINT64},
                                         {BL_INT8, BL_INT16, BL_INT32, BL_INT64}};
    bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (H5Tget_precision(type) != 8 * shape->size || H5Tget_offset(type) != 0 ||
        (shape->size != 1 && shape->size != 2 && shape->size != 4 && shape->size != 8))
        return refuse(type, " of an odd number of bits", err);
    be_number(shape, BL_HDF5_NUMBER, ids[is_signed][__builtin_ctzll(shape->size)]);
    return BL_OK;
}

static bool is_half(hid_t type) {
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    return H5Tget_size(type) == 2 && H5Tget_precision(type) == 16 &&
           H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 &&
           sign == 15 && exponent == 10 && exponent_bits == 5 && mantissa == 0 &&
           mantissa_bits == 10 && H5Tget_ebias(type) == 15;
}

static bl_status make_float(hid_t type, bl_hdf5_shape *shape, bl_error *err) {
    if (H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0)
        be_number(shape, BL_HDF5_NUMBER, BL_FLOAT32);
    else if (H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0)
        be_number(shape, BL_HDF5_NUMBER, BL_FLOAT64);
    else if (is_half(type))
        be_number(shape, BL_HDF5_HALF, BL_FLOAT32);
    else
        return refuse(type, " of this layout", err);
    return BL_OK;
}

/// h5py's bool: an enum of one byte with the members FALSE 0 and TRUE 1.
static bool is_bool(hid_t type, hid_t base) {
    uint8_t value = 9;
    if (H5Tget_size(base) != 1 || H5Tget_nmembers(type) != 2)
        return false;
    return H5Tenum_valueof(type, "FALSE", &value) >= 0 && value == 0 &&
           H5Tenum_valueof(type, "TRUE", &value) >= 0 && value == 1;
}

static bl_status make_enum(hid_t type, bl_hdf5_shape *shape, bl_error *err) {
    BL_HDF5_AUTO base = H5Tget_super(type);
    if (base < 0 || H5Tget_class(base) != H5T_INTEGER)
        return bl_error_set(err, BL_E_CORRUPT, "an enum of no integers");
    BL_TRY(make_integer(base, shape, err));
    if (is_bool(type, base))
        be_number(shape, BL_HDF5_BOOL, BL_BOOL);
    return BL_OK;
}

static void make_string(hid_t type, bl_hdf5_shape *shape) {
    bool is_variable = H5Tis_variable_str(type) > 0;
    H5T_str_t padding = H5Tget_strpad(type);
    shape->kind = is_variable ? BL_HDF5_STRING : BL_HDF5_TEXT;
    shape->has_heap = is_variable;
    shape->padding = padding == H5T_STR_SPACEPAD  ? BL_HDF5_SPACE_PADS
                     : padding == H5T_STR_NULLPAD ? BL_HDF5_NUL_PADS
                                                  : BL_HDF5_NUL_ENDS;
    shape->type = bl_type_primitive(BL_UTF8);
}

static bl_status add_children(bl_arena *arena, bl_hdf5_shape *shape, size_t n, bl_error *err) {
    shape->children = (bl_hdf5_shape *)bl_arena_array(arena, n + 1, sizeof *shape->children);
    shape->offsets = (size_t *)bl_arena_array(arena, n + 1, sizeof *shape->offsets);
    if (!shape->children || !shape->offsets)
        return bl_error_nomem(err, n * sizeof *shape->children, "a type");
    shape->n_children = n;
    return BL_OK;
}

static bl_status make_list(bl_arena *arena, hid_t type, unsigned depth, making *m,
                           bl_hdf5_shape *shape, bl_error *err) {
    BL_HDF5_AUTO item = H5Tget_super(type);
    if (item < 0)
        return bl_error_set(err, BL_E_CORRUPT, "a list of nothing");
    BL_TRY(add_children(arena, shape, 1, err));
    BL_TRY(make(arena, item, depth + 1, m, &shape->children[0], err));
    shape->kind = BL_HDF5_LIST;
    shape->has_heap = true;
    return bl_type_new_list(arena->context, BL_LIST, 0, shape->children[0].type, &shape->type, err);
}

/// An array of several dimensions is an array of arrays.
static bl_status make_array_of(bl_arena *arena, hid_t item, const hsize_t *dims, unsigned rank,
                               unsigned depth, making *m, bl_hdf5_shape *shape, bl_error *err) {
    if (rank == 0) {
        shape->size = bl_hdf5_disk_size(item, m->reference_size);
        return make(arena, item, depth, m, shape, err);
    }
    BL_TRY(add_children(arena, shape, 1, err));
    bl_hdf5_shape *child = &shape->children[0];
    BL_TRY(make_array_of(arena, item, dims + 1, rank - 1, depth + 1, m, child, err));
    shape->kind = BL_HDF5_ARRAY;
    shape->n_items = (size_t)dims[0];
    shape->has_heap = child->has_heap;
    if (dims[0] == 0 || dims[0] > INT32_MAX ||
        __builtin_mul_overflow(child->size, shape->n_items, &shape->size))
        return bl_error_set(err, BL_E_UNSUPPORTED, "an array of %llu items is not read",
                            (unsigned long long)dims[0]);
    return bl_type_new_list(arena->context, BL_FIXED_LIST, (int64_t)dims[0], child->type,
                            &shape->type, err);
}

static bl_status make_array(bl_arena *arena, hid_t type, unsigned depth, making *m,
                            bl_hdf5_shape *shape, bl_error *err) {
    BL_HDF5_AUTO item = H5Tget_super(type);
    hsize_t dims[H5S_MAX_RANK];
    size_t size = shape->size;
    int rank = H5Tget_array_ndims(type);
    if (item < 0 || rank < 1 || rank > BL_HDF5_MAX_DEPTH || H5Tget_array_dims2(type, dims) != rank)
        return bl_error_set(err, BL_E_CORRUPT, "an array without dimensions");
    BL_TRY(make_array_of(arena, item, dims, (unsigned)rank, depth, m, shape, err));
    return size == shape->size ? BL_OK : bl_error_set(err, BL_E_CORRUPT, "an array of odd size");
}

static bl_status make_member(bl_arena *arena, hid_t type, unsigned i, const char *name,
                             unsigned depth, making *m, bl_hdf5_shape *shape, bl_error *err) {
    BL_HDF5_AUTO member = H5Tget_member_type(type, i);
    bl_hdf5_shape *child = &shape->children[i];
    if (member < 0)
        return bl_error_set(err, BL_E_CORRUPT, "member '%s' has no type", name);
    BL_TRY_IN(make(arena, member, depth + 1, m, child, err), err, "member '%s'", name);
    shape->has_heap = shape->has_heap || child->has_heap;
    if (shape->offsets[i] > shape->size || child->size > shape->size - shape->offsets[i])
        return bl_error_set(err, BL_E_CORRUPT, "member '%s' lies outside", name);
    return BL_OK;
}

static bl_status make_struct(bl_arena *arena, hid_t type, unsigned depth, making *m,
                             bl_hdf5_shape *shape, bl_error *err) {
    int n = H5Tget_nmembers(type);
    m->n_members += n > 0 ? (size_t)n : 0;
    if (n < 1 || m->n_members > BL_HDF5_MAX_MEMBERS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a compound of %d members is not read", n);
    BL_TRY(add_children(arena, shape, (size_t)n, err));
    BL_TRY(bl_hdf5_disk_offsets(arena, type, m->reference_size, &shape->offsets, err));
    const char **names = (const char **)bl_arena_array(arena, (size_t)n, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(arena, (size_t)n, sizeof(bl_type *));
    if (!names || !types)
        return bl_error_nomem(err, (size_t)n * sizeof *names, "a type");
    for (int i = 0; i < n; i++) {
        char *name = H5Tget_member_name(type, (unsigned)i);
        names[i] = bl_arena_text(arena, name ? name : "", name ? strlen(name) : 0);
        (void)H5free_memory(name);
        if (!names[i])
            return bl_error_nomem(err, 64, "a name");
        BL_TRY(make_member(arena, type, (unsigned)i, names[i], depth, m, shape, err));
        types[i] = shape->children[i].type;
    }
    shape->kind = BL_HDF5_STRUCT;
    return bl_type_new_struct(arena->context, (size_t)n, names, types, &shape->type, err);
}

static bl_status make(bl_arena *arena, hid_t type, unsigned depth, making *m, bl_hdf5_shape *shape,
                      bl_error *err) {
    shape->size = bl_hdf5_disk_size(type, m->reference_size);
    shape->is_swapped = H5Tget_order(type) == H5T_ORDER_BE;
    if (depth > BL_HDF5_MAX_DEPTH || shape->size == 0)
        return bl_error_set(err, BL_E_CORRUPT, "types %u levels deep, of %zu bytes", depth,
                            shape->size);
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return make_integer(type, shape, err);
    case H5T_FLOAT:
        return make_float(type, shape, err);
    case H5T_ENUM:
        return make_enum(type, shape, err);
    case H5T_STRING:
        make_string(type, shape);
        return BL_OK;
    case H5T_VLEN:
        return make_list(arena, type, depth, m, shape, err);
    case H5T_ARRAY:
        return make_array(arena, type, depth, m, shape, err);
    case H5T_COMPOUND:
        return make_struct(arena, type, depth, m, shape, err);
    case H5T_BITFIELD: // PyTables keeps bools so
        if (shape->size != 1)
            return refuse(type, "", err);
        be_number(shape, BL_HDF5_BOOL, BL_BOOL);
        return BL_OK;
    default:
        return refuse(type, "", err);
    }
}

bl_status bl_hdf5_shape_make(bl_arena *arena, hid_t type, size_t reference_size,
                             bl_hdf5_shape *ret_shape, bl_error *err) {
    bl_hdf5_shape shape = {0};
    making m = {0, reference_size};
    bl_status status = make(arena, type, 0, &m, &shape, err);
    if (status == BL_OK)
        *ret_shape = shape;
    else
        bl_hdf5_shape_release(&shape);
    return status;
}

void bl_hdf5_shape_release(bl_hdf5_shape *shape) {
    for (size_t i = 0; i < shape->n_children; i++)
        bl_hdf5_shape_release(&shape->children[i]);
    bl_type_release(shape->type);
    shape->type = NULL;
}
