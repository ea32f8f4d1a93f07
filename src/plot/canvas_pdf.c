// SPDX-License-Identifier: Apache-2.0
// PDF, by libharu, with the two fonts of every reader that hold what physicists write: Helvetica,
// and Symbol for Greek letters and signs. Other letters become '?'.
#include "plot/canvas.h"

#ifdef BL_HAVE_HARU

#include <hpdf.h>

#include "base/context.h"
#include "plot/canvas_pdf_letters.h"
#include "plot/letters.h"

enum { N_OPACITIES = 101 };

typedef struct pdf {
    bl_canvas head;
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font fonts[2];                    ///< Helvetica, Symbol
    HPDF_ExtGState opacities[N_OPACITIES]; ///< in hundredths, as they are needed
    bl_pen pen;                            ///< of the path that was begun
    char *bytes;
    HPDF_STATUS failed; ///< the first failure
} pdf;

static void note_failure(HPDF_STATUS code, HPDF_STATUS detail, void *user) {
    pdf *p = (pdf *)user;
    (void)detail;
    if (!p->failed)
        p->failed = code;
}

static void set_ink(pdf *p, bl_ink ink, bool of_line) {
    uint32_t color = bl_inks[ink].light;
    float red = (float)(color >> 16 & 255) / 255, green = (float)(color >> 8 & 255) / 255,
          blue = (float)(color & 255) / 255;
    if (of_line)
        HPDF_Page_SetRGBStroke(p->page, red, green, blue);
    else
        HPDF_Page_SetRGBFill(p->page, red, green, blue);
}

/// Until the state is restored.
static void set_opacity(pdf *p, double opacity) {
    size_t i = (size_t)(opacity * (N_OPACITIES - 1) + 0.5);
    if (!p->opacities[i]) {
        p->opacities[i] = HPDF_CreateExtGState(p->document);
        HPDF_ExtGState_SetAlphaFill(p->opacities[i], (float)i / (N_OPACITIES - 1));
    }
    if (p->opacities[i])
        HPDF_Page_SetExtGState(p->page, p->opacities[i]);
}

// ---- paths ----

static void begin(bl_canvas *canvas, const bl_pen *pen) {
    static const HPDF_UINT16 dashes[][2] = {{0, 0}, {6, 4}, {2, 3}};
    pdf *p = (pdf *)canvas;
    p->pen = *pen;
    HPDF_Page_GSave(p->page);
    set_ink(p, pen->ink, pen->width > 0);
    if (pen->width > 0) {
        HPDF_Page_SetLineWidth(p->page, (float)pen->width);
        if (pen->is_round)
            HPDF_Page_SetLineCap(p->page, HPDF_ROUND_END);
        if (pen->dash)
            HPDF_Page_SetDash(p->page, dashes[pen->dash], 2, 0);
    } else if (pen->opacity < 1) {
        set_opacity(p, pen->opacity);
    }
}

static float within(double value) {
    return (float)(value < -1e4 ? -1e4 : value > 1e4 ? 1e4 : value);
}

static void move(bl_canvas *canvas, bl_point to) {
    HPDF_Page_MoveTo(((pdf *)canvas)->page, within(to.x), within(canvas->height - to.y));
}

static void line(bl_canvas *canvas, bl_point to) {
    HPDF_Page_LineTo(((pdf *)canvas)->page, within(to.x), within(canvas->height - to.y));
}

static void end(bl_canvas *canvas) {
    pdf *p = (pdf *)canvas;
    if (HPDF_Page_GetGMode(p->page) != HPDF_GMODE_PATH_OBJECT)
        ; // nothing was drawn
    else if (p->pen.width > 0)
        HPDF_Page_Stroke(p->page);
    else
        HPDF_Page_Fill(p->page);
    HPDF_Page_GRestore(p->page);
}

static void clip(bl_canvas *canvas, const bl_box *inside) {
    pdf *p = (pdf *)canvas;
    if (!inside) {
        HPDF_Page_GRestore(p->page);
        return;
    }
    HPDF_Page_GSave(p->page);
    HPDF_Page_Rectangle(p->page, (float)inside->left, (float)(canvas->height - inside->bottom),
                        (float)(inside->right - inside->left),
                        (float)(inside->bottom - inside->top));
    HPDF_Page_Clip(p->page);
    HPDF_Page_EndPath(p->page);
}

// ---- texts ----

/// Letters of one font and one level.
typedef struct font_run {
    bl_pdf_font font;
    int level;
    char bytes[256];
    size_t n;
} font_run;

/// \return behind the piece; NULL: the text has ended
static const char *next_piece(const char *text, font_run *ret_piece) {
    bl_letter letter;
    const char *next;
    ret_piece->n = 0;
    while ((next = bl_letter_next(text, &letter)) && ret_piece->n + 1 < sizeof ret_piece->bytes) {
        bl_pdf_font font = BL_PDF_HELVETICA;
        unsigned char byte = bl_pdf_letter(letter.code, &font);
        if (ret_piece->n && byte && (font != ret_piece->font || letter.level != ret_piece->level))
            break;
        if (byte) {
            ret_piece->font = font;
            ret_piece->level = letter.level;
            ret_piece->bytes[ret_piece->n++] = (char)byte;
        }
        text = next;
    }
    ret_piece->bytes[ret_piece->n] = 0;
    return ret_piece->n ? text : NULL;
}

