// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every fallible call returns, and the error message that goes with it.
#ifndef BEAMLINE_STATUS_H
#define BEAMLINE_STATUS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BL_API __attribute__((visibility("default")))
#define BL_MUST_CHECK __attribute__((warn_unused_result))
#define BL_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#else
#define BL_API
#define BL_MUST_CHECK
#define BL_PRINTF(fmt_index, first_arg)
#endif

/// The one table of statuses:
/// X(name, text, exit code of the command, HTTP status, gRPC code, Python exception).
#define BL_STATUS_TABLE(X)                                               \
    X(OK, "ok", 0, 200, 0, "None")                                       \
    X(END, "end of data", 0, 200, 0, "StopIteration")                    \
    X(E_USAGE, "wrong usage", 2, 400, 3, "ValueError")                   \
    X(E_INVALID, "invalid argument", 2, 400, 3, "ValueError")            \
    X(E_NOTFOUND, "not found", 3, 404, 5, "KeyError")                    \
    X(E_ACCESS, "permission denied", 4, 403, 7, "PermissionError")       \
    X(E_IO, "input/output error", 4, 502, 14, "OSError")                 \
    X(E_EXISTS, "already exists", 4, 409, 6, "FileExistsError")          \
    X(E_FORMAT, "not a known format", 5, 415, 3, "ValueError")           \
    X(E_CORRUPT, "corrupt data", 5, 422, 15, "ValueError")               \
    X(E_UNSUPPORTED, "not supported", 6, 501, 12, "NotImplementedError") \
    X(E_TYPE, "wrong type", 6, 422, 3, "TypeError")                      \
    X(E_SHAPE, "wrong shape", 6, 422, 3, "ValueError")                   \
    X(E_RANGE, "out of range", 6, 416, 11, "IndexError")                 \
    X(E_NOMEM, "out of memory", 7, 503, 8, "MemoryError")                \
    X(E_LIMIT, "over a limit", 7, 413, 8, "MemoryError")                 \
    X(E_CANCELLED, "interrupted", 130, 499, 1, "KeyboardInterrupt")

typedef enum bl_status {
#define BL_STATUS_ENUM(name, text, exit_code, http, grpc, python) BL_##name,
    BL_STATUS_TABLE(BL_STATUS_ENUM)
#undef BL_STATUS_ENUM
} bl_status;

/// What went wrong, from the outermost object inwards:
/// `events.root: tree 'Events': branch 'pt': basket 12: zstd: corrupt block`.
/// The caller owns it (usually on the stack, `bl_error err = {0}`); every call takes NULL too.
typedef struct bl_error {
    bl_status status;
    char message[1024];
} bl_error;

/// The text of a status, such as "corrupt data"; a static string.
BL_API const char *bl_status_text(bl_status status);
/// The symbolic name of a status, such as "BL_E_CORRUPT"; a static string.
BL_API const char *bl_status_name(bl_status status);
/// The exit code of the `beamline` command for a status.
BL_API int bl_status_exit_code(bl_status status);
/// The HTTP status code that reports a status.
BL_API int bl_status_http(bl_status status);
/// The gRPC status code that reports a status.
BL_API int bl_status_grpc(bl_status status);
/// The name of the Python exception that reports a status.
BL_API const char *bl_status_python(bl_status status);

#ifdef __cplusplus
}
#endif
#endif
