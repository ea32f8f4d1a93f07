// SPDX-License-Identifier: Apache-2.0
// A TTree behind the face that every table has: its columns, friends, clusters, and requests for
// rows.
#include "formats/ttree/reader.h"

#include <stdio.h>

static void close_reader(bl_reader *head) {
    bl_ttree_reader *reader = (bl_ttree_reader *)head;
    bl_context *context = head->context;
    bl_request_free(reader->ahead[0]);
    bl_request_free(reader->ahead[1]);
    for (size_t i = 0; reader->columns && i < head->n_columns; i++) {
        bl_entry_layout_release(context, &reader->columns[i].layout);
        bl_basket_release(&reader->columns[i].kept);
    }
    for (unsigned i = 0; reader->codecs && i < bl_context_n_threads(context); i++)
        bl_codecs_free(reader->codecs[i]);
    for (size_t i = 1; i < reader->n_sources; i++)
        bl_source_close(reader->sources[i].source);
    bl_free(context, reader->codecs);
    bl_layouts_release(&reader->layouts);
    bl_ttree_release(&reader->tree);
    bl_free(context, reader);
}

static bl_status prefetch(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    bl_ttree_reader *reader = (bl_ttree_reader *)head;
    if (reader->ahead[1]) { // the range about to be read, and the one behind it
        bl_request_free(reader->ahead[0]);
        reader->ahead[0] = BL_MOVE(reader->ahead[1]);
    }
    BL_TRY_IN(bl_request_start(reader, first, last, columns, n_columns, &reader->ahead[1], err),
              err, "tree '%s'", head->path);
    return BL_OK;
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    bl_ttree_reader *reader = (bl_ttree_reader *)head;
    BL_AUTO(bl_request) request = NULL;
    for (int i = 0; i < 2 && !request; i++)
        if (reader->ahead[i] &&
            bl_request_is_for(reader->ahead[i], first, last, columns, n_columns))
            request = BL_MOVE(reader->ahead[i]);
    bool again = true;
    while (again) { // more than once only where columns turn out to be odd, each one time
        if (!request)
            BL_TRY_IN(bl_request_start(reader, first, last, columns, n_columns, &request, err), err,
                      "tree '%s'", head->path);
        BL_TRY_IN(bl_request_finish(request, ret_batch, &again, err), err, "tree '%s'", head->path);
        bl_request_free(BL_MOVE(request));
    }
    return BL_OK;
}

/// Bytes of rows [first, last) on disk, by the slots that begin in them, and in memory, in
/// proportion. What is joined from pieces is there twice for a while.
uint64_t bl_ttree_column_bytes(const bl_ttree_column *column, int64_t n_rows) {
    const bl_ttree_branch *branch = column->branch;
    const uint64_t row_overhead = 4;
    bl_shape shape = bl_layout_shape(&column->layout);
    bool is_direct = shape != BL_SHAPE_OTHER && shape != BL_SHAPE_NESTED;
    double raw =
        branch->n_rows ? (double)branch->raw_bytes / (double)branch->n_rows * (double)n_rows : 0;
    const double most = 1e15; // what a damaged file claims must not overflow the sum
    raw = raw < most ? raw : most;
    return ((uint64_t)raw + (uint64_t)n_rows * row_overhead) * (is_direct ? 1 : 2);
}

static void estimate_column(const bl_ttree_column *column, int64_t first, int64_t last,
                            uint64_t *memory_bytes, uint64_t *stored_bytes) {
    const bl_ttree_branch *branch = column->branch;
    *memory_bytes += bl_ttree_column_bytes(column, last - first);
    for (size_t i = bl_ttree_slot_at(branch, first); i < branch->n_baskets; i++) {
        bl_ttree_slot slot;
        if (bl_ttree_slot_of(branch, i, &slot, NULL) != BL_OK || slot.first >= last)
            break;
        if (slot.first >= first)
            *stored_bytes += slot.n_bytes;
    }
}

static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory_bytes, uint64_t *ret_stored_bytes) {
    const bl_ttree_reader *reader = (const bl_ttree_reader *)head;
    *ret_memory_bytes = *ret_stored_bytes = 0;
    for (size_t i = 0; i < n_columns && last > first; i++)
        estimate_column(&reader->columns[columns[i]], first, last, ret_memory_bytes,
                        ret_stored_bytes);
}

static const bl_reader_ops ops = {
    .prefetch = prefetch, .read = read_rows, .estimate = estimate, .close = close_reader};

// ---- opening ----

static void fill_info(bl_ttree_reader *reader, size_t i, bl_column_info *info) {
    const bl_ttree_column *column = &reader->columns[i];
    const bl_ttree_branch *branch = column->branch;
    *info = (bl_column_info){
        .size = sizeof *info,
        .path = branch->path,
        .duplicate = column->repetition,
        .name = branch->name,
        .title = branch->title,
        .source_type = column->layout.source_type,
        .type = column->layout.type,
        .unreadable = column->layout.unreadable,
        .n_rows = branch->n_rows,
        .n_chunks = (int64_t)branch->n_baskets,
        .stored_bytes = branch->stored_bytes,
        .raw_bytes = branch->raw_bytes,
        .codec = column->codec,
        .counter =
            column->counter == SIZE_MAX ? NULL : reader->columns[column->counter].branch->path,
    };
}

