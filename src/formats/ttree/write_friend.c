// SPDX-License-Identifier: Apache-2.0
// Declaring a new tree as friend of one that is in the file already. The old tree's record is
// written again, as its next cycle, with one more friend in it: its list of friends is the last
// thing in the record but for two null pointers, so that no reference is moved. Where that does not
// hold (user information, references, a class derived from TTree) it is refused.
// \source ROOT, TFriendElement; the order of TTree's members
#include "formats/root/object.h"
#include "formats/ttree/tree.h"
#include "formats/ttree/writer.h"

enum { POINTER_BYTES = 4, POINTERS_BEHIND = 2 };

bl_root_draft *bl_write_friend_list(bl_arena *arena, const bl_ttree_writer *const *friends,
                                    size_t n) {
    bl_root_draft *list = bl_root_draft_new_list(arena, "TList", n);
    for (size_t i = 0; list && i < n; i++) {
        const bl_root_setting settings[] = {
            BL_ROOT_SET_TEXT("fName", friends[i]->name),
            BL_ROOT_SET_TEXT("fTreeName", friends[i]->head.path),
        };
        list->items[i] = bl_root_draft_new(arena, "TFriendElement", settings, 2);
        if (!list->items[list->n_items++])
            return NULL;
    }
    return list;
}

/// The last members of the tree's class are those that we know.
static bool ends_as_known(const bl_root_classes *classes, int version) {
    static const char *const last[] = {"fFriends", "fUserInfo", "fBranchRef"};
    const bl_root_class *of = bl_root_class_find(classes, "TTree", version, 0);
    if (!of || of->n_elements < 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (strcmp(of->elements[of->n_elements - 3 + i].name, last[i]) != 0)
            return false;
    return true;
}

static bl_status refuse(const char *path, const char *why, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED, "tree '%s' cannot be given a friend: %s", path, why);
}

/// A tree that is given friends.
typedef struct host {
    bl_root_writer *file;
    const char *path;
    size_t folder;
    bl_root_record old;
    const bl_ttree_writer *const *friends; ///< [n_friends]
    size_t n_friends;
} host;

static bl_status check_rows(const host *h, int64_t n_rows, bl_error *err) {
    for (size_t i = 0; i < h->n_friends; i++)
        if (h->friends[i]->n_rows != n_rows)
            return bl_error_set(
                err, BL_E_SHAPE, "tree '%s' has %lld rows, its new friend '%s' %lld", h->path,
                (long long)n_rows, h->friends[i]->head.path, (long long)h->friends[i]->n_rows);
    return BL_OK;
}

/// Checks what the splice relies on. \param ret_list the list of friends, or NULL
static bl_status examine(const host *h, const bl_root_object **ret_list, bl_error *err) {
    const bl_root_classes *classes = NULL;
    bl_root_object *tree = NULL;
    BL_TRY(bl_root_classes_of(h->file->base, &classes, err));
    if (strcmp(h->old.key.class_name, "TTree") != 0)
        return refuse(h->path, "it is of a derived class", err);
    BL_TRY(bl_root_object_read(classes, &h->file->arena, h->old.payload, h->old.size,
                               h->old.key.key_len, "TTree", &tree, err));
    if (!ends_as_known(classes, tree->version))
        return refuse(h->path, "its class is another version than those that are known", err);
    if (bl_root_object_object(tree, "fUserInfo") || bl_root_object_object(tree, "fBranchRef"))
        return refuse(h->path, "it holds user information or references", err);
    BL_TRY(check_rows(h, bl_root_object_integer(tree, "fEntries", -1), err));
    *ret_list = bl_root_object_object(tree, "fFriends");
    return BL_OK;
}

static void add_to_count(uint8_t *at, size_t n) {
    bl_store_be32(at, bl_load_be32(at) + (uint32_t)n);
}

/// Packs the old payload with one more friend. \param list what it has already, or NULL
static bl_status splice(bl_root_scribe *scribe, const bl_root_record *old,
                        const bl_root_object *list, bl_root_draft *more, bl_error *err) {
    size_t behind = POINTERS_BEHIND * POINTER_BYTES;
    size_t kept = old->size - behind - (list ? 0 : POINTER_BYTES);
    bl_pack_bytes(&scribe->packer, old->payload, kept);
    if (!list) {
        bl_root_scribe_pointer(scribe, more);
    } else {
        size_t body = (size_t)(list->raw - old->payload);
        BL_TRY(bl_root_scribe_append(scribe, body, more, err));
        // in front of its body: a byte count and the tag of its class, which a new class follows
        bool is_new = body >= 14 && bl_load_be32(old->payload + body - 10) == UINT32_MAX;
        size_t count = body - (is_new ? 14 : 8);
        add_to_count(scribe->packer.buffer->data + count, bl_packer_size(&scribe->packer) - kept);
    }
    BL_TRY(bl_packer_check(&scribe->packer, "a tree", err));
    size_t added = bl_packer_size(&scribe->packer) + behind - old->size;
    bl_pack_bytes(&scribe->packer, old->payload + old->size - behind, behind);
    BL_TRY(bl_packer_check(&scribe->packer, "a tree", err));
    add_to_count(scribe->packer.buffer->data, added);
    return BL_OK;
}

static bl_status rewrite(const host *h, bl_error *err) {
    const bl_root_object *list = NULL;
    bl_root_key key;
    BL_TRY(examine(h, &list, err));
    BL_TRY(bl_root_writer_key_like(h->file, h->folder, &h->old.key, &key, err));
    bl_root_draft *more = bl_write_friend_list(&h->file->arena, h->friends, h->n_friends);
    if (!more)
        return bl_error_nomem(err, sizeof *more, "friends");
    bl_root_scribe scribe = {.packer = {.context = h->file->context}, .key_len = key.key_len};
    bl_status status = splice(&scribe, &h->old, list, more, err);
    if (status == BL_OK)
        status = bl_root_writer_record(h->file, h->folder, &key, scribe.packer.buffer, err);
    bl_root_writer_note_classes(h->file, &scribe);
    bl_packer_release(&scribe.packer);
    return status;
}

bl_status bl_write_friend_check(bl_root_writer *file, const char *path, size_t *ret_folder,
                                const bl_root_key **ret_key, bl_error *err) {
    const char *slash = strrchr(path, '/');
    size_t folder = bl_root_folder_find(file, path, slash ? (size_t)(slash - path) : 0);
    const bl_root_key *key =
        folder != SIZE_MAX ? bl_root_writer_find(file, folder, slash ? slash + 1 : path) : NULL;
    if (!key || !bl_ttree_is_tree(key->class_name))
        return bl_error_set(err, BL_E_NOTFOUND, "no tree '%s' to be a friend of", path);
    *ret_folder = folder;
    *ret_key = key;
    return BL_OK;
}

bl_status bl_write_friends_declare(bl_root_writer *file, const char *path,
                                   const bl_ttree_writer *const *friends, size_t n, bl_error *err) {
    host h = {.file = file, .path = path, .friends = friends, .n_friends = n};
    const bl_root_key *key;
    BL_TRY(bl_write_friend_check(file, path, &h.folder, &key, err));
    BL_TRY(bl_root_record_read(file->base, key->seek_key, (uint64_t)key->n_bytes, &h.old, err));
    bl_status status = rewrite(&h, err);
    bl_root_record_release(&h.old);
    return status;
}
