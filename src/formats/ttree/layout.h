// SPDX-License-Identifier: Apache-2.0
/// \file
/// How the bytes of one branch lie in its entries, found from leaves and streamer info alone.
#ifndef BL_FORMATS_TTREE_LAYOUT_H
#define BL_FORMATS_TTREE_LAYOUT_H

#include "formats/ttree/tree.h"

typedef enum bl_layout_kind {
    BL_LAYOUT_NUMBER,
    BL_LAYOUT_BITS,      ///< TObject's fBits: 4 bytes, 2 more where the object is referenced
    BL_LAYOUT_STRING,    ///< length byte (255: int32 follows) and bytes
    BL_LAYOUT_CHARS,     ///< char*: int32 length and bytes
    BL_LAYOUT_ARRAY,     ///< `n` times the child
    BL_LAYOUT_VECTOR,    ///< int32 length and that many children
    BL_LAYOUT_BITSET,    ///< int32 length, which is `n`, and bools; may be left out altogether
    BL_LAYOUT_COUNTED,   ///< flag byte and as many numbers as a counter says
    BL_LAYOUT_RECORD,    ///< the children one after the other, without padding
    BL_LAYOUT_STREAMED,  ///< byte count and version, once in front of however many children
    BL_LAYOUT_PAIR,      ///< key and value of a map, members of `of_class` without headers
    BL_LAYOUT_MEMBERS,   ///< the members of an object of `of_class`, version `n` of its list
    BL_LAYOUT_OBJECT,    ///< byte count, class version and members
    BL_LAYOUT_POINTER,   ///< 0, the position of an object, or its class and itself; a list
    BL_LAYOUT_NAMED,     ///< the name of an object's class and the object
    BL_LAYOUT_OPAQUE,    ///< what only its byte count tells the end of; no column
    BL_LAYOUT_LOOP,      ///< byte count, version and as many children as a counter says
    BL_LAYOUT_TOBJECT,   ///< version, fUniqueID and fBits of a TObject
    BL_LAYOUT_REF,       ///< TRef: a TObject's bytes and the process's number
    BL_LAYOUT_REF_ARRAY, ///< TRefArray: header, TObject, name, int32 length, bound, process;
                         ///< uint32s
} bl_layout_kind;

typedef struct bl_layout bl_layout;
struct bl_layout {
    bl_layout_kind kind;
    bl_type *type;         ///< shares
    bl_root_number number; ///< of a number
    int64_t n;             ///< of an array or bit set; which version of a class
    size_t fixed_bytes;    ///< on disk, where that is always the same; else 0
    size_t counter;        ///< COUNTED and LOOP inside a class: the column of it that counts
    size_t n_children;
    bl_layout *children;
    struct bl_class_layout *of_class; ///< borrows from the tree's bl_layouts, as the next
    struct bl_class_views *views;     ///< of a pointer
};

/// What stands in an entry in front of its contents.
typedef enum bl_entry_header {
    BL_HEADER_NONE,
    BL_HEADER_FLAG,    ///< one byte: the pointer was not null
    BL_HEADER_VERSION, ///< byte count and class version, 6 bytes, where the entry is not empty
} bl_entry_header;

/// One branch's entries.
typedef struct bl_entry_layout {
    bl_layout item;
    bool is_list; ///< items follow each other up to the entry's end, else one item
    bl_entry_header header;
    const char *counter;     ///< name of the branch or leaf that counts the items; NULL: none
    const char *source_type; ///< as ROOT spells it
    bl_type *type;           ///< of the column; shares; NULL where the branch cannot be read
    const char *unreadable;  ///< why not
} bl_entry_layout;

/// What layouts of one tree are made from, and those of its classes, each made once.
typedef struct bl_layouts {
    bl_context *context;
    bl_arena *arena;                ///< borrows; keeps names, reasons and layouts of classes
    const bl_root_classes *classes; ///< borrows
    bl_name_map by_name;            ///< into `made`
    size_t n_made, capacity;
    struct bl_class_layout **made; ///< [n_made]
    int depth;                     ///< of classes that are being made
} bl_layouts;

