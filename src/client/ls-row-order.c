/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-row-order"

#include "config.h"

#include "client/ls-row-order.h"

#include <string.h>

struct _LsRowOrder {
  gatomicrefcount ref_count;
  const LsCollection *collection;
  const LsCollation *collation;
  size_t n_orders;
  LsOrder orders[];
};

/**
 * ls_row_order_new:
 * @collection: a collection
 * @collation: the order of texts
 * @orders: (array length=n_orders): by what
 * @n_orders: how many; 0 for the order of ids
 *
 * Returns: (transfer full): the order
 */
LsRowOrder *
ls_row_order_new (const LsCollection *collection,
                  const LsCollation  *collation,
                  const LsOrder      *orders,
                  size_t              n_orders)
{
  LsRowOrder *order = g_malloc0 (sizeof (LsRowOrder) + n_orders * sizeof (LsOrder));

  g_atomic_ref_count_init (&order->ref_count);
  order->collection = collection;
  order->collation = collation;
  order->n_orders = n_orders;
  for (size_t i = 0; i < n_orders; i++)
    {
      g_assert (orders[i].field < collection->n_fields);
      order->orders[i] = orders[i];
    }
  return order;
}

/**
 * ls_row_order_ref:
 * @order: an order
 *
 * Returns: (transfer full): @order
 */
LsRowOrder *
ls_row_order_ref (LsRowOrder *order)
{
  g_atomic_ref_count_inc (&order->ref_count);
  return order;
}

/**
 * ls_row_order_unref:
 * @order: (transfer full): an order
 *
 * Drops a reference.
 */
void
ls_row_order_unref (LsRowOrder *order)
{
  if (g_atomic_ref_count_dec (&order->ref_count))
    g_free (order);
}

static bool
is_text (const LsField *field)
{
  return field->type == LS_TYPE_TEXT || field->type == LS_TYPE_KEY || field->type == LS_TYPE_ENUM ||
         field->type == LS_TYPE_CURRENCY;
}

/**
 * ls_row_order_is_exact:
 * @order: an order
 *
 * Returns: whether rows of the same prefix are in the order of their ids, so that nobody need look
 *   at their values
 */
bool
ls_row_order_is_exact (const LsRowOrder *order)
{
  return order->n_orders == 0 ||
         (order->n_orders == 1 && !is_text (&order->collection->fields[order->orders[0].field]));
}

/**
 * ls_row_order_equal:
 * @a: an order
 * @b: another
 *
 * Returns: whether both are the same
 */
bool
ls_row_order_equal (const LsRowOrder *a,
                    const LsRowOrder *b)
{
  if (a->collection != b->collection || a->n_orders != b->n_orders)
    return false;
  for (size_t i = 0; i < a->n_orders; i++)
    if (a->orders[i].field != b->orders[i].field ||
        a->orders[i].descending != b->orders[i].descending)
      return false;
  return true;
}

/**
 * ls_row_order_get_fields:
 * @order: an order
 *
 * Returns: a mask of the fields it looks at: a change of others moves no row
 */
uint64_t
ls_row_order_get_fields (const LsRowOrder *order)
{
  uint64_t fields = 0;

  for (size_t i = 0; i < order->n_orders; i++)
    fields |= UINT64_C (1) << order->orders[i].field;
  return fields;
}

/**
 * ls_row_order_get_first:
 * @order: an order
 *
 * Returns: the field that prefixes are made of, or -1 when there is none
 */
int
ls_row_order_get_first (const LsRowOrder *order)
{
  return order->n_orders > 0 ? (int) order->orders[0].field : -1;
}

static bool
id_descends (const LsRowOrder *order)
{
  return order->n_orders > 0 && order->orders[order->n_orders - 1].descending;
}

/**
 * ls_row_order_is_covered:
 * @order: an order
 * @filter_fields: a mask of the fields that the rows are filtered by
 *
 * Returns: whether SQLite reads such rows in order, from an index that holds all that is asked for or
 *   from the table itself: then the first ones cost no more for there being many
 */
bool
ls_row_order_is_covered (const LsRowOrder *order,
                         uint64_t          filter_fields)
{
  return order->n_orders <= 1 && (filter_fields & ~ls_row_order_get_fields (order)) == 0;
}

