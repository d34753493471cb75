/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-row"

#include "config.h"

#include "client/ls-row.h"

#include "client/ls-row-private.h"

struct _LsRow {
  GObject parent_instance;

  LsRowTable *table;
  const char *shop; /* interned */
  const LsCollection *collection;
  int64_t id;
  LsRecord *record;
  bool loaded;
  bool pending;
  uint64_t failed; /* a mask of fields */
};

G_DEFINE_FINAL_TYPE (LsRow, ls_row, G_TYPE_OBJECT)

typedef enum {
  PROP_RECORD = 1,
  PROP_LOADED,
  PROP_PENDING,
  PROP_FAILED,
} LsRowProperty;

static GParamSpec *properties[PROP_FAILED + 1];

static void
ls_row_finalize (GObject *object)
{
  LsRow *self = LS_ROW (object);

  ls_row_table_leave (self->table, self);
  g_clear_pointer (&self->table, ls_row_table_unref);
  g_clear_pointer (&self->record, ls_record_unref);
  G_OBJECT_CLASS (ls_row_parent_class)->finalize (object);
}

static void
ls_row_get_property (GObject    *object,
                     unsigned    property_id,
                     GValue     *value,
                     GParamSpec *pspec)
{
  LsRow *self = LS_ROW (object);

  switch ((LsRowProperty) property_id)
    {
    case PROP_RECORD:
      g_value_set_boxed (value, self->record);
      break;
    case PROP_LOADED:
      g_value_set_boolean (value, self->loaded);
      break;
    case PROP_PENDING:
      g_value_set_boolean (value, self->pending);
      break;
    case PROP_FAILED:
      g_value_set_boolean (value, self->failed != 0);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
ls_row_class_init (LsRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ls_row_finalize;
  object_class->get_property = ls_row_get_property;

  properties[PROP_RECORD] =
      g_param_spec_boxed ("record", NULL, NULL, LS_TYPE_RECORD,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_LOADED] =
      g_param_spec_boolean ("loaded", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_PENDING] =
      g_param_spec_boolean ("pending", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_FAILED] =
      g_param_spec_boolean ("failed", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
ls_row_init (LsRow *self)
{
}

LsRow *
ls_row_new (LsRowTable         *table,
            const char         *shop,
            const LsCollection *collection,
            int64_t             id)
{
  LsRow *self = g_object_new (LS_TYPE_ROW, NULL);

  self->table = ls_row_table_ref (table);
  self->shop = shop;
  self->collection = collection;
  self->id = id;
  return self;
}

/* Gives the row its values; %NULL when it is not visible any more. */
void
ls_row_set_loaded (LsRow    *self,
                   LsRecord *record,
                   bool      pending)
{
  bool same = self->record == record ||
              (self->record != NULL && record != NULL && ls_record_equal (self->record, record));
  bool was_loaded = self->loaded;
  bool was_pending = self->pending;

  g_object_freeze_notify (G_OBJECT (self));
  self->loaded = true;
  self->pending = pending;
  if (!same)
    {
      g_clear_pointer (&self->record, ls_record_unref);
      self->record = record != NULL ? ls_record_ref (record) : NULL;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RECORD]);
    }
  if (!was_loaded)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADED]);
  if (was_pending != pending)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PENDING]);
  g_object_thaw_notify (G_OBJECT (self));
}

void
ls_row_set_failed (LsRow   *self,
                   uint64_t failed)
{
  if (self->failed == failed)
    return;
  self->failed = failed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FAILED]);
}

/**
 * ls_row_get_id:
 * @self: a row
 *
 * Returns: its id in the cache
 */
int64_t
ls_row_get_id (LsRow *self)
{
  return self->id;
}

/**
 * ls_row_get_shop:
 * @self: a row
 *
 * Returns: (transfer none): the shop
 */
const char *
ls_row_get_shop (LsRow *self)
{
  return self->shop;
}

/**
 * ls_row_get_collection:
 * @self: a row
 *
 * Returns: (transfer none): the collection
 */
const LsCollection *
ls_row_get_collection (LsRow *self)
{
  return self->collection;
}

/**
 * ls_row_get_record:
 * @self: a row
 *
 * Returns: (transfer none) (nullable): its values; %NULL until loaded, and when the row is gone
 */
LsRecord *
ls_row_get_record (LsRow *self)
{
  return self->record;
}

/**
 * ls_row_get_key:
 * @self: a row
 *
 * Returns: (transfer none) (nullable): its key, %NULL as long as it has no values
 */
const char *
ls_row_get_key (LsRow *self)
{
  return self->record != NULL ? ls_record_get_key (self->record) : NULL;
}

/**
 * ls_row_get_loaded:
 * @self: a row
 *
 * Returns: whether its values are known; without a record the row is then gone
 */
gboolean
ls_row_get_loaded (LsRow *self)
{
  return self->loaded;
}

/**
 * ls_row_get_pending:
 * @self: a row
 *
 * Returns: whether an edit of it waits for the server
 */
gboolean
ls_row_get_pending (LsRow *self)
{
  return self->pending;
}

/**
 * ls_row_get_failed:
 * @self: a row
 *
 * Returns: whether an edit of it is among the dead letters
 */
gboolean
ls_row_get_failed (LsRow *self)
{
  return self->failed != 0;
}

/**
 * ls_row_get_failed_fields:
 * @self: a row
 *
 * Returns: a mask of the fields that an edit among the dead letters is about
 */
uint64_t
ls_row_get_failed_fields (LsRow *self)
{
  return self->failed;
}
