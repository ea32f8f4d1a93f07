// SPDX-License-Identifier: Apache-2.0
// What a finished tree says of itself: TTree, its branches and leaves. Members that are not named
// here are zero.
// \source ROOT, the members of TTree, TBranch, TBranchElement and TLeaf as a new tree has them
#include "formats/root/known_classes.h"
#include "formats/root/number_class.h"
#include "formats/ttree/tree.h"
#include "formats/ttree/writer.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INTEGER BL_ROOT_SET_INTEGER
#define REAL BL_ROOT_SET_REAL
#define TEXT BL_ROOT_SET_TEXT
#define NUMBERS BL_ROOT_SET_NUMBERS
#define OBJECT BL_ROOT_SET_OBJECT

enum {
    BITS = 15,                  ///< the type of TObject::fBits
    SPLIT = 99,                 ///< as far as there are members
    NO_BUFFER_MAP = 0x00400000, ///< TBranch::kDoNotUseBufferMap: baskets hold no objects
    COLLECTION_VERSION = 6,     ///< of the class of an STL collection
    STRING_VERSION = 2,
    MIN_SLOTS = 10, ///< of baskets, as ROOT begins
};
#define STRING_CHECKSUM 0x6e6f1604u
#define MANY_ENTRIES INT64_C(1000000000000)

/// What the objects of one tree are made from.
typedef struct forge {
    bl_ttree_writer *writer;
    bl_arena arena;
    bl_root_draft **leaves;         ///< [n_branches]
    bl_root_draft *array, *members; ///< the last TClonesArray and the list of its branches
} forge;

// ---- classes ----

/// What a TBranchElement says of its class and place in it; a plain branch has no place for it.
typedef struct element {
    uint32_t checksum;
    int version, id, type, streamer_type;
} element;

static element element_of(const bl_write_branch *branch) {
    const bl_root_class *of = branch->of_class;
    if (of)
        return (element){of->checksum, of->version, branch->element, BL_BRANCH_CLONES_MEMBER,
                         of->elements[branch->element].type};
    if (branch->clones) {
        of = bl_root_known_class(branch->class_name);
        return (element){of->checksum, of->version, 0, BL_BRANCH_CLONES, -1};
    }
    if (branch->shape.kind == BL_WRITE_STRING)
        return (element){STRING_CHECKSUM, STRING_VERSION, -1, BL_BRANCH_OBJECT, -1};
    const char *name = branch->class_name ? branch->class_name : "";
    return (element){bl_root_checksum_add(0, name), COLLECTION_VERSION, -1, BL_BRANCH_MEMBER, -1};
}

// ---- leaves ----

/// "x[n][3][4]"; of a TClonesArray "x_", of its members "member[x_]".
static const char *leaf_title(forge *f, const bl_write_branch *branch) {
    if (branch->clones)
        return bl_arena_printf(&f->arena, "%s_", branch->name);
    if (branch->of_class)
        return bl_arena_printf(&f->arena, "%s[%s_]",
                               branch->of_class->elements[branch->element].name,
                               branch->counter_name);
    const char *title = branch->counter_name ? bl_arena_printf(&f->arena, "%s[%s]", branch->name,
                                                               branch->counter_name)
                                             : branch->name;
    for (size_t i = 0; i < branch->shape.n_dims && title; i++)
        title = bl_arena_printf(&f->arena, "%s[%lld]", title, (long long)branch->shape.dims[i]);
    return title;
}

static bl_root_draft *new_leaf(forge *f, size_t i);

static bl_root_draft *leaf_of(forge *f, size_t i) {
    if (!f->leaves[i])
        f->leaves[i] = new_leaf(f, i);
    return f->leaves[i];
}

