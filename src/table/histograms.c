// SPDX-License-Identifier: Apache-2.0
#include "table/histograms.h"

#include "table/formats.h"

bl_status bl_output_add_histogram(bl_output *output, const bl_histogram_view *histogram,
                                  bl_error *err) {
    if (output->failed || output->is_finished)
        return bl_error_set(err, BL_E_INVALID, "%s: the file takes no more", output->url);
    if (!output->ops->add_histogram)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s: the format holds no histograms",
                            output->url);
    bl_status status = output->ops->add_histogram(output, histogram, err);
    if (status == BL_OK)
        return BL_OK;
    output->failed = true; // whatever failed, the file cannot become whole any more
    return bl_error_in_file(err, status, output->url);
}
