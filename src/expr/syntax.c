// SPDX-License-Identifier: Apache-2.0
#include "expr/syntax.h"

#include <stdio.h>

/// Text behind which more follows; `length` counts what does not fit, too.
typedef struct writer {
    char *buffer;
    size_t size, length;
} writer;

static void put(writer *w, const char *text) {
    for (; *text; text++, w->length++)
        if (w->length + 1 < w->size)
            w->buffer[w->length] = *text;
}

static void put_node(writer *w, const bl_node *node) {
    static const char *const heads[] = {
        [BL_NODE_INDEX] = "index", [BL_NODE_SLICE] = "slice", [BL_NODE_LIST] = "list"};
    char number[40];
    switch (node ? node->kind : BL_NODE_NONE) {
    case BL_NODE_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)node->integer);
        put(w, number);
        return;
    case BL_NODE_FLOAT:
        snprintf(number, sizeof number, "%.17g", node->number);
        put(w, number);
        return;
    case BL_NODE_BOOL:
        put(w, node->integer ? "True" : "False");
        return;
    case BL_NODE_NONE:
        put(w, "None");
        return;
    case BL_NODE_TEXT:
        put(w, "'");
        put(w, node->text);
        put(w, "'");
        return;
    case BL_NODE_NAME:
        put(w, node->text);
        return;
    default:
        break;
    }
    put(w, node->kind == BL_NODE_CALL ? node->text : heads[node->kind]);
    put(w, "(");
    for (size_t i = 0; i < node->n_arguments; i++) {
        put(w, i ? ", " : "");
        put(w, node->keywords[i] ? node->keywords[i] : "");
        put(w, node->keywords[i] ? "=" : "");
        put_node(w, node->arguments[i]);
    }
    put(w, ")");
}

size_t bl_node_format(const bl_node *node, char *buffer, size_t size) {
    writer w = {.buffer = buffer, .size = size};
    put_node(&w, node);
    if (size)
        buffer[w.length < size ? w.length : size - 1] = '\0';
    return w.length;
}
