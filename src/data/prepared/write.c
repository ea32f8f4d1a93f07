// SPDX-License-Identifier: Apache-2.0
// prepared.json, written.
#include <beamline/version.h>

#include "base/json_text.h"
#include "base/whole_file.h"
#include "data/prepared/private.h"

static const char *label_kind_name(bl_label_kind kind) {
    static const char *const names[] = {
#define NAME(KIND, name) [BL_LABEL_##KIND] = #name,
        BL_LABEL_KINDS(NAME)
#undef NAME
    };
    return names[kind];
}

static void put_key(bl_text *to, const char *key) { bl_text_add(to, ",\n \"%s\": ", key); }

static void put_text(bl_text *to, const char *key, const char *value) {
    put_key(to, key);
    bl_json_put_text(to, value);
}

static void put_integer(bl_text *to, const char *key, int64_t value) {
    put_key(to, key);
    bl_json_put_integer(to, value);
}

static void put_list(bl_text *to, const char *const *texts, size_t n) {
    bl_text_add(to, "[");
    for (size_t i = 0; i < n; i++) {
        bl_text_add(to, i ? ", " : "");
        bl_json_put_text(to, texts[i]);
    }
    bl_text_add(to, "]");
}

static void put_texts(bl_text *to, const char *key, const char *const *texts, size_t n) {
    put_key(to, key);
    put_list(to, texts, n);
}

// ---- what events are ----

