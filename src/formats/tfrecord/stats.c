// SPDX-License-Identifier: Apache-2.0
// Sums over records.
#include "formats/tfrecord/stats.h"

#include "base/utf8.h"

void bl_tf_stats_init(bl_tf_stats *stats, bl_context *context) {
    *stats = (bl_tf_stats){.capacity = 0};
    bl_tf_walker_init(&stats->walker, context);
}

void bl_tf_stats_release(bl_tf_stats *stats) {
    if (stats->walker.context)
        bl_free(stats->walker.context, stats->stats);
    bl_tf_walker_release(&stats->walker);
    stats->stats = NULL;
}

/// A place for every slot of the walker.
static bl_status grow(bl_tf_stats *stats, bl_error *err) {
    size_t wanted = stats->walker.capacity;
    if (wanted <= stats->capacity)
        return BL_OK;
    bl_context *context = stats->walker.context;
    bl_tf_stat *grown =
        (bl_tf_stat *)bl_realloc(context, stats->stats, wanted * sizeof *stats->stats);
    if (!grown)
        return bl_error_nomem(err, wanted * sizeof *grown, "features");
    memset(grown + stats->capacity, 0, (wanted - stats->capacity) * sizeof *grown);
    stats->stats = grown;
    stats->capacity = wanted;
    return BL_OK;
}

static void look_at_texts(bl_tf_stat *stat, const bl_tf_feature *feature) {
    bl_tf_texts texts = bl_tf_texts_of(feature);
    for (bl_wire text; bl_tf_texts_next(&texts, &text);) {
        stat->n_text_bytes += bl_wire_left(&text);
        stat->is_binary = stat->is_binary || !bl_utf8_valid(text.at, bl_wire_left(&text));
    }
}

/// Adds the values of a feature or of a step.
static void add_values(bl_tf_stat *stat, int64_t row, const bl_tf_feature *feature) {
    stat->n_values += feature->n;
    stat->is_many = stat->is_many || feature->n != 1;
    if (feature->kind != BL_TF_NONE && !stat->first[feature->kind])
        stat->first[feature->kind] = row + 1;
    if (feature->kind == BL_TF_BYTES)
        look_at_texts(stat, feature);
}

static bool add_feature(bl_tf_stat *stat, int64_t row, const bl_tf_entry *entry) {
    bl_tf_feature feature;
    if (!bl_tf_feature_of_entry(entry, &feature))
        return false;
    if (feature.kind == BL_TF_NONE)
        return true;
    stat->n_rows++;
    add_values(stat, row, &feature);
    return true;
}

static bool add_list(bl_tf_stat *stat, int64_t row, const bl_tf_entry *entry) {
    bl_tf_steps steps = bl_tf_steps_of(entry);
    bl_tf_feature feature;
    bl_wire step;
    stat->n_rows++;
    for (;; stat->n_steps++) {
        bl_tf_next next = bl_tf_steps_next(&steps, &step);
        if (next != BL_TF_ONE)
            return next == BL_TF_END;
        if (!bl_tf_feature_of_step(step, &feature))
            return false;
        add_values(stat, row, &feature);
    }
}

bl_status bl_tf_stats_add(bl_tf_stats *stats, int64_t row, bl_wire record, bl_error *err) {
    bl_tf_walker *walker = &stats->walker;
    BL_TRY(bl_tf_walk(walker, record, err));
    BL_TRY(grow(stats, err));
    for (size_t i = 0; i < walker->n_seen; i++) {
        const bl_tf_slot *slot = &walker->slots[walker->seen[i]];
        bl_tf_stat *stat = &stats->stats[walker->seen[i]];
        stat->n_bytes += bl_wire_left(&slot->entry.whole);
        bool good = slot->is_list ? add_list(stat, row, &slot->entry)
                                  : add_feature(stat, row, &slot->entry);
        if (!good)
            return bl_error_set(err, BL_E_CORRUPT, "feature '%s' is no tf.train.Feature%s",
                                slot->name, slot->is_list ? "List" : "");
    }
    return BL_OK;
}

bl_status bl_tf_stats_merge(bl_tf_stats *stats, const bl_tf_stats *other, bl_error *err) {
    for (size_t i = 0; i < other->walker.n_slots; i++) {
        const bl_tf_slot *slot = &other->walker.slots[i];
        const bl_tf_stat *from = &other->stats[i];
        bl_wire name = {(const uint8_t *)slot->name, (const uint8_t *)slot->name + slot->length};
        size_t place;
        BL_TRY(bl_tf_walker_add(&stats->walker, name, slot->is_list, &place, err));
        BL_TRY(grow(stats, err));
        bl_tf_stat *to = &stats->stats[place];
        to->n_rows += from->n_rows;
        to->n_steps += from->n_steps;
        to->n_values += from->n_values;
        to->n_bytes += from->n_bytes;
        to->n_text_bytes += from->n_text_bytes;
        to->is_many = to->is_many || from->is_many;
        to->is_binary = to->is_binary || from->is_binary;
        for (size_t k = 0; k < BL_TF_N_KINDS; k++)
            if (from->first[k] && (!to->first[k] || from->first[k] < to->first[k]))
                to->first[k] = from->first[k];
    }
    return BL_OK;
}

bl_tf_kind bl_tf_stat_kind(const bl_tf_stat *stat) {
    bl_tf_kind kind = BL_TF_NONE;
    for (bl_tf_kind k = BL_TF_BYTES; k < BL_TF_N_KINDS; k++)
        if (stat->first[k])
            kind = kind == BL_TF_NONE ? k : BL_TF_N_KINDS;
    return kind;
}
