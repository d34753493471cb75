/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * AppTestCondition:
 * @user_data: given with the function
 *
 * Tells whether what a test waits for is there.
 *
 * Returns: whether it is
 */
typedef gboolean (*AppTestCondition) (gpointer user_data);

/**
 * app_test_init:
 * @argc: (inout): of main
 * @argv: (inout): of main
 *
 * Makes ready for tests of widgets: without animations, with light colours. Without a display it
 * says so and exits with 77, which test runners read as skipped.
 */
void        app_test_init        (int              *argc,
                                  char           ***argv);

/**
 * app_test_wait:
 * @condition: what to wait for
 * @user_data: for @condition
 *
 * Runs the main context until @condition holds. The runner's time-out ends a wait for nothing.
 */
void        app_test_wait        (AppTestCondition  condition,
                                  gpointer          user_data);

/**
 * app_test_show:
 * @child: (transfer floating): a widget
 * @width: width of the window
 * @height: height of the window
 *
 * Shows a widget in a window of its own, and waits until it has been drawn.
 *
 * Returns: (transfer none): the window, to be destroyed with gtk_window_destroy()
 */
GtkWindow  *app_test_show        (GtkWidget        *child,
                                  int               width,
                                  int               height);

/**
 * app_test_draw:
 * @window: a window that is shown
 *
 * Waits until the window has been drawn again.
 */
void        app_test_draw        (GtkWindow        *window);

/**
 * app_test_close:
 * @window: a window
 *
 * Destroys a window and checks that it has gone for good, and with it all it held.
 */
void        app_test_close       (GtkWindow        *window);

/**
 * app_test_click:
 * @label: the raw label of a button, in any window
 *
 * Waits for a button that can be clicked, and clicks it.
 */
void        app_test_click       (const char       *label);

/**
 * app_test_wait_label:
 * @text: what a label shows
 *
 * Waits until a label with that text is shown, in any window.
 */
void        app_test_wait_label  (const char       *text);

/**
 * app_test_try_click:
 * @label: the raw label of a button, in any window
 *
 * Clicks a button, if there is one that can be clicked.
 */
void        app_test_try_click   (const char       *label);

/**
 * app_test_assert_words:
 * @widget: a widget
 * @property: the label or the description
 * @text: the words expected
 *
 * Checks what a screen reader would be told.
 */
void        app_test_assert_words (GtkWidget             *widget,
                                   GtkAccessibleProperty  property,
                                   const char            *text);

/**
 * app_test_count_accent:
 * @window: a window that has been drawn
 *
 * Draws the window and counts the pixels that have the accent colour, give or take a little: lines
 * and bars do, in their first colour.
 *
 * Returns: how many
 */
size_t      app_test_count_accent (GtkWindow        *window);

G_END_DECLS
