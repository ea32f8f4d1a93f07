// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parts of a data configuration, one a file. Each reader takes the value of its key, which is not
/// null.
#ifndef BL_DATA_CONFIG_PRIVATE_H
#define BL_DATA_CONFIG_PRIVATE_H

#include "data/config/config.h"

bl_status bl_config_read_weaver(bl_config *config, const bl_item *document, bl_error *err);
bl_status bl_config_read_preproc(bl_config *config, const bl_item *document, bl_error *err);
/// Whether a document is a preproc.json.
bool bl_config_is_preproc(const bl_item *document);

typedef bl_status bl_config_reader(bl_config *config, const bl_item *item, const char *key,
                                   bl_error *err);
bl_config_reader bl_config_read_recipe, bl_config_read_samples, bl_config_read_output,
    bl_config_read_preprocess, bl_config_read_inputs, bl_config_read_labels, bl_config_read_weights,
    bl_config_read_negative_weights, bl_config_read_split, bl_config_read_variations;

/// `preprocess.params`, as weaver writes them: numbers of variables that go before those of
/// `inputs`.
bl_status bl_config_read_params(bl_config *config, const bl_item *params, bl_error *err);

/// Takes a name along, once.
bl_status bl_config_add_name(bl_config *config, const char *name, bl_error *err);
/// A text or a list of texts, which are taken along. \param ret_names, ret_n may be NULL
bl_status bl_config_read_names(bl_config *config, const bl_item *item, const char *key,
                               const char *const **ret_names, size_t *ret_n, bl_error *err);
/// name: expression.
bl_status bl_config_read_variables(bl_config *config, const bl_item *item, const char *key,
                                   bl_error *err);
/// A variable of preparation alone, which needs no other name.
bl_status bl_config_add_of_preparation(bl_config *config, const char *name, const char *text,
                                       bl_error *err);
/// The place of a label; n_labels: there is none.
size_t bl_config_find_label(const bl_prepare_config *prepare, const char *name);
/// Letters, digits and _, not a digit first.
bool bl_config_is_name(const char *text);
/// A number that is neither NaN nor infinite.
bl_status bl_item_finite(const bl_item *item, const char *key, double *ret_number, bl_error *err);
/// A number that seeds something: 0 to 2^63 − 1.
bl_status bl_item_seed(const bl_item *item, const char *key, uint64_t *ret_seed, bl_error *err);

#endif
