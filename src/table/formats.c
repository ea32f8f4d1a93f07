// SPDX-License-Identifier: Apache-2.0
// The table of formats. A new one is one row here.
#include "table/formats.h"

#include "formats/root/file.h"
#include "formats/root_output.h"
#include "formats/root_tables.h"

#define HEAD_BYTES ((size_t)64)

const bl_format bl_formats[] = {
    {"ROOT", bl_root_probe, bl_root_open, "root", bl_root_create},
    {NULL, NULL, NULL, NULL, NULL},
};

bl_status bl_error_in_file(bl_error *err, bl_status status, const char *url) {
    if (!err || status == BL_E_CANCELLED)
        return status;
    size_t length = strlen(url);
    if (strncmp(err->message, url, length) == 0 && err->message[length] == ':')
        return status;
    return bl_error_in(err, status, "%s", url);
}

static bl_status unknown_format(const bl_format *formats, const uint8_t *head, size_t size,
                                bl_error *err) {
    if (size == 0)
        return bl_error_set(err, BL_E_FORMAT, "the file is empty");
    bool is_page = size > 5 && (memcmp(head, "<html", 5) == 0 || memcmp(head, "<!DOC", 5) == 0);
    bl_status status =
        bl_error_set(err, BL_E_FORMAT, "%s; known are",
                     is_page ? "this is a web page" : "not a file of a known format");
    for (const bl_format *format = formats; format->name; format++)
        (void)bl_error_hint(err, status, "%s %s", format == formats ? "" : ",", format->name);
    return status;
}

static bl_status open_source(const bl_format *formats, bl_context *context, bl_source *source,
                             bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    uint8_t head[HEAD_BYTES];
    size_t size = source->size_bytes < HEAD_BYTES ? (size_t)source->size_bytes : HEAD_BYTES;
    if (size)
        BL_TRY(bl_source_read(source, 0, size, head, err));
    for (const bl_format *format = formats; format->name; format++)
        if (format->probe(head, size))
            return format->open(context, BL_MOVE(owned), ret_file, err);
    return unknown_format(formats, head, size, err);
}

bl_status bl_formats_open(const bl_format *formats, bl_context *context, const char *url,
                          bl_file **ret_file, bl_error *err) {
    bl_source *source = NULL;
    bl_status status = bl_source_open(context, url, &source, err);
    if (status == BL_OK)
        status = open_source(formats, context, source, ret_file, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, url);
}
