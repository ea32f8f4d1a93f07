// SPDX-License-Identifier: Apache-2.0
/// \file
/// The formats that can be opened or written, in one table: by name, by first bytes, by extension.
#ifndef BL_TABLE_FORMATS_H
#define BL_TABLE_FORMATS_H

#include "column/reader.h"
#include "column/writer.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

typedef struct bl_format {
    const char *name; ///< NULL ends the table
    /// True where a file that begins with these bytes (64, or all of a shorter file) is ours. NULL:
    /// its files begin with anything, and are known by their extension.
    bool (*probe)(const uint8_t *head, size_t size);
    const char *const *extensions; ///< ends with NULL; the first is that of files that are written
    /// \param source moves, also on failure \param options never NULL
    bl_status (*open)(bl_context *context, bl_source *source, const bl_open_options *options,
                      bl_file **ret_file, bl_error *err);
    const char *const *codecs; ///< that it can be written with, the default first; ends with NULL
    /// NULL: cannot be written. \param sink moves, also on failure, as what `how` holds does
    bl_status (*create)(bl_context *context, bl_sink *sink, const bl_create *how,
                        bl_output **ret_output, bl_error *err);
    bool is_packable;  ///< a whole file may be compressed: name.csv.gz
    bool is_continued; ///< a new file may begin with what another one holds
    bool may_be_empty; ///< a file without bytes, known by its name, has a table without rows
} bl_format;

extern const bl_format bl_formats[];

/// Opens a URL as the format that the options name, else as whatever it begins like, else by its
/// extension. Messages begin with the URL.
/// \param formats ends with a NULL name \param options NULL for the defaults
bl_status bl_formats_open(const bl_format *formats, bl_context *context, const char *url,
                          const bl_open_options *options, bl_file **ret_file, bl_error *err);

/// The format that is to be written: the one called `name`, or where that is NULL the one whose
/// files end like `url`. \param ret_packing what the URL says it is packed with, else NULL
/// \return BL_OK, BL_E_UNSUPPORTED (with the nearest names)
bl_status bl_formats_for_output(const bl_format *formats, const char *url, const char *name,
                                const bl_format **ret_format, const char **ret_packing,
                                bl_error *err);

/// Puts a URL in front of a message that does not begin with it; returns `status`.
bl_status bl_error_in_file(bl_error *err, bl_status status, const char *url);

static inline void bl_file_release(bl_file *file) { file->ops->release(file); }
BL_DEFINE_AUTO(bl_file, bl_file_release);

#endif