static double set_font(pdf *p, const font_run *piece, double size) {
    HPDF_Page_SetFontAndSize(p->page, p->fonts[piece->font],
                             (float)(piece->level ? size * bl_level_size : size));
    return HPDF_Page_TextWidth(p->page, piece->bytes);
}

static double width_of(pdf *p, const char *text, double size) {
    double width = 0;
    font_run piece;
    while ((text = next_piece(text, &piece)))
        width += set_font(p, &piece, size);
    return width;
}

static void text(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up, bl_ink ink,
                 const char *letters) {
    pdf *p = (pdf *)canvas;
    double width = anchor == BL_ANCHOR_START ? 0 : width_of(p, letters, size);
    double along = anchor == BL_ANCHOR_MIDDLE ? -width / 2 : -width;
    font_run piece;
    set_ink(p, ink, false);
    HPDF_Page_BeginText(p->page);
    while ((letters = next_piece(letters, &piece))) {
        double rise = piece.level > 0 ? bl_level_rise * size : piece.level * bl_level_fall * size;
        double length = set_font(p, &piece, size);
        if (up)
            HPDF_Page_SetTextMatrix(p->page, 0, 1, -1, 0, (float)(at.x - rise),
                                    (float)(canvas->height - at.y + along));
        else
            HPDF_Page_SetTextMatrix(p->page, 1, 0, 0, 1, (float)(at.x + along),
                                    (float)(canvas->height - at.y + rise));
        HPDF_Page_ShowText(p->page, piece.bytes);
        along += length;
    }
    HPDF_Page_EndText(p->page);
}

// ---- the picture ----

static bl_status finish(bl_canvas *canvas, const char **ret_bytes, size_t *ret_size,
                        bl_error *err) {
    pdf *p = (pdf *)canvas;
    (void)HPDF_SaveToStream(p->document);
    HPDF_UINT32 size = p->failed ? 0 : HPDF_GetStreamSize(p->document);
    p->bytes = (char *)bl_alloc(canvas->context, size + 1);
    if (!p->bytes)
        return bl_error_nomem(err, size, "a picture");
    if (!p->failed)
        (void)HPDF_ReadFromStream(p->document, (HPDF_BYTE *)p->bytes, &size);
    if (p->failed)
        return bl_error_set(err, BL_E_IO, "libharu: error %#lx", (unsigned long)p->failed);
    *ret_bytes = p->bytes;
    *ret_size = size;
    return BL_OK;
}

static void close_pdf(bl_canvas *canvas) {
    pdf *p = (pdf *)canvas;
    bl_context *context = canvas->context;
    if (p->document)
        HPDF_Free(p->document);
    bl_free(context, p->bytes);
    bl_free(context, p);
    bl_context_unref(context);
}

static const bl_canvas_ops ops = {begin, move, line, end, clip, text, finish, close_pdf};

/// The document's title, in the letters that a PDF's notes have.
static void set_title(pdf *p, const char *title) {
    char latin[256];
    size_t n = 0;
    bl_letter letter;
    while ((title = bl_letter_next(title, &letter)) && n + 1 < sizeof latin)
        latin[n++] = (char)(letter.code < 0x80 ? letter.code : '?');
    latin[n] = 0;
    (void)HPDF_SetInfoAttr(p->document, HPDF_INFO_TITLE, latin);
}

bl_status bl_canvas_new_pdf(bl_context *context, double width, double height, const char *title,
                            bl_canvas **ret_canvas, bl_error *err) {
    pdf *made = (pdf *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a picture");
    made->head = (bl_canvas){&ops, context, width, height};
    bl_context_ref(context);
    BL_AUTO(bl_canvas) canvas = &made->head;
    made->document = HPDF_New(note_failure, made);
    if (made->document) {
        (void)HPDF_SetCompressionMode(made->document, HPDF_COMP_ALL);
        made->page = HPDF_AddPage(made->document);
    }
    if (!made->page)
        return bl_error_nomem(err, 0, "a picture");
    set_title(made, title);
    HPDF_Page_SetWidth(made->page, (float)width);
    HPDF_Page_SetHeight(made->page, (float)height);
    made->fonts[BL_PDF_HELVETICA] = HPDF_GetFont(made->document, "Helvetica", "WinAnsiEncoding");
    made->fonts[BL_PDF_SYMBOL] = HPDF_GetFont(made->document, "Symbol", NULL);
    *ret_canvas = BL_MOVE(canvas);
    return BL_OK;
}

#else

bl_status bl_canvas_new_pdf(bl_context *context, double width, double height, const char *title,
                            bl_canvas **ret_canvas, bl_error *err) {
    (void)context, (void)width, (void)height, (void)title, (void)ret_canvas;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "this build has no PDF: libharu (libhpdf-dev) was missing; SVG is there");
}

#endif