static bl_root_draft *new_leaf(forge *f, size_t i) {
    const bl_write_branch *branch = &f->writer->plan.branches[i];
    const bl_write_spelling *spelling = bl_write_spelling_of(branch->shape.item);
    const char *title = leaf_title(f, branch);
    bl_root_draft *counter = branch->counter == SIZE_MAX ? NULL : leaf_of(f, branch->counter);
    if (!title || (branch->counter != SIZE_MAX && !counter))
        return NULL;
    element in_class = element_of(branch);
    bool is_string = branch->shape.kind == BL_WRITE_STRING;
    bool is_number = !branch->class_name || (branch->of_class && in_class.streamer_type != BITS);
    int64_t most = branch->most + (is_string ? 1 : 0); // with the NUL behind it
    const bl_root_setting members[] = {
        TEXT("fName", branch->clones ? title : branch->name),
        TEXT("fTitle", title),
        INTEGER("fLen", branch->class_name ? 1
                        : is_string        ? most
                                           : branch->shape.n_fixed),
        INTEGER("fLenType", is_number ? spelling->width : 0),
        INTEGER("fIsRange", branch->is_counter && !branch->clones),
        INTEGER("fIsUnsigned", is_number && spelling->is_unsigned),
        OBJECT("fLeafCount", counter),
        INTEGER("fMaximum", most),
        INTEGER("fID", in_class.id),
        INTEGER("fType", in_class.streamer_type),
    };
    return bl_root_draft_new(&f->arena, branch->class_name ? "TLeafElement" : spelling->leaf_class,
                             members, COUNT(members));
}

// ---- branches ----

/// The tables of baskets, with one more row number behind the last.
typedef struct slots {
    size_t n;
    uint8_t *bytes, *rows, *seeks;
} slots;

static bool fill_slots(forge *f, const bl_write_column *column, slots *s) {
    s->n = column->n_baskets + 1 > MIN_SLOTS ? column->n_baskets + 1 : MIN_SLOTS;
    s->bytes = (uint8_t *)bl_arena_array(&f->arena, s->n, 4);
    s->rows = (uint8_t *)bl_arena_array(&f->arena, s->n, 8);
    s->seeks = (uint8_t *)bl_arena_array(&f->arena, s->n, 8);
    if (!s->bytes || !s->rows || !s->seeks)
        return false;
    for (size_t i = 0; i < column->n_baskets; i++) {
        bl_store_be32(s->bytes + 4 * i, (uint32_t)column->baskets[i].n_bytes);
        bl_store_be64(s->rows + 8 * i, (uint64_t)column->baskets[i].first_row);
        bl_store_be64(s->seeks + 8 * i, column->baskets[i].seek);
    }
    bl_store_be64(s->rows + 8 * column->n_baskets, (uint64_t)f->writer->n_rows);
    return true;
}

/// "x[n]/F"; of an object that of its leaf.
static const char *branch_title(forge *f, const bl_write_branch *branch) {
    if (branch->title)
        return branch->title;
    const char *leaf = leaf_title(f, branch);
    if (!leaf || branch->class_name)
        return leaf;
    return bl_arena_printf(&f->arena, "%s/%c", leaf,
                           bl_write_spelling_of(branch->shape.item)->letter);
}

static bl_root_draft *list_of(forge *f, bl_root_draft *item) {
    bl_root_draft *list = bl_root_draft_new_list(&f->arena, "TObjArray", 1);
    if (!list || !item)
        return NULL;
    list->items[list->n_items++] = item;
    return list;
}

/// A TClonesArray's own branch comes before those of its members, which it lists.
static bool begin_array(forge *f, const bl_write_branch *branch) {
    size_t n = bl_root_known_class("TObject")->n_elements + branch->clones->n_elements;
    f->members = bl_root_draft_new_list(&f->arena, "TObjArray", n);
    return f->members != NULL;
}

