// SPDX-License-Identifier: Apache-2.0
// The table of formats. A new one is one row here.
#include "table/formats.h"

#include <ctype.h>

#include "base/names.h"
#include "base/options.h"
#include "formats/arrow/file.h"
#include "formats/arrow/writer.h"
#include "formats/hdf5/hdf5.h"
#include "formats/parquet/file.h"
#include "formats/parquet/writer.h"
#include "formats/root/file.h"
#include "formats/root_output.h"
#include "formats/root_tables.h"
#include "formats/text/text.h"
#include "formats/tfrecord/reader.h"
#include "formats/tfrecord/writer.h"
#include "io/packed/inflow.h"
#include "table/selection.h"

#define HEAD_BYTES ((size_t)64)

#define WORDS(...) \
    (const char *const[]) { __VA_ARGS__, (const char *)0 }

static bl_status open_root(bl_context *context, bl_source *source, const bl_open_options *options,
                           bl_file **ret_file, bl_error *err) {
    (void)options;
    return bl_root_open(context, source, ret_file, err);
}

const bl_format bl_formats[] = {
    {"ROOT", bl_root_probe, WORDS("root"), open_root,
     WORDS("zstd", "lz4", "zlib", "deflate", "lzma", "none"), bl_root_create, false, true, false},
    {"Parquet", bl_parquet_probe, WORDS("parquet", "pq"), bl_parquet_open,
     WORDS("zstd", "lz4", "snappy", "gzip", "brotli", "none"), bl_parquet_create, false, false,
     false},
    {"Arrow", bl_arrow_probe, WORDS("arrow", "feather", "ipc", "arrows"), bl_arrow_open,
     WORDS("none", "lz4", "zstd"), bl_arrow_create, false, false, false},
    {"TFRecord", bl_tfrecord_probe, WORDS("tfrecord", "tfrecords"), bl_tfrecord_open,
     WORDS("none", "gzip", "zlib"), bl_tfrecord_create, true, false, true},
    {"CSV", NULL, WORDS("csv", "tsv"), bl_csv_open, WORDS("none", "gzip", "bzip2", "zstd"),
     bl_csv_create, true, false, false},
    {"JSON lines", bl_json_lines_probe, WORDS("jsonl", "ndjson", "json"), bl_json_lines_open,
     WORDS("none", "gzip", "bzip2", "zstd"), bl_json_lines_create, true, false, true},
    {"HDF5", bl_hdf5_probe, WORDS("h5", "hdf5", "hdf"), bl_hdf5_open, WORDS("gzip", "none"),
     bl_hdf5_create, false, false, false},
    {.name = NULL},
};

/// What a whole file may be packed with.
static const struct packing {
    const char *extension, *codec;
} packings[] = {{"gz", "gzip"}, {"bz2", "bzip2"}, {"zst", "zstd"}};
#define N_PACKINGS (sizeof packings / sizeof *packings)

bl_status bl_error_in_file(bl_error *err, bl_status status, const char *url) {
    if (!err || status == BL_E_CANCELLED)
        return status;
    size_t length = strlen(url);
    if (strncmp(err->message, url, length) == 0 && err->message[length] == ':')
        return status;
    return bl_error_in(err, status, "%s", url);
}

// ---- names ----

/// The last extension of the first `length` bytes of a URL, without its dot.
static const char *extension_of(const char *url, size_t length, size_t *ret_length) {
    size_t at = length;
    while (at > 0 && url[at - 1] != '.' && url[at - 1] != '/')
        at--;
    bool has_dot = at > 0 && url[at - 1] == '.';
    *ret_length = has_dot ? length - at : 0;
    return has_dot ? url + at : "";
}

static bool is_word(const char *word, const char *text, size_t length) {
    return strlen(word) == length && strncasecmp(word, text, length) == 0;
}

/// The packing whose extension a URL ends with, or NULL. \param ret_length of what is before it
static const struct packing *packing_of(const char *url, size_t *ret_length) {
    size_t length = strlen(url), n;
    const char *extension = extension_of(url, length, &n);
    *ret_length = length;
    for (size_t i = 0; i < N_PACKINGS; i++)
        if (is_word(packings[i].extension, extension, n)) {
            *ret_length = length - n - 1;
            return &packings[i];
        }
    return NULL;
}

static bool is_extension(const bl_format *format, const char *extension, size_t length) {
    for (const char *const *known = format->extensions; known && *known; known++)
        if (is_word(*known, extension, length))
            return true;
    return false;
}

static bool has_extension(const bl_format *format, const char *url, size_t length) {
    size_t n;
    const char *extension = extension_of(url, length, &n);
    return is_extension(format, extension, n);
}

/// "CSV", "csv" and "json-lines" name formats: case, and what is no letter or digit, do not count.
static bool is_name(const char *known, const char *given) {
    for (;; known++, given++) {
        while (*known && !isalnum((unsigned char)*known))
            known++;
        while (*given && !isalnum((unsigned char)*given))
            given++;
        if (!*known || !*given)
            return *known == *given;
        if (tolower((unsigned char)*known) != tolower((unsigned char)*given))
            return false;
    }
}

static bool is_called(const bl_format *format, const char *name) {
    return is_name(format->name, name) || is_extension(format, name, strlen(name)) ||
           has_extension(format, name, strlen(name));
}

static bl_status unknown_name(const bl_format *formats, const char *name, bool is_output,
                              bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status =
        bl_error_set(err, BL_E_UNSUPPORTED, "format '%s' is not known; known are", name);
    bool is_first = true;
    for (const bl_format *format = formats; format->name; format++) {
        if (is_output && !format->create)
            continue;
        bl_nearest_offer(&nearest, format->name);
        (void)bl_error_hint(err, status, "%s %s", is_first ? "" : ",", format->name);
        is_first = false;
    }
    return bl_nearest_hint(&nearest, status, err);
}

