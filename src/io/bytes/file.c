// SPDX-License-Identifier: Apache-2.0
// Local files, read by whichever thread needs the bytes. Advice tells the kernel which pages come
// next, so that disk and decompression overlap without a thread of our own. Not mapped: a file that
// shrinks under a map is a signal, here it is an error.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/context.h"
#include "io/bytes/transport.h"

typedef struct file_source {
    bl_source source;
    int fd;
} file_source;

/// The file ended earlier than when it was opened.
static bl_status shrunk(const file_source *file, const bl_read *read, bl_error *err) {
    struct stat now;
    intmax_t size = fstat(file->fd, &now) == 0 ? (intmax_t)now.st_size : -1;
    return bl_error_set(err, BL_E_CORRUPT,
                        "truncated: offset %" PRIu64 " + %zu bytes is past the end of the file, "
                        "which shrank from %" PRIu64 " to %jd bytes while it was read",
                        read->offset, read->size, file->source.size_bytes, size);
}

static bl_status read_whole(const file_source *file, const bl_read *read, bl_error *err) {
    for (size_t done = 0; done < read->size;) {
        ssize_t got =
            pread(file->fd, read->data + done, read->size - done, (off_t)(read->offset + done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0)
            return shrunk(file, read, err);
        else if (errno != EINTR)
            return bl_error_errno(err, errno, "read");
    }
    return BL_OK;
}

static bl_status file_read(const bl_source *source, const bl_read *read, bl_error *err) {
    return read_whole((const file_source *)source, read, err);
}

/// Where the end of a range is in memory already, the rest mostly is too: the kernel takes longer
/// to find out for each page that there is nothing to do than to read one byte without waiting.
static void file_advise(const bl_source *source, bl_range range) {
    int fd = ((const file_source *)source)->fd;
    uint8_t byte;
    struct iovec one = {&byte, 1};
    if (range.size == 0 ||
        preadv2(fd, &one, 1, (off_t)(range.offset + range.size - 1), RWF_NOWAIT) == 1)
        return;
    // Advice only: a file system that refuses it is merely slower.
    (void)posix_fadvise(fd, (off_t)range.offset, (off_t)range.size, POSIX_FADV_WILLNEED);
}

static void file_close(bl_source *source) {
    (void)close(((file_source *)source)->fd);
    bl_free(source->context, source);
}

static const bl_source_ops file_ops = {
    .name = "file",
    .read = file_read,
    .advise = file_advise,
    .close = file_close,
    .gap_bytes = 16u << 10,
    .request_bytes = 512u << 10,
    .window_bytes = 2u << 20,
};

/// Anything that has no size or no random access is refused with its name.
static bl_status check_regular(const struct stat *info, const char *url, bl_error *err) {
    if (S_ISREG(info->st_mode))
        return BL_OK;
    const char *what = S_ISDIR(info->st_mode)    ? "a directory"
                       : S_ISFIFO(info->st_mode) ? "a pipe"
                                                 : "a device or socket";
    return bl_error_set(err, BL_E_INVALID, "%s: is %s, not a regular file", url, what);
}

static bl_status open_regular(const char *url, const char *path, int *ret_fd, uint64_t *ret_size,
                              bl_error *err) {
    // O_NONBLOCK: opening a pipe that nobody writes to must not hang.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return bl_error_errno(err, errno, url);
    struct stat info;
    bl_status status =
        fstat(fd, &info) == 0 ? check_regular(&info, url, err) : bl_error_errno(err, errno, url);
    if (status != BL_OK) {
        (void)close(fd);
        return status;
    }
    // Every range is announced before it is read, so the kernel's own guesses only cost.
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    *ret_fd = fd;
    *ret_size = (uint64_t)info.st_size;
    return BL_OK;
}

bl_status bl_file_open(bl_context *context, const char *url, const char *path,
                       bl_source **ret_source, bl_error *err) {
    file_source *file = bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a source");
    uint64_t size = 0;
    bl_status status = open_regular(url, path, &file->fd, &size, err);
    if (status == BL_OK) {
        status = bl_source_init(&file->source, &file_ops, context, url, size, err);
        if (status != BL_OK)
            (void)close(file->fd);
    }
    if (status != BL_OK) {
        bl_free(context, file);
        return status;
    }
    *ret_source = &file->source;
    return BL_OK;
}
