// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a scalar of YAML 1.1 means.
#ifndef BL_BASE_YAML_SCALAR_H
#define BL_BASE_YAML_SCALAR_H

#include "base/document.h"

/// Sets kind and value of an item by its text.
/// \param tag explicit one, or NULL \param is_plain no quotes, no tag: the text decides
/// \return false where the text is not what its tag says
bool bl_yaml_scalar(bl_item *item, const char *tag, bool is_plain);

#endif
