// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the Parquet writer. Each leaf of the table's types is a column of the file. A leaf
/// gathers the values of rows, as PLAIN has them, until they make a page; a page is encoded,
/// compressed and kept until its row group is complete. Pages are tasks; those of one column take
/// turns for what depends on the pages before. A row group that is complete waits to be written
/// beside the next tasks.
#ifndef BL_FORMATS_PARQUET_WRITE_H
#define BL_FORMATS_PARQUET_WRITE_H

#include "base/arena.h"
#include "base/context.h"
#include "base/packer.h"
#include "base/turns.h"
#include "column/writer.h"
#include "formats/parquet/spec.h"
#include "formats/parquet/thrift_write.h"
#include "io/bytes/sink.h"

enum {
    BL_PQW_DEEPEST = 32, ///< lists and structs in each other
    BL_PQW_SHORT = 64,   ///< bytes that are kept of the least and the greatest text
};

// ---- leaves (write_schema.c) ----

/// How values of ours become Parquet's.
typedef enum bl_pqw_kind {
    BL_PQW_BOOL, ///< gathered as bytes, 0 or 1
    BL_PQW_INT8,
    BL_PQW_UINT8,
    BL_PQW_INT16,
    BL_PQW_UINT16,
    BL_PQW_COPY4,
    BL_PQW_COPY8,
    BL_PQW_SECONDS4, ///< of an int32, as milliseconds
    BL_PQW_SECONDS8, ///< of an int64, as milliseconds
    BL_PQW_DAYS,     ///< milliseconds of an int64, as days of an int32
    BL_PQW_TEXT,     ///< bytes behind their length of four
} bl_pqw_kind;

/// How values are compared.
typedef enum bl_pqw_order {
    BL_PQW_BOOLS,
    BL_PQW_I32,
    BL_PQW_U32,
    BL_PQW_I64,
    BL_PQW_U64,
    BL_PQW_F32,
    BL_PQW_F64,
    BL_PQW_BYTES,
} bl_pqw_order;

/// One step on the way from a row to a value: what the column there is, and which of its children
/// comes next. The last step is the value itself.
typedef struct bl_pqw_step {
    bl_type_id id;
    bool is_optional;
    size_t child;
    int64_t list_size;
} bl_pqw_step;

typedef struct bl_pqw_leaf {
    const char *name;        ///< "jets.list.element.pt", for messages
    const char *const *path; ///< [n_path]
    size_t n_path;
    size_t column;
    size_t n_steps;
    const bl_pqw_step *steps; ///< [n_steps]
    uint8_t max_definition, max_repetition;
    bl_parquet_type type;
    bl_pqw_kind kind;
    bl_pqw_order order;
    uint8_t width; ///< bytes of a gathered value; 0: a text
    bool is_utf8;
} bl_pqw_leaf;

typedef struct bl_pqw_schema {
    bl_thrift_out elements; ///< SchemaElements without their root; owns
    size_t n_elements;
    size_t n_leaves, capacity;
    bl_pqw_leaf *leaves; ///< [n_leaves]; owns
    bl_arena *arena;     ///< names and steps
} bl_pqw_schema;

/// Adds a column. \param type what it is \return BL_OK, BL_E_TYPE, BL_E_NOMEM
bl_status bl_pqw_schema_add(bl_context *context, bl_pqw_schema *schema, const char *name,
                            const bl_type *type, bl_error *err);
void bl_pqw_schema_release(bl_context *context, bl_pqw_schema *schema);

// ---- rows to values (write_levels.c, write_values.c) ----

/// Room for `n` bytes, and BL_PQW_SLACK behind them that do not count; NULL after a failure.
uint8_t *bl_pqw_extend(bl_packer *packer, size_t n);

/// Definition or repetition levels of a page. While all are equal, they are only counted.
typedef struct bl_pqw_levels {
    bl_packer bytes; ///< one a level, where they differ
    size_t n;
    uint8_t value; ///< of all
    bool differ;
} bl_pqw_levels;

/// What a leaf has gathered for a page, and what it needs meanwhile.
typedef struct bl_pqw_open {
    bl_pqw_levels definition, repetition;
    bl_packer values;  ///< from BL_PQW_HEAD on
    size_t usual_size; ///< of the values' buffer
    size_t n_values;   ///< that are not null
    int64_t n_rows;
    uint64_t bits; ///< how much counts towards the size of a page
} bl_pqw_open;

/// Bytes behind gathered values and those of a dictionary that may be read and written, so that
/// short texts are handled in blocks.
#define BL_PQW_SLACK ((size_t)16)
/// Room in front of the values for levels that take few bytes.
#define BL_PQW_HEAD ((size_t)64)

