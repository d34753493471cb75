/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-activity-words"

#include "config.h"

#include "app/text/ls-activity-words.h"

#include <string.h>

#include <glib/gi18n.h>

/* The server names what happened by a kind such as "product.price"; the sentence is made here, in
 * the admin's language. */
static const struct {
  const char *kind;
  const char *words;
} kinds[] = {
  { "order.placed", N_("New order") },
  { "order.status", N_("Order status changed") },
  { "product.price", N_("Price changed") },
  { "product.created", N_("New product") },
  { "product.changed", N_("Product edited") },
  { "product.deleted", N_("Product deleted") },
  { "stock.changed", N_("Stock changed") },
  { "refund.created", N_("Refund") },
  { "reservation.created", N_("New reservation") },
  { "reservation.status", N_("Reservation status changed") },
  { "favorite.created", N_("New favorite") },
  { "download.created", N_("New download") },
  { "download.changed", N_("Downloaded") },
  { "licence.created", N_("Licence issued") },
  { "payment.created", N_("Payment") },
  { "customer.created", N_("New customer") },
  { "customer.changed", N_("Customer edited") },
  { "subscription.created", N_("New subscription") },
  { "import", N_("Import") },
  { "bulk", N_("Bulk edit") },
  { "repair", N_("Repair") },
  { "retention", N_("Old activity deleted") },
};

static const char *
verb (const char *kind)
{
  if (g_str_has_suffix (kind, ".created"))
    return _("added");
  if (g_str_has_suffix (kind, ".deleted"))
    return _("deleted");
  return _("edited");
}

/**
 * ls_activity_words:
 * @activity: a row of `activity`
 *
 * Returns: (transfer full): what happened, in a few words; a kind of a newer server is told by its
 * collection
 */
char *
ls_activity_words (const LsRecord *activity)
{
  const LsCollection *collection = ls_record_get_collection (activity);
  const char *kind = ls_record_get_text (activity, (unsigned) ls_collection_field (collection, "kind"));
  const char *of = ls_record_get_text (activity, (unsigned) ls_collection_field (collection, "collection"));
  const LsCollection *subject = of != NULL ? ls_schema_find_collection (of) : NULL;

  for (size_t i = 0; kind != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].kind, kind))
      return g_strdup (_(kinds[i].words));
  if (kind == NULL || subject == NULL)
    return g_strdup (_("A change"));
  /* Translators: a collection, such as "Services", and what happened in it, such as "edited" */
  return g_strdup_printf (_("%s: %s"), _(subject->title), verb (kind));
}
