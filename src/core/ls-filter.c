/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-filter"

#include "config.h"

#include "core/ls-filter.h"

#include <string.h>

/**
 * LsFilter:
 *
 * Says which rows of one collection are wanted. One description, two compilers: ls_filter_to_sql()
 * for loading, ls_filter_matches() for following changes; tests hold them against each other. Built
 * by its maker, immutable once shared; any thread may then use it.
 *
 * NULL behaves the same in both: it equals NULL, is unequal to everything else, and is neither less
 * nor greater than anything.
 */
struct _LsFilter {
  gatomicrefcount ref_count;
  const LsCollection *collection;
  enum {
    NODE_COMPARE,
    NODE_ALL,
    NODE_ANY,
  } kind;
  unsigned field;
  LsFilterOp op;
  LsValue value;       /* folded for LS_FILTER_CONTAINS */
  GPtrArray *children; /* LsFilter, for NODE_ALL and NODE_ANY */
};

G_DEFINE_BOXED_TYPE (LsFilter, ls_filter, ls_filter_ref, ls_filter_unref)

/**
 * ls_filter_fold:
 * @text: valid UTF-8
 *
 * Returns: (transfer full): @text without case, the form that ls_filter_text_contains() looks for
 */
char *
ls_filter_fold (const char *text)
{
  return g_utf8_casefold (text, -1);
}

static inline char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

static bool
folded_contains (const char *text,
                 const char *folded_needle)
{
  g_autofree char *folded = ls_filter_fold (text);

  return strstr (folded, folded_needle) != NULL;
}

/**
 * ls_filter_text_contains:
 * @text: valid UTF-8
 * @folded_needle: of ls_filter_fold()
 *
 * Looks for a text in another, whatever the case. O(length × needle) at worst; without an
 * allocation for ASCII.
 *
 * Returns: whether it is there; an empty needle is in every text
 */
bool
ls_filter_text_contains (const char *text,
                         const char *folded_needle)
{
  if (folded_needle[0] == '\0')
    return true;
  /* Called for every row of a search: in one pass over what is ASCII. */
  for (; *text != '\0'; text++)
    {
      size_t i = 0;

      if ((unsigned char) *text >= 0x80)
        return folded_contains (text, folded_needle);
      while (folded_needle[i] != '\0' && lower (text[i]) == folded_needle[i])
        i++;
      if (folded_needle[i] == '\0')
        return true;
      if ((unsigned char) text[i] >= 0x80)
        return folded_contains (text, folded_needle);
    }
  return false;
}

static LsFilter *
filter_new (const LsCollection *collection,
            int                 kind)
{
  LsFilter *filter = g_new0 (LsFilter, 1);

  g_atomic_ref_count_init (&filter->ref_count);
  filter->collection = collection;
  filter->kind = kind;
  if (kind != NODE_COMPARE)
    filter->children = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_filter_unref);
  return filter;
}

/**
 * ls_filter_new_compare:
 * @collection: a collection
 * @field: index of a field
 * @op: how to compare
 * @value: (transfer full): with what
 *
 * Returns: (transfer full): the rows of which the comparison holds
 */
LsFilter *
ls_filter_new_compare (const LsCollection *collection,
                       unsigned            field,
                       LsFilterOp          op,
                       LsValue             value)
{
  LsFilter *filter = filter_new (collection, NODE_COMPARE);

  g_return_val_if_fail (field < collection->n_fields, NULL);

  filter->field = field;
  filter->op = op;
  filter->value = value;
  if (op == LS_FILTER_CONTAINS && value.kind == LS_VALUE_TEXT)
    {
      g_autofree char *folded = ls_filter_fold (value.text);

      ls_value_clear (&filter->value);
      filter->value = ls_value_text (folded);
    }
  return filter;
}

/**
 * ls_filter_new_search:
 * @collection: a collection
 * @text: what somebody typed
 *
 * Returns: (transfer full): the rows of which one of the searched fields holds @text, whatever the
 * case
 */
