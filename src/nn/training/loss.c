// SPDX-License-Identifier: Apache-2.0
#include "nn/training/loss.h"

#include <math.h>
#include <string.h>

#include "nn/training/loss_rows.h"
#include "nn/training/settings.h"

#define OF(kind) (1U << BL_NN_LOSS_##kind)
#define PLACE(kind, member) #member, kind, offsetof(bl_nn_loss, member)

static const char *const names[] = {
#define X(kind, name) name,
    BL_NN_LOSS_TABLE(X)
#undef X
};

enum {
    FOCAL = OF(CATEGORICAL_FOCAL) | OF(BINARY_FOCAL),
    ENTROPIES = OF(CATEGORICAL) | OF(SPARSE) | OF(BINARY) | FOCAL,
};

static const bl_nn_setting table[] = {
    {PLACE(BL_NN_SETTING_BOOL, from_logits), ENTROPIES, 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, label_smoothing), ENTROPIES & ~OF(SPARSE), 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, alpha), FOCAL, 0, INFINITY},
    {PLACE(BL_NN_SETTING_NUMBER, gamma), FOCAL, 0, INFINITY},
    {PLACE(BL_NN_SETTING_BOOL, apply_class_balancing), OF(BINARY_FOCAL), 0, 1},
    {PLACE(BL_NN_SETTING_NUMBER, delta), OF(HUBER), 0, INFINITY},
};

static const bl_nn_settings options = {"loss", names, BL_NN_N_LOSSES, table,
                                       sizeof table / sizeof *table};

bl_nn_loss bl_nn_loss_of(bl_nn_loss_kind kind) {
    return (bl_nn_loss){.kind = kind, .alpha = 0.25, .gamma = 2, .delta = 1};
}

const char *bl_nn_loss_name(bl_nn_loss_kind kind) { return names[kind]; }

bl_status bl_nn_loss_read(const bl_item *item, bl_nn_loss *ret_loss, bl_error *err) {
    const bl_item *map = NULL;
    size_t kind = 0;
    BL_TRY(bl_nn_settings_name(&options, item, &kind, &map, err));
    bl_nn_loss loss = bl_nn_loss_of((bl_nn_loss_kind)kind);
    BL_TRY(bl_nn_settings_read(&options, kind, map, NULL, &loss, err));
    *ret_loss = loss;
    return BL_OK;
}

void bl_nn_loss_write(const bl_nn_loss *loss, bl_text *to) {
    bl_nn_settings_write_named(&options, loss->kind, loss, to);
}

static bl_status check_labels(const bl_nn_loss_rows *rows, bl_error *err) {
    for (size_t i = 0; i < rows->m; i++) {
        float label = rows->targets[i * rows->target_stride];
        if (label >= 0 && label < (float)rows->n && (float)(size_t)label == label)
            continue;
        return bl_error_set(err, BL_E_INVALID,
                            "row %zu: label %g is none of the %zu classes 0 to %zu",
                            rows->first_row + i, (double)label, rows->n, rows->n - 1);
    }
    return BL_OK;
}

bl_status bl_nn_loss_run(const bl_nn_kernels *kernels, const bl_nn_loss *loss,
                         const bl_nn_loss_rows *rows, double scale, float *gradient,
                         size_t gradient_stride, double *ret_sum, bl_error *err) {
    const bl_nn_loss_rule *rule = bl_nn_loss_rule_of(loss);
    double sum = 0;
    if (loss->kind == BL_NN_LOSS_SPARSE)
        BL_TRY(check_labels(rows, err));
    if (rule->prepare)
        rule->prepare(kernels, rows);
    for (size_t i = 0; i < rows->m; i++) {
        double weight = rows->weights ? (double)rows->weights[i] : 1;
        float *scratch = rows->scratch ? rows->scratch + i * rows->n : NULL;
        const bl_nn_loss_row row = {
            .loss = loss,
            .n = rows->n,
            .x = rows->predictions + i * rows->stride,
            .target = rows->targets + i * rows->target_stride,
            .first = scratch,
            .second = scratch ? scratch + rows->m * rows->n : NULL,
            .factor = scale * weight,
            .gradient = gradient ? gradient + i * gradient_stride : NULL,
        };
        sum += weight * rule->row(&row);
    }
    *ret_sum = sum;
    return BL_OK;
}
