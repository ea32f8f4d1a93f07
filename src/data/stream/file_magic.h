// SPDX-License-Identifier: Apache-2.0
/// \file
/// file_magic: values that a variable has by the name of the file.
#ifndef BL_DATA_FILE_MAGIC_H
#define BL_DATA_FILE_MAGIC_H

#include "data/config/config.h"

/// The variables that file_magic gives values, each once.
/// \param ret_names in the configuration's arena
bl_status bl_file_magic_names(const bl_config *config, const char ***ret_names, size_t *ret_n,
                              bl_error *err);
/// Their values for a file: of the first pattern that its URL matches somewhere, else 0.
/// \param values [n] \return BL_OK, BL_E_INVALID (no regular expression), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_file_magic_values(const bl_config *config, const char *const *names, size_t n,
                               const char *url, double *values, bl_error *err);

#endif
