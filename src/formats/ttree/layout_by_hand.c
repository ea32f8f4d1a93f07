// SPDX-License-Identifier: Apache-2.0
// Classes whose bytes ROOT's own code writes, so that streamer info does not tell how they lie.
// Sources: ROOT, the Streamer functions of TObject, TRef, TRefArray, TDatime, TArray.
// Left out: collections of objects of any class (TList, TObjArray, TClonesArray, TMap …), of which
// only the data tell what they hold.
#include "formats/ttree/layout.h"

static bl_status object_itself(bl_layouts *layouts, bl_layout *layout, bl_error *err) {
    const char *const names[] = {"fUniqueID", "fBits"};
    bl_type *const types[] = {bl_type_primitive(BL_UINT32), bl_type_primitive(BL_UINT32)};
    layout->kind = BL_LAYOUT_TOBJECT;
    return bl_type_new_struct(layouts->context, 2, names, types, &layout->type, err);
}

static bl_status reference(bl_layouts *layouts, bl_layout *layout, bl_error *err) {
    const char *const names[] = {"ref"};
    bl_type *const types[] = {bl_type_primitive(BL_UINT32)};
    layout->kind = BL_LAYOUT_REF;
    return bl_type_new_struct(layouts->context, 1, names, types, &layout->type, err);
}

static bl_status reference_array(bl_layouts *layouts, bl_layout *layout, bl_error *err) {
    layout->kind = BL_LAYOUT_REF_ARRAY;
    return bl_type_new_list(layouts->context, BL_LIST, 0, bl_type_primitive(BL_UINT32),
                            &layout->type, err);
}

static bl_status date(bl_layouts *layouts, bl_layout *layout, bl_error *err) {
    const char *const names[] = {"fDatime"};
    bl_root_number number;
    bl_layout item = {0};
    bl_root_number_of_code(13, "", &number);
    bl_layout_number(&item, &number);
    return bl_layout_record(layouts->context, 1, names, &item, layout, err);
}

/// TArrayD and its like: a length and so many numbers.
static bl_status numbers(bl_layouts *layouts, int code, bl_layout *layout, bl_error *err) {
    bl_root_number number;
    bl_layout item = {0};
    bl_root_number_of_code(code, "", &number);
    bl_layout_number(&item, &number);
    return bl_layout_wrap(layouts->context, -1, &item, layout, err);
}

bl_status bl_layout_by_hand(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                            bool *ret_known, bl_error *err) {
    typedef bl_status maker(bl_layouts *, bl_layout *, bl_error *);
    static const struct {
        const char *name;
        maker *make;
        int code; ///< of the numbers of an array
    } classes[] = {
        {"TObject", object_itself, 0}, {"TRef", reference, 0}, {"TRefArray", reference_array, 0},
        {"TDatime", date, 0},          {"TArrayC", NULL, 1},   {"TArrayS", NULL, 2},
        {"TArrayI", NULL, 3},          {"TArrayL", NULL, 4},   {"TArrayF", NULL, 5},
        {"TArrayD", NULL, 8},          {"TArrayL64", NULL, 16}};
    static const char *const of_anything[] = {
        "TList",          "THashList", "TObjArray",   "TClonesArray", "TMap",          "THashTable",
        "TOrdCollection", "TBtree",    "TSortedList", "TCollection",  "TSeqCollection"};
    *ret_known = true;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(class_name, classes[i].name) == 0)
            return classes[i].make ? classes[i].make(layouts, layout, err)
                                   : numbers(layouts, classes[i].code, layout, err);
    for (size_t i = 0; i < sizeof of_anything / sizeof *of_anything; i++)
        if (strcmp(class_name, of_anything[i]) == 0)
            layout->kind = BL_LAYOUT_OPAQUE;
    *ret_known = layout->kind == BL_LAYOUT_OPAQUE;
    return BL_OK;
}