/**
 * ls_row_order_to_sql:
 * @order: an order
 * @filter_fields: a mask of the fields that the rows are filtered by
 *
 * Compiles @order for SQLite. An index that holds all that is asked for gives the rows in order; any
 * other way to use one would fetch each row from another page of the file, so then they are read as
 * they lie and sorted: the sign before a column says so.
 *
 * Returns: (transfer full): what stands after ORDER BY; columns have the collations of their fields
 */
char *
ls_row_order_to_sql (const LsRowOrder *order,
                     uint64_t          filter_fields)
{
  bool is_covered = ls_row_order_is_covered (order, filter_fields);
  GString *sql = g_string_new (NULL);

  for (size_t i = 0; i < order->n_orders; i++)
    g_string_append_printf (sql, "%s\"%s\"%s, ", is_covered ? "" : "+",
                            order->collection->fields[order->orders[i].field].name,
                            order->orders[i].descending ? " DESC" : "");
  g_string_append (sql, id_descends (order) ? "id DESC" : "id");
  return g_string_free (sql, FALSE);
}

static uint64_t
bytes_prefix (const char *text)
{
  uint64_t prefix = 0;

  for (size_t i = 0; i < 8; i++)
    {
      prefix = prefix << 8 | (unsigned char) *text;
      if (*text != '\0')
        text++;
    }
  return prefix;
}

/**
 * ls_row_order_prefix:
 * @order: an order
 * @first: value of the first field
 *
 * Returns: a number that is less for rows that stand before, and the same for some of them
 */
uint64_t
ls_row_order_prefix (const LsRowOrder *order,
                     const LsValue    *first)
{
  uint64_t prefix = 0;

  if (order->n_orders == 0)
    return 0;
  /* NULL comes first, and no value is as small as to meet it: |x| < 2^53. */
  if (first->kind == LS_VALUE_INTEGER)
    prefix = (uint64_t) first->integer ^ (UINT64_C (1) << 63);
  else if (first->kind == LS_VALUE_TEXT &&
           order->collection->fields[order->orders[0].field].type == LS_TYPE_TEXT)
    prefix = order->collation->prefix (first->text, strlen (first->text),
                                       order->collation->user_data);
  else if (first->kind == LS_VALUE_TEXT)
    prefix = bytes_prefix (first->text);
  return order->orders[0].descending ? ~prefix : prefix;
}

/**
 * ls_row_order_prefix_of:
 * @order: an order
 * @record: a row
 *
 * Returns: its prefix
 */
uint64_t
ls_row_order_prefix_of (const LsRowOrder *order,
                        const LsRecord   *record)
{
  return order->n_orders > 0
             ? ls_row_order_prefix (order, ls_record_get (record, order->orders[0].field))
             : 0;
}

/**
 * ls_row_order_compare_id:
 * @order: an order
 * @a: an id
 * @b: another
 *
 * Returns: how two rows stand that are equal in all fields
 */
int
ls_row_order_compare_id (const LsRowOrder *order,
                         int64_t           a,
                         int64_t           b)
{
  int result = (a > b) - (a < b);

  return id_descends (order) ? -result : result;
}

static int
compare_values (const LsRowOrder *order,
                const LsField    *field,
                const LsValue    *a,
                const LsValue    *b)
{
  if (field->type == LS_TYPE_TEXT && a->kind == LS_VALUE_TEXT && b->kind == LS_VALUE_TEXT)
    return a->text == b->text ? 0 : ls_collation_compare (order->collation, a->text, b->text);
  return ls_value_compare (a, b);
}

/**
 * ls_row_order_compare:
 * @order: an order
 * @a: a row
 * @a_id: its id
 * @b: another
 * @b_id: its id
 *
 * Returns: less than, equal to or greater than zero; zero only for the same row
 */
int
ls_row_order_compare (const LsRowOrder *order,
                      const LsRecord   *a,
                      int64_t           a_id,
                      const LsRecord   *b,
                      int64_t           b_id)
{
  for (size_t i = 0; i < order->n_orders; i++)
    {
      unsigned field = order->orders[i].field;
      int result = compare_values (order, &order->collection->fields[field],
                                   ls_record_get (a, field), ls_record_get (b, field));

      if (result != 0)
        return order->orders[i].descending ? -result : result;
    }
  return ls_row_order_compare_id (order, a_id, b_id);
}
