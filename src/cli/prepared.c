// SPDX-License-Identifier: Apache-2.0
// What is in a prepared data set, as text and as JSON.
#include "cli/prepared.h"

#include <math.h>
#include <stdio.h>

#include "cli/number.h"

/// Classes that events are counted by: numbers that are learned have none.
static size_t n_counted(const bl_prepared *prepared) {
    return prepared->label_kind == BL_LABEL_NUMBERS ? 1 : prepared->n_classes;
}

static const char *class_name(const bl_prepared *prepared, size_t i) {
    return prepared->label_kind == BL_LABEL_NUMBERS ? "all" : prepared->classes[i];
}

static uint64_t bytes_of(const bl_prepared_part *part) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < part->n_shards; i++)
        bytes += part->shards[i].bytes;
    return bytes;
}

// ---- text ----

/// The width of the longest of some texts, at most 32.
static int widest(int width, const char *text) {
    enum { MOST = 32 };
    size_t length = strlen(text);
    int shown = length < MOST ? (int)length : MOST;
    return shown > width ? shown : width;
}

static void print_class(bl_out *out, const bl_prepared_class *before,
                        const bl_prepared_class *after) {
    char selected[BL_NUMBER_BYTES], events[BL_NUMBER_BYTES], negative[BL_NUMBER_BYTES];
    bl_number_grouped(selected, before->n_rows);
    bl_number_grouped(events, after->n_rows);
    bl_number_grouped(negative, after->n_negative);
    // of a variation nothing is balanced, and nothing counted before it is
    bool is_counted = before->n_rows || !after->n_rows;
    bl_out_printf(out, " %13s %13s %11s", is_counted ? selected : "-", events, negative);
    if (is_counted)
        bl_out_printf(out, " %14.8g", before->sumw_physics);
    else
        bl_out_printf(out, " %14s", "-");
    bl_out_printf(out, " %14.8g %14.8g\n", after->sumw_physics, after->sumw_train);
}

static void print_parts(bl_out *out, const bl_prepared *prepared) {
    int of_part = widest(0, "part"), of_class = widest(0, "class");
    for (size_t i = 0; i < prepared->n_parts; i++)
        of_part = widest(of_part, prepared->parts[i].name);
    for (size_t i = 0; i < n_counted(prepared); i++)
        of_class = widest(of_class, class_name(prepared, i));
    bl_out_printf(out, "  %-*s %-*s %13s %13s %11s %14s %14s %14s\n", of_part, "part", of_class,
                  "class", "selected", "events", "negative", "selected sum w", "sum w",
                  "training sum w");
    for (size_t i = 0; i < prepared->n_parts; i++)
        for (size_t k = 0; k < n_counted(prepared); k++) {
            const bl_prepared_part *part = &prepared->parts[i];
            bl_out_printf(out, "  %-*s %-*s", of_part, k ? "" : part->name, of_class,
                          class_name(prepared, k));
            print_class(out, &part->before[k], &part->classes[k]);
        }
}

static void print_split(bl_out *out, const bl_prepared *prepared) {
    bl_out_text(out, "\n  an event is one by its data set, ");
    for (size_t i = 0; i < prepared->n_identity; i++)
        bl_out_printf(out, "%s%s", i ? ", " : "", prepared->identity[i]);
    if (prepared->n_identity == 0)
        bl_out_text(out, "file and entry");
    bl_out_printf(out, "; seed %llu, of the split %llu\n", (unsigned long long)prepared->seed,
                  (unsigned long long)prepared->split_seed);
    if (prepared->n_folds)
        bl_out_printf(out,
                      "  %zu folds: model k is tested on fold k, and validated on the one behind "
                      "it\n",
                      prepared->n_folds);
    if (prepared->n_duplicates)
        bl_out_printf(out, "  %lld duplicates were left out\n", (long long)prepared->n_duplicates);
}

static void print_number(bl_out *out, const char *name, int width, const bl_nn_columns *columns,
                         size_t i) {
    bl_out_printf(out, "    %-*.*s %-8s %14.8g %14.8g", width, width, name,
                  bl_nn_curve_name(columns->curves[i]), columns->offset[i], columns->scale[i]);
    if (isfinite(columns->low[i]) || isfinite(columns->high[i]))
        bl_out_printf(out, "  cut to %g, %g", columns->low[i], columns->high[i]);
    if (!isnan(columns->missing[i]))
        bl_out_printf(out, "  NaN is %g", columns->missing[i]);
    bl_out_char(out, '\n');
}

