// SPDX-License-Identifier: Apache-2.0
/// \file
/// The formats that can be opened or written, in one table, and opening a file by its first bytes.
#ifndef BL_TABLE_FORMATS_H
#define BL_TABLE_FORMATS_H

#include "column/reader.h"
#include "column/writer.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

typedef struct bl_format {
    const char *name; ///< NULL ends the table
    /// True where a file that begins with these bytes (64, or all of a shorter file) is ours.
    bool (*probe)(const uint8_t *head, size_t size);
    /// \param source moves, also on failure
    bl_status (*open)(bl_context *context, bl_source *source, bl_file **ret_file, bl_error *err);
    const char *extension; ///< of files that are to be written: "root"
    /// NULL: cannot be written. \param sink, base move, also on failure; base NULL: none
    bl_status (*create)(bl_context *context, bl_sink *sink, bl_source *base, bl_compression how,
                        bl_output **ret_output, bl_error *err);
} bl_format;

extern const bl_format bl_formats[];

/// Opens a URL as whatever format it begins like. Messages begin with the URL.
/// \param formats ends with a NULL name
bl_status bl_formats_open(const bl_format *formats, bl_context *context, const char *url,
                          bl_file **ret_file, bl_error *err);

/// Puts a URL in front of a message that does not begin with it; returns `status`.
bl_status bl_error_in_file(bl_error *err, bl_status status, const char *url);

static inline void bl_file_release(bl_file *file) { file->ops->release(file); }
BL_DEFINE_AUTO(bl_file, bl_file_release);

#endif
