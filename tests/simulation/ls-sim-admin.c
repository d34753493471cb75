/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-engine.h"
#include "core/ls-id.h"
#include "ls-sim-client.h"
#include "ls-sim-rights.h"

/* What an admin does, on the cache's queue as the store does it. Few rows, so that admins meet. */

#define N_PRODUCTS 6
#define N_CUSTOMERS 3
#define LONG_TEXT 3000
#define MAX_TELL_PAUSE (200 * 1000)

typedef struct {
  LsSimClient *client;
  LsSimAct act;
  LsSimDice dice;
  int64_t tell_after; /* in a rush: when the store's listener hears of it, µs */
} Deed;

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static unsigned
field (const LsCollection *collection,
       const char         *name)
{
  int index = ls_collection_field (collection, name);

  g_assert_cmpint (index, >=, 0);
  return (unsigned) index;
}

static void
set_integer (LsChange   *change,
             const char *name,
             int64_t     value)
{
  ls_change_take_set (change, field (change->collection, name), ls_value_integer (value));
}

static void
set_text (LsChange   *change,
          const char *name,
          const char *value)
{
  ls_change_take_set (change, field (change->collection, name), ls_value_text (value));
}

static char *
some_text (Deed *deed)
{
  return g_strdup_printf ("%c%u", 'a' + (char) deed->client->index,
                          ls_sim_dice_below (&deed->dice, 1000));
}

/* A key that others use too, of a collection that @role may write. */
static char *
some_key (Deed                *deed,
          const LsCollection **ret_collection)
{
  bool customer = ls_sim_dice_hits (&deed->dice, 1, 5);

  *ret_collection = customer ? ls_schema_collection (LS_CUSTOMERS) : products ();
  return g_strdup_printf ("%c%u", customer ? 'c' : 'p',
                          ls_sim_dice_below (&deed->dice, customer ? N_CUSTOMERS : N_PRODUCTS));
}

static LsChange *
make_put (Deed               *deed,
          const LsCollection *collection,
          const char         *key)
{
  LsChange *put = ls_change_new (LS_CHANGE_PUT, collection, key);
  g_autofree char *name = some_text (deed);

  set_text (put, "name", name);
  if (collection->id == LS_PRODUCTS)
    {
      set_text (put, "status", "active");
      set_integer (put, "price", ls_sim_dice_below (&deed->dice, 5) * 100);
      set_integer (put, "stock", ls_sim_dice_below (&deed->dice, 10));
    }
  else if (deed->client->role >= LS_ROLE_ADMIN)
    set_text (put, "email", LS_SIM_SECRET "@example.org");
  return put;
}

static LsChange *
make_set (Deed               *deed,
          const LsCollection *collection,
          const char         *key)
{
  LsChange *set = ls_change_new (LS_CHANGE_SET, collection, key);
  g_autofree char *text = some_text (deed);
  unsigned which = ls_sim_dice_below (&deed->dice, 4);

  if (collection->id != LS_PRODUCTS && which == 3 && deed->client->role >= LS_ROLE_ADMIN)
    {
      g_autofree char *phone = g_strconcat (LS_SIM_SECRET, text, NULL);

      set_text (set, "phone", phone);
    }
  else if (collection->id != LS_PRODUCTS)
    set_text (set, which == 0 ? "city" : which == 1 ? "company" : "name", text);
  else if (which == 0)
    set_text (set, "name", text);
  else if (which == 1)
    set_text (set, "category", text);
  else
    set_integer (set, "price", ls_sim_dice_below (&deed->dice, 1000));
  return set;
}

static GPtrArray *
one (LsChange *change)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  g_ptr_array_add (changes, change);
  return changes;
}

/* Says that there is something to send, as the store's listener does. */
static void
changed_cb (gpointer user_data)
{
  LsSimClient *self = user_data;

  if (self->sync != NULL)
    ls_sync_manager_edits_changed (self->sync, LS_SIM_SHOP);
}

static void
tell_changed (const Deed *deed)
{
  LsEnvironment *environment = LS_ENVIRONMENT (deed->client->node);
  LsQueue *queue = ls_environment_get_queue (environment, LS_ENGINE_QUEUE);

  if (deed->tell_after > 0)
    ls_environment_post_after (environment, queue, deed->tell_after, changed_cb, deed->client, NULL);
  else
    ls_environment_post (environment, queue, changed_cb, deed->client, NULL);
}

