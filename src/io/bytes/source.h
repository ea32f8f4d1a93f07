// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sources: bytes by URL. Readers ask for many ranges at once, ahead of need; a transport answers
/// when it can. Formats never know which transport it is.
///
/// There are two kinds of transport. A near one (a file) gives a range at once and to any thread,
/// so that each thread reads what it decodes next into memory that is still in its cache. A far one
/// (a server) is asked for all ranges together and ahead, because a round trip costs more than
/// bytes.
#ifndef BL_IO_BYTES_SOURCE_H
#define BL_IO_BYTES_SOURCE_H

#include "base/memory.h"

typedef struct bl_source bl_source;

/// One contiguous read. `data` has room for `size` bytes and must stay until the wait is over.
typedef struct bl_read {
    uint64_t offset;
    size_t size;
    uint8_t *data;
} bl_read;

/// Part of a source.
typedef struct bl_range {
    uint64_t offset;
    uint64_t size;
} bl_range;

/// What a transport gives: `read`, or `submit` and `wait`. All calls but `read` come from one
/// thread at a time.
typedef struct bl_source_ops {
    const char *name; ///< "file", "memory"
    /// Reads one range that lies inside the source. Any thread may call it, several at a time.
    bl_status (*read)(const bl_source *source, const bl_read *read, bl_error *err);
    /// Says that a range will be read soon. NULL: that helps nobody.
    void (*advise)(const bl_source *source, bl_range range);
    /// Starts reads that all lie inside the source, and returns without waiting for them.
    /// `reads` is valid until the call returns, their `data` until the wait.
    bl_status (*submit)(bl_source *source, const bl_read *reads, size_t n_reads, void **ret_ticket,
                        bl_error *err);
    /// Waits until every read of a ticket has its bytes; the ticket ends, also on failure.
    bl_status (*wait)(bl_source *source, void *ticket, bl_error *err);
    void (*close)(bl_source *source);
    size_t gap_bytes;     ///< two ranges that are no further apart are read as one
    size_t request_bytes; ///< the longest single read that is worth making
    size_t window_bytes;  ///< of a near one: what one thread reads while it decodes as much
} bl_source_ops;

/// The head of every transport's own struct.
struct bl_source {
    const bl_source_ops *ops;
    bl_context *context;
    char *url; ///< owns
    uint64_t size_bytes;
    uint64_t n_requests;    ///< reads submitted so far
    uint64_t n_round_trips; ///< submissions so far
    uint64_t n_bytes;       ///< bytes asked for so far
};

/// Opens a URL: a path, `file:PATH` or `file://PATH`. \param ret_source the caller owns it
/// Messages of an open begin with the URL, those of a read do not.
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_UNSUPPORTED (unknown scheme),
/// BL_E_INVALID (a directory, a pipe), BL_E_NOMEM
bl_status bl_source_open(bl_context *context, const char *url, bl_source **ret_source,
                         bl_error *err);
/// A source over bytes in memory, which it borrows until closed. `url` is a name for messages.
bl_status bl_source_open_memory(bl_context *context, const char *url, const void *data, size_t size,
                                bl_source **ret_source, bl_error *err);
/// NULL is allowed.
void bl_source_close(bl_source *source);
BL_DEFINE_AUTO(bl_source, bl_source_close);

/// Reads one range and waits for it. \return BL_OK, BL_E_CORRUPT (past the end: "truncated"),
/// BL_E_IO, BL_E_CANCELLED
bl_status bl_source_read(bl_source *source, uint64_t offset, size_t size, void *data,
                         bl_error *err);

/// Ranges on their way. Neighbours are read together, one submission for all of them.
typedef struct bl_fetch bl_fetch;

/// Asks for ranges, in any order, overlapping or not; returns without waiting.
/// \param ret_fetch the caller owns it; closing the source before it is an error
/// \return BL_OK, BL_E_CORRUPT (a range past the end), BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_fetch_start(bl_source *source, const bl_range *ranges, size_t n_ranges,
                         bl_fetch **ret_fetch, bl_error *err);
/// Waits for all of them; more calls return at once with the same answer.
bl_status bl_fetch_wait(bl_fetch *fetch, bl_error *err);
/// In place of waiting, the parts of a fetch from a near source may be read by many threads: each
/// part once, and all of them before the first look at the data. 0 parts: wait.
size_t bl_fetch_n_parts(const bl_fetch *fetch);
/// Reads one part. \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_fetch_read_part(const bl_fetch *fetch, size_t part, bl_error *err);
/// Gives the bytes of a part back, to whoever reads next; its ranges must not be looked at again.
void bl_fetch_drop_part(const bl_fetch *fetch, size_t part);
/// The part that range `i` is in. Parts and their ranges ascend in the source together.
size_t bl_fetch_part_of(const bl_fetch *fetch, size_t i);
uint64_t bl_fetch_part_bytes(const bl_fetch *fetch, size_t part);
/// The bytes of range `i` after a successful wait; borrows until the fetch is freed.
const uint8_t *bl_fetch_data(const bl_fetch *fetch, size_t i);
/// The buffer that holds range `i`; borrows. A reader that keeps the bytes takes a reference.
bl_buffer *bl_fetch_buffer(const bl_fetch *fetch, size_t i);
/// Waits where needed, then frees. NULL is allowed.
void bl_fetch_free(bl_fetch *fetch);
BL_DEFINE_AUTO(bl_fetch, bl_fetch_free);

#endif
