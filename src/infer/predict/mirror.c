// SPDX-License-Identifier: Apache-2.0
// Names of outputs in a folder that mirrors the inputs.
#include "base/names.h"
#include "infer/predict/predictions_private.h"

/// Behind the scheme and the server: "root://host//a/b.root" is "/a/b.root".
const char *bl_url_path(const char *url) {
    const char *scheme = strstr(url, "://");
    if (scheme) {
        const char *slash = strchr(scheme + 3, '/');
        return slash ? slash : scheme + 3;
    }
    return strncmp(url, "file:", 5) == 0 ? url + 5 : url;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/// Length of what all paths begin with, up to and with a '/'.
static size_t shared_length(const char *const *urls, size_t n) {
    const char *first = bl_url_path(urls[0]);
    size_t length = (size_t)(last_part(first) - first);
    for (size_t i = 1; i < n; i++) {
        const char *path = bl_url_path(urls[i]);
        size_t same = 0;
        while (same < length && path[same] == first[same])
            same++;
        while (same && first[same - 1] != '/')
            same--;
        length = same;
    }
    return length;
}

/// Without its extension, and that of what it is packed with.
static size_t stem_length(const char *name) {
    static const char *const packed[] = {".gz", ".bz2", ".zst"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        size_t end = strlen(packed[i]);
        if (n > end && strcmp(name + n - end, packed[i]) == 0) {
            n -= end;
            break;
        }
    }
    const char *dot = (const char *)memrchr(name, '.', n);
    return dot && dot > name && !memchr(dot, '/', n - (size_t)(dot - name)) ? (size_t)(dot - name)
                                                                            : n;
}

/// A path without what would lead out of the folder: empty parts, "." and "..".
static const char *below(bl_arena *arena, const char *path, size_t length) {
    char *text = bl_arena_text(arena, path, length), *to = text;
    for (const char *at = path, *end = path + length; text && at < end;) {
        const char *slash = (const char *)memchr(at, '/', (size_t)(end - at));
        size_t n = (size_t)((slash ? slash : end) - at);
        bool is_nothing = n == 0 || (n == 1 && *at == '.') || (n == 2 && memcmp(at, "..", 2) == 0);
        if (!is_nothing) {
            if (to > text)
                *to++ = '/';
            memmove(to, at, n);
            to += n;
        }
        at += n + (slash != NULL);
    }
    if (to)
        *to = '\0';
    return text;
}

static bl_status make_names(bl_arena *arena, const char *const *urls, size_t n, size_t skipped,
                            const char *extension, const char **ret_names, bl_error *err) {
    for (size_t i = 0; i < n; i++) {
        const char *path = bl_url_path(urls[i]);
        path = skipped == SIZE_MAX ? last_part(path) : path + skipped;
        const char *stem = below(arena, path, stem_length(path));
        ret_names[i] =
            stem ? bl_arena_printf(arena, "%s.%s", *stem ? stem : "out", extension) : NULL;
        if (!ret_names[i])
            return bl_error_nomem(err, strlen(path), "the name of an output");
    }
    return BL_OK;
}

/// \param ret_second of two of the same name; 0: no two are
static bl_status find_same(bl_context *context, const char *const *names, size_t n,
                           size_t *ret_first, size_t *ret_second, bl_error *err) {
    bl_name_map map = {0};
    bl_status status = BL_OK;
    *ret_second = 0;
    for (size_t i = 0; i < n && !*ret_second && status == BL_OK; i++) {
        *ret_first = bl_name_map_find(&map, names[i]);
        if (*ret_first != SIZE_MAX)
            *ret_second = i;
        else
            status = bl_name_map_add(context, &map, names[i], i, err);
    }
    bl_name_map_release(context, &map);
    return status;
}

bl_status bl_mirror_names(bl_arena *arena, const char *const *urls, size_t n, const char *extension,
                          const char **ret_names, bl_error *err) {
    size_t first, second;
    BL_TRY(make_names(arena, urls, n, SIZE_MAX, extension, ret_names, err));
    BL_TRY(find_same(arena->context, ret_names, n, &first, &second, err));
    if (!second)
        return BL_OK;
    BL_TRY(make_names(arena, urls, n, shared_length(urls, n), extension, ret_names, err));
    BL_TRY(find_same(arena->context, ret_names, n, &first, &second, err));
    if (second)
        return bl_error_set(err, BL_E_INVALID, "'%s' and '%s' would both be written as '%s'",
                            urls[first], urls[second], ret_names[second]);
    return BL_OK;
}
