// SPDX-License-Identifier: Apache-2.0
// The data of a configuration, prepared in the folder of a run: as `beamline prepare` does it, to
// the same bits.
#include "base/folder.h"
#include "cli/prepare.h"
#include "cli/train.h"

static bl_status prepare(prepare_run *run, const char *folder, bl_error *err) {
    BL_TRY(bl_cli_read_config(run->cli, &run->arena, &run->config, err));
    BL_TRY_IN(bl_config_for_preparation(&run->config, err), err, "%s", run->cli->arguments.config);
    BL_TRY(bl_cli_open_dataset(run->cli, &run->config, &run->open, &run->dataset, err));
    BL_TRY(bl_folder_make(folder, err));
    return bl_prepare_make(run, folder, err);
}

bl_status bl_train_prepare(train_run *run, const char *folder, bl_error *err) {
    prepare_run preparation;
    bl_prepare_begin(&preparation, run->cli);
    bl_status status = prepare(&preparation, folder, err);
    bl_prepare_end(&preparation);
    return status;
}
