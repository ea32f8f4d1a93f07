// SPDX-License-Identifier: Apache-2.0
// predict.json: what was begun, so that only the same is gone on with, and which outputs are done.
#include <stdlib.h>
#include <sys/stat.h>

#include <beamline/version.h>

#include "base/file_sum.h"
#include "base/json_text.h"
#include "base/whole_file.h"
#include "data/stream/parts.h"
#include "infer/predict/predictions_private.h"

static const char *const format = "beamline predictions 1";

// ---- hashes ----

/// The files of the models, byte by byte.
static bl_status hash_model(bl_predictions *p, bl_error *err) {
    const bl_predictor *predictor = p->options->scores.predictor;
    bl_packer packer = {.context = p->context};
    for (size_t i = 0; i < bl_predictor_n_models(predictor); i++) {
        uint64_t bytes = 0, sum = 0;
        bl_status status =
            bl_file_sum(bl_url_path(bl_predictor_url(predictor, i)), &bytes, &sum, err);
        if (status != BL_OK)
            return bl_packer_release(&packer), status;
        bl_fingerprint_add_number(&packer, bytes);
        bl_fingerprint_add_number(&packer, sum);
    }
    return bl_fingerprint_end(&packer, &p->arena, &p->of_model, err);
}

/// A configuration beside the model's own, cuts that were added, and what files it names say.
static bl_status hash_configuration(bl_predictions *p, bl_error *err) {
    const bl_dataset *dataset = p->options->scores.dataset;
    const bl_config *config = dataset->config;
    bl_packer packer = {.context = p->context};
    bl_fingerprint_add_text(&packer, p->options->configuration ? config->text : NULL);
    for (size_t i = 0; i < config->cuts.n; i++)
        bl_fingerprint_add_text(&packer, config->cuts.texts[i]);
    for (size_t i = 0; i < config->n_variables; i++) {
        bl_fingerprint_add_text(&packer, config->variables[i].name);
        bl_fingerprint_add_text(&packer, config->variables[i].text);
    }
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const bl_lumi_mask *mask = &dataset->samples[i].mask;
        if (mask->n)
            bl_pack_bytes(&packer, mask->ranges, mask->n * sizeof *mask->ranges);
    }
    return bl_fingerprint_end(&packer, &p->arena, &p->of_configuration, err);
}

static bl_status hash_options(bl_predictions *p, bl_error *err) {
    const bl_predictions_options *o = p->options;
    const bl_dataset *dataset = o->scores.dataset;
    bl_packer packer = {.context = p->context};
    bl_fingerprint_add_text(&packer, BL_VERSION);
    bl_fingerprint_add_text(&packer, dataset->config->treename);
    bl_fingerprint_add_text(&packer, o->tree);
    bl_fingerprint_add_text(&packer, o->format);
    bl_fingerprint_add_text(&packer, o->codec);
    bl_fingerprint_add_number(&packer, o->cluster_bytes);
    bl_fingerprint_add_number(&packer, o->chunk_bytes);
    bl_fingerprint_add_number(&packer, o->scores.only_selected);
    for (size_t i = 0; i < o->scores.n_names; i++)
        bl_fingerprint_add_text(&packer, o->scores.names[i]);
    for (size_t i = 0; i < o->scores.n_shapes; i++)
        bl_fingerprint_add_text(&packer, o->scores.shapes[i]->name);
    for (size_t i = 0; i < dataset->n_samples; i++)
        bl_fingerprint_add_text(&packer, dataset->samples[i].config->name);
    return bl_fingerprint_end(&packer, &p->arena, &p->of_options, err);
}

static bl_status pack_friends(const bl_predictions *p, bl_packer *to, bl_error *err) {
    const bl_scores_options *options = &p->options->scores;
    const bl_dataset *dataset = options->dataset;
    for (size_t i = 0; i < dataset->options.n_friends; i++)
        bl_fingerprint_add_text(to, dataset->options.friends[i]);
    for (size_t i = 0; i < dataset->n_stretches && bl_dataset_has_friends(dataset); i++) {
        const bl_stretch *stretch = &dataset->stretches[i];
        bl_scores *opened = NULL;
        BL_TRY(bl_scores_open(options, stretch, stretch->first, stretch->last, &opened, err));
        BL_AUTO(bl_scores) scores = opened;
        BL_TRY(bl_scores_pack_friends(scores, to, err));
    }
    return BL_OK;
}

/// The files of the inputs' friends.
static bl_status hash_friends(bl_predictions *p, bl_error *err) {
    bl_packer packer = {.context = p->context};
    bl_status status = pack_friends(p, &packer, err);
    if (status == BL_OK)
        return bl_fingerprint_end(&packer, &p->arena, &p->of_friends, err);
    bl_packer_release(&packer);
    return status;
}

bl_status bl_predictions_hash(bl_predictions *predictions, bl_error *err) {
    BL_TRY(hash_model(predictions, err));
    BL_TRY(hash_configuration(predictions, err));
    BL_TRY(hash_options(predictions, err));
    return hash_friends(predictions, err);
}

// ---- writing ----

static void put_inputs(const bl_predictions *p, bl_text *to) {
    for (size_t i = 0; i < p->n_inputs; i++) {
        const bl_predictions_input *input = &p->inputs[i];
        bl_text_add(to, "%s\n  {\"url\": ", i ? "," : "");
        bl_json_put_text(to, input->file->url);
        bl_text_add(to, ", \"bytes\": %llu, \"events\": %lld}",
                    (unsigned long long)input->file->bytes,
                    (long long)(input->last - input->first));
    }
}

