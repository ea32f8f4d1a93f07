// SPDX-License-Identifier: Apache-2.0
// The prepared data: parts and classes with their weights, and the inputs with what is done to
// them.
#include <math.h>
#include <string.h>

#include "base/json_text.h"
#include "infer/model.h"
#include "learn/report/cells.h"
#include "learn/report/sections.h"

// ---- parts ----

static void put_class(bl_cells *cells, const bl_evaluation *e, const bl_prepared_part *part,
                      size_t k) {
    const bl_prepared_class *now = &part->classes[k], *before = &part->before[k];
    bl_cells_add(cells, "%s", k ? "" : part->name);
    bl_cells_add(cells, "%s", e->classes[k]);
    bl_cells_count(cells, before->n_rows);
    bl_cells_count(cells, now->n_rows);
    bl_cells_count(cells, now->n_negative);
    bl_cells_number(cells, now->sumw_physics);
    bl_cells_number(cells, before->sumw_train);
    bl_cells_number(cells, now->sumw_train);
}

static bl_status add_parts(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Part",
                                       "Class",
                                       "Selected",
                                       "Events",
                                       "Of weight < 0",
                                       "Σ physics",
                                       "Σ training before",
                                       "Σ training",
                                       NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Parts and classes", 2, head);
    for (size_t i = 0; i < e->prepared->n_parts; i++)
        for (size_t k = 0; k < e->n_classes; k++)
            put_class(&cells, e, &e->prepared->parts[i], k);
    BL_TRY(bl_section_add_words(
        to,
        "Each part of the data by class: events that the selection took, and those that are there "
        "after classes were balanced; sums of the weights that events have in a measurement, and "
        "of those that they are trained with, before and after reweighting and balancing.",
        err));
    return bl_cells_end(&cells, to, err);
}

static void put_sums_json(bl_text *json, const bl_prepared_class *sums) {
    bl_text_add(json,
                "\"events\": %lld, \"negative\": %lld, \"sumw_physics\": ", (long long)sums->n_rows,
                (long long)sums->n_negative);
    bl_json_put_number(json, sums->sumw_physics);
    bl_text_add(json, ", \"sumw_train\": ");
    bl_json_put_number(json, sums->sumw_train);
}

static void put_part_json(bl_text *json, const bl_evaluation *e, const bl_prepared_part *part) {
    bl_text_add(json, "{\"part\": ");
    bl_json_put_text(json, part->name);
    bl_text_add(json, ", \"events\": %lld, \"classes\": [", (long long)part->n_rows);
    for (size_t k = 0; k < e->n_classes; k++) {
        bl_text_add(json, "%s{\"class\": ", k ? ", " : "");
        bl_json_put_text(json, e->classes[k]);
        bl_text_add(json, ", ");
        put_sums_json(json, &part->classes[k]);
        bl_text_add(json, ", \"before\": {");
        put_sums_json(json, &part->before[k]);
        bl_text_add(json, "}}");
    }
    bl_text_add(json, "]}");
}

// ---- inputs ----

static const char *column_name(const bl_model_port *port, size_t k) {
    return port->columns && port->columns[k] ? port->columns[k] : "?";
}

static void put_column(bl_cells *cells, const bl_model_port *port, const bl_nn_columns *columns,
                       size_t k) {
    bl_cells_add(cells, "%s", k ? "" : port->name);
    bl_cells_add(cells, "%s", column_name(port, k));
    bl_cells_add(cells, "%s", columns ? bl_nn_curve_name(columns->curves[k]) : "");
    bl_cells_number(cells, columns ? columns->offset[k] : 0);
    bl_cells_number(cells, columns ? columns->scale[k] : 1);
    bl_cells_number(cells, columns ? columns->low[k] : (double)NAN);
    bl_cells_number(cells, columns ? columns->high[k] : (double)NAN);
    bl_cells_number(cells, columns ? columns->missing[k] : (double)NAN);
}

/// "Rows of particles: ordered by Pt, the largest first; at most 100, fewer are padded. "
static void put_rows(bl_text *to, const bl_model_port *port, const bl_nn_columns *columns) {
    static const char *const fills[] = {"", ", fewer are padded", ", fewer are repeated"};
    if (!columns || !bl_nn_columns_arranges(columns))
        return;
    const bl_nn_arrangement *rows = &columns->rows;
    bl_text_add(to, "Rows of %s: ", port->name);
    if (rows->order == BL_NN_ORDER_KEPT)
        bl_text_add(to, "as they come");
    else if (rows->order == BL_NN_ORDER_COLUMN)
        bl_text_add(to, "ordered by %s", column_name(port, rows->column));
    else
        bl_text_add(to, "ordered by ΔR from the first, of %s and %s",
                    column_name(port, rows->column), column_name(port, rows->phi));
    if (rows->order != BL_NN_ORDER_KEPT)
        bl_text_add(to, ", the %s first", rows->ascending ? "smallest" : "largest");
    if (rows->length)
        bl_text_add(to, "; at most %zu%s", rows->length, fills[rows->padding]);
    bl_text_add(to, "%s. ", rows->is_per_event ? "; standardised in each event" : "");
}

