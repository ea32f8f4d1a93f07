// SPDX-License-Identifier: Apache-2.0
/// \file
/// Modules: parts of the library that need a heavy or optional library of somebody else. Each is a
/// shared object of its own, opened the first time that it is needed, so that nobody else waits for
/// it or has to have it. A module holds its own copy of what it uses of the library, and the two
/// meet in tables of functions alone (a "face").
#ifndef BL_BASE_MODULE_H
#define BL_BASE_MODULE_H

#include "base/error.h"

/// What a module `NAME` exports, as `bl_module_entry`, from `beamline_NAME.so`.
typedef struct bl_module {
    const char *name;
    const char *build; ///< BL_MODULE_BUILD: a hash of all headers that both sides compiled
    const void *face;  ///< as the room's own header says
} bl_module;

#define BL_MODULE_DEFINE(module_name, module_face)                                 \
    extern __attribute__((visibility("default"))) const bl_module bl_module_entry; \
    const bl_module bl_module_entry = {module_name, BL_MODULE_BUILD, module_face}

/// Opens a module, or finds it open, and gives its face, which stays until the process ends.
/// It is looked for in few places, none of which others can write to: the folder that the
/// environment's BEAMLINE_MODULES names; else `beamline/` beside the library, then beside the place
/// that belongs to the program's (`../lib/beamline/`), then where this build is to be installed.
/// \param name lower-case letters and digits \param needs what it is built from, for messages:
/// "libhdf5" \return BL_OK, BL_E_UNSUPPORTED (it is not there, or of another build, or one of its
/// own libraries is missing)
bl_status bl_module_load(const char *name, const char *needs, const void **ret_face, bl_error *err);

#endif
