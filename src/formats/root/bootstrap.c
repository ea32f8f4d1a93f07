// SPDX-License-Identifier: Apache-2.0
// The classes that streamer info itself is written in; their layouts have not changed since ROOT 3.
// The versions are those that we write.
// And what was streamed by hand: TBranch before version 10 (ROOT 3 and 4), and TBranchClones, of
// which ROOT 5 and 6 write 64-bit counts under the version that older ROOT wrote others under.
#include "formats/root/streamer.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INTEGER(member) \
    { .name = (member), .type = 3, .title = "", .type_name = "int" }
#define STRING(member) \
    { .name = (member), .type = BL_ROOT_TSTRING, .title = "", .type_name = "TString" }
#define BASE(class_name) \
    { .name = (class_name), .type = BL_ROOT_BASE, .title = "", .type_name = "BASE" }
#define CLASS(class_name, current, members)                              \
    {                                                                    \
        .name = (class_name), .version = (current), .any_version = true, \
        .n_elements = COUNT(members), .elements = (members)              \
    }

static const bl_root_element named[] = {BASE("TObject"), STRING("fName"), STRING("fTitle")};

static const bl_root_element info[] = {
    BASE("TNamed"),
    {.name = "fCheckSum", .type = 13, .title = "", .type_name = "unsigned int"},
    INTEGER("fClassVersion"),
    {.name = "fElements", .type = BL_ROOT_OBJECT_PTR, .title = "", .type_name = "TObjArray*"},
};

static const bl_root_element element[] = {
    BASE("TNamed"),
    INTEGER("fType"),
    INTEGER("fSize"),
    INTEGER("fArrayLength"),
    INTEGER("fArrayDim"),
    {.name = "fMaxIndex",
     .type = BL_ROOT_ARRAY_OF + 3,
     .array_length = 5,
     .title = "",
     .type_name = "int"},
    STRING("fTypeName"),
};

static const bl_root_element plain[] = {BASE("TStreamerElement")};
static const bl_root_element base[] = {BASE("TStreamerElement"), INTEGER("fBaseVersion")};
static const bl_root_element counted[] = {BASE("TStreamerElement"), INTEGER("fCountVersion"),
                                          STRING("fCountName"), STRING("fCountClass")};
static const bl_root_element stl[] = {BASE("TStreamerElement"), INTEGER("fSTLtype"),
                                      INTEGER("fCtype")};
static const bl_root_element stl_string[] = {BASE("TStreamerSTL")};

#define REAL(member) \
    { .name = (member), .type = 8, .title = "", .type_name = "double" }
#define ARRAY(member)                                                                  \
    {                                                                                  \
        .name = (member), .type = BL_ROOT_POINTER_TO + 3, .count_name = "fMaxBaskets", \
        .title = "", .type_name = "int*"                                               \
    }
#define LIST(member) \
    { .name = (member), .type = BL_ROOT_OBJECT_IN, .title = "", .type_name = "TObjArray" }
#define BRANCH_COUNTS                                                         \
    INTEGER("fCompress"), INTEGER("fBasketSize"), INTEGER("fEntryOffsetLen"), \
        INTEGER("fWriteBasket"), INTEGER("fEntryNumber"), INTEGER("fOffset"), \
        INTEGER("fMaxBaskets")
#define BRANCH_CONTENTS                                                                         \
    REAL("fEntries"), REAL("fTotBytes"), REAL("fZipBytes"), LIST("fBranches"), LIST("fLeaves"), \
        LIST("fBaskets"), ARRAY("fBasketBytes"), ARRAY("fBasketEntry"), ARRAY("fBasketSeek"),   \
        STRING("fFileName")

static const bl_root_element branch6[] = {BASE("TNamed"), BRANCH_COUNTS, BRANCH_CONTENTS};
static const bl_root_element branch7[] = {BASE("TNamed"), BRANCH_COUNTS, INTEGER("fSplitLevel"),
                                          BRANCH_CONTENTS};
static const bl_root_element branch8[] = {BASE("TNamed"), BASE("TAttFill"), BRANCH_COUNTS,
                                          INTEGER("fSplitLevel"), BRANCH_CONTENTS};
#define INTEGER64(member) \
    { .name = (member), .type = 16, .title = "", .type_name = "long long" }
static const bl_root_element branch_clones[] = {
    BASE("TNamed"),
    INTEGER("fCompress"),
    INTEGER("fBasketSize"),
    INTEGER("fEntryOffsetLen"),
    INTEGER("fMaxBaskets"),
    INTEGER("fWriteBasket"),
    INTEGER64("fEntryNumber"),
    INTEGER64("fEntries"),
    INTEGER64("fTotBytes"),
    INTEGER64("fZipBytes"),
    INTEGER("fOffset"),
    {.name = "fBranchCount", .type = BL_ROOT_OBJECT_PTR, .title = "", .type_name = "TBranch*"},
    STRING("fClassName"),
    LIST("fBranches"),
};
#define OLD_BRANCH(of_version, members)                                           \
    {                                                                             \
        .name = "TBranch", .version = (of_version), .n_elements = COUNT(members), \
        .elements = (members)                                                     \
    }

const bl_root_class bl_root_bootstrap[] = {
    CLASS("TNamed", 1, named),
    CLASS("TStreamerInfo", 9, info),
    CLASS("TStreamerElement", 4, element),
    CLASS("TStreamerBase", 3, base),
    CLASS("TStreamerBasicType", 2, plain),
    CLASS("TStreamerBasicPointer", 2, counted),
    CLASS("TStreamerLoop", 2, counted),
    CLASS("TStreamerObject", 2, plain),
    CLASS("TStreamerObjectPointer", 2, plain),
    CLASS("TStreamerObjectAny", 2, plain),
    CLASS("TStreamerObjectAnyPointer", 2, plain),
    CLASS("TStreamerString", 2, plain),
    CLASS("TStreamerSTL", 3, stl),
    CLASS("TStreamerSTLstring", 2, stl_string),
    CLASS("TStreamerArtificial", 1, plain),
    CLASS("TBranchClones", 2, branch_clones),
    OLD_BRANCH(6, branch6),
    OLD_BRANCH(7, branch7),
    OLD_BRANCH(8, branch8),
    OLD_BRANCH(9, branch8),
};
const size_t bl_root_n_bootstrap = COUNT(bl_root_bootstrap);

const bl_root_class *bl_root_bootstrap_class(const char *name, int version) {
    for (size_t i = 0; i < bl_root_n_bootstrap; i++) {
        const bl_root_class *c = &bl_root_bootstrap[i];
        if (strcmp(c->name, name) == 0 && (c->any_version || c->version == version))
            return c;
    }
    return NULL;
}
