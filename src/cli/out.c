// SPDX-License-Identifier: Apache-2.0
// Buffered output with a sticky failure, and JSON's quoting.
#include "cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/terminal.h"

void bl_out_init_fd(bl_out *out, int fd, char *buffer) {
    *out = (bl_out){.fd = fd, .data = buffer, .capacity = BL_OUT_BYTES};
}

void bl_out_init_memory(bl_out *out, bl_context *context) {
    *out = (bl_out){.fd = -1, .context = context};
}

void bl_out_release(bl_out *out) {
    if (out->fd < 0)
        bl_free(out->context, out->data);
    *out = (bl_out){.fd = -1, .context = out->context};
}

static void fail(bl_out *out, bl_status status) {
    if (out->failed == BL_OK)
        out->failed = status;
    out->used = 0;
}

static void write_all(bl_out *out, const char *bytes, size_t n) {
    while (n > 0 && out->failed == BL_OK) {
        ssize_t done = write(out->fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            out->errno_value = errno;
            fail(out, errno == EPIPE ? BL_END : BL_E_IO);
            return;
        }
        bytes += done;
        n -= (size_t)done;
    }
}

static void flush(bl_out *out) {
    size_t n = out->used;
    out->used = 0;
    write_all(out, out->data, n);
}

static bool grow(bl_out *out, size_t n) {
    if (n > SIZE_MAX / 4 || out->used > SIZE_MAX / 4)
        return false;
    size_t capacity = out->capacity ? out->capacity : 256;
    while (capacity < out->used + n)
        capacity *= 2;
    char *data = bl_realloc(out->context, out->data, capacity);
    if (!data)
        return false;
    out->data = data;
    out->capacity = capacity;
    return true;
}

char *bl_out_room(bl_out *out, size_t n) {
    if (out->failed != BL_OK)
        return NULL;
    if (n > out->capacity - out->used) {
        if (out->fd >= 0)
            flush(out);
        else if (!grow(out, n))
            fail(out, BL_E_NOMEM);
        if (out->failed != BL_OK)
            return NULL;
    }
    return out->data + out->used;
}

void bl_out_bytes(bl_out *out, const char *bytes, size_t n) {
    if (out->fd >= 0 && n > out->capacity) {
        flush(out);
        write_all(out, bytes, n);
        return;
    }
    char *room = bl_out_room(out, n);
    if (!room || n == 0)
        return;
    memcpy(room, bytes, n);
    out->used += n;
}

void bl_out_char(bl_out *out, char c) {
    char *room = bl_out_room(out, 1);
    if (!room)
        return;
    *room = c;
    out->used++;
}

void bl_out_repeat(bl_out *out, char c, size_t n) {
    char some[64];
    memset(some, c, n < sizeof some ? n : sizeof some);
    for (; n > sizeof some; n -= sizeof some)
        bl_out_bytes(out, some, sizeof some);
    bl_out_bytes(out, some, n);
}

void bl_out_printf(bl_out *out, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        bl_out_bytes(out, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void quote(bl_out *out) { bl_out_text(out, out->doubles_quotes ? "\"\"" : "\""); }

static void escape(bl_out *out, unsigned char c) {
    switch (c) {
    case '"':
        bl_out_char(out, '\\');
        quote(out);
        return;
    case '\\':
        bl_out_text(out, "\\\\");
        return;
    case '\n':
        bl_out_text(out, "\\n");
        return;
    case '\t':
        bl_out_text(out, "\\t");
        return;
    default:
        bl_out_printf(out, "\\u%04x", c);
    }
}

void bl_out_json(bl_out *out, const char *bytes, size_t n, bool is_binary) {
    quote(out);
    size_t start = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && (c < 0x80 || !is_binary))
            continue;
        bl_out_bytes(out, bytes + start, i - start);
        escape(out, c);
        start = i + 1;
    }
    bl_out_bytes(out, bytes + start, n - start);
    quote(out);
}

void bl_out_json_text(bl_out *out, const char *text) {
    if (text)
        bl_out_json(out, text, strlen(text), !bl_terminal_utf8(text, strlen(text)));
    else
        bl_out_text(out, "null");
}

bl_status bl_out_finish(bl_out *out, bl_error *err) {
    if (out->fd >= 0)
        flush(out);
    if (out->failed == BL_E_NOMEM)
        return bl_error_nomem(err, out->used, "text");
    if (out->failed == BL_E_IO) {
        (void)bl_error_errno(err, out->errno_value, "standard output");
        if (err)
            err->status = BL_E_IO;
    }
    return out->failed;
}
