// SPDX-License-Identifier: Apache-2.0
// Local files. Submitting tells the kernel which pages come next, waiting copies them; so disk and
// decompression overlap without a thread of our own. Not mapped: a file that shrinks under a map is
// a signal, here it is an error.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "io/bytes/transport.h"

/// Reads that were submitted together.
typedef struct file_ticket {
    struct file_ticket *next_free;
    size_t capacity, n_reads;
    bl_read reads[];
} file_ticket;

typedef struct file_source {
    bl_source source;
    int fd;
    file_ticket *free_tickets; ///< for the next submissions
} file_source;

static bl_status ticket_take(file_source *file, size_t n_reads, file_ticket **ret_ticket,
                             bl_error *err) {
    bl_context *context = file->source.context;
    file_ticket *ticket = file->free_tickets;
    if (ticket)
        file->free_tickets = ticket->next_free;
    if (!ticket || ticket->capacity < n_reads) {
        bl_free(context, ticket);
        size_t size;
        if (__builtin_mul_overflow(n_reads, sizeof(bl_read), &size) ||
            __builtin_add_overflow(size, sizeof *ticket, &size) ||
            !(ticket = bl_alloc(context, size)))
            return bl_error_nomem(err, n_reads * sizeof(bl_read), "reads of a file");
        ticket->capacity = n_reads;
    }
    ticket->n_reads = n_reads;
    *ret_ticket = ticket;
    return BL_OK;
}

static bl_status file_submit(bl_source *source, const bl_read *reads, size_t n_reads,
                             void **ret_ticket, bl_error *err) {
    file_source *file = (file_source *)source;
    file_ticket *ticket = NULL;
    BL_TRY(ticket_take(file, n_reads, &ticket, err));
    memcpy(ticket->reads, reads, n_reads * sizeof *reads);
    // Advice only: a file system that refuses it is merely slower.
    for (size_t i = 0; i < n_reads; i++)
        (void)posix_fadvise(file->fd, (off_t)reads[i].offset, (off_t)reads[i].size,
                            POSIX_FADV_WILLNEED);
    *ret_ticket = ticket;
    return BL_OK;
}

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

static bl_status file_wait(bl_source *source, void *ticket_pointer, bl_error *err) {
    file_source *file = (file_source *)source;
    file_ticket *ticket = ticket_pointer;
    bl_status status = BL_OK;
    for (size_t i = 0; i < ticket->n_reads && status == BL_OK; i++) {
        status = bl_context_check(source->context, err);
        if (status == BL_OK)
            status = read_whole(file, &ticket->reads[i], err);
    }
    ticket->next_free = file->free_tickets;
    file->free_tickets = ticket;
    return status;
}

static void file_close(bl_source *source) {
    file_source *file = (file_source *)source;
    while (file->free_tickets) {
        file_ticket *next = file->free_tickets->next_free;
        bl_free(source->context, file->free_tickets);
        file->free_tickets = next;
    }
    (void)close(file->fd);
    bl_free(source->context, file);
}

static const bl_source_ops file_ops = {
    .name = "file",
    .submit = file_submit,
    .wait = file_wait,
    .close = file_close,
    .gap_bytes = 64u << 10,
    .request_bytes = 8u << 20,
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
