// SPDX-License-Identifier: Apache-2.0
// The tree writer: batches are cut at the ends of clusters. A branch is a task while rows are
// encoded, a basket is a task while a cluster is compressed, and what they made is written in the
// order of branches; so the bytes do not depend on the threads, nor on how rows came in batches.
#include "formats/ttree/writer.h"

#include "base/context.h"

#define DEFAULT_CLUSTER (UINT64_C(32) << 20)
#define CLUSTER_SHARE 16 // of the memory budget
#define DEFAULT_CHUNK (UINT64_C(256) << 10)
#define MAX_CHUNK (UINT64_C(1) << 30)

// ---- counters ----

/// Checks the lists of a branch against its counter.
static bl_status check_counter(const bl_ttree_writer *writer, size_t i, int64_t n_rows,
                               bl_error *err) {
    const bl_write_branch *branch = &writer->plan.branches[i];
    const bl_write_branch *counter = &writer->plan.branches[branch->counter];
    const bl_write_view *view = &writer->columns[i].view;
    const bl_write_view *counted = &writer->columns[branch->counter].view;
    int64_t row = bl_write_first_difference(&branch->shape, view, &counter->shape, counted, n_rows);
    if (row == n_rows)
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE,
                        "row %lld: '%s' has %lld items, but its counter '%s' says %lld",
                        (long long)(writer->n_rows + row), branch->name,
                        (long long)bl_write_count(&branch->shape, view, row), counter->name,
                        (long long)bl_write_count(&counter->shape, counted, row));
}

static bl_status examine_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    (void)worker;
    bl_ttree_writer *writer = (bl_ttree_writer *)argument;
    bl_write_branch *branch = &writer->plan.branches[i];
    int64_t n_rows = writer->part_last;
    if (branch->is_counter || branch->shape.kind == BL_WRITE_STRING) {
        int64_t most = bl_write_most(&branch->shape, &writer->columns[i].view, n_rows);
        branch->most = most > branch->most ? most : branch->most;
    }
    return branch->counter == SIZE_MAX ? BL_OK : check_counter(writer, i, n_rows, err);
}

// ---- clusters ----

static uint64_t rows_bound(const bl_ttree_writer *writer, int64_t first, int64_t last) {
    uint64_t sum = 0;
    for (size_t i = 0; i < writer->plan.n_branches; i++)
        sum +=
            bl_write_bound(&writer->plan.branches[i].shape, &writer->columns[i].view, first, last);
    return sum;
}

/// How far rows of the batch from `first` on belong to the present cluster.
static int64_t cluster_end(const bl_ttree_writer *writer, int64_t first, int64_t last) {
    int64_t there = writer->batch_base + first - writer->cluster_first;
    if (writer->cluster_rows) {
        int64_t left = writer->cluster_rows - there;
        return last - first > left ? first + left : last;
    }
    uint64_t left = writer->cluster_bytes > writer->cluster_bound
                        ? writer->cluster_bytes - writer->cluster_bound
                        : 0;
    if (rows_bound(writer, first, last) <= left)
        return last;
    int64_t fits = first; // and last does not
    while (last - fits > 1) {
        int64_t middle = fits + (last - fits) / 2;
        if (rows_bound(writer, first, middle) <= left)
            fits = middle;
        else
            last = middle;
    }
    return fits > first || there ? fits : first + 1;
}

typedef struct pack_job {
    bl_ttree_writer *writer;
    size_t n;
    struct {
        size_t branch;
        bl_write_basket *basket;
    } * items;
} pack_job;

static bl_status pack_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    pack_job *job = (pack_job *)argument;
    bl_ttree_writer *writer = job->writer;
    if (!writer->codecs[worker])
        BL_TRY(bl_codecs_new(writer->context, &writer->codecs[worker], err));
    size_t branch = job->items[i].branch;
    BL_TRY_IN(
        bl_write_basket_pack(writer, branch, job->items[i].basket, writer->codecs[worker], err),
        err, "branch '%s'", writer->plan.branches[branch].name);
    return BL_OK;
}

