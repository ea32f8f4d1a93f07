// SPDX-License-Identifier: Apache-2.0
/// \file
/// Outputs: files being written, and the tables in them.
///
/// A file appears under its name only when it is finished; until then, and after any failure, there
/// is nothing under that name, or what was there before. An output belongs to one thread at a time;
/// its bytes do not depend on the number of threads.
#ifndef BEAMLINE_OUTPUT_H
#define BEAMLINE_OUTPUT_H

#include <beamline/batch.h>
#include <beamline/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A file being written.
typedef struct bl_output bl_output;
/// A table being written into an output.
typedef struct bl_writer bl_writer;

/// Zero-initialise, set `size`, then what differs from the default.
typedef struct bl_output_options {
    size_t size;
    const char *format; ///< "ROOT", "Parquet", …; NULL: by the extension of the URL
    const char *codec; ///< "zstd", "lz4", "zlib", "lzma", "snappy", "gzip", "bzip2", "none", as the
                       ///< format knows them; with a level: "zstd:9"; NULL: the format's own
    const char *base;  ///< a file whose objects the new one begins with, copied as they are; may
                       ///< be the URL itself, with `overwrite`
    bool overwrite;    ///< replace what is under that name; else that is BL_E_EXISTS
    const char *const *metadata; ///< [2 × n_metadata] keys, each before its value: where the data
                                 ///< came from; kept where the format has a place for it
    size_t n_metadata;
    const char *separator; ///< of CSV: one character; NULL: ',', or a tab for .tsv
    const char *encoding;  ///< of values in Parquet: "plain", "dictionary", "delta" (integers) or
                           ///< "split" (floats; Spark 3 cannot read it), where it fits a column;
                           ///< NULL or "auto": chosen for each by its first values
    bool
        is_scratch; ///< the file need not outlive a loss of power: nobody waits until it is on disk
    uint64_t *ret_bytes; ///< with ret_xxh64: what bl_output_finish says of the file, how long it is
    uint64_t
        *ret_xxh64; ///< and XXH64 of its bytes, of seed 0; they borrow until then; NULL: nothing
} bl_output_options;

/// Starts a file. \param options NULL for the defaults. \param ret_output the caller owns it
/// \return BL_OK, BL_E_EXISTS, BL_E_ACCESS, BL_E_IO, BL_E_INVALID (unknown codec or level, with the
/// nearest names), BL_E_UNSUPPORTED (no such format can be written), BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_output_open(bl_context *context, const char *url,
                                              const bl_output_options *options,
                                              bl_output **ret_output, bl_error *err);
/// Writes what is left and lets the file appear under its name. The output takes no more after it.
/// \return BL_OK, BL_E_IO (also a full disk), BL_E_NOMEM, BL_E_CANCELLED
BL_API BL_MUST_CHECK bl_status bl_output_finish(bl_output *output, bl_error *err);
/// Frees an output and its writers; one that was not finished leaves nothing. NULL is allowed.
BL_API void bl_output_close(bl_output *output);

/// One column to be written.
typedef struct bl_column_spec {
    size_t size;
    const char *name;        ///< of the column; a '/' is kept as part of it
    const char *title;       ///< NULL: none
    const bl_type *type;     ///< borrows until the call returns
    const char *counter;     ///< of a list of numbers: the column of this table that says how many
                             ///< items each row has; NULL: the format's own way
    const char *source_type; ///< as bl_column_info has it: how the original was stored, a wish that
                             ///< is followed where it fits the type: "vector<float>", or of a
                             ///< list of structs of numbers "TClonesArray<Track>"; NULL: none
} bl_column_spec;

/// Whether the format can hold a column of that type and name, whatever it is counted by.
/// \return BL_OK, BL_E_TYPE (names the column and says why not), BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_output_check(bl_output *output, const bl_column_spec *column,
                                               bl_error *err);

/// Zero-initialise, set `size`, then what differs from the default.
typedef struct bl_writer_options {
    size_t size;
    const char *path;       ///< of the table inside the file, with directories; NULL: "Events"
    const char *title;      ///< NULL: none
    int64_t cluster_rows;   ///< rows that belong together; 0: as many as fit cluster_bytes
    uint64_t cluster_bytes; ///< uncompressed bytes of a cluster; 0: 32 MiB, or a sixteenth of the
                            ///< memory budget where that is less
    uint64_t chunk_bytes;   ///< uncompressed bytes of a basket at most; 0: 256 KiB
    const char *friend_of;  ///< path of a table in this file whose rows the new one continues
                            ///< sideways: it is declared as its friend when the output is
                            ///< finished, or refused then with the reason; NULL: none
} bl_writer_options;

/// Adds a table. \param columns [n_columns], copied. \param ret_writer borrows from the output
/// \return BL_OK, BL_E_EXISTS (such a path is there), BL_E_TYPE (a type that the format cannot
/// hold), BL_E_INVALID (a name twice, a counter that is none), BL_E_NOTFOUND, BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_output_add(bl_output *output, const bl_column_spec *columns,
                                             size_t n_columns, const bl_writer_options *options,
                                             bl_writer **ret_writer, bl_error *err);
/// Appends the rows of a batch, whose columns are those of the writer, by position.
/// \return BL_OK, BL_E_TYPE, BL_E_SHAPE (a counter contradicts its lists), BL_E_IO, BL_E_NOMEM,
/// BL_E_CANCELLED
BL_API BL_MUST_CHECK bl_status bl_writer_write(bl_writer *writer, const bl_batch *batch,
                                               bl_error *err);
/// Writes what is left of a table, which takes no more rows. bl_output_finish does so for tables
/// that are not finished; who writes many tables one after the other keeps only one in memory so.
/// \return BL_OK, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
BL_API BL_MUST_CHECK bl_status bl_writer_finish(bl_writer *writer, bl_error *err);

#ifdef __cplusplus
}
#endif
#endif