static bl_root_draft *new_branch(forge *f, size_t i) {
    const bl_ttree_writer *writer = f->writer;
    const bl_write_branch *branch = &writer->plan.branches[i];
    const bl_write_column *column = &writer->columns[i];
    const bl_root_class *clones = branch->clones;
    const bl_root_class *owner =
        branch->of_class ? writer->plan.branches[branch->counter].clones : NULL;
    element in_class = element_of(branch);
    slots s;
    const char *title = branch_title(f, branch);
    bl_root_draft *leaves = list_of(f, leaf_of(f, i));
    if (!title || !leaves || !fill_slots(f, column, &s) || (clones && !begin_array(f, branch)))
        return NULL;
    const bl_root_setting members[] = {
        INTEGER("fBits", NO_BUFFER_MAP),
        TEXT("fName", branch->name),
        TEXT("fTitle", title),
        INTEGER("fFillStyle", 1001),
        INTEGER("fCompress", bl_compression_setting(writer->file->how)),
        INTEGER("fBasketSize", (int64_t)writer->chunk_bytes),
        INTEGER("fEntryOffsetLen", bl_write_is_fixed(&branch->shape) ? 0 : 1000),
        INTEGER("fWriteBasket", (int64_t)column->n_baskets),
        INTEGER("fEntryNumber", writer->n_rows),
        INTEGER("fMaxBaskets", (int64_t)s.n),
        INTEGER("fSplitLevel", clones ? SPLIT : 0),
        INTEGER("fEntries", writer->n_rows),
        INTEGER("fTotBytes", (int64_t)column->raw_bytes),
        INTEGER("fZipBytes", (int64_t)column->stored_bytes),
        OBJECT("fBranches", clones ? f->members : NULL),
        OBJECT("fLeaves", leaves),
        NUMBERS("fBasketBytes", s.bytes, s.n),
        NUMBERS("fBasketEntry", s.rows, s.n),
        NUMBERS("fBasketSeek", s.seeks, s.n),
        TEXT("fClassName", branch->class_name ? branch->class_name : ""),
        TEXT("fParentName", owner ? owner->name : ""),
        TEXT("fClonesName", clones ? clones->name : ""),
        INTEGER("fCheckSum", in_class.checksum),
        INTEGER("fClassVersion", in_class.version),
        INTEGER("fID", in_class.id),
        INTEGER("fType", in_class.type),
        INTEGER("fStreamerType", in_class.streamer_type),
        INTEGER("fMaximum", clones ? branch->most : 0),
        OBJECT("fBranchCount", owner ? f->array : NULL),
    };
    return bl_root_draft_new(&f->arena, branch->class_name ? "TBranchElement" : "TBranch", members,
                             COUNT(members));
}

static bool fill_branches(forge *f, bl_root_draft *branches, bl_root_draft *leaves) {
    for (size_t i = 0; i < f->writer->plan.n_branches; i++) {
        const bl_write_branch *branch = &f->writer->plan.branches[i];
        bl_root_draft *made = new_branch(f, i), *list = branch->of_class ? f->members : branches;
        if (!made)
            return false;
        if (branch->clones)
            f->array = made;
        list->items[list->n_items++] = made;
        leaves->items[leaves->n_items++] = f->leaves[i];
    }
    return true;
}

// ---- the tree ----

/// The clusters but for the last entry, whose size is the tree's fAutoFlush.
typedef struct ranges {
    size_t n;
    uint8_t *ends, *sizes;
    int64_t auto_flush;
} ranges;

static bool fill_ranges(forge *f, ranges *r) {
    const bl_ttree_writer *writer = f->writer;
    r->n = writer->n_clusters ? writer->n_clusters - 1 : 0;
    r->ends = (uint8_t *)bl_arena_array(&f->arena, r->n + 1, 8);
    r->sizes = (uint8_t *)bl_arena_array(&f->arena, r->n + 1, 8);
    if (!r->ends || !r->sizes)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        bl_store_be64(r->ends + 8 * i, (uint64_t)writer->clusters[i].end - 1);
        bl_store_be64(r->sizes + 8 * i, (uint64_t)writer->clusters[i].rows);
    }
    r->auto_flush =
        writer->n_clusters ? writer->clusters[r->n].rows : -(int64_t)writer->cluster_bytes;
    return true;
}

