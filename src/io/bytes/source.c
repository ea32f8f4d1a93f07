// SPDX-License-Identifier: Apache-2.0
// Sources and sinks by URL scheme, and what all sources share.
#include "io/bytes/source.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/context.h"
#include "base/names.h"
#include "io/bytes/transport.h"

/// Reads of one bl_source_read that go out together.
#define READS_AT_ONCE 16

typedef struct scheme_row {
    const char *name;
    bl_status (*open)(bl_context *context, const char *url, const char *rest,
                      bl_source **ret_source, bl_error *err);
    /// NULL: can only be read.
    bl_status (*create)(bl_context *context, const char *url, const char *rest, bool overwrite,
                        bl_sink **ret_sink, bl_error *err);
} scheme_row;

/// `rest` is what follows "file:": PATH, //PATH, or //localhost/PATH as RFC 8089 spells it.
static const char *path_of(const char *rest) {
    static const char local[] = "//localhost/";
    if (strncmp(rest, local, sizeof local - 1) == 0)
        return rest + sizeof local - 2;
    return strncmp(rest, "//", 2) == 0 ? rest + 2 : rest;
}

static bl_status open_file_url(bl_context *context, const char *url, const char *rest,
                               bl_source **ret_source, bl_error *err) {
    return bl_file_open(context, url, path_of(rest), ret_source, err);
}

static bl_status create_file_url(bl_context *context, const char *url, const char *rest,
                                 bool overwrite, bl_sink **ret_sink, bl_error *err) {
    return bl_file_sink_open(context, url, path_of(rest), overwrite, ret_sink, err);
}

static const scheme_row schemes[] = {
    {"file", open_file_url, create_file_url},
};
#define N_SCHEMES (sizeof schemes / sizeof *schemes)

/// Length of "scheme" in "scheme:…", 0 where the URL is a plain path.
static size_t scheme_length(const char *url) {
    if (!isalpha((unsigned char)url[0]))
        return 0;
    size_t n = 1;
    while (isalnum((unsigned char)url[n]) || (url[n] && strchr("+-.", url[n])))
        n++;
    return url[n] == ':' ? n : 0;
}

static const scheme_row *scheme_find(const char *name, size_t length) {
    for (size_t i = 0; i < N_SCHEMES; i++)
        if (strlen(schemes[i].name) == length && strncasecmp(schemes[i].name, name, length) == 0)
            return &schemes[i];
    return NULL;
}

static bl_status unknown_scheme(const char *url, size_t length, bl_error *err) {
    char name[32];
    size_t kept = length < sizeof name ? length : sizeof name - 1;
    memcpy(name, url, kept);
    name[kept] = '\0';
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status =
        bl_error_set(err, BL_E_UNSUPPORTED,
                     "%s: scheme '%s' is not supported; known are plain paths", url, name);
    for (size_t i = 0; i < N_SCHEMES; i++) {
        bl_nearest_offer(&nearest, schemes[i].name);
        bl_error_hint(err, status, ", '%s:'", schemes[i].name);
    }
    return bl_nearest_hint(&nearest, status, err);
}

bl_status bl_source_open(bl_context *context, const char *url, bl_source **ret_source,
                         bl_error *err) {
    size_t length = scheme_length(url);
    const scheme_row *scheme = scheme_find(url, length);
    if (scheme)
        return scheme->open(context, url, url + length + 1, ret_source, err);
    // A path may hold a colon ("run:7.root"); only "://" makes an unknown scheme a mistake.
    if (length && strncmp(url + length, "://", 3) == 0)
        return unknown_scheme(url, length, err);
    return bl_file_open(context, url, url, ret_source, err);
}

bl_status bl_sink_open(bl_context *context, const char *url, bool overwrite, bl_sink **ret_sink,
                       bl_error *err) {
    size_t length = scheme_length(url);
    const scheme_row *scheme = scheme_find(url, length);
    if (scheme && !scheme->create)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s: scheme '%s' cannot be written", url,
                            scheme->name);
    if (scheme)
        return scheme->create(context, url, url + length + 1, overwrite, ret_sink, err);
    if (length && strncmp(url + length, "://", 3) == 0)
        return unknown_scheme(url, length, err);
    return bl_file_sink_open(context, url, url, overwrite, ret_sink, err);
}

void bl_source_close(bl_source *source) {
    if (!source)
        return;
    bl_free(source->context, source->url);
    source->ops->close(source);
}

bl_status bl_source_init(bl_source *source, const bl_source_ops *ops, bl_context *context,
                         const char *url, uint64_t size_bytes, bl_error *err) {
    source->url = bl_strdup(context, url);
    if (!source->url)
        return bl_error_nomem(err, strlen(url) + 1, "a URL");
    source->ops = ops;
    source->context = context;
    source->size_bytes = size_bytes;
    return BL_OK;
}

bl_status bl_source_check(const bl_source *source, uint64_t offset, uint64_t size, bl_error *err) {
    if (offset <= source->size_bytes && size <= source->size_bytes - offset)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT,
                        "truncated: offset %" PRIu64 " + %" PRIu64
                        " bytes is past the end of the file (%" PRIu64 " bytes)",
                        offset, size, source->size_bytes);
}

bl_status bl_source_submit(bl_source *source, const bl_read *reads, size_t n_reads,
                           void **ret_ticket, bl_error *err) {
    BL_TRY(bl_context_check(source->context, err));
    *ret_ticket = NULL;
    if (source->ops->submit)
        BL_TRY(source->ops->submit(source, reads, n_reads, ret_ticket, err));
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < n_reads; i++) {
        if (source->ops->read)
            BL_TRY(source->ops->read(source, &reads[i], err));
        n_bytes += reads[i].size;
    }
    bl_source_count(source, n_reads, n_bytes);
    return BL_OK;
}

bl_status bl_source_wait(bl_source *source, void *ticket, bl_error *err) {
    return source->ops->wait ? source->ops->wait(source, ticket, err) : BL_OK;
}

void bl_source_count(bl_source *source, size_t n_reads, uint64_t n_bytes) {
    source->n_requests += n_reads;
    source->n_round_trips++;
    source->n_bytes += n_bytes;
}

bl_status bl_source_read(bl_source *source, uint64_t offset, size_t size, void *data,
                         bl_error *err) {
    BL_TRY(bl_source_check(source, offset, size, err));
    uint8_t *to = data;
    while (size) {
        bl_read reads[READS_AT_ONCE];
        size_t n = 0;
        for (; n < READS_AT_ONCE && size; n++) {
            size_t part = size < source->ops->request_bytes ? size : source->ops->request_bytes;
            reads[n] = (bl_read){offset, part, to};
            offset += part;
            to += part;
            size -= part;
        }
        void *ticket = NULL;
        BL_TRY(bl_source_submit(source, reads, n, &ticket, err));
        BL_TRY(bl_source_wait(source, ticket, err));
    }
    return BL_OK;
}
