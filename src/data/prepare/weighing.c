// SPDX-License-Identifier: Apache-2.0
// Weights: what counts of the spool do not tell is found in a survey, one pass over the few columns
// that weights are made from.
#include "data/prepare/weighing.h"

#include "base/sum.h"
#include "data/prepare/duplicates.h"
#include "data/spread/thin.h"

// ---- one event ----

static double factor_of(const bl_weighing *weighing, const bl_weighed *event) {
    if (!weighing->has_factors)
        return 1;
    if (event->bin < 0)
        return 0;
    return weighing->factors.of_bins[event->class * weighing->factors.n_bins + (size_t)event->bin];
}

/// How often a row is taken, and what is left of its weight. \param factor of reweighting
static double take_trained(const bl_weighing *weighing, const bl_weighed *event, double factor,
                           uint64_t *ret_copies) {
    const bl_weights_config *config = weighing->config;
    double weight = event->weight, often = 1;
    bool is_dropped = weight < 0 && config->negative == BL_NEGATIVE_DROP;
    if (weight < 0 && config->negative == BL_NEGATIVE_ABS)
        weight = -weight;
    if (weighing->samples_classes)
        often *= weighing->balance[event->class];
    if (weighing->has_factors && config->resamples)
        often *= factor;
    *ret_copies = 1;
    if (is_dropped)
        *ret_copies = 0;
    else if (often != 1)
        *ret_copies = bl_copies_of(weighing->spool->config->seed, event->key, often);
    return weight;
}

/// Rows that nobody trains on stay, but where all parts are balanced.
static uint64_t copies_of_tested(const bl_weighing *weighing, const bl_weighed *event) {
    if (!weighing->samples_classes || !weighing->config->balances_all)
        return 1;
    return bl_copies_of(weighing->spool->config->seed, event->key, weighing->balance[event->class]);
}

double bl_weighing_of(const bl_weighing *weighing, const bl_weighed *event, uint64_t *ret_copies) {
    double factor = factor_of(weighing, event), weight = event->weight;
    if (weighing->is_trained[event->code])
        weight = take_trained(weighing, event, factor, ret_copies);
    else
        *ret_copies = copies_of_tested(weighing, event);
    if (!weighing->config->resamples)
        weight *= factor;
    return weight * weighing->norms[event->class];
}

bl_weighed bl_weighing_event(const bl_weighing *weighing, const bl_bucket *bucket,
                             const bl_bucket_row *row, const bl_weighing_columns *columns) {
    const size_t *at = columns->at;
    bool is_numbers = weighing->spool->config->label_kind == BL_LABEL_NUMBERS;
    return (bl_weighed){
        .key = row->key,
        .code = (size_t)bl_bucket_int32(bucket, row, at[BL_OF_CODE]),
        .class = is_numbers ? 0 : (size_t)bl_bucket_int32(bucket, row, at[BL_OF_LABEL]),
        .bin = weighing->has_factors ? bl_bucket_int32(bucket, row, at[BL_OF_BIN]) : 0,
        .weight = bl_bucket_double(bucket, row, at[BL_OF_WEIGHT]),
        .is_copy = bucket->sources[bucket->pieces[row->piece].source].is_copy,
    };
}

// ---- the survey ----

/// What a class has in the parts that are trained on.
typedef struct seen {
    double n;        ///< events, as often as they are taken
    bl_sum abs;      ///< Σ |weight| of these
    bl_sum expected; ///< Σ factor of sampling by reweighting
} seen;

typedef struct survey {
    const bl_weighing *weighing;
    bl_source_file *sources;
    size_t n_sources;
    uint64_t bucket_bytes;
    const char **names; ///< [n_names] of columns
    size_t n_names, first_identity;
    bl_weighing_columns columns;
    seen *classes; ///< [n_counted]
} survey;