static void print_input(bl_out *out, const bl_prepared *prepared, const bl_prepared_input *input) {
    const bl_nn_columns *columns =
        prepared->n_transforms ? bl_nn_transform_find(&prepared->transforms[0], input->name) : NULL;
    int width = widest(0, "number");
    for (size_t i = 0; i < input->width; i++)
        width = widest(width, input->columns[i]);
    bl_out_printf(out, "\n  %s: %zu number%s", input->name, input->width,
                  input->width == 1 ? "" : "s");
    if (input->is_sequence)
        bl_out_printf(out, " a row, %zu row%s at most", input->most_rows,
                      input->most_rows == 1 ? "" : "s");
    bl_out_char(out, '\n');
    if (!columns)
        return;
    bl_out_printf(out, "    %-*s %-8s %14s %14s\n", width, "number", "curve", "offset", "scale");
    for (size_t i = 0; i < input->width && i < columns->n; i++)
        print_number(out, input->columns[i], width, columns, i);
}

void bl_prepared_show_text(bl_out *out, const bl_prepared *prepared) {
    if (!prepared->is_complete)
        bl_out_printf(out, "  not complete: %llu of %llu buckets are there\n",
                      (unsigned long long)prepared->n_gathered,
                      (unsigned long long)prepared->n_buckets);
    print_parts(out, prepared);
    print_split(out, prepared);
    for (size_t i = 0; i < prepared->n_inputs; i++)
        print_input(out, prepared, &prepared->inputs[i]);
    if (prepared->n_transforms > 1)
        bl_out_printf(out, "  (as fitted for model 0; each of %zu has its own)\n",
                      prepared->n_transforms);
}

// ---- JSON ----

static void json_texts(bl_out *out, const char *key, const char *const *texts, size_t n) {
    bl_out_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < n; i++) {
        bl_out_text(out, i ? "," : "");
        bl_out_json_text(out, texts[i]);
    }
    bl_out_char(out, ']');
}

/// A member; none where the number is not finite.
static void json_number(bl_out *out, const char *key, double number) {
    if (isfinite(number))
        bl_out_printf(out, ",\"%s\":%.17g", key, number);
}

static void json_numbers(bl_out *out, const bl_prepared_input *input,
                         const bl_nn_columns *columns) {
    for (size_t i = 0; i < input->width; i++) {
        bl_out_text(out, i ? ",{\"name\":" : "{\"name\":");
        bl_out_json_text(out, input->columns[i]);
        if (columns && i < columns->n) {
            bl_out_printf(out, ",\"curve\":\"%s\"", bl_nn_curve_name(columns->curves[i]));
            json_number(out, "offset", columns->offset[i]);
            json_number(out, "scale", columns->scale[i]);
            json_number(out, "low", columns->low[i]);
            json_number(out, "high", columns->high[i]);
            json_number(out, "missing", columns->missing[i]);
            json_number(out, "pad", columns->pad[i]);
        }
        bl_out_char(out, '}');
    }
}

/// \param transform NULL: nothing was fitted yet
static void json_inputs(bl_out *out, const bl_prepared *prepared,
                        const bl_nn_transform *transform) {
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        const bl_prepared_input *input = &prepared->inputs[i];
        bl_out_text(out, i ? ",{\"name\":" : "{\"name\":");
        bl_out_json_text(out, input->name);
        bl_out_printf(out, ",\"sequence\":%s,\"most_rows\":%zu,\"numbers\":[",
                      input->is_sequence ? "true" : "false", input->most_rows);
        json_numbers(out, input, transform ? bl_nn_transform_find(transform, input->name) : NULL);
        bl_out_text(out, "]}");
    }
}