/// Values that are not equal, in the order in which they came.
typedef struct bl_pqw_dictionary {
    bl_packer values;  ///< as PLAIN has them
    bl_packer offsets; ///< of texts: uint32 each
    bl_packer slots;   ///< uint32 numbers from 1 by hash; 0 is free
    size_t n_slots;
    uint32_t n;
} bl_pqw_dictionary;

/// Working space of a thread.
typedef struct bl_pqw_scratch {
    bl_pqw_open open;    ///< a page that begins and ends in one batch
    bl_packer levels[4]; ///< repetition and definition levels before and after a step
    bl_packer places[2]; ///< where values are that are there
    bl_packer body, encoded, packed, indices;
    bl_pqw_dictionary dictionary; ///< of a page alone
    bl_packer numbers;            ///< of its values in the column's dictionary
    unsigned index_width;         ///< bits of each of the indices
    bl_thrift_out head;
    bl_codecs *codecs;
} bl_pqw_scratch;

void bl_pqw_scratch_init(bl_context *context, uint64_t page_bits, bl_pqw_scratch *scratch);
/// Its codecs are there afterwards. \return BL_OK, BL_E_NOMEM
bl_status bl_pqw_scratch_ready(bl_pqw_scratch *scratch, bl_error *err);
void bl_pqw_scratch_release(bl_pqw_scratch *scratch);

/// The columns on the way of a leaf, and rows of theirs.
typedef struct bl_pqw_view {
    const bl_column *columns[BL_PQW_DEEPEST + 1];
    int64_t first_row; ///< of the batch, in the table: for messages
} bl_pqw_view;

void bl_pqw_view_find(const bl_pqw_leaf *leaf, const bl_batch *batch, int64_t first_row,
                      bl_pqw_view *ret_view);
/// How many bits the values and levels of rows count, all of which depends on the rows alone.
uint64_t bl_pqw_bits(const bl_pqw_leaf *leaf, const bl_pqw_view *view, int64_t first, int64_t last);
/// Gathers rows [first, last) for a page.
/// \return BL_OK, BL_E_TYPE (a null or bytes where the type has none), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_pqw_gather(const bl_pqw_leaf *leaf, const bl_pqw_view *view, int64_t first,
                        int64_t last, bl_pqw_open *open, bl_pqw_scratch *scratch, bl_error *err);
/// Appends the values at `n` places of a column, or where `places` is NULL those from `base` on.
bl_status bl_pqw_append_values(const bl_pqw_leaf *leaf, const bl_column *column, int64_t base,
                               const int64_t *places, size_t n, bl_packer *values, bl_error *err);
void bl_pqw_open_init(bl_context *context, uint64_t page_bits, bl_pqw_open *open);
void bl_pqw_open_clear(bl_pqw_open *open);
void bl_pqw_open_release(bl_pqw_open *open);

// ---- encodings (write_runs.c, write_delta.c, write_dictionary.c) ----

/// Levels of `width` bits as runs and packed groups, without a length in front.
void bl_pqw_pack_levels(bl_packer *out, const uint8_t *levels, size_t n, unsigned width);
/// A run of equal levels.
void bl_pqw_pack_run(bl_packer *out, uint32_t value, size_t n, unsigned width);
/// Numbers of at most 32 bits in the same way.
void bl_pqw_pack_indices(bl_packer *out, const uint32_t *indices, size_t n, unsigned width);
/// Bits that a number takes.
static inline unsigned bl_pqw_bit_width(uint64_t value) {
    return value ? 64U - (unsigned)__builtin_clzll(value) : 0;
}
/// DELTA_BINARY_PACKED. \param width 4 or 8
void bl_pqw_pack_deltas(bl_packer *out, const uint8_t *values, size_t n, size_t width);
/// BYTE_STREAM_SPLIT. \param out [n × width]
void bl_pqw_split_bytes(const uint8_t *values, size_t n, size_t width, uint8_t *out);
/// Bits of bytes that are 0 or 1, eight a byte.
void bl_pqw_pack_bools(bl_packer *out, const uint8_t *bools, size_t n);

void bl_pqw_dictionary_init(bl_context *context, bl_pqw_dictionary *dictionary);
void bl_pqw_dictionary_clear(bl_pqw_dictionary *dictionary);
void bl_pqw_dictionary_release(bl_pqw_dictionary *dictionary);
/// Finds the numbers of values, new ones among them.
/// \param values as they were gathered \param ret_indices [n]
/// \return BL_OK, BL_END (it would outgrow `most` bytes; `dictionary` is as before), BL_E_NOMEM
bl_status bl_pqw_dictionary_find(bl_pqw_dictionary *dictionary, size_t width, const uint8_t *values,
                                 size_t n, size_t most, uint32_t *ret_indices, bl_error *err);

// ---- statistics (write_statistics.c) ----

