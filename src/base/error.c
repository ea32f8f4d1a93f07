// SPDX-License-Identifier: Apache-2.0
// Status texts and error messages. A message that does not fit is cut at its end, never its start.
#define BL_ERROR_C
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct status_row {
    const char *name, *text;
    int exit_code, http, grpc;
    const char *python;
} status_row;

static const status_row statuses[] = {
#define ROW(name, text, exit_code, http, grpc, python) \
    {"BL_" #name, text, exit_code, http, grpc, python},
    BL_STATUS_TABLE(ROW)
#undef ROW
};

static const status_row *row_of(bl_status status) {
    static const status_row unknown = {"BL_E_UNKNOWN", "unknown status", 70, 500, 2,
                                       "RuntimeError"};
    size_t n = sizeof statuses / sizeof *statuses;
    return (size_t)status < n ? &statuses[status] : &unknown;
}

const char *bl_status_text(bl_status status) { return row_of(status)->text; }
const char *bl_status_name(bl_status status) { return row_of(status)->name; }
int bl_status_exit_code(bl_status status) { return row_of(status)->exit_code; }
int bl_status_http(bl_status status) { return row_of(status)->http; }
int bl_status_grpc(bl_status status) { return row_of(status)->grpc; }
const char *bl_status_python(bl_status status) { return row_of(status)->python; }

bl_status bl_error_set(bl_error *err, bl_status status, const char *format, ...) {
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    err->status = status;
    return status;
}

bl_status bl_error_in(bl_error *err, bl_status status, const char *format, ...) {
    if (!err)
        return status;
    char context[sizeof err->message];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(context, sizeof context - 2, format, args);
    va_end(args);
    size_t used = length < 0 ? 0 : (size_t)length;
    if (used > sizeof context - 3)
        used = sizeof context - 3;
    context[used] = ':';
    context[used + 1] = ' ';
    used += 2;
    size_t kept = strnlen(err->message, sizeof err->message - 1 - used);
    memmove(err->message + used, err->message, kept);
    memcpy(err->message, context, used);
    err->message[used + kept] = '\0';
    err->status = status;
    return status;
}

bl_status bl_error_hint(bl_error *err, bl_status status, const char *format, ...) {
    if (!err)
        return status;
    size_t used = strnlen(err->message, sizeof err->message - 1);
    va_list args;
    va_start(args, format);
    vsnprintf(err->message + used, sizeof err->message - used, format, args);
    va_end(args);
    err->status = status;
    return status;
}

bl_status bl_error_nomem(bl_error *err, size_t size, const char *what) {
    return bl_error_set(err, BL_E_NOMEM, "out of memory: %zu bytes for %s", size, what);
}

bl_status bl_error_errno(bl_error *err, int errno_value, const char *what) {
    bl_status status = BL_E_IO;
    if (errno_value == ENOENT || errno_value == ENOTDIR)
        status = BL_E_NOTFOUND;
    else if (errno_value == EACCES || errno_value == EPERM)
        status = BL_E_ACCESS;
    else if (errno_value == ENOMEM)
        status = BL_E_NOMEM;
    else if (errno_value == EEXIST)
        status = BL_E_EXISTS;
    char text[128];
    return bl_error_set(err, status, "%s: %s", what, strerror_r(errno_value, text, sizeof text));
}
