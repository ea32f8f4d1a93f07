// SPDX-License-Identifier: Apache-2.0
// The first rows of a CSV file: read, and its separator found in them.
#include "formats/text/csv.h"

enum { GUESS_BYTES = 64 << 10 };
#define SAMPLE_BYTES ((size_t)1 << 20)
/// A first row that is longer is none.
#define MOST_SAMPLE_BYTES ((size_t)64 << 20)

static bl_status check_encoding(bl_csv_sample *sample, bl_error *err) {
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    const uint8_t *text = sample->text;
    bool is_wide = sample->size >= 2 &&
                   ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff));
    if (is_wide)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "this is UTF-16; iconv -f UTF-16 -t UTF-8 "
                            "makes UTF-8 of it");
    if (sample->size >= sizeof mark && memcmp(text, mark, sizeof mark) == 0)
        sample->begin = sizeof mark;
    return BL_OK;
}

/// Whether the first row ends in the sample. Quotes that are not RFC 4180's leave that open.
/// \param is_all nothing follows in the file
static bool has_first_row(bl_csv_sample *sample, bool is_all) {
    if (is_all && sample->size > sample->begin && sample->text[sample->size - 1] != '\n')
        sample->text[sample->size++] = '\n';
    memset(sample->text + sample->size, 0, BL_MARKS_STEP);
    bl_marks_state state = BL_MARKS_BEGIN;
    bl_marks_count count = {0, 0};
    bl_marks_get(true)->count(sample->text + sample->begin, sample->size - sample->begin, ',',
                              &state, &count);
    return is_all || state.is_odd || count.n_rows;
}

bl_status bl_csv_sample_read(bl_context *context, bl_text_store *store, bl_csv_sample *ret_sample,
                             bl_error *err) {
    for (size_t room = SAMPLE_BYTES; room <= MOST_SAMPLE_BYTES; room *= 8) {
        bl_csv_sample sample = {0};
        size_t most = store->size < room ? (size_t)store->size : room;
        sample.text = (uint8_t *)bl_alloc(context, most + 2 * BL_MARKS_STEP);
        if (!sample.text)
            return bl_error_nomem(err, room, "the first rows");
        bl_status status = bl_text_store_read(store, 0, sample.text, most, &sample.size, err);
        bool is_all = sample.size < room;
        if (status == BL_OK)
            status = check_encoding(&sample, err);
        if (status == BL_OK && has_first_row(&sample, is_all)) {
            *ret_sample = sample;
            return BL_OK;
        }
        bl_free(context, sample.text);
        BL_TRY(status);
    }
    return bl_error_set(err, BL_E_LIMIT, "line 1: a row of more than %zu bytes", MOST_SAMPLE_BYTES);
}

bl_status bl_csv_sample_split(bl_context *context, const bl_csv_sample *sample, uint8_t separator,
                              uint32_t **ret_ends, size_t *ret_n_ends, size_t *ret_n_columns,
                              bl_error *err) {
    size_t size = sample->size - sample->begin, n = 0;
    const uint8_t *text = sample->text + sample->begin;
    uint32_t *ends = (uint32_t *)bl_alloc(context, (size + BL_MARKS_STEP) * sizeof *ends);
    if (!ends)
        return bl_error_nomem(err, size * sizeof *ends, "the first rows");
    bl_marks_state state = BL_MARKS_BEGIN;
    n = bl_marks_get(true)->split(text, size, separator, BL_MARKS_FIELDS, &state, 0, ends);
    if (state.is_odd) {
        state = BL_MARKS_BEGIN;
        n = bl_marks_lenient.split(text, size, separator, BL_MARKS_FIELDS, &state, 0, ends);
    }
    size_t first = 0;
    while (first < n && text[ends[first]] != '\n')
        first++;
    *ret_ends = ends;
    *ret_n_ends = n;
    *ret_n_columns = first + (first < n);
    return BL_OK;
}

/// How many of the rows have as many fields as the first one.
static double share_of_rows(const uint8_t *text, const uint32_t *ends, size_t n, size_t n_columns) {
    size_t n_rows = 0, n_alike = 0, in_row = 0;
    for (size_t i = 0; i < n; i++) {
        in_row++;
        if (text[ends[i]] != '\n')
            continue;
        n_rows++;
        n_alike += in_row == n_columns;
        in_row = 0;
    }
    return n_rows ? (double)n_alike / (double)n_rows : 0;
}

uint8_t bl_csv_guess_separator(bl_context *context, const bl_csv_sample *sample) {
    static const uint8_t candidates[] = {',', '\t', ';', '|'};
    bl_csv_sample part = *sample;
    uint8_t best = ',';
    double best_share = 0.5; // fewer rows alike are no table
    size_t best_columns = 1;
    if (part.size - part.begin > GUESS_BYTES) { // a cut row counts little
        part.size = part.begin + GUESS_BYTES;
        while (part.size > part.begin + 1 && part.text[part.size - 1] != '\n')
            part.size--;
        if (part.size <= part.begin + 1)
            part.size = sample->size;
    }
    for (size_t i = 0; i < sizeof candidates; i++) {
        uint32_t *ends = NULL;
        size_t n = 0, n_columns = 0;
        if (bl_csv_sample_split(context, &part, candidates[i], &ends, &n, &n_columns, NULL) !=
            BL_OK)
            continue;
        double share = share_of_rows(part.text + part.begin, ends, n, n_columns);
        bl_free(context, ends);
        if (n_columns < 2 || share < best_share ||
            (share == best_share && n_columns <= best_columns))
            continue;
        best = candidates[i];
        best_share = share;
        best_columns = n_columns;
    }
    return best;
}
