// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sinks: bytes written to a URL, one after the other. What was written appears under its name only
/// when it is finished; until then, and after any failure, there is nothing, or what was there
/// before. Formats never know which transport it is.
#ifndef BL_IO_BYTES_SINK_H
#define BL_IO_BYTES_SINK_H

#include "base/memory.h"

/// So many of the first bytes may be written again, so that a format can fill in what it knows only
/// at the end. A transport that cannot go back keeps them until then.
#define BL_SINK_HEAD ((size_t)4096)

typedef struct bl_sink bl_sink;

/// What a transport gives. All calls come from one thread at a time, none after a failure but
/// close.
typedef struct bl_sink_ops {
    const char *name; ///< "file"
    /// Takes the next bytes; returns when `data` is no longer needed.
    bl_status (*write)(bl_sink *sink, const void *data, size_t size, bl_error *err);
    /// Replaces the first `size` bytes, which were written before.
    bl_status (*rewrite_head)(bl_sink *sink, const void *data, size_t size, bl_error *err);
    /// Writes anywhere, also past the end, and reads what was written (0 in gaps). NULL: the
    /// transport cannot go back.
    bl_status (*write_at)(bl_sink *sink, uint64_t offset, size_t size, const void *data,
                          bl_error *err);
    bl_status (*read_at)(bl_sink *sink, uint64_t offset, size_t size, void *data, bl_error *err);
    /// Makes what was written durable and visible under its name.
    bl_status (*finish)(bl_sink *sink, bl_error *err);
    /// Frees the sink; without a finish nothing is left of it.
    void (*close)(bl_sink *sink);
} bl_sink_ops;

/// The head of every transport's own struct.
struct bl_sink {
    const bl_sink_ops *ops;
    bl_context *context;
    char *url;                  ///< owns
    uint64_t n_bytes;           ///< written so far, gaps included
    bool failed;                ///< sticky: nothing more is taken
    bool is_scratch;            ///< need not outlive a loss of power: nobody waits for a disk
    struct bl_running_sum *sum; ///< of what is written; owns; NULL: nobody asked for it
};

/// Starts writing to a URL: a path, `file:PATH` or `file://PATH`. \param ret_sink the caller owns
/// it \param overwrite replace what is there at the end; else that is BL_E_EXISTS Messages begin
/// with the URL. \return BL_OK, BL_E_EXISTS, BL_E_NOTFOUND (its directory), BL_E_ACCESS, BL_E_IO,
/// BL_E_INVALID (a directory, a device), BL_E_UNSUPPORTED (unknown scheme), BL_E_NOMEM
bl_status bl_sink_open(bl_context *context, const char *url, bool overwrite, bl_sink **ret_sink,
                       bl_error *err);
/// Sums up what is written as it passes, so that nobody has to read it again for that. To be called
/// before anything is written. \param ret_bytes, ret_xxh64 set by bl_sink_finish: how long the file
/// is, and XXH64 of its bytes, of seed 0; they borrow until then \return BL_OK, BL_E_NOMEM
bl_status bl_sink_sum(bl_sink *sink, uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err);
/// Writes into a buffer, from its front. \param url a name for messages \param buffer the caller's,
/// of one holder; it borrows the pointer until closed and moves the bytes as they grow \return
/// BL_OK, BL_E_NOMEM
bl_status bl_sink_open_memory(bl_context *context, const char *url, bl_buffer **buffer,
                              bl_sink **ret_sink, bl_error *err);
/// \return BL_OK, BL_E_IO (also a full disk), BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_sink_write(bl_sink *sink, const void *data, size_t size, bl_error *err);
/// Writes the first `size` bytes, at most BL_SINK_HEAD, again. \return as bl_sink_write
bl_status bl_sink_rewrite_head(bl_sink *sink, const void *data, size_t size, bl_error *err);
/// Writes anywhere, for libraries that fill a file as they like. What lies between the end and
/// there is 0. \return as bl_sink_write, and BL_E_UNSUPPORTED (the transport cannot go back)
bl_status bl_sink_write_at(bl_sink *sink, uint64_t offset, size_t size, const void *data,
                           bl_error *err);
/// Reads what was written. \return as bl_sink_write_at, and BL_E_RANGE (past the end)
bl_status bl_sink_read_at(bl_sink *sink, uint64_t offset, size_t size, void *data, bl_error *err);
/// \return as bl_sink_write, and BL_E_EXISTS (somebody was faster)
bl_status bl_sink_finish(bl_sink *sink, bl_error *err);
/// NULL is allowed.
void bl_sink_close(bl_sink *sink);
BL_DEFINE_AUTO(bl_sink, bl_sink_close);

#endif