LsFilter *
ls_filter_new_search (const LsCollection *collection,
                      const char         *text)
{
  LsFilter *filter = ls_filter_new_any (collection);

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (collection->fields[i].flags & LS_FIELD_SEARCHED)
      ls_filter_take_child (filter, ls_filter_new_compare (collection, i, LS_FILTER_CONTAINS,
                                                           ls_value_text (text)));
  return filter;
}

/**
 * ls_filter_new_all:
 * @collection: a collection
 *
 * Returns: (transfer full): the rows that pass all children; without children every row
 */
LsFilter *
ls_filter_new_all (const LsCollection *collection)
{
  return filter_new (collection, NODE_ALL);
}

/**
 * ls_filter_new_any:
 * @collection: a collection
 *
 * Returns: (transfer full): the rows that pass one of its children; without children none
 */
LsFilter *
ls_filter_new_any (const LsCollection *collection)
{
  return filter_new (collection, NODE_ANY);
}

/**
 * ls_filter_take_child:
 * @filter: of ls_filter_new_all() or ls_filter_new_any(), that nobody else holds
 * @child: (transfer full): a filter of the same collection
 *
 * Adds a child.
 */
void
ls_filter_take_child (LsFilter *filter,
                      LsFilter *child)
{
  g_return_if_fail (filter->children != NULL && child->collection == filter->collection);

  g_ptr_array_add (filter->children, child);
}

/**
 * ls_filter_ref:
 * @filter: a filter
 *
 * Returns: (transfer full): @filter
 */
LsFilter *
ls_filter_ref (LsFilter *filter)
{
  g_atomic_ref_count_inc (&filter->ref_count);
  return filter;
}

/**
 * ls_filter_unref:
 * @filter: (transfer full): a filter
 *
 * Drops a reference.
 */
void
ls_filter_unref (LsFilter *filter)
{
  if (!g_atomic_ref_count_dec (&filter->ref_count))
    return;
  ls_value_clear (&filter->value);
  g_clear_pointer (&filter->children, g_ptr_array_unref);
  g_free (filter);
}

/**
 * ls_filter_get_collection:
 * @filter: a filter
 *
 * Returns: (transfer none): of which collection it takes rows
 */
const LsCollection *
ls_filter_get_collection (const LsFilter *filter)
{
  return filter->collection;
}

/**
 * ls_filter_get_fields:
 * @filter: a filter
 *
 * Returns: a mask of the fields it looks at: a change of others moves no row in or out
 */
uint64_t
ls_filter_get_fields (const LsFilter *filter)
{
  uint64_t fields = 0;

  if (filter->kind == NODE_COMPARE)
    return UINT64_C (1) << filter->field;
  for (unsigned i = 0; i < filter->children->len; i++)
    fields |= ls_filter_get_fields (g_ptr_array_index (filter->children, i));
  return fields;
}

static bool
compare_matches (const LsFilter *filter,
                 const LsValue  *value)
{
  int order;

  switch (filter->op)
    {
    case LS_FILTER_EQUAL:
      return ls_value_equal (value, &filter->value);
    case LS_FILTER_NOT_EQUAL:
      return !ls_value_equal (value, &filter->value);
    case LS_FILTER_CONTAINS:
      return value->kind == LS_VALUE_TEXT && filter->value.kind == LS_VALUE_TEXT &&
             ls_filter_text_contains (value->text, filter->value.text);
    case LS_FILTER_LESS:
    case LS_FILTER_LESS_EQUAL:
    case LS_FILTER_GREATER:
    case LS_FILTER_GREATER_EQUAL:
    default:
      break;
    }
  if (value->kind == LS_VALUE_NULL || filter->value.kind == LS_VALUE_NULL)
    return false;
  order = ls_value_compare (value, &filter->value);
  if (filter->op == LS_FILTER_LESS)
    return order < 0;
  if (filter->op == LS_FILTER_LESS_EQUAL)
    return order <= 0;
  if (filter->op == LS_FILTER_GREATER)
    return order > 0;
  return order >= 0;
}

