// SPDX-License-Identifier: Apache-2.0
/// \file
/// Letters as bytes of the two fonts that PDF's pictures use.
#ifndef BL_PLOT_CANVAS_PDF_LETTERS_H
#define BL_PLOT_CANVAS_PDF_LETTERS_H

#include <stdint.h>

typedef enum bl_pdf_font { BL_PDF_HELVETICA, BL_PDF_SYMBOL } bl_pdf_font;

/// \return its byte in WinAnsiEncoding, or in Symbol's own; '?' where neither has it; 0 for marks
/// over the letter before, which are left out
/// \source ISO 32000-1, annex D
unsigned char bl_pdf_letter(uint32_t code, bl_pdf_font *ret_font);

#endif
