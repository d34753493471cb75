/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-link"

#include "config.h"

#include "app/text/ls-link.h"

#include <string.h>

#include "core/ls-reason.h"
#include "core/ls-schema.h"

/*
 * lockstep:SHOP/PAGE/KEY, each part percent-encoded, later ones optional; lockstep://SHOP/PAGE/KEY
 * is the same. Links come from anywhere: they only ever show something, and what does not exist
 * shows nothing.
 */

#define SCHEME "lockstep:"

/* A link names at most a shop, a page and a record. */
#define MAX_PARTS 3

#define MAX_SHOWN_BYTES 100

/* The beginning of a link that may be of any bytes, for words about it. */
static char *
begin_of (const char *uri)
{
  return g_utf8_make_valid (uri, (gssize) strnlen (uri, MAX_SHOWN_BYTES));
}

/**
 * ls_link_parse:
 * @uri: a link
 * @ret_link: (out caller-allocates): its parts; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Reads a link.
 *
 * Returns: whether @uri is a link of ours
 */
gboolean
ls_link_parse (const char *uri,
               LsLink     *ret_link,
               GError    **error)
{
  g_auto (GStrv) parts = NULL;
  char *values[MAX_PARTS] = { NULL };
  const char *rest;

  if (!g_str_has_prefix (uri, SCHEME))
    {
      g_autofree char *shown = begin_of (uri);

      ls_reason_set_error (error, LS_REASON_LINK, shown);
      return FALSE;
    }
  for (rest = uri + sizeof SCHEME - 1; *rest == '/'; rest++)
    ;
  parts = g_strsplit (rest, "/", MAX_PARTS);
  for (unsigned i = 0; parts[i] != NULL && parts[i][0] != '\0'; i++)
    {
      values[i] = g_uri_unescape_string (parts[i], NULL);
      if (values[i] == NULL || !ls_key_is_valid (values[i]))
        {
          g_autofree char *shown = begin_of (uri);

          ls_reason_set_error (error, LS_REASON_LINK, shown);
          for (unsigned j = 0; j <= i; j++)
            g_free (values[j]);
          return FALSE;
        }
    }
  *ret_link = (LsLink) { values[0], values[1], values[2] };
  return TRUE;
}

/**
 * ls_link_clear:
 * @link: a link
 *
 * Frees its parts.
 */
void
ls_link_clear (LsLink *link)
{
  g_clear_pointer (&link->shop, g_free);
  g_clear_pointer (&link->page, g_free);
  g_clear_pointer (&link->key, g_free);
}

/**
 * ls_link_build:
 * @shop: a shop
 * @page: a page
 * @key: (nullable): a record on it
 *
 * Returns: (transfer full): the link to it
 */
char *
ls_link_build (const char *shop,
               const char *page,
               const char *key)
{
  g_autofree char *shop_part = g_uri_escape_string (shop, NULL, TRUE);
  g_autofree char *page_part = g_uri_escape_string (page, NULL, TRUE);
  g_autofree char *key_part = key != NULL ? g_uri_escape_string (key, NULL, TRUE) : NULL;

  return g_strconcat (SCHEME, shop_part, "/", page_part, key_part != NULL ? "/" : NULL, key_part, NULL);
}
