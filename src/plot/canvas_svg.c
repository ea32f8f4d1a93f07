// SPDX-License-Identifier: Apache-2.0
// SVG 1.1, as text. Paths are short: steps from point to point in hundredths of a point. In a page
// colours are the page's custom properties, so that a picture follows it from light to dark.
#include <math.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/text.h"
#include "plot/canvas.h"
#include "plot/letters.h"

typedef struct svg {
    bl_canvas head;
    bl_arena arena; ///< holds `text`
    bl_text text;
    const char *id; ///< borrows while it is made, in `arena`; NULL: a file
    int n_clips;
    bl_pen pen; ///< of the path that was begun
    long x, y;  ///< where it is, in hundredths
} svg;

// ---- numbers and colours ----

/// In hundredths, with what parts it from the number before. \param is_first nothing is before it
static void add_number(svg *s, long value, bool is_first) {
    long size = labs(value), whole = size / 100, part = size % 100;
    const char *before = value < 0 ? "-" : is_first ? "" : " ";
    if (part == 0)
        bl_text_add(&s->text, "%s%ld", before, whole);
    else if (whole == 0)
        bl_text_add(&s->text, part % 10 ? "%s.%02ld" : "%s.%ld", before,
                    part % 10 ? part : part / 10);
    else
        bl_text_add(&s->text, part % 10 ? "%s%ld.%02ld" : "%s%ld.%ld", before, whole,
                    part % 10 ? part : part / 10);
}

static long hundredths(double value) { return lround(fmin(fmax(value, -1e5), 1e5) * 100); }

static void add_attribute(svg *s, const char *name, double value) {
    bl_text_add(&s->text, " %s=\"", name);
    add_number(s, hundredths(value), true);
    bl_text_add(&s->text, "\"");
}

static void add_ink(svg *s, const char *name, bl_ink ink) {
    if (s->id)
        bl_text_add(&s->text, " %s=\"var(--bl-%s)\"", name, bl_inks[ink].name);
    else
        bl_text_add(&s->text, " %s=\"#%06x\"", name, (unsigned)bl_inks[ink].light);
}

// ---- paths ----

static void begin(bl_canvas *canvas, const bl_pen *pen) {
    svg *s = (svg *)canvas;
    s->pen = *pen;
    s->x = s->y = 0;
    bl_text_add(&s->text, "<path d=\"");
}

static void move(bl_canvas *canvas, bl_point to) {
    svg *s = (svg *)canvas;
    s->x = hundredths(to.x);
    s->y = hundredths(to.y);
    bl_text_add(&s->text, "M");
    add_number(s, s->x, true);
    add_number(s, s->y, false);
}

static void line(bl_canvas *canvas, bl_point to) {
    svg *s = (svg *)canvas;
    long x = hundredths(to.x), y = hundredths(to.y);
    bl_text_add(&s->text, y == s->y ? "h" : x == s->x ? "v" : "l");
    if (x != s->x || y == s->y)
        add_number(s, x - s->x, true);
    if (y != s->y)
        add_number(s, y - s->y, x == s->x);
    s->x = x;
    s->y = y;
}

static void end(bl_canvas *canvas) {
    static const char *const dashes[] = {"", "6 3.5", "2 2.5"};
    svg *s = (svg *)canvas;
    bl_text_add(&s->text, "\"");
    if (s->pen.width > 0) {
        add_ink(s, "stroke", s->pen.ink);
        add_attribute(s, "stroke-width", s->pen.width);
        if (s->pen.dash)
            bl_text_add(&s->text, " stroke-dasharray=\"%s\"", dashes[s->pen.dash]);
        if (s->pen.is_round)
            bl_text_add(&s->text, " stroke-linecap=\"round\"");
    } else {
        add_ink(s, "fill", s->pen.ink);
        if (s->pen.opacity < 1)
            add_attribute(s, "fill-opacity", s->pen.opacity);
    }
    bl_text_add(&s->text, "/>\n");
}

static void clip(bl_canvas *canvas, const bl_box *inside) {
    svg *s = (svg *)canvas;
    const char *id = s->id ? s->id : "chart";
    if (!inside) {
        bl_text_add(&s->text, "</g>\n");
        return;
    }
    bl_text_add(&s->text, "<clipPath id=\"%s-%d\"><path d=\"M", id, ++s->n_clips);
    add_number(s, hundredths(inside->left), true);
    add_number(s, hundredths(inside->top), false);
    bl_text_add(&s->text, "H");
    add_number(s, hundredths(inside->right), true);
    bl_text_add(&s->text, "V");
    add_number(s, hundredths(inside->bottom), true);
    bl_text_add(&s->text, "H");
    add_number(s, hundredths(inside->left), true);
    bl_text_add(&s->text, "z\"/></clipPath>\n<g clip-path=\"url(#%s-%d)\">\n", id, s->n_clips);
}

