// SPDX-License-Identifier: Apache-2.0
// Predictions: which files there are to be, and output after output what is missing of them. Rows
// go into the output and into parts; who goes on copies the parts first. Where clusters end follows
// from rows alone, so that nobody sees where a run went on.
#include "infer/predict/predictions.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/folder.h"
#include "column/type.h"
#include "data/stream/lineage.h"
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

// ---- an output ----

/// An output while rows go into it.
typedef struct target {
    bl_predictions *predictions;
    bl_predictions_output *output;
    bl_output *file; ///< owns
    bl_writer *writer;
    bl_scores *model; ///< of the first input, whose columns the output has; owns
    bl_predictions_keeper keeper;
    bool is_input_bad; ///< what failed is about an input
} target;

static bl_status note_lineage(target *t, bl_output_options *options, bl_error *err) {
    bl_predictions *p = t->predictions;
    const bl_config *config = p->options->scores.dataset->config;
    size_t n = t->output->n_inputs;
    const char **urls = (const char **)bl_arena_array(&p->arena, n, sizeof *urls);
    if (!urls)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++)
        urls[i] = p->inputs[t->output->first_input + i].file->url;
    const bl_lineage lineage = {.urls = urls,
                                .n_urls = n,
                                .table = bl_scores_table(t->model),
                                .cuts = config->cuts.texts,
                                .n_cuts = config->cuts.n};
    return bl_lineage_pairs(&p->arena, &lineage, &options->metadata, &options->n_metadata, err);
}

/// Begins the file with the columns of its first input, and with the rows that parts have.
static bl_status begin(target *t, bl_error *err) {
    bl_predictions *p = t->predictions;
    const bl_predictions_options *o = p->options;
    const bl_column_spec *specs;
    size_t n = bl_scores_columns(t->model, &specs);
    // to replace takes two steps, between which who is killed leaves a third name
    bool replaces = (o->overwrite || p->is_resumed) && access(t->output->path, F_OK) == 0;
    bl_output_options options = {.size = sizeof options,
                                 .format = o->format,
                                 .codec = o->codec,
                                 .overwrite = replaces,
                                 .ret_bytes = &t->output->bytes,
                                 .ret_xxh64 = &t->output->xxh64};
    const bl_writer_options of_writer = {.size = sizeof of_writer,
                                         .path = o->tree ? o->tree : bl_scores_table(t->model),
                                         .cluster_bytes = o->cluster_bytes,
                                         .chunk_bytes = o->chunk_bytes};
    BL_TRY(note_lineage(t, &options, err));
    BL_TRY(bl_output_open(p->context, t->output->path, &options, &t->file, err));
    BL_TRY(bl_output_add(t->file, specs, n, &of_writer, &t->writer, err));
    t->keeper = (bl_predictions_keeper){.predictions = p,
                                        .output = (size_t)(t->output - p->outputs),
                                        .specs = specs,
                                        .n_columns = n};
    return bl_predictions_copy_parts(p, t->output, t->writer, err);
}

static bl_status check_like(const target *t, const bl_scores *scores, const char *url,
                            bl_error *err) {
    const bl_column_spec *wanted, *specs;
    size_t n_wanted = bl_scores_columns(t->model, &wanted), n = bl_scores_columns(scores, &specs);
    const char *first = t->predictions->inputs[t->output->first_input].file->url;
    if (n != n_wanted)
        return bl_error_set(err, BL_E_TYPE, "%s: would give %zu columns, where %s gives %zu", url,
                            n, first, n_wanted);
    for (size_t i = 0; i < n; i++) {
        char type[128] = "", of_first[128] = "";
        if (strcmp(specs[i].name, wanted[i].name) == 0 &&
            bl_type_equal(specs[i].type, wanted[i].type))
            continue;
        (void)bl_type_format(specs[i].type, type, sizeof type);
        (void)bl_type_format(wanted[i].type, of_first, sizeof of_first);
        return bl_error_set(err, BL_E_TYPE, "%s: column '%s' is %s, where %s has '%s' as %s", url,
                            specs[i].name, type, first, wanted[i].name, of_first);
    }
    return BL_OK;
}

static void show_progress(const bl_predictions *p, int64_t n_rows, uint64_t bytes) {
    if (p->options->progress)
        p->options->progress(p->options->user, p->n_resumed + p->n_rows + n_rows,
                             p->stored_bytes + bytes);
}

static bl_status write_batch(target *t, const bl_batch *batch, int64_t last, int64_t n_taken,
                             bl_error *err) {
    bl_status status = BL_OK;
    if (bl_batch_n_rows(batch))
        status = bl_writer_write(t->writer, batch, err);
    if (status == BL_OK)
        status = bl_predictions_keep(&t->keeper, batch, last, n_taken, err);
    t->is_input_bad = status == BL_OK;
    return status == BL_OK ? BL_OK : bl_error_in(err, status, "output");
}

/// Rows of one input. \param first row of the stretch's chain that `scores` begins with
static bl_status write_input(target *t, const bl_predictions_input *input, bl_scores *scores,
                             int64_t first, bl_error *err) {
    bl_predictions *p = t->predictions;
    bl_scores_progress now = {.row = first};
    for (;;) {
        bl_batch *batch = NULL;
        int64_t n_taken = now.n_taken;
        bl_status status = bl_scores_next(scores, &batch, err);
        if (status == BL_END)
            break;
        BL_TRY(status);
        now = bl_scores_get_progress(scores);
        status = write_batch(t, batch, input->begin + now.row - input->first, now.n_taken - n_taken,
                             err);
        bl_batch_release(batch);
        BL_TRY(status);
        show_progress(p, now.row - first, now.stored_bytes);
    }
    p->n_rows += now.row - first;
    p->n_taken += now.n_taken;
    p->stored_bytes += now.stored_bytes;
    t->output->n_taken += now.n_taken;
    return BL_OK;
}

