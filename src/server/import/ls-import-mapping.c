/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-mapping.h"

#include <string.h>

#include "core/ls-error.h"
#include "server/ls-key-file.h"

#define MAIN_GROUP "import"
#define MAX_MAPPING_BYTES (256 * 1024)

static const char *const main_keys[] = {
  "collection", "key", "delimiter", "quote", "header", "encoding", NULL,
};
static const char *const field_keys[] = {
  "column", "template", "key", "value", "default", "format", "zone", "decimal",
  "group",  "true",     "false", "values", "currency", NULL,
};

static bool
refuse (GError     **error,
        const char  *group,
        const char  *key,
        const char  *format,
        ...) G_GNUC_PRINTF (4, 5);

static bool
refuse (GError     **error,
        const char  *group,
        const char  *key,
        const char  *format,
        ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "[%s]%s%s: %s", group,
               key != NULL ? " " : "", key != NULL ? key : "", why);
  return false;
}

static void
field_map_free (gpointer data)
{
  LsImportFieldMap *map = data;

  g_free (map->source.template);
  g_clear_pointer (&map->conversion.zone, g_time_zone_unref);
  g_clear_pointer (&map->conversion.values, g_hash_table_unref);
  g_free (map->currency);
  g_free (map->time_format);
  g_strfreev (map->true_words);
  g_strfreev (map->false_words);
  g_free (map->fallback);
  g_free (map);
}

/**
 * ls_import_mapping_free:
 * @mapping: (transfer full): a mapping
 *
 * Frees it.
 */
void
ls_import_mapping_free (LsImportMapping *mapping)
{
  g_free (mapping->encoding);
  g_free (mapping->key.template);
  g_ptr_array_unref (mapping->fields);
  g_free (mapping);
}

/* GKeyFile gives what it could make of a value with a wrong escape, and an error. */
static bool
check_escapes (GKeyFile   *file,
               const char *group,
               const char *key,
               GError    **error)
{
  static const char *const lists[] = { "values", "true", "false", NULL };
  g_auto (GStrv) list = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;

  if (g_strv_contains (lists, key))
    list = g_key_file_get_string_list (file, group, key, NULL, &local);
  else
    text = g_key_file_get_string (file, group, key, &local);
  return local == NULL ||
         refuse (error, group, key, "a backslash stands before s, n, t, r, ; or another one");
}

static bool
check_keys (GKeyFile           *file,
            const char         *group,
            const char *const  *known,
            GError            **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  for (size_t i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!g_strv_contains (known, keys[i]))
      return refuse (error, group, keys[i], "there is no such option");
    else if (!check_escapes (file, group, keys[i], error))
      return false;
  return true;
}

static char *
get_text (GKeyFile   *file,
          const char *group,
          const char *key)
{
  return g_key_file_get_string (file, group, key, NULL);
}

/* One character, which may also be called tab. */
static bool
get_character (GKeyFile    *file,
               const char  *group,
               const char  *key,
               char        *ret_character,
               GError     **error)
{
  g_autofree char *text = get_text (file, group, key);

  if (text == NULL)
    return true;
  if (g_str_equal (text, "tab"))
    *ret_character = '\t';
  else if (g_str_equal (text, "space"))
    *ret_character = ' ';
  else if (strlen (text) == 1 && text[0] != '\n' && text[0] != '\r')
    *ret_character = text[0];
  else
    return refuse (error, group, key, "“%s” is not one ASCII character, “tab” or “space”", text);
  return true;
}

/* Braces must pair, so that a column that is not there is noticed by its name. */
static bool
check_template (const char  *group,
                const char  *key,
                const char  *template,
                GError     **error)
{
  for (const char *at = template; (at = strchr (at, '{')) != NULL; at++)
    {
      const char *end = strchr (at, '}');

      if (end == NULL || end == at + 1)
        return refuse (error, group, key, "“%s” has a brace without a column", template);
    }
  return true;
}

/* `{Column}` for the option column, the text of template and value as it is. */
static bool
load_source (GKeyFile        *file,
             const char      *group,
             LsImportSource  *source,
             GError         **error)
{
  static const char *const keys[] = { "column", "template", "key", "value" };
  unsigned n = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *text = get_text (file, group, keys[i]);

      if (text == NULL)
        continue;
      if (n++ > 0)
        return refuse (error, group, keys[i], "one of column, template, key and value is enough");
      source->is_key = g_str_equal (keys[i], "key");
      source->template =
          i == 0 ? g_strdup_printf ("{%s}", text) : g_strdup (text);
      if (g_str_equal (keys[i], "value") && strchr (text, '{') != NULL)
        return refuse (error, group, keys[i], "a value with braces is a template");
      if (!check_template (group, keys[i], source->template, error))
        return false;
    }
  if (n == 0)
    return refuse (error, group, NULL, "it lacks one of column, template, key and value");
  return true;
}

static bool
load_values (GKeyFile          *file,
             const char        *group,
             LsImportFieldMap  *map,
             GError           **error)
{
  g_auto (GStrv) pairs = g_key_file_get_string_list (file, group, "values", NULL, NULL);

  if (pairs == NULL)
    return true;
  map->conversion.values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (size_t i = 0; pairs[i] != NULL; i++)
    {
      const char *colon = strrchr (pairs[i], ':');

      if (colon == NULL)
        return refuse (error, group, "values", "“%s” is not a pair with a colon in between",
                       pairs[i]);
      g_hash_table_insert (map->conversion.values,
                           g_strstrip (g_strndup (pairs[i], (size_t) (colon - pairs[i]))),
                           g_strstrip (g_strdup (colon + 1)));
    }
  return true;
}

