/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-private.h"
#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* Clients that hold a part of the shop: which, by what their admins chose and the date. */

#define DAY (INT64_C (86400) * G_USEC_PER_SEC)
/* 1970-01-01 as GDate counts days. */
#define FIRST_DAY 719163

/* The months since January 1970 plus 1, by the letter of the protocol. */
static uint32_t
month_of (int64_t day)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, (uint32_t) (day + FIRST_DAY));
  return ((uint32_t) g_date_get_year (&date) - 1970) * 12 + (uint32_t) g_date_get_month (&date);
}

static bool
has_months (const LsCollection *collection)
{
  return collection->id == LS_ORDERS || collection->id == LS_ORDER_ITEMS ||
         collection->id == LS_PAYMENTS || collection->id == LS_REFUNDS ||
         collection->id == LS_ACTIVITY;
}

/**
 * ls_sim_oracle_chose:
 * @self: an oracle
 * @client: a client
 * @choice: what its admin wants held from now on
 * @certain: whether its disk is sound
 *
 * From here on this is to be held, and kept through everything that does not happen to its machine.
 */
void
ls_sim_oracle_chose (LsSimOracle         *self,
                     unsigned             client,
                     const LsScopeChoice *choice,
                     bool                 certain)
{
  self->witnesses[client].choice = *choice;
  self->witnesses[client].kept = false;
  self->witnesses[client].certain = certain;
}

/* Whether a cache has the choice that was made last; one that knows of no shop holds all of any. */
static bool
has_last_choice (const LsSimWitness *witness,
                 LsCache            *cache)
{
  const LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);
  const LsScopeChoice all = { 0 };

  return ls_scope_choice_equal (shop != NULL ? &shop->choice : &all, &witness->choice);
}

/* The choice that a cache has after a commit, or when it is opened: what was committed is there then. */
void
ls_sim_oracle_look_at_choice (LsSimOracle *self,
                              unsigned     client,
                              LsCache     *cache,
                              bool         is_opened)
{
  LsSimWitness *witness = &self->witnesses[client];
  bool is_last = has_last_choice (witness, cache);

  if (is_opened && witness->kept && !is_last)
    ls_sim_oracle_accuse (self, "client %u forgot what it is to hold", client);
  witness->kept = is_last;
}

/* Something happened to a client that may have kept the last choice from its disk. */
void
ls_sim_oracle_doubted_choice (LsSimOracle *self,
                              unsigned     client)
{
  self->witnesses[client].certain = false;
}

/**
 * ls_sim_oracle_has_choice:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @ret_choice: (out): what its admin wants held
 *
 * Returns: whether there is no reason to tell it that again
 */
bool
ls_sim_oracle_has_choice (LsSimOracle   *self,
                          unsigned       client,
                          LsCache       *cache,
                          LsScopeChoice *ret_choice)
{
  const LsSimWitness *witness = &self->witnesses[client];

  *ret_choice = witness->choice;
  return witness->certain || has_last_choice (witness, cache);
}

/**
 * ls_sim_oracle_get_since:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @collection: a collection
 *
 * Returns: the first bucket that it is to hold by now: 0 for all, %LS_SCOPE_NOTHING for none
 */
uint32_t
ls_sim_oracle_get_since (LsSimOracle        *self,
                         unsigned            client,
                         LsCache            *cache,
                         const LsCollection *collection)
{
  const LsScopeChoice *choice = &self->witnesses[client].choice;
  uint32_t this_month = month_of (ls_environment_now (cache->environment) / DAY);

  if (choice->off & (UINT32_C (1) << collection->id))
    return LS_SCOPE_NOTHING;
  return choice->months > 0 && has_months (collection) ? this_month - choice->months : 0;
}

/**
 * ls_sim_oracle_is_since:
 * @since: the first bucket that is held
 * @row: a row
 *
 * Returns: whether @row is held
 */
bool
ls_sim_oracle_is_since (uint32_t        since,
                        const LsRecord *row)
{
  const LsCollection *collection = ls_record_get_collection (row);
  const LsValue *day;

  if (since == 0 || since == LS_SCOPE_NOTHING)
    return since == 0;
  day = ls_record_get (row, (unsigned) collection->day_field);
  return day->kind != LS_VALUE_INTEGER || month_of (day->integer) >= since;
}

/**
 * ls_sim_oracle_is_passed_by:
 * @since: the first bucket that is held
 * @change: a change of a row
 *
 * Returns: whether whoever holds that needs not hear of @change: it tells that it is of another month
 */
bool
ls_sim_oracle_is_passed_by (uint32_t        since,
                            const LsChange *change)
{
  const LsCollection *collection = change->collection;
  const LsFieldEdit *edit;

  if (since == 0 || since == LS_SCOPE_NOTHING)
    return since != 0;
  /* The day of a row that goes does not stand in a delta. */
  if (change->op != LS_CHANGE_PUT)
    return false;
  edit = ls_change_find (change, (unsigned) collection->day_field);
  return edit != NULL && edit->has_set && edit->set.kind == LS_VALUE_INTEGER &&
         month_of (edit->set.integer) < since;
}

/* A row in the client's file that it is not to hold. */
static char *
find_left (LsSimOracle *self,
           unsigned     client,
           LsCache     *cache)
{
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, self->witnesses[client].screen);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (!ls_sim_oracle_is_since (
            ls_sim_oracle_get_since (self, client, cache, ls_record_get_collection (row)), row))
      return g_strdup_printf ("still has %s", (char *) name);
  return NULL;
}

/**
 * ls_sim_oracle_find_unscoped:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @role: what its user may see
 *
 * Returns: (transfer full) (nullable): what it holds or knows that is not what its admin chose
 */
char *
ls_sim_oracle_find_unscoped (LsSimOracle *self,
                             unsigned     client,
                             LsCache     *cache,
                             LsRole       role)
{
  const LsView *view = ls_view_get (role, LS_SCHEMA_VERSION);
  const LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);

  if (shop == NULL || !has_last_choice (&self->witnesses[client], cache))
    return g_strdup ("forgot what it is to hold");
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);
      const LsTable *table = shop->tables[i];
      uint32_t since = table != NULL && table->is_held ? table->since : LS_SCOPE_NOTHING;

      if (ls_view_has_collection (view, collection) &&
          since != ls_sim_oracle_get_since (self, client, cache, collection))
        return g_strdup_printf ("holds %s since %u", collection->name, since);
    }
  return find_left (self, client, cache);
}
