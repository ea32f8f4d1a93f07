// SPDX-License-Identifier: Apache-2.0
// Which event it is that has something that is no number: so that whoever made it can be found.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "learn/train/private.h"

enum { WHAT = 128 };

/// The first number of a row that is none; n: all are.
static size_t first_bad(const float *x, size_t n) {
    size_t i = 0;
    while (i < n && isfinite(x[i]))
        i++;
    return i;
}

static const bl_prepared_input *input_of(const bl_training *t, size_t i) {
    for (size_t k = 0; k + 1 < t->prepared->n_inputs; k++)
        if (strcmp(t->prepared->inputs[k].name, t->match.inputs[i]) == 0)
            return &t->prepared->inputs[k];
    return &t->prepared->inputs[t->prepared->n_inputs - 1];
}

/// Whether an event's input has a number that is none, and its name.
static bool is_bad_input(const bl_training *t, const bl_loaded *loaded, size_t event, size_t i,
                         char what[static WHAT]) {
    const bl_prepared_input *input = input_of(t, i);
    const bl_loaded_input *fed = &loaded->inputs[i];
    size_t first = fed->offsets ? (size_t)fed->offsets[event] : event;
    size_t last = fed->offsets ? (size_t)fed->offsets[event + 1] : event + 1;
    size_t n = (last - first) * input->width;
    size_t bad = first_bad(fed->data + first * input->width, n);
    if (bad == n)
        return false;
    const char *column = input->columns ? input->columns[bad % input->width] : "";
    (void)snprintf(what, WHAT, "input '%s', column '%s' is %g", input->name, column,
                   (double)fed->data[first * input->width + bad]);
    return true;
}

/// What of an event that the loader gave is no number.
static void describe(const bl_training *t, const bl_loaded *loaded, size_t event,
                     char what[static WHAT]) {
    size_t n = t->prepared->n_classes, bad = first_bad(loaded->targets + event * n, n);
    for (size_t i = 0; i < t->match.n_inputs; i++)
        if (is_bad_input(t, loaded, event, i, what))
            return;
    if (bad < n)
        (void)snprintf(what, WHAT, "label '%s' is no number", t->prepared->classes[bad]);
    else
        (void)snprintf(what, WHAT, "its weight is %g", (double)loaded->weights[event]);
}

static bl_status name_event(const bl_training *t, const bl_loaded *loaded, size_t event,
                            const char *what, const char *where, bl_error *err) {
    int32_t file = loaded->files[event];
    bool is_known = file >= 0 && (size_t)file < t->prepared->n_files;
    return bl_error_set(err, BL_E_RANGE, "%s: %s: entry %lld: %s; on_nan: skip passes over it",
                        where, is_known ? t->prepared->files[file] : "a file",
                        (long long)loaded->entries[event], what);
}

/// The first event whose own loss is none; n_events: there is none.
static bl_status find_loss(bl_training *t, const bl_feeding *feeding, const bl_loaded *loaded,
                           size_t *ret_event, double *ret_loss, bl_error *err) {
    BL_AUTO(bl_scorer) scorer = NULL;
    size_t e = 0;
    BL_TRY(bl_scorer_new(t->network, &t->match, loaded->n_events, &scorer, err));
    BL_TRY(bl_scorer_run(scorer, feeding, loaded->weights, loaded->n_events, err));
    for (; e < loaded->n_events; e++)
        if (!isfinite(*ret_loss = bl_scorer_event_loss(scorer, e)))
            break;
    *ret_event = e;
    return BL_OK;
}

bl_status bl_training_complain(bl_training *t, const bl_feeding *feeding, const bl_loaded *loaded,
                               const char *where, bl_error *err) {
    char what[WHAT];
    for (size_t e = 0; e < loaded->n_events && loaded->has_bad; e++) {
        if (!loaded->bad[e])
            continue;
        describe(t, loaded, e, what);
        return name_event(t, loaded, e, what, where, err);
    }
    if (bl_training_is_lost(t))
        return bl_error_set(err, BL_E_RANGE,
                            "%s: the network's parameters are no numbers any more; a smaller "
                            "learning rate, or clipping, may help",
                            where);
    size_t event = 0;
    double loss = 0;
    BL_TRY(find_loss(t, feeding, loaded, &event, &loss, err));
    if (event == loaded->n_events)
        return bl_error_set(err, BL_E_RANGE,
                            "%s: the loss is no number, but that of each event is; a smaller "
                            "learning rate, or clipping, may help",
                            where);
    (void)snprintf(what, WHAT, "its loss is %g", loss);
    return name_event(t, loaded, event, what, where, err);
}
