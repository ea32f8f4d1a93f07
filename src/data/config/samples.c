// SPDX-License-Identifier: Apache-2.0
// `samples:` of a data configuration: files, and what makes their events' weights physical.
#include <math.h>

#include "data/config/private.h"

/// "sumw: {tree, branch, index}".
static bl_status read_sumw(const bl_item *item, const char *name, bl_sumw_source *sumw,
                           bl_error *err) {
    static const char *const known[] = {"tree", "branch", "index", NULL};
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(item, "sumw", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, "sumw", err));
    BL_TRY(bl_item_text(bl_item_get(item, "tree"), "tree", &sumw->tree, err));
    BL_TRY(bl_item_text(bl_item_get(item, "branch"), "branch", &sumw->branch, err));
    BL_TRY(bl_item_integer(bl_item_get(item, "index"), "index", &sumw->index, err));
    if (sumw->branch && sumw->tree)
        return BL_OK;
    return bl_item_error(item, BL_E_INVALID, err,
                         "samples.%s.sumw names a tree and a branch, such as {tree: Runs, branch: "
                         "genEventSumw}",
                         name);
}

/// "lumi_mask: golden.json", or a map that also says which columns it looks at.
static bl_status read_lumi_mask(const bl_item *item, bl_sample_config *sample, bl_error *err) {
    static const char *const known[] = {"file", "run", "luminosity_block", NULL};
    if (!item || item->kind != BL_ITEM_MAP)
        return bl_item_text(item, "lumi_mask", &sample->lumi_mask, err);
    BL_TRY(bl_item_check_keys(item, known, "lumi_mask", err));
    BL_TRY(bl_item_text(bl_item_get(item, "file"), "file", &sample->lumi_mask, err));
    BL_TRY(bl_item_text(bl_item_get(item, "run"), "run", &sample->run, err));
    BL_TRY(bl_item_text(bl_item_get(item, "luminosity_block"), "luminosity_block",
                        &sample->luminosity_block, err));
    return sample->lumi_mask ? BL_OK
                             : bl_item_error(item, BL_E_INVALID, err, "lumi_mask has no file");
}

/// The part of all its events, such as a sample that is for tests alone.
static bl_status read_part(const bl_item *item, bl_sample_config *sample, bl_error *err) {
    static const char *const parts[] = {"train", "validation", "test", NULL};
    unsigned part = 0;
    BL_TRY(bl_item_choice(item, "part", parts, &part, err));
    if (item && item->kind != BL_ITEM_NULL)
        sample->part = (int)part;
    return BL_OK;
}

/// Data have no weight, and simulation no certified luminosity.
static bl_status check_sample(const bl_item *item, const bl_sample_config *sample, bl_error *err) {
    static const char *const of_simulation[] = {"weight",   "xsec_pb", "kfactor",
                                                "lumi_ifb", "sumw",    NULL};
    for (size_t i = 0; sample->is_data && of_simulation[i]; i++) {
        const bl_item *wrong = bl_item_get(item, of_simulation[i]);
        if (wrong)
            return bl_item_error(wrong, BL_E_INVALID, err,
                                 "samples.%s is data, which has no %s: every event weighs 1",
                                 sample->name, of_simulation[i]);
    }
    if (!sample->is_data && sample->lumi_mask)
        return bl_item_error(item, BL_E_INVALID, err,
                             "samples.%s has a lumi_mask, which is for data (is_data: true)",
                             sample->name);
    if (!isnan(sample->xsec_pb) && !sample->sumw.branch)
        return bl_item_error(item, BL_E_INVALID, err,
                             "samples.%s has xsec_pb but no sumw, the sum of all generated events' "
                             "weights, such as {tree: Runs, branch: genEventSumw}",
                             sample->name);
    if (isnan(sample->xsec_pb) &&
        (bl_item_get(item, "kfactor") || bl_item_get(item, "lumi_ifb") || sample->sumw.branch))
        return bl_item_error(item, BL_E_INVALID, err,
                             "samples.%s has kfactor, lumi_ifb or sumw, but no xsec_pb",
                             sample->name);
    return BL_OK;
}

static bl_status read_sample(bl_config *config, const bl_item *item, const char *name,
                             bl_error *err) {
    static const char *const known[] = {"files",     "label",    "is_data", "xsec_pb",
                                        "kfactor",   "lumi_ifb", "weight",  "sumw",
                                        "lumi_mask", "dataset",  "part",    NULL};
    bl_sample_config *sample;
    const char *const *files = NULL;
    size_t n_files = 0;
    BL_TRY(bl_config_sample(config, name, &sample, err));
    BL_TRY(bl_item_expect(item, name, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, name, err));
    BL_TRY(
        bl_item_texts(config->arena, bl_item_get(item, "files"), "files", &files, &n_files, err));
    for (size_t i = 0; i < n_files; i++)
        BL_TRY(bl_text_list_add(config->arena, &sample->files, files[i], err));
    const bl_item *label = bl_item_get(item, "label");
    BL_TRY(bl_item_integer(label, "label", &sample->label, err));
    sample->has_label = label && label->kind != BL_ITEM_NULL;
    BL_TRY(bl_item_bool(bl_item_get(item, "is_data"), "is_data", &sample->is_data, err));
    BL_TRY(bl_item_number(bl_item_get(item, "xsec_pb"), "xsec_pb", &sample->xsec_pb, err));
    BL_TRY(bl_item_number(bl_item_get(item, "kfactor"), "kfactor", &sample->kfactor, err));
    BL_TRY(bl_item_number(bl_item_get(item, "lumi_ifb"), "lumi_ifb", &sample->lumi_ifb, err));
    BL_TRY(bl_item_text(bl_item_get(item, "weight"), "weight", &sample->weight, err));
    BL_TRY(read_sumw(bl_item_get(item, "sumw"), name, &sample->sumw, err));
    BL_TRY(read_lumi_mask(bl_item_get(item, "lumi_mask"), sample, err));
    BL_TRY(bl_item_text(bl_item_get(item, "dataset"), "dataset", &sample->dataset, err));
    BL_TRY(read_part(bl_item_get(item, "part"), sample, err));
    return check_sample(item, sample, err);
}

bl_status bl_config_read_samples(bl_config *config, const bl_item *samples, const char *key,
                                 bl_error *err) {
    BL_TRY(bl_item_expect(samples, key, BL_ITEM_MAP, err));
    for (size_t i = 0; i < samples->n; i++)
        BL_TRY(read_sample(config, samples->items[i], samples->keys[i], err));
    return BL_OK;
}
