// SPDX-License-Identifier: Apache-2.0
// The footer of a Parquet file.
//
// Left out: Bloom filters, sorting, sizes, column orders and whatever else does not say how values
// are to be read.
#include "formats/parquet/metadata.h"

typedef struct footer {
    bl_cursor c;
    bl_arena *arena;
    bool no_memory;
} footer;

static void *elements_of(footer *f, size_t n, size_t size) {
    void *memory = bl_arena_array(f->arena, n + 1, size);
    if (!memory) {
        f->no_memory = true;
        (void)bl_cursor_take(&f->c, SIZE_MAX);
    }
    return memory;
}

static const char *read_text(footer *f) {
    bl_thrift_text text = bl_thrift_binary(&f->c);
    const char *copy = bl_arena_text(f->arena, text.data ? (const char *)text.data : "", text.size);
    if (!copy)
        f->no_memory = true;
    return copy ? copy : "";
}

static int32_t read_i32(footer *f, const bl_thrift_field *field) {
    return (int32_t)bl_thrift_int(&f->c, field->type);
}

/// Runs over the fields of a struct that stands here.
#define EACH_FIELD(f, field) for (bl_thrift_field field = {0}; bl_thrift_next(&(f)->c, &field);)

// ---- schema ----

static void read_decimal(footer *f, bl_parquet_element *element) {
    EACH_FIELD(f, field) {
        if (field.id == 1)
            element->scale = read_i32(f, &field);
        else if (field.id == 2)
            element->precision = read_i32(f, &field);
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

static void read_time(footer *f, bl_parquet_element *element) {
    EACH_FIELD(f, field) {
        if (field.id == 1) {
            element->is_utc = field.type == BL_THRIFT_TRUE;
        } else if (field.id == 2 && field.type == BL_THRIFT_STRUCT) {
            EACH_FIELD(f, unit) {
                element->unit = unit.id;
                bl_thrift_skip(&f->c, unit.type);
            }
        } else {
            bl_thrift_skip(&f->c, field.type);
        }
    }
}

static void read_integer(footer *f, bl_parquet_element *element) {
    EACH_FIELD(f, field) {
        if (field.id == 1)
            element->bit_width = (int)bl_thrift_int(&f->c, field.type);
        else if (field.id == 2)
            element->is_signed = field.type == BL_THRIFT_TRUE;
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

static void read_logical(footer *f, bl_parquet_element *element) {
    EACH_FIELD(f, field) {
        element->logical = field.id;
        if (field.type != BL_THRIFT_STRUCT)
            bl_thrift_skip(&f->c, field.type);
        else if (field.id == BL_PARQUET_LOGICAL_DECIMAL)
            read_decimal(f, element);
        else if (field.id == BL_PARQUET_LOGICAL_TIME || field.id == BL_PARQUET_LOGICAL_TIMESTAMP)
            read_time(f, element);
        else if (field.id == BL_PARQUET_LOGICAL_INTEGER)
            read_integer(f, element);
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

static void read_element(footer *f, bl_parquet_element *element) {
    *element = (bl_parquet_element){.name = "", .type = -1, .converted = BL_PARQUET_CONVERTED_NONE};
    EACH_FIELD(f, field) {
        switch (field.id) {
        case 1:
            element->type = read_i32(f, &field);
            break;
        case 2:
            element->type_length = read_i32(f, &field);
            break;
        case 3:
            element->repetition = (bl_parquet_repetition)read_i32(f, &field);
            break;
        case 4:
            element->name = read_text(f);
            break;
        case 5:
            element->n_children = read_i32(f, &field);
            break;
        case 6:
            element->converted = read_i32(f, &field);
            break;
        case 7:
            element->scale = read_i32(f, &field);
            break;
        case 8:
            element->precision = read_i32(f, &field);
            break;
        case 10:
            read_logical(f, element);
            break;
        default:
            bl_thrift_skip(&f->c, field.type);
        }
    }
}

// ---- row groups ----

static void read_statistics(footer *f, bl_parquet_statistics *statistics) {
    EACH_FIELD(f, field) {
        if (field.id == 3)
            statistics->n_null = bl_thrift_int(&f->c, field.type);
        else if (field.id == 5)
            statistics->max = bl_thrift_binary(&f->c);
        else if (field.id == 6)
            statistics->min = bl_thrift_binary(&f->c);
        else // 1 and 2 are the older minimum and maximum, of which nobody knows the order
            bl_thrift_skip(&f->c, field.type);
    }
}

static void read_chunk_metadata(footer *f, bl_parquet_chunk *chunk) {
    chunk->is_there = true;
    EACH_FIELD(f, field) {
        switch (field.id) {
        case 1:
            chunk->type = read_i32(f, &field);
            break;
        case 4:
            chunk->codec = read_i32(f, &field);
            break;
        case 5:
            chunk->n_values = bl_thrift_int(&f->c, field.type);
            break;
        case 6:
            chunk->raw_bytes = bl_thrift_int(&f->c, field.type);
            break;
        case 7:
            chunk->stored_bytes = bl_thrift_int(&f->c, field.type);
            break;
        case 9:
            chunk->data_offset = bl_thrift_int(&f->c, field.type);
            break;
        case 11:
            chunk->dictionary_offset = bl_thrift_int(&f->c, field.type);
            break;
        case 12:
            read_statistics(f, &chunk->statistics);
            break;
        default:
            bl_thrift_skip(&f->c, field.type);
        }
    }
}

static void read_chunk(footer *f, bl_parquet_chunk *chunk) {
    bool is_encrypted = false;
    chunk->statistics.n_null = -1;
    EACH_FIELD(f, field) {
        if (field.id == 1)
            chunk->is_elsewhere = bl_thrift_binary(&f->c).size > 0;
        else if (field.id == 3 && field.type == BL_THRIFT_STRUCT)
            read_chunk_metadata(f, chunk);
        else if (field.id == 8 || field.id == 9)
            is_encrypted = (bl_thrift_skip(&f->c, field.type), true);
        else
            bl_thrift_skip(&f->c, field.type);
    }
    chunk->is_there = chunk->is_there && !is_encrypted;
}

/// Where the chunks stand, and how many they are.
static void pass_chunks(footer *f, bl_parquet_group *group) {
    uint8_t type;
    group->chunks.data = f->c.data + f->c.position;
    group->chunks.size = bl_cursor_left(&f->c);
    group->n_chunks = bl_thrift_list(&f->c, &type);
    for (size_t i = 0; i < group->n_chunks && !f->c.failed; i++)
        bl_thrift_skip(&f->c, type);
}

static void read_group(footer *f, bl_parquet_group *group) {
    EACH_FIELD(f, field) {
        if (field.id == 1 && field.type == BL_THRIFT_LIST)
            pass_chunks(f, group);
        else if (field.id == 3)
            group->n_rows = bl_thrift_int(&f->c, field.type);
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

bl_status bl_parquet_group_chunks(const bl_parquet_group *group, bl_parquet_chunk *ret_chunks,
                                  bl_error *err) {
    uint8_t type;
    footer f = {.c = bl_cursor_over(group->chunks.data, group->chunks.size)};
    size_t n = group->n_chunks ? bl_thrift_list(&f.c, &type) : 0;
    for (size_t i = 0; i < n && !f.c.failed; i++) {
        ret_chunks[i] = (bl_parquet_chunk){.type = -1};
        read_chunk(&f, &ret_chunks[i]);
    }
    return bl_cursor_check(&f.c, "footer", err);
}

// ---- the whole ----

static void read_pair(footer *f, bl_parquet_pair *pair) {
    *pair = (bl_parquet_pair){"", ""};
    EACH_FIELD(f, field) {
        if (field.id == 1)
            pair->key = read_text(f);
        else if (field.id == 2)
            pair->value = read_text(f);
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

#define READ_LIST(f, array, count, read_one)                              \
    do {                                                                  \
        uint8_t type_;                                                    \
        size_t n_ = bl_thrift_list(&(f)->c, &type_);                      \
        (array) = (__typeof__(array))elements_of(f, n_, sizeof *(array)); \
        for (size_t i_ = 0; i_ < n_ && !(f)->c.failed; i_++)              \
            read_one(f, &(array)[i_]);                                    \
        (count) = n_;                                                     \
    } while (0)

static void read_all(footer *f, bl_parquet_metadata *m) {
    EACH_FIELD(f, field) {
        bool is_list = field.type == BL_THRIFT_LIST;
        if (field.id == 1)
            m->version = read_i32(f, &field);
        else if (field.id == 2 && is_list)
            READ_LIST(f, m->elements, m->n_elements, read_element);
        else if (field.id == 3)
            m->n_rows = bl_thrift_int(&f->c, field.type);
        else if (field.id == 4 && is_list)
            READ_LIST(f, m->groups, m->n_groups, read_group);
        else if (field.id == 5 && is_list)
            READ_LIST(f, m->pairs, m->n_pairs, read_pair);
        else if (field.id == 6)
            m->created_by = read_text(f);
        else if (field.id == 8)
            m->is_encrypted = (bl_thrift_skip(&f->c, field.type), true);
        else
            bl_thrift_skip(&f->c, field.type);
    }
}

bl_status bl_parquet_metadata_read(bl_arena *arena, const uint8_t *data, size_t size,
                                   bl_parquet_metadata *ret_metadata, bl_error *err) {
    footer f = {.c = bl_cursor_over(data, size), .arena = arena};
    bl_parquet_metadata m = {.created_by = ""};
    read_all(&f, &m);
    if (f.no_memory)
        return bl_error_nomem(err, size, "a footer");
    BL_TRY(bl_cursor_check(&f.c, "footer", err));
    *ret_metadata = m;
    return BL_OK;
}

const char *bl_parquet_metadata_value(const bl_parquet_metadata *metadata, const char *key) {
    for (size_t i = 0; i < metadata->n_pairs; i++)
        if (strcmp(metadata->pairs[i].key, key) == 0)
            return metadata->pairs[i].value;
    return NULL;
}
