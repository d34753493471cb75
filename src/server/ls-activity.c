/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-activity"

#include "config.h"

#include "server/ls-activity.h"

#include "core/ls-calendar.h"
#include "server/ls-fields.h"

/*
 * Who did what, as a row of the collection `activity` for each version: replicated like any other,
 * so that every window has the same. It names one record, the one that a reader would name: the
 * order when an order comes with its items, else the first that the mutation speaks of.
 *
 * Names of sensitive fields are left out: the row goes to every role.
 */

/* What a record of a collection is called in a kind. */
static const char *const nouns[LS_N_COLLECTIONS] = {
  [LS_SHOPS] = "shop",
  [LS_PRODUCTS] = "product",
  [LS_VARIANTS] = "variant",
  [LS_CATEGORIES] = "category",
  [LS_IMAGES] = "image",
  [LS_CUSTOMERS] = "customer",
  [LS_ORDERS] = "order",
  [LS_ORDER_ITEMS] = "item",
  [LS_PAYMENTS] = "payment",
  [LS_REFUNDS] = "refund",
  [LS_DOWNLOADS] = "download",
  [LS_LICENCES] = "licence",
  [LS_SERVICES] = "service",
  [LS_RESERVATIONS] = "reservation",
  [LS_FAVORITES] = "favorite",
  [LS_SUBSCRIPTIONS] = "subscription",
  [LS_ACTIVITY] = "activity",
  [LS_DAILY_SALES] = "day",
  [LS_STATS] = "stats",
  [LS_LAYOUTS] = "layout",
  [LS_SAVED_VIEWS] = "view",
  [LS_NOTES] = "note",
};

static const LsChange *
primary_change (const LsMutation *mutation)
{
  for (unsigned i = 0; i < mutation->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (mutation->changes, i);

      if (change->collection->id == LS_ORDERS && change->op == LS_CHANGE_PUT)
        return change;
    }
  return g_ptr_array_index (mutation->changes, 0);
}

static bool
changed (uint64_t mask,
         unsigned field)
{
  return (mask & (UINT64_C (1) << field)) != 0;
}

/* What happened to the fields of a row that stays. */
static char *
kind_of_edit (const LsCollection *collection,
              uint64_t            mask)
{
  const LsFields *f = ls_fields ();

  if (collection->id == LS_ORDERS && changed (mask, f->orders.status))
    return g_strdup ("order.status");
  if (collection->id == LS_PRODUCTS &&
      (changed (mask, f->products.price) || changed (mask, f->products.sale_price)))
    return g_strdup ("product.price");
  if (collection->id == LS_VARIANTS &&
      (changed (mask, f->variants.price) || changed (mask, f->variants.sale_price)))
    return g_strdup ("product.price");
  if ((collection->id == LS_PRODUCTS && changed (mask, f->products.stock)) ||
      (collection->id == LS_VARIANTS && changed (mask, f->variants.stock)))
    return g_strdup ("stock.changed");
  if (collection->id == LS_RESERVATIONS && changed (mask, f->reservations.status))
    return g_strdup ("reservation.status");
  return g_strconcat (nouns[collection->id], ".changed", NULL);
}

static char *
kind_of (const LsMutation   *mutation,
         const LsCollection *collection,
         const LsRecord     *before,
         const LsRecord     *after)
{
  if (mutation->flags & LS_MUTATION_RETENTION)
    return g_strdup ("retention");
  if (mutation->flags & LS_MUTATION_REPAIR)
    return g_strdup ("repair");
  if (mutation->job != NULL)
    return g_strdup (mutation->client != NULL ? "bulk" : "import");
  if (before == NULL && collection->id == LS_ORDERS)
    return g_strdup ("order.placed");
  if (before == NULL)
    return g_strconcat (nouns[collection->id], ".created", NULL);
  if (after == NULL)
    return g_strconcat (nouns[collection->id], ".deleted", NULL);
  return kind_of_edit (collection, ls_record_diff (before, after));
}

/* The fields that somebody set, by name; all of a new row's would say nothing. */
static char *
field_names (const LsCollection *collection,
             const LsRecord     *before,
             const LsRecord     *after)
{
  GString *names;
  uint64_t mask;

  if (before == NULL || after == NULL)
    return NULL;
  names = g_string_new (NULL);
  mask = ls_record_diff (before, after);
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];

      if (!changed (mask, i) || (field->flags & (LS_FIELD_DERIVED | LS_FIELD_SENSITIVE)))
        continue;
      if (names->len > 0)
        g_string_append_c (names, ',');
      g_string_append (names, field->name);
    }
  return g_string_free (names, FALSE);
}

/* Sets a text, cut to what its field may hold at the end of a character. */
static void
set_text (LsRecord   *record,
          unsigned    field,
          const char *text)
{
  size_t max = (size_t) ls_record_get_collection (record)->fields[field].max;
  const char *end;

  if (text == NULL)
    return;
  if (g_utf8_validate_len (text, MIN (strlen (text), max), &end) || end > text)
    ls_record_take (record, field, ls_value_text_len (text, (size_t) (end - text)));
}

static unsigned
count_changed (LsDraft *draft)
{
  unsigned count = 0;

  for (unsigned i = 0; i < ls_draft_get_n_rows (draft); i++)
    {
      LsDraftRow row = ls_draft_get_row (draft, i);

      if (row.before != row.after)
        count++;
    }
  return count;
}

static void
set_record (LsRecord         *activity,
            LsDraft          *draft,
            const LsMutation *mutation)
{
  const LsFields *f = ls_fields ();
  const LsChange *primary = primary_change (mutation);
  const LsCollection *collection = primary->collection;
  const LsRecord *before = ls_draft_get_before (draft, collection, primary->key);
  const LsRecord *after = ls_draft_get (draft, collection, primary->key);
  const LsRecord *either = after != NULL ? after : before;
  g_autofree char *kind = kind_of (mutation, collection, before, after);
  g_autofree char *names = field_names (collection, before, after);

  set_text (activity, f->activity.kind, kind);
  set_text (activity, f->activity.collection, collection->name);
  set_text (activity, f->activity.record, primary->key);
  set_text (activity, f->activity.fields, names);
  if (either != NULL && collection->name_field >= 0 &&
      !(collection->fields[collection->name_field].flags & LS_FIELD_SENSITIVE))
    set_text (activity, f->activity.name,
              ls_record_get_text (either, (unsigned) collection->name_field));
}

/**
 * ls_activity_make:
 * @draft: a draft that changes something
 * @mutation: what was asked for
 * @version: the version it becomes
 * @at: when, µs since the epoch
 * @zone: the shop's time zone
 *
 * Returns: (transfer full): the row of activity of that version
 */
LsRecord *
ls_activity_make (LsDraft          *draft,
                  const LsMutation *mutation,
                  int64_t           version,
                  int64_t           at,
                  GTimeZone        *zone)
{
  const LsFields *f = ls_fields ();
  g_autofree char *key = g_strdup_printf ("%016" G_GINT64_FORMAT, version);
  LsRecord *activity = ls_record_new (ls_schema_collection (LS_ACTIVITY), key);

  set_record (activity, draft, mutation);
  set_text (activity, f->activity.actor, mutation->actor);
  ls_record_set_integer (activity, f->activity.at, at);
  ls_record_set_integer (activity, f->activity.day, ls_calendar_day (at, zone));
  ls_record_set_integer (activity, f->activity.changes, count_changed (draft));
  return activity;
}