static void json_classes(bl_out *out, const bl_prepared *prepared, const bl_prepared_part *part) {
    for (size_t i = 0; i < n_counted(prepared); i++) {
        const bl_prepared_class *before = &part->before[i], *after = &part->classes[i];
        bl_out_text(out, i ? ",{\"class\":" : "{\"class\":");
        bl_out_json_text(out, class_name(prepared, i));
        bl_out_printf(out, ",\"selected\":%lld,\"events\":%lld,\"negative\":%lld",
                      (long long)before->n_rows, (long long)after->n_rows,
                      (long long)after->n_negative);
        json_number(out, "selected_sumw", before->sumw_physics);
        json_number(out, "sumw", after->sumw_physics);
        json_number(out, "training_sumw", after->sumw_train);
        json_number(out, "training_abs_sumw", after->abs_train);
        bl_out_char(out, '}');
    }
}

static void json_parts(bl_out *out, const bl_prepared *prepared) {
    for (size_t i = 0; i < prepared->n_parts; i++) {
        const bl_prepared_part *part = &prepared->parts[i];
        bl_out_text(out, i ? ",{\"name\":" : "{\"name\":");
        bl_out_json_text(out, part->name);
        bl_out_printf(out, ",\"events\":%lld,\"shards\":%zu,\"bytes\":%llu,\"classes\":[",
                      (long long)part->n_rows, part->n_shards, (unsigned long long)bytes_of(part));
        json_classes(out, prepared, part);
        bl_out_text(out, "]}");
    }
}

void bl_prepared_show_json(bl_out *out, const bl_prepared *prepared) {
    bl_out_printf(out,
                  ",\"complete\":%s,\"type\":\"%s\",\"seed\":%llu,\"split_seed\":%llu,"
                  "\"folds\":%zu,\"duplicates_dropped\":%lld",
                  prepared->is_complete ? "true" : "false",
                  prepared->is_double ? "float64" : "float32", (unsigned long long)prepared->seed,
                  (unsigned long long)prepared->split_seed, prepared->n_folds,
                  (long long)prepared->n_duplicates);
    json_texts(out, "classes", prepared->classes, prepared->n_classes);
    json_texts(out, "identity", prepared->identity, prepared->n_identity);
    json_texts(out, "observers", prepared->observers, prepared->n_observers);
    json_texts(out, "weights", prepared->weights, prepared->n_weights);
    bl_out_text(out, ",\"parts\":[");
    json_parts(out, prepared);
    bl_out_text(out, "],\"inputs\":[");
    json_inputs(out, prepared, prepared->n_transforms ? &prepared->transforms[0] : NULL);
    bl_out_char(out, ']');
    if (prepared->n_transforms < 2)
        return;
    bl_out_text(out, ",\"inputs_of_folds\":[");
    for (size_t i = 0; i < prepared->n_transforms; i++) {
        bl_out_text(out, i ? ",[" : "[");
        json_inputs(out, prepared, &prepared->transforms[i]);
        bl_out_char(out, ']');
    }
    bl_out_char(out, ']');
}

// ---- inspect ----

static void show_text(bl_cli *cli, const char *path, const bl_prepared *prepared) {
    char events[BL_NUMBER_BYTES], size[BL_NUMBER_BYTES];
    int64_t n = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < prepared->n_parts; i++) {
        n += prepared->parts[i].n_rows;
        bytes += bytes_of(&prepared->parts[i]);
    }
    bl_number_grouped(events, n);
    bl_number_bytes(size, bytes);
    bl_out_printf(&cli->out, "%s: prepared data set, %s events, %s\n", path, events, size);
    bl_prepared_show_text(&cli->out, prepared);
}

bl_status bl_inspect_prepared(bl_cli *cli, const char *path, bool *ret_is_one, bl_error *err) {
    BL_AUTO(bl_prepared) prepared = NULL;
    *ret_is_one = bl_prepared_is(path);
    if (!*ret_is_one)
        return BL_OK;
    BL_TRY(bl_prepared_open(cli->context, path, &prepared, err));
    if (cli->arguments.json) {
        bl_out_text(&cli->out, "{\"file\":");
        bl_out_json_text(&cli->out, path);
        bl_out_text(&cli->out, ",\"format\":\"prepared\"");
        bl_prepared_show_json(&cli->out, prepared);
        bl_out_text(&cli->out, "}\n");
    } else if (cli->arguments.names) {
        for (size_t i = 0; i < prepared->n_parts; i++)
            bl_out_printf(&cli->out, "%s\n", prepared->parts[i].name);
    } else {
        show_text(cli, path, prepared);
    }
    return BL_OK;
}
