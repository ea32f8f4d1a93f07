// SPDX-License-Identifier: Apache-2.0
// From the TTree record to branches, leaves and basket slots, all by the file's streamer info.
#include "formats/ttree/tree.h"

// more rows than anybody can count one by one; sums of a few such numbers do not overflow
#define MAX_ROWS (INT64_C(1) << 56)

bool bl_ttree_is_tree(const char *class_name) {
    static const char *const names[] = {"TTree", "TNtuple", "TNtupleD"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(class_name, names[i]) == 0)
            return true;
    return false;
}

static const bl_root_object *item_of(const bl_root_object *list, size_t i) {
    return list && i < list->n_items ? list->items[i] : NULL;
}

/// The branch that counts the objects of an array stands beside the list of the others.
static bl_root_object *counter_of(const bl_root_object *branch) {
    bool is_clones = strcmp(branch->class_name, "TBranchClones") == 0;
    return is_clones ? bl_root_object_object(branch, "fBranchCount") : NULL;
}

/// Counts a branch and those below it, and takes each once: a damaged list may refer to its own
/// parents.
static size_t count_branches(bl_root_object *branch) {
    if (!branch || branch->is_taken)
        return 0;
    branch->is_taken = true;
    size_t n = 1 + count_branches(counter_of(branch));
    const bl_root_object *list = bl_root_object_object(branch, "fBranches");
    for (size_t i = 0; list && i < list->n_items; i++)
        n += count_branches(list->items[i]);
    return n;
}

static bl_status read_leaves(bl_ttree *tree, const bl_root_object *object, bl_ttree_branch *branch,
                             bl_error *err) {
    const bl_root_object *list = bl_root_object_object(object, "fLeaves");
    size_t n = list ? list->n_items : 0;
    tree->n_leaves += n;
    if (tree->n_leaves > tree->record.size / 4) // lists may be referred to more than once
        return bl_error_set(err, BL_E_CORRUPT, "branch '%s': more leaves than bytes", branch->path);
    bl_ttree_leaf *leaves = (bl_ttree_leaf *)bl_arena_array(&tree->arena, n, sizeof *leaves);
    if (n && !leaves)
        return bl_error_nomem(err, n * sizeof *leaves, "leaves");
    for (size_t i = 0; i < n; i++) {
        const bl_root_object *leaf = list->items[i];
        leaves[i].name = bl_root_object_text(leaf, "fName", "");
        leaves[i].title = bl_root_object_text(leaf, "fTitle", "");
        leaves[i].class_name = leaf ? leaf->class_name : "";
        leaves[i].n_values = bl_root_object_integer(leaf, "fLen", 1);
        leaves[i].is_unsigned = bl_root_object_integer(leaf, "fIsUnsigned", 0) != 0;
        const bl_root_object *counter = bl_root_object_object(leaf, "fLeafCount");
        leaves[i].count_name = counter ? bl_root_object_text(counter, "fName", NULL) : NULL;
    }
    branch->n_leaves = n;
    branch->leaves = leaves;
    return BL_OK;
}

static void read_element_branch(const bl_root_object *object, bl_ttree_branch *branch) {
    branch->is_element = true;
    branch->class_name = bl_root_object_text(object, "fClassName", "");
    branch->clones_name = bl_root_object_text(object, "fClonesName", "");
    branch->class_version = (int)bl_root_object_integer(object, "fClassVersion", -1);
    branch->checksum = (uint32_t)bl_root_object_integer(object, "fCheckSum", 0);
    branch->type = (int)bl_root_object_integer(object, "fType", 0);
    branch->id = (int)bl_root_object_integer(object, "fID", -1);
}

static void read_object_branch(const bl_root_object *object, bl_ttree_branch *branch) {
    branch->is_object = true;
    branch->class_name = bl_root_object_text(object, "fClassName", "");
    const bl_root_object *leaves = bl_root_object_object(object, "fLeaves");
    branch->names_class = bl_root_object_integer(item_of(leaves, 0), "fVirtual", 1) != 0;
}