static bl_status pack_all(bl_ttree_writer *writer, bl_error *err) {
    pack_job job = {.writer = writer};
    size_t n = 0;
    for (size_t i = 0; i < writer->plan.n_branches; i++)
        n += writer->columns[i].n_open;
    job.items = bl_alloc_zero(writer->context, n + 1, sizeof *job.items);
    if (!job.items)
        return bl_error_nomem(err, n * sizeof *job.items, "a list of baskets");
    for (size_t i = 0; i < writer->plan.n_branches; i++)
        for (size_t k = 0; k < writer->columns[i].n_open; k++, job.n++) {
            job.items[job.n].branch = i;
            job.items[job.n].basket = &writer->columns[i].open[k];
        }
    bl_status status = bl_run_tasks(writer->context, pack_task, &job, n, err);
    bl_free(writer->context, job.items);
    return status;
}

/// Notes that a cluster ended at row `end`. Clusters of one size are kept as one entry, whose last
/// may be smaller.
static bl_status note_cluster(bl_ttree_writer *writer, int64_t end, bl_error *err) {
    int64_t rows = end - writer->cluster_first;
    bl_write_clusters *last = writer->n_clusters ? &writer->clusters[writer->n_clusters - 1] : NULL;
    int64_t start = writer->n_clusters > 1 ? writer->clusters[writer->n_clusters - 2].end : 0;
    if (last && rows <= last->rows && (last->end - start) % last->rows == 0) {
        last->end = end;
        return BL_OK;
    }
    BL_TRY(bl_array_grow(writer->context, &writer->clusters, &writer->clusters_capacity,
                         writer->n_clusters, sizeof *writer->clusters, "clusters", err));
    writer->clusters[writer->n_clusters++] = (bl_write_clusters){end, rows};
    return BL_OK;
}

bl_status bl_write_cluster_end(bl_ttree_writer *writer, bl_error *err) {
    if (writer->n_rows == writer->cluster_first)
        return BL_OK;
    BL_TRY(pack_all(writer, err));
    for (size_t i = 0; i < writer->plan.n_branches; i++) {
        bl_write_column *column = &writer->columns[i];
        for (size_t k = 0; k < column->n_open; k++)
            BL_TRY_IN(bl_write_basket_store(writer, i, &column->open[k], err), err, "branch '%s'",
                      writer->plan.branches[i].name);
        column->n_open = 0;
    }
    BL_TRY(note_cluster(writer, writer->n_rows, err));
    writer->cluster_first = writer->n_rows;
    writer->cluster_bound = 0;
    return BL_OK;
}

// ---- batches ----

static bl_status append_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    (void)worker;
    bl_ttree_writer *writer = (bl_ttree_writer *)argument;
    BL_TRY_IN(bl_write_column_append(writer, i, err), err, "branch '%s'",
              writer->plan.branches[i].name);
    return BL_OK;
}

static bl_status write_part(bl_ttree_writer *writer, bl_error *err) {
    BL_TRY(bl_run_tasks(writer->context, append_task, writer, writer->plan.n_branches, err));
    writer->n_rows += writer->part_last - writer->part_first;
    writer->cluster_bound += rows_bound(writer, writer->part_first, writer->part_last);
    return BL_OK;
}

static bl_status write_rows(bl_ttree_writer *writer, int64_t n_rows, bl_error *err) {
    writer->part_last = n_rows;
    BL_TRY(bl_run_tasks(writer->context, examine_task, writer, writer->plan.n_branches, err));
    for (int64_t row = 0; row < n_rows; row = writer->part_last) {
        writer->part_first = row;
        writer->part_last = cluster_end(writer, row, n_rows);
        BL_TRY(write_part(writer, err));
        bool is_full = writer->part_last < n_rows ||
                       writer->n_rows - writer->cluster_first == writer->cluster_rows;
        if (is_full)
            BL_TRY(bl_write_cluster_end(writer, err));
    }
    return BL_OK;
}

static bl_status write_batch(bl_writer *head, const bl_batch *batch, bl_error *err) {
    bl_ttree_writer *writer = (bl_ttree_writer *)head;
    for (size_t i = 0; i < writer->plan.n_branches; i++) {
        const bl_write_shape *shape = &writer->plan.branches[i].shape;
        bl_write_view_find(shape, &batch->columns[shape->column], &writer->columns[i].view);
    }
    writer->batch_base = writer->n_rows;
    bl_status status = write_rows(writer, batch->n_rows, err);
    return status == BL_OK || status == BL_E_CANCELLED
               ? status
               : bl_error_in(err, status, "tree '%s'", head->path);
}

