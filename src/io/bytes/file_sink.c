// SPDX-License-Identifier: Apache-2.0
// Writing local files. The bytes go to a file without a name in the target's directory, which gets
// its name when it is whole and on disk; whatever ends the process before leaves nothing behind.
// Where the file system knows no files without names, one with a name of its own is used, which
// only a kill leaves behind.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/context.h"
#include "io/bytes/transport.h"

enum {
    BUFFER_BYTES = 256 * 1024,
    DIRECT_BYTES = 32 * 1024,      ///< so many at once are not copied
    AHEAD_BYTES = 8 * 1024 * 1024, ///< so many are on their way to the disk at once
    MAX_NAMES = 1000,
};

typedef struct file_sink {
    bl_sink sink;
    int fd;          ///< −1: not open yet
    char *target;    ///< path of the finished file; owns
    char *temporary; ///< path to write under, in the same directory; owns
    bool is_named;   ///< there is a file under `temporary`
    bool overwrite;
    bl_buffer *buffer; ///< small writes that wait; its size counts them
    uint64_t started;  ///< bytes that the disk was told of
} file_sink;

/// Writes some pieces behind each other, which are used up.
static bl_status write_pieces(const file_sink *file, struct iovec *pieces, int n, uint64_t offset,
                              bl_error *err) {
    while (n) {
        ssize_t written = pwritev(file->fd, pieces, n, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return bl_error_errno(err, written ? errno : ENOSPC, "write");
        offset += (uint64_t)written;
        size_t left = (size_t)written;
        for (; n && left >= pieces->iov_len; n--, pieces++)
            left -= pieces->iov_len;
        if (n) {
            pieces->iov_base = (char *)pieces->iov_base + left;
            pieces->iov_len -= left;
        }
    }
    return BL_OK;
}

/// Tells the disk of what was written, so that the end of the file does not wait for all of it.
/// What fails here fails at the end, too.
static void write_ahead(file_sink *file) {
    uint64_t n = file->sink.n_bytes - file->started;
    if (file->sink.is_scratch || n < AHEAD_BYTES)
        return;
    (void)sync_file_range(file->fd, (off_t)file->started, (off_t)n, SYNC_FILE_RANGE_WRITE);
    file->started = file->sink.n_bytes;
}

/// Writes what waits, and `size` more bytes behind it.
static bl_status flush_with(file_sink *file, const void *data, size_t size, bl_error *err) {
    bl_buffer *waiting = file->buffer;
    struct iovec pieces[2];
    int n = 0;
    if (waiting->size)
        pieces[n++] = (struct iovec){waiting->data, waiting->size};
    if (size)
        pieces[n++] = (struct iovec){(void *)(uintptr_t)data, size};
    BL_TRY(write_pieces(file, pieces, n, file->sink.n_bytes - waiting->size, err));
    waiting->size = 0;
    write_ahead(file);
    return BL_OK;
}

static bl_status flush(file_sink *file, bl_error *err) { return flush_with(file, NULL, 0, err); }

static bl_status file_write(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    file_sink *file = (file_sink *)sink;
    bl_buffer *waiting = file->buffer;
    if (size >= DIRECT_BYTES || size > BUFFER_BYTES - waiting->size)
        return flush_with(file, data, size, err);
    memcpy(waiting->data + waiting->size, data, size);
    waiting->size += size;
    return BL_OK;
}

static bl_status write_at(file_sink *file, uint64_t offset, const void *data, size_t size,
                          bl_error *err) {
    struct iovec piece = {(void *)(uintptr_t)data, size};
    BL_TRY(flush(file, err));
    return write_pieces(file, &piece, size != 0, offset, err);
}

static bl_status file_rewrite_head(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    return write_at((file_sink *)sink, 0, data, size, err);
}

static bl_status file_write_at(bl_sink *sink, uint64_t offset, size_t size, const void *data,
                               bl_error *err) {
    return write_at((file_sink *)sink, offset, data, size, err);
}

static bl_status file_read_at(bl_sink *sink, uint64_t offset, size_t size, void *data,
                              bl_error *err) {
    file_sink *file = (file_sink *)sink;
    uint8_t *to = (uint8_t *)data;
    BL_TRY(flush(file, err));
    while (size) {
        ssize_t n = pread(file->fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return bl_error_errno(err, n ? errno : EIO, "read");
        to += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return BL_OK;
}

// ---- names ----

/// Writes the n-th name that a file may have before it is finished.
static void name_temporary(file_sink *file, int n) {
    size_t length = strlen(file->target);
    snprintf(file->temporary + length, 40, ".part-%ld-%d", (long)getpid(), n);
}

/// Calls `make` with one name after the other until one is free.
static bl_status with_free_name(file_sink *file, int (*make)(file_sink *file), const char *what,
                                bl_error *err) {
    for (int n = 0; n < MAX_NAMES; n++) {
        name_temporary(file, n);
        if (make(file) == 0) {
            file->is_named = true;
            return BL_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return bl_error_errno(err, errno, what);
}

static int create_named(file_sink *file) {
    file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return file->fd < 0 ? -1 : 0;
}

static int link_to(const file_sink *file, const char *path) {
    char self[32];
    snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static int link_temporary(file_sink *file) { return link_to(file, file->temporary); }

static bl_status create(file_sink *file, bl_error *err) {
    size_t length = strlen(file->target);
    while (length && file->target[length - 1] != '/')
        length--;
    char *directory = file->temporary; // not needed yet
    memcpy(directory, length ? file->target : ".", length ? length : 1);
    directory[length ? length : 1] = '\0';
    file->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    memcpy(file->temporary, file->target, strlen(file->target) + 1);
    if (file->fd >= 0)
        return BL_OK;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
        return bl_error_errno(err, errno, "create");
    return with_free_name(file, create_named, "create", err);
}

/// Gives the whole file its name in one step, so that nobody sees half of it.
static bl_status appear(file_sink *file, bl_error *err) {
    if (!file->is_named && !file->overwrite)
        return link_to(file, file->target) == 0 ? BL_OK : bl_error_errno(err, errno, "create");
    if (!file->is_named)
        BL_TRY(with_free_name(file, link_temporary, "create", err));
    int failed = file->overwrite ? rename(file->temporary, file->target)
                                 : link(file->temporary, file->target);
    if (failed)
        return bl_error_errno(err, errno, "rename");
    file->is_named = !file->overwrite; // else closing takes the other name away
    return BL_OK;
}

/// Where nobody waited for the disk, file systems that know of a full one late say so now.
static bl_status close_scratch(file_sink *file, bl_error *err) {
    int failed = close(file->fd);
    file->fd = -1;
    if (!failed || errno == EINTR)
        return BL_OK;
    bl_status status = bl_error_errno(err, errno, "write");
    (void)unlink(file->target);
    return status;
}

static bl_status file_finish(bl_sink *sink, bl_error *err) {
    file_sink *file = (file_sink *)sink;
    BL_TRY(flush(file, err));
    // some file systems know of a full disk only now
    if (!sink->is_scratch && fsync(file->fd) != 0 && errno != EINVAL)
        return bl_error_errno(err, errno, "write");
    BL_TRY(appear(file, err));
    return sink->is_scratch ? close_scratch(file, err) : BL_OK;
}

static void file_close(bl_sink *sink) {
    file_sink *file = (file_sink *)sink;
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->is_named)
        (void)unlink(file->temporary);
    bl_context *context = sink->context;
    bl_buffer_release(file->buffer);
    bl_free(context, file->temporary);
    bl_free(context, file->target);
    bl_free(context, file);
}

static const bl_sink_ops file_ops = {
    .name = "file",
    .write = file_write,
    .rewrite_head = file_rewrite_head,
    .write_at = file_write_at,
    .read_at = file_read_at,
    .finish = file_finish,
    .close = file_close,
};

static bl_status check_target(const char *path, bool overwrite, bl_error *err) {
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? BL_OK : bl_error_errno(err, errno, "create");
    if (!S_ISREG(info.st_mode))
        return bl_error_set(err, BL_E_INVALID, "not a regular file");
    if (!overwrite)
        return bl_error_set(err, BL_E_EXISTS, "already exists");
    return BL_OK;
}

static bl_status fill(file_sink *file, bl_context *context, const char *path, bl_error *err) {
    BL_TRY(check_target(path, file->overwrite, err));
    BL_TRY(bl_buffer_new(context, BUFFER_BYTES, &file->buffer, err));
    file->target = bl_strdup(context, path);
    file->temporary = (char *)bl_alloc(context, strlen(path) + 40);
    if (!file->target || !file->temporary)
        return bl_error_nomem(err, strlen(path) + 40, "a path");
    return create(file, err);
}

bl_status bl_file_sink_open(bl_context *context, const char *url, const char *path, bool overwrite,
                            bl_sink **ret_sink, bl_error *err) {
    file_sink *file = (file_sink *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a file");
    file->fd = -1;
    file->overwrite = overwrite;
    bl_status status = bl_sink_init(&file->sink, &file_ops, context, url, err);
    if (status != BL_OK) {
        bl_free(context, file);
        return status;
    }
    status = fill(file, context, path, err);
    if (status != BL_OK) {
        bl_sink_close(&file->sink);
        return bl_error_in(err, status, "%s", url);
    }
    *ret_sink = &file->sink;
    return BL_OK;
}
