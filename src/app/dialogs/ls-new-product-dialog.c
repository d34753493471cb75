/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-new-product-dialog"

#include "config.h"

#include "app/dialogs/ls-new-product-dialog.h"

#include "app/compat/ls-button.h"
#include "app/tables/ls-cell-editor.h"

/**
 * LsNewProductDialog:
 *
 * Makes a product, as a draft. It shows in all windows at once and is sent when the server can be
 * reached.
 */
struct _LsNewProductDialog {
  AdwWindow parent_instance;

  /* template children */
  GtkButton *create_button;
  AdwEntryRow *name_row;
  AdwEntryRow *sku_row;
  AdwEntryRow *category_row;
  AdwEntryRow *price_row;
  AdwEntryRow *stock_row;

  /* owned */
  LsPage *page;
};

G_DEFINE_FINAL_TYPE (LsNewProductDialog, ls_new_product_dialog, ADW_TYPE_WINDOW)

/* Puts what stands in @row into @change; marks the row and says why when it does not fit. */
static gboolean
read_row (LsNewProductDialog *self,
          AdwEntryRow        *row,
          const char         *name,
          LsChange           *change)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned field = (unsigned) ls_collection_field (products, name);
  const char *currency = ls_page_get_currency (self->page);
  LsValue value = LS_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  if (!ls_cell_editor_parse (&products->fields[field], gtk_editable_get_text (GTK_EDITABLE (row)),
                             currency, &value, &error))
    {
      ls_cell_editor_mark (GTK_WIDGET (row), &products->fields[field], currency, error);
      return FALSE;
    }
  ls_cell_editor_mark (GTK_WIDGET (row), &products->fields[field], currency, NULL);
  if (value.kind != LS_VALUE_NULL)
    ls_change_take_set (change, field, value);
  return TRUE;
}

static LsChange *
read_rows (LsNewProductDialog *self)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsStore *store = ls_page_get_store (self->page);
  g_autofree char *key = ls_store_new_key (store);
  g_autoptr (LsChange) change = ls_change_new (LS_CHANGE_PUT, products, key);
  gboolean valid = read_row (self, self->name_row, "name", change);

  valid &= read_row (self, self->sku_row, "sku", change);
  valid &= read_row (self, self->category_row, "category", change);
  valid &= read_row (self, self->price_row, "price", change);
  valid &= read_row (self, self->stock_row, "stock", change);
  ls_change_take_set (change, (unsigned) ls_collection_field (products, "status"), ls_value_text ("draft"));
  ls_change_take_set (change, (unsigned) ls_collection_field (products, "created_at"),
                      ls_value_integer (g_get_real_time ()));
  return valid ? g_steal_pointer (&change) : NULL;
}

static void
changed_cb (LsNewProductDialog *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->create_button),
                            *gtk_editable_get_text (GTK_EDITABLE (self->name_row)) != '\0');
}

static void
create_cb (LsNewProductDialog *self)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (LsChange) change = NULL;
  g_autofree char *key = NULL;

  if (ls_page_get_shop (self->page) == NULL || (change = read_rows (self)) == NULL)
    return;
  key = g_strdup (change->key);
  g_ptr_array_add (changes, g_steal_pointer (&change));
  ls_page_mutate (self->page, changes, "new-product");
  ls_page_open_record (self->page, key);
  gtk_window_close (GTK_WINDOW (self));
}

static void
ls_new_product_dialog_dispose (GObject *object)
{
  LsNewProductDialog *self = LS_NEW_PRODUCT_DIALOG (object);

  g_clear_object (&self->page);
  G_OBJECT_CLASS (ls_new_product_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_NEW_PRODUCT_DIALOG);
}

static void
ls_new_product_dialog_class_init (LsNewProductDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_new_product_dialog_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-new-product-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, create_button);
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, name_row);
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, sku_row);
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, category_row);
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, price_row);
  gtk_widget_class_bind_template_child (widget_class, LsNewProductDialog, stock_row);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, create_cb);
}

static void
ls_new_product_dialog_init (LsNewProductDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
}

/**
 * ls_new_product_dialog_new:
 * @page: the page that makes the product
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsNewProductDialog *
ls_new_product_dialog_new (LsPage *page)
{
  LsNewProductDialog *self =
      g_object_new (LS_TYPE_NEW_PRODUCT_DIALOG, "transient-for", gtk_widget_get_root (GTK_WIDGET (page)), NULL);

  self->page = g_object_ref (page);
  return self;
}
