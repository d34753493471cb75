/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsFieldRowFunc:
 * @field: index of the field
 * @value: (transfer full): what the admin made of it
 * @user_data: of the form
 *
 * Called when the admin is done with a line of a form.
 */
typedef void (*LsFieldRowFunc) (unsigned field,
                                LsValue  value,
                                gpointer user_data);

GtkWidget *ls_field_row_new    (const LsCollection *collection,
                                unsigned            field,
                                gboolean            editable,
                                LsFieldRowFunc      func,
                                gpointer            user_data);
void       ls_field_row_update (GtkWidget          *row,
                                LsRecord           *record,
                                const char         *currency,
                                GTimeZone          *time_zone);

G_END_DECLS
