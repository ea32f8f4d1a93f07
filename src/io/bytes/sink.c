// SPDX-License-Identifier: Apache-2.0
// Sinks by URL scheme, and what all transports share.
#include "io/bytes/sink.h"

#include <assert.h>
#include <xxhash.h>

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

// ---- sums ----

typedef struct bl_running_sum {
    XXH64_state_t *state;
    bool is_behind; ///< something was written again: the whole file counts at the end
    uint64_t *ret_bytes, *ret_xxh64;
} bl_running_sum;

bl_status bl_sink_sum(bl_sink *sink, uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err) {
    assert(!sink->sum && !sink->n_bytes);
    bl_running_sum *sum = (bl_running_sum *)bl_alloc_zero(sink->context, 1, sizeof *sum);
    if (!sum)
        return bl_error_nomem(err, sizeof *sum, "a checksum");
    *sum = (bl_running_sum){
        .state = XXH64_createState(), .ret_bytes = ret_bytes, .ret_xxh64 = ret_xxh64};
    sink->sum = sum;
    if (!sum->state)
        return bl_error_nomem(err, 0, "a checksum");
    (void)XXH64_reset(sum->state, 0);
    return BL_OK;
}

static void sum_written(bl_sink *sink, const void *data, size_t size) {
    if (sink->sum && size)
        (void)XXH64_update(sink->sum->state, data, size);
}

static void sum_rewritten(bl_sink *sink) {
    if (sink->sum)
        sink->sum->is_behind = true;
}

static bl_status sum_again(bl_sink *sink, bl_error *err) {
    uint8_t bytes[1 << 14];
    (void)XXH64_reset(sink->sum->state, 0);
    for (uint64_t at = 0; at < sink->n_bytes;) {
        uint64_t left = sink->n_bytes - at;
        size_t n = left < sizeof bytes ? (size_t)left : sizeof bytes;
        BL_TRY(bl_sink_read_at(sink, at, n, bytes, err));
        (void)XXH64_update(sink->sum->state, bytes, n);
        at += n;
    }
    return BL_OK;
}

static bl_status sum_up(bl_sink *sink, bl_error *err) {
    bl_running_sum *sum = sink->sum;
    if (!sum)
        return BL_OK;
    if (sum->is_behind)
        BL_TRY(sum_again(sink, err));
    *sum->ret_bytes = sink->n_bytes;
    *sum->ret_xxh64 = XXH64_digest(sum->state);
    return BL_OK;
}

static void sum_free(bl_sink *sink) {
    if (sink->sum)
        (void)XXH64_freeState(sink->sum->state);
    bl_free(sink->context, sink->sum);
}

// ---- sinks ----

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
    if (status == BL_OK) {
        sum_written(sink, data, size);
        sink->n_bytes += size;
    }
    return answer(sink, status, err);
}

bl_status bl_sink_rewrite_head(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    assert(size <= BL_SINK_HEAD && size <= sink->n_bytes);
    bl_status status = check(sink, err);
    if (status == BL_OK)
        status = sink->ops->rewrite_head(sink, data, size, err);
    sum_rewritten(sink);
    return answer(sink, status, err);
}

static bl_status no_way_back(const bl_sink *sink, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED, "this format cannot be written to a %s directly",
                        sink->ops->name);
}

bl_status bl_sink_write_at(bl_sink *sink, uint64_t offset, size_t size, const void *data,
                           bl_error *err) {
    uint64_t end = 0;
    bl_status status = check(sink, err);
    if (status == BL_OK && __builtin_add_overflow(offset, size, &end))
        status = bl_error_set(err, BL_E_RANGE, "no file is so long");
    if (status == BL_OK)
        status = sink->ops->write_at ? sink->ops->write_at(sink, offset, size, data, err)
                                     : no_way_back(sink, err);
    if (status == BL_OK && end > sink->n_bytes)
        sink->n_bytes = end;
    sum_rewritten(sink);
    return answer(sink, status, err);
}

bl_status bl_sink_read_at(bl_sink *sink, uint64_t offset, size_t size, void *data, bl_error *err) {
    bl_status status = check(sink, err);
    if (status == BL_OK && (offset > sink->n_bytes || size > sink->n_bytes - offset))
        return bl_error_set(err, BL_E_RANGE, "%zu bytes past the end were asked for", size);
    if (status == BL_OK)
        status = sink->ops->read_at ? sink->ops->read_at(sink, offset, size, data, err)
                                    : no_way_back(sink, err);
    return answer(sink, status, err);
}

bl_status bl_sink_finish(bl_sink *sink, bl_error *err) {
    BL_TRY(sum_up(sink, err));
    bl_status status = check(sink, err);
    if (status == BL_OK)
        status = sink->ops->finish(sink, err);
    return answer(sink, status, err);
}

void bl_sink_close(bl_sink *sink) {
    if (!sink)
        return;
    sum_free(sink);
    bl_free(sink->context, sink->url);
    sink->ops->close(sink);
}
