/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-client.h"
#include "client/ls-operation.h"

G_BEGIN_DECLS

#define LS_TYPE_PAGE (ls_page_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsPage, ls_page, LS, PAGE, AdwBin)

/**
 * LsPageClass:
 * @shows: a mask of the collections that it shows besides its shop; all, when a class sets none:
 *   their changes come at once while it is looked at, those of others a little later
 * @bind: shows a shop: makes queries and puts them into the widgets
 * @unbind: lets go of the queries; called before another shop is bound and at the end
 * @search: shows what matches @text, everything for ""; pages that can't search leave it %NULL
 * @records: the collection of the records that it opens
 * @show_record: shows one of @records, selected and in the detail pane; pages that open none leave
 *   it %NULL
 *
 * A page of a window. Derived classes chain up in @bind and @unbind.
 */
struct _LsPageClass {
  AdwBinClass parent_class;

  uint32_t shows;
  void (*bind)        (LsPage     *self);
  void (*unbind)      (LsPage     *self);
  void (*search)      (LsPage     *self,
                       const char *text);
  LsCollectionId records;
  void (*show_record) (LsPage     *self,
                       LsRow      *row);
};

void        ls_page_set_shop      (LsPage     *self,
                                   LsClient   *client,
                                   const char *shop);
LsClient   *ls_page_get_client    (LsPage     *self);
LsStore    *ls_page_get_store     (LsPage     *self);
const char *ls_page_get_shop      (LsPage     *self);
const char *ls_page_get_currency  (LsPage     *self);
GTimeZone  *ls_page_get_time_zone (LsPage     *self);
gboolean    ls_page_can_search    (LsPage     *self);
void        ls_page_search        (LsPage     *self,
                                   const char *text);
void        ls_page_open_record   (LsPage     *self,
                                   const char *key);
uint32_t    ls_page_get_shown     (LsPage     *self);
void        ls_page_tell_error    (LsPage     *self,
                                   LsOperation operation,
                                   const GError *error);
void        ls_page_mutate        (LsPage     *self,
                                   GPtrArray  *changes,
                                   const char *what);
void        ls_page_edit_field    (LsPage     *self,
                                   LsRow      *row,
                                   unsigned    field,
                                   const LsValue *value);
void        ls_page_explain       (LsPage     *self,
                                   GtkWidget  *widget);
gboolean    ls_page_can_write     (LsPage     *self,
                                   const LsCollection *collection);

G_END_DECLS
