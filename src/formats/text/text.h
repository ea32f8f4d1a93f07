// SPDX-License-Identifier: Apache-2.0
/// \file
/// CSV (and TSV) and JSON lines, as the table of formats knows them.
#ifndef BL_FORMATS_TEXT_TEXT_H
#define BL_FORMATS_TEXT_TEXT_H

#include "column/reader.h"
#include "column/writer.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"

/// \param source moves, also on failure \param options never NULL
bl_status bl_csv_open(bl_context *context, bl_source *source, const bl_open_options *options,
                      bl_file **ret_file, bl_error *err);
/// \param sink moves, also on failure
bl_status bl_csv_create(bl_context *context, bl_sink *sink, const bl_create *how,
                        bl_output **ret_output, bl_error *err);

/// True where a file begins with an object, or with a list of one.
bool bl_json_lines_probe(const uint8_t *head, size_t size);
bl_status bl_json_lines_open(bl_context *context, bl_source *source, const bl_open_options *options,
                             bl_file **ret_file, bl_error *err);
bl_status bl_json_lines_create(bl_context *context, bl_sink *sink, const bl_create *how,
                               bl_output **ret_output, bl_error *err);

#endif
