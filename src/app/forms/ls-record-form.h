/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-row.h"

G_BEGIN_DECLS

/**
 * LsFormField:
 * @field: name of a field of the form's collection
 * @editable: whether it is edited here, where the admin's role allows it
 *
 * A line of a form. Title, editor and format follow from the schema.
 */
typedef struct {
  const char *field;
  gboolean editable;
} LsFormField;

#define LS_TYPE_RECORD_FORM (ls_record_form_get_type ())
G_DECLARE_FINAL_TYPE (LsRecordForm, ls_record_form, LS, RECORD_FORM, AdwPreferencesGroup)

void ls_record_form_set_fields   (LsRecordForm       *self,
                                  const LsCollection *collection,
                                  const LsFormField  *fields,
                                  size_t              n_fields);
void ls_record_form_set_editable (LsRecordForm       *self,
                                  gboolean            editable);
void ls_record_form_set_row      (LsRecordForm       *self,
                                  LsRow              *row,
                                  const char         *currency,
                                  GTimeZone          *time_zone);

G_END_DECLS
