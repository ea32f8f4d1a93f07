// SPDX-License-Identifier: Apache-2.0
/// \file
/// Setting, extending and propagating errors; ownership by scope.
#ifndef BL_BASE_ERROR_H
#define BL_BASE_ERROR_H

#include <stddef.h>

#include <beamline/status.h>

/// Returns early with any status but BL_OK.
#define BL_TRY(expression)                             \
    do {                                               \
        bl_status try_status_ = (expression);          \
        if (__builtin_expect(try_status_ != BL_OK, 0)) \
            return try_status_;                        \
    } while (0)

/// As BL_TRY; puts a context such as "branch 'pt'" in front of the message.
#define BL_TRY_IN(expression, err, ...)                          \
    do {                                                         \
        bl_status try_status_ = (expression);                    \
        if (__builtin_expect(try_status_ != BL_OK, 0))           \
            return bl_error_in((err), try_status_, __VA_ARGS__); \
    } while (0)

/// Declares a pointer that its scope owns: `BL_AUTO(bl_batch) batch = NULL;`
#define BL_AUTO(type) __attribute__((cleanup(type##_auto_))) type *
/// Says how BL_AUTO(type) ends: `free_function` is called with a pointer that is not NULL.
#define BL_DEFINE_AUTO(type, free_function)           \
    static inline void type##_auto_(type **pointer) { \
        if (*pointer)                                 \
            free_function(*pointer);                  \
    }                                                 \
    struct bl_auto_needs_a_semicolon_

/// Takes a pointer out of its variable, so that BL_AUTO leaves it alone.
#define BL_MOVE(pointer)                        \
    __extension__({                             \
        __typeof__(pointer) moved_ = (pointer); \
        (pointer) = NULL;                       \
        moved_;                                 \
    })

/// Writes a message (no trailing full stop) and returns `status`. `err` may be NULL.
bl_status bl_error_set(bl_error *err, bl_status status, const char *format, ...) BL_PRINTF(3, 4);
/// Puts "CONTEXT: " in front of the message and returns `status`. `err` may be NULL.
bl_status bl_error_in(bl_error *err, bl_status status, const char *format, ...) BL_PRINTF(3, 4);
/// Appends to the message, such as a hint, and returns `status`. `err` may be NULL.
bl_status bl_error_hint(bl_error *err, bl_status status, const char *format, ...) BL_PRINTF(3, 4);
/// "out of memory: N bytes for WHAT"; returns BL_E_NOMEM.
bl_status bl_error_nomem(bl_error *err, size_t size, const char *what);
/// Turns errno into a status and "WHAT: TEXT".
bl_status bl_error_errno(bl_error *err, int errno_value, const char *what);

#ifndef BL_ERROR_C
// The functions lie in another file, where neither compiler nor analyzer sees that an error is
// never BL_OK. Said here, nobody follows calls that failed and yet succeeded into uninitialised
// results.
#define bl_error_set(err, status, ...)                       \
    __extension__({                                          \
        bl_status set_status_ = (status);                    \
        (void)bl_error_set((err), set_status_, __VA_ARGS__); \
        set_status_;                                         \
    })
#define bl_error_in(err, status, ...)                      \
    __extension__({                                        \
        bl_status in_status_ = (status);                   \
        (void)bl_error_in((err), in_status_, __VA_ARGS__); \
        in_status_;                                        \
    })
#define bl_error_hint(err, status, ...)                        \
    __extension__({                                            \
        bl_status hint_status_ = (status);                     \
        (void)bl_error_hint((err), hint_status_, __VA_ARGS__); \
        hint_status_;                                          \
    })
#define bl_error_nomem(err, size, what) ((void)bl_error_nomem((err), (size), (what)), BL_E_NOMEM)
#endif

#endif
