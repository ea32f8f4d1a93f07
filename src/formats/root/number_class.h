// SPDX-License-Identifier: Apache-2.0
/// \file
/// Classes of our own making, for objects whose members are numbers.
#ifndef BL_FORMATS_ROOT_NUMBER_CLASS_H
#define BL_FORMATS_ROOT_NUMBER_CLASS_H

#include <beamline/batch.h>

#include "base/arena.h"
#include "formats/root/streamer.h"

/// A member of such a class.
typedef struct bl_root_number_member {
    const char *name;
    bl_type_id type; ///< bool, an integer or a float
} bl_root_number_member;

/// Describes a class that is a TObject with numbers behind it: element 0 is the base, element i + 1
/// is member i. Its checksum is the one that ROOT makes for such a class. Its version follows from
/// that, far above those that authors count to, so that a class of the same name with other members
/// is another version of it: ROOT converts between the two by the names of their members.
/// \param name, members [n]  borrows the names for as long as the arena lives
/// \return NULL when there is no memory
/// \source ROOT, TClass::GetCheckSum, TStreamerBasicType
const bl_root_class *bl_root_class_of_numbers(bl_arena *arena, const char *name,
                                              const bl_root_number_member *members, size_t n);
/// ROOT's checksum of what it looked at before, with a text behind it. \param sum 0: nothing before
uint32_t bl_root_checksum_add(uint32_t sum, const char *text);

#endif
