/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsChoice:
 * @LS_CHOICE_MINE: the value of the edit that failed
 * @LS_CHOICE_THEIRS: the value that stands there
 * @LS_CHOICE_OTHER: one that the admin typed
 *
 * What an admin makes of a field that he could not change.
 */
typedef enum {
  LS_CHOICE_MINE,
  LS_CHOICE_THEIRS,
  LS_CHOICE_OTHER,
} LsChoice;

/**
 * LsChoiceKind:
 * @LS_CHOICE_CONFLICT: somebody else changed the field
 * @LS_CHOICE_REFUSED: the server did not take the value
 * @LS_CHOICE_CREATE: the row was not made: there is no other value than the admin's
 *
 * Why there is something to choose.
 */
typedef enum {
  LS_CHOICE_CONFLICT,
  LS_CHOICE_REFUSED,
  LS_CHOICE_CREATE,
} LsChoiceKind;

#define LS_TYPE_CONFLICT_CHOICE (ls_conflict_choice_get_type ())
G_DECLARE_FINAL_TYPE (LsConflictChoice, ls_conflict_choice, LS, CONFLICT_CHOICE, AdwPreferencesGroup)

GtkWidget *ls_conflict_choice_new        (const LsCollection  *collection,
                                          unsigned             field,
                                          LsChoiceKind         kind,
                                          const LsValue       *mine,
                                          const char          *currency,
                                          GTimeZone           *time_zone);
void       ls_conflict_choice_set_theirs (LsConflictChoice    *self,
                                          LsRecord            *record);
unsigned   ls_conflict_choice_get_field  (LsConflictChoice    *self);
gboolean   ls_conflict_choice_read       (LsConflictChoice    *self,
                                          LsChoice            *ret_choice,
                                          LsValue             *ret_value);

G_END_DECLS
