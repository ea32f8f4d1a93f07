// SPDX-License-Identifier: Apache-2.0
// What `beamline train` says while it works, and in the end.
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/number.h"
#include "cli/train.h"

// ---- while it works ----

/// "12 s", "3 min", "1.5 h".
static void put_time(char text[static 16], double seconds) {
    if (seconds < 100)
        snprintf(text, 16, "%.0f s", seconds);
    else if (seconds < 6000)
        snprintf(text, 16, "%.0f min", seconds / 60);
    else
        snprintf(text, 16, "%.1f h", fmin(seconds / 3600, 1e6));
}

static void put_fold(char text[static 32], int64_t fold) {
    text[0] = '\0';
    if (fold >= 0)
        snprintf(text, 32, "fold %lld, ", (long long)fold);
}

static void draw(train_run *run, const bl_training_news *news) {
    char line[512], rate[BL_NUMBER_BYTES], left[16], fold[32];
    double now = bl_clock_s();
    if (!run->cli->progress || now - run->drawn_s < 0.1)
        return;
    run->drawn_s = now;
    run->is_drawn = true;
    bl_number_grouped(rate, (int64_t)news->events_per_s);
    put_time(left, news->left_s);
    put_fold(fold, run->fold);
    int width = (int)(run->width < sizeof line ? run->width : sizeof line) - 1;
    snprintf(line, sizeof line,
             "%sepoch %lld/%lld, batch %lld/%lld, loss %.4f, %s events/s, %s left, waited %.1f s",
             fold, (long long)news->epoch + 1, (long long)news->n_epochs, (long long)news->batch,
             (long long)news->n_batches, news->loss, rate, left, news->waited_s);
    fprintf(stderr, "\r%-*.*s", width, width, line);
}

void bl_train_clear(train_run *run) {
    if (run->is_drawn)
        fprintf(stderr, "\r%*s\r", (int)run->width - 1, "");
    run->is_drawn = false;
}

static void end_epoch(train_run *run, const bl_training_news *news) {
    char line[512], fold[32];
    size_t n;
    bl_train_clear(run);
    put_fold(fold, run->fold);
    n = (size_t)snprintf(line, sizeof line, "%sepoch %lld/%lld:", fold, (long long)news->epoch + 1,
                         (long long)news->n_epochs);
    for (size_t i = 1; i < news->n_values && n < sizeof line; i++)
        if (strncmp(news->names[i], "val_auc_", 8) != 0 && strcmp(news->names[i], "events") != 0 &&
            (strcmp(news->names[i], "skipped") != 0 || news->values[i] > 0))
            n += (size_t)snprintf(line + n, sizeof line - n, " %s %.4g", news->names[i],
                                  news->values[i]);
    bl_cli_note(run->cli, "%s", line);
}

void bl_train_show(void *user, const bl_training_news *news) {
    train_run *run = (train_run *)user;
    if (news->is_epoch_end)
        end_epoch(run, news);
    else
        draw(run, news);
}

// ---- in the end ----

/// A value of an epoch's row of history.json; NaN: none.
static double value_of(const bl_item *history, const char *name, int64_t epoch) {
    const bl_item *column = bl_item_get(history, name);
    if (!column || epoch < 0 || (size_t)epoch >= column->n ||
        column->items[epoch]->kind == BL_ITEM_NULL)
        return NAN;
    return column->items[epoch]->number;
}

static void print_line(train_run *run, const bl_item *history, int64_t epoch) {
    bl_out *out = &run->cli->out;
    if (run->n_tables == 0) {
        bl_out_printf(out, "  %-6s %7s", run->fold < 0 ? "" : "fold", "epoch");
        for (size_t i = 0; i < history->n; i++)
            if (strncmp(history->keys[i], "val_", 4) == 0 || strcmp(history->keys[i], "loss") == 0)
                bl_out_printf(out, " %14s", history->keys[i]);
        bl_out_text(out, "\n");
    }
    char fold[32] = "";
    if (run->fold >= 0)
        snprintf(fold, sizeof fold, "%lld", (long long)run->fold);
    bl_out_printf(out, "  %-6s %7lld", fold, (long long)epoch + 1);
    for (size_t i = 0; i < history->n; i++)
        if (strncmp(history->keys[i], "val_", 4) == 0 || strcmp(history->keys[i], "loss") == 0) {
            int width = (int)strlen(history->keys[i]);
            bl_out_printf(out, " %*.6f", width > 14 ? width : 14,
                          value_of(history, history->keys[i], epoch));
        }
    bl_out_text(out, "\n");
}

static void print_json(train_run *run, const char *folder, const bl_item *history, int64_t epoch) {
    bl_out *out = &run->cli->out;
    const bl_train_result *result = &run->result;
    bl_out_text(out, run->n_tables ? ",{\"run\":" : "{\"runs\":[{\"run\":");
    bl_out_json_text(out, folder);
    if (run->fold >= 0)
        bl_out_printf(out, ",\"fold\":%lld", (long long)run->fold);
    bl_out_printf(out,
                  ",\"epochs\":%lld,\"epoch\":%lld,\"skipped_batches\":%llu,\"skipped_events\":"
                  "%llu,\"seconds\":%.3f,\"compute_s\":%.3f,\"waited_s\":%.3f,\"validate_s\":%.3f",
                  (long long)result->n_epochs, (long long)epoch,
                  (unsigned long long)result->n_skipped_batches,
                  (unsigned long long)result->n_skipped_events, run->seconds, result->compute_s,
                  result->waited_s, result->validate_s);
    for (size_t i = 0; i < history->n; i++) {
        double value = value_of(history, history->keys[i], epoch);
        if (strncmp(history->keys[i], "val_", 4) != 0 && strcmp(history->keys[i], "loss") != 0)
            continue;
        bl_out_text(out, ",");
        bl_out_json_text(out, history->keys[i]);
        if (isfinite(value))
            bl_out_printf(out, ":%.9g", value);
        else
            bl_out_text(out, ":null");
    }
    bl_out_text(out, "}");
}

static void note_end(const train_run *run, const char *folder) {
    const bl_train_result *result = &run->result;
    double busy_s = result->compute_s + result->waited_s;
    bl_cli_note(run->cli,
                "%s/model.blm: %lld epochs in %.1f s; trained %.1f s, waited %.2f s (%.1f %%), "
                "validated %.1f s",
                folder, (long long)result->n_epochs, run->seconds, result->compute_s,
                result->waited_s, busy_s > 0 ? 100 * result->waited_s / busy_s : 0,
                result->validate_s);
    if (result->n_skipped_batches)
        bl_cli_note(run->cli, "%llu batches with %llu events were passed over",
                    (unsigned long long)result->n_skipped_batches,
                    (unsigned long long)result->n_skipped_events);
}

bl_status bl_train_report(train_run *run, const char *folder, bl_error *err) {
    const bl_train_result *result = &run->result;
    const bl_item *history = NULL;
    bool is_best = run->settings.restores_best && result->best_epoch >= 0;
    int64_t epoch = is_best ? result->best_epoch : result->n_epochs - 1;
    const char *path = bl_arena_printf(&run->arena, "%s/history.json", folder);
    if (!path)
        return bl_error_nomem(err, strlen(folder), "a path");
    BL_TRY(bl_document_read(&run->arena, path, &history, err));
    if (run->cli->arguments.json)
        print_json(run, folder, history, epoch);
    else
        print_line(run, history, epoch);
    run->n_tables++;
    note_end(run, folder);
    return BL_OK;
}
