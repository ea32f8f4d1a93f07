// SPDX-License-Identifier: Apache-2.0
#include "data/stream/normalise.h"

#include <math.h>
#include <stdio.h>

#include "base/sum.h"
#include "column/column.h"
#include "data/stream/plan.h"

BL_DEFINE_AUTO(bl_table, bl_table_close);

static bl_status add_values(const bl_batch *batch, bl_sum *sum, bl_error *err) {
    const double *values = (const double *)bl_column_values(bl_batch_column(batch, 0));
    for (int64_t i = 0; i < bl_batch_n_rows(batch); i++) {
        if (!isfinite(values[i]))
            return bl_error_set(err, BL_E_RANGE, "entry %lld is missing or no finite number",
                                (long long)(bl_batch_first_row(batch) + i));
        bl_sum_add(sum, values[i]);
    }
    return BL_OK;
}

static bl_status sum_table(bl_context *context, bl_table *table, const char *text, double *ret_sum,
                           bl_error *err) {
    BL_AUTO(bl_plan) plan = NULL;
    bl_sum sum = {0};
    const bl_named_text variable = {"the sum of weights", text};
    bl_plan_options options = {.size = sizeof options, .variables = &variable, .n_variables = 1};
    bl_plan_column_info info = {.size = sizeof info};
    BL_TRY(bl_plan_open(context, table, &options, &plan, err));
    BL_TRY(bl_plan_column(plan, 0, &info, err));
    if (bl_type_get_id(info.type) != BL_FLOAT64)
        return bl_error_set(err, BL_E_SHAPE, "'%s' is an array; 'index' says which element", text);
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        bl_status status = bl_plan_next(plan, &batch, err);
        if (status == BL_END)
            break;
        BL_TRY(status);
        BL_TRY(add_values(batch, &sum, err));
    }
    *ret_sum = bl_sum_value(&sum);
    return BL_OK;
}

bl_status bl_sumw_read(bl_context *context, const char *url, const bl_sumw_source *source,
                       double *ret_sumw, bl_error *err) {
    char text[1024];
    bl_table_options options = {.size = sizeof options, .tree = source->tree};
    BL_AUTO(bl_table) table = NULL;
    int length = source->index < 0 ? snprintf(text, sizeof text, "float(%s)", source->branch)
                                   : snprintf(text, sizeof text, "float((%s)[%lld])",
                                              source->branch, (long long)source->index);
    if (length < 0 || (size_t)length >= sizeof text)
        return bl_error_set(err, BL_E_LIMIT, "sumw: '%.40s…' is too long", source->branch);
    BL_TRY(bl_table_open(context, &url, 1, &options, &table, err));
    BL_TRY_IN(sum_table(context, table, text, ret_sumw, err), err, "%s: tree '%s': sumw", url,
              source->tree);
    return BL_OK;
}

bl_status bl_sample_factor(const bl_sample_config *sample, double sumw, double *ret_factor,
                           bl_error *err) {
    static const double inverse_pb_in_inverse_fb = 1000;
    if (isnan(sample->xsec_pb))
        return *ret_factor = 1, BL_OK;
    if (sumw == 0)
        return bl_error_set(err, BL_E_RANGE, "sample '%s': the sum of its weights is 0",
                            sample->name);
    *ret_factor =
        sample->xsec_pb * sample->kfactor * sample->lumi_ifb * inverse_pb_in_inverse_fb / sumw;
    return BL_OK;
}