/// Columns by names of their branches, the first of each.
typedef struct column_names {
    bl_name_map paths, names, leaves;
} column_names;

static void release_names(bl_context *context, column_names *names) {
    bl_name_map_release(context, &names->paths);
    bl_name_map_release(context, &names->names);
    bl_name_map_release(context, &names->leaves);
}

static bl_status add_names(bl_ttree_reader *reader, column_names *names, bl_error *err) {
    bl_context *context = reader->head.context;
    for (size_t i = 0; i < reader->head.n_columns; i++) {
        const bl_ttree_branch *branch = reader->columns[i].branch;
        BL_TRY(bl_name_map_add(context, &names->paths, branch->path, i, err));
        BL_TRY(bl_name_map_add(context, &names->names, branch->name, i, err));
        if (branch->n_leaves == 1)
            BL_TRY(bl_name_map_add(context, &names->leaves, branch->leaves[0].name, i, err));
    }
    return BL_OK;
}

/// The column beside another, under the same branch, that has that name.
static bl_status find_sibling(bl_ttree_reader *reader, const column_names *names,
                              const bl_ttree_branch *of, const char *wanted, size_t *ret_column,
                              bl_error *err) {
    *ret_column = SIZE_MAX;
    if (of->parent == SIZE_MAX)
        return BL_OK;
    const char *path = bl_arena_printf(&reader->tree.arena, "%s/%s",
                                       reader->tree.branches[of->parent].path, wanted);
    if (!path)
        return bl_error_nomem(err, strlen(wanted), "a path");
    size_t i = bl_name_map_find(&names->paths, path);
    for (; i < reader->head.n_columns; i++) { // the first has that path, but may be of a namesake
        const bl_ttree_branch *branch = reader->columns[i].branch;
        if (branch->parent == of->parent && strcmp(branch->name, wanted) == 0)
            break;
    }
    *ret_column = i < reader->head.n_columns ? i : SIZE_MAX;
    return BL_OK;
}

/// The column that counts another's items: a sibling of that name, else any branch of that name,
/// else a branch with a leaf of that name.
static bl_status find_counter(bl_ttree_reader *reader, const column_names *names, size_t of,
                              bl_error *err) {
    bl_ttree_column *column = &reader->columns[of];
    const char *wanted = column->layout.counter;
    column->counter = SIZE_MAX;
    if (!wanted)
        return BL_OK;
    size_t found;
    BL_TRY(find_sibling(reader, names, column->branch, wanted, &found, err));
    if (found != SIZE_MAX) {
        column->counter = found == of ? SIZE_MAX : found;
        return BL_OK;
    }
    found = bl_name_map_find(&names->names, wanted);
    if (found == SIZE_MAX)
        found = bl_name_map_find(&names->leaves, wanted);
    if (found != of && found != SIZE_MAX && !reader->columns[found].layout.unreadable)
        column->counter = found;
    return BL_OK;
}

static bl_status find_columns(bl_ttree_reader *reader, bl_error *err) {
    bl_ttree *tree = &reader->tree;
    size_t n = tree->n_branches;
    reader->columns =
        (bl_ttree_column *)bl_arena_array(&tree->arena, n + 1, sizeof *reader->columns);
    if (!reader->columns)
        return bl_error_nomem(err, n * sizeof *reader->columns, "columns");
    bl_layouts_init(&reader->layouts, reader->head.context, &tree->arena, tree->classes);
    for (size_t i = 0; i < n; i++) {
        if (!bl_ttree_is_column(&tree->branches[i]))
            continue;
        bl_ttree_column *column = &reader->columns[reader->head.n_columns++];
        column->branch = &tree->branches[i];
        BL_TRY_IN(bl_entry_layout_of(&reader->layouts, tree, i, &column->layout, err), err,
                  "branch '%s'", tree->branches[i].path);
    }
    return BL_OK;
}

/// Finds what columns are to each other: counters, and repetitions of a path.
static bl_status relate_columns(bl_ttree_reader *reader, const column_names *names, bl_error *err) {
    for (size_t i = 0; i < reader->head.n_columns; i++) {
        bl_ttree_column *column = &reader->columns[i];
        BL_TRY(find_counter(reader, names, i, err));
        size_t first = bl_name_map_find(&names->paths, column->branch->path);
        if (first != i)
            column->repetition = ++reader->columns[first].n_repetitions;
    }
    return BL_OK;
}

