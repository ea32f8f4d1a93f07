// SPDX-License-Identifier: Apache-2.0
/// \file
/// A report: what all sections say of an evaluation, and what becomes of it: a page, JSON, files of
/// charts. docs/evaluate.md describes each.
#ifndef BL_LEARN_REPORT_REPORT_H
#define BL_LEARN_REPORT_REPORT_H

#include "learn/report/section.h"

/// Zero-initialise, then set what differs from the default.
typedef struct bl_report_options {
    const char *title; ///< NULL: the names of the subjects
    /// Called before each section, in the caller's thread; may be NULL.
    void (*progress)(void *user, const char *section, size_t done, size_t all);
    void *user;
} bl_report_options;

/// What one section said.
typedef struct bl_report_part {
    const bl_section *section;
    bl_section_output output;
} bl_report_part;

typedef struct bl_report {
    bl_arena arena; ///< holds all of it
    const bl_evaluation *evaluation;
    const char *title;
    size_t n_parts;
    bl_report_part *parts; ///< [n_parts] those that said something, in the order of the table
} bl_report;

/// Runs all sections. \param evaluation borrows until the report is closed
/// \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM, and what sections return, behind their names
bl_status bl_report_make(const bl_evaluation *evaluation, const bl_report_options *options,
                         bl_report **ret_report, bl_error *err);
void bl_report_close(bl_report *report);
BL_DEFINE_AUTO(bl_report, bl_report_close);
/// What a section said, by its name; NULL: nothing.
const bl_section_output *bl_report_find(const bl_report *report, const char *section);

/// The page: one file of HTML that asks for no other.
/// \return BL_OK, BL_E_NOMEM, and what drawing returns
bl_status bl_report_page(const bl_report *report, bl_text *to, bl_error *err);
/// One JSON object of all sections. \return BL_OK, BL_E_NOMEM
bl_status bl_report_json(const bl_report *report, bl_text *to, bl_error *err);
/// Files of all charts: NAME.svg, NAME.csv and, where PDF can be written, NAME.pdf.
/// \param folder made where there is none \param overwrite replace what is there; else that is
/// BL_E_EXISTS \param ret_has_pdf whether there are PDFs
/// \return BL_OK, BL_E_NOMEM, and what drawing, bl_folder_make and bl_whole_file_write return
bl_status bl_report_plots(const bl_report *report, const char *folder, bool overwrite,
                          bool *ret_has_pdf, bl_error *err);

#endif
