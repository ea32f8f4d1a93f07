// SPDX-License-Identifier: Apache-2.0
// `split:` of a data configuration: which events are learned from, and which one event is.
#include <math.h>

#include "data/config/private.h"

/// A share of events; \param share as it was where nothing is said
static bl_status read_share(const bl_item *item, const char *key, double *share, bl_error *err) {
    double value = *share;
    BL_TRY(bl_item_number(item, key, &value, err));
    if (!(value >= 0 && value <= 1))
        return bl_item_error(item, BL_E_INVALID, err, "%s is a share of events, 0 to 1", key);
    *share = value;
    return BL_OK;
}

/// Where one share is said, others are 0, and `train` is what is left.
static bl_status read_shares(const bl_item *item, bl_split_config *split, bl_error *err) {
    const double rounding = 1e-9;
    const bl_item *train = bl_item_get(item, "train"), *test = bl_item_get(item, "test"),
                  *validation = bl_item_get(item, "validation");
    if (!train && !validation && !test)
        return BL_OK;
    if (split->n_folds)
        return bl_item_error(item, BL_E_INVALID, err,
                             "split has folds, of which each is a test part once: they have no "
                             "train, validation and test");
    split->validation = split->test = 0;
    BL_TRY(read_share(validation, "validation", &split->validation, err));
    BL_TRY(read_share(test, "test", &split->test, err));
    split->train = 1 - split->validation - split->test;
    BL_TRY(read_share(train, "train", &split->train, err));
    double sum = split->train + split->validation + split->test;
    if (!(fabs(sum - 1) <= rounding && split->train > 0))
        return bl_item_error(item, BL_E_INVALID, err,
                             "train, validation and test are shares whose sum is 1, with train "
                             "above 0; these are %g, %g and %g",
                             split->train, split->validation, split->test);
    if (split->test == 0) // then no share is above both, whatever was rounded
        split->validation = split->validation > 0 ? 1 - split->train : 0;
    if (split->validation == 0 && split->test == 0)
        split->train = 1;
    return BL_OK;
}

/// `entry`, or columns.
static bl_status read_identity(bl_config *config, const bl_item *by, bl_error *err) {
    bl_split_config *split = &config->prepare.split;
    if (!by || by->kind == BL_ITEM_NULL)
        return BL_OK;
    split->is_by_entry = by->kind == BL_ITEM_TEXT && strcmp(by->text, "entry") == 0;
    if (split->is_by_entry)
        return BL_OK;
    BL_TRY(bl_config_read_names(config, by, "by", &split->identity, &split->n_identity, err));
    if (split->n_identity == 0)
        return bl_item_error(by, BL_E_INVALID, err,
                             "by is 'entry', or a list of columns such as "
                             "[run, luminosityBlock, event]");
    return BL_OK;
}

bl_status bl_config_read_split(bl_config *config, const bl_item *item, const char *key,
                               bl_error *err) {
    enum { LEAST_FOLDS = 3, MOST_FOLDS = 1000 };
    static const char *const known[] = {"train", "validation", "test",       "folds",
                                        "by",    "seed",       "duplicates", NULL};
    static const char *const choices[] = {"error", "drop", "keep", NULL};
    static const bl_duplicates chosen[] = {BL_DUPLICATES_ERROR, BL_DUPLICATES_DROP,
                                           BL_DUPLICATES_KEEP};
    bl_split_config *split = &config->prepare.split;
    const bl_item *folds = bl_item_get(item, "folds");
    unsigned duplicates = 0;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_integer(folds, "folds", &split->n_folds, err));
    if (folds && folds->kind != BL_ITEM_NULL &&
        (split->n_folds < LEAST_FOLDS || split->n_folds > MOST_FOLDS))
        return bl_item_error(
            folds, BL_E_INVALID, err,
            "folds are %d to %d: one to test, one to validate, the others to train", LEAST_FOLDS,
            MOST_FOLDS);
    BL_TRY(read_shares(item, split, err));
    BL_TRY(read_identity(config, bl_item_get(item, "by"), err));
    BL_TRY(bl_item_seed(bl_item_get(item, "seed"), "split.seed", &split->seed, err));
    BL_TRY(
        bl_item_choice(bl_item_get(item, "duplicates"), "duplicates", choices, &duplicates, err));
    split->duplicates = chosen[duplicates];
    return BL_OK;
}
