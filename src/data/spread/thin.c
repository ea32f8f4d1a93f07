// SPDX-License-Identifier: Apache-2.0
#include "data/spread/thin.h"

#include <math.h>

#include "base/context.h"

/// Events of a class that count when classes are balanced: between these, surely.
typedef struct amount {
    double least, most;
} amount;

/// Whether events are what files have, one for one, and their numbers decide alone.
static bool is_countable(const bl_spool *spool) {
    const bl_config *config = spool->dataset->config;
    const bl_weights_config *weights = &spool->config->weights;
    if (weights->balance != BL_BALANCE_UNDERSAMPLE || spool->config->split.n_folds ||
        spool->config->label_kind != BL_LABEL_OF_SAMPLE || config->cuts.n || config->has_recipe)
        return false;
    for (size_t i = 0; i < spool->dataset->n_samples; i++)
        if (spool->dataset->samples[i].config->lumi_mask)
            return false;
    bool is_random = spool->config->split.duplicates == BL_DUPLICATES_ERROR;
    return weights->negative != BL_NEGATIVE_DROP && (weights->balances_all || is_random) &&
           (weights->reweighting == BL_REWEIGHT_NONE || !weights->resamples);
}

/// \param amounts [n_classes]
static void add_sample(const bl_spool *spool, const bl_sample *sample, amount *amounts) {
    const bl_sample_config *config = sample->config;
    double share = spool->config->split.train, n = (double)sample->n_used;
    if (config->part >= 0)
        share = config->part == 0;
    if (spool->config->weights.balances_all)
        share = 1;
    // samples may share events: then their errors add up
    double error = 8 * sqrt(n * share * (1 - share));
    amounts[config->label].least += fmax(0, n * share - error);
    amounts[config->label].most += fmin(n, n * share + error);
}

/// \param most [n_classes] of the factors
static void bound(const amount *amounts, size_t n, double *most) {
    double smallest = INFINITY;
    for (size_t k = 0; k < n; k++)
        if (amounts[k].least > 0)
            smallest = fmin(smallest, amounts[k].most);
    for (size_t k = 0; k < n; k++)
        most[k] = amounts[k].least > 0 ? fmin(1, smallest / amounts[k].least) : 1;
}

/// Inputs of which nothing is asked for but their moments, which are counted before.
static bool is_needed(const bl_input *input) {
    for (size_t i = 0; i < input->shape.width; i++)
        if (input->variables[i]->scaler == BL_SCALER_ROBUST)
            return true;
    return !input->shape.is_sequence;
}

bl_status bl_thinning_find(bl_spool *spool, bl_error *err) {
    size_t n = spool->n_classes, n_inputs = spool->n_inputs;
    bl_thinning *thinning = &spool->thinning;
    *thinning = (bl_thinning){.is_of_all = spool->config->weights.balances_all};
    if (!is_countable(spool))
        return BL_OK;
    amount *amounts = (amount *)bl_arena_array(&spool->arena, n + 1, sizeof *amounts);
    thinning->inputs = (bool *)bl_arena_array(&spool->arena, n_inputs + 1, sizeof(bool));
    thinning->most = (double *)bl_arena_array(&spool->arena, n + 1, sizeof(double));
    if (!amounts || !thinning->inputs || !thinning->most)
        return bl_error_nomem(err, n * sizeof *amounts, "classes");
    for (size_t i = 0; i < spool->dataset->n_samples; i++)
        add_sample(spool, &spool->dataset->samples[i], amounts);
    bound(amounts, n, thinning->most);
    for (size_t i = 0; i < n_inputs; i++)
        thinning->inputs[i] = !is_needed(&spool->inputs[i]);
    return BL_OK;
}

bool bl_thinning_leaves_out(const bl_spool *spool, uint64_t key, int32_t code, int32_t label) {
    const bl_thinning *thinning = &spool->thinning;
    if (!thinning->most || (code != 0 && !thinning->is_of_all))
        return false;
    return bl_copies_of(spool->config->seed, key, thinning->most[label]) == 0;
}

bl_status bl_thinning_check(const bl_spool *spool, const double *factors, bl_error *err) {
    for (size_t k = 0; spool->thinning.most && k < spool->n_counted; k++)
        if (factors[k] > spool->thinning.most[k])
            return bl_error_set(err, BL_E_RANGE,
                                "the training part is no random one: it has far fewer events of "
                                "'%s' than %g of all; another `split: seed` gives another",
                                spool->classes[k], spool->config->split.train);
    return BL_OK;
}