/// A collection of pointers: its own entries say which of its branches, one a class, holds each.
static void read_pointers_branch(bl_ttree_branch *branch) {
    branch->is_object = true;
    branch->class_name = "TIndArray";
}

/// Which slots hold data: those before fWriteBasket, and the one being filled when it was written.
static void read_slots(const bl_root_object *object, bl_ttree_branch *branch) {
    branch->basket_bytes = bl_root_object_array(object, "fBasketBytes");
    branch->basket_rows = bl_root_object_array(object, "fBasketEntry");
    branch->basket_seeks = bl_root_object_array(object, "fBasketSeek");
    branch->embedded = bl_root_object_object(object, "fBaskets");
    int64_t n_written = bl_root_object_integer(object, "fWriteBasket", 0);
    size_t capacity = branch->basket_seeks.n;
    branch->n_written = n_written < 0 ? 0 : (size_t)n_written;
    if (branch->n_written > capacity)
        branch->n_written = capacity;
    branch->n_baskets = branch->n_written;
    if (branch->n_written < capacity && item_of(branch->embedded, branch->n_written))
        branch->n_baskets++;
    else if (branch->n_written < capacity &&
             bl_root_array_integer(&branch->basket_seeks, branch->n_written, 0) != 0)
        branch->n_baskets++;
}

static bl_status read_rows(bl_ttree *tree, const bl_root_object *object, bl_ttree_branch *branch,
                           bl_error *err) {
    int64_t n = bl_root_object_integer(object, "fEntries", 0);
    int64_t first = bl_root_object_integer(object, "fFirstEntry", 0);
    bool fits = n >= 0 && n <= MAX_ROWS && first >= 0 && first <= MAX_ROWS;
    branch->n_rows = fits ? n : 0;
    branch->first_row = fits ? first : 0;
    if (fits || branch->damage)
        return BL_OK;
    branch->damage = bl_arena_printf(&tree->arena, "it claims %lld entries from entry %lld on",
                                     (long long)n, (long long)first);
    return branch->damage ? BL_OK : bl_error_nomem(err, sizeof(char *), "a reason");
}

static bl_status read_branch(bl_ttree *tree, const bl_root_object *object, size_t parent,
                             bl_ttree_branch *branch, bl_error *err) {
    branch->name = bl_root_object_text(object, "fName", "");
    branch->title = bl_root_object_text(object, "fTitle", "");
    branch->damage = object->damage;
    branch->parent = parent;
    branch->path = parent == SIZE_MAX ? branch->name
                                      : bl_arena_printf(&tree->arena, "%s/%s",
                                                        tree->branches[parent].path, branch->name);
    if (!branch->path)
        return bl_error_nomem(err, sizeof(char *), "a branch's path");
    branch->branch_class = object->class_name;
    if (strcmp(object->class_name, "TBranchElement") == 0)
        read_element_branch(object, branch);
    else if (strcmp(object->class_name, "TBranchObject") == 0)
        read_object_branch(object, branch);
    else if (strcmp(object->class_name, "TBranchSTL") == 0)
        read_pointers_branch(branch);
    else
        branch->is_foreign = strcmp(object->class_name, "TBranch") != 0;
    BL_TRY(read_rows(tree, object, branch, err));
    branch->has_offsets = bl_root_object_integer(object, "fEntryOffsetLen", 0) != 0;
    const bl_root_object *features = bl_root_object_object(object, "fIOFeatures");
    branch->generates_offsets = bl_root_object_integer(features, "fIOBits", 0) != 0;
    branch->file_name = bl_root_object_text(object, "fFileName", "");
    branch->raw_bytes = (uint64_t)bl_root_object_integer(object, "fTotBytes", 0);
    branch->stored_bytes = (uint64_t)bl_root_object_integer(object, "fZipBytes", 0);
    branch->compression = (int)bl_root_object_integer(object, "fCompress", 0);
    read_slots(object, branch);
    return read_leaves(tree, object, branch, err);
}

