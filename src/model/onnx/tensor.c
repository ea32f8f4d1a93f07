// SPDX-License-Identifier: Apache-2.0
// The values of tensors: how many there are to be, in which field, and as plain bytes.
#include "model/onnx/model.h"

typedef enum stored { FLOAT, INT32, STRING, INT64, DOUBLE, UINT64, N_STORED } stored;

typedef struct type_row {
    const char *text;
    unsigned bits;
    stored field;
} type_row;

static const type_row *type_row_of(int32_t type) {
    static const type_row rows[] = {
#define ROW(name, number, text, bits, field) [number] = {#text, bits, field},
        BL_ONNX_TYPES(ROW)
#undef ROW
    };
    if (type <= 0 || (size_t)type >= sizeof rows / sizeof *rows)
        return NULL;
    return &rows[type];
}

const char *bl_onnx_type_text(int32_t type) {
    const type_row *row = type_row_of(type);
    return row ? row->text : NULL;
}

uint64_t bl_onnx_type_bytes(int32_t type, uint64_t n) {
    const type_row *row = type_row_of(type);
    return row ? (n * row->bits + 7) / 8 : 0;
}

bl_status bl_onnx_tensor_count(const bl_onnx_tensor *tensor, uint64_t *ret_n, bl_error *err) {
    enum { MOST_BITS = 128 };
    uint64_t n = 1;
    bool is_empty = false;
    for (size_t i = 0; i < tensor->dims.n; i++) {
        if (tensor->dims.items[i] < 0)
            return bl_error_set(err, BL_E_CORRUPT, "dim %zu is %lld", i,
                                (long long)tensor->dims.items[i]);
        is_empty = is_empty || tensor->dims.items[i] == 0;
    }
    for (size_t i = 0; i < tensor->dims.n && !is_empty; i++)
        if (__builtin_mul_overflow(n, (uint64_t)tensor->dims.items[i], &n) ||
            n > INT64_MAX / MOST_BITS)
            return bl_error_set(err, BL_E_LIMIT, "its dims are more than there can be");
    *ret_n = is_empty ? 0 : n;
    return BL_OK;
}

static size_t n_stored(const bl_onnx_tensor *tensor, stored field) {
    switch (field) {
    case FLOAT:
        return tensor->floats.n;
    case INT32:
        return tensor->int32s.n;
    case STRING:
        return tensor->texts.n;
    case INT64:
        return tensor->int64s.n;
    case DOUBLE:
        return tensor->doubles.n;
    default:
        return tensor->uint64s.n;
    }
}

/// Entries of its field for `n` elements: complex numbers take two, and a byte of small ones one.
static uint64_t n_entries(int32_t type, unsigned bits, uint64_t n) {
    if (type == BL_ONNX_COMPLEX64 || type == BL_ONNX_COMPLEX128)
        return 2 * n;
    return bits == 2 || bits == 4 ? (n * bits + 7) / 8 : n;
}

static bl_status check_fields(const bl_onnx_tensor *tensor, const type_row *row, bl_error *err) {
    for (stored field = 0; field < N_STORED; field++)
        if (n_stored(tensor, field) && (tensor->raw.data || field != row->field))
            return bl_error_set(err, BL_E_CORRUPT, "values of %s in a field that is not its own",
                                row->text);
    if (tensor->raw.data && tensor->type == BL_ONNX_STRING)
        return bl_error_set(err, BL_E_CORRUPT, "texts cannot be raw_data");
    return BL_OK;
}

bl_status bl_onnx_tensor_check(const bl_onnx_tensor *tensor, bl_error *err) {
    const type_row *row = type_row_of(tensor->type);
    uint64_t n, wanted, found;
    if (!row)
        return bl_error_set(err,
                            tensor->type == BL_ONNX_UNDEFINED ? BL_E_CORRUPT : BL_E_UNSUPPORTED,
                            "elements of type %d, which is none", (int)tensor->type);
    if (tensor->segment.data)
        return bl_error_set(err, BL_E_UNSUPPORTED, "it is in segments");
    if (tensor->location != 0 || tensor->external.n)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "its values lie in another file, which only a model that is read from "
                            "a file may name");
    BL_TRY(bl_onnx_tensor_count(tensor, &n, err));
    BL_TRY(check_fields(tensor, row, err));
    wanted = tensor->raw.data ? bl_onnx_type_bytes(tensor->type, n)
                              : n_entries(tensor->type, row->bits, n);
    found = tensor->raw.data ? tensor->raw.size : n_stored(tensor, row->field);
    if (wanted != found)
        return bl_error_set(err, BL_E_CORRUPT, "%llu %s for %llu elements of %s: %llu wanted",
                            (unsigned long long)found, tensor->raw.data ? "bytes" : "values",
                            (unsigned long long)n, row->text, (unsigned long long)wanted);
    return BL_OK;
}

// ---- as bytes ----

/// Whole numbers, cut to `width` bytes. \param items of `stride` bytes, little-endian
static void narrow(const void *items, size_t n, size_t stride, size_t width, uint8_t *out) {
    const uint8_t *from = (const uint8_t *)items;
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * width, from + i * stride, width);
}

/// Numbers of six bits as one stream of bits. \param out zeroed
static void pack_sixes(const int32_t *items, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++) {
        unsigned bits = ((unsigned)items[i] & 0x3f) << (6 * i % 8);
        out[6 * i / 8] = (uint8_t)(out[6 * i / 8] | bits);
        if (bits >> 8)
            out[6 * i / 8 + 1] = (uint8_t)(bits >> 8);
    }
}

bl_status bl_onnx_tensor_bytes(bl_arena *arena, const bl_onnx_tensor *tensor, bl_bytes *ret_bytes,
                               bl_error *err) {
    const type_row *row = type_row_of(tensor->type);
    uint64_t n;
    if (tensor->raw.data) {
        *ret_bytes = tensor->raw;
        return BL_OK;
    }
    if (!row || tensor->type == BL_ONNX_STRING)
        return bl_error_set(err, BL_E_TYPE, "texts are not bytes of one width");
    BL_TRY(bl_onnx_tensor_count(tensor, &n, err));
    size_t size = (size_t)bl_onnx_type_bytes(tensor->type, n);
    uint8_t *out = bl_arena_alloc(arena, size ? size : 1);
    if (!out)
        return bl_error_nomem(err, size, "the values of a tensor");
    size_t width = row->bits >= 8 ? row->bits / 8 : 1;
    if (row->field == FLOAT && size)
        memcpy(out, tensor->floats.items, size);
    else if (row->field == DOUBLE && size)
        memcpy(out, tensor->doubles.items, size);
    else if (row->field == INT64)
        narrow(tensor->int64s.items, tensor->int64s.n, sizeof(int64_t), width, out);
    else if (row->field == UINT64)
        narrow(tensor->uint64s.items, tensor->uint64s.n, sizeof(uint64_t), width, out);
    else if (row->bits == 6)
        pack_sixes(tensor->int32s.items, tensor->int32s.n, out);
    else if (row->field == INT32)
        narrow(tensor->int32s.items, tensor->int32s.n, sizeof(int32_t), width, out);
    *ret_bytes = (bl_bytes){out, size};
    return BL_OK;
}
