// SPDX-License-Identifier: Apache-2.0
// The classes that a file with trees or histograms is made of, as ROOT 6.40 writes them, and the
// versions before that ROOT 5 and 6 wrote: what its streamer info says of each, in the order of its
// members. The comments of the authors are left out, but for the brackets that name a counter; no
// checksum depends on the rest. \source the streamer info of files that ROOT 6.40 wrote
#include "formats/root/known_classes.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NUMBER(member, code, cpp_type) \
    { .name = (member), .title = "", .type = (code), .type_name = (cpp_type) }
#define SHORT(member) NUMBER(member, 2, "short")
#define INT(member) NUMBER(member, 3, "int")
#define COUNT(member) NUMBER(member, 6, "int") // that others are counted by
#define UINT(member) NUMBER(member, 13, "unsigned int")
#define LONG64(member) NUMBER(member, 16, "long long")
#define FLOAT(member) NUMBER(member, 5, "float")
#define DOUBLE(member) NUMBER(member, 8, "double")
#define BOOL(member) NUMBER(member, 18, "bool")
#define COUNTED(member, code, cpp_type, counter)                             \
    {                                                                        \
        .name = (member), .title = "[" counter "]", .type_name = (cpp_type), \
        .type = BL_ROOT_POINTER_TO + (code), .count_name = (counter)         \
    }
#define INTS(member, counter) COUNTED(member, 3, "int*", counter)
#define LONG64S(member, counter) COUNTED(member, 16, "long long*", counter)
#define STRING(member) \
    { .name = (member), .title = "", .type = BL_ROOT_TSTRING, .type_name = "TString" }
#define BASE(class_name, code) \
    { .name = (class_name), .title = "", .type = (code), .type_name = "BASE" }
#define OBJECT(member, code, class_name) \
    { .name = (member), .title = "", .type = (code), .type_name = (class_name) }
#define EMBEDDED(member, class_name) OBJECT(member, BL_ROOT_OBJECT_IN, class_name)
#define EMBEDDED_ANY(member, class_name) OBJECT(member, BL_ROOT_ANY_IN, class_name)
#define POINTER(member, class_name) OBJECT(member, BL_ROOT_OBJECT_PTR, class_name "*")
#define STL(member, class_name) OBJECT(member, BL_ROOT_STREAMER, class_name)
#define CLASS(class_name, of_version, of_checksum, members)                       \
    {                                                                             \
        .name = (class_name), .version = (of_version), .checksum = (of_checksum), \
        .n_elements = COUNT_OF(members), .elements = (members)                    \
    }

/// A version whose streamer info, and so its checksum, no file at hand has.
#define UNSEEN(class_name, of_version, members) CLASS(class_name, of_version, 0, members)

static const bl_root_element object[] = {UINT("fUniqueID"), NUMBER("fBits", 15, "unsigned int")};
static const bl_root_element named[] = {BASE("TObject", BL_ROOT_TOBJECT), STRING("fName"),
                                        STRING("fTitle")};
static const bl_root_element att_line[] = {SHORT("fLineColor"), SHORT("fLineStyle"),
                                           SHORT("fLineWidth")};
static const bl_root_element att_fill[] = {SHORT("fFillColor"), SHORT("fFillStyle")};
static const bl_root_element att_marker[] = {SHORT("fMarkerColor"), SHORT("fMarkerStyle"),
                                             FLOAT("fMarkerSize")};
static const bl_root_element io_features[] = {NUMBER("fIOBits", 11, "unsigned char")};
static const bl_root_element tree[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                       BASE("TAttLine", BL_ROOT_BASE),
                                       BASE("TAttFill", BL_ROOT_BASE),
                                       BASE("TAttMarker", BL_ROOT_BASE),
                                       LONG64("fEntries"),
                                       LONG64("fTotBytes"),
                                       LONG64("fZipBytes"),
                                       LONG64("fSavedBytes"),
                                       LONG64("fFlushedBytes"),
                                       DOUBLE("fWeight"),
                                       INT("fTimerInterval"),
                                       INT("fScanField"),
                                       INT("fUpdate"),
                                       INT("fDefaultEntryOffsetLen"),
                                       COUNT("fNClusterRange"),
                                       LONG64("fMaxEntries"),
                                       LONG64("fMaxEntryLoop"),
                                       LONG64("fMaxVirtualSize"),
                                       LONG64("fAutoSave"),
                                       LONG64("fAutoFlush"),
                                       LONG64("fEstimate"),
                                       LONG64S("fClusterRangeEnd", "fNClusterRange"),
                                       LONG64S("fClusterSize", "fNClusterRange"),
                                       EMBEDDED_ANY("fIOFeatures", "ROOT::TIOFeatures"),
                                       EMBEDDED("fBranches", "TObjArray"),
                                       EMBEDDED("fLeaves", "TObjArray"),
                                       POINTER("fAliases", "TList"),
                                       EMBEDDED_ANY("fIndexValues", "TArrayD"),
                                       EMBEDDED_ANY("fIndex", "TArrayI"),
                                       POINTER("fTreeIndex", "TVirtualIndex"),
                                       POINTER("fFriends", "TList"),
                                       POINTER("fUserInfo", "TList"),
                                       POINTER("fBranchRef", "TBranchRef")};