// ---- reading ----

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

/// The format of a file, by its first bytes, then by its name; NULL where neither tells.
/// \param head [size] unpacked, where the file is packed as a whole
static const bl_format *recognise(const bl_format *formats, const char *url, const uint8_t *head,
                                  size_t size, bool is_packed) {
    size_t length;
    (void)packing_of(url, &length);
    for (const bl_format *format = formats; format->name; format++)
        if (format->probe && (format->is_packable || !is_packed) && format->probe(head, size))
            return format;
    for (const bl_format *format = formats; format->name; format++)
        if ((format->is_packable || (!is_packed && !format->probe)) &&
            has_extension(format, url, is_packed ? length : strlen(url)))
            return format;
    return NULL;
}

/// The first bytes of a file, unpacked where it is packed as a whole.
static bl_status read_head(bl_source *source, uint8_t *head, size_t *ret_size, bool *ret_is_packed,
                           bl_error *err) {
    *ret_size = source->size_bytes < HEAD_BYTES ? (size_t)source->size_bytes : HEAD_BYTES;
    if (*ret_size)
        BL_TRY(bl_source_read(source, 0, *ret_size, head, err));
    *ret_is_packed = bl_inflow_packing_of(head, *ret_size) != NULL;
    if (!*ret_is_packed)
        return BL_OK;
    BL_AUTO(bl_inflow) in = NULL;
    BL_TRY(bl_inflow_open(source, &in, err));
    return bl_inflow_read(in, head, HEAD_BYTES, ret_size, err);
}

static bl_status choose(const bl_format *formats, bl_source *source, const bl_open_options *options,
                        const bl_format **ret_format, bl_error *err) {
    uint8_t head[HEAD_BYTES] = {0};
    size_t size;
    bool is_packed;
    for (const bl_format *format = formats; options->format && format->name; format++)
        if (is_called(format, options->format)) {
            *ret_format = format;
            return BL_OK;
        }
    if (options->format) {
        (void)unknown_name(formats, options->format, false, err);
        return BL_E_UNSUPPORTED;
    }
    BL_TRY(read_head(source, head, &size, &is_packed, err));
    const bl_format *found = recognise(formats, source->url, head, size, is_packed);
    *ret_format = found;
    if (found && (size || found->may_be_empty))
        return BL_OK;
    (void)unknown_format(formats, head, size, err);
    return BL_E_FORMAT;
}

static bl_status open_source(const bl_format *formats, bl_context *context, bl_source *source,
                             const bl_open_options *options, bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    const bl_format *format = NULL;
    BL_TRY(choose(formats, source, options, &format, err));
    return format->open(context, BL_MOVE(owned), options, ret_file, err);
}

bl_status bl_formats_open(const bl_format *formats, bl_context *context, const char *url,
                          const bl_open_options *options, bl_file **ret_file, bl_error *err) {
    bl_source *source = NULL;
    bl_open_options copy = {0};
    BL_TRY(bl_options_copy(&copy, sizeof copy, options, err));
    bl_status status = bl_source_open(context, url, &source, err);
    if (status == BL_OK)
        status = open_source(formats, context, source, &copy, ret_file, err);
    return status == BL_OK ? BL_OK : bl_error_in_file(err, status, url);
}

// ---- writing ----

static bl_status unknown_extension(const bl_format *formats, const char *extension, size_t n,
                                   bl_error *err) {
    char wanted[32] = "";
    bl_nearest nearest;
    memcpy(wanted, extension, n < sizeof wanted ? n : sizeof wanted - 1);
    bl_nearest_init(&nearest, wanted);
    bl_status status =
        bl_error_set(err, BL_E_UNSUPPORTED,
                     "a file with the extension '%s' cannot be written; known are", wanted);
    for (const bl_format *format = formats; format->name; format++) {
        if (!format->create)
            continue;
        (void)bl_error_hint(err, status, " '%s'", format->extensions[0]);
        bl_nearest_offer(&nearest, format->extensions[0]);
    }
    (void)bl_nearest_hint(&nearest, status, err);
    return bl_error_hint(err, status, "; --format names one");
}

bl_status bl_formats_for_output(const bl_format *formats, const char *url, const char *name,
                                const bl_format **ret_format, const char **ret_packing,
                                bl_error *err) {
    size_t length;
    const struct packing *packing = packing_of(url, &length);
    for (const bl_format *format = formats; format->name; format++) {
        if (!format->create || (!name && packing && !format->is_packable))
            continue;
        if (name ? !is_called(format, name) : !has_extension(format, url, length))
            continue;
        *ret_format = format;
        *ret_packing = packing && format->is_packable ? packing->codec : NULL;
        return BL_OK;
    }
    if (name) {
        (void)unknown_name(formats, name, true, err);
        return BL_E_UNSUPPORTED;
    }
    size_t n;
    const char *extension = extension_of(url, strlen(url), &n);
    (void)unknown_extension(formats, extension, n, err);
    return BL_E_UNSUPPORTED;
}

bl_status bl_output_extension(const char *format, const char **ret_extension, bl_error *err) {
    const bl_format *found = NULL;
    const char *packing;
    BL_TRY(bl_formats_for_output(bl_formats, "", format ? format : bl_formats[0].name, &found,
                                 &packing, err));
    *ret_extension = found->extensions[0];
    return BL_OK;
}
