// SPDX-License-Identifier: Apache-2.0
// Prints YAML documents as JSON, for a test that compares with PyYAML: one for each line of
// standard input, with "\n" and "\\" written as escapes; `error: …` for what is refused.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/document.h"

static void print_text(const char *text) {
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print(const bl_item *item) {
    switch (item->kind) {
    case BL_ITEM_NULL:
        printf("null");
        break;
    case BL_ITEM_BOOL:
        printf(item->integer ? "true" : "false");
        break;
    case BL_ITEM_INTEGER:
        printf("%" PRId64, item->integer);
        break;
    case BL_ITEM_FLOAT:
        if (isfinite(item->number))
            printf("{\"float\":\"%.17g\"}", item->number);
        else
            printf("{\"float\":\"%s\"}", isnan(item->number) ? "nan"
                                         : item->number > 0  ? "inf"
                                                             : "-inf");
        break;
    case BL_ITEM_TEXT:
        print_text(item->text);
        break;
    case BL_ITEM_LIST:
    case BL_ITEM_MAP:
        putchar(item->kind == BL_ITEM_MAP ? '{' : '[');
        for (size_t i = 0; i < item->n; i++) {
            printf(i ? "," : "");
            if (item->kind == BL_ITEM_MAP) {
                print_text(item->keys[i]);
                putchar(':');
            }
            print(item->items[i]);
        }
        putchar(item->kind == BL_ITEM_MAP ? '}' : ']');
    }
}

static size_t unescape(char *line) {
    char *to = line;
    for (const char *from = line; *from && *from != '\n'; from++)
        if (*from == '\\')
            *to++ = *++from == 'n' ? '\n' : *from;
        else
            *to++ = *from;
    return (size_t)(to - line);
}

int main(void) {
    bl_context *context;
    char *line = NULL;
    size_t capacity = 0;
    if (bl_context_new(NULL, &context, NULL) != BL_OK)
        return 1;
    while (getline(&line, &capacity, stdin) > 0) {
        bl_arena arena;
        bl_error err = {0};
        const bl_item *item;
        bl_arena_init(&arena, context);
        if (bl_yaml_parse(&arena, "yaml", line, unescape(line), &item, &err) == BL_OK)
            print(item);
        else
            printf("error: %s", err.message);
        putchar('\n');
        bl_arena_release(&arena);
    }
    free(line);
    bl_context_free(context);
    return 0;
}