static bool
load_conversion (GKeyFile          *file,
                 const char        *group,
                 LsImportFieldMap  *map,
                 GError           **error)
{
  g_autofree char *zone = get_text (file, group, "zone");

  map->fallback = get_text (file, group, "default");
  map->currency = get_text (file, group, "currency");
  map->time_format = get_text (file, group, "format");
  map->true_words = g_key_file_get_string_list (file, group, "true", NULL, NULL);
  map->false_words = g_key_file_get_string_list (file, group, "false", NULL, NULL);
  map->conversion.currency = map->currency;
  map->conversion.time_format = map->time_format;
  map->conversion.true_words = (const char *const *) map->true_words;
  map->conversion.false_words = (const char *const *) map->false_words;
  if (map->time_format != NULL && !ls_import_check_format (map->time_format, error))
    {
      g_prefix_error (error, "[%s] format: ", group);
      return false;
    }
  if (zone != NULL)
    map->conversion.zone = g_time_zone_new_identifier (zone);
  if (zone != NULL && map->conversion.zone == NULL)
    return refuse (error, group, "zone", "there is no time zone “%s”", zone);
  return get_character (file, group, "decimal", &map->conversion.decimal, error) &&
         get_character (file, group, "group", &map->conversion.group, error) &&
         load_values (file, group, map, error);
}

static bool
load_field (LsImportMapping  *mapping,
            GKeyFile         *file,
            const char       *group,
            GError          **error)
{
  int field = ls_collection_find_field (mapping->collection, group);
  LsImportFieldMap *map;

  if (field < 0)
    return refuse (error, group, NULL, "%s have no such field", mapping->collection->name);
  if (mapping->collection->fields[field].flags & LS_FIELD_DERIVED)
    return refuse (error, group, NULL, "the server computes this field");
  map = g_new0 (LsImportFieldMap, 1);
  map->field = (unsigned) field;
  g_ptr_array_add (mapping->fields, map);
  return check_keys (file, group, field_keys, error) &&
         load_source (file, group, &map->source, error) &&
         load_conversion (file, group, map, error);
}

static bool
load_main (LsImportMapping  *mapping,
           GKeyFile         *file,
           GError          **error)
{
  g_autofree char *name = get_text (file, MAIN_GROUP, "collection");
  g_autoptr (GError) local = NULL;

  if (name == NULL)
    return refuse (error, MAIN_GROUP, "collection", "it is missing");
  mapping->collection = ls_schema_find_collection (name);
  if (mapping->collection == NULL)
    return refuse (error, MAIN_GROUP, "collection", "there is no collection “%s”", name);
  if (mapping->collection->flags & LS_COLLECTION_DERIVED || mapping->collection->id == LS_SHOPS)
    return refuse (error, MAIN_GROUP, "collection", "%s can't be imported", name);
  mapping->key.template = get_text (file, MAIN_GROUP, "key");
  mapping->key.is_key = true;
  if (mapping->key.template == NULL || strchr (mapping->key.template, '{') == NULL)
    return refuse (error, MAIN_GROUP, "key",
                   "it must say which column makes the key, such as crm:{Number}");
  if (!check_template (MAIN_GROUP, "key", mapping->key.template, error))
    return false;
  mapping->encoding = get_text (file, MAIN_GROUP, "encoding");
  mapping->header = true;
  if (g_key_file_has_key (file, MAIN_GROUP, "header", NULL))
    mapping->header = g_key_file_get_boolean (file, MAIN_GROUP, "header", &local);
  if (local != NULL)
    return refuse (error, MAIN_GROUP, "header", "it is true or false");
  return check_keys (file, MAIN_GROUP, main_keys, error) &&
         get_character (file, MAIN_GROUP, "delimiter", &mapping->csv.delimiter, error) &&
         get_character (file, MAIN_GROUP, "quote", &mapping->csv.quote, error);
}

static bool
load_groups (LsImportMapping  *mapping,
             GKeyFile         *file,
             GError          **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  if (!g_key_file_has_group (file, MAIN_GROUP))
    return refuse (error, MAIN_GROUP, NULL, "the group is missing");
  if (!load_main (mapping, file, error))
    return false;
  for (size_t i = 0; groups[i] != NULL; i++)
    if (!g_str_equal (groups[i], MAIN_GROUP) && !load_field (mapping, file, groups[i], error))
      return false;
  if (mapping->fields->len == 0)
    return refuse (error, MAIN_GROUP, NULL, "no field is filled: there are no other groups");
  return true;
}

/**
 * ls_import_mapping_load:
 * @path: a mapping file
 * @error: where to put why not; it names the file, the group and the option
 *
 * Reads and checks a mapping file.
 *
 * Returns: (transfer full) (nullable): the mapping
 */
LsImportMapping *
ls_import_mapping_load (const char  *path,
                        GError     **error)
{
  g_autoptr (LsImportMapping) mapping = g_new0 (LsImportMapping, 1);
  g_autoptr (GKeyFile) file = ls_key_file_load (path, MAX_MAPPING_BYTES, error);

  mapping->fields = g_ptr_array_new_with_free_func (field_map_free);
  if (file == NULL)
    return NULL;
  if (!load_groups (mapping, file, error))
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  return g_steal_pointer (&mapping);
}
