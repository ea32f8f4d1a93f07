// SPDX-License-Identifier: Apache-2.0
// TreeEnsemble: a forest on each row, for inference.
#include "nn/layers/plan.h"
#include "nn/trees/forest.h"

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_forest *forest = ((const bl_nn_forest_options *)step->options)->forest;
    size_t width = bl_nn_plan_input(plan, step, 0).width;
    if (!forest)
        return bl_nn_plan_error(step, BL_E_INVALID, err, "has no trees");
    if (width < forest->head.n_features)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "looks at %zu columns, not %zu",
                                forest->head.n_features, width);
    bl_nn_plan_rowwise(plan, step, forest->n_outputs);
    return BL_OK;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    bl_nn_forest_run(((const bl_nn_forest_options *)step->options)->forest,
                     bl_nn_n_rows(run, step->output), x.data, x.stride, y.data, y.stride);
    return BL_OK;
}

const bl_nn_layer bl_nn_tree_ensemble_layer = {.plan = plan, .forward = forward};