void bl_layouts_init(bl_layouts *layouts, bl_context *context, bl_arena *arena,
                     const bl_root_classes *classes);
/// Also releases the layouts of classes; nothing that was made with it may be used any more.
void bl_layouts_release(bl_layouts *layouts);

/// Finds the layout. A branch that cannot be read gives BL_OK and a reason in `unreadable`.
/// \param layout zeroed; released by bl_entry_layout_release also after a failure
bl_status bl_entry_layout_of(bl_layouts *layouts, bl_ttree *tree, size_t branch,
                             bl_entry_layout *layout, bl_error *err);
void bl_entry_layout_release(bl_context *context, bl_entry_layout *layout);

// Parts of bl_entry_layout_of: what is not understood is BL_E_UNSUPPORTED with the reason.
bl_status bl_layout_of_leaves(bl_context *context, bl_arena *arena, const bl_ttree_branch *branch,
                              bl_entry_layout *layout, bl_error *err);
bl_status bl_layout_of_element_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                                      bl_entry_layout *layout, bl_error *err);
bl_status bl_layout_of_object_branch(bl_layouts *layouts, const bl_ttree_branch *branch,
                                     bl_entry_layout *layout, bl_error *err);
/// A member as it lies in an object that is not split.
bl_status bl_layout_of_element(bl_layouts *layouts, const bl_root_element *element,
                               bl_layout *layout, bl_error *err);

/// The layout of a C++ type such as `vector<vector<float> >`, without any header.
/// \param content_type streamer code of the innermost items where their name does not say it
/// (enumerations); 0: not known
/// \return BL_OK, BL_E_UNSUPPORTED (with the reason), BL_E_NOMEM
bl_status bl_layout_of_type(bl_layouts *layouts, const char *type_name, int content_type,
                            bl_layout *layout, bl_error *err);
/// The layout of an object behind the name of its class.
bl_status bl_layout_of_named(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                             bl_error *err);
/// The layout of a pointer to a class: a list of no or one object.
bl_status bl_layout_of_pointer(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                               bl_error *err);
/// The layout of an object of a class that streamer info describes, with its header.
bl_status bl_layout_of_class(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                             bl_error *err);
/// The layout of a class that ROOT streams by hand; collections of whatever objects are
/// BL_LAYOUT_OPAQUE and have no type. \return via ret_known false: not one of them
bl_status bl_layout_by_hand(bl_layouts *layouts, const char *class_name, bl_layout *layout,
                            bool *ret_known, bl_error *err);

/// Makes `outer` an array of `n`, or a vector (n < 0), of `inner`, which moves into it.
bl_status bl_layout_wrap(bl_context *context, int64_t n, bl_layout *inner, bl_layout *outer,
                         bl_error *err);
/// Puts `layout` behind a byte count and version.
bl_status bl_layout_stream(bl_context *context, bl_layout *layout, bl_error *err);
/// Wraps `item` into arrays of `dims`, the last dimension innermost.
bl_status bl_layout_wrap_dims(bl_context *context, const int64_t *dims, int n_dims, bl_layout *item,
                              bl_error *err);
/// The layout of a `bitset<n>`, a list of bool: empty where the file left it out.
bl_status bl_layout_bitset(bl_context *context, int64_t n, bl_layout *layout, bl_error *err);
void bl_layout_number(bl_layout *layout, const bl_root_number *number);
void bl_layout_string(bl_layout *layout, bl_layout_kind kind);
/// A RECORD of `n` children, which move into it, under `names`.
bl_status bl_layout_record(bl_context *context, size_t n, const char *const *names,
                           bl_layout *children, bl_layout *layout, bl_error *err);
void bl_layout_release(bl_context *context, bl_layout *layout);
/// False where a value may lie in no bytes at all; such values may not be counted by a length.
bool bl_layout_takes_bytes(const bl_layout *layout);

#endif
