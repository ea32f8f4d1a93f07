// SPDX-License-Identifier: Apache-2.0
// The formats of model files.
#include "infer/model.h"

const bl_model_format bl_model_formats[] = {
    {"beamline bundle", bl_bundle_probe, bl_bundle_open},
    {0},
};
