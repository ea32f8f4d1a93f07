// SPDX-License-Identifier: Apache-2.0
// Sinks by URL scheme, and what all transports share.
#include "io/bytes/sink.h"

#include <assert.h>

#include "base/context.h"
#include "io/bytes/transport.h"

bl_status bl_sink_init(bl_sink *sink, const bl_sink_ops *ops, bl_context *context, const char *url,
                       bl_error *err) {
    sink->url = bl_strdup(context, url);
    if (!sink->url)
        return bl_error_nomem(err, strlen(url) + 1, "a URL");
    sink->ops = ops;
    sink->context = context;
    return BL_OK;
}

/// A failed sink stays failed: what follows a gap would be a damaged file.
static bl_status answer(bl_sink *sink, bl_status status, bl_error *err) {
    if (status == BL_OK)
        return BL_OK;
    sink->failed = true;
    return status == BL_E_CANCELLED ? status : bl_error_in(err, status, "%s", sink->url);
}

static bl_status check(bl_sink *sink, bl_error *err) {
    if (sink->failed)
        return bl_error_set(err, BL_E_IO, "an earlier write failed");
    return bl_context_check(sink->context, err);
}

bl_status bl_sink_write(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    bl_status status = check(sink, err);
    if (status == BL_OK)
        status = sink->ops->write(sink, data, size, err);
    if (status == BL_OK)
        sink->n_bytes += size;
    return answer(sink, status, err);
}

bl_status bl_sink_rewrite_head(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    assert(size <= BL_SINK_HEAD && size <= sink->n_bytes);
    bl_status status = check(sink, err);
    if (status == BL_OK)
        status = sink->ops->rewrite_head(sink, data, size, err);
    return answer(sink, status, err);
}

bl_status bl_sink_finish(bl_sink *sink, bl_error *err) {
    bl_status status = check(sink, err);
    if (status == BL_OK)
        status = sink->ops->finish(sink, err);
    return answer(sink, status, err);
}

void bl_sink_close(bl_sink *sink) {
    if (!sink)
        return;
    bl_free(sink->context, sink->url);
    sink->ops->close(sink);
}
