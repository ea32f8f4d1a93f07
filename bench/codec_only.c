// SPDX-License-Identifier: Apache-2.0
// The limits of reading. All baskets of the file's tree are in memory already, as they are stored.
//   codec  uncompresses one basket after the other, each thread into one place of its own; a basket
//          that is stored plainly is copied
//   hot    copies the stored bytes into that place, which stays in the processor's caches
//   large  copies the stored bytes into memory as large as they are, touched before
// When ready it tells the stored and raw bytes, the number of baskets.
#include "base/context.h"
#include "bench/bench.h"
#include "formats/ttree/basket.h"

typedef struct piece {
    uint8_t *data;
    size_t size, raw_size;
    size_t place; ///< of its stored bytes among all stored bytes
    bool is_compressed;
} piece;

typedef struct pieces {
    size_t n, capacity;
    piece *list; ///< [n]
    size_t largest;
    uint64_t stored_bytes, raw_bytes;
    uint8_t *large; ///< [stored_bytes]; NULL until asked for
    char *path;     ///< of the file that they are of; NULL: none yet
} pieces;

/// What one thread works with.
typedef struct workplace {
    bl_codecs *codecs;
    uint8_t *hot; ///< [largest]
} workplace;

typedef struct round {
    const pieces *all;
    workplace *workplaces; ///< [threads]
} round;

static void add_piece(pieces *all, const uint8_t *record, const bl_basket_header *header) {
    if (all->n == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 1024;
        all->list = realloc(all->list, all->capacity * sizeof *all->list);
        if (!all->list)
            bench_die("out of memory");
    }
    piece p = {.size = header->n_stored,
               .raw_size = header->n_raw,
               .place = all->stored_bytes,
               .is_compressed = header->is_compressed};
    p.data = bench_alloc(p.size);
    memcpy(p.data, record + header->key_len, p.size);
    all->list[all->n++] = p;
    size_t larger = p.raw_size > p.size ? p.raw_size : p.size;
    all->largest = larger > all->largest ? larger : all->largest;
    all->stored_bytes += p.size;
    all->raw_bytes += p.raw_size;
}

static void load_branch(bl_root_file *file, const bl_ttree_branch *branch, pieces *all) {
    bl_error err = {0};
    for (size_t i = 0; i < branch->n_baskets; i++) {
        bl_ttree_slot slot;
        bench_check(bl_ttree_slot_of(branch, i, &slot, &err), &err);
        if (slot.embedded)
            continue;
        uint8_t *record = bench_alloc(slot.n_bytes);
        bench_check(bl_source_read(file->source, slot.offset, slot.n_bytes, record, &err), &err);
        bl_basket_header header;
        bench_check(bl_basket_header_read(record, slot.n_bytes, &header, &err), &err);
        add_piece(all, record, &header);
        free(record);
    }
}

/// Baskets of the file's newest tree, as they lie in memory afterwards: branch after branch.
static void load(bl_context *context, const char *url, pieces *all) {
    bl_error err = {0};
    bl_source *source;
    bl_root_file *file;
    bench_check(bl_source_open(context, url, &source, &err), &err);
    bench_check(bl_root_file_open(context, source, &file, &err), &err);
    size_t i = 0;
    while (i < file->n_entries && !bl_ttree_is_tree(file->entries[i].key.class_name))
        i++;
    if (i == file->n_entries)
        bench_die("no tree in the file");
    bl_ttree tree = {0};
    bench_check(bl_ttree_read(file, &file->entries[i], &tree, &err), &err);
    for (size_t k = 0; k < tree.n_branches; k++)
        load_branch(file, &tree.branches[k], all);
    bl_ttree_release(&tree);
    bl_root_file_release(file);
}

static bl_status decode_piece(void *argument, size_t index, unsigned worker, bl_error *err) {
    const round *r = argument;
    const piece *p = &r->all->list[index];
    const workplace *place = &r->workplaces[worker];
    if (p->is_compressed)
        return bl_root_blocks_decode(place->codecs, p->data, p->size, place->hot, p->raw_size, err);
    memcpy(place->hot, p->data, p->raw_size);
    return BL_OK;
}

static bl_status copy_hot(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)err;
    const round *r = argument;
    const piece *p = &r->all->list[index];
    memcpy(r->workplaces[worker].hot, p->data, p->size);
    return BL_OK;
}

static bl_status copy_large(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    (void)err;
    const round *r = argument;
    const piece *p = &r->all->list[index];
    memcpy(r->all->large + p->place, p->data, p->size);
    return BL_OK;
}

static bl_task_fn task_of(pieces *all, const char *way) {
    if (strcmp(way, "codec") == 0)
        return decode_piece;
    if (strcmp(way, "hot") == 0)
        return copy_hot;
    if (strcmp(way, "large") != 0)
        bench_die("the ways are codec, hot, large");
    if (!all->large) {
        all->large = bench_alloc(all->stored_bytes);
        memset(all->large, 1, all->stored_bytes);
    }
    return copy_large;
}

static void release(pieces *all) {
    for (size_t i = 0; i < all->n; i++)
        free(all->list[i].data);
    free(all->list);
    free(all->large);
    free(all->path);
    *all = (pieces){0};
}

static void change_to(pieces *all, const char *path) {
    if (all->path && strcmp(all->path, path) == 0)
        return;
    release(all);
    bl_context *context = bench_context(1);
    load(context, path, all);
    bl_context_free(context);
    all->path = strdup(path);
}

static double run_tasks(pieces *all, bl_task_fn task, unsigned n_threads) {
    bl_error err = {0};
    bl_context *context = bench_context(n_threads);
    round r = {.all = all, .workplaces = bench_alloc(n_threads * sizeof *r.workplaces)};
    for (unsigned i = 0; i < n_threads; i++) {
        bench_check(bl_codecs_new(context, &r.workplaces[i].codecs, &err), &err);
        r.workplaces[i].hot = bench_alloc(all->largest);
        memset(r.workplaces[i].hot, 1, all->largest);
    }
    double start = bench_seconds();
    bench_check(bl_run_tasks(context, task, &r, all->n, &err), &err);
    double seconds = bench_seconds() - start;
    for (unsigned i = 0; i < n_threads; i++) {
        bl_codecs_free(r.workplaces[i].codecs);
        free(r.workplaces[i].hot);
    }
    free(r.workplaces);
    bl_context_free(context);
    return seconds;
}

static void run(void *state, const char *way, unsigned n_threads, const char *path) {
    pieces *all = state;
    change_to(all, path);
    if (strcmp(way, "sizes") == 0)
        printf("{\"stored_bytes\":%llu,\"raw_bytes\":%llu,\"baskets\":%zu}",
               (unsigned long long)all->stored_bytes, (unsigned long long)all->raw_bytes, all->n);
    else
        printf("{\"seconds\":%.6f}", run_tasks(all, task_of(all, way), n_threads));
}

int main(void) {
    pieces all = {0};
    bench_serve(run, &all);
    release(&all);
    return 0;
}