static bl_status name_columns(bl_ttree_reader *reader, bl_error *err) {
    column_names names = {0};
    bl_status status = add_names(reader, &names, err);
    if (status == BL_OK)
        status = relate_columns(reader, &names, err);
    release_names(reader->head.context, &names);
    return status;
}

static bl_status fill_infos(bl_ttree_reader *reader, bl_error *err) {
    size_t n = reader->head.n_columns;
    bl_column_info *infos =
        (bl_column_info *)bl_arena_array(&reader->tree.arena, n + 1, sizeof *infos);
    if (!infos)
        return bl_error_nomem(err, n * sizeof *infos, "columns");
    for (size_t i = 0; i < n; i++)
        fill_info(reader, i, &infos[i]);
    reader->head.columns = infos;
    return BL_OK;
}

/// A file that baskets lie in is looked for as it is named, then beside the tree's own file.
static bl_status open_beside(bl_ttree_reader *reader, const char *name, bl_source **ret_source,
                             bl_error *err) {
    bl_context *context = reader->head.context;
    bl_status status = bl_source_open(context, name, ret_source, err);
    const char *own = reader->tree.file->source->url;
    const char *slash = strrchr(own, '/');
    if (status != BL_E_NOTFOUND || name[0] == '/' || !slash)
        return status;
    char *beside = bl_arena_printf(&reader->tree.arena, "%.*s/%s", (int)(slash - own), own, name);
    if (!beside)
        return bl_error_nomem(err, strlen(own), "a file name");
    return bl_source_open(context, beside, ret_source, err);
}

static bl_status find_source(bl_ttree_reader *reader, bl_ttree_column *column, bl_error *err) {
    const char *name = column->branch->file_name;
    for (column->source = 0; column->source < reader->n_sources; column->source++)
        if (strcmp(reader->sources[column->source].name, name) == 0)
            return BL_OK;
    bl_source *source;
    bl_error why = {0};
    bl_status status = open_beside(reader, name, &source, &why);
    if (status == BL_E_NOMEM)
        return bl_error_set(err, status, "%s", why.message);
    if (status != BL_OK) { // only this branch is lost
        column->source = 0;
        bl_type_release(column->layout.type);
        column->layout.type = NULL;
        column->layout.unreadable = bl_arena_printf(
            &reader->tree.arena, "its baskets are in another file: %s", why.message);
        return column->layout.unreadable ? BL_OK : bl_error_nomem(err, 0, "a reason");
    }
    reader->sources[reader->n_sources++] = (bl_ttree_source){name, source};
    return BL_OK;
}

static bl_status find_sources(bl_ttree_reader *reader, bl_error *err) {
    size_t n = reader->head.n_columns;
    reader->sources =
        (bl_ttree_source *)bl_arena_array(&reader->tree.arena, n + 1, sizeof *reader->sources);
    if (!reader->sources)
        return bl_error_nomem(err, n * sizeof *reader->sources, "the list of files");
    reader->sources[reader->n_sources++] = (bl_ttree_source){"", reader->tree.file->source};
    for (size_t i = 0; i < n; i++)
        BL_TRY(find_source(reader, &reader->columns[i], err));
    return BL_OK;
}

static bl_status make_codecs(bl_ttree_reader *reader, bl_error *err) {
    unsigned n = bl_context_n_threads(reader->head.context);
    reader->codecs = (bl_codecs **)bl_alloc_zero(reader->head.context, n, sizeof(bl_codecs *));
    if (!reader->codecs)
        return bl_error_nomem(err, n * sizeof(bl_codecs *), "codecs");
    for (unsigned i = 0; i < n; i++)
        BL_TRY(bl_codecs_new(reader->head.context, &reader->codecs[i], err));
    return BL_OK;
}

BL_DEFINE_AUTO(bl_reader, close_reader);

bl_status bl_ttree_open(bl_root_file *file, const bl_root_entry *entry, bl_reader **ret_reader,
                        bl_error *err) {
    bl_ttree_reader *made = (bl_ttree_reader *)bl_alloc_zero(file->context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a tree");
    made->head.ops = &ops;
    made->head.context = file->context;
    BL_AUTO(bl_reader) reader = &made->head;
    BL_TRY(bl_ttree_read(file, entry, &made->tree, err));
    reader->path = entry->path;
    reader->n_rows = made->tree.n_rows;
    reader->n_clusters = made->tree.n_clusters;
    reader->cluster_ends = made->tree.cluster_ends;
    reader->n_friends = made->tree.n_friends;
    reader->friends = made->tree.friends;
    BL_TRY_IN(find_columns(made, err), err, "tree '%s'", entry->path);
    BL_TRY(name_columns(made, err));
    BL_TRY_IN(find_sources(made, err), err, "tree '%s'", entry->path);
    BL_TRY_IN(bl_ttree_name_codecs(made, err), err, "tree '%s'", entry->path);
    BL_TRY(fill_infos(made, err));
    BL_TRY(make_codecs(made, err));
    *ret_reader = BL_MOVE(reader);
    return BL_OK;
}
