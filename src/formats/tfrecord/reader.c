// SPDX-License-Identifier: Apache-2.0
// A file: opened, gone through once, and told of.
#include "formats/tfrecord/reader.h"

#include "formats/tfrecord/file.h"
#include "formats/tfrecord/record.h"

static const char table_path[] = "Events";

bool bl_tfrecord_probe(const uint8_t *head, size_t size) {
    uint64_t length;
    return size >= BL_TF_HEAD && bl_tf_head_read(bl_crc32c_get(), head, &length);
}

void bl_tf_file_release(bl_tf_file *file) {
    if (atomic_fetch_sub(&file->n_holders, 1) > 1)
        return;
    bl_context *context = file->head.context;
    bl_tf_columns_release(&file->columns);
    bl_tf_index_release(context, &file->index);
    bl_tf_input_close(file->input);
    bl_arena_release(&file->arena);
    bl_free(context, file);
}

static void release(bl_file *head) { bl_tf_file_release((bl_tf_file *)head); }

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    if (path && strcmp(path, table_path) != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no table '%s'; there is '%s' alone", path,
                            table_path);
    return bl_tf_reader_new((bl_tf_file *)head, ret_reader, err);
}

static const bl_file_ops ops = {.open_table = open_table, .release = release};

static bl_status describe(bl_tf_file *file, bl_error *err) {
    bool has_lists = false;
    for (size_t i = 0; i < file->columns.n; i++)
        has_lists = has_lists || file->columns.items[i].is_list;
    const bl_source *source = file->input->source;
    file->head.format = "TFRecord";
    file->head.url = source->url;
    file->head.size_bytes = source->size_bytes;
    file->head.description = bl_arena_printf(
        &file->arena, "TFRecord of tf.train.%sExample%s%s", has_lists ? "Sequence" : "",
        file->input->packing ? ", " : "", file->input->packing ? file->input->packing : "");
    if (!file->head.description)
        return bl_error_nomem(err, 64, "a description");
    const bl_tf_index *index = &file->index;
    file->object = (bl_object_info){
        .size = sizeof file->object,
        .path = table_path,
        .class_name = has_lists ? "tf.train.SequenceExample" : "tf.train.Example",
        .title = "",
        .cycle = 1,
        .stored_bytes = source->size_bytes,
        .raw_bytes = index->offsets[index->n_clusters],
        .is_table = true,
    };
    file->head.objects = &file->object;
    file->head.n_objects = 1;
    return BL_OK;
}

/// What the records take of the file goes for their columns by share.
static void tell_storage(bl_tf_file *file) {
    const bl_tf_index *index = &file->index;
    double raw = (double)index->offsets[index->n_clusters];
    double share = raw > 0 ? (double)file->input->source->size_bytes / raw : 1;
    for (size_t i = 0; i < file->columns.n; i++) {
        bl_column_info *info = &file->columns.infos[i];
        info->n_chunks = (int64_t)index->n_clusters;
        if (file->input->packing) {
            info->codec = file->input->packing;
            info->stored_bytes = (uint64_t)(share * (double)info->raw_bytes);
        }
    }
}

static bl_status look(bl_tf_file *file, const char *types, bl_error *err) {
    bl_tf_stats stats;
    bl_tf_stats_init(&stats, file->head.context);
    bl_status status = bl_tf_index_make(file->input, &file->index, &stats, err);
    if (status == BL_OK)
        status = bl_tf_columns_make(&file->arena, &stats, file->index.n_rows, types, &file->columns,
                                    err);
    bl_tf_stats_release(&stats);
    return status;
}

bl_status bl_tfrecord_open(bl_context *context, bl_source *source, const bl_open_options *options,
                           bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_tf_input) input = NULL;
    BL_TRY(bl_tf_input_open(context, source, &input, err));
    bl_tf_file *file = (bl_tf_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a file");
    file->head.ops = &ops;
    file->head.context = context;
    atomic_init(&file->n_holders, 1);
    bl_arena_init(&file->arena, context);
    file->input = BL_MOVE(input);
    bl_status status = look(file, options->types, err);
    if (status == BL_OK)
        status = describe(file, err);
    if (status != BL_OK) {
        bl_tf_file_release(file);
        return status;
    }
    tell_storage(file);
    *ret_file = &file->head;
    return BL_OK;
}
