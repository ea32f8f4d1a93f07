// SPDX-License-Identifier: Apache-2.0
/// \file
/// The classes of files with trees, for those who write them and for files without streamer info.
#ifndef BL_FORMATS_ROOT_KNOWN_CLASSES_H
#define BL_FORMATS_ROOT_KNOWN_CLASSES_H

#include "formats/root/streamer.h"

/// Of several versions of a class the newest comes first; that is the one we write.
extern const bl_root_class bl_root_known_classes[];
extern const size_t bl_root_n_known_classes;

/// The newest known version of a class, or NULL.
const bl_root_class *bl_root_known_class(const char *name);
/// That version of a class, or NULL. \param checksum of a class without versions, for which
/// `version` is not positive
const bl_root_class *bl_root_known_version(const char *name, int version, uint32_t checksum);

#endif