static bl_status add_inputs(const bl_subject *subject, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Input", "Number", "Curve",          "Offset", "Scale",
                                       "Least", "Most",   "Instead of NaN", NULL};
    const bl_model *model = subject->opened[0];
    bl_text rows = {.arena = to->arena};
    bl_cells cells;
    const char *title = bl_arena_printf(to->arena, "Inputs of %s", subject->name);
    if (!title)
        return bl_error_nomem(err, strlen(subject->name), "a title");
    bl_cells_begin(&cells, to->arena, title, 3, head);
    for (size_t i = 0; i < bl_model_n_inputs(model); i++) {
        put_rows(&rows, &model->inputs[i], model->transforms[i]);
        for (size_t k = 0; k < model->inputs[i].width; k++)
            put_column(&cells, &model->inputs[i], model->transforms[i], k);
    }
    if (rows.has_failed)
        return bl_error_nomem(err, rows.n, "a text");
    BL_TRY(bl_section_add_words(to,
                                "What the network is fed with. A number x becomes (curve(x) − "
                                "offset)·scale, is cut to what is least and most, and what is no "
                                "number is replaced.",
                                err));
    if (rows.n)
        BL_TRY(bl_section_add_words(to, rows.text, err));
    return bl_cells_end(&cells, to, err);
}

static void put_column_json(bl_text *json, const bl_model_port *port, const bl_nn_columns *columns,
                            size_t k) {
    bl_text_add(json, "%s{\"name\": ", k ? ", " : "");
    bl_json_put_text(json, port->columns ? port->columns[k] : NULL);
    if (columns) {
        bl_text_add(json,
                    ", \"curve\": \"%s\", \"offset\": ", bl_nn_curve_name(columns->curves[k]));
        bl_json_put_number(json, columns->offset[k]);
        bl_text_add(json, ", \"scale\": ");
        bl_json_put_number(json, columns->scale[k]);
        bl_text_add(json, ", \"low\": ");
        bl_json_put_number(json, columns->low[k]);
        bl_text_add(json, ", \"high\": ");
        bl_json_put_number(json, columns->high[k]);
        bl_text_add(json, ", \"missing\": ");
        bl_json_put_number(json, columns->missing[k]);
    }
    bl_text_add(json, "}");
}

static void put_input_json(bl_text *json, const bl_model *model, size_t i) {
    const bl_model_port *port = &model->inputs[i];
    bl_text_add(json, "%s\n {\"input\": ", i ? "," : "");
    bl_json_put_text(json, port->name);
    bl_text_add(json, ", \"steps\": %zu, \"ragged\": %s, \"columns\": [", port->steps,
                port->ragged ? "true" : "false");
    for (size_t k = 0; k < port->width; k++)
        put_column_json(json, port, model->transforms[i], k);
    bl_text_add(json, "]}");
}

/// The first subject that is a model; NULL: all are columns.
static const bl_subject *first_model(const bl_evaluation *evaluation) {
    for (size_t i = 0; i < evaluation->n_subjects; i++)
        if (evaluation->subjects[i].n_models)
            return &evaluation->subjects[i];
    return NULL;
}

bl_status bl_section_dataset(const bl_evaluation *evaluation, bl_section_output *to,
                             bl_error *err) {
    const bl_prepared *prepared = evaluation->prepared;
    const bl_subject *subject = first_model(evaluation);
    bl_text *json = &to->json;
    BL_TRY(add_parts(evaluation, to, err));
    if (subject)
        BL_TRY(add_inputs(subject, to, err));
    bl_text_add(json, "{\"duplicates\": %lld, \"parts\": [", (long long)prepared->n_duplicates);
    for (size_t i = 0; i < prepared->n_parts; i++) {
        bl_text_add(json, "%s\n ", i ? "," : "");
        put_part_json(json, evaluation, &prepared->parts[i]);
    }
    bl_text_add(json, "],\n \"inputs\": [");
    for (size_t i = 0; subject && i < bl_model_n_inputs(subject->opened[0]); i++)
        put_input_json(json, subject->opened[0], i);
    bl_text_add(json, "]}");
    return BL_OK;
}