static const bl_root_element branch[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                         BASE("TAttFill", BL_ROOT_BASE),
                                         INT("fCompress"),
                                         INT("fBasketSize"),
                                         INT("fEntryOffsetLen"),
                                         INT("fWriteBasket"),
                                         LONG64("fEntryNumber"),
                                         EMBEDDED_ANY("fIOFeatures", "ROOT::TIOFeatures"),
                                         INT("fOffset"),
                                         COUNT("fMaxBaskets"),
                                         INT("fSplitLevel"),
                                         LONG64("fEntries"),
                                         LONG64("fFirstEntry"),
                                         LONG64("fTotBytes"),
                                         LONG64("fZipBytes"),
                                         EMBEDDED("fBranches", "TObjArray"),
                                         EMBEDDED("fLeaves", "TObjArray"),
                                         EMBEDDED("fBaskets", "TObjArray"),
                                         INTS("fBasketBytes", "fMaxBaskets"),
                                         LONG64S("fBasketEntry", "fMaxBaskets"),
                                         LONG64S("fBasketSeek", "fMaxBaskets"),
                                         STRING("fFileName")};
// TBranch 11 and 12; version 10 had no fFirstEntry. TTree 16 to 19 lack some members of 20.
#define BRANCH_BEGIN                                                                             \
    BASE("TNamed", BL_ROOT_TNAMED), BASE("TAttFill", BL_ROOT_BASE), INT("fCompress"),            \
        INT("fBasketSize"), INT("fEntryOffsetLen"), INT("fWriteBasket"), LONG64("fEntryNumber"), \
        INT("fOffset"), COUNT("fMaxBaskets"), INT("fSplitLevel"), LONG64("fEntries")
#define BRANCH_END                                                                   \
    LONG64("fTotBytes"), LONG64("fZipBytes"), EMBEDDED("fBranches", "TObjArray"),    \
        EMBEDDED("fLeaves", "TObjArray"), EMBEDDED("fBaskets", "TObjArray"),         \
        INTS("fBasketBytes", "fMaxBaskets"), LONG64S("fBasketEntry", "fMaxBaskets"), \
        LONG64S("fBasketSeek", "fMaxBaskets"), STRING("fFileName")
static const bl_root_element branch12[] = {BRANCH_BEGIN, LONG64("fFirstEntry"), BRANCH_END};
static const bl_root_element branch10[] = {BRANCH_BEGIN, BRANCH_END};
#define TREE_BEGIN                                                                            \
    BASE("TNamed", BL_ROOT_TNAMED), BASE("TAttLine", BL_ROOT_BASE),                           \
        BASE("TAttFill", BL_ROOT_BASE), BASE("TAttMarker", BL_ROOT_BASE), LONG64("fEntries"), \
        LONG64("fTotBytes"), LONG64("fZipBytes"), LONG64("fSavedBytes")
#define TREE_TIMING DOUBLE("fWeight"), INT("fTimerInterval"), INT("fScanField"), INT("fUpdate")
#define TREE_LIMITS \
    LONG64("fMaxEntries"), LONG64("fMaxEntryLoop"), LONG64("fMaxVirtualSize"), LONG64("fAutoSave")
#define TREE_END                                                                   \
    EMBEDDED("fBranches", "TObjArray"), EMBEDDED("fLeaves", "TObjArray"),          \
        POINTER("fAliases", "TList"), EMBEDDED_ANY("fIndexValues", "TArrayD"),     \
        EMBEDDED_ANY("fIndex", "TArrayI"), POINTER("fTreeIndex", "TVirtualIndex"), \
        POINTER("fFriends", "TList"), POINTER("fUserInfo", "TList"),               \
        POINTER("fBranchRef", "TBranchRef")