static bl_root_draft *new_tree(forge *f) {
    const bl_ttree_writer *writer = f->writer;
    size_t n = writer->plan.n_branches;
    uint64_t raw = 0, stored = 0;
    for (size_t i = 0; i < n; i++) {
        raw += writer->columns[i].raw_bytes;
        stored += writer->columns[i].stored_bytes;
    }
    ranges r;
    bl_root_draft *branches = bl_root_draft_new_list(&f->arena, "TObjArray", n);
    bl_root_draft *leaves = bl_root_draft_new_list(&f->arena, "TObjArray", n);
    f->leaves = (bl_root_draft **)bl_arena_array(&f->arena, n + 1, sizeof *f->leaves);
    if (!branches || !leaves || !f->leaves || !fill_ranges(f, &r) ||
        !fill_branches(f, branches, leaves))
        return NULL;
    bl_root_draft *friends =
        writer->n_friends ? bl_write_friend_list(&f->arena, writer->friends, writer->n_friends)
                          : NULL;
    if (writer->n_friends && !friends)
        return NULL;
    const bl_root_setting members[] = {
        TEXT("fName", writer->name),
        TEXT("fTitle", writer->title),
        INTEGER("fLineColor", 602),
        INTEGER("fLineStyle", 1),
        INTEGER("fLineWidth", 1),
        INTEGER("fFillStyle", 1001),
        INTEGER("fMarkerColor", 1),
        INTEGER("fMarkerStyle", 1),
        REAL("fMarkerSize", 1),
        INTEGER("fEntries", writer->n_rows),
        INTEGER("fTotBytes", (int64_t)raw),
        INTEGER("fZipBytes", (int64_t)stored),
        INTEGER("fFlushedBytes", (int64_t)stored),
        REAL("fWeight", 1),
        INTEGER("fScanField", 25),
        INTEGER("fDefaultEntryOffsetLen", 1000),
        INTEGER("fNClusterRange", (int64_t)r.n),
        INTEGER("fMaxEntries", MANY_ENTRIES),
        INTEGER("fMaxEntryLoop", MANY_ENTRIES),
        INTEGER("fAutoSave", -300000000),
        INTEGER("fAutoFlush", r.auto_flush),
        INTEGER("fEstimate", 1000000),
        NUMBERS("fClusterRangeEnd", r.ends, r.n),
        NUMBERS("fClusterSize", r.sizes, r.n),
        OBJECT("fBranches", branches),
        OBJECT("fLeaves", leaves),
        OBJECT("fFriends", friends),
    };
    return bl_root_draft_new(&f->arena, "TTree", members, COUNT(members));
}

bl_status bl_write_tree_object(bl_ttree_writer *writer, bl_error *err) {
    forge f = {.writer = writer};
    bl_root_key key;
    BL_TRY(bl_root_writer_key(writer->file, writer->folder, "TTree", writer->name, writer->title,
                              &key, err));
    bl_arena_init(&f.arena, writer->context);
    bl_root_scribe scribe = {.packer = {.context = writer->context}, .key_len = key.key_len};
    const bl_root_draft *tree = new_tree(&f);
    bl_status status = tree ? BL_OK : bl_error_nomem(err, sizeof *tree, "a tree");
    if (status == BL_OK) {
        bl_root_scribe_object(&scribe, tree);
        status = bl_packer_check(&scribe.packer, "a tree", err);
    }
    if (status == BL_OK)
        status =
            bl_root_writer_record(writer->file, writer->folder, &key, scribe.packer.buffer, err);
    bl_root_writer_note_classes(writer->file, &scribe);
    bl_packer_release(&scribe.packer);
    bl_arena_release(&f.arena);
    return status;
}
