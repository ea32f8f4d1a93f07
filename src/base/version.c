// SPDX-License-Identifier: Apache-2.0
// The version at run time.
#include <beamline/version.h>

const char *bl_version(void) { return BL_VERSION; }
