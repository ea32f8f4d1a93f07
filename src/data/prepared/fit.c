// SPDX-License-Identifier: Apache-2.0
// Which input of the data a model's is fed, and whether its numbers have the shape for it.
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "data/prepared/prepared.h"

enum { SHAPE_TEXT = 64 };

static const char *shape_text(bool is_sequence, size_t steps, size_t width,
                              char text[static SHAPE_TEXT]) {
    if (is_sequence)
        (void)snprintf(text, SHAPE_TEXT, "a sequence of at most %zu rows of %zu", steps, width);
    else
        (void)snprintf(text, SHAPE_TEXT, "a vector of %zu", width);
    return text;
}

static bl_status check_shape(const bl_prepared_input *input, const bl_wanted_input *want,
                             bl_error *err) {
    char theirs[SHAPE_TEXT], ours[SHAPE_TEXT];
    bool fits = input->width == want->width && input->is_sequence == (want->steps > 0);
    if (fits && (!input->is_sequence || want->cuts || input->most_rows <= want->steps))
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE, "the model's input '%s' is %s, the data's '%s' %s",
                        want->name, shape_text(want->steps > 0, want->steps, want->width, ours),
                        input->name,
                        shape_text(input->is_sequence, input->most_rows, input->width, theirs));
}

static bl_status no_input(const bl_prepared *prepared, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    bl_status status = bl_error_set(
        err, BL_E_NOTFOUND, "the data have no input '%s', which the model has; they have", name);
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        bl_nearest_offer(&nearest, prepared->inputs[i].name);
        status = bl_error_hint(err, status, "%s '%s'", i ? "," : "", prepared->inputs[i].name);
    }
    return bl_nearest_hint(&nearest, status, err);
}

bl_status bl_prepared_find_input(const bl_prepared *prepared, const bl_wanted_input *want,
                                 const bl_prepared_input **ret_input, bl_error *err) {
    bool is_any = want->is_only && prepared->n_inputs == 1;
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        if (!is_any && strcmp(prepared->inputs[i].name, want->name) != 0)
            continue;
        BL_TRY(check_shape(&prepared->inputs[i], want, err));
        *ret_input = &prepared->inputs[i];
        return BL_OK;
    }
    return no_input(prepared, want->name, err);
}
