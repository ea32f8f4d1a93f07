// SPDX-License-Identifier: Apache-2.0
// `beamline inspect --json`.
#include <stdio.h>

#include "cli/inspect.h"

static void json_text(bl_out *out, const char *key, const char *text) {
    bl_out_printf(out, "\"%s\":", key);
    bl_out_json_text(out, text);
}

static void json_number(bl_out *out, const char *key, uint64_t value) {
    bl_out_printf(out, ",\"%s\":%llu", key, (unsigned long long)value);
}

void bl_inspect_json_file(bl_out *out, const char *url, const bl_catalog *catalog) {
    bl_out_char(out, '{');
    json_text(out, "file", url);
    bl_out_char(out, ',');
    json_text(out, "format", bl_catalog_format(catalog));
    bl_out_char(out, ',');
    json_text(out, "description", bl_catalog_description(catalog));
    json_number(out, "bytes", bl_catalog_size_bytes(catalog));
    bl_out_printf(out, ",\"recovered\":%s", bl_catalog_is_recovered(catalog) ? "true" : "false");
}

bl_status bl_inspect_json_objects(bl_out *out, const bl_catalog *catalog, bl_error *err) {
    bl_out_text(out, ",\"objects\":[");
    for (size_t i = 0; i < bl_catalog_n_objects(catalog); i++) {
        bl_object_info info = {.size = sizeof info};
        BL_TRY(bl_catalog_object(catalog, i, &info, err));
        bl_out_text(out, i ? ",{" : "{");
        json_text(out, "path", info.path);
        bl_out_char(out, ',');
        json_text(out, "class", info.class_name);
        bl_out_char(out, ',');
        json_text(out, "title", info.title);
        bl_out_printf(out, ",\"cycle\":%d", info.cycle);
        json_number(out, "offset", info.offset);
        json_number(out, "stored_bytes", info.stored_bytes);
        json_number(out, "raw_bytes", info.raw_bytes);
        bl_out_printf(out, ",\"is_table\":%s}", info.is_table ? "true" : "false");
    }
    bl_out_char(out, ']');
    return BL_OK;
}

static void json_column(bl_out *out, const bl_column_info *info) {
    char type[2048];
    bl_out_char(out, '{');
    json_text(out, "path", info->path);
    bl_out_char(out, ',');
    json_text(out, "name", info->name);
    if (info->duplicate)
        bl_out_printf(out, ",\"duplicate\":%d", info->duplicate);
    bl_out_char(out, ',');
    json_text(out, "title", info->title);
    bl_out_char(out, ',');
    json_text(out, "source_type", info->source_type);
    bl_out_char(out, ',');
    if (info->type)
        bl_type_format(info->type, type, sizeof type);
    json_text(out, "type", info->type ? type : NULL);
    if (info->unreadable) {
        bl_out_char(out, ',');
        json_text(out, "unreadable", info->unreadable);
    }
    bl_out_printf(out, ",\"entries\":%lld,\"chunks\":%lld", (long long)info->n_rows,
                  (long long)info->n_chunks);
    json_number(out, "stored_bytes", info->stored_bytes);
    json_number(out, "raw_bytes", info->raw_bytes);
    bl_out_char(out, ',');
    json_text(out, "codec", info->codec);
    bl_out_char(out, '}');
}

void bl_inspect_json_table(bl_out *out, const bl_inspected *table) {
    bl_out_char(out, '{');
    json_text(out, "path", table->path);
    bl_out_printf(out, ",\"entries\":%lld,\"clusters\":%zu,\"columns\":[", (long long)table->n_rows,
                  table->n_clusters);
    for (size_t i = 0; i < table->selection.n; i++) {
        if (i)
            bl_out_char(out, ',');
        json_column(out, &table->selection.infos[i]);
    }
    bl_out_text(out, "]}");
}
