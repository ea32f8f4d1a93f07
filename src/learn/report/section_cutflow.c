// SPDX-License-Identifier: Apache-2.0
// What each cut left of each sample, when the data were prepared.
#include "base/json_text.h"
#include "learn/report/cells.h"
#include "learn/report/sections.h"

/// One line of a sample. Efficiencies are those of sums of weights, as these are what is measured.
static void put_cut(bl_cells *cells, const bl_prepared_sample *sample, size_t k) {
    const bl_prepared_cut *cut = &sample->cuts[k], *before = &sample->cuts[k ? k - 1 : 0];
    bl_cells_add(cells, "%s", k ? "" : sample->name);
    bl_cells_add(cells, "%s", cut->text);
    bl_cells_count(cells, cut->n_rows);
    bl_cells_number(cells, cut->sumw * sample->factor);
    bl_cells_share(cells, cut->sumw, before->sumw);
    bl_cells_share(cells, cut->sumw, sample->cuts[0].sumw);
}

static void put_json(bl_text *json, const bl_prepared_sample *sample) {
    bl_text_add(json, "{\"sample\": ");
    bl_json_put_text(json, sample->name);
    bl_text_add(json, ", \"factor\": ");
    bl_json_put_number(json, sample->factor);
    bl_text_add(json, ", \"cuts\": ");
    bl_prepared_put_cuts(json, sample);
    bl_text_add(json, "}");
}

bl_status bl_section_cutflow(const bl_evaluation *evaluation, bl_section_output *to,
                             bl_error *err) {
    static const char *const head[] = {"Sample",    "Cut",    "Events", "Σ weights",
                                       "Of before", "Of all", NULL};
    const bl_prepared *prepared = evaluation->prepared;
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, NULL, 2, head);
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < prepared->n_samples; i++) {
        for (size_t k = 0; k < prepared->samples[i].n_cuts; k++)
            put_cut(&cells, &prepared->samples[i], k);
        bl_text_add(&to->json, "%s", i ? ",\n " : "");
        put_json(&to->json, &prepared->samples[i]);
    }
    bl_text_add(&to->json, "]");
    if (cells.n)
        BL_TRY(bl_section_add_words(
            to,
            "What the selection left of each sample, all parts together. Sums of weights are in "
            "events expected, with the factor of cross-section and luminosity; shares are those of "
            "sums of weights, of the cut before and of all events.",
            err));
    return bl_cells_end(&cells, to, err);
}
