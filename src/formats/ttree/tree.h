// SPDX-License-Identifier: Apache-2.0
/// \file
/// TTree, TBranch, TLeaf: what a tree says of itself. No event data is touched here.
#ifndef BL_FORMATS_TTREE_TREE_H
#define BL_FORMATS_TTREE_TREE_H

#include "column/reader.h"
#include "formats/root/object.h"

typedef struct bl_ttree_leaf {
    const char *name;
    const char *title;
    const char *class_name; ///< "TLeafF", "TLeafC", "TLeafElement"
    int64_t n_values;       ///< per unit of the counter: product of the fixed dimensions
    bool is_unsigned;
    const char *count_name; ///< of the counter leaf; NULL where the length is fixed
} bl_ttree_leaf;

/// fType of a TBranchElement.
enum {
    BL_BRANCH_OBJECT = -1, ///< a whole object, not split
    BL_BRANCH_MEMBER = 0,
    BL_BRANCH_BASE = 1,
    BL_BRANCH_SPLIT = 2,      ///< an object whose members have branches
    BL_BRANCH_CLONES = 3,     ///< number of objects of a TClonesArray
    BL_BRANCH_COLLECTION = 4, ///< number of objects of an STL collection
    BL_BRANCH_CLONES_MEMBER = 31,
    BL_BRANCH_COLLECTION_MEMBER = 41,
};

typedef struct bl_ttree_branch {
    const char *name;
    const char *path; ///< the names of its parents and its own, joined by '/'
    const char *title;
    const char *damage; ///< why its description could not be read, or NULL
    size_t parent;      ///< index; SIZE_MAX at the top
    size_t n_kids;
    bool is_element;         ///< a TBranchElement; the next six are only its
    bool is_object;          ///< a TBranchObject; of the next six only the class's name is its
    bool names_class;        ///< its entries begin with the name of their object's class
    const char *class_name;  ///< whose streamer info `id` counts in, or of the whole object
    const char *clones_name; ///< of the objects of a TClonesArray, else ""
    int class_version;
    uint32_t checksum;
    int type;
    int id;          ///< of the member in its class; -1 for a whole object
    bool is_foreign; ///< of a class of branch that is not supported (TBranchObject, TBranchSTL …)
    const char *branch_class;
    int64_t n_rows;
    int64_t first_row;
    bool has_offsets;       ///< entries may differ in length
    bool generates_offsets; ///< but baskets need not say where they begin (TIOFeatures)
    const char *file_name;  ///< of the baskets' own file; "" for this one
    uint64_t raw_bytes, stored_bytes;
    int compression; ///< 100 × algorithm + level
    size_t n_leaves;
    const bl_ttree_leaf *leaves;
    size_t n_baskets; ///< usable slots
    size_t n_written; ///< fWriteBasket
    bl_root_array basket_bytes, basket_rows, basket_seeks;
    const bl_root_object *embedded; ///< list of baskets kept in the tree's own record, by slot
} bl_ttree_branch;

/// One slot of a branch.
typedef struct bl_ttree_slot {
    int64_t first, last; ///< rows [first, last)
    uint64_t offset;     ///< of the record; 0: embedded
    uint64_t n_bytes;
    const bl_root_object *embedded;
} bl_ttree_slot;

typedef struct bl_ttree {
    bl_root_file *file;
    const bl_root_classes *classes;
    bl_arena arena;
    bl_root_record record;
    const char *path; ///< inside the file
    int64_t n_rows;
    size_t n_branches, n_leaves;
    bl_ttree_branch *branches; ///< parents before their kids
    size_t n_clusters;
    int64_t *cluster_ends; ///< [n_clusters]
    size_t n_friends;
    bl_friend_info *friends; ///< [n_friends]
} bl_ttree;

/// True for TTree and its subclasses that are trees in the file: TNtuple, TNtupleD, TChain is none.
bool bl_ttree_is_tree(const char *class_name);

/// Reads the tree's record. \param tree zeroed; released by bl_ttree_release also after a failure
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_IO, BL_E_NOMEM
bl_status bl_ttree_read(bl_root_file *file, const bl_root_entry *entry, bl_ttree *tree,
                        bl_error *err);
void bl_ttree_release(bl_ttree *tree);

/// Slot `i` of a branch, whose rows are made to fit the branch's.
/// \return BL_OK, BL_E_CORRUPT (the slot contradicts its branch)
bl_status bl_ttree_slot_of(const bl_ttree_branch *branch, size_t i, bl_ttree_slot *ret_slot,
                           bl_error *err);
/// First slot that has rows at or behind `row`; n_baskets where none has.
size_t bl_ttree_slot_at(const bl_ttree_branch *branch, int64_t row);

/// True for branches that hold data, not only other branches.
bool bl_ttree_is_column(const bl_ttree_branch *branch);

/// Where the file was recovered: adds the baskets that were written after the tree's record, as far
/// as every column has them. Called by bl_ttree_read.
bl_status bl_ttree_tail_read(bl_ttree *tree, const bl_root_entry *entry, bl_error *err);

/// Fills cluster_ends from the tree's members. Called by bl_ttree_read.
bl_status bl_ttree_clusters_read(bl_ttree *tree, const bl_root_object *object, bl_error *err);
/// Fills friends. Called by bl_ttree_read.
bl_status bl_ttree_friends_read(bl_ttree *tree, const bl_root_object *object, bl_error *err);

#endif
