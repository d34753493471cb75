/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-followed"

#include "config.h"

#include "client/ls-followed-numbers.h"

/*
 * The numbers of an aggregate. They are read once, row by row, and then follow the images of the
 * rows that change: what a row gave is taken out, what it gives is put in. Only a least or greatest
 * value that goes can't be followed so: then all is read again.
 */

#define ROWS_A_LOOK 1024

typedef struct {
  int64_t count;        /* values that are not NULL */
  uint64_t sum;         /* modulo 2^64, so that taking out undoes putting in */
  int64_t least;
  int64_t greatest;
  GHashTable *distinct; /* value -> how often */
} Tally;

typedef struct {
  int64_t n_rows;
  LsValue keys[LS_MAX_GROUP_FIELDS];
  size_t n_terms;
  Tally tallies[];
} Group;

typedef struct {
  LsFollowed parent;
  LsFilter *filter;
  size_t n_keys;
  size_t n_terms;
  LsAggregateTerm *terms;
  unsigned *fields; /* of the keys, then of the terms */
  GHashTable *groups;
  bool is_new;      /* differs from what was told last */
  bool must_reload;
} LsFollowedNumbers;

static const LsFollowedClass numbers_class;

static void
group_free (gpointer data)
{
  Group *group = data;

  for (size_t i = 0; i < LS_MAX_GROUP_FIELDS; i++)
    ls_value_clear (&group->keys[i]);
  for (size_t i = 0; i < group->n_terms; i++)
    g_clear_pointer (&group->tallies[i].distinct, g_hash_table_unref);
  g_free (group);
}

/**
 * ls_numbers_free:
 * @numbers: (transfer full): numbers
 *
 * Frees them.
 */
void
ls_numbers_free (LsNumbers *numbers)
{
  g_array_unref (numbers->keys);
  g_array_unref (numbers->values);
  g_free (numbers);
}

static void
append_value (GString       *name,
              const LsValue *value)
{
  if (value->kind == LS_VALUE_INTEGER)
    g_string_append_printf (name, "i%" G_GINT64_FORMAT, value->integer);
  else if (value->kind == LS_VALUE_TEXT)
    {
      g_string_append_c (name, 't');
      g_string_append (name, value->text);
    }
  /* No text has a control character like this. */
  g_string_append_c (name, '\x1f');
}

static Group *
group_for (LsFollowedNumbers *self,
           const LsValue     *keys)
{
  g_autoptr (GString) name = g_string_new (NULL);
  Group *group;

  for (size_t i = 0; i < self->n_keys; i++)
    append_value (name, &keys[i]);
  group = g_hash_table_lookup (self->groups, name->str);
  if (group != NULL)
    return group;
  group = g_malloc0 (sizeof (Group) + self->n_terms * sizeof (Tally));
  group->n_terms = self->n_terms;
  for (size_t i = 0; i < self->n_keys; i++)
    group->keys[i] = ls_value_copy (&keys[i]);
  for (size_t i = 0; i < self->n_terms; i++)
    if (self->terms[i].function == LS_AGGREGATE_DISTINCT)
      group->tallies[i].distinct =
          g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->groups, g_strdup (name->str), group);
  return group;
}

static void
count_distinct (Tally         *tally,
                const LsValue *value,
                int            sign)
{
  g_autoptr (GString) name = g_string_new (NULL);
  int times;

  append_value (name, value);
  times = GPOINTER_TO_INT (g_hash_table_lookup (tally->distinct, name->str)) + sign;
  if (times == 0)
    g_hash_table_remove (tally->distinct, name->str);
  else
    g_hash_table_insert (tally->distinct, g_strdup (name->str), GINT_TO_POINTER (times));
}

static void
count_value (LsFollowedNumbers *self,
             Tally             *tally,
             const LsValue     *value,
             int                sign)
{
  int64_t number = ls_value_get_integer (value, 0);

  if (value->kind == LS_VALUE_NULL)
    return;
  if (tally->distinct != NULL)
    count_distinct (tally, value, sign);
  tally->sum += (uint64_t) sign * (uint64_t) number;
  if (sign > 0)
    {
      tally->least = tally->count == 0 ? number : MIN (tally->least, number);
      tally->greatest = tally->count == 0 ? number : MAX (tally->greatest, number);
    }
  tally->count += sign;
}

/* Whether the least or the greatest value goes, and another must be looked for. */
static bool
loses_extreme (const LsAggregateTerm *term,
               const Tally           *tally,
               const LsValue         *value)
{
  if (value->kind == LS_VALUE_NULL || tally->count <= 1)
    return false;
  return (term->function == LS_AGGREGATE_MIN && value->integer == tally->least) ||
         (term->function == LS_AGGREGATE_MAX && value->integer == tally->greatest);
}

