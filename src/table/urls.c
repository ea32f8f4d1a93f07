// SPDX-License-Identifier: Apache-2.0
// URLs by pattern.
#include <glob.h>
#include <unistd.h>

#include "table/selection.h"

/// The local path that a URL names, or NULL for other schemes.
static const char *local_path(const char *url) {
    if (strncmp(url, "file://", 7) == 0)
        return url + 7;
    if (strncmp(url, "file:", 5) == 0)
        return url + 5;
    return strstr(url, "://") ? NULL : url;
}

/// Only where no file has just that name is a URL a pattern.
static bool is_glob(const char *url) {
    const char *path = local_path(url);
    return path && strpbrk(path, "*?[") && access(path, F_OK) != 0;
}

typedef struct url_list {
    bl_arena *arena;
    char **urls;
    size_t n, capacity;
} url_list;

static bl_status add_url(url_list *list, const char *url, bl_error *err) {
    BL_TRY(bl_array_grow(list->arena->context, &list->urls, &list->capacity, list->n,
                         sizeof *list->urls, "URLs", err));
    char *copy = bl_arena_text(list->arena, url, strlen(url));
    if (!copy)
        return bl_error_nomem(err, strlen(url) + 1, "a URL");
    list->urls[list->n++] = copy;
    return BL_OK;
}

static bl_status add_matches(url_list *list, const char *url, bl_error *err) {
    glob_t matches = {0};
    int failure = glob(local_path(url), 0, NULL, &matches);
    bl_status status = BL_OK;
    if (failure == GLOB_NOSPACE)
        status = bl_error_nomem(err, 0, "the matches of a pattern");
    else if (failure)
        status = bl_error_set(err, BL_E_NOTFOUND, "%s: no file matches", url);
    for (size_t i = 0; status == BL_OK && i < matches.gl_pathc; i++)
        status = add_url(list, matches.gl_pathv[i], err);
    globfree(&matches);
    return status;
}

bl_status bl_urls_expand(bl_arena *arena, const char *const *urls, size_t n_urls, char ***ret_urls,
                         size_t *ret_n, bl_error *err) {
    url_list list = {.arena = arena};
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < n_urls; i++)
        status = is_glob(urls[i]) ? add_matches(&list, urls[i], err) : add_url(&list, urls[i], err);
    if (status == BL_OK && list.n == 0)
        status = bl_error_set(err, BL_E_INVALID, "no file to open");
    char **copy = NULL;
    if (status == BL_OK) {
        copy = (char **)bl_arena_array(arena, list.n, sizeof *copy);
        if (!copy)
            status = bl_error_nomem(err, list.n * sizeof *copy, "URLs");
    }
    if (copy) {
        memcpy(copy, list.urls, list.n * sizeof *copy);
        *ret_urls = copy;
        *ret_n = list.n;
    }
    bl_free(arena->context, list.urls);
    return status;
}
