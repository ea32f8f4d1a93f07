// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/working_point.h"

/// Where the group begins.
static size_t start_of(const bl_ranking *r, size_t group) { return group ? r->ends[group - 1] : 0; }

/// The group at whose score the threshold is; n_groups: none. A score that is NaN is no threshold.
static size_t find_group(const bl_ranking *r, double efficiency, bool of_signal) {
    double all = of_signal ? r->signal : r->background;
    bl_sum above = {0};
    size_t lowest = r->n_groups;
    if (all == 0)
        return lowest;
    for (size_t k = r->n_groups; k-- > 0 && !isnan(r->scores[k]);) {
        for (size_t i = start_of(r, k); i < r->ends[k]; i++)
            if (r->is_signal[i] == of_signal)
                bl_sum_add(&above, r->weights[i]);
        lowest = k;
        if (bl_sum_value(&above) / all >= efficiency)
            break;
    }
    return lowest;
}

bl_working_point bl_working_point_at(const bl_ranking *r, double efficiency, bool of_signal) {
    bl_bin bins[2][2] = {0}; // sort, whether it is selected
    size_t group = find_group(r, efficiency, of_signal);
    size_t first = group < r->n_groups ? start_of(r, group) : r->n;
    for (size_t i = 0; i < r->n; i++)
        bl_bin_add(&bins[r->is_signal[i]][i >= first], r->weights[i]);
    return (bl_working_point){
        .threshold = group < r->n_groups ? r->scores[group] : NAN,
        .signal = bl_fraction(&bins[1][1], &bins[1][0]),
        .signal_error = bl_fraction_error(&bins[1][1], &bins[1][0]),
        .background = bl_fraction(&bins[0][1], &bins[0][0]),
        .background_error = bl_fraction_error(&bins[0][1], &bins[0][0]),
    };
}
