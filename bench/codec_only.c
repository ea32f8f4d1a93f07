// SPDX-License-Identifier: Apache-2.0
// The limit of reading: decompresses the baskets of columns, all of them in memory already, one
// after the other into the same place. A basket that is stored plainly is copied.
// Prints JSON: the seconds of each run, stored and raw bytes.
#include "bench/bench.h"
#include "formats/ttree/basket.h"

typedef struct piece {
    uint8_t *data;
    size_t size, raw_size;
    bool is_compressed;
} piece;

typedef struct pieces {
    size_t n, capacity;
    piece *list; ///< [n]
    size_t largest;
    uint64_t stored_bytes, raw_bytes;
} pieces;

static bool is_wanted(const bench_arguments *arguments, const char *path) {
    for (size_t i = 0; i < arguments->n_columns; i++)
        if (strcmp(arguments->columns[i], path) == 0)
            return true;
    return false;
}

static void add_piece(pieces *all, const uint8_t *record, const bl_basket_header *header) {
    if (all->n == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 1024;
        all->list = realloc(all->list, all->capacity * sizeof *all->list);
        if (!all->list)
            bench_die("out of memory");
    }
    piece p = {.size = header->n_stored,
               .raw_size = header->n_raw,
               .is_compressed = header->is_compressed};
    p.data = bench_alloc(p.size);
    memcpy(p.data, record + header->key_len, p.size);
    all->list[all->n++] = p;
    all->largest = p.raw_size > all->largest ? p.raw_size : all->largest;
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

static void load_file(bl_context *context, const bench_arguments *arguments, const char *url,
                      pieces *all) {
    bl_error err = {0};
    bl_source *source;
    bl_root_file *file;
    bench_check(bl_source_open(context, url, &source, &err), &err);
    bench_check(bl_root_file_open(context, source, &file, &err), &err);
    for (size_t i = 0; i < file->n_entries; i++) {
        if (strcmp(file->entries[i].path, arguments->tree) != 0)
            continue;
        bl_ttree tree = {0};
        bench_check(bl_ttree_read(file, &file->entries[i], &tree, &err), &err);
        for (size_t k = 0; k < tree.n_branches; k++)
            if (is_wanted(arguments, tree.branches[k].path))
                load_branch(file, &tree.branches[k], all);
        bl_ttree_release(&tree);
        break; // of several cycles the newest comes first
    }
    bl_root_file_release(file);
}

static void decode_all(bl_codecs *codecs, const pieces *all, uint8_t *raw) {
    bl_error err = {0};
    for (size_t i = 0; i < all->n; i++) {
        const piece *p = &all->list[i];
        if (p->is_compressed)
            bench_check(bl_root_blocks_decode(codecs, p->data, p->size, raw, p->raw_size, &err),
                        &err);
        else
            memcpy(raw, p->data, p->raw_size);
    }
}

int main(int argc, char **argv) {
    bench_arguments arguments = bench_parse(argc, argv);
    bl_context *context = bench_context();
    bl_error err = {0};
    pieces all = {0};
    for (size_t i = 0; i < arguments.n_files; i++)
        load_file(context, &arguments, arguments.files[i], &all);
    bl_codecs *codecs;
    bench_check(bl_codecs_new(context, &codecs, &err), &err);
    uint8_t *raw = bench_alloc(all.largest);
    decode_all(codecs, &all, raw); // first touch of all memory
    printf("{\"seconds\":[");
    for (int i = 0; i < arguments.runs; i++) {
        double start = bench_seconds();
        decode_all(codecs, &all, raw);
        printf("%s%.6f", i ? "," : "", bench_seconds() - start);
    }
    printf("],\"stored_bytes\":%llu,\"raw_bytes\":%llu}\n", (unsigned long long)all.stored_bytes,
           (unsigned long long)all.raw_bytes);
    for (size_t i = 0; i < all.n; i++)
        free(all.list[i].data);
    free(all.list);
    free(raw);
    bl_codecs_free(codecs);
    bl_context_free(context);
    bench_release(&arguments);
    return 0;
}
