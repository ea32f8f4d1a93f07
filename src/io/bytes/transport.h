// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside sources and sinks: what a transport is built from.
#ifndef BL_IO_BYTES_TRANSPORT_H
#define BL_IO_BYTES_TRANSPORT_H

#include "io/bytes/sink.h"
#include "io/bytes/source.h"

/// Fills the head of a zeroed transport. \param url copied \return BL_OK, BL_E_NOMEM
bl_status bl_source_init(bl_source *source, const bl_source_ops *ops, bl_context *context,
                         const char *url, uint64_t size_bytes, bl_error *err);

/// Opens a regular file for bl_source_open. \param url what messages call it
bl_status bl_file_open(bl_context *context, const char *url, const char *path,
                       bl_source **ret_source, bl_error *err);

/// BL_E_CORRUPT "truncated" unless [offset, offset + size) lies inside the source.
bl_status bl_source_check(const bl_source *source, uint64_t offset, uint64_t size, bl_error *err);

/// Hands checked reads to the transport and counts them. A near one has read them when it returns.
/// \return BL_OK, BL_E_CANCELLED, or what the transport says
bl_status bl_source_submit(bl_source *source, const bl_read *reads, size_t n_reads,
                           void **ret_ticket, bl_error *err);
/// Waits for what was submitted; the ticket ends, also on failure.
bl_status bl_source_wait(bl_source *source, void *ticket, bl_error *err);
/// Counts reads that will be made one by one, by any thread.
void bl_source_count(bl_source *source, size_t n_reads, uint64_t n_bytes);

/// Fills the head of a zeroed sink. \param url copied \return BL_OK, BL_E_NOMEM
bl_status bl_sink_init(bl_sink *sink, const bl_sink_ops *ops, bl_context *context, const char *url,
                       bl_error *err);

/// Starts a local file for bl_sink_open. \param url what messages call it
bl_status bl_file_sink_open(bl_context *context, const char *url, const char *path, bool overwrite,
                            bl_sink **ret_sink, bl_error *err);

#endif