/// \param done rows of the output's input that it has
static bl_status write_rest(target *t, const bl_predictions_input *input, int64_t done,
                            bl_error *err) {
    const bl_scores_options *options = &t->predictions->options->scores;
    bool is_first = input == &t->predictions->inputs[t->output->first_input];
    int64_t n_rows = input->last - input->first;
    if (done <= input->begin && is_first)
        return write_input(t, input, t->model, input->first, err);
    if (done >= input->begin + n_rows)
        return BL_OK;
    BL_AUTO(bl_scores) scores = NULL;
    int64_t first = input->first + (done > input->begin ? done - input->begin : 0);
    BL_TRY(bl_scores_open(options, input->stretch, first, input->last, &scores, err));
    BL_TRY(check_like(t, scores, input->file->url, err));
    return write_input(t, input, scores, first, err);
}

static bl_status write_rows(target *t, bl_error *err) {
    bl_predictions *p = t->predictions;
    bl_predictions_output *output = t->output;
    const bl_predictions_input *inputs = &p->inputs[output->first_input];
    int64_t done = output->n_kept;
    t->is_input_bad = true;
    BL_TRY(bl_scores_open(&p->options->scores, inputs->stretch, inputs->first, inputs->last,
                          &t->model, err));
    t->is_input_bad = false;
    output->n_taken = 0;
    for (size_t i = 0; i < output->n_parts; i++)
        output->n_taken += output->parts[i].n_taken;
    BL_TRY(begin(t, err));
    t->keeper.first = t->keeper.last = done;
    p->n_resumed += done;
    t->is_input_bad = true;
    for (size_t i = 0; i < output->n_inputs; i++)
        BL_TRY(write_rest(t, &inputs[i], done, err));
    t->is_input_bad = false;
    return bl_output_finish(t->file, err);
}

/// Failures that are about a file.
static bool is_of_file(bl_status status) {
    static const bl_status of_files[] = {BL_E_NOTFOUND, BL_E_ACCESS,      BL_E_IO,  BL_E_FORMAT,
                                         BL_E_CORRUPT,  BL_E_UNSUPPORTED, BL_E_TYPE};
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++)
        if (status == of_files[i])
            return true;
    return false;
}

static bl_status make_folder_of(const bl_predictions *p, const char *path, bl_error *err) {
    const char *slash = strrchr(path, '/');
    bl_arena arena;
    bl_status status = BL_OK;
    bl_arena_init(&arena, p->context);
    const char *folder = slash ? bl_arena_text(&arena, path, (size_t)(slash - path)) : ".";
    if (p->is_folder)
        status = folder ? bl_folder_make(folder, err) : out_of_memory(err);
    bl_arena_release(&arena);
    return status;
}

static bl_status write_output(bl_predictions *p, bl_predictions_output *output, bl_error *err) {
    target t = {.predictions = p, .output = output};
    bl_error why = {0};
    BL_TRY(make_folder_of(p, output->path, err));
    bl_status status = write_rows(&t, &why);
    bl_predictions_keeper_release(&t.keeper);
    bl_output_close(t.file);
    if (t.model)
        bl_scores_close(t.model);
    bool skips = p->options->scores.dataset->options.skips_bad_files && p->is_folder;
    if (status != BL_OK && skips && t.is_input_bad && is_of_file(status)) {
        output->skipped = bl_arena_text(&p->arena, why.message, strlen(why.message));
        bl_log(p->context, BL_LOG_WARNING, "left out: %s", why.message);
        return output->skipped ? BL_OK : out_of_memory(err);
    }
    if (status != BL_OK)
        return bl_error_set(err, status, "%s", why.message);
    output->is_done = true;
    return BL_OK;
}

// ---- all of them ----

/// The state that says what follows is ours; what was begun otherwise goes.
static bl_status begin_all(bl_predictions *p, bl_error *err) {
    const char *folder = p->is_folder ? p->folder : p->parts;
    if (!p->is_resumed)
        bl_predictions_remove_parts(p, NULL);
    p->is_kept = p->is_resumed;
    p->made_folder = access(folder, F_OK) != 0;
    BL_TRY(bl_folder_make(folder, err));
    return p->is_resumed ? BL_OK : bl_predictions_write_state(p, err);
}

/// The output alone says that it is done; where nothing was done, nothing was begun.
static void remove_state(const bl_predictions *p) {
    (void)unlink(p->state);
    (void)rmdir(p->parts);
    if (p->is_folder && p->made_folder)
        (void)rmdir(p->folder);
}

static bl_status write_all(bl_predictions *p, bl_error *err) {
    for (size_t i = 0; i < p->n_outputs; i++) {
        bl_predictions_output *output = &p->outputs[i];
        if (output->is_done) {
            p->n_resumed += output->n_rows;
            continue;
        }
        BL_TRY(write_output(p, output, err));
        p->is_kept = p->is_kept || output->is_done;
        if (p->is_folder && output->is_done)
            BL_TRY(bl_predictions_write_state(p, err));
        bl_predictions_remove_parts(p, output);
    }
    bl_predictions_remove_parts(p, NULL); // of who was killed before it could
    return BL_OK;
}

bl_status bl_predictions_run(bl_predictions *p, bl_error *err) {
    bl_status status = begin_all(p, err);
    if (status == BL_OK)
        status = write_all(p, err);
    if (status == BL_OK ? !p->is_folder : !p->is_kept)
        remove_state(p);
    return status;
}
