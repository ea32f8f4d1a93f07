// SPDX-License-Identifier: Apache-2.0
// PDF, by libharu, with the fonts that every reader has. Letters outside Latin 1 become '?'.
#include "plot/canvas.h"

#ifdef BL_HAVE_HARU

#include <hpdf.h>
#include <stdio.h>

#include "base/context.h"

typedef struct pdf {
    bl_canvas head;
    HPDF_Doc document;
    HPDF_Page page;
    HPDF_Font font;
    char *bytes;
    HPDF_STATUS failed; ///< the first failure
} pdf;

static void note_failure(HPDF_STATUS code, HPDF_STATUS detail, void *user) {
    pdf *p = (pdf *)user;
    (void)detail;
    if (!p->failed)
        p->failed = code;
}

static void set_color(pdf *p, uint32_t color, bool of_text) {
    float red = (float)(color >> 16 & 255) / 255, green = (float)(color >> 8 & 255) / 255,
          blue = (float)(color & 255) / 255;
    if (of_text)
        HPDF_Page_SetRGBFill(p->page, red, green, blue);
    else
        HPDF_Page_SetRGBStroke(p->page, red, green, blue);
}

static void line(bl_canvas *canvas, const bl_point *points, size_t n, uint32_t color,
                 double width) {
    pdf *p = (pdf *)canvas;
    set_color(p, color, false);
    HPDF_Page_SetLineWidth(p->page, (float)width);
    for (size_t i = 0; i < n; i++) {
        float x = (float)points[i].x, y = (float)(canvas->height - points[i].y);
        if (i == 0)
            HPDF_Page_MoveTo(p->page, x, y);
        else
            HPDF_Page_LineTo(p->page, x, y);
    }
    HPDF_Page_Stroke(p->page);
}

/// UTF-8 as Latin 1. \param out [size]
static void as_latin1(const char *text, char *out, size_t size) {
    size_t n = 0;
    while (*text && n + 1 < size) {
        unsigned char c = (unsigned char)*text++;
        if (c >= 0xc2 && c <= 0xc3 && ((unsigned char)*text & 0xc0) == 0x80)
            out[n++] = (char)((c & 3) << 6 | ((unsigned char)*text++ & 0x3f));
        else if (c < 0x80)
            out[n++] = (char)(c < 0x20 ? ' ' : c);
        else if (c >= 0xc0)
            out[n++] = '?';
    }
    out[n] = 0;
}

static void text(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up,
                 uint32_t color, const char *text) {
    pdf *p = (pdf *)canvas;
    char latin1[512];
    as_latin1(text, latin1, sizeof latin1);
    HPDF_Page_SetFontAndSize(p->page, p->font, (float)size);
    double width = HPDF_Page_TextWidth(p->page, latin1);
    double before = anchor == BL_ANCHOR_START ? 0 : anchor == BL_ANCHOR_END ? width : width / 2;
    double x = up ? at.x : at.x - before, y = canvas->height - at.y - (up ? before : 0);
    set_color(p, color, true);
    HPDF_Page_BeginText(p->page);
    if (up)
        HPDF_Page_SetTextMatrix(p->page, 0, 1, -1, 0, (float)x, (float)y);
    else
        HPDF_Page_SetTextMatrix(p->page, 1, 0, 0, 1, (float)x, (float)y);
    HPDF_Page_ShowText(p->page, latin1);
    HPDF_Page_EndText(p->page);
}

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

static const bl_canvas_ops ops = {line, text, finish, close_pdf};

bl_status bl_canvas_new_pdf(bl_context *context, double width, double height,
                            bl_canvas **ret_canvas, bl_error *err) {
    pdf *made = (pdf *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a picture");
    made->head = (bl_canvas){&ops, context, width, height};
    bl_context_ref(context);
    BL_AUTO(bl_canvas) canvas = &made->head;
    made->document = HPDF_New(note_failure, made);
    if (made->document)
        made->page = HPDF_AddPage(made->document);
    if (!made->page)
        return bl_error_nomem(err, 0, "a picture");
    HPDF_Page_SetWidth(made->page, (float)width);
    HPDF_Page_SetHeight(made->page, (float)height);
    made->font = HPDF_GetFont(made->document, "Helvetica", "WinAnsiEncoding");
    *ret_canvas = BL_MOVE(canvas);
    return BL_OK;
}

#else

bl_status bl_canvas_new_pdf(bl_context *context, double width, double height,
                            bl_canvas **ret_canvas, bl_error *err) {
    (void)context, (void)width, (void)height, (void)ret_canvas;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "this build has no PDF: libharu (libhpdf-dev) was missing; SVG is there");
}

#endif
