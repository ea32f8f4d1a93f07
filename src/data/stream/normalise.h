// SPDX-License-Identifier: Apache-2.0
/// \file
/// Normalisation: the sum of the weights of all generated events, from trees that are filled once a
/// run or a file.
#ifndef BL_DATA_NORMALISE_H
#define BL_DATA_NORMALISE_H

#include "data/config/config.h"

/// Σw of one file: the source's branch, summed over the rows of its tree.
/// \return BL_OK, BL_E_NOTFOUND (no such tree or branch, with the nearest names), BL_E_RANGE (a
/// value is no finite number), and what reading returns
bl_status bl_sumw_read(bl_context *context, const char *url, const bl_sumw_source *source,
                       double *ret_sumw, bl_error *err);
/// What a sample's event weights are multiplied by: σ·k·L/Σw; 1 where it has no cross-section.
/// \param sumw of all its files \return BL_OK, BL_E_RANGE (Σw is 0)
bl_status bl_sample_factor(const bl_sample_config *sample, double sumw, double *ret_factor,
                           bl_error *err);

#endif
