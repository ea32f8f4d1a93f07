// SPDX-License-Identifier: Apache-2.0
// Event files. Records are gathered in memory and written at once, behind each other.
#include "learn/train/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/message.h"
#include "formats/tfrecord/record.h"

#define BEGINNING "events.out.tfevents."
#define FILE_VERSION "brain.Event:2"
enum { MOST_PATH = 4096, MOST_HOST = 256, START_BYTES = 4096, STATUS_START = 1 };

struct bl_events {
    bl_context *context;
    int fd;
    bl_crc32c_fn crc;
    bl_buffer *bytes; ///< records that wait
    bool has_failed;  ///< sticky: what came last may be half a record
    char path[MOST_PATH];
};

// ---- messages: names and numbers are those of schemas/event.proto ----

typedef struct value {
    bl_message head;
    const char *tag;
    float simple_value;
} value;

typedef struct summary {
    bl_message head;
    BL_MESSAGE_LIST(value) values;
} summary;

typedef struct session_log {
    bl_message head;
    int32_t status;
} session_log;

typedef struct event {
    bl_message head;
    double wall_time;
    int64_t step;
    const char *file_version;
    const summary *summary;
    const session_log *session_log;
} event;

#define FIELD(number, kind, rule, type, member, message) \
    { number, BL_MESSAGE_##kind, BL_MESSAGE_##rule, #member, offsetof(type, member), message }
#define TYPE(text, type, fields) \
    { text, sizeof(type), sizeof(fields) / sizeof *(fields), fields }
#define HAS(number) (UINT64_C(1) << (number))

static const bl_message_field value_fields[] = {
    FIELD(1, TEXT, ONE, value, tag, NULL),
    FIELD(2, FLOAT, ONE, value, simple_value, NULL),
};
static const bl_message_type value_message = TYPE("a value", value, value_fields);

static const bl_message_field summary_fields[] = {
    FIELD(1, MESSAGE, MANY, summary, values, &value_message),
};
static const bl_message_type summary_message = TYPE("a summary", summary, summary_fields);

static const bl_message_field session_fields[] = {
    FIELD(1, INT32, ONE, session_log, status, NULL),
};
static const bl_message_type session_message = TYPE("a session", session_log, session_fields);

static const bl_message_field event_fields[] = {
    FIELD(1, DOUBLE, ONE, event, wall_time, NULL),
    FIELD(2, INT64, ONE, event, step, NULL),
    FIELD(3, TEXT, ONE, event, file_version, NULL),
    FIELD(5, MESSAGE, ONE, event, summary, &summary_message),
    FIELD(7, MESSAGE, ONE, event, session_log, &session_message),
};
static const bl_message_type event_message = TYPE("an event", event, event_fields);

static bl_status add(bl_events *events, const event *e, bl_error *err) {
    BL_AUTO(bl_buffer) message = NULL;
    BL_TRY(bl_message_encode(events->context, &event_message, e, &message, err));
    size_t used = events->bytes->size, needed = used + BL_TF_FRAME + message->size;
    if (needed > events->bytes->capacity)
        BL_TRY(bl_buffer_reserve(&events->bytes, 2 * needed, err));
    uint8_t *record = events->bytes->data + used;
    memcpy(record + BL_TF_HEAD, message->data, message->size);
    bl_tf_frame(events->crc, record, message->size);
    events->bytes->size = needed;
    return BL_OK;
}

// ---- a file ----

static bool is_event_file(const char *name) {
    return strncmp(name, BEGINNING, sizeof BEGINNING - 1) == 0;
}

/// The second of the newest file in a folder, −1: there is none.
static bl_status find_newest(bl_context *context, const char *folder, long long *ret_second,
                             bl_error *err) {
    bl_arena arena;
    const char **names = NULL;
    size_t n = 0;
    bl_arena_init(&arena, context);
    bl_status status = bl_folder_list(&arena, folder, is_event_file, &names, &n, err);
    *ret_second = -1;
    for (size_t i = 0; i < n; i++) {
        long long second = strtoll(names[i] + sizeof BEGINNING - 1, NULL, 10);
        *ret_second = second > *ret_second ? second : *ret_second;
    }
    bl_arena_release(&arena);
    return status;
}

/// TensorBoard reads the files of a folder in the order of their names: a clock that went back, or
/// did not go on, must not put a later one before an earlier one.
static bl_status create(bl_events *events, const char *folder, double wall_s, bl_error *err) {
    char host[MOST_HOST] = "localhost";
    long long second = (long long)wall_s, newest;
    BL_TRY(find_newest(events->context, folder, &newest, err));
    if (gethostname(host, sizeof host - 1) != 0 || strchr(host, '/'))
        memcpy(host, "localhost", sizeof "localhost");
    second = newest >= second ? newest + 1 : second;
    int n = snprintf(events->path, sizeof events->path, "%s/" BEGINNING "%010lld.%s.%ld", folder,
                     second, host, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof events->path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", folder);
    events->fd = open(events->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    return events->fd >= 0 ? BL_OK : bl_error_errno(err, errno, events->path);
}

bl_status bl_events_open(bl_context *context, const char *folder, bl_events **ret_events,
                         bl_error *err) {
    double now_s = bl_clock_wall_s();
    const event first = {.head.has = HAS(1), .wall_time = now_s, .file_version = FILE_VERSION};
    BL_AUTO(bl_events) events = (bl_events *)bl_alloc_zero(context, 1, sizeof *events);
    if (!events)
        return bl_error_nomem(err, sizeof *events, "a file of events");
    events->context = context;
    events->fd = -1;
    events->crc = bl_crc32c_get();
    BL_TRY(bl_buffer_new(context, START_BYTES, &events->bytes, err));
    BL_TRY(add(events, &first, err));
    BL_TRY(create(events, folder, now_s, err));
    BL_TRY(bl_events_flush(events, err));
    *ret_events = BL_MOVE(events);
    return BL_OK;
}

bl_status bl_events_restart(bl_events *events, int64_t step, double wall_s, bl_error *err) {
    const session_log session = {.head.has = HAS(1), .status = STATUS_START};
    const event e = {
        .head.has = HAS(1) | HAS(2), .wall_time = wall_s, .step = step, .session_log = &session};
    return add(events, &e, err);
}

bl_status bl_events_scalar(bl_events *events, const char *tag, int64_t step, double wall_s,
                           double value_of_tag, bl_error *err) {
    value item = {.head.has = HAS(2), .tag = tag, .simple_value = (float)value_of_tag};
    const summary one = {.values = {1, &item}};
    const event e = {
        .head.has = HAS(1) | HAS(2), .wall_time = wall_s, .step = step, .summary = &one};
    return add(events, &e, err);
}

bl_status bl_events_flush(bl_events *events, bl_error *err) {
    const uint8_t *at = events->bytes->data;
    if (events->has_failed)
        return bl_error_set(err, BL_E_IO, "%s: nothing more can be written", events->path);
    for (size_t left = events->bytes->size; left;) {
        ssize_t n = write(events->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        events->has_failed = n <= 0;
        if (n <= 0)
            return bl_error_errno(err, n ? errno : EIO, events->path);
        at += n;
        left -= (size_t)n;
    }
    events->bytes->size = 0;
    return BL_OK;
}

void bl_events_close(bl_events *events) {
    if (!events)
        return;
    if (events->fd >= 0) {
        (void)!bl_events_flush(events, NULL);
        (void)close(events->fd);
    }
    bl_buffer_release(events->bytes);
    bl_free(events->context, events);
}
