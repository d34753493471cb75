/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LS_AGE_UNKNOWN:
 *
 * The time of what was never known.
 */
#define LS_AGE_UNKNOWN INT64_MIN

/**
 * LsAgeClockFunc:
 * @user_data: given with the function
 *
 * Tells the time.
 *
 * Returns: µs since the epoch, UTC
 */
typedef int64_t (*LsAgeClockFunc) (gpointer user_data);

#define LS_TYPE_AGE_LABEL (ls_age_label_get_type ())

/**
 * LsAgeLabel:
 *
 * Says how old something is: "Updated 2 minutes ago".
 *
 * It follows the clock while it is mapped only, and wakes when its words change, not oftener. The
 * full date and time are its tooltip. Takes no room as long as the time is %LS_AGE_UNKNOWN. The
 * main thread's.
 */
G_DECLARE_FINAL_TYPE (LsAgeLabel, ls_age_label, LS, AGE_LABEL, GtkWidget)

/**
 * ls_age_label_new:
 *
 * Creates a label of unknown age.
 *
 * Returns: (transfer floating): a new label
 */
GtkWidget  *ls_age_label_new       (void);

/**
 * ls_age_label_get_time:
 * @self: an age label
 *
 * Gets since when what it speaks of is known.
 *
 * Returns: µs since the epoch, or %LS_AGE_UNKNOWN
 */
int64_t     ls_age_label_get_time  (LsAgeLabel     *self);

/**
 * ls_age_label_set_time:
 * @self: an age label
 * @time: µs since the epoch, or %LS_AGE_UNKNOWN
 *
 * Sets since when what it speaks of is known.
 */
void        ls_age_label_set_time  (LsAgeLabel     *self,
                                    int64_t         time);

/**
 * ls_age_label_get_text:
 * @self: an age label
 *
 * Gets what it says; watch `notify::text`.
 *
 * Returns: (transfer none): the words, empty if the age is unknown
 */
const char *ls_age_label_get_text  (LsAgeLabel     *self);

/**
 * ls_age_label_set_clock:
 * @self: an age label
 * @clock: (nullable) (scope notified): tells the time, or %NULL for the system's clock
 * @user_data: for @clock
 * @destroy: (nullable): frees @user_data
 *
 * Sets which clock it follows: the server's, or one of a test.
 */
void        ls_age_label_set_clock (LsAgeLabel     *self,
                                    LsAgeClockFunc  clock,
                                    gpointer        user_data,
                                    GDestroyNotify  destroy);

G_END_DECLS
