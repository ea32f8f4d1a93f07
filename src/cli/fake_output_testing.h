// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: the whole of output.h, which writes down what it is asked for. A test that includes
/// this links it in place of the real one.
///
///     open out.root zstd:3 base - overwrite
///     add T 'a tree' cluster 4096 basket 0 friend of -
///       i int32 'title' Some_t, v list<float32> 'title' Some_t [i]
///     write 0:2
///     end
///     finish
///     close
///
/// A file called exists.root is there already, full.root has no room for the rows,
/// numbers.root holds no texts.
#ifndef BL_CLI_FAKE_OUTPUT_TESTING_H
#define BL_CLI_FAKE_OUTPUT_TESTING_H

#include <stdio.h>
#include <string.h>

#include <beamline/output.h>

#include "base/memory.h"

struct bl_output {
    bl_context *context;
    bool is_full, is_numeric;
};
struct bl_writer {
    bl_output *output;
};

/// What was asked for since the last time that it was emptied.
static char fake_written[4096];

static void fake_note(const char *format, ...) BL_PRINTF(1, 2);
static void fake_note(const char *format, ...) {
    size_t used = strlen(fake_written);
    va_list args;
    va_start(args, format);
    vsnprintf(fake_written + used, sizeof fake_written - used, format, args);
    va_end(args);
}
static inline const char *fake_text(const char *text) { return text ? text : "-"; }

bl_status bl_output_open(bl_context *context, const char *url, const bl_output_options *options,
                         bl_output **ret_output, bl_error *err) {
    if (strcmp(url, "exists.root") == 0 && !options->overwrite)
        return bl_error_set(err, BL_E_EXISTS, "exists.root: it exists");
    bl_output *output = bl_alloc_zero(context, 1, sizeof *output + sizeof(bl_writer));
    if (!output)
        return bl_error_nomem(err, sizeof *output, "an output");
    *output = (bl_output){context, strcmp(url, "full.root") == 0, strcmp(url, "numbers.root") == 0};
    fake_note("open %s %s base %s%s\n", url, fake_text(options->codec), fake_text(options->base),
              options->overwrite ? " overwrite" : "");
    *ret_output = output;
    return BL_OK;
}
bl_status bl_output_finish(bl_output *output, bl_error *err) {
    (void)output;
    (void)err;
    fake_note("finish\n");
    return BL_OK;
}
void bl_output_close(bl_output *output) {
    fake_note("close\n");
    bl_free(output->context, output);
}
bl_status bl_output_check(bl_output *output, const bl_column_spec *column, bl_error *err) {
    if (output->is_numeric && bl_type_get_id(column->type) == BL_UTF8)
        return bl_error_set(err, BL_E_TYPE, "column '%s': no texts here", column->name);
    return BL_OK;
}
bl_status bl_output_add(bl_output *output, const bl_column_spec *columns, size_t n_columns,
                        const bl_writer_options *options, bl_writer **ret_writer, bl_error *err) {
    (void)err;
    if (!options)
        return BL_E_INVALID;
    fake_note("add %s '%s' cluster %llu basket %llu friend of %s\n", options->path,
              fake_text(options->title), (unsigned long long)options->cluster_bytes,
              (unsigned long long)options->chunk_bytes, fake_text(options->friend_of));
    for (size_t i = 0; i < n_columns; i++) {
        char type[64];
        bl_type_format(columns[i].type, type, sizeof type);
        fake_note("%s%s %s '%s' %s", i ? ", " : "  ", columns[i].name, type, columns[i].title,
                  columns[i].source_type);
        if (columns[i].counter)
            fake_note(" [%s]", columns[i].counter);
    }
    fake_note("\n");
    *ret_writer = (bl_writer *)(output + 1);
    (*ret_writer)->output = output;
    return BL_OK;
}
bl_status bl_writer_write(bl_writer *writer, const bl_batch *batch, bl_error *err) {
    if (writer->output->is_full)
        return bl_error_set(err, BL_E_IO, "full.root: No space left on device");
    long long first = bl_batch_first_row(batch);
    fake_note("write %lld:%lld\n", first, first + (long long)bl_batch_n_rows(batch));
    return BL_OK;
}
bl_status bl_writer_finish(bl_writer *writer, bl_error *err) {
    (void)writer;
    (void)err;
    fake_note("end\n");
    return BL_OK;
}

#endif