// ---- texts ----

static void add_letter(svg *s, uint32_t code) {
    char bytes[4];
    if (code == '<' || code == '>' || code == '&')
        bl_text_add(&s->text, code == '<' ? "&lt;" : code == '>' ? "&gt;" : "&amp;");
    else
        bl_text_add(&s->text, "%.*s", (int)bl_letter_utf8(code, bytes), bytes);
}

/// Letters at their levels. What is shifted in one piece is shifted back in the next.
static void add_letters(svg *s, const char *text, double size) {
    const double rises[] = {-bl_level_fall * size, 0, bl_level_rise * size};
    int level = 0;
    double shift = 0;
    bool is_in_piece = false;
    bl_letter letter;
    while ((text = bl_letter_next(text, &letter))) {
        if (letter.level != level) {
            bl_text_add(&s->text, is_in_piece ? "</tspan><tspan" : "<tspan");
            add_attribute(s, "dy", shift - rises[letter.level + 1]);
            if (letter.level)
                add_attribute(s, "font-size", size * bl_level_size);
            bl_text_add(&s->text, ">");
            shift = rises[letter.level + 1];
            level = letter.level;
            is_in_piece = true;
        }
        add_letter(s, letter.code);
    }
    if (is_in_piece)
        bl_text_add(&s->text, "</tspan>");
}

static void text(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up, bl_ink ink,
                 const char *letters) {
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    svg *s = (svg *)canvas;
    bl_text_add(&s->text, "<text");
    add_attribute(s, "x", at.x);
    add_attribute(s, "y", at.y);
    add_attribute(s, "font-size", size);
    add_ink(s, "fill", ink);
    bl_text_add(&s->text, "%s", anchors[anchor]);
    if (up) {
        bl_text_add(&s->text, " transform=\"rotate(-90 ");
        add_number(s, hundredths(at.x), true);
        add_number(s, hundredths(at.y), false);
        bl_text_add(&s->text, ")\"");
    }
    bl_text_add(&s->text, ">");
    add_letters(s, letters, size);
    bl_text_add(&s->text, "</text>\n");
}

// ---- the picture ----

static bl_status finish(bl_canvas *canvas, const char **ret_bytes, size_t *ret_size,
                        bl_error *err) {
    svg *s = (svg *)canvas;
    bl_text_add(&s->text, "</svg>\n");
    if (s->text.has_failed)
        return bl_error_nomem(err, s->text.n, "a picture");
    *ret_bytes = s->text.text;
    *ret_size = s->text.n;
    return BL_OK;
}

static void close_svg(bl_canvas *canvas) {
    svg *s = (svg *)canvas;
    bl_context *context = canvas->context;
    bl_arena_release(&s->arena);
    bl_free(context, s);
    bl_context_unref(context);
}

static const bl_canvas_ops ops = {begin, move, line, end, clip, text, finish, close_svg};

static void add_head(svg *s, const char *title) {
    bl_letter letter;
    bl_text_add(&s->text, s->id ? "<svg id=\"%s\" class=\"bl-chart\"" : "<svg", s->id);
    if (!s->id)
        bl_text_add(&s->text, " xmlns=\"http://www.w3.org/2000/svg\"");
    bl_text_add(&s->text, " viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\"", s->head.width,
                s->head.height, s->head.width, s->head.height);
    bl_text_add(&s->text, " role=\"img\" fill=\"none\""
                          " font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\">\n"
                          "<title>");
    while ((title = bl_letter_next(title, &letter)))
        add_letter(s, letter.code);
    bl_text_add(&s->text, "</title>\n");
    if (!s->id)
        bl_text_add(&s->text, "<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
                    (unsigned)bl_inks[BL_INK_PAPER].light);
}

bl_status bl_canvas_new_svg(bl_context *context, double width, double height, const char *title,
                            const char *id, bl_canvas **ret_canvas, bl_error *err) {
    svg *s = (svg *)bl_alloc_zero(context, 1, sizeof *s);
    if (!s)
        return bl_error_nomem(err, sizeof *s, "a picture");
    s->head = (bl_canvas){&ops, context, width, height};
    bl_context_ref(context);
    bl_arena_init(&s->arena, context);
    s->text.arena = &s->arena;
    s->id = id ? bl_arena_text(&s->arena, id, strlen(id)) : NULL;
    s->text.has_failed = id && !s->id;
    add_head(s, title);
    *ret_canvas = &s->head;
    return BL_OK;
}