/// Reads a branch that was taken, and those below it.
static bl_status read_branches(bl_ttree *tree, bl_root_object *object, size_t parent,
                               bl_error *err) {
    if (!object || !object->is_taken)
        return BL_OK;
    object->is_taken = false;
    size_t index = tree->n_branches++;
    BL_TRY(read_branch(tree, object, parent, &tree->branches[index], err));
    if (parent != SIZE_MAX)
        tree->branches[parent].n_kids++;
    BL_TRY(read_branches(tree, counter_of(object), index, err));
    const bl_root_object *list = bl_root_object_object(object, "fBranches");
    for (size_t i = 0; list && i < list->n_items; i++)
        BL_TRY(read_branches(tree, list->items[i], index, err));
    return BL_OK;
}

static bl_status read_tree(bl_ttree *tree, const bl_root_entry *entry, bl_error *err) {
    BL_TRY(bl_root_classes_of(tree->file, &tree->classes, err));
    const bl_root_key *key = &entry->key;
    BL_TRY(
        bl_root_record_read(tree->file, key->seek_key, (uint64_t)key->n_bytes, &tree->record, err));
    bl_root_object *object = NULL;
    BL_TRY(bl_root_object_read(tree->classes, &tree->arena, tree->record.payload, tree->record.size,
                               tree->record.key.key_len, key->class_name, &object, err));
    const bl_root_object *list = bl_root_object_object(object, "fBranches");
    if (!list)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "the file has no usable streamer info for version %d of %s",
                            object->version, key->class_name);
    tree->n_rows = bl_root_object_integer(object, "fEntries", 0);
    if (tree->n_rows < 0 || tree->n_rows > MAX_ROWS)
        return bl_error_set(err, BL_E_CORRUPT, "it claims %lld entries", (long long)tree->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < list->n_items; i++)
        n += count_branches(list->items[i]);
    tree->branches = (bl_ttree_branch *)bl_arena_array(&tree->arena, n, sizeof *tree->branches);
    if (n && !tree->branches)
        return bl_error_nomem(err, n * sizeof *tree->branches, "branches");
    for (size_t i = 0; i < list->n_items; i++)
        BL_TRY(read_branches(tree, list->items[i], SIZE_MAX, err));
    BL_TRY(bl_ttree_tail_read(tree, entry, err));
    BL_TRY(bl_ttree_clusters_read(tree, object, err));
    return bl_ttree_friends_read(tree, object, err);
}

bl_status bl_ttree_read(bl_root_file *file, const bl_root_entry *entry, bl_ttree *tree,
                        bl_error *err) {
    tree->file = bl_root_file_ref(file);
    bl_arena_init(&tree->arena, file->context);
    tree->path = entry->path;
    BL_TRY_IN(read_tree(tree, entry, err), err, "tree '%s'", entry->path);
    return BL_OK;
}

void bl_ttree_release(bl_ttree *tree) {
    bl_root_record_release(&tree->record);
    if (tree->file)
        bl_arena_release(&tree->arena);
    bl_root_file_release(tree->file);
    tree->file = NULL;
}

bl_status bl_ttree_friends_read(bl_ttree *tree, const bl_root_object *object, bl_error *err) {
    const bl_root_object *list = bl_root_object_object(object, "fFriends");
    size_t n = list ? list->n_items : 0;
    tree->friends = (bl_friend_info *)bl_arena_array(&tree->arena, n, sizeof *tree->friends);
    if (n && !tree->friends)
        return bl_error_nomem(err, n * sizeof *tree->friends, "friends");
    for (size_t i = 0; i < n; i++) {
        const bl_root_object *item = list->items[i];
        bl_friend_info *info = &tree->friends[i];
        info->alias = bl_root_object_text(item, "fName", "");
        info->tree = bl_root_object_text(item, "fTreeName", info->alias);
        info->url = bl_root_object_text(item, "fTitle", "");
    }
    tree->n_friends = n;
    return BL_OK;
}
