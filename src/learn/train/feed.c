// SPDX-License-Identifier: Apache-2.0
// Events as networks and losses take them. Nothing is copied but labels.
#include "learn/train/feed.h"

bl_status bl_feeding_init(bl_arena *arena, const bl_match *match, size_t n_targets,
                          size_t most_events, bl_feeding *ret_feeding, bl_error *err) {
    bl_feeding feeding = {.match = match, .n_targets = n_targets};
    feeding.feeds = (bl_nn_feed *)bl_arena_array(arena, match->n_inputs + 1, sizeof *feeding.feeds);
    if (match->form == BL_TARGET_LABEL)
        feeding.labels = (float *)bl_arena_array(arena, most_events, sizeof(float));
    if (!feeding.feeds || (match->form == BL_TARGET_LABEL && !feeding.labels))
        return bl_error_nomem(err, most_events * sizeof(float), "labels");
    *ret_feeding = feeding;
    return BL_OK;
}

/// The class of an event: where its 1 is.
static float label_of(const float *one_of, size_t n) {
    size_t k = 0;
    while (k + 1 < n && one_of[k] != 1)
        k++;
    return (float)k;
}

void bl_feeding_set(bl_feeding *feeding, const bl_loaded *loaded) {
    size_t n = feeding->n_targets;
    for (size_t i = 0; i < feeding->match->n_inputs; i++)
        feeding->feeds[i] =
            (bl_nn_feed){.data = loaded->inputs[i].data, .offsets = loaded->inputs[i].offsets};
    switch (feeding->match->form) {
    case BL_TARGET_ALL:
        feeding->target = (bl_nn_feed){.data = loaded->targets, .stride = n};
        break;
    case BL_TARGET_SECOND:
        feeding->target = (bl_nn_feed){.data = loaded->targets + 1, .stride = n};
        break;
    case BL_TARGET_LABEL:
        for (size_t e = 0; e < loaded->n_events; e++)
            feeding->labels[e] = label_of(loaded->targets + e * n, n);
        feeding->target = (bl_nn_feed){.data = feeding->labels, .stride = 1};
        break;
    }
}

bl_nn_feed bl_feed_from(const bl_nn_feed *feed, bl_nn_shape shape, size_t event) {
    size_t stride = feed->stride ? feed->stride : shape.width;
    if (feed->offsets)
        return (bl_nn_feed){feed->data, stride, feed->offsets + event};
    return (bl_nn_feed){feed->data + event * stride * (shape.steps ? shape.steps : 1), stride,
                        NULL};
}