/* Puts a row in (@sign 1) or takes it out (-1). */
static void
count_row (LsFollowedNumbers *self,
           const LsValue     *values,
           int                sign)
{
  Group *group = group_for (self, values);

  group->n_rows += sign;
  for (size_t i = 0; i < self->n_terms; i++)
    {
      const LsValue *value = &values[self->n_keys + i];

      if (self->terms[i].function == LS_AGGREGATE_COUNT)
        continue;
      if (sign < 0)
        self->must_reload |= loses_extreme (&self->terms[i], &group->tallies[i], value);
      count_value (self, &group->tallies[i], value, sign);
    }
  self->is_new = true;
}

static bool
load_cb (int64_t        id,
         const LsValue *values,
         gpointer       user_data)
{
  LsFollowedNumbers *self = user_data;

  count_row (self, values, 1);
  return id % ROWS_A_LOOK != 0 || !ls_followed_is_cancelled (&self->parent);
}

static bool
numbers_load (LsFollowed    *followed,
              LsCacheReader *reader,
              GError       **error)
{
  LsFollowedNumbers *self = (LsFollowedNumbers *) followed;
  g_autoptr (GString) where = g_string_new (NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (LsValue));
  LsReadQuery query = {
    .shop = followed->shop,
    .collection = followed->collection,
    .values = values,
    .fields = self->fields,
    .n_fields = self->n_keys + self->n_terms,
  };

  g_array_set_clear_func (values, (GDestroyNotify) ls_value_clear);
  g_hash_table_remove_all (self->groups);
  self->is_new = true;
  self->must_reload = false;
  if (self->filter != NULL)
    {
      ls_filter_to_sql (self->filter, where, values);
      query.where = where->str;
    }
  return ls_cache_reader_scan (reader, &query, load_cb, self, error);
}

static void
count_record (LsFollowedNumbers *self,
              const LsRecord    *record,
              int                sign)
{
  g_autofree LsValue *values = NULL;

  if (record == NULL || (self->filter != NULL && !ls_filter_matches (self->filter, record)))
    return;
  /* Borrowed, so nothing is cleared. */
  values = g_new0 (LsValue, self->n_keys + self->n_terms + 1);
  for (size_t i = 0; i < self->n_keys + self->n_terms; i++)
    values[i] = *ls_record_get (record, self->fields[i]);
  count_row (self, values, sign);
}

static gboolean
is_empty_cb (gpointer key,
             gpointer value,
             gpointer user_data)
{
  return ((Group *) value)->n_rows == 0;
}

static bool
numbers_advance (LsFollowed    *followed,
                 LsCacheReader *reader,
                 GArray        *changes)
{
  LsFollowedNumbers *self = (LsFollowedNumbers *) followed;
  uint64_t looked_at = self->filter != NULL ? ls_filter_get_fields (self->filter) : 0;

  for (size_t i = 0; i < self->n_keys + self->n_terms; i++)
    looked_at |= UINT64_C (1) << self->fields[i];
  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsRowChange *change = &g_array_index (changes, LsRowChange, i);

      if (change->before != NULL && change->after != NULL &&
          !(ls_record_diff (change->before, change->after) & looked_at))
        continue;
      count_record (self, change->before, -1);
      count_record (self, change->after, 1);
    }
  g_hash_table_foreach_remove (self->groups, is_empty_cb, NULL);
  return !self->must_reload;
}

static int
compare_groups (gconstpointer a,
                gconstpointer b)
{
  const Group *x = *(Group *const *) a;
  const Group *y = *(Group *const *) b;
  int order = 0;

  for (size_t i = 0; i < LS_MAX_GROUP_FIELDS && order == 0; i++)
    order = ls_value_compare (&x->keys[i], &y->keys[i]);
  return order;
}

/* Rounds down, also below zero. */
static int64_t
divide (int64_t sum,
        int64_t count)
{
  int64_t quotient = count != 0 ? sum / count : 0;

  return quotient - (count != 0 && sum % count < 0);
}

static int64_t
value_of (const LsAggregateTerm *term,
          const Group           *group,
          const Tally           *tally)
{
  switch (term->function)
    {
    case LS_AGGREGATE_COUNT:
      return group->n_rows;
    case LS_AGGREGATE_AVERAGE:
      return divide ((int64_t) tally->sum, tally->count);
    case LS_AGGREGATE_MIN:
      return tally->count > 0 ? tally->least : 0;
    case LS_AGGREGATE_MAX:
      return tally->count > 0 ? tally->greatest : 0;
    case LS_AGGREGATE_DISTINCT:
      return g_hash_table_size (tally->distinct);
    case LS_AGGREGATE_SUM:
    default:
      return (int64_t) tally->sum;
    }
}

