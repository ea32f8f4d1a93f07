// SPDX-License-Identifier: Apache-2.0
// The data of a configuration, prepared in the folder of a run.
#include "cli/train.h"

bl_status bl_train_prepare(train_run *run, const char *folder, bl_error *err) {
    (void)folder;
    return bl_error_set(err, BL_E_NOTFOUND, "%s: no prepared data", run->cli->arguments.config);
}
