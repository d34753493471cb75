/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-orders.h"

/* Orders: what has a month, and can go from one to another. A few of them, so that all meet. */

#define N_ORDERS 6
#define DAY (INT64_C (86400) * G_USEC_PER_SEC)
/* 1970-01-01 as GDate counts days. */
#define FIRST_DAY 719163

/* An order, and what is done to it. */
typedef struct {
  LsSimOrderAct act;
  unsigned number;
  unsigned months_ago;
  int64_t now;
  LsSimDice dice;
  GPtrArray *changes;
} Deed;

/* The fifteenth of a month of the past; in this month today, or earlier. */
static int64_t
placed_at (const Deed *deed)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, (uint32_t) (deed->now / DAY + FIRST_DAY));
  if (deed->months_ago > 0)
    {
      g_date_subtract_months (&date, deed->months_ago);
      g_date_set_day (&date, 15);
    }
  return ((int64_t) g_date_get_julian (&date) - FIRST_DAY) * DAY;
}

static LsChange *
add_change (Deed          *deed,
            LsChangeOp     op,
            LsCollectionId id)
{
  const LsCollection *collection = ls_schema_collection (id);
  g_autofree char *key = g_strdup_printf ("%c%u", collection->name[0], deed->number);
  LsChange *change;

  /* Orders and order items begin alike. */
  if (id == LS_ORDER_ITEMS)
    key[0] = 'i';
  change = ls_change_new (op, collection, key);
  g_ptr_array_add (deed->changes, change);
  return change;
}

static void
set (LsChange   *change,
     const char *name,
     LsValue     value)
{
  ls_change_take_set (change, (unsigned) ls_collection_field (change->collection, name), value);
}

static void
put_order (Deed *deed)
{
  LsChange *put = add_change (deed, LS_CHANGE_PUT, LS_ORDERS);

  set (put, "number", ls_value_text (put->key));
  set (put, "status", ls_value_text ("paid"));
  set (put, "currency", ls_value_text ("EUR"));
  set (put, "placed_at", ls_value_integer (placed_at (deed)));
  set (put, "customer", ls_value_text ("c0"));
}

static void
put_part (Deed          *deed,
          LsCollectionId id)
{
  LsChange *put = add_change (deed, LS_CHANGE_PUT, id);
  g_autofree char *order = g_strdup_printf ("o%u", deed->number);
  int64_t amount = 100 * (1 + ls_sim_dice_below (&deed->dice, 9));

  set (put, "order", ls_value_text (order));
  if (id == LS_ORDER_ITEMS)
    {
      set (put, "product", ls_value_text ("p0"));
      set (put, "name", ls_value_text ("item"));
      set (put, "quantity", ls_value_integer (1 + ls_sim_dice_below (&deed->dice, 3)));
      set (put, "unit_price", ls_value_integer (amount));
      return;
    }
  set (put, "at", ls_value_integer (placed_at (deed)));
  if (id == LS_REFUNDS)
    {
      set (put, "net", ls_value_integer (amount));
      return;
    }
  set (put, "method", ls_value_text ("card"));
  set (put, "status", ls_value_text ("captured"));
  set (put, "amount", ls_value_integer (amount));
  set (put, "currency", ls_value_text ("EUR"));
}

static GPtrArray *
take_changes (Deed *deed)
{
  LsChange *change;
  g_autofree char *note = NULL;

  deed->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  deed->number = ls_sim_dice_below (&deed->dice, N_ORDERS);
  switch (deed->act)
    {
    case LS_SIM_ORDER_MOVE:
      add_change (deed, LS_CHANGE_DEL, LS_ORDERS);
      put_order (deed);
      break;
    case LS_SIM_ORDER_NOTE:
      note = g_strdup_printf ("note %u", ls_sim_dice_below (&deed->dice, 1000));
      set (add_change (deed, LS_CHANGE_SET, LS_ORDERS), "note", ls_value_text (note));
      break;
    case LS_SIM_ORDER_ITEM:
      change = add_change (deed, LS_CHANGE_SET, LS_ORDER_ITEMS);
      set (change, "quantity", ls_value_integer (1 + ls_sim_dice_below (&deed->dice, 9)));
      break;
    case LS_SIM_ORDER_REFUND:
      put_part (deed, LS_REFUNDS);
      break;
    case LS_SIM_ORDER_DROP:
      add_change (deed, LS_CHANGE_DEL, LS_ORDERS);
      add_change (deed, LS_CHANGE_DEL, LS_ORDER_ITEMS);
      add_change (deed, LS_CHANGE_DEL, LS_PAYMENTS);
      add_change (deed, LS_CHANGE_DEL, LS_REFUNDS);
      break;
    case LS_SIM_ORDER_MAKE:
    case LS_SIM_N_ORDER_ACTS:
    default:
      put_order (deed);
      put_part (deed, LS_ORDER_ITEMS);
      put_part (deed, LS_PAYMENTS);
      break;
    }
  return g_steal_pointer (&deed->changes);
}

/**
 * ls_sim_orders_import:
 * @server: a server that is up
 * @act: what happens
 * @months_ago: in which month the order is, or goes to
 * @seed: of the particulars
 *
 * Has it come from a source of the server's own.
 */
void
ls_sim_orders_import (LsSimServer  *server,
                      LsSimOrderAct act,
                      unsigned      months_ago,
                      uint64_t      seed)
{
  g_autoptr (LsMutation) mutation = ls_mutation_new (LS_SIM_SHOP);
  Deed deed = { .act = act, .months_ago = months_ago, .dice = ls_sim_dice (seed, 8) };

  deed.now = ls_environment_now (LS_ENVIRONMENT (server->node));
  mutation->role = LS_ROLE_OWNER;
  mutation->actor = g_strdup ("import");
  mutation->changes = take_changes (&deed);
  ls_committer_submit (server->committer, mutation, NULL, NULL, NULL, NULL);
}

typedef struct {
  LsSimClient *client;
  GPtrArray *changes;
} Edit;

static void
edit_free (gpointer data)
{
  Edit *edit = data;

  g_ptr_array_unref (edit->changes);
  g_free (edit);
}

static void
edit_cb (gpointer data)
{
  Edit *edit = data;

  ls_sim_client_edit (edit->client, edit->changes);
}

/**
 * ls_sim_orders_edit:
 * @client: a client that is up
 * @act: what its admin does
 * @months_ago: in which month the order is, or goes to
 * @seed: of the particulars
 *
 * Has an admin do it.
 */
void
ls_sim_orders_edit (LsSimClient  *client,
                    LsSimOrderAct act,
                    unsigned      months_ago,
                    uint64_t      seed)
{
  LsEnvironment *environment = LS_ENVIRONMENT (client->node);
  Deed deed = { .act = act, .months_ago = months_ago, .dice = ls_sim_dice (seed, 8) };
  Edit *edit = g_new0 (Edit, 1);

  deed.now = ls_environment_now (environment);
  edit->client = client;
  edit->changes = take_changes (&deed);
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_CACHE_QUEUE), edit_cb,
                       edit, edit_free);
}
