// SPDX-License-Identifier: Apache-2.0
// Codec and level as people and ROOT spell them.
#include <stdlib.h>

#include "base/names.h"
#include "io/codec/private.h"

static const char none[] = "none";

/// How a codec is framed is the format's to know: "lz4" is enough.
static bool has_name(bl_codec_id id) { return id != BL_CODEC_LZ4_RAW && id != BL_CODEC_LZ4_FRAME; }

static bl_status unknown_codec(const char *text, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status =
        bl_error_set(err, BL_E_INVALID, "codec '%s' is not known; known are '%s'", text, none);
    bl_nearest_offer(&nearest, none);
    for (bl_codec_id id = BL_CODEC_ZLIB; id < BL_N_CODECS; id++) {
        if (!has_name(id))
            continue;
        bl_nearest_offer(&nearest, bl_codec_name(id));
        bl_error_hint(err, status, ", '%s'", bl_codec_name(id));
    }
    return bl_nearest_hint(&nearest, status, err);
}

static bl_status parse_level(const char *text, const bl_codec_row *row, int *ret_level,
                             bl_error *err) {
    char *end;
    long level = strtol(text, &end, 10);
    if (end == text || *end || level < 1 || level > row->max_level)
        return bl_error_set(err, BL_E_INVALID, "codec %s: level '%s' is not one of 1 to %d",
                            row->name, text, row->max_level);
    *ret_level = (int)level;
    return BL_OK;
}

bl_status bl_compression_parse(const char *text, bl_compression *ret_how, bl_error *err) {
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    char name[16] = "";
    if (length < sizeof name)
        memcpy(name, text, length);
    if (!colon && strcmp(name, none) == 0) {
        *ret_how = (bl_compression){BL_CODEC_STORED, 0};
        return BL_OK;
    }
    for (bl_codec_id id = BL_CODEC_ZLIB; id < BL_N_CODECS; id++) {
        const bl_codec_row *row = bl_codec_get(id);
        if (!has_name(id) || strcasecmp(row->name, name) != 0)
            continue;
        bl_compression how = {id, row->default_level};
        if (colon)
            BL_TRY(parse_level(colon + 1, row, &how.level, err));
        *ret_how = how;
        return BL_OK;
    }
    return unknown_codec(text, name, err);
}

const char *bl_compression_name(bl_compression how) {
    return how.codec == BL_CODEC_STORED ? none : bl_codec_name(how.codec);
}

int bl_compression_setting(bl_compression how) {
    return 100 * bl_codec_get(how.codec)->root_algorithm + how.level;
}
