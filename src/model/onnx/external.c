// SPDX-License-Identifier: Apache-2.0
// \source ONNX, "External Data" (docs/ExternalData.md)
#include "model/onnx/external.h"

#include "base/number_text.h"
#include "io/bytes/source.h"

static const char *find(const bl_onnx_tensor *tensor, const char *key) {
    for (size_t i = 0; i < tensor->external.n; i++)
        if (tensor->external.items[i].key && strcmp(tensor->external.items[i].key, key) == 0)
            return tensor->external.items[i].value;
    return NULL;
}

/// True for a path that stays below where it begins.
static bool stays_below(const char *path) {
    if (*path == '/' || strpbrk(path, "\\:"))
        return false;
    for (; *path; path += strspn(path, "/")) {
        size_t n = strcspn(path, "/");
        if (n == 2 && path[0] == '.' && path[1] == '.')
            return false;
        path += n;
    }
    return true;
}

/// A number that may be missing. \return false where the text is none
static bool read_number(const char *text, uint64_t missing, uint64_t *ret_number) {
    const char *end = text ? text + strlen(text) : NULL, *behind = end;
    *ret_number = text ? bl_number_read_uint(text, end, &behind) : missing;
    return behind == end;
}

static bl_status find_range(const bl_onnx_tensor *tensor, uint64_t file_bytes, uint64_t *ret_offset,
                            uint64_t *ret_size, bl_error *err) {
    uint64_t offset, size;
    if (!read_number(find(tensor, "offset"), 0, &offset) || offset > file_bytes ||
        !read_number(find(tensor, "length"), file_bytes - offset, &size) ||
        size > file_bytes - offset)
        return bl_error_set(err, BL_E_CORRUPT, "offset '%s' and length '%s' of %llu bytes",
                            find(tensor, "offset") ? find(tensor, "offset") : "",
                            find(tensor, "length") ? find(tensor, "length") : "",
                            (unsigned long long)file_bytes);
    *ret_offset = offset;
    *ret_size = size;
    return BL_OK;
}

bl_status bl_onnx_load_external(void *user, bl_onnx_tensor *tensor, bl_error *err) {
    const bl_onnx_external *external = (const bl_onnx_external *)user;
    const char *location = find(tensor, "location");
    BL_AUTO(bl_source) source = NULL;
    uint64_t offset, size;
    if (!location || !*location)
        return bl_error_set(err, BL_E_CORRUPT, "its values lie in a file that is not named");
    if (!stays_below(location))
        return bl_error_set(err, BL_E_ACCESS,
                            "its values are to be read from '%s', out of the model's folder",
                            location);
    char *url = bl_arena_printf(external->arena, "%s%s", external->folder, location);
    if (!url)
        return bl_error_nomem(err, 0, "a path");
    BL_TRY(bl_source_open(external->arena->context, url, &source, err));
    BL_TRY_IN(find_range(tensor, source->size_bytes, &offset, &size, err), err, "%s", url);
    uint8_t *bytes = bl_arena_alloc(external->arena, size ? (size_t)size : 1);
    if (!bytes)
        return bl_error_nomem(err, (size_t)size, "the values of a tensor");
    BL_TRY_IN(bl_source_read(source, offset, (size_t)size, bytes, err), err, "%s", url);
    tensor->raw = (bl_bytes){bytes, (size_t)size};
    tensor->external.n = 0;
    tensor->location = 0;
    tensor->head.has &= ~(UINT64_C(1) << BL_ONNX_TENSOR_HAS_LOCATION);
    return BL_OK;
}