/* Takes @changes. */
static bool
add (Deed      *deed,
     GPtrArray *changes)
{
  LsSimClient *self = deed->client;
  g_autoptr (GPtrArray) owned = changes;
  g_autofree char *mid = ls_id_new_uuid (LS_ENVIRONMENT (self->node));
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) edit = NULL;

  if (ls_sim_node_is_dead (self->node))
    return false;
  edit = ls_cache_add_edit (self->cache, LS_SIM_SHOP, mid, changes, &error);
  if (ls_sim_node_is_dead (self->node))
    return false;
  ls_sim_world_note (self->world, "client %u makes %s: %s", self->index, mid,
                     edit != NULL ? edit->mid : error->message);
  if (edit == NULL)
    {
      if (!g_error_matches (error, LS_ERROR, LS_ERROR_VALIDATION) &&
          !g_error_matches (error, LS_ERROR, LS_ERROR_CONFLICT))
        ls_sim_oracle_doubted_rows (self->oracle, self->index, changes);
      return false;
    }
  ls_sim_oracle_accepted (self->oracle, self->index, self->cache, edit, changes);
  tell_changed (deed);
  return true;
}

/**
 * ls_sim_client_edit:
 * @self: a client
 * @changes: (element-type LsChange): what its admin does
 *
 * Does it, on the cache's queue.
 *
 * Returns: whether it was accepted
 */
bool
ls_sim_client_edit (LsSimClient *self,
                    GPtrArray   *changes)
{
  Deed deed = { .client = self };

  return add (&deed, g_ptr_array_ref (changes));
}

static void
change_row (Deed *deed)
{
  const LsCollection *collection;
  g_autofree char *key = some_key (deed, &collection);
  LsChange *change;

  if (deed->act == LS_SIM_ACT_PUT)
    change = make_put (deed, collection, key);
  else if (deed->act == LS_SIM_ACT_DEL)
    change = ls_change_new (LS_CHANGE_DEL, collection, key);
  else if (deed->act == LS_SIM_ACT_ADD && collection->id == LS_PRODUCTS)
    {
      change = ls_change_new (LS_CHANGE_ADD, collection, key);
      set_integer (change, "stock", 1 + ls_sim_dice_below (&deed->dice, 9));
    }
  else
    change = make_set (deed, collection, key);
  /* As of a form that was open for long. */
  if (deed->act == LS_SIM_ACT_OLD && collection->id == LS_PRODUCTS)
    {
      ls_change_unref (change);
      change = ls_change_new (LS_CHANGE_SET, collection, key);
      set_integer (change, "price", ls_sim_dice_below (&deed->dice, 1000));
      ls_change_take_was (change, field (collection, "price"),
                          ls_value_integer (ls_sim_dice_below (&deed->dice, 5) * 100));
    }
  if (deed->act == LS_SIM_ACT_LARGE)
    {
      g_autofree char *text = g_strnfill (LONG_TEXT, 'x');
      g_autofree char *secret = g_strconcat (LS_SIM_SECRET, text, NULL);

      if (collection->id == LS_PRODUCTS)
        set_text (change, "description", text);
      else if (deed->client->role >= LS_ROLE_ADMIN)
        set_text (change, "note", secret);
      else
        set_text (change, "note", "x");
    }
  if (add (deed, one (change)) || (deed->act != LS_SIM_ACT_SET && deed->tell_after == 0))
    return;
  /* There is none yet. */
  add (deed, one (make_put (deed, collection, key)));
}

static void
change_many (Deed *deed)
{
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (unsigned i = 0; i < 3; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%u", i * 2 + ls_sim_dice_below (&deed->dice, 2));
      g_autoptr (LsRecord) row =
          ls_cache_get_visible (deed->client->cache, LS_SIM_SHOP, products (), key, NULL);

      g_ptr_array_add (changes, row != NULL ? make_set (deed, products (), key)
                                            : make_put (deed, products (), key));
    }
  add (deed, g_steal_pointer (&changes));
}

/* Makes a row and goes on with it, without waiting for anything. */
static void
make_chain (Deed *deed)
{
  LsSimClient *self = deed->client;
  g_autofree char *key = ls_id_new_uuid (LS_ENVIRONMENT (self->node));
  bool wrong = deed->act == LS_SIM_ACT_WRONG;
  const LsCollection *collection = wrong ? ls_schema_collection (LS_VARIANTS) : products ();
  LsChange *put = wrong ? ls_change_new (LS_CHANGE_PUT, collection, key)
                        : make_put (deed, collection, key);
  LsChange *set;

  if (wrong)
    {
      set_text (put, "product", "there is none");
      set_text (put, "name", "variant");
    }
  if (!add (deed, one (put)))
    return;
  set = ls_change_new (LS_CHANGE_SET, collection, key);
  set_text (set, "name", "second");
  add (deed, one (set));
  if (wrong)
    return;
  set = ls_change_new (LS_CHANGE_ADD, collection, key);
  set_integer (set, "stock", 1);
  add (deed, one (set));
}

