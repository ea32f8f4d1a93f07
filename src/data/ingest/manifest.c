// SPDX-License-Identifier: Apache-2.0
// manifest.json, written and read back by Jansson.
#include "data/ingest/manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/packer.h"
#include "base/sum.h"
#include "base/whole_file.h"

static const char *const format = "beamline parts 1";

// ---- writing ----

static json_t *flow_json(const bl_flow *flow) {
    return json_pack("{s:I, s:f, s:f}", "events", (json_int_t)flow->n_rows, "sumw", flow->sumw,
                     "sumw2", flow->sumw2);
}

static json_t *files_json(const bl_sample *sample, bool skipped) {
    json_t *files = json_array();
    for (size_t i = 0; i < sample->n_files; i++) {
        const bl_dataset_file *file = &sample->files[i];
        if ((file->skipped != NULL) != skipped)
            continue;
        json_t *json = skipped
                           ? json_pack("{s:s, s:s}", "url", file->url, "error", file->skipped)
                           : json_pack("{s:s, s:I, s:I}", "url", file->url, "events",
                                       (json_int_t)file->n_rows, "bytes", (json_int_t)file->bytes);
        if (json && !skipped && sample->config->sumw.branch)
            (void)json_object_set_new(json, "sumw", json_real(file->sumw));
        (void)json_array_append_new(files, json);
    }
    return files;
}

/// The sum of a sample's parts.
static json_t *cut_flow_json(const bl_manifest *manifest, size_t sample) {
    json_t *cuts = json_array();
    for (size_t k = 0; manifest->cuts[sample][k]; k++) {
        bl_flow all = {0};
        bl_sum sumw = {0}, sumw2 = {0};
        for (size_t i = 0; i < manifest->n_parts; i++) {
            const bl_ingest_part *part = &manifest->parts[i];
            if (!part->is_done || part->stretch->number != sample || k >= part->n_cuts)
                continue;
            all.n_rows += part->flow[k].n_rows;
            bl_sum_add(&sumw, part->flow[k].sumw);
            bl_sum_add(&sumw2, part->flow[k].sumw2);
        }
        all.sumw = bl_sum_value(&sumw);
        all.sumw2 = bl_sum_value(&sumw2);
        json_t *json = flow_json(&all);
        (void)json_object_set_new(json, "cut", json_string(manifest->cuts[sample][k]));
        (void)json_array_append_new(cuts, json);
    }
    return cuts;
}

static json_t *sample_json(const bl_manifest *manifest, size_t i) {
    const bl_sample *sample = &manifest->dataset->samples[i];
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:f, s:o, s:o, s:o}", "name", sample->config->name,
                  "fingerprint", manifest->fingerprints[i], "is_data", sample->config->is_data,
                  "weight_factor", sample->factor, "files", files_json(sample, false), "skipped",
                  files_json(sample, true), "cut_flow", cut_flow_json(manifest, i));
    if (json && sample->config->has_label)
        (void)json_object_set_new(json, "label", json_integer(sample->config->label));
    if (json && sample->config->sumw.branch)
        (void)json_object_set_new(json, "sumw", json_real(sample->sumw));
    return json;
}

static json_t *part_json(const bl_ingest_part *part) {
    char sum[17];
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)part->xxh64);
    json_t *flow = json_array();
    for (size_t i = 0; i < part->n_cuts; i++)
        (void)json_array_append_new(flow, flow_json(&part->flow[i]));
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:o}", "file", part->name, "sample",
                     part->stretch->sample->config->name, "first", (json_int_t)part->first, "last",
                     (json_int_t)part->last, "events", (json_int_t)part->n_rows, "bytes",
                     (json_int_t)part->bytes, "xxh64", sum, "cut_flow", flow);
}

static json_t *manifest_json(const bl_manifest *manifest) {
    json_t *samples = json_array(), *parts = json_array();
    bool is_complete = true;
    for (size_t i = 0; i < manifest->dataset->n_samples; i++)
        (void)json_array_append_new(samples, sample_json(manifest, i));
    for (size_t i = 0; i < manifest->n_parts; i++) {
        is_complete = is_complete && manifest->parts[i].is_done;
        if (manifest->parts[i].is_done)
            (void)json_array_append_new(parts, part_json(&manifest->parts[i]));
    }
    return json_pack("{s:s, s:b, s:o, s:o}", "format", format, "complete", is_complete, "samples",
                     samples, "parts", parts);
}

static int append(const char *text, size_t size, void *packer) {
    bl_pack_bytes((bl_packer *)packer, text, size);
    return 0;
}