static bl_status list_columns(survey *s, bl_arena *arena, bl_error *err) {
    const bl_spool *spool = s->weighing->spool;
    s->names =
        (const char **)bl_arena_array(arena, BL_N_OF + spool->identity.n + 3, sizeof *s->names);
    if (!s->names)
        return bl_error_nomem(err, 0, "names");
    s->names[s->n_names++] = BL_SHARD_KEY;
    s->first_identity = s->n_names;
    for (size_t i = 0; i < spool->identity.n; i++)
        s->names[s->n_names++] = spool->identity.names[i];
    s->names[s->n_names++] = BL_SHARD_FILE;
    s->names[s->n_names++] = BL_SHARD_ENTRY;
    s->names[s->n_names++] = BL_SHARD_SAMPLE;
    s->columns.at[BL_OF_CODE] = s->n_names;
    s->names[s->n_names++] = BL_SPOOL_CODE;
    s->columns.at[BL_OF_WEIGHT] = s->n_names;
    s->names[s->n_names++] = BL_SHARD_TRAIN;
    s->columns.at[BL_OF_LABEL] = s->n_names;
    if (spool->config->label_kind != BL_LABEL_NUMBERS)
        s->names[s->n_names++] = BL_SHARD_LABEL;
    s->columns.at[BL_OF_BIN] = s->n_names;
    if (spool->has_spectra)
        s->names[s->n_names++] = BL_SPOOL_BIN;
    return BL_OK;
}

static void look_at(survey *s, const bl_bucket *bucket) {
    for (size_t i = 0; i < bucket->n_rows; i++) {
        bl_weighed event = bl_weighing_event(s->weighing, bucket, &bucket->rows[i], &s->columns);
        uint64_t copies;
        double weight = bl_weighing_of(s->weighing, &event, &copies);
        seen *class = &s->classes[event.class];
        if (!s->weighing->is_trained[event.code])
            continue;
        bool is_dropped = event.weight < 0 && s->weighing->config->negative == BL_NEGATIVE_DROP;
        class->n += (double)copies;
        bl_sum_add(&class->abs, (double)copies * fabs(weight));
        bl_sum_add(&class->expected, is_dropped ? 0 : factor_of(s->weighing, &event));
    }
}

/// So many ranges of the key that one of these columns, and the lists of rows, fit.
static uint64_t count_ranges(const survey *s) {
    const uint64_t row_bytes = 8 * s->n_names + 3 * sizeof(bl_bucket_row);
    uint64_t n_rows = 0;
    for (size_t i = 0; i < s->n_sources; i++)
        n_rows += (uint64_t)s->sources[i].file->n_rows;
    return 1 + n_rows * row_bytes / s->bucket_bytes;
}

static bl_status run_survey(survey *s, bl_error *err) {
    uint64_t n = count_ranges(s);
    int64_t n_dropped = 0;
    memset(s->classes, 0, s->weighing->n_counted * sizeof *s->classes);
    for (size_t i = 0; i < s->n_sources; i++)
        s->sources[i].key = 0, s->sources[i].row = 0;
    for (uint64_t i = 0; i < n; i++) {
        bl_bucket bucket = {0};
        BL_TRY(bl_bucket_read(s->weighing->spool, s->sources, s->n_sources, bl_bucket_first(i, n),
                              bl_bucket_last(i, n), s->names, s->n_names, &bucket, err));
        bl_status status =
            bl_duplicates_drop(s->weighing->spool, &bucket, s->first_identity, &n_dropped, err);
        if (status == BL_OK)
            look_at(s, &bucket);
        bl_bucket_release(&bucket);
        BL_TRY(status);
    }
    return BL_OK;
}

// ---- counts ----

static const bl_spool_count *count_of(const bl_weighing *weighing, const bl_spool_statistics *all,
                                      size_t code, size_t class) {
    return &all->counts[code * weighing->n_counted + class];
}

/// What the spool's own counts say of classes: enough where no event's number of copies or weight
/// is its own.
static void count_classes(const bl_weighing *weighing, const bl_spool_statistics *all,
                          seen *classes) {
    bool drops = weighing->config->negative == BL_NEGATIVE_DROP;
    for (size_t k = 0; k < weighing->n_counted; k++)
        for (size_t code = 0; code < weighing->n_codes; code++) {
            const bl_spool_count *count = count_of(weighing, all, code, k);
            if (!weighing->is_trained[code])
                continue;
            classes[k].n += (double)(count->n_rows - (drops ? count->n_negative : 0));
            bl_sum_add(&classes[k].abs, drops ? (count->abs_w + count->sumw) / 2 : count->abs_w);
        }
}

