// SPDX-License-Identifier: Apache-2.0
#include "formats/text/text.h"
bl_status bl_csv_create(bl_context *context, bl_sink *sink, const bl_create *how,
                        bl_output **ret_output, bl_error *err) {
    (void)context;
    bl_sink_close(sink);
    (void)how;
    (void)ret_output;
    return bl_error_set(err, BL_E_UNSUPPORTED, "not yet");
}
bl_status bl_json_lines_create(bl_context *context, bl_sink *sink, const bl_create *how,
                               bl_output **ret_output, bl_error *err) {
    (void)context;
    bl_sink_close(sink);
    (void)how;
    (void)ret_output;
    return bl_error_set(err, BL_E_UNSUPPORTED, "not yet");
}