static const bl_root_element tree19[] = {TREE_BEGIN,
                                         LONG64("fFlushedBytes"),
                                         TREE_TIMING,
                                         INT("fDefaultEntryOffsetLen"),
                                         COUNT("fNClusterRange"),
                                         TREE_LIMITS,
                                         LONG64("fAutoFlush"),
                                         LONG64("fEstimate"),
                                         LONG64S("fClusterRangeEnd", "fNClusterRange"),
                                         LONG64S("fClusterSize", "fNClusterRange"),
                                         TREE_END};
static const bl_root_element tree18[] = {
    TREE_BEGIN,  LONG64("fFlushedBytes"), TREE_TIMING,         INT("fDefaultEntryOffsetLen"),
    TREE_LIMITS, LONG64("fAutoFlush"),    LONG64("fEstimate"), TREE_END};
static const bl_root_element tree17[] = {
    TREE_BEGIN,  TREE_TIMING,         INT("fDefaultEntryOffsetLen"),
    TREE_LIMITS, LONG64("fEstimate"), TREE_END};
static const bl_root_element tree16[] = {TREE_BEGIN, TREE_TIMING, TREE_LIMITS, LONG64("fEstimate"),
                                         TREE_END};
#define ELEMENT_BEGIN                                                           \
    BASE("TBranch", BL_ROOT_BASE), STRING("fClassName"), STRING("fParentName"), \
        STRING("fClonesName"), UINT("fCheckSum")
#define ELEMENT_END                                                  \
    INT("fID"), INT("fType"), INT("fStreamerType"), INT("fMaximum"), \
        POINTER("fBranchCount", "TBranchElement"), POINTER("fBranchCount2", "TBranchElement")
static const bl_root_element branch_element9[] = {ELEMENT_BEGIN, INT("fClassVersion"), ELEMENT_END};
static const bl_root_element branch_element[] = {ELEMENT_BEGIN, SHORT("fClassVersion"),
                                                 ELEMENT_END};
static const bl_root_element branch_ref[] = {BASE("TBranch", BL_ROOT_BASE),
                                             POINTER("fRefTable", "TRefTable")};
static const bl_root_element leaf[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                       INT("fLen"),
                                       INT("fLenType"),
                                       INT("fOffset"),
                                       BOOL("fIsRange"),
                                       BOOL("fIsUnsigned"),
                                       POINTER("fLeafCount", "TLeaf")};
static const bl_root_element leaf_b[] = {BASE("TLeaf", BL_ROOT_BASE), NUMBER("fMinimum", 1, "char"),
                                         NUMBER("fMaximum", 1, "char")};
static const bl_root_element leaf_s[] = {BASE("TLeaf", BL_ROOT_BASE), SHORT("fMinimum"),
                                         SHORT("fMaximum")};
static const bl_root_element leaf_i[] = {BASE("TLeaf", BL_ROOT_BASE), INT("fMinimum"),
                                         INT("fMaximum")};
static const bl_root_element leaf_l[] = {BASE("TLeaf", BL_ROOT_BASE), LONG64("fMinimum"),
                                         LONG64("fMaximum")};
static const bl_root_element leaf_g[] = {BASE("TLeaf", BL_ROOT_BASE), NUMBER("fMinimum", 4, "long"),
                                         NUMBER("fMaximum", 4, "long")};
static const bl_root_element leaf_f[] = {BASE("TLeaf", BL_ROOT_BASE), FLOAT("fMinimum"),
                                         FLOAT("fMaximum")};
static const bl_root_element leaf_d[] = {BASE("TLeaf", BL_ROOT_BASE), DOUBLE("fMinimum"),
                                         DOUBLE("fMaximum")};
static const bl_root_element leaf_o[] = {BASE("TLeaf", BL_ROOT_BASE), BOOL("fMinimum"),
                                         BOOL("fMaximum")};
static const bl_root_element leaf_c[] = {BASE("TLeaf", BL_ROOT_BASE), INT("fMinimum"),
                                         INT("fMaximum")};
static const bl_root_element leaf_f16[] = {BASE("TLeaf", BL_ROOT_BASE),
                                           NUMBER("fMinimum", 19, "Float16_t"),
                                           NUMBER("fMaximum", 19, "Float16_t")};
static const bl_root_element leaf_d32[] = {BASE("TLeaf", BL_ROOT_BASE),
                                           NUMBER("fMinimum", 9, "Double32_t"),
                                           NUMBER("fMaximum", 9, "Double32_t")};
static const bl_root_element leaf_element[] = {BASE("TLeaf", BL_ROOT_BASE), INT("fID"),
                                               INT("fType")};
