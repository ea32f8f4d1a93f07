// SPDX-License-Identifier: Apache-2.0
// The progress bar. It is drawn with a carriage return alone, so that it works on any terminal.
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/number.h"
#include "cli/terminal.h"

void bl_progress_start(bl_progress *progress, const bl_cli *cli, int64_t total_rows) {
    *progress = (bl_progress){.is_shown = cli->progress,
                              .width = bl_terminal_width(STDERR_FILENO),
                              .total_rows = total_rows};
    progress->start_s = progress->drawn_s = bl_clock_s();
}

double bl_progress_seconds(const bl_progress *progress) { return bl_clock_s() - progress->start_s; }

static void time_left(char *text, size_t size, double seconds) {
    if (seconds < 100)
        snprintf(text, size, " %.0f s left", seconds);
    else if (seconds < 6000)
        snprintf(text, size, " %.0f min left", seconds / 60);
    else
        snprintf(text, size, " %.1f h left", seconds / 3600);
}

void bl_progress_text(char *text, unsigned width, int64_t rows, int64_t total_rows,
                      uint64_t stored_bytes, double seconds) {
    char done[BL_NUMBER_BYTES], rate[BL_NUMBER_BYTES], eta[BL_NUMBER_BYTES] = "", bar[24] = "";
    double per_s = seconds > 0 ? (double)rows / seconds : 0;
    bl_number_grouped(done, rows);
    bl_number_grouped(rate, (int64_t)per_s);
    double share = total_rows > 0 ? (double)rows / (double)total_rows : 0;
    if (share > 1)
        share = 1;
    if (total_rows > 0 && rows > 0)
        time_left(eta, sizeof eta, seconds * (1 - share) / share);
    enum { CELLS = 20 };
    for (int i = 0; total_rows > 0 && i < CELLS; i++)
        bar[i] = i < (int)(share * CELLS) ? '#' : '.';
    char line[512], bytes[32] = "";
    if (stored_bytes)
        snprintf(bytes, sizeof bytes, ", %.1f MB/s",
                 seconds > 0 ? 1e-6 * (double)stored_bytes / seconds : 0);
    snprintf(line, sizeof line, "[%s] %3.0f %% %s rows, %s rows/s%s,%s", bar, 100 * share, done,
             rate, bytes, eta);
    if (total_rows <= 0)
        snprintf(line, sizeof line, "%s rows, %s rows/s%s", done, rate, bytes);
    snprintf(text, width < 512 ? width + 1 : 512, "%s", line);
}

void bl_progress_show(bl_progress *progress, int64_t rows, uint64_t stored_bytes) {
    if (!progress->is_shown)
        return;
    double now = bl_clock_s();
    if (now - progress->drawn_s < 0.1)
        return;
    progress->drawn_s = now;
    progress->is_drawn = true;
    char text[512];
    const char *stage = progress->stage ? progress->stage : "", *space = *stage ? " " : "";
    unsigned width = progress->width - 1, n_stage = (unsigned)(strlen(stage) + strlen(space));
    n_stage = n_stage < width ? n_stage : width;
    bl_progress_text(text, width - n_stage, rows, progress->total_rows, stored_bytes,
                     now - progress->start_s);
    fprintf(stderr, "\r%.*s%s%-*s", (int)(width - strlen(space)), stage, space,
            (int)(width - n_stage), text);
}

void bl_progress_clear(bl_progress *progress) {
    if (progress->is_drawn)
        fprintf(stderr, "\r%*s\r", (int)progress->width - 1, "");
    progress->is_drawn = false;
}
