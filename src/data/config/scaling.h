// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a configuration says of how one number is scaled.
#ifndef BL_DATA_CONFIG_SCALING_H
#define BL_DATA_CONFIG_SCALING_H

#include "data/config/private.h"

/// A method of `preprocess`, which an input or a variable may have as `scale` too: auto, manual,
/// minmax, standard, robust, none. Nothing: the variable stays as it is.
bl_status bl_scaling_read_method(const bl_item *item, const char *key, bl_variable_config *variable,
                                 bl_error *err);
/// One of `vars`: a name, weaver's list, or a map. \param others what it is where it says nothing
bl_status bl_scaling_read_variable(const bl_item *item, const bl_variable_config *others,
                                   bl_variable_config *ret_variable, bl_error *err);

#endif
