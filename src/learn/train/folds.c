// SPDX-License-Identifier: Apache-2.0
// folds.json: the models of all folds, and the rule that says whose an event is.
#include "learn/train/folds.h"

#include <stdio.h>

#include "base/json_text.h"
#include "base/whole_file.h"

bl_status bl_folds_path(const char *run, size_t fold, char path[static BL_FOLD_PATH],
                        bl_error *err) {
    int n = snprintf(path, BL_FOLD_PATH, "%s/fold-%zu", run, fold);
    if (n < 0 || n >= BL_FOLD_PATH)
        return bl_error_set(err, BL_E_INVALID, "%s: too long a path", run);
    return BL_OK;
}

static void put_folds(bl_text *to, const bl_prepared *prepared) {
    bl_text_add(to, "{\n \"format\": \"beamline folds\",\n \"version\": 1,\n \"folds\": %zu,\n",
                prepared->n_folds);
    bl_text_add(to, " \"rule\": \"" BL_FATE_RULE "\",\n \"split_seed\": %llu,\n \"identity\": [",
                (unsigned long long)prepared->split_seed);
    for (size_t i = 0; i < prepared->n_identity; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        bl_json_put_text(to, prepared->identity[i]);
    }
    bl_text_add(to, "],\n \"models\": [");
    for (size_t k = 0; k < prepared->n_folds; k++)
        bl_text_add(to, "%s\"fold-%zu/model.blm\"", k ? ", " : "", k);
    bl_text_add(to, "]\n}\n");
}

bl_status bl_folds_write(bl_context *context, const char *run, const bl_prepared *prepared,
                         bl_error *err) {
    char path[BL_FOLD_PATH + 16];
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    put_folds(&text, prepared);
    (void)snprintf(path, sizeof path, "%s/folds.json", run);
    bl_status status = BL_OK;
    if (text.has_failed)
        status = bl_error_nomem(err, text.n, path);
    else
        status = bl_whole_file_write(path, text.text, text.n, true, err);
    bl_arena_release(&arena);
    return status;
}