static void
add_group (LsFollowedNumbers *self,
           LsNumbers         *numbers,
           const Group       *group)
{
  for (size_t i = 0; i < self->n_keys; i++)
    {
      LsValue key = ls_value_copy (&group->keys[i]);

      g_array_append_val (numbers->keys, key);
    }
  for (size_t i = 0; i < self->n_terms; i++)
    {
      int64_t value = value_of (&self->terms[i], group, &group->tallies[i]);

      g_array_append_val (numbers->values, value);
    }
  numbers->n_groups++;
}

static void
collect_cb (gpointer key,
            gpointer value,
            gpointer user_data)
{
  g_ptr_array_add (user_data, value);
}

static gpointer
numbers_make_update (LsFollowed *followed,
                     LsFollowed *before)
{
  LsFollowedNumbers *self = (LsFollowedNumbers *) followed;
  g_autoptr (GPtrArray) groups = g_ptr_array_new ();
  LsNumbers *numbers;

  if (!self->is_new)
    return NULL;
  self->is_new = false;
  numbers = g_new0 (LsNumbers, 1);
  numbers->n_keys = (unsigned) self->n_keys;
  numbers->n_terms = (unsigned) self->n_terms;
  numbers->keys = g_array_new (FALSE, FALSE, sizeof (LsValue));
  g_array_set_clear_func (numbers->keys, (GDestroyNotify) ls_value_clear);
  numbers->values = g_array_new (FALSE, FALSE, sizeof (int64_t));
  /* Numbers that are not grouped are there even for no rows. */
  if (self->n_keys == 0)
    group_for (self, NULL);
  g_hash_table_foreach (self->groups, collect_cb, groups);
  g_ptr_array_sort (groups, compare_groups);
  for (unsigned i = 0; i < groups->len; i++)
    add_group (self, numbers, g_ptr_array_index (groups, i));
  return numbers;
}

static void
numbers_free_update (gpointer update)
{
  ls_numbers_free (update);
}

static LsFollowed *
numbers_renew (LsFollowed *followed)
{
  LsFollowedNumbers *self = (LsFollowedNumbers *) followed;

  return ls_followed_numbers_new (followed->shop, followed->collection, self->filter, self->fields,
                                  self->n_keys, self->terms, self->n_terms);
}

/* How many rows have to be read is not known: as many as there are. */
static unsigned
numbers_get_size (LsFollowed *followed)
{
  return UINT_MAX;
}

static void
numbers_finalize (LsFollowed *followed)
{
  LsFollowedNumbers *self = (LsFollowedNumbers *) followed;

  g_clear_pointer (&self->filter, ls_filter_unref);
  g_hash_table_unref (self->groups);
  g_free (self->terms);
  g_free (self->fields);
}

static const LsFollowedClass numbers_class = {
  .load = numbers_load,
  .advance = numbers_advance,
  .make_update = numbers_make_update,
  .free_update = numbers_free_update,
  .renew = numbers_renew,
  .get_size = numbers_get_size,
  .finalize = numbers_finalize,
};

/**
 * ls_followed_numbers_new:
 * @shop: a shop
 * @collection: a collection
 * @filter: (nullable): over which rows; %NULL for all
 * @group_fields: (array length=n_group_fields): by which fields
 * @n_group_fields: how many, at most %LS_MAX_GROUP_FIELDS
 * @terms: (array length=n_terms): what is computed
 * @n_terms: how many
 *
 * Returns: (transfer full): the numbers of an aggregate, not yet loaded
 */
LsFollowed *
ls_followed_numbers_new (const char            *shop,
                         const LsCollection    *collection,
                         LsFilter              *filter,
                         const unsigned        *group_fields,
                         size_t                 n_group_fields,
                         const LsAggregateTerm *terms,
                         size_t                 n_terms)
{
  LsFollowedNumbers *self = g_new0 (LsFollowedNumbers, 1);

  g_assert (n_group_fields <= LS_MAX_GROUP_FIELDS);

  ls_followed_init (&self->parent, &numbers_class, shop, collection);
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  self->n_keys = n_group_fields;
  self->n_terms = n_terms;
  self->terms = g_memdup2 (terms, n_terms * sizeof (LsAggregateTerm));
  self->fields = g_new0 (unsigned, n_group_fields + n_terms + 1);
  for (size_t i = 0; i < n_group_fields; i++)
    self->fields[i] = group_fields[i];
  for (size_t i = 0; i < n_terms; i++)
    self->fields[n_group_fields + i] =
        terms[i].function == LS_AGGREGATE_COUNT ? 0 : terms[i].field;
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, group_free);
  return &self->parent;
}
