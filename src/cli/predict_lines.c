// SPDX-License-Identifier: Apache-2.0
// `beamline predict MODEL -`: events from standard input, scores to standard output, both as JSON
// lines. What is there is answered at once: nobody waits for more events than have come.
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/predict.h"
#include "infer/predict/json_lines.h"

enum { READ_BYTES = 1 << 18 };

static bl_status put(void *user, const char *text, size_t size, bl_error *err) {
    bl_out *out = (bl_out *)user;
    bl_out_bytes(out, text, size);
    return bl_out_finish(out, err);
}

static bl_status answer_all(bl_cli *cli, bl_json_lines *lines, char *buffer, bl_error *err) {
    for (;;) {
        ssize_t n = read(STDIN_FILENO, buffer, READ_BYTES);
        if (bl_context_is_cancelled(cli->context))
            return bl_error_set(err, BL_E_CANCELLED, "interrupted");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bl_error_errno(err, errno, "standard input");
        if (n == 0)
            return bl_json_lines_finish(lines, err);
        BL_TRY(bl_json_lines_add(lines, buffer, (size_t)n, err));
    }
}

/// The folder of a run is its model; which one of folds is meant, an event does not say.
static bl_status find_model(bl_arena *arena, const char *model, const char **ret_path,
                            bl_error *err) {
    struct stat about;
    *ret_path = model;
    if (stat(model, &about) != 0 || !S_ISDIR(about.st_mode))
        return BL_OK;
    const char *folds = bl_arena_printf(arena, "%s/folds.json", model);
    *ret_path = bl_arena_printf(arena, "%s/model.blm", model);
    if (!folds || !*ret_path)
        return bl_error_nomem(err, strlen(model), "a path");
    if (access(folds, F_OK) == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "%s: has a model for each fold, and lines do not say whose they are: "
                            "name one, such as %s/fold-0",
                            model, model);
    return BL_OK;
}

static bl_status answer(bl_cli *cli, bl_arena *arena, bl_error *err) {
    BL_AUTO(bl_json_lines) lines = NULL;
    bl_model *model = NULL;
    const char *path;
    char *buffer = (char *)bl_arena_alloc(arena, READ_BYTES);
    if (!buffer)
        return bl_error_nomem(err, READ_BYTES, "standard input");
    BL_TRY(find_model(arena, cli->arguments.operands[0], &path, err));
    BL_TRY(bl_model_open(cli->context, path, NULL, &model, err));
    bl_status status = bl_json_lines_new(model, put, &cli->out, &lines, err);
    if (status != BL_OK)
        status = bl_error_in(err, status, "%s", path);
    else
        status = answer_all(cli, lines, buffer, err);
    if (status == BL_OK) {
        bl_status first;
        int64_t n_wrong = bl_json_lines_n_wrong(lines, &first);
        if (n_wrong)
            bl_cli_note(cli, "%lld of %lld lines were wrong", (long long)n_wrong,
                        (long long)bl_json_lines_n_answered(lines));
        cli->worst = first;
    }
    if (lines)
        bl_json_lines_free(BL_MOVE(lines));
    bl_model_free(model);
    return status;
}

bl_status bl_predict_lines(bl_cli *cli, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, cli->context);
    bl_status status = answer(cli, &arena, err);
    bl_arena_release(&arena);
    return status;
}
