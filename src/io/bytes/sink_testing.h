// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a sink into memory, of which the n-th call can fail.
#ifndef BL_IO_BYTES_SINK_TESTING_H
#define BL_IO_BYTES_SINK_TESTING_H

#include "io/bytes/transport.h"

typedef struct test_sink {
    bl_sink sink;
    long fail_in; ///< that call fails; 0: none
    bool failed;
    bool is_finished;
    size_t size;
    uint8_t data[4 << 20];
} test_sink;

static inline bl_status test_sink_call(test_sink *t, bl_error *err) {
    if (t->fail_in && --t->fail_in == 0) {
        t->failed = true;
        return bl_error_set(err, BL_E_IO, "write: no space left");
    }
    return BL_OK;
}

static inline bl_status test_sink_write(bl_sink *sink, const void *data, size_t size,
                                        bl_error *err) {
    test_sink *t = (test_sink *)sink;
    BL_TRY(test_sink_call(t, err));
    if (size > sizeof t->data - t->size)
        return bl_error_set(err, BL_E_IO, "a test wrote more than it should");
    memcpy(t->data + t->size, data, size);
    t->size += size;
    return BL_OK;
}

static inline bl_status test_sink_rewrite(bl_sink *sink, const void *data, size_t size,
                                          bl_error *err) {
    BL_TRY(test_sink_call((test_sink *)sink, err));
    memcpy(((test_sink *)sink)->data, data, size);
    return BL_OK;
}

static inline bl_status test_sink_finish(bl_sink *sink, bl_error *err) {
    BL_TRY(test_sink_call((test_sink *)sink, err));
    ((test_sink *)sink)->is_finished = true;
    return BL_OK;
}

static inline void test_sink_close(bl_sink *sink) { (void)sink; }

static const bl_sink_ops test_sink_ops = {
    .name = "test",
    .write = test_sink_write,
    .rewrite_head = test_sink_rewrite,
    .finish = test_sink_finish,
    .close = test_sink_close,
};

/// Makes `t` a sink again. \param fail_in 0: never
static inline bl_status test_sink_init(test_sink *t, bl_context *context, long fail_in,
                                       bl_error *err) {
    t->sink = (bl_sink){0};
    t->fail_in = fail_in;
    t->failed = t->is_finished = false;
    t->size = 0;
    return bl_sink_init(&t->sink, &test_sink_ops, context, "memory.root", err);
}

#endif