static void put_outputs(const bl_predictions *p, bl_text *to) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_outputs; i++) {
        const bl_predictions_output *output = &p->outputs[i];
        if (!output->is_done)
            continue;
        bl_text_add(to, "%s\n  {\"file\": ", n++ ? "," : "");
        bl_json_put_text(to, output->name);
        bl_text_add(to, ", \"input\": ");
        bl_json_put_text(to, p->inputs[output->first_input].file->url);
        bl_text_add(to, ", \"events\": %lld, \"selected\": %lld, \"bytes\": %llu, ",
                    (long long)output->n_rows, (long long)output->n_taken,
                    (unsigned long long)output->bytes);
        bl_text_add(to, "\"xxh64\": \"%016llx\"}", (unsigned long long)output->xxh64);
    }
}

bl_status bl_predictions_write_state(const bl_predictions *p, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, p->context);
    bl_text text = {.arena = &arena};
    bl_text_add(&text, "{\n \"format\": \"%s\",\n \"model\": \"%s\",\n", format, p->of_model);
    bl_text_add(&text, " \"configuration\": \"%s\",\n \"options\": \"%s\",\n", p->of_configuration,
                p->of_options);
    bl_text_add(&text, " \"friends\": \"%s\",\n \"inputs\": [", p->of_friends);
    put_inputs(p, &text);
    bl_text_add(&text, "],\n \"outputs\": [");
    put_outputs(p, &text);
    bl_text_add(&text, "]\n}\n");
    bl_status status = BL_OK;
    if (text.has_failed)
        status = bl_error_nomem(err, text.n, p->state);
    else
        status = bl_whole_file_write(p->state, text.text, text.n, true, err);
    bl_arena_release(&arena);
    return status;
}

// ---- reading ----

static size_t list_of(const bl_item *map, const char *key, const bl_item *const **ret_items) {
    const bl_item *list = bl_item_get(map, key);
    bool is_list = list && list->kind == BL_ITEM_LIST;
    *ret_items = is_list ? list->items : NULL;
    return is_list ? list->n : 0;
}

static bl_status is_other(const bl_predictions *p, const char *what, bl_error *err) {
    return bl_error_set(err, BL_E_EXISTS, "%s was begun with %s; --overwrite begins anew",
                        p->options->url, what);
}

static bl_status compare_inputs(const bl_predictions *p, const bl_item *document, bl_error *err) {
    const bl_item *const *items;
    size_t n = list_of(document, "inputs", &items);
    for (size_t i = 0; i < n || i < p->n_inputs; i++) {
        const char *was = i < n ? bl_item_text_at(items[i], "url") : NULL, *what;
        const bl_predictions_input *input = i < p->n_inputs ? &p->inputs[i] : NULL;
        if (was && input && strcmp(was, input->file->url) == 0 &&
            (uint64_t)bl_item_integer_at(items[i], "bytes") == input->file->bytes &&
            bl_item_integer_at(items[i], "events") == input->last - input->first)
            continue;
        bl_arena arena;
        bl_arena_init(&arena, p->context);
        if (!was || !input)
            what = bl_arena_printf(&arena, "%zu inputs, not %zu", n, p->n_inputs);
        else if (strcmp(was, input->file->url) != 0)
            what = bl_arena_printf(&arena, "the input '%s', not '%s'", was, input->file->url);
        else
            what = bl_arena_printf(&arena, "'%s' of %lld events in %lld bytes, not %lld in %llu",
                                   was, (long long)bl_item_integer_at(items[i], "events"),
                                   (long long)bl_item_integer_at(items[i], "bytes"),
                                   (long long)(input->last - input->first),
                                   (unsigned long long)input->file->bytes);
        bl_status status = is_other(p, what ? what : "other inputs", err);
        bl_arena_release(&arena);
        return status;
    }
    return BL_OK;
}

/// Takes over what an earlier run wrote, where it is there as it left it.
static void take_output(const bl_predictions *p, const bl_item *item) {
    struct stat found;
    for (size_t i = 0; i < p->n_outputs; i++) {
        bl_predictions_output *output = &p->outputs[i];
        if (strcmp(bl_item_text_at(item, "file"), output->name) != 0)
            continue;
        output->n_taken = bl_item_integer_at(item, "selected");
        output->bytes = (uint64_t)bl_item_integer_at(item, "bytes");
        output->xxh64 = strtoull(bl_item_text_at(item, "xxh64"), NULL, 16);
        output->is_done =
            stat(output->path, &found) == 0 && (uint64_t)found.st_size == output->bytes;
    }
}

bl_status bl_predictions_resume(bl_predictions *p, bl_error *err) {
    const bl_item *document = NULL, *const * outputs;
    BL_TRY(bl_document_read(&p->arena, p->state, &document, err));
    if (strcmp(bl_item_text_at(document, "format"), format) != 0)
        return bl_error_set(err, BL_E_EXISTS, "%s: is of no predictions; --overwrite replaces it",
                            p->state);
    if (strcmp(bl_item_text_at(document, "model"), p->of_model) != 0)
        return is_other(p, "another model", err);
    if (strcmp(bl_item_text_at(document, "configuration"), p->of_configuration) != 0)
        return is_other(p, "another configuration", err);
    BL_TRY(compare_inputs(p, document, err));
    if (strcmp(bl_item_text_at(document, "options"), p->of_options) != 0)
        return is_other(p, "other options, or by another version", err);
    if (strcmp(bl_item_text_at(document, "friends"), p->of_friends) != 0)
        return is_other(p, "friends of the input that have changed since, or with others", err);
    size_t n = list_of(document, "outputs", &outputs);
    for (size_t i = 0; i < n; i++)
        take_output(p, outputs[i]);
    p->is_resumed = true;
    return BL_OK;
}