static bl_status finish(bl_writer *head, bl_error *err) {
    return bl_ttree_writer_finish((bl_ttree_writer *)head, err);
}

static const bl_writer_ops ops = {.write = write_batch, .finish = finish};

// ---- beginning and end ----

static bl_status start_columns(bl_ttree_writer *writer, bl_error *err) {
    size_t n = writer->plan.n_branches;
    writer->columns =
        (bl_write_column *)bl_alloc_zero(writer->context, n + 1, sizeof *writer->columns);
    if (!writer->columns)
        return bl_error_nomem(err, n * sizeof *writer->columns, "branches");
    for (size_t i = 0; i < n; i++) {
        bl_root_key *key = &writer->columns[i].key;
        BL_TRY(bl_root_writer_key(writer->file, 0, "TBasket", writer->plan.branches[i].name,
                                  writer->name, key, err));
        // baskets are wide in all files, and belong to the file's own directory
        key->version = 4 + BL_ROOT_WIDE_VERSION;
        key->cycle = 1;
        writer->columns[i].head = bl_root_key_length(key) + BL_BASKET_BYTES;
        key->key_len = (uint16_t)writer->columns[i].head;
    }
    return BL_OK;
}

/// Copies what a writer's head shows.
static bl_status start_head(bl_ttree_writer *writer, const bl_column_spec *columns, size_t n,
                            const char *path, bl_error *err) {
    const char **names = (const char **)bl_arena_array(&writer->arena, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(&writer->arena, n + 1, sizeof *types);
    writer->head.path = bl_arena_text(&writer->arena, path, strlen(path));
    if (!names || !types || !writer->head.path)
        return bl_error_nomem(err, n * sizeof *names, "columns");
    writer->head.ops = &ops;
    writer->head.names = names;
    writer->head.types = types;
    for (size_t i = 0; i < n; i++) {
        types[i] = bl_type_ref((bl_type *)(uintptr_t)columns[i].type);
        writer->head.n_columns++;
        names[i] = bl_arena_text(&writer->arena, columns[i].name, strlen(columns[i].name));
        if (!names[i])
            return bl_error_nomem(err, strlen(columns[i].name), "a name");
    }
    return BL_OK;
}

static bl_status start_name(bl_ttree_writer *writer, const char *title, bl_error *err) {
    const char *path = writer->head.path, *slash = strrchr(path, '/');
    writer->name = slash ? slash + 1 : path;
    BL_TRY(bl_root_writer_folder(writer->file, path, slash ? (size_t)(slash - path) : 0,
                                 &writer->folder, err));
    if (bl_root_writer_find(writer->file, writer->folder, writer->name))
        return bl_error_set(err, BL_E_EXISTS, "already exists");
    writer->title =
        bl_arena_text(&writer->file->arena, title ? title : "", strlen(title ? title : ""));
    // the file lists the tree's key after the tree is gone
    writer->name = bl_arena_text(&writer->file->arena, writer->name, strlen(writer->name));
    if (!writer->title || !writer->name)
        return bl_error_nomem(err, strlen(path), "a name");
    return BL_OK;
}

/// Of the classes of TClonesArrays the file gets streamer info; what else is written notes its own.
static bl_status describe_classes(bl_ttree_writer *writer, bl_error *err) {
    for (size_t i = 0; i < writer->plan.n_branches; i++) {
        const bl_write_branch *branch = &writer->plan.branches[i];
        if (!branch->clones)
            continue;
        bl_root_writer_note_class(writer->file, branch->class_name);
        BL_TRY_IN(bl_root_writer_describe(writer->file, branch->clones, err), err, "branch '%s'",
                  branch->name);
    }
    return BL_OK;
}

/// A cluster waits in memory until it is full, beside what is read to fill it.
static uint64_t usual_cluster(const bl_context *context) {
    uint64_t share = bl_context_memory_bytes(context) / CLUSTER_SHARE;
    return share < DEFAULT_CLUSTER ? share : DEFAULT_CLUSTER;
}

static bl_status start(bl_ttree_writer *writer, const bl_column_spec *columns, size_t n_columns,
                       const bl_writer_options *options, bl_error *err) {
    unsigned n_threads = bl_context_n_threads(writer->context);
    BL_TRY(start_head(writer, columns, n_columns, options->path, err));
    writer->codecs =
        (bl_codecs **)bl_arena_array(&writer->arena, n_threads, sizeof *writer->codecs);
    if (!writer->codecs)
        return bl_error_nomem(err, n_threads * sizeof *writer->codecs, "codecs");
    writer->cluster_rows = options->cluster_rows;
    writer->cluster_bytes =
        options->cluster_bytes ? options->cluster_bytes : usual_cluster(writer->context);
    writer->chunk_bytes = options->chunk_bytes ? options->chunk_bytes : DEFAULT_CHUNK;
    if (writer->chunk_bytes > MAX_CHUNK)
        writer->chunk_bytes = MAX_CHUNK;
    // names of branches and their titles outlive the call
    bl_column_spec *copies =
        (bl_column_spec *)bl_arena_array(&writer->arena, n_columns + 1, sizeof *copies);
    if (!copies)
        return bl_error_nomem(err, n_columns * sizeof *copies, "columns");
    for (size_t i = 0; i < n_columns; i++) {
        const char *title = columns[i].title;
        copies[i] = columns[i];
        copies[i].name = writer->head.names[i];
        if (title && !(copies[i].title = bl_arena_text(&writer->arena, title, strlen(title))))
            return bl_error_nomem(err, strlen(title), "a title");
    }
    BL_TRY(
        bl_write_plan_make(writer->context, &writer->arena, copies, n_columns, &writer->plan, err));
    BL_TRY(start_name(writer, options->title, err));
    BL_TRY(describe_classes(writer, err));
    return start_columns(writer, err);
}

bl_status bl_ttree_writer_new(bl_root_writer *file, const bl_column_spec *columns, size_t n_columns,
                              const bl_writer_options *options, bl_ttree_writer **ret_writer,
                              bl_error *err) {
    bl_ttree_writer *writer = (bl_ttree_writer *)bl_alloc_zero(file->context, 1, sizeof *writer);
    if (!writer)
        return bl_error_nomem(err, sizeof *writer, "a tree");
    writer->context = file->context;
    writer->file = file;
    bl_arena_init(&writer->arena, file->context);
    bl_status status = start(writer, columns, n_columns, options, err);
    if (status != BL_OK) {
        bl_ttree_writer_free(writer);
        return bl_error_in(err, status, "tree '%s'", options->path);
    }
    *ret_writer = writer;
    return BL_OK;
}

bl_status bl_ttree_writer_befriend(bl_ttree_writer *writer, const bl_ttree_writer *added,
                                   bl_error *err) {
    BL_TRY(bl_array_grow(writer->context, &writer->friends, &writer->friends_capacity,
                         writer->n_friends, sizeof(bl_ttree_writer *), "friends", err));
    writer->friends[writer->n_friends++] = added;
    return BL_OK;
}

bl_status bl_ttree_writer_finish(bl_ttree_writer *writer, bl_error *err) {
    bl_status status = bl_write_cluster_end(writer, err);
    if (status == BL_OK)
        status = bl_write_tree_object(writer, err);
    return status == BL_OK || status == BL_E_CANCELLED
               ? status
               : bl_error_in(err, status, "tree '%s'", writer->head.path);
}

void bl_ttree_writer_free(bl_ttree_writer *writer) {
    bl_context *context = writer->context;
    for (size_t i = 0; writer->columns && i < writer->plan.n_branches; i++) {
        bl_write_column *column = &writer->columns[i];
        for (size_t k = 0; k < column->n_open; k++)
            bl_write_basket_release(&column->open[k]);
        bl_free(context, column->open);
        bl_free(context, column->baskets);
    }
    for (size_t i = 0; i < writer->head.n_columns; i++)
        bl_type_release(writer->head.types[i]);
    for (unsigned i = 0; writer->codecs && i < bl_context_n_threads(context); i++)
        bl_codecs_free(writer->codecs[i]);
    bl_free(context, writer->friends);
    bl_free(context, writer->columns);
    bl_free(context, writer->clusters);
    bl_write_plan_release(context, &writer->plan);
    bl_arena_release(&writer->arena);
    bl_free(context, writer);
}