bl_status bl_manifest_write(const bl_manifest *manifest, bl_error *err) {
    bl_packer text = {.context = manifest->dataset->context};
    json_t *json = manifest_json(manifest);
    bool failed = json_dump_callback(json, append, &text,
                                     (size_t)JSON_INDENT(1) | (size_t)JSON_REAL_PRECISION(17));
    json_decref(json);
    bl_status status = bl_packer_check(&text, "a manifest", err);
    if (failed)
        status = bl_error_nomem(err, 0, "a manifest");
    if (status == BL_OK)
        status = bl_whole_file_write(manifest->path, text.buffer->data, bl_packer_size(&text), true,
                                     err);
    bl_packer_release(&text);
    return status;
}

// ---- reading ----

static const bl_item *list_of(const bl_item *map, const char *key) {
    static const bl_item nothing = {.kind = BL_ITEM_LIST};
    const bl_item *list = bl_item_get(map, key);
    return list && list->kind == BL_ITEM_LIST ? list : &nothing;
}

static double number_of(const bl_item *map, const char *key) {
    const bl_item *item = bl_item_get(map, key);
    return item ? item->number : 0;
}

/// The entry of a name among samples, or NULL.
static const bl_item *find_sample(const bl_item *document, const char *name) {
    const bl_item *samples = list_of(document, "samples");
    for (size_t i = 0; i < samples->n; i++)
        if (strcmp(bl_item_text_at(samples->items[i], "name"), name) == 0)
            return samples->items[i];
    return NULL;
}

void bl_manifest_leave_out(const bl_item *document, bl_dataset *dataset) {
    for (size_t i = 0; i < dataset->n_samples; i++) {
        bl_sample *sample = &dataset->samples[i];
        const bl_item *skipped = list_of(find_sample(document, sample->config->name), "skipped");
        for (size_t k = 0; k < skipped->n; k++)
            (void)bl_dataset_leave_out(dataset, sample, bl_item_text_at(skipped->items[k], "url"),
                                       bl_item_text_at(skipped->items[k], "error"));
    }
}

static bool is_as_left(const char *folder, const bl_ingest_part *part) {
    char path[4096];
    struct stat found;
    if (part->n_rows == 0)
        return true;
    snprintf(path, sizeof path, "%s/%s", folder, part->name);
    return stat(path, &found) == 0 && (uint64_t)found.st_size == part->bytes;
}

/// Takes what an earlier run wrote of a part, where that is all there.
static void take_part(const bl_item *item, const char *folder, bl_ingest_part *part) {
    const bl_item *flow = list_of(item, "cut_flow");
    if (bl_item_integer_at(item, "first") != part->first ||
        bl_item_integer_at(item, "last") != part->last || flow->n != part->n_cuts)
        return;
    for (size_t i = 0; i < flow->n; i++)
        part->flow[i] =
            (bl_flow){bl_item_integer_at(flow->items[i], "events"),
                      number_of(flow->items[i], "sumw"), number_of(flow->items[i], "sumw2")};
    part->n_rows = bl_item_integer_at(item, "events");
    part->bytes = (uint64_t)bl_item_integer_at(item, "bytes");
    part->xxh64 = strtoull(bl_item_text_at(item, "xxh64"), NULL, 16);
    part->is_done = is_as_left(folder, part);
}

bl_status bl_manifest_resume(const bl_item *document, const char *folder, bl_manifest *manifest,
                             bl_error *err) {
    const bl_item *parts = list_of(document, "parts");
    if (strcmp(bl_item_text_at(document, "format"), format) != 0)
        return bl_error_set(err, BL_E_EXISTS, "%s: is no manifest of parts", manifest->path);
    for (size_t i = 0; i < manifest->dataset->n_samples; i++) {
        const char *name = manifest->dataset->samples[i].config->name;
        const char *there = bl_item_text_at(find_sample(document, name), "fingerprint");
        if (strcmp(there, manifest->fingerprints[i]) != 0)
            return bl_error_set(err, BL_E_EXISTS,
                                "%s: other parts are there, of other files, cuts, variables or "
                                "options; --overwrite replaces them",
                                folder);
    }
    for (size_t i = 0; i < manifest->n_parts; i++)
        for (size_t k = 0; k < parts->n; k++)
            if (strcmp(bl_item_text_at(parts->items[k], "file"), manifest->parts[i].name) == 0)
                take_part(parts->items[k], folder, &manifest->parts[i]);
    return BL_OK;
}
