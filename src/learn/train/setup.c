// SPDX-License-Identifier: Apache-2.0
// What is trained on, what validates, and which numbers of an epoch are written down.
#include <string.h>

#include "base/context.h"
#include "learn/train/private.h"

// ---- parts ----

static bl_status add_part(bl_training *t, const char *name, bl_error *err) {
    if (!bl_prepared_find(t->prepared, name))
        return bl_error_set(err, BL_E_NOTFOUND, "%s: there is no part '%s'", t->prepared->folder,
                            name);
    t->parts[t->n_parts++] = name;
    return BL_OK;
}

/// Of folds: one is left out, the one behind it validates.
static bl_status find_folds(bl_training *t, bl_error *err) {
    size_t n = t->prepared->n_folds, fold = (size_t)t->options->fold;
    if (t->options->fold < 0 || fold >= n)
        return bl_error_set(err, BL_E_INVALID, "fold %lld: the data have folds 0 to %zu",
                            (long long)t->options->fold, n - 1);
    if (n < 3)
        return bl_error_set(err, BL_E_INVALID,
                            "%s: of %zu folds one tests and one validates; none is left to train "
                            "on",
                            t->prepared->folder, n);
    for (size_t k = 0; k < n; k++) {
        const char *name = bl_arena_printf(&t->arena, "fold-%zu", k);
        if (!name)
            return bl_error_nomem(err, sizeof "fold-0", "the name of a fold");
        if (k == (fold + 1) % n)
            t->validation = name;
        else if (k != fold)
            BL_TRY(add_part(t, name, err));
    }
    return BL_OK;
}

bl_status bl_training_find_parts(bl_training *t, bl_error *err) {
    const bl_prepared *prepared = t->prepared;
    size_t n = prepared->n_folds;
    t->parts = (const char **)bl_arena_array(&t->arena, n + 1, sizeof *t->parts);
    if (!t->parts)
        return bl_error_nomem(err, n * sizeof *t->parts, "a list of parts");
    if (!prepared->is_complete)
        return bl_error_set(err, BL_E_INVALID,
                            "%s: not all of it is there; beamline prepare goes on with it",
                            prepared->folder);
    if (n == 0 && t->options->fold >= 0)
        return bl_error_set(err, BL_E_INVALID, "fold %lld: the data have no folds",
                            (long long)t->options->fold);
    size_t transform = n ? (size_t)t->options->fold : 0;
    if (n)
        BL_TRY(find_folds(t, err));
    else
        BL_TRY(add_part(t, "train", err));
    const bl_prepared_part *part = bl_prepared_find(prepared, "validation");
    if (n == 0 && part && part->n_rows > 0)
        t->validation = part->name;
    if (transform < prepared->n_transforms)
        t->transform = &prepared->transforms[transform];
    return BL_OK;
}

// ---- columns of the history ----

static bl_status add_areas(bl_training *t, const char **names, size_t *n, bl_error *err) {
    if (!t->match.metrics.curves)
        return BL_OK;
    names[(*n)++] = "val_auc";
    for (size_t k = 0; k < t->match.width && t->match.width > 1; k++) {
        names[*n] = bl_arena_printf(&t->arena, "val_auc_%s", t->prepared->classes[k]);
        if (!names[(*n)++])
            return bl_error_nomem(err, sizeof "val_auc_", "the name of a column");
    }
    return BL_OK;
}

static bool find_column(const bl_training *t, const char *name, size_t *ret_column) {
    for (size_t i = 0; i < t->history.n_columns; i++)
        if (strcmp(t->history.names[i], name) == 0) {
            *ret_column = i;
            return true;
        }
    return false;
}

static void find_monitor(bl_training *t) {
    t->monitor_is_max = t->settings->monitor_is_max;
    t->plateau = t->settings->plateau;
    if (find_column(t, t->settings->monitor, &t->monitor))
        return;
    t->monitor_is_max = t->plateau.is_max = false;
    if (!find_column(t, "val_loss", &t->monitor))
        t->monitor = BL_COLUMN_LOSS;
    bl_log(t->context, BL_LOG_WARNING, "%s: there is no %s here; %s is monitored instead",
           t->prepared->folder, t->settings->monitor, t->history.names[t->monitor]);
}

bl_status bl_training_begin_history(bl_training *t, bl_error *err) {
    enum { MOST_OTHERS = BL_COLUMN_N + 3 };
    static const char *const base[] = {"epoch",   "loss",    "learning_rate", "events",
                                       "skipped", "seconds", "waited"};
    const char **names =
        (const char **)bl_arena_array(&t->arena, t->match.width + MOST_OTHERS, sizeof *names);
    size_t n = 0;
    t->row = (double *)bl_arena_array(&t->arena, t->match.width + MOST_OTHERS, sizeof *t->row);
    if (!names || !t->row)
        return bl_error_nomem(err, t->match.width * sizeof *names, "a history");
    for (; n < BL_COLUMN_N; n++)
        names[n] = base[n];
    if (t->validation) {
        names[n++] = "val_loss";
        if (t->match.metrics.targets != BL_NN_TARGETS_NUMBERS)
            names[n++] = "val_accuracy";
        BL_TRY(add_areas(t, names, &n, err));
    }
    bl_history_init(&t->history, t->context, names, n);
    find_monitor(t);
    return BL_OK;
}
