/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-row.h"

G_BEGIN_DECLS

/**
 * LsRowLineText:
 * @title: what names the row
 * @subtitle: (nullable): what else there is to say
 * @amount: (nullable): a figure at the end of the line
 *
 * What a line of a list says.
 */
typedef struct {
  char *title;
  char *subtitle;
  char *amount;
} LsRowLineText;

/**
 * LsRowLineFunc:
 * @record: a row
 * @text: (out caller-allocates): where to put new strings; %NULL at first
 * @user_data: of the list
 *
 * Says what a line shows of @record.
 */
typedef void (*LsRowLineFunc) (LsRecord      *record,
                               LsRowLineText *text,
                               gpointer       user_data);

GtkWidget *ls_row_line_new     (LsRow         *row,
                                LsRowLineFunc  func,
                                gpointer       user_data);
LsRow     *ls_row_line_get_row (GtkWidget     *line);

G_END_DECLS