static void
change_edit (Deed *deed)
{
  LsSimClient *self = deed->client;
  bool discard = deed->act == LS_SIM_ACT_DISCARD;
  unsigned states = LS_EDIT_MASK (LS_EDIT_DEAD) | (discard ? LS_EDITS_WAITING : 0);
  g_autoptr (GPtrArray) edits = ls_cache_list_edits (self->cache, LS_SIM_SHOP, states, NULL);
  g_autofree char *new_mid = ls_id_new_uuid (LS_ENVIRONMENT (self->node));
  g_autoptr (GError) error = NULL;
  const LsEdit *edit;
  bool done;

  if (edits == NULL || edits->len == 0)
    return;
  edit = g_ptr_array_index (edits, ls_sim_dice_below (&deed->dice, edits->len));
  ls_sim_oracle_doubted (self->oracle, self->index, edit->mid);
  done = discard ? ls_cache_discard_edit (self->cache, edit->mid, &error)
                 : ls_cache_retry_edit (self->cache, edit->mid, new_mid, &error);
  if (ls_sim_node_is_dead (self->node))
    return;
  ls_sim_world_note (self->world, "client %u %s %s: %s", self->index,
                     discard ? "takes back" : "retries", edit->mid,
                     done ? "done" : error->message);
  if (!done)
    return;
  if (discard)
    ls_sim_oracle_discarded (self->oracle, self->index, edit->mid);
  else
    ls_sim_oracle_retried (self->oracle, self->index, edit->mid);
  tell_changed (deed);
}

static void
deed_cb (gpointer data)
{
  Deed *deed = data;

  switch (deed->act)
    {
    case LS_SIM_ACT_MANY:
      change_many (deed);
      break;
    case LS_SIM_ACT_CHAIN:
    case LS_SIM_ACT_WRONG:
      make_chain (deed);
      break;
    case LS_SIM_ACT_DISCARD:
    case LS_SIM_ACT_RETRY:
      change_edit (deed);
      break;
    case LS_SIM_ACT_PUT:
    case LS_SIM_ACT_SET:
    case LS_SIM_ACT_ADD:
    case LS_SIM_ACT_DEL:
    case LS_SIM_ACT_OLD:
    case LS_SIM_ACT_LARGE:
    case LS_SIM_N_ACTS:
    default:
      change_row (deed);
    }
}

static Deed *
deed_new (LsSimClient *client,
          LsSimAct     act,
          uint64_t     seed)
{
  Deed *deed = g_new0 (Deed, 1);

  deed->client = client;
  deed->act = act;
  deed->dice = ls_sim_dice (seed, 3);
  return deed;
}

/**
 * ls_sim_client_act:
 * @self: a client that is up
 * @act: what its admin does
 * @seed: of the particulars
 *
 * Has the admin do something.
 */
void
ls_sim_client_act (LsSimClient *self,
                   LsSimAct     act,
                   uint64_t     seed)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);

  ls_environment_post (environment, ls_environment_get_queue (environment, LS_CACHE_QUEUE),
                       deed_cb, deed_new (self, act, seed), g_free);
}

/**
 * ls_sim_client_rush:
 * @self: a client that is up
 * @n: how many edits
 * @within: in how long, µs
 * @seed: of the particulars
 *
 * Has the admin make edits that do not join, one after the other. The store is busy, and tells of
 * each some time later.
 */
void
ls_sim_client_rush (LsSimClient *self,
                    unsigned     n,
                    int64_t      within,
                    uint64_t     seed)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);
  LsQueue *queue = ls_environment_get_queue (environment, LS_CACHE_QUEUE);

  for (unsigned i = 0; i < n; i++)
    {
      Deed *deed = deed_new (self, LS_SIM_ACT_ADD, seed + i);

      deed->tell_after = 1 + ls_sim_dice_below (&deed->dice, MAX_TELL_PAUSE);
      ls_environment_post_after (environment, queue, 1 + within * i / n, deed_cb, deed, g_free);
    }
}