/**
 * ls_filter_matches:
 * @filter: a filter
 * @record: a row of its collection
 *
 * Returns: whether @record is wanted
 */
bool
ls_filter_matches (const LsFilter *filter,
                   const LsRecord *record)
{
  if (filter->kind == NODE_COMPARE)
    return compare_matches (filter, ls_record_get (record, filter->field));
  for (unsigned i = 0; i < filter->children->len; i++)
    if (ls_filter_matches (g_ptr_array_index (filter->children, i), record) ==
        (filter->kind == NODE_ANY))
      return filter->kind == NODE_ANY;
  return filter->kind == NODE_ALL;
}

static void
compare_to_sql (const LsFilter *filter,
                GString        *sql,
                GArray         *values)
{
  static const char *const operators[] = {
    [LS_FILTER_EQUAL] = "IS",      [LS_FILTER_NOT_EQUAL] = "IS NOT",
    [LS_FILTER_LESS] = "<",        [LS_FILTER_LESS_EQUAL] = "<=",
    [LS_FILTER_GREATER] = ">",     [LS_FILTER_GREATER_EQUAL] = ">=",
    [LS_FILTER_CONTAINS] = "",
  };
  const char *name = filter->collection->fields[filter->field].name;
  LsValue value;

  /* Field names are the schema's own; values are always bound. A comparison with NULL is unknown to
   * SQL, which is as good as false where nothing is negated, and lets an index be used. */
  if (filter->op == LS_FILTER_CONTAINS)
    g_string_append_printf (sql, LS_FILTER_SQL_CONTAINS "(\"%s\",?)", name);
  else if (filter->op == LS_FILTER_EQUAL || filter->op == LS_FILTER_NOT_EQUAL)
    g_string_append_printf (sql, "\"%s\" %s ?", name, operators[filter->op]);
  else
    g_string_append_printf (sql, "\"%s\"%s %s ?", name,
                            filter->value.kind == LS_VALUE_TEXT ? " COLLATE BINARY" : "",
                            operators[filter->op]);
  value = ls_value_copy (&filter->value);
  g_array_append_val (values, value);
}

/**
 * ls_filter_to_sql:
 * @filter: a filter
 * @sql: where to append an expression over the fields of its collection
 * @values: (element-type LsValue): where to append what to bind, in order; its clear function must
 *   be ls_value_clear()
 *
 * Compiles @filter for SQLite, as a condition after WHERE: what is not true may be NULL. Columns
 * must have no type, and a collation in which only the same texts are equal.
 */
void
ls_filter_to_sql (const LsFilter *filter,
                  GString        *sql,
                  GArray         *values)
{
  if (filter->kind == NODE_COMPARE)
    {
      compare_to_sql (filter, sql, values);
      return;
    }
  if (filter->children->len == 0)
    {
      g_string_append (sql, filter->kind == NODE_ALL ? "1" : "0");
      return;
    }
  g_string_append_c (sql, '(');
  for (unsigned i = 0; i < filter->children->len; i++)
    {
      if (i > 0)
        g_string_append (sql, filter->kind == NODE_ALL ? " AND " : " OR ");
      ls_filter_to_sql (g_ptr_array_index (filter->children, i), sql, values);
    }
  g_string_append_c (sql, ')');
}

/**
 * ls_filter_equal:
 * @a: (nullable): a filter
 * @b: (nullable): another
 *
 * Returns: whether both say the same in the same words
 */
bool
ls_filter_equal (const LsFilter *a,
                 const LsFilter *b)
{
  if (a == b)
    return true;
  if (a == NULL || b == NULL || a->collection != b->collection || a->kind != b->kind)
    return false;
  if (a->kind == NODE_COMPARE)
    return a->field == b->field && a->op == b->op && ls_value_equal (&a->value, &b->value);
  if (a->children->len != b->children->len)
    return false;
  for (unsigned i = 0; i < a->children->len; i++)
    if (!ls_filter_equal (g_ptr_array_index (a->children, i), g_ptr_array_index (b->children, i)))
      return false;
  return true;
}
