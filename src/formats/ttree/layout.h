// SPDX-License-Identifier: Apache-2.0
/// \file
/// How the bytes of one branch lie in its entries, found from leaves and streamer info alone.
#ifndef BL_FORMATS_TTREE_LAYOUT_H
#define BL_FORMATS_TTREE_LAYOUT_H

#include "formats/ttree/tree.h"

typedef enum bl_layout_kind {
    BL_LAYOUT_NUMBER,
    BL_LAYOUT_BITS,    ///< TObject's fBits: 4 bytes, 2 more where the object is referenced
    BL_LAYOUT_STRING,  ///< length byte (255: int32 follows) and bytes
    BL_LAYOUT_CHARS,   ///< char*: int32 length and bytes
    BL_LAYOUT_ARRAY,   ///< `n` times the child
    BL_LAYOUT_VECTOR,  ///< int32 length and that many children
    BL_LAYOUT_BITSET,  ///< int32 length, which is `n`, and bools; may be left out altogether
    BL_LAYOUT_COUNTED, ///< flag byte and as many numbers as the branch's counter says
    BL_LAYOUT_RECORD,  ///< the children one after the other, without padding
} bl_layout_kind;

typedef struct bl_layout bl_layout;
struct bl_layout {
    bl_layout_kind kind;
    bl_type *type;         ///< shares
    bl_root_number number; ///< of a number
    int64_t n;             ///< of an array or bit set
    size_t fixed_bytes;    ///< on disk, where that is always the same; else 0
    size_t n_children;
    bl_layout *children;
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

/// Finds the layout. A branch that cannot be read gives BL_OK and a reason in `unreadable`.
/// \param layout zeroed; released by bl_entry_layout_release also after a failure
bl_status bl_entry_layout_of(bl_ttree *tree, size_t branch, bl_entry_layout *layout, bl_error *err);
void bl_entry_layout_release(bl_context *context, bl_entry_layout *layout);

/// The layout of a C++ type such as `vector<vector<float> >`, without any header.
/// \param ret_understood false where it is not a type of numbers, strings and sequences
bl_status bl_layout_of_type(bl_context *context, const char *type_name, bl_layout *layout,
                            bool *ret_understood, bl_error *err);
/// Makes `outer` an array of `n`, or a vector (n < 0), of `inner`, which moves into it.
bl_status bl_layout_wrap(bl_context *context, int64_t n, bl_layout *inner, bl_layout *outer,
                         bl_error *err);
/// The layout of a `bitset<n>`, a list of bool: empty where the file left it out.
bl_status bl_layout_bitset(bl_context *context, int64_t n, bl_layout *layout, bl_error *err);
void bl_layout_number(bl_layout *layout, const bl_root_number *number);
void bl_layout_string(bl_layout *layout, bl_layout_kind kind);
void bl_layout_release(bl_context *context, bl_layout *layout);

#endif
