// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between the files that read and write prepared.json.
#ifndef BL_DATA_PREPARED_PRIVATE_H
#define BL_DATA_PREPARED_PRIVATE_H

#include "data/prepared/prepared.h"

#define BL_PREPARED_FILE "prepared.json"
#define BL_PREPARED_FORMAT "beamline prepared 1"
/// As above without the number of its version.
#define BL_PREPARED_ANY "beamline prepared "

/// X(KIND, name) of bl_label_kind.
#define BL_LABEL_KINDS(X) \
    X(OF_SAMPLE, sample)  \
    X(ONE_OF, one_of)     \
    X(NUMBERS, numbers)

/// Takes what prepared.json says. \param prepared empty \param document in its arena
bl_status bl_prepared_take(bl_prepared *prepared, const bl_item *document, bl_error *err);

#endif
