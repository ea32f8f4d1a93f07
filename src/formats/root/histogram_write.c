// SPDX-License-Identifier: Apache-2.0
// A TH1D, with the attributes that ROOT's default style gives to one.
#include "formats/root/histogram_write.h"

#include "formats/root/object_write.h"

#define INTEGER BL_ROOT_SET_INTEGER
#define REAL BL_ROOT_SET_REAL
#define TEXT BL_ROOT_SET_TEXT
#define OBJECT BL_ROOT_SET_OBJECT
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { FONT = 42, DIVISIONS = 510, LINE_COLOR = 602, SOLID = 1001, NEUTRAL = 2 };

/// A TArrayD. \return NULL: no memory
static bl_root_draft *numbers(bl_arena *arena, const double *values, size_t n) {
    uint8_t *bytes = (uint8_t *)bl_arena_array(arena, n + 1, sizeof *values);
    for (size_t i = 0; bytes && i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bl_store_be64(bytes + sizeof bits * i, bits);
    }
    const bl_root_setting members[] = {BL_ROOT_SET_NUMBERS("fArray", bytes, n)};
    return bytes ? bl_root_draft_new(arena, "TArrayD", members, 1) : NULL;
}

/// \param edges NULL: `n_bins` from low to high
static bl_root_draft *axis(bl_arena *arena, const char *name, const char *title, size_t n_bins,
                           double low, double high, const double *edges) {
    bl_root_draft *bins = edges ? numbers(arena, edges, n_bins + 1) : NULL;
    if (edges && !bins)
        return NULL;
    const bl_root_setting members[] = {TEXT("fName", name),
                                       TEXT("fTitle", title ? title : ""),
                                       INTEGER("fNdivisions", DIVISIONS),
                                       INTEGER("fAxisColor", 1),
                                       INTEGER("fLabelColor", 1),
                                       INTEGER("fLabelFont", FONT),
                                       REAL("fLabelOffset", 0.005),
                                       REAL("fLabelSize", 0.035),
                                       REAL("fTickLength", 0.03),
                                       REAL("fTitleOffset", 1),
                                       REAL("fTitleSize", 0.035),
                                       INTEGER("fTitleColor", 1),
                                       INTEGER("fTitleFont", FONT),
                                       INTEGER("fNbins", (int64_t)n_bins),
                                       REAL("fXmin", low),
                                       REAL("fXmax", high),
                                       OBJECT("fXbins", bins)};
    return bl_root_draft_new(arena, "TAxis", members, COUNT(members));
}

static bl_root_draft *histogram_object(bl_arena *arena, const bl_histogram_view *h) {
    size_t n = h->n_bins;
    bl_root_draft *x = axis(arena, "xaxis", h->x_title, n, h->edges[0], h->edges[n],
                            h->is_uniform ? NULL : h->edges);
    bl_root_draft *y = axis(arena, "yaxis", h->y_title, 1, 0, 1, NULL);
    bl_root_draft *z = axis(arena, "zaxis", NULL, 1, 0, 1, NULL);
    bl_root_draft *sumw = numbers(arena, h->sumw, n + 2), *sumw2 = numbers(arena, h->sumw2, n + 2);
    if (!x || !y || !z || !sumw || !sumw2)
        return NULL;
    const bl_root_setting members[] = {TEXT("fName", h->name),
                                       TEXT("fTitle", h->title ? h->title : ""),
                                       INTEGER("fLineColor", LINE_COLOR),
                                       INTEGER("fLineStyle", 1),
                                       INTEGER("fLineWidth", 1),
                                       INTEGER("fFillStyle", SOLID),
                                       INTEGER("fMarkerColor", 1),
                                       INTEGER("fMarkerStyle", 1),
                                       REAL("fMarkerSize", 1),
                                       INTEGER("fNcells", (int64_t)n + 2),
                                       OBJECT("fXaxis", x),
                                       OBJECT("fYaxis", y),
                                       OBJECT("fZaxis", z),
                                       INTEGER("fBarWidth", 1000),
                                       REAL("fEntries", h->n_entries),
                                       REAL("fTsumw", h->total[0]),
                                       REAL("fTsumw2", h->total[1]),
                                       REAL("fTsumwx", h->total[2]),
                                       REAL("fTsumwx2", h->total[3]),
                                       REAL("fMaximum", -1111),
                                       REAL("fMinimum", -1111),
                                       OBJECT("fSumw2", sumw2),
                                       INTEGER("fStatOverflows", NEUTRAL),
                                       sumw->settings[0]};
    return bl_root_draft_new(arena, "TH1D", members, COUNT(members));
}

static bl_status write_object(bl_root_writer *writer, const bl_root_draft *object, bl_root_key *key,
                              bl_error *err) {
    bl_root_scribe scribe = {.packer = {.context = writer->context}, .key_len = key->key_len};
    bl_root_scribe_object(&scribe, object);
    bl_status status = bl_packer_check(&scribe.packer, "a histogram", err);
    if (status == BL_OK)
        status = bl_root_writer_record(writer, 0, key, scribe.packer.buffer, err);
    bl_root_writer_note_classes(writer, &scribe);
    bl_packer_release(&scribe.packer);
    return status;
}

bl_status bl_root_histogram_write(bl_root_writer *writer, const bl_histogram_view *histogram,
                                  bl_error *err) {
    bl_root_key key;
    const char *name = bl_arena_text(&writer->arena, histogram->name, strlen(histogram->name));
    const char *title = bl_arena_text(&writer->arena, histogram->title ? histogram->title : "",
                                      histogram->title ? strlen(histogram->title) : 0);
    bl_root_draft *object = histogram_object(&writer->arena, histogram);
    if (!name || !title || !object)
        return bl_error_nomem(err, 0, "a histogram");
    if (bl_root_writer_find(writer, 0, name))
        return bl_error_set(err, BL_E_EXISTS, "'%s': already exists", name);
    BL_TRY(bl_root_writer_key(writer, 0, "TH1D", name, title, &key, err));
    return write_object(writer, object, &key, err);
}
