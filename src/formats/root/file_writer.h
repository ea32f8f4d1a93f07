// SPDX-License-Identifier: Apache-2.0
/// \file
/// ROOT files being written: records one behind the other, then the directories that list them.
/// Knows nothing of trees.
///
/// The bytes depend on what is written and on the file's name alone: dates are fixed, and the
/// file's UUID is a hash of its bytes.
#ifndef BL_FORMATS_ROOT_FILE_WRITER_H
#define BL_FORMATS_ROOT_FILE_WRITER_H

#include "formats/root/object_write.h"
#include "formats/root/streamer.h"
#include "io/bytes/sink.h"

/// A directory of the file.
typedef struct bl_root_folder {
    const char *path; ///< with its parents'; "" for the file itself
    const char *name, *title;
    size_t parent;   ///< index of the folder that lists it
    size_t own_key;  ///< index of its key there
    uint64_t seek;   ///< of its record; 0: not written yet
    bool is_changed; ///< what is on disk, if anything, does not list all its keys
    size_t n_keys, keys_capacity;
    bl_root_key *keys;
} bl_root_folder;

typedef struct bl_root_writer {
    bl_context *context;
    bl_sink *sink; ///< owns
    bl_codecs *codecs;
    bl_compression how;
    bl_arena arena;
    const char *name;      ///< of the file inside itself
    int32_t version;       ///< of ROOT, as 64000
    uint64_t begin;        ///< of the first record
    bl_packer head;        ///< header and first record, filled in and written again at the end
    uint32_t n_bytes_name; ///< from `begin` to the file's own directory record
    uint64_t hash;         ///< of all bytes so far
    size_t n_folders, folders_capacity;
    bl_root_folder *folders; ///< [0] is the file itself; parents before their kids
    size_t n_classes;        ///< whose streamer info the file has to hold
    const char *classes[BL_ROOT_MAX_WRITTEN_CLASSES];
    size_t n_own_classes, own_classes_capacity;
    const bl_root_class **own_classes; ///< [n_own_classes] that are none of the known ones
    bl_root_file *base;                ///< the file that this one continues, or NULL; shares
} bl_root_writer;

/// Starts a file. \param sink moves, also on failure \param ret_writer the caller owns it
/// \param base a file that is copied first, whose objects stay; shares; NULL: none
/// \return BL_OK, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED; of a base also BL_E_CORRUPT and
/// BL_E_UNSUPPORTED (its first record has no room for what has to change)
bl_status bl_root_writer_new(bl_context *context, bl_sink *sink, bl_root_file *base,
                             bl_compression how, bl_root_writer **ret_writer, bl_error *err);
/// NULL is allowed.
void bl_root_writer_free(bl_root_writer *writer);
BL_DEFINE_AUTO(bl_root_writer, bl_root_writer_free);

/// The folder of a path, made with its parents where it is not there yet.
/// \param length of the path, without a '/' at its end \param ret_folder its index
/// \return BL_OK, BL_E_EXISTS (something else has that name), BL_E_NOMEM
bl_status bl_root_writer_folder(bl_root_writer *writer, const char *path, size_t length,
                                size_t *ret_folder, bl_error *err);
/// The key of the highest cycle under that name, or NULL. Borrows until the next key is added.
const bl_root_key *bl_root_writer_find(const bl_root_writer *writer, size_t folder,
                                       const char *name);

/// A key for the next record: its cycle is the next of that name, its header as long as its strings
/// need. \param class_name, name, title borrow until the writer is freed
/// \return BL_OK, BL_E_LIMIT (strings too long for a header)
bl_status bl_root_writer_key(const bl_root_writer *writer, size_t folder, const char *class_name,
                             const char *name, const char *title, bl_root_key *ret_key,
                             bl_error *err);
/// The same for a record that replaces another and must have a header of the same length, because
/// references in its payload count from the header's start; the title is cut or padded for it.
/// \return BL_OK, BL_E_UNSUPPORTED (the title is too short), BL_E_NOMEM
bl_status bl_root_writer_key_like(bl_root_writer *writer, size_t folder, const bl_root_key *old,
                                  bl_root_key *ret_key, bl_error *err);
/// Compresses and writes a record, fills in the sizes of its key and lists it in the folder.
/// \return BL_OK, BL_E_LIMIT (over 2³¹ bytes), BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_root_writer_record(bl_root_writer *writer, size_t folder, bl_root_key *key,
                                const bl_buffer *payload, bl_error *err);
/// Writes bytes as they are: a whole record that no directory lists, such as a basket.
bl_status bl_root_writer_bytes(bl_root_writer *writer, const void *data, size_t size,
                               bl_error *err);
/// Where the next record will be.
static inline uint64_t bl_root_writer_position(const bl_root_writer *writer) {
    return writer->sink->n_bytes;
}
/// Remembers the classes that a record was written with, for the streamer info.
void bl_root_writer_note_classes(bl_root_writer *writer, const bl_root_scribe *scribe);
/// The same of one known class and its bases.
void bl_root_writer_note_class(bl_root_writer *writer, const char *name);
/// The same of a class that is not known, whose description is copied.
/// \return BL_OK, BL_E_INVALID (its name is used for another class), BL_E_NOMEM; of a file that is
/// continued also BL_E_CORRUPT, BL_E_IO
bl_status bl_root_writer_describe(bl_root_writer *writer, const bl_root_class *of, bl_error *err);
/// Writes directories, streamer info, free list and header, and lets the file appear.
/// \return BL_OK, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_root_writer_finish(bl_root_writer *writer, bl_error *err);

// ---- between the files of the writer ----

/// Copies a file and lists its directories.
bl_status bl_root_writer_copy(bl_root_writer *writer, bl_root_file *base, bl_error *err);
/// The folder of a path of `length` bytes, or SIZE_MAX.
size_t bl_root_folder_find(const bl_root_writer *writer, const char *path, size_t length);
/// Lists a key in a folder.
bl_status bl_root_folder_add(bl_root_writer *writer, size_t folder, const bl_root_key *key,
                             bl_error *err);
/// Adds a folder that is not there yet, but its key is. \param name the very string of the key
bl_status bl_root_folder_new(bl_root_writer *writer, size_t parent, const char *name,
                             const char *title, size_t *ret_folder, bl_error *err);
/// A directory record: where the keys of a folder are listed.
void bl_root_folder_pack(bl_packer *packer, uint32_t n_bytes_keys, uint32_t n_bytes_name,
                         uint64_t seek, uint64_t seek_parent, uint64_t seek_keys,
                         const uint8_t uuid[16]);
/// Writes the key lists and records of all changed folders but the file itself, then the file's key
/// list. \param ret_keys its record
bl_status bl_root_folders_write(bl_root_writer *writer, const uint8_t uuid[16],
                                bl_root_key *ret_keys, bl_error *err);
/// Writes a record that no directory lists, without compressing it.
bl_status bl_root_writer_plain(bl_root_writer *writer, bl_root_key *key, const bl_packer *payload,
                               bl_error *err);
/// Writes the streamer info of the noted classes.
bl_status bl_root_streamer_info_write(bl_root_writer *writer, bl_root_key *ret_key, bl_error *err);

enum {
    BL_ROOT_HEADER_BYTES = 100,    ///< in front of the first record
    BL_ROOT_DIRECTORY_BYTES = 60,  ///< of a directory record, with room for wide seeks
    BL_ROOT_NARROW_DIRECTORY = 48, ///< without that room
    BL_ROOT_OLD_DIRECTORY = 30,    ///< of version 1, which has no UUID either
};

#endif