static bl_status check_negative(const bl_weighing *weighing, const bl_spool_statistics *all,
                                bl_error *err) {
    bl_negative_weights choice = weighing->config->negative;
    int64_t n_negative = 0, n_rows = 0;
    for (size_t code = 0; code < weighing->n_codes; code++)
        for (size_t k = 0; weighing->is_trained[code] && k < weighing->n_counted; k++) {
            n_negative += count_of(weighing, all, code, k)->n_negative;
            n_rows += count_of(weighing, all, code, k)->n_rows;
        }
    if (!n_rows && bl_split_trains(&weighing->spool->config->split))
        return bl_error_set(err, BL_E_RANGE, "there is no event to train on");
    if (!n_negative || (choice != BL_NEGATIVE_UNSAID && choice != BL_NEGATIVE_ERROR))
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "%lld of %lld training events have negative weights%s",
                        (long long)n_negative, (long long)n_rows,
                        choice == BL_NEGATIVE_ERROR
                            ? "; negative_weights is 'error'"
                            : "; negative_weights must say what becomes of them: keep, abs, drop "
                              "or error");
}

static bl_status check_class_weights(const bl_weighing *weighing, bl_error *err) {
    size_t n = weighing->config->n_class_weights;
    if (!n || weighing->has_factors || n == weighing->n_counted)
        return BL_OK;
    return bl_error_set(err, BL_E_INVALID, "class_weights: %zu numbers for %zu classes", n,
                        weighing->n_counted);
}

// ---- factors ----

static bl_status make_factors(bl_arena *arena, bl_weighing *weighing,
                              const bl_spool_statistics *all, bl_error *err) {
    bl_spectra spectra;
    BL_TRY(bl_spectra_init(arena, weighing->config, weighing->n_counted, &spectra, err));
    for (size_t code = 0; code < weighing->n_codes; code++)
        if (weighing->is_trained[code] || weighing->config->balances_all)
            bl_spectra_merge(&spectra, &all->spectra[code]);
    BL_TRY(bl_reweight(arena, &spectra, weighing->spool->classes, &weighing->factors, err));
    weighing->has_factors = true;
    return BL_OK;
}

/// Amounts of classes that sampling brings to one: events, as many as reweighting leaves.
static bl_status amounts_of(const bl_weighing *weighing, const bl_spool_statistics *all, survey *s,
                            double *amounts, bl_error *err) {
    bool by_factor = weighing->has_factors && weighing->config->resamples;
    bool drops = weighing->config->negative == BL_NEGATIVE_DROP;
    if (by_factor)
        BL_TRY(run_survey(s, err));
    for (size_t k = 0; k < weighing->n_counted; k++) {
        amounts[k] = by_factor ? bl_sum_value(&s->classes[k].expected) : 0;
        for (size_t code = 0; !by_factor && code < weighing->n_codes; code++) {
            const bl_spool_count *count = count_of(weighing, all, code, k);
            bool is_trained = weighing->is_trained[code];
            if (is_trained || weighing->config->balances_all)
                amounts[k] +=
                    (double)(count->n_rows - (drops && is_trained ? count->n_negative : 0));
        }
    }
    return BL_OK;
}

static bl_status make_balance(bl_weighing *weighing, const bl_spool_statistics *all, survey *s,
                              double *amounts, bl_error *err) {
    const bl_weights_config *config = weighing->config;
    if (config->balance != BL_BALANCE_UNDERSAMPLE && config->balance != BL_BALANCE_OVERSAMPLE)
        return BL_OK;
    BL_TRY(amounts_of(weighing, all, s, amounts, err));
    bl_balance_factors(config->balance, weighing->n_counted, amounts, weighing->balance);
    weighing->samples_classes = true;
    return bl_thinning_check(weighing->spool, weighing->balance, err);
}