/// The least and the greatest value, as PLAIN has them; of texts the first bytes at most.
typedef struct bl_pqw_bounds {
    bool is_known; ///< else there is no value but nulls and NaN, or none that can be written
    bool is_least_exact, is_most_exact;
    uint8_t n_least, n_most;
    uint8_t least[BL_PQW_SHORT], most[BL_PQW_SHORT];
} bl_pqw_bounds;

/// Of `n` gathered values.
void bl_pqw_bounds_find(const bl_pqw_leaf *leaf, const uint8_t *values, size_t n,
                        bl_pqw_bounds *ret_bounds);
/// Of the texts of a dictionary that a page has.
/// \param indices [n] \param ret_marks [dictionary->n] working space
void bl_pqw_bounds_of_texts(const bl_pqw_leaf *leaf, const bl_pqw_dictionary *dictionary,
                            const uint32_t *indices, size_t n, uint8_t *ret_marks,
                            bl_pqw_bounds *ret_bounds);
/// Makes `bounds` hold those of `more` too.
void bl_pqw_bounds_join(const bl_pqw_leaf *leaf, bl_pqw_bounds *bounds, const bl_pqw_bounds *more);
/// < 0, 0 or > 0 as one bound of a leaf is less than, equal to or greater than another.
int bl_pqw_bounds_compare(const bl_pqw_leaf *leaf, const uint8_t *a, size_t n_a, const uint8_t *b,
                          size_t n_b);

// ---- pages and chunks (write_page.c, write_choose.c, write_chunk.c) ----

typedef struct bl_pqw_page {
    bl_buffer *bytes;               ///< header and body; owns
    uint32_t raw_size, stored_size; ///< with the header
    size_t n_levels;
    int64_t n_nulls, n_rows;
    int64_t first_row; ///< of its row group
    bl_parquet_encoding encoding;
    bl_pqw_bounds bounds;
    bool is_empty; ///< of anything but nulls
} bl_pqw_page;

/// What is asked for, and what a column has settled on.
typedef enum bl_pqw_encoding {
    BL_PQW_AUTO,
    BL_PQW_PLAIN,
    BL_PQW_DICTIONARY,
    BL_PQW_DELTA,
    BL_PQW_SPLIT,
    BL_PQW_RLE, ///< of bools
} bl_pqw_encoding;

/// A column of the row group at hand.
typedef struct bl_pqw_chunk {
    bl_pqw_open open;
    bl_turns turns;           ///< of pages: they guard the encoding and the dictionary
    bl_pqw_encoding encoding; ///< BL_PQW_AUTO until the first values
    bool has_outgrown;        ///< its dictionary, in this row group: pages are PLAIN from there on
    bl_pqw_dictionary dictionary;
    bl_pqw_page dictionary_page; ///< made when the row group ends
    size_t n_pages, capacity;
    bl_pqw_page *pages;   ///< [n_pages]; owns
    int64_t n_rows;       ///< of the pages
    int64_t part_next;    ///< the first row at hand that no page has taken
    bool is_open_planned; ///< a page takes what is open
} bl_pqw_chunk;

typedef struct bl_pqw_settings {
    bl_compression compression;
    bl_parquet_codec codec;
    bl_pqw_encoding encoding;
    uint64_t page_bits;
} bl_pqw_settings;

/// A page that is to be made of rows at hand.
typedef struct bl_pqw_job {
    size_t leaf, page;
    int64_t first, last;
    bool goes_on;  ///< behind what is open in the chunk
    bool is_apart; ///< has a dictionary of its own first, because threads wait for the column's
} bl_pqw_job;

/// Chooses how the values of a column are encoded, by those of its first page.
bl_status bl_pqw_choose(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                        const uint8_t *values, size_t n, size_t size, bl_pqw_scratch *scratch,
                        bl_pqw_encoding *ret_encoding, bl_error *err);
/// Makes a page of what is open, which is empty afterwards: that one of its chunk.
/// \param open the chunk's, or the scratch's
bl_status bl_pqw_page_close(const bl_pqw_leaf *leaf, const bl_pqw_settings *settings,
                            bl_pqw_chunk *chunk, const bl_pqw_job *job, bl_pqw_open *open,
                            bl_pqw_scratch *scratch, bl_error *err);
/// Makes the dictionary's page, where there is one.
bl_status bl_pqw_page_dictionary(const bl_pqw_settings *settings, bl_pqw_chunk *chunk,
                                 bl_pqw_scratch *scratch, bl_error *err);
void bl_pqw_chunk_init(bl_context *context, uint64_t page_bits, bl_pqw_chunk *chunk);
/// Bytes that a chunk keeps beside those of its pages; they follow from its rows alone.
uint64_t bl_pqw_chunk_bytes(const bl_pqw_chunk *chunk);
/// Empties a chunk for the next row group.
void bl_pqw_chunk_clear(bl_pqw_chunk *chunk);
/// Lets go of the memory that an empty chunk keeps for the next.
void bl_pqw_chunk_shrink(bl_pqw_chunk *chunk);
void bl_pqw_chunk_release(bl_context *context, bl_pqw_chunk *chunk);

