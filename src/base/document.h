// SPDX-License-Identifier: Apache-2.0
/// \file
/// Documents: YAML or JSON text as a tree of values that know where they stand, and access to them
/// with errors that say so.
#ifndef BL_BASE_DOCUMENT_H
#define BL_BASE_DOCUMENT_H

#include <stdint.h>

#include "base/arena.h"

typedef enum bl_item_kind {
    BL_ITEM_NULL,
    BL_ITEM_BOOL,
    BL_ITEM_INTEGER,
    BL_ITEM_FLOAT,
    BL_ITEM_TEXT,
    BL_ITEM_LIST,
    BL_ITEM_MAP,
} bl_item_kind;

/// One value of a document.
typedef struct bl_item {
    bl_item_kind kind;
    const char *text;             ///< a scalar as it was written, whatever its kind
    int64_t integer;              ///< of an integer; 0 or 1 of a bool
    double number;                ///< of an integer or a float
    size_t n;                     ///< items of a list or map
    const struct bl_item **items; ///< [n]
    const char **keys;            ///< [n] of a map, in the order of the text, none twice
    unsigned line, column;        ///< from 1
    size_t n_all;                 ///< itself and all below it, whatever is shared counted again
    const char *source;           ///< name of the text, for errors
} bl_item;

/// Reads YAML as PyYAML's safe loader does (YAML 1.1: `yes` is true, `1e-3` a text, `017` fifteen,
/// `<<` merges), but for dates, which stay texts, and keys, which are texts, and never stand twice.
/// \param source name for errors; must outlive the arena \param ret_item lives in the arena
/// \return BL_OK, BL_E_INVALID (with line and column), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_yaml_parse(bl_arena *arena, const char *source, const char *text, size_t size,
                        const bl_item **ret_item, bl_error *err);
/// Reads JSON. As bl_yaml_parse, but only errors of syntax know their line.
bl_status bl_json_parse(bl_arena *arena, const char *source, const char *text, size_t size,
                        const bl_item **ret_item, bl_error *err);
/// JSON where the name ends so, else YAML. \param path is copied
bl_status bl_document_parse(bl_arena *arena, const char *path, const char *text, size_t size,
                            const bl_item **ret_item, bl_error *err);
/// A local file's bytes, and a NUL behind them. \param ret_text in the arena
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_document_read_text(bl_arena *arena, const char *path, const char **ret_text,
                                size_t *ret_size, bl_error *err);
/// Reads a local file and parses it. \return what both return
bl_status bl_document_read(bl_arena *arena, const char *path, const bl_item **ret_item,
                           bl_error *err);

/// Writes "SOURCE:LINE:COLUMN: message" and returns `status`.
bl_status bl_item_error(const bl_item *item, bl_status status, bl_error *err, const char *format,
                        ...) BL_PRINTF(4, 5);
/// What a kind is called: "a list", "a text".
const char *bl_item_kind_name(bl_item_kind kind);
/// The value under a key, or NULL; of anything but a map NULL.
const bl_item *bl_item_get(const bl_item *map, const char *key);
/// The text under a key; "" where there is none.
static inline const char *bl_item_text_at(const bl_item *map, const char *key) {
    const bl_item *item = bl_item_get(map, key);
    return item && item->kind == BL_ITEM_TEXT ? item->text : "";
}
/// The integer under a key; −1 where there is none.
static inline int64_t bl_item_integer_at(const bl_item *map, const char *key) {
    const bl_item *item = bl_item_get(map, key);
    return item && item->kind == BL_ITEM_INTEGER ? item->integer : -1;
}
/// Refuses keys that are not in `known`, with the nearest ones. \param known ends with NULL
/// \param what names the map in errors: "samples.ttbar"; NULL for the whole document
bl_status bl_item_check_keys(const bl_item *map, const char *const *known, const char *what,
                             bl_error *err);
/// Takes a value of one kind, or an error that names key and kind. A NULL item or a null leaves the
/// result as it was. Integers are numbers, too.
bl_status bl_item_text(const bl_item *item, const char *key, const char **ret_text, bl_error *err);
bl_status bl_item_number(const bl_item *item, const char *key, double *ret_number, bl_error *err);
bl_status bl_item_integer(const bl_item *item, const char *key, int64_t *ret_integer,
                          bl_error *err);
bl_status bl_item_bool(const bl_item *item, const char *key, bool *ret_bool, bl_error *err);
/// A text that is one of some. \param choices ends with NULL \param ret_choice its place
/// \return BL_OK, BL_E_INVALID (naming all of them, the nearest behind)
bl_status bl_item_choice(const bl_item *item, const char *key, const char *const *choices,
                         unsigned *ret_choice, bl_error *err);
/// A text, or a list of texts (of lists of texts, where an alias put one in).
bl_status bl_item_texts(bl_arena *arena, const bl_item *item, const char *key,
                        const char *const **ret_texts, size_t *ret_n, bl_error *err);
/// Whether it is there, and a list or map; else an error that names the key.
bl_status bl_item_expect(const bl_item *item, const char *key, bl_item_kind kind, bl_error *err);

#endif