static const bl_root_element ref_table[] = {
    BASE("TObject", BL_ROOT_TOBJECT), INT("fSize"), POINTER("fParents", "TObjArray"),
    POINTER("fOwner", "TObject"), STL("fProcessGUIDs", "vector<string>")};
static const bl_root_element friend_element[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                                 STRING("fTreeName"), BOOL("fOwnFile")};
static const bl_root_element ntuple[] = {BASE("TTree", BL_ROOT_BASE), INT("fNvar")};
static const bl_root_element ntuple_d[] = {BASE("TTree", BL_ROOT_BASE), INT("fNvar")};
static const bl_root_element collection[] = {BASE("TObject", BL_ROOT_TOBJECT), STRING("fName"),
                                             INT("fSize")};
static const bl_root_element seq_collection[] = {BASE("TCollection", BL_ROOT_BASE)};
static const bl_root_element list[] = {BASE("TSeqCollection", BL_ROOT_BASE)};
static const bl_root_element obj_array[] = {BASE("TSeqCollection", BL_ROOT_BASE),
                                            INT("fLowerBound"), INT("fLast")};
static const bl_root_element clones_array[] = {BASE("TObjArray", BL_ROOT_BASE)};

#define ENUM(member, type_name) NUMBER(member, 3, type_name)
#define ALWAYS_THERE(member, class_name) OBJECT(member, BL_ROOT_OBJECT_AT, class_name "*")
static const bl_root_element att_axis[] = {
    INT("fNdivisions"),    SHORT("fAxisColor"),  SHORT("fLabelColor"), SHORT("fLabelFont"),
    FLOAT("fLabelOffset"), FLOAT("fLabelSize"),  FLOAT("fTickLength"), FLOAT("fTitleOffset"),
    FLOAT("fTitleSize"),   SHORT("fTitleColor"), SHORT("fTitleFont")};
static const bl_root_element axis[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                       BASE("TAttAxis", BL_ROOT_BASE),
                                       INT("fNbins"),
                                       DOUBLE("fXmin"),
                                       DOUBLE("fXmax"),
                                       EMBEDDED_ANY("fXbins", "TArrayD"),
                                       INT("fFirst"),
                                       INT("fLast"),
                                       NUMBER("fBits2", 12, "unsigned short"),
                                       BOOL("fTimeDisplay"),
                                       STRING("fTimeFormat"),
                                       POINTER("fLabels", "THashList"),
                                       POINTER("fModLabs", "TList")};
static const bl_root_element histogram[] = {BASE("TNamed", BL_ROOT_TNAMED),
                                            BASE("TAttLine", BL_ROOT_BASE),
                                            BASE("TAttFill", BL_ROOT_BASE),
                                            BASE("TAttMarker", BL_ROOT_BASE),
                                            INT("fNcells"),
                                            EMBEDDED("fXaxis", "TAxis"),
                                            EMBEDDED("fYaxis", "TAxis"),
                                            EMBEDDED("fZaxis", "TAxis"),
                                            SHORT("fBarOffset"),
                                            SHORT("fBarWidth"),
                                            DOUBLE("fEntries"),
                                            DOUBLE("fTsumw"),
                                            DOUBLE("fTsumw2"),
                                            DOUBLE("fTsumwx"),
                                            DOUBLE("fTsumwx2"),
                                            DOUBLE("fMaximum"),
                                            DOUBLE("fMinimum"),
                                            DOUBLE("fNormFactor"),
                                            EMBEDDED_ANY("fContour", "TArrayD"),
                                            EMBEDDED_ANY("fSumw2", "TArrayD"),
                                            STRING("fOption"),
                                            ALWAYS_THERE("fFunctions", "TList"),
                                            COUNT("fBufferSize"),
                                            COUNTED("fBuffer", 8, "double*", "fBufferSize"),
                                            ENUM("fBinStatErrOpt", "TH1::EBinErrorOpt"),
                                            ENUM("fStatOverflows", "TH1::EStatOverflows")};
static const bl_root_element histogram_d[] = {BASE("TH1", BL_ROOT_BASE),
                                              BASE("TArrayD", BL_ROOT_BASE)};
static const bl_root_element hash_list[] = {BASE("TList", BL_ROOT_BASE)};

