// SPDX-License-Identifier: Apache-2.0
// A text file as a table: its one object, its columns, its clusters of blocks.
#include "formats/text/table.h"

#include "base/context.h"

/// The name of the one table of a file, which has none for it.
static const char table_path[] = "Events";
/// Blocks make a cluster of so much text.
#define CLUSTER_BYTES ((uint64_t)4 << 20)
/// Each column of a block costs something, so that blocks of many columns are larger.
#define COLUMN_BYTES ((uint64_t)1 << 10)

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    bl_text_table *table = (bl_text_table *)head;
    if (path && strcmp(path, table_path) != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no table '%s'; the one table of a %s file is '%s'",
                            path, table->dialect->format, table_path);
    return bl_text_reader_new(table, table_path, ret_reader, err);
}

static void release(bl_file *head) { bl_text_table_release((bl_text_table *)head); }

static const bl_file_ops ops = {.open_table = open_table, .release = release};

bl_status bl_text_table_new(bl_context *context, bl_source *source, const bl_text_dialect *dialect,
                            bl_text_table **ret_table, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    bl_text_table *made = (bl_text_table *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a file");
    made->head = (bl_file){.ops = &ops,
                           .context = context,
                           .format = dialect->format,
                           .url = source->url,
                           .size_bytes = source->size_bytes};
    made->dialect = dialect;
    atomic_init(&made->n_holders, 1);
    bl_arena_init(&made->arena, context);
    BL_AUTO(bl_text_table) table = made;
    BL_TRY(bl_text_store_open(BL_MOVE(owned), &table->store, err));
    *ret_table = BL_MOVE(table);
    return BL_OK;
}

void bl_text_table_release(bl_text_table *table) {
    if (atomic_fetch_sub_explicit(&table->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    bl_context *context = table->head.context;
    for (size_t i = 0; table->types && i < table->n_columns; i++)
        bl_type_release(table->types[i]);
    bl_name_map_release(context, &table->by_name);
    bl_text_index_release(&table->index);
    bl_text_store_close(&table->store);
    bl_arena_release(&table->arena);
    bl_free(context, table);
}

bl_status bl_text_table_columns(bl_text_table *table, const char *const *names, size_t n,
                                bl_error *err) {
    bl_arena *arena = &table->arena;
    if (n > BL_MOST_TEXT_COLUMNS)
        return bl_error_set(err, BL_E_LIMIT, "more than %zu columns", BL_MOST_TEXT_COLUMNS);
    table->names = (const char **)bl_arena_array(arena, n + 1, sizeof *table->names);
    table->types = (bl_type **)bl_arena_array(arena, n + 1, sizeof *table->types);
    table->shares = (double *)bl_arena_array(arena, n + 1, sizeof *table->shares);
    table->infos = (bl_column_info *)bl_arena_array(arena, n + 1, sizeof *table->infos);
    if (!table->names || !table->types || !table->shares || !table->infos)
        return bl_error_nomem(err, n * sizeof *table->infos, "columns");
    table->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        table->names[i] = bl_arena_text(arena, names[i], strlen(names[i]));
        if (!table->names[i])
            return bl_error_nomem(err, strlen(names[i]), "a column's name");
        size_t earlier = bl_name_map_find(&table->by_name, names[i]);
        if (earlier != SIZE_MAX)
            table->infos[i].duplicate = ++table->infos[earlier].duplicate;
        else
            BL_TRY(bl_name_map_add(table->head.context, &table->by_name, table->names[i], i, err));
    }
    for (size_t i = 0; i < n; i++) // the first of a name counted the others
        if (bl_name_map_find(&table->by_name, table->names[i]) == i)
            table->infos[i].duplicate = 0;
    return BL_OK;
}

static uint64_t text_bytes(const bl_text_index *index) {
    return index->blocks[index->n_blocks].offset - index->blocks[0].offset;
}

static bl_status fill_infos(bl_text_table *table, bl_error *err) {
    const bl_text_index *index = &table->index;
    for (size_t i = 0; i < table->n_columns; i++) {
        bl_column_info *info = &table->infos[i];
        char text[256];
        bl_type_format(table->types[i], text, sizeof text);
        info->size = sizeof *info;
        info->path = info->name = table->names[i];
        info->title = "";
        info->source_type = bl_arena_text(&table->arena, text, strlen(text));
        info->type = table->types[i];
        info->n_rows = index->blocks[index->n_blocks].row;
        info->n_chunks = (int64_t)index->n_blocks;
        info->raw_bytes = (uint64_t)((double)text_bytes(index) * table->shares[i]);
        info->stored_bytes = bl_text_store_stored(&table->store, info->raw_bytes);
        info->codec = table->store.packing ? table->store.packing : "stored";
        if (!info->source_type)
            return bl_error_nomem(err, strlen(text), "a type's name");
    }
    return BL_OK;
}

static bl_status fill_clusters(bl_text_table *table, bl_error *err) {
    const bl_text_index *index = &table->index;
    table->cluster_ends =
        (int64_t *)bl_arena_array(&table->arena, index->n_blocks + 1, sizeof *table->cluster_ends);
    if (!table->cluster_ends)
        return bl_error_nomem(err, index->n_blocks, "clusters");
    const bl_text_block *begin = index->blocks, *end = begin + index->n_blocks;
    for (const bl_text_block *block = begin + 1; block <= end; block++) {
        bool is_full = block == end || block->offset - begin->offset >= CLUSTER_BYTES;
        if (!is_full || block->row == begin->row)
            continue;
        table->cluster_ends[table->n_clusters++] = block->row;
        begin = block;
    }
    return BL_OK;
}

bl_status bl_text_table_finish(bl_text_table *table, uint64_t offset, uint64_t line,
                               const bl_marks_kernels *kernels, bl_error *err) {
    BL_TRY(bl_text_index_make(table->head.context, &table->store, offset, line, table->separator,
                              kernels, table->n_columns * COLUMN_BYTES, &table->index, err));
    const bl_text_index *index = &table->index;
    if (table->store.packing)
        table->store.size = index->blocks[index->n_blocks].offset;
    BL_TRY(fill_infos(table, err));
    BL_TRY(fill_clusters(table, err));
    table->object = (bl_object_info){.size = sizeof table->object,
                                     .path = table_path,
                                     .class_name = table->dialect->row_class,
                                     .title = "",
                                     .cycle = 1,
                                     .offset = 0,
                                     .stored_bytes = table->head.size_bytes,
                                     .raw_bytes = table->store.size,
                                     .is_table = true};
    table->head.objects = &table->object;
    table->head.n_objects = 1;
    const char *packing = table->store.packing;
    table->head.description =
        bl_arena_printf(&table->arena, "%s%s%s", table->dialect->format,
                        packing ? ", packed with " : "", packing ? packing : "");
    return table->head.description ? BL_OK : bl_error_nomem(err, 64, "a description");
}

// ---- helpers ----

bl_status bl_scratch_grow(bl_context *context, void *array_pointer, size_t *capacity, size_t size,
                          size_t element_size, bl_error *err) {
    void **array = (void **)array_pointer;
    size_t n_bytes, more = size + size / 4;
    if (size <= *capacity)
        return BL_OK;
    if (__builtin_mul_overflow(more, element_size, &n_bytes))
        return bl_error_nomem(err, SIZE_MAX, "text");
    bl_free(context, *array);
    *capacity = 0;
    *array = bl_alloc(context, n_bytes);
    if (!*array)
        return bl_error_nomem(err, n_bytes, "text");
    *capacity = more;
    return BL_OK;
}

unsigned long long bl_text_line(const bl_text_rows *rows, const char *at) {
    unsigned long long line = rows->line + 1;
    for (const char *c = rows->text; c < at; c++)
        line += *c == '\n';
    return line;
}

const char *bl_text_excerpt(const char *text, size_t size, char *out) {
    size_t n = 0, most = BL_EXCERPT_BYTES - 4;
    for (; n < size && n < most; n++)
        out[n] = (unsigned char)text[n] < ' ' || text[n] == 0x7f ? ' ' : text[n];
    while (n < size && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) // no half characters
        n--;
    memcpy(out + n, n < size ? "..." : "", n < size ? 4 : 1);
    return out;
}

const char *bl_text_type(const bl_type *type, char *out) {
    char text[BL_EXCERPT_BYTES];
    size_t n = 0;
    bl_type_format(type, text, sizeof text);
    for (const char *at = text; *at; at++)
        if (*at != '?')
            out[n++] = *at;
    out[n] = '\0';
    return out;
}
