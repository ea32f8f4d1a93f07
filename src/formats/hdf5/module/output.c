// SPDX-License-Identifier: Apache-2.0
#include "formats/hdf5/module/output.h"
bl_status bl_hdf5_output_create(bl_context *context, bl_sink *sink, const bl_create *how,
                                bl_output **ret_output, bl_error *err) {
    (void)context; (void)how; (void)ret_output;
    bl_sink_close(sink);
    return bl_error_set(err, BL_E_UNSUPPORTED, "not yet");
}
