/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-live-aggregate"

#include "config.h"

#include "client/ls-live-aggregate.h"

#include "client/ls-followed-numbers.h"
#include "client/ls-store-private.h"

/**
 * LsLiveAggregate:
 *
 * Numbers over the rows of a collection that pass a filter, which follow the cache. They are
 * published together with the rows, so that a sum and the list under it never disagree.
 */
struct _LsLiveAggregate {
  GObject parent_instance;

  LsStore *store;
  uint64_t id;
  char *shop;
  const LsCollection *collection;
  LsFilter *filter;
  unsigned *group_fields;
  size_t n_group_fields;
  LsAggregateTerm *terms;
  size_t n_terms;

  unsigned generation;
  bool loading;
  bool stale;
  int64_t sequence; /* of the last publication before it became stale */
  LsNumbers *numbers;
};

G_DEFINE_FINAL_TYPE (LsLiveAggregate, ls_live_aggregate, G_TYPE_OBJECT)

typedef enum {
  PROP_LOADING = 1,
  PROP_STALE,
} LsLiveAggregateProperty;

static GParamSpec *properties[PROP_STALE + 1];

enum {
  CHANGED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void
set_flag (LsLiveAggregate        *self,
          bool                   *flag,
          bool                    value,
          LsLiveAggregateProperty property)
{
  if (*flag == value)
    return;
  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static LsNumbers *
numbers_copy (const LsNumbers *numbers)
{
  LsNumbers *copy = g_memdup2 (numbers, sizeof *numbers);

  g_array_ref (copy->keys);
  g_array_ref (copy->values);
  return copy;
}

/* Part of a publication. */
static void
update_cb (GObject                *object,
           const LsFollowedUpdate *update)
{
  g_autoptr (LsLiveAggregate) self = g_object_ref (LS_LIVE_AGGREGATE (object));

  if (update->update != NULL)
    {
      g_clear_pointer (&self->numbers, ls_numbers_free);
      self->numbers = numbers_copy (update->update);
    }
  if (update->is_stale && !self->stale)
    self->sequence = ls_store_get_sequence (self->store) - 1;
  set_flag (self, &self->stale, update->is_stale, PROP_STALE);
  if (update->generation == self->generation)
    set_flag (self, &self->loading, false, PROP_LOADING);
  if (update->update != NULL)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
follow (LsLiveAggregate *self)
{
  LsFollowed *followed =
      ls_followed_numbers_new (self->shop, self->collection, self->filter, self->group_fields,
                               self->n_group_fields, self->terms, self->n_terms);

  followed->generation = ++self->generation;
  ls_follower_follow (ls_store_get_follower (self->store), self->id, followed);
  set_flag (self, &self->loading, true, PROP_LOADING);
}

static void
ls_live_aggregate_dispose (GObject *object)
{
  LsLiveAggregate *self = LS_LIVE_AGGREGATE (object);

  if (self->store != NULL)
    {
      ls_follower_forget (ls_store_get_follower (self->store), self->id);
      ls_store_detach (self->store, self->id);
    }
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ls_live_aggregate_parent_class)->dispose (object);
}

static void
ls_live_aggregate_finalize (GObject *object)
{
  LsLiveAggregate *self = LS_LIVE_AGGREGATE (object);

  g_clear_pointer (&self->numbers, ls_numbers_free);
  g_clear_pointer (&self->filter, ls_filter_unref);
  g_free (self->group_fields);
  g_free (self->terms);
  g_free (self->shop);
  G_OBJECT_CLASS (ls_live_aggregate_parent_class)->finalize (object);
}

static void
ls_live_aggregate_get_property (GObject    *object,
                                unsigned    property_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  LsLiveAggregate *self = LS_LIVE_AGGREGATE (object);

  switch ((LsLiveAggregateProperty) property_id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_STALE:
      g_value_set_boolean (value, self->stale);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
ls_live_aggregate_class_init (LsLiveAggregateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags =
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = ls_live_aggregate_dispose;
  object_class->finalize = ls_live_aggregate_finalize;
  object_class->get_property = ls_live_aggregate_get_property;

  properties[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  properties[PROP_STALE] = g_param_spec_boolean ("stale", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsLiveAggregate::changed:
   * @self: the aggregate
   *
   * Its numbers are new.
   */
  signals[CHANGED] = g_signal_new ("changed", LS_TYPE_LIVE_AGGREGATE, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
ls_live_aggregate_init (LsLiveAggregate *self)
{
}

LsLiveAggregate *
ls_live_aggregate_new (LsStore               *store,
                       const char            *shop,
                       const LsCollection    *collection,
                       LsFilter              *filter,
                       const unsigned        *group_fields,
                       size_t                 n_group_fields,
                       const LsAggregateTerm *terms,
                       size_t                 n_terms)
{
  LsLiveAggregate *self = g_object_new (LS_TYPE_LIVE_AGGREGATE, NULL);

  self->store = g_object_ref (store);
  self->shop = g_strdup (shop);
  self->collection = collection;
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  self->group_fields = g_memdup2 (group_fields, n_group_fields * sizeof (unsigned));
  self->n_group_fields = n_group_fields;
  self->terms = g_memdup2 (terms, n_terms * sizeof (LsAggregateTerm));
  self->n_terms = n_terms;
  self->id = ls_store_attach (store, G_OBJECT (self), update_cb);
  follow (self);
  return self;
}

/**
 * ls_live_aggregate_get_loading:
 * @self: an aggregate
 *
 * Returns: whether the numbers of its filter are still being computed
 */
gboolean
ls_live_aggregate_get_loading (LsLiveAggregate *self)
{
  return self->loading;
}

/**
 * ls_live_aggregate_get_stale:
 * @self: an aggregate
 *
 * Returns: whether it is behind what else is shown, since it has to be computed anew
 */
gboolean
ls_live_aggregate_get_stale (LsLiveAggregate *self)
{
  return self->stale;
}

/**
 * ls_live_aggregate_get_n_groups:
 * @self: an aggregate
 *
 * Returns: how many groups it has; 1 without a field to group by, once it is loaded
 */
unsigned
ls_live_aggregate_get_n_groups (LsLiveAggregate *self)
{
  return self->numbers != NULL ? self->numbers->n_groups : 0;
}

/**
 * ls_live_aggregate_get_group:
 * @self: an aggregate
 * @group: which group
 * @key: which of the fields it is grouped by
 *
 * Returns: (transfer none): the value that its rows share
 */
const LsValue *
ls_live_aggregate_get_group (LsLiveAggregate *self,
                             unsigned         group,
                             unsigned         key)
{
  g_return_val_if_fail (group < ls_live_aggregate_get_n_groups (self), NULL);
  g_return_val_if_fail (key < self->numbers->n_keys, NULL);

  return &g_array_index (self->numbers->keys, LsValue, group * self->numbers->n_keys + key);
}

/**
 * ls_live_aggregate_get_value:
 * @self: an aggregate
 * @group: which group
 * @term: which of its terms
 *
 * Returns: the number; 0 for the least, greatest or average of nothing
 */
int64_t
ls_live_aggregate_get_value (LsLiveAggregate *self,
                             unsigned         group,
                             unsigned         term)
{
  g_return_val_if_fail (group < ls_live_aggregate_get_n_groups (self), 0);
  g_return_val_if_fail (term < self->numbers->n_terms, 0);

  return g_array_index (self->numbers->values, int64_t, group * self->numbers->n_terms + term);
}

/**
 * ls_live_aggregate_get_sequence:
 * @self: an aggregate
 *
 * Returns: the newest commit of the cache that its numbers contain, -1 before they are loaded
 */
int64_t
ls_live_aggregate_get_sequence (LsLiveAggregate *self)
{
  if (self->numbers == NULL)
    return -1;
  return self->stale ? self->sequence : ls_store_get_sequence (self->store);
}

/**
 * ls_live_aggregate_set_filter:
 * @self: an aggregate
 * @filter: (nullable): over which rows, %NULL for all
 *
 * Computes over other rows; the numbers of the filter before stay until then.
 */
void
ls_live_aggregate_set_filter (LsLiveAggregate *self,
                              LsFilter        *filter)
{
  if (ls_filter_equal (self->filter, filter))
    return;
  g_clear_pointer (&self->filter, ls_filter_unref);
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  follow (self);
}