static void find_most_copies(bl_weighing *weighing) {
    double most_factor = 1, most_balance = 1;
    if (weighing->has_factors && weighing->config->resamples)
        for (size_t i = 0; i < weighing->n_counted * weighing->factors.n_bins; i++)
            most_factor = fmax(most_factor, weighing->factors.of_bins[i]);
    for (size_t k = 0; weighing->samples_classes && k < weighing->n_counted; k++)
        most_balance = fmax(most_balance, weighing->balance[k]);
    weighing->most_copies = most_factor * most_balance;
}

static void make_norms(bl_weighing *weighing, const seen *classes, double *amounts) {
    const bl_weights_config *config = weighing->config;
    double n = 0, abs = 0;
    for (size_t k = 0; k < weighing->n_counted; k++) {
        amounts[k] = classes[k].n;
        n += classes[k].n;
        abs += bl_sum_value(&classes[k].abs);
    }
    bool is_joint = weighing->has_factors && !config->resamples;
    bl_balance by = config->balance == BL_BALANCE_WEIGHTS ? BL_BALANCE_WEIGHTS : BL_BALANCE_NONE;
    bl_balance_factors(by, weighing->n_counted, amounts, weighing->norms);
    for (size_t k = 0; k < weighing->n_counted; k++) {
        double of_class = bl_sum_value(&classes[k].abs);
        bool has_weight = is_joint && by == BL_BALANCE_NONE ? abs > 0 : of_class > 0;
        double mean = is_joint && by == BL_BALANCE_NONE ? abs / n : of_class / classes[k].n;
        weighing->norms[k] = has_weight ? weighing->norms[k] / mean : 1;
        if (config->n_class_weights && !weighing->has_factors)
            weighing->norms[k] *= config->class_weights[k];
    }
}

// ---- all of it ----

static bl_status init(bl_arena *arena, const bl_spool *spool, bl_weighing *weighing,
                      bl_error *err) {
    *weighing = (bl_weighing){.spool = spool,
                              .config = &spool->config->weights,
                              .n_codes = spool->n_codes,
                              .n_counted = spool->n_counted};
    weighing->is_trained = (bool *)bl_arena_array(arena, spool->n_codes + 1, sizeof(bool));
    weighing->balance = (double *)bl_arena_array(arena, spool->n_counted + 1, sizeof(double));
    weighing->norms = (double *)bl_arena_array(arena, spool->n_counted + 1, sizeof(double));
    if (!weighing->is_trained || !weighing->balance || !weighing->norms)
        return bl_error_nomem(err, 0, "weights");
    for (size_t i = 0; i < spool->n_codes; i++)
        weighing->is_trained[i] = spool->config->split.n_folds || i == 0;
    for (size_t i = 0; i < spool->n_counted; i++)
        weighing->norms[i] = 1;
    return BL_OK;
}

bl_status bl_weighing_make(bl_arena *arena, const bl_spool *spool, const bl_spool_statistics *all,
                           bl_source_file *sources, size_t n, uint64_t bucket_bytes,
                           bl_weighing *ret_weighing, bl_error *err) {
    bl_weighing *weighing = ret_weighing;
    survey s = {
        .weighing = weighing, .sources = sources, .n_sources = n, .bucket_bytes = bucket_bytes};
    double *amounts = (double *)bl_arena_array(arena, spool->n_counted + 1, sizeof *amounts);
    s.classes = (seen *)bl_arena_array(arena, spool->n_counted + 1, sizeof *s.classes);
    if (!amounts || !s.classes)
        return bl_error_nomem(err, 0, "weights");
    BL_TRY(init(arena, spool, weighing, err));
    BL_TRY(check_negative(weighing, all, err));
    BL_TRY(list_columns(&s, arena, err));
    if (spool->has_spectra)
        BL_TRY(make_factors(arena, weighing, all, err));
    BL_TRY(check_class_weights(weighing, err));
    BL_TRY(make_balance(weighing, all, &s, amounts, err));
    find_most_copies(weighing);
    if (weighing->has_factors || weighing->samples_classes ||
        spool->config->split.duplicates == BL_DUPLICATES_DROP)
        BL_TRY(run_survey(&s, err));
    else
        count_classes(weighing, all, s.classes);
    make_norms(weighing, s.classes, amounts);
    return BL_OK;
}
