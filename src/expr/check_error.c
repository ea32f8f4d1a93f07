// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>

#define BL_EXPR_CHECK_C
#include "expr/check.h"

bl_status bl_check_error(const bl_checker *checker, const bl_node *node, bl_status status,
                         bl_error *err, const char *format, ...) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return bl_expr_error(err, status, checker->text, node->begin, node->end, "%s", message);
}
