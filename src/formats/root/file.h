// SPDX-License-Identifier: Apache-2.0
/// \file
/// TFile: header, records, directories. Knows nothing of trees.
#ifndef BL_FORMATS_ROOT_FILE_H
#define BL_FORMATS_ROOT_FILE_H

#include "formats/root/key.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

/// One key of a directory.
typedef struct bl_root_entry {
    bl_root_key key;
    const char *path; ///< with its directories, without the cycle
    size_t parent;    ///< entry of its directory while they are read; SIZE_MAX at the top
    bool is_directory;
} bl_root_entry;

typedef struct bl_root_recovery bl_root_recovery; // see recover.h

typedef struct bl_root_file {
    bl_context *context;
    bl_source *source; ///< owns
    bl_arena arena;    ///< names, streamer classes: everything that lives as long as the file
    int32_t version;   ///< of ROOT, as 62004; a million added where the header is wide
    uint64_t begin, end;
    uint64_t seek_info; ///< record of the streamer info; 0: none
    uint32_t n_bytes_info;
    uint8_t uuid[16];        ///< zeros: it has none
    uint64_t key_list_bytes; ///< of all key lists so far; they cannot be more than the file's
    bl_fetch *ends;          ///< the file's first and last bytes, where most metadata is
    bl_range end_ranges[2];
    bl_codecs *codecs;
    size_t n_entries, entries_capacity;
    bl_root_entry *entries;          ///< directories before what they hold
    bool is_unclosed;                ///< a directory has no key list yet
    struct bl_root_classes *classes; ///< read on first use
    bl_root_recovery *recovery;      ///< what its records gave where its lists did not; else NULL
    atomic_uint n_holders;
} bl_root_file;

/// True where a file's first bytes are ROOT's.
bool bl_root_probe(const uint8_t *head, size_t size);

/// Opens a file and lists its directories. Where its lists are missing or damaged, objects are
/// found by their records, and a warning is logged. \param source moves, also on failure
/// \param ret_file the caller holds it
/// \return BL_OK, BL_E_FORMAT, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_root_file_open(bl_context *context, bl_source *source, bl_root_file **ret_file,
                            bl_error *err);
bl_root_file *bl_root_file_ref(bl_root_file *file);
/// NULL is allowed.
void bl_root_file_release(bl_root_file *file);
BL_DEFINE_AUTO(bl_root_file, bl_root_file_release);

/// A record with its payload uncompressed. References inside the payload count from the record's
/// start: position in payload + key_len.
typedef struct bl_root_record {
    bl_root_key key;
    const uint8_t *payload; ///< [size]; borrows from `holder`, or from the file where that is NULL
    size_t size;
    bl_buffer *holder; ///< shares
} bl_root_record;

void bl_root_record_release(bl_root_record *record);
/// Reads the record at `offset`, `n_bytes` long by its key list or header, and uncompresses it.
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (unknown codec), BL_E_IO, BL_E_NOMEM
bl_status bl_root_record_read(bl_root_file *file, uint64_t offset, uint64_t n_bytes,
                              bl_root_record *ret_record, bl_error *err);

/// Reads `n` byte ranges at once, from the file's cached ends where they lie there.
/// \param ret_data [n] borrow from `*ret_fetch` and the file; the caller frees the fetch
bl_status bl_root_file_read(bl_root_file *file, const bl_range *ranges, size_t n,
                            bl_fetch **ret_fetch, const uint8_t **ret_data, bl_error *err);

/// True for classes of directories.
bool bl_root_is_directory(const char *class_name);
/// Adds an object. Those of one directory must follow each other. \param parent entry of its
/// directory, SIZE_MAX at the top \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_root_entry_add(bl_root_file *file, size_t parent, const bl_root_key *key,
                            bl_error *err);
/// Puts each directory's entries behind it: they were added one level after the other.
bl_status bl_root_entries_sort(bl_root_file *file, bl_error *err);
/// Fills file->entries. Called by bl_root_file_open.
bl_status bl_root_directories_read(bl_root_file *file, uint64_t n_bytes_name, bl_error *err);

#endif