const bl_root_class bl_root_known_classes[] = {
    CLASS("TObject", 1, 0x901bc02d, object),
    CLASS("TNamed", 1, 0xdfb74a3c, named),
    CLASS("TAttLine", 2, 0x94074549, att_line),
    CLASS("TAttFill", 2, 0xffd92a92, att_fill),
    CLASS("TAttMarker", 3, 0x291d8bec, att_marker),
    CLASS("TAttLine", 1, 0x51a23e92, att_line),
    CLASS("TAttFill", 1, 0x47c56358, att_fill),
    CLASS("TAttMarker", 2, 0x291d8bec, att_marker),
    CLASS("TAttMarker", 1, 0xfacd2184, att_marker),
    {.name = "ROOT::TIOFeatures",
     .version = 1,
     .checksum = 0x1aa12f10,
     .n_elements = COUNT_OF(io_features),
     .elements = io_features,
     .is_foreign = true},
    CLASS("TTree", 20, 0x7264e07f, tree),
    CLASS("TTree", 19, 0x58a396eb, tree19),
    UNSEEN("TTree", 18, tree18),
    UNSEEN("TTree", 17, tree17),
    CLASS("TTree", 16, 0xbe994a04, tree16),
    CLASS("TBranch", 13, 0x10978aac, branch),
    CLASS("TBranch", 12, 0x59108cb8, branch12),
    CLASS("TBranch", 11, 0x911cc38e, branch12),
    CLASS("TBranch", 10, 0xe3725ea2, branch10),
    CLASS("TBranchElement", 10, 0xe74f5e63, branch_element),
    CLASS("TBranchElement", 9, 0xe150449a, branch_element9),
    CLASS("TBranchElement", 8, 0xd503eff4, branch_element9),
    CLASS("TBranchRef", 1, 0x2360b3fd, branch_ref),
    CLASS("TLeaf", 2, 0x6d1e8152, leaf),
    CLASS("TLeafB", 1, 0x0f1e4b5e, leaf_b),
    CLASS("TLeafS", 1, 0x150ceecf, leaf_s),
    CLASS("TLeafI", 1, 0x7e6aae19, leaf_i),
    CLASS("TLeafL", 1, 0xde320862, leaf_l),
    CLASS("TLeafG", 1, 0xeca71cb7, leaf_g),
    CLASS("TLeafF", 1, 0x3add9d72, leaf_f),
    CLASS("TLeafD", 1, 0x118e8776, leaf_d),
    CLASS("TLeafO", 1, 0x02ae48d3, leaf_o),
    CLASS("TLeafC", 1, 0xfbe3b2f3, leaf_c),
    CLASS("TLeafF16", 2, 0xeb35f883, leaf_f16),
    CLASS("TLeafF16", 1, 0xeb35f883, leaf_f16),
    CLASS("TLeafD32", 2, 0xe1dc6401, leaf_d32),
    CLASS("TLeafD32", 1, 0xe1dc6401, leaf_d32),
    CLASS("TLeafElement", 1, 0xa04f8893, leaf_element),
    CLASS("TRefTable", 3, 0x8c895b85, ref_table),
    CLASS("TFriendElement", 2, 0x2771167d, friend_element),
    CLASS("TNtuple", 2, 0xb8a51cab, ntuple),
    CLASS("TNtupleD", 1, 0x8de8d873, ntuple_d),
    CLASS("TAttAxis", 4, 0x5c6fff3e, att_axis),
    CLASS("TAxis", 10, 0x5a496e70, axis),
    CLASS("TH1", 8, 0x1c3740c4, histogram),
    CLASS("TH1D", 3, 0xf9b1569f, histogram_d),
    CLASS("THashList", 0, 0xcc7e49c1, hash_list),
    CLASS("TCollection", 3, 0x57e3cb9c, collection),
    CLASS("TSeqCollection", 0, 0xfc6c3bc6, seq_collection),
    CLASS("TList", 5, 0x69c5c3bb, list),
    CLASS("TObjArray", 3, 0xa99e6552, obj_array),
    CLASS("TClonesArray", 4, 0xb6c0ca63, clones_array),
};
const size_t bl_root_n_known_classes = COUNT_OF(bl_root_known_classes);

const bl_root_class *bl_root_known_class(const char *name) {
    for (size_t i = 0; i < bl_root_n_known_classes; i++)
        if (strcmp(bl_root_known_classes[i].name, name) == 0)
            return &bl_root_known_classes[i];
    return NULL;
}

const bl_root_class *bl_root_known_version(const char *name, int version, uint32_t checksum) {
    for (size_t i = 0; i < bl_root_n_known_classes; i++) {
        const bl_root_class *c = &bl_root_known_classes[i];
        if ((version > 0 ? c->version == version : c->checksum == checksum) &&
            strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}