// ---- what the footer says of row groups (write_notes.c) ----

/// Some bytes of it, compressed.
typedef struct bl_pqw_block {
    uint8_t *bytes; ///< [size]; owns
    uint32_t size, raw_size;
} bl_pqw_block;

/// Notes that are kept until the footer is written. There are as many as column chunks, of which a
/// file with thousands of columns has millions; most of it is the same in each row group, so that
/// compressed they take a small part.
typedef struct bl_pqw_notes {
    bl_thrift_out open;   ///< not compressed yet
    bl_pqw_block *blocks; ///< [n_blocks]; owns
    size_t n_blocks, capacity;
} bl_pqw_notes;

/// Compresses what is open, where it is enough. \return BL_OK, BL_E_NOMEM
bl_status bl_pqw_notes_pack(bl_pqw_notes *notes, bl_pqw_scratch *scratch, bl_error *err);
/// Writes all. \return as bl_sink_write
bl_status bl_pqw_notes_write(const bl_pqw_notes *notes, bl_sink *sink, bl_pqw_scratch *scratch,
                             bl_error *err);
void bl_pqw_notes_release(bl_context *context, bl_pqw_notes *notes);

// ---- the table (write_jobs.c, write_group.c, write_table.c) ----

enum { BL_PQW_MOST_HELD = 32 };

/// A batch whose rows are at hand.
typedef struct bl_pqw_held {
    bl_batch *batch;     ///< holds
    int64_t first, last; ///< of the rows at hand
    bl_pqw_view *views;  ///< [n_leaves]; owns
} bl_pqw_held;

typedef struct bl_pqw_writer {
    bl_writer head;
    bl_context *context;
    bl_sink *sink; ///< borrows
    bl_arena arena;
    bl_pqw_schema schema;
    bl_pqw_settings settings;
    bl_pqw_chunk *chunks;    ///< [n_leaves]; owns
    bl_pqw_scratch *scratch; ///< [n_threads]; owns
    bl_pqw_held held[BL_PQW_MOST_HELD];
    size_t n_held;
    unsigned n_scratch;
    int64_t group_rows;        ///< that are asked for; 0: any
    uint64_t group_bits;       ///< of values and levels that are asked for; 0: by group_bytes
    uint64_t group_bytes;      ///< that a row group takes in memory
    int64_t n_rows;            ///< in all
    int64_t n_group_rows;      ///< of the group at hand
    uint64_t n_group_bytes;    ///< of its pages
    uint64_t n_bits, due_bits; ///< since the size of the group was looked at, and until it is again
    int64_t n_hand_rows;       ///< of the batches held
    int64_t part_last;         ///< rows at hand that are being gathered end here
    bl_pqw_job *jobs;          ///< [n_jobs]; owns
    size_t n_jobs, job_capacity;
    bl_buffer **waiting; ///< [n_waiting] what is to be written next; owns
    size_t n_waiting, waiting_capacity;
    uint64_t n_bytes; ///< of the file, with what waits
    bl_pqw_notes notes;
    size_t n_groups;
} bl_pqw_writer;

/// How many bits the values and levels of rows at hand count.
uint64_t bl_pqw_leaf_bits(const bl_pqw_writer *writer, size_t leaf, int64_t first, int64_t last);
/// Makes the pages that end in rows [first, part_last) at hand, and gathers the rest.
/// \param is_end the last page ends there, too
bl_status bl_pqw_append(bl_pqw_writer *writer, int64_t first, bool is_end, bl_error *err);
/// Runs tasks, beside which what waits is written.
bl_status bl_pqw_run(bl_pqw_writer *writer, bl_task_fn task, size_t n, bl_error *err);
/// Lets bytes wait. \param buffer moves, also on failure; the writer's alone
bl_status bl_pqw_wait(bl_pqw_writer *writer, bl_buffer *buffer, bl_error *err);
/// Writes what waits.
bl_status bl_pqw_flush(bl_pqw_writer *writer, bl_error *err);
/// Ends the group at hand, where it has rows: its pages wait to be written, and it is noted for the
/// footer.
bl_status bl_pqw_group_end(bl_pqw_writer *writer, bl_error *err);

/// A table of these columns. \param ret_writer the caller owns it; borrows the sink and the output
bl_status bl_pqw_writer_new(bl_output *output, bl_sink *sink, const bl_pqw_settings *settings,
                            const bl_column_spec *columns, size_t n_columns,
                            const bl_writer_options *options, bl_pqw_writer **ret_writer,
                            bl_error *err);
void bl_pqw_writer_free(bl_pqw_writer *writer);

#endif
