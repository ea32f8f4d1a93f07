// SPDX-License-Identifier: Apache-2.0
// Which columns an input is made of, and how its numbers lie in them.
#include "data/inputs/inputs.h"
#include "data/inputs/numbers.h"

size_t bl_input_n_columns(const bl_input_config *config) { return config->column ? 1 : config->n; }

const char *bl_input_column(const bl_input_config *config, size_t i) {
    return config->column ? config->column : config->variables[i].name;
}

bl_status bl_column_wrong_type(const char *name, const bl_type *type, const char *what,
                               bl_error *err) {
    char text[128] = "";
    (void)bl_type_format(type, text, sizeof text);
    return bl_error_set(err, BL_E_TYPE, "column '%s' is %s, %s", name, text, what);
}

// ---- layouts ----

static bl_status layout_of_column(const char *name, const bl_type *type,
                                  bl_input_layout *ret_layout, bl_error *err) {
    bool is_nested = bl_is_list(type) && bl_is_list_of_numbers(type->children[0]);
    if (!is_nested && !bl_is_list_of_numbers(type))
        return bl_column_wrong_type(name, type, "no list of numbers, nor a list of such lists",
                                    err);
    *ret_layout = is_nested ? BL_INPUT_NESTED : BL_INPUT_LIST;
    return BL_OK;
}

/// \param types [bl_input_n_columns]
static bl_status layout_of(const bl_input_config *config, const bl_type *const *types,
                           bl_input_layout *ret_layout, bl_error *err) {
    if (config->column)
        return layout_of_column(config->column, types[0], ret_layout, err);
    bool is_sequence = bl_is_list_of_numbers(types[0]);
    for (size_t i = 0; i < config->n; i++) {
        const char *name = config->variables[i].name;
        bool is_list = bl_is_list_of_numbers(types[i]);
        if (!is_list && !bl_is_number(types[i]))
            return bl_column_wrong_type(name, types[i], "no number, nor a list of numbers", err);
        if (is_list != is_sequence)
            return bl_error_set(err, BL_E_TYPE,
                                "'%s' is a list in each event and '%s' a number: an input has "
                                "either lists or numbers",
                                is_list ? name : config->variables[0].name,
                                is_list ? config->variables[0].name : name);
    }
    *ret_layout = is_sequence ? BL_INPUT_LISTS : BL_INPUT_SCALARS;
    return BL_OK;
}

// ---- finding ----

static bl_status find_in_stream(const void *self, const char *name, size_t *ret_column,
                                const bl_type **ret_type, bl_error *err) {
    const bl_stream *stream = (const bl_stream *)self;
    BL_TRY(bl_stream_find(stream, name, ret_column, err));
    *ret_type = stream->specs[*ret_column].type;
    return BL_OK;
}

bl_column_finder bl_stream_finder(const bl_stream *stream) {
    return (bl_column_finder){find_in_stream, stream};
}

bl_status bl_input_find(bl_arena *arena, const bl_input_config *config,
                        const bl_column_finder *finder, bl_input_place *ret_place, bl_error *err) {
    size_t n = bl_input_n_columns(config);
    const bl_type **types = (const bl_type **)bl_arena_array(arena, n + 1, sizeof *types);
    bl_input_place place = {.columns = (size_t *)bl_arena_array(arena, n + 1, sizeof(size_t))};
    if (!types || !place.columns)
        return bl_error_nomem(err, n * sizeof *types, "columns");
    for (size_t i = 0; i < n; i++)
        BL_TRY(finder->find(finder->self, bl_input_column(config, i), &place.columns[i], &types[i],
                            err));
    BL_TRY(layout_of(config, types, &place.layout, err));
    place.first_type = types[0];
    *ret_place = place;
    return BL_OK;
}