static void put_inputs(bl_text *to, const bl_prepared *prepared) {
    put_key(to, "inputs");
    bl_text_add(to, "[");
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        const bl_prepared_input *input = &prepared->inputs[i];
        bl_text_add(to, "%s\n  {\"name\": ", i ? "," : "");
        bl_json_put_text(to, input->name);
        bl_text_add(to, ", \"sequence\": %s, \"most_rows\": %zu,\n   \"columns\": ",
                    input->is_sequence ? "true" : "false", input->most_rows);
        put_list(to, input->columns, input->width);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

void bl_prepared_put_cuts(bl_text *to, const bl_prepared_sample *sample) {
    bl_text_add(to, "[");
    for (size_t i = 0; i < sample->n_cuts; i++) {
        const bl_prepared_cut *cut = &sample->cuts[i];
        bl_text_add(to, "%s\n   {\"cut\": ", i ? "," : "");
        bl_json_put_text(to, cut->text);
        bl_text_add(to, ", \"events\": %lld, \"sumw\": ", (long long)cut->n_rows);
        bl_json_put_number(to, cut->sumw);
        bl_text_add(to, ", \"sumw2\": ");
        bl_json_put_number(to, cut->sumw2);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

static void put_samples(bl_text *to, const bl_prepared *prepared) {
    put_key(to, "samples");
    bl_text_add(to, "[");
    for (size_t i = 0; i < prepared->n_samples; i++) {
        const bl_prepared_sample *sample = &prepared->samples[i];
        bl_text_add(to, "%s\n  {\"name\": ", i ? "," : "");
        bl_json_put_text(to, sample->name);
        bl_text_add(to, ", \"weight_factor\": ");
        bl_json_put_number(to, sample->factor);
        bl_text_add(to, ", \"cut_flow\": ");
        bl_prepared_put_cuts(to, sample);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

// ---- parts ----

static void put_classes(bl_text *to, const char *key, const bl_prepared_class *classes, size_t n,
                        const char *indent) {
    bl_text_add(to, ",\n%s\"%s\": [", indent, key);
    for (size_t i = 0; i < n; i++) {
        const bl_prepared_class *c = &classes[i];
        bl_text_add(to, "%s\n%s {\"events\": %lld, \"negative\": %lld, \"sumw_physics\": ",
                    i ? "," : "", indent, (long long)c->n_rows, (long long)c->n_negative);
        bl_json_put_number(to, c->sumw_physics);
        bl_text_add(to, ", \"sumw_train\": ");
        bl_json_put_number(to, c->sumw_train);
        bl_text_add(to, ", \"abs_train\": ");
        bl_json_put_number(to, c->abs_train);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]");
}

static void put_shard(bl_text *to, const bl_prepared_shard *shard, size_t n_classes) {
    bl_text_add(to, "\n    {\"file\": ");
    bl_json_put_text(to, shard->file);
    bl_text_add(to, ", \"events\": %lld, \"bytes\": %llu, \"xxh64\": \"%016llx\"",
                (long long)shard->n_rows, (unsigned long long)shard->bytes,
                (unsigned long long)shard->xxh64);
    put_classes(to, "classes", shard->classes, n_classes, "     ");
    bl_text_add(to, "}");
}

static void put_parts(bl_text *to, const bl_prepared *prepared) {
    put_key(to, "parts");
    bl_text_add(to, "[");
    for (size_t i = 0; i < prepared->n_parts; i++) {
        const bl_prepared_part *part = &prepared->parts[i];
        bl_text_add(to, "%s\n  {\"name\": ", i ? "," : "");
        bl_json_put_text(to, part->name);
        bl_text_add(to, ", \"events\": %lld", (long long)part->n_rows);
        put_classes(to, "classes", part->classes, prepared->n_classes, "   ");
        put_classes(to, "before", part->before, prepared->n_classes, "   ");
        bl_text_add(to, ",\n   \"shards\": [");
        for (size_t k = 0; k < part->n_shards; k++) {
            bl_text_add(to, k ? "," : "");
            put_shard(to, &part->shards[k], prepared->n_classes);
        }
        bl_text_add(to, "]}");
    }
    bl_text_add(to, "]");
}

static bl_status put_transforms(bl_text *to, const bl_prepared *prepared, bl_error *err) {
    put_key(to, "transforms");
    bl_text_add(to, "[");
    for (size_t i = 0; i < prepared->n_transforms; i++) {
        const char *text = NULL;
        BL_TRY(bl_nn_transform_write(to->arena, &prepared->transforms[i], &text, err));
        bl_text_add(to, "%s\n%s", i ? "," : "", text);
    }
    bl_text_add(to, "]");
    return BL_OK;
}

static bl_status put_all(bl_text *to, const bl_prepared *prepared, bl_error *err) {
    bl_text_add(to, "{\"format\": \"" BL_PREPARED_FORMAT "\",\n \"complete\": %s",
                prepared->is_complete ? "true" : "false");
    put_text(to, "version", BL_VERSION);
    put_text(to, "fingerprint", prepared->fingerprint);
    put_text(to, "type", prepared->is_double ? "float64" : "float32");
    put_text(to, "label", label_kind_name(prepared->label_kind));
    put_texts(to, "classes", prepared->classes, prepared->n_classes);
    put_inputs(to, prepared);
    put_texts(to, "observers", prepared->observers, prepared->n_observers);
    put_texts(to, "weights", prepared->weights, prepared->n_weights);
    put_texts(to, "identity", prepared->identity, prepared->n_identity);
    put_text(to, "rule", BL_FATE_RULE);
    put_integer(to, "seed", (int64_t)prepared->seed);
    put_integer(to, "split_seed", (int64_t)prepared->split_seed);
    put_integer(to, "folds", (int64_t)prepared->n_folds);
    put_integer(to, "buckets", (int64_t)prepared->n_buckets);
    put_integer(to, "gathered", (int64_t)prepared->n_gathered);
    put_integer(to, "duplicates_dropped", prepared->n_duplicates);
    put_texts(to, "files", prepared->files, prepared->n_files);
    put_samples(to, prepared);
    BL_TRY(put_transforms(to, prepared, err));
    put_parts(to, prepared);
    put_text(to, "configuration", prepared->configuration);
    put_text(to, "treename", prepared->treename);
    bl_text_add(to, "}\n");
    return to->has_failed ? bl_error_nomem(err, to->n, BL_PREPARED_FILE) : BL_OK;
}

bl_status bl_prepared_write(const bl_prepared *prepared, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, prepared->arena.context);
    bl_text text = {.arena = &arena};
    char *path = bl_arena_printf(&arena, "%s/" BL_PREPARED_FILE, prepared->folder);
    bl_status status = BL_OK;
    if (!path)
        status = bl_error_nomem(err, 0, "a path");
    if (status == BL_OK)
        status = put_all(&text, prepared, err);
    if (status == BL_OK)
        status = bl_whole_file_write(path, text.text, text.n, true, err);
    bl_arena_release(&arena);
    return status;
}
