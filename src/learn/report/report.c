// SPDX-License-Identifier: Apache-2.0
// All sections of an evaluation, and their JSON.
#include "learn/report/report.h"

#include <beamline/version.h>
#include <string.h>

#include "base/context.h"
#include "base/json_text.h"

// ---- sections ----

static size_t n_sections(void) {
    size_t n = 0;
    while (bl_sections[n].name)
        n++;
    return n;
}

static bool is_wanted(const bl_report *report, const bl_section *section) {
    bool is_numbers = report->evaluation->n_targets > 0;
    return section->scope == BL_OF_ANY || (section->scope == BL_OF_NUMBERS) == is_numbers;
}

static bl_status make_part(bl_report *report, const bl_section *section, bl_error *err) {
    bl_report_part *part = &report->parts[report->n_parts];
    *part = (bl_report_part){
        .section = section, .output = {.arena = &report->arena, .json = {.arena = &report->arena}}};
    BL_TRY_IN(section->make(report->evaluation, &part->output, err), err, "report: %s",
              section->name);
    if (part->output.json.has_failed)
        return bl_error_nomem(err, part->output.json.n, section->name);
    if (part->output.n_blocks || part->output.json.n)
        report->n_parts++;
    return BL_OK;
}

static bl_status make_parts(bl_report *report, const bl_report_options *options, bl_error *err) {
    size_t n = n_sections();
    report->parts = (bl_report_part *)bl_arena_array(&report->arena, n + 1, sizeof *report->parts);
    if (!report->parts)
        return bl_error_nomem(err, n * sizeof *report->parts, "a report");
    for (size_t i = 0; i < n; i++) {
        if (!is_wanted(report, &bl_sections[i]))
            continue;
        BL_TRY(bl_context_check(report->evaluation->context, err));
        if (options->progress)
            options->progress(options->user, bl_sections[i].title, i, n);
        BL_TRY(make_part(report, &bl_sections[i], err));
    }
    return BL_OK;
}

/// "hlf, inclusive".
static const char *title_of(bl_report *report, const bl_report_options *options) {
    const bl_evaluation *evaluation = report->evaluation;
    bl_text text = {.arena = &report->arena};
    bl_text_add(&text, "%s", options->title ? options->title : "");
    for (size_t i = 0; i < evaluation->n_subjects && !options->title; i++)
        bl_text_add(&text, "%s%s", i ? ", " : "", evaluation->subjects[i].name);
    return text.has_failed ? NULL : text.text;
}

bl_status bl_report_make(const bl_evaluation *evaluation, const bl_report_options *options,
                         bl_report **ret_report, bl_error *err) {
    BL_AUTO(bl_report) report = (bl_report *)bl_alloc_zero(evaluation->context, 1, sizeof *report);
    if (!report)
        return bl_error_nomem(err, sizeof *report, "a report");
    bl_arena_init(&report->arena, evaluation->context);
    report->evaluation = evaluation;
    report->title = title_of(report, options);
    if (!report->title)
        return bl_error_nomem(err, 0, "a title");
    BL_TRY(make_parts(report, options, err));
    *ret_report = BL_MOVE(report);
    return BL_OK;
}

void bl_report_close(bl_report *report) {
    bl_context *context = report->evaluation->context;
    bl_arena_release(&report->arena);
    bl_free(context, report);
}

const bl_section_output *bl_report_find(const bl_report *report, const char *section) {
    for (size_t i = 0; i < report->n_parts; i++)
        if (strcmp(report->parts[i].section->name, section) == 0)
            return &report->parts[i].output;
    return NULL;
}

// ---- JSON ----

static void put_subject(const bl_subject *subject, bl_text *to) {
    bl_text_add(to, "{\"name\": ");
    bl_json_put_text(to, subject->name);
    bl_text_add(to, ", \"path\": ");
    bl_json_put_text(to, subject->path);
    bl_text_add(to, ", \"models\": %zu, \"column\": ", subject->n_models);
    bl_json_put_text(to, subject->n_models ? NULL : subject->column);
    bl_text_add(to, "}");
}

static void put_names(const char *key, const char *const *names, size_t n, bl_text *to) {
    bl_text_add(to, "\"%s\": [", key);
    for (size_t k = 0; k < n; k++) {
        bl_text_add(to, "%s", k ? ", " : "");
        bl_json_put_text(to, names[k]);
    }
    bl_text_add(to, "],\n");
}

static void put_head(const bl_report *report, bl_text *to) {
    const bl_evaluation *evaluation = report->evaluation;
    bl_text_add(to, "{\n\"format\": \"beamline report\",\n\"version\": 1,\n\"beamline\": ");
    bl_json_put_text(to, BL_VERSION);
    bl_text_add(to, ",\n\"title\": ");
    bl_json_put_text(to, report->title);
    bl_text_add(to, ",\n\"data\": {\"name\": ");
    bl_json_put_text(to, evaluation->prepared->name);
    bl_text_add(to, ", \"fingerprint\": ");
    bl_json_put_text(to, evaluation->prepared->fingerprint);
    bl_text_add(to, ", \"part\": ");
    bl_json_put_text(to, evaluation->test->name);
    bl_text_add(to, ", \"events\": %zu},\n", evaluation->test->n);
    put_names("classes", evaluation->classes, evaluation->n_targets ? 0 : evaluation->n_classes,
              to);
    if (evaluation->n_targets)
        put_names("targets", evaluation->targets, evaluation->n_targets, to);
    bl_text_add(to, "\"subjects\": [");
    for (size_t i = 0; i < evaluation->n_subjects; i++) {
        bl_text_add(to, "%s", i ? ", " : "");
        put_subject(&evaluation->subjects[i], to);
    }
    bl_text_add(to, "],\n\"seed\": %llu,\n\"replicas\": %zu,\n",
                (unsigned long long)evaluation->seed, evaluation->n_replicas);
}

bl_status bl_report_json(const bl_report *report, bl_text *to, bl_error *err) {
    bool is_first = true;
    put_head(report, to);
    bl_text_add(to, "\"sections\": {");
    for (size_t i = 0; i < report->n_parts; i++) {
        const bl_report_part *part = &report->parts[i];
        if (!part->output.json.n)
            continue;
        bl_text_add(to, "%s\n", is_first ? "" : ",");
        bl_json_put_text(to, part->section->name);
        bl_text_add(to, ": %s", part->output.json.text);
        is_first = false;
    }
    bl_text_add(to, "\n}\n}\n");
    return to->has_failed ? bl_error_nomem(err, to->n, "JSON of a report") : BL_OK;
}
