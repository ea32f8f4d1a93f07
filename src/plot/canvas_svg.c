// SPDX-License-Identifier: Apache-2.0
// SVG 1.1, as text.
#include <stdarg.h>
#include <stdio.h>

#include "base/context.h"
#include "base/packer.h"
#include "plot/canvas.h"

typedef struct svg {
    bl_canvas head;
    bl_packer text;
} svg;

static void BL_PRINTF(2, 3) print(svg *s, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bl_pack_bytes(&s->text, text,
                  n < 0                     ? 0
                  : (size_t)n < sizeof text ? (size_t)n
                                            : sizeof text - 1);
}

static void line(bl_canvas *canvas, const bl_point *points, size_t n, uint32_t color,
                 double width) {
    svg *s = (svg *)canvas;
    print(s, "<polyline fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.2f\" points=\"", color,
          width);
    for (size_t i = 0; i < n; i++)
        print(s, "%s%.2f,%.2f", i ? " " : "", points[i].x, points[i].y);
    print(s, "\"/>\n");
}

static void print_escaped(svg *s, const char *text) {
    for (; *text; text++)
        if (*text == '<')
            print(s, "&lt;");
        else if (*text == '&')
            print(s, "&amp;");
        else if (*text == '>')
            print(s, "&gt;");
        else
            print(s, "%c", (unsigned char)*text < 0x20 ? ' ' : *text);
}

static void text(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up,
                 uint32_t color, const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    svg *s = (svg *)canvas;
    print(s, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.1f\" fill=\"#%06x\" text-anchor=\"%s\"",
          at.x, at.y, size, color, anchors[anchor]);
    if (up)
        print(s, " transform=\"rotate(-90 %.2f %.2f)\"", at.x, at.y);
    print(s, ">");
    print_escaped(s, text);
    print(s, "</text>\n");
}

static bl_status finish(bl_canvas *canvas, const char **ret_bytes, size_t *ret_size,
                        bl_error *err) {
    svg *s = (svg *)canvas;
    print(s, "</svg>\n");
    BL_TRY(bl_packer_check(&s->text, "a picture", err));
    *ret_bytes = (const char *)s->text.buffer->data;
    *ret_size = bl_packer_size(&s->text);
    return BL_OK;
}

static void close_svg(bl_canvas *canvas) {
    svg *s = (svg *)canvas;
    bl_context *context = canvas->context;
    bl_packer_release(&s->text);
    bl_free(context, s);
    bl_context_unref(context);
}

static const bl_canvas_ops ops = {line, text, finish, close_svg};

bl_status bl_canvas_new_svg(bl_context *context, double width, double height,
                            bl_canvas **ret_canvas, bl_error *err) {
    svg *s = (svg *)bl_alloc_zero(context, 1, sizeof *s);
    if (!s)
        return bl_error_nomem(err, sizeof *s, "a picture");
    s->head = (bl_canvas){&ops, context, width, height};
    s->text.context = context;
    bl_context_ref(context);
    print(s,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
          "height=\"%g\"",
          width, height, width, height);
    print(s, " font-family=\"Helvetica, Arial, sans-serif\" stroke-linejoin=\"miter\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n");
    *ret_canvas = &s->head;
    return BL_OK;
}
