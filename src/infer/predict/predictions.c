// SPDX-License-Identifier: Apache-2.0
// Predictions before anything is written: which files there are to be, of which inputs, and what an
// earlier run left of them.
#include "infer/predict/predictions.h"

#include <sys/stat.h>
#include <unistd.h>

#include "infer/predict/predictions_private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "predictions"); }

// ---- inputs ----

/// A stretch of one file alone: what a chain would open before its rows is left out.
static const bl_stretch *stretch_of_file(bl_predictions *p, const bl_stretch *chain, size_t i) {
    bl_stretch *one = (bl_stretch *)bl_arena_array(&p->arena, 1, sizeof *one);
    if (!one)
        return NULL;
    int64_t begin = i ? chain->ends[i - 1] : 0;
    *one = *chain;
    one->n_files = 1;
    one->urls = &chain->urls[i];
    one->files = &chain->files[i];
    one->ends = (int64_t *)bl_arena_array(&p->arena, 1, sizeof *one->ends);
    if (!one->ends)
        return NULL;
    one->ends[0] = chain->ends[i] - begin;
    return one;
}

/// Friends go with the rows of a whole chain, so that it stays one.
static bl_status add_file(bl_predictions *p, const bl_stretch *chain, size_t i, bl_error *err) {
    int64_t begin = i ? chain->ends[i - 1] : 0, end = chain->ends[i];
    int64_t first = chain->first > begin ? chain->first : begin;
    int64_t last = chain->last < end ? chain->last : end;
    bool is_one = p->options->scores.dataset->options.n_friends == 0 && chain->n_files > 1;
    const bl_stretch *stretch = is_one ? stretch_of_file(p, chain, i) : chain;
    if (!stretch)
        return out_of_memory(err);
    int64_t shift = is_one ? begin : 0;
    last = last > first ? last : first;
    p->inputs[p->n_inputs++] =
        (bl_predictions_input){.file = &chain->sample->files[chain->files[i]],
                               .stretch = stretch,
                               .first = first - shift,
                               .last = last - shift};
    return BL_OK;
}

static bl_status make_inputs(bl_predictions *p, bl_error *err) {
    const bl_dataset *dataset = p->options->scores.dataset;
    size_t n = 0;
    for (size_t i = 0; i < dataset->n_stretches; i++)
        n += dataset->stretches[i].n_files;
    p->inputs = (bl_predictions_input *)bl_arena_array(&p->arena, n + 1, sizeof *p->inputs);
    if (!p->inputs)
        return out_of_memory(err);
    for (size_t i = 0; i < dataset->n_stretches; i++)
        for (size_t k = 0; k < dataset->stretches[i].n_files; k++)
            BL_TRY(add_file(p, &dataset->stretches[i], k, err));
    return BL_OK;
}

// ---- outputs ----

/// \param path of a file that is to be written
static bl_status check_is_no_input(const bl_predictions *p, const char *path, bl_error *err) {
    struct stat output, input;
    if (stat(path, &output) != 0)
        return BL_OK;
    for (size_t i = 0; i < p->n_inputs; i++) {
        const char *url = p->inputs[i].file->url;
        if (stat(bl_url_path(url), &input) == 0 && input.st_dev == output.st_dev &&
            input.st_ino == output.st_ino)
            return bl_error_set(err, BL_E_INVALID, "%s: is an input, and stays", path);
    }
    return BL_OK;
}

static bl_status name_outputs(bl_predictions *p, bl_error *err) {
    const char *extension;
    const char **names = (const char **)bl_arena_array(&p->arena, p->n_outputs, sizeof *names);
    const char **urls = (const char **)bl_arena_array(&p->arena, p->n_outputs, sizeof *urls);
    if (!names || !urls)
        return out_of_memory(err);
    BL_TRY(bl_output_extension(p->options->format, &extension, err));
    for (size_t i = 0; i < p->n_outputs; i++)
        urls[i] = p->inputs[i].file->url;
    BL_TRY(bl_mirror_names(&p->arena, urls, p->n_outputs, extension, names, err));
    for (size_t i = 0; i < p->n_outputs; i++) {
        p->outputs[i].name = names[i];
        p->outputs[i].path = bl_arena_printf(&p->arena, "%s/%s", p->folder, names[i]);
        if (!p->outputs[i].path)
            return out_of_memory(err);
    }
    return BL_OK;
}

static bl_status make_outputs(bl_predictions *p, bl_error *err) {
    p->n_outputs = p->is_folder ? p->n_inputs : 1;
    p->outputs =
        (bl_predictions_output *)bl_arena_array(&p->arena, p->n_outputs, sizeof *p->outputs);
    if (!p->outputs)
        return out_of_memory(err);
    for (size_t i = 0; i < p->n_inputs; i++) {
        bl_predictions_output *output = &p->outputs[p->is_folder ? i : 0];
        if (!output->n_inputs++)
            output->first_input = i;
        p->inputs[i].begin = output->n_rows;
        output->n_rows += p->inputs[i].last - p->inputs[i].first;
    }
    if (p->is_folder)
        BL_TRY(name_outputs(p, err));
    else
        p->outputs[0].name = p->outputs[0].path = bl_url_path(p->options->url);
    for (size_t i = 0; i < p->n_outputs; i++)
        BL_TRY(check_is_no_input(p, p->outputs[i].path, err));
    return BL_OK;
}

/// Without a state, files under the names of outputs are somebody else's, or complete.
static bl_status check_strangers(const bl_predictions *p, bl_error *err) {
    (void)rmdir(p->parts); // empty, of who was killed behind the last step but this
    for (size_t i = 0; i < p->n_outputs; i++)
        if (access(p->outputs[i].path, F_OK) == 0)
            return bl_error_set(err, BL_E_EXISTS, "%s: exists; --overwrite replaces it",
                                p->outputs[i].path);
    return BL_OK;
}

// ---- preparing ----

static bool is_folder(const char *url) {
    struct stat found;
    size_t length = strlen(url);
    return (length && url[length - 1] == '/') || (stat(url, &found) == 0 && S_ISDIR(found.st_mode));
}

static bl_status make_paths(bl_predictions *p, bl_error *err) {
    const char *url = bl_url_path(p->options->url);
    size_t length = strlen(url);
    p->is_folder = is_folder(url);
    while (p->is_folder && length > 1 && url[length - 1] == '/')
        length--;
    p->folder = bl_arena_text(&p->arena, url, length);
    p->parts = bl_arena_printf(&p->arena, p->is_folder ? "%s/.parts" : "%s.parts", p->folder);
    p->state = bl_arena_printf(&p->arena, "%s/predict.json", p->is_folder ? p->folder : p->parts);
    return p->folder && p->parts && p->state ? BL_OK : out_of_memory(err);
}

bl_status bl_predictions_prepare(bl_predictions *p, const bl_predictions_options *options,
                                 bl_error *err) {
    p->context = options->scores.dataset->context;
    p->options = options;
    bl_arena_init(&p->arena, p->context);
    BL_TRY(make_paths(p, err));
    BL_TRY(make_inputs(p, err));
    BL_TRY(make_outputs(p, err));
    BL_TRY(bl_predictions_hash(p, err));
    if (options->overwrite)
        return BL_OK;
    if (access(p->state, F_OK) != 0)
        return check_strangers(p, err);
    BL_TRY(bl_predictions_resume(p, err));
    return bl_predictions_find_parts(p, err);
}

void bl_predictions_release(bl_predictions *predictions) {
    if (predictions->context)
        bl_arena_release(&predictions->arena);
}
