/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-fetch"

#include "config.h"

#include "client/ls-fetch.h"

#include "core/ls-error.h"

typedef struct {
  const LsFetchEvents *events;
  gpointer user_data;
  bool over;
} LsFetchPrivate;

/**
 * LsFetch:
 *
 * A request under way and its answer, piece by piece. Made by ls_transport_request(); all calls and
 * events happen on the transport's queue. Dropping the last reference cancels it.
 */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsFetch, ls_fetch, G_TYPE_OBJECT)

static void
ls_fetch_class_init (LsFetchClass *klass)
{
}

static void
ls_fetch_init (LsFetch *self)
{
}

/**
 * ls_fetch_read:
 * @self: a request that has told head
 *
 * Asks for the next piece of the body: one data or end follows, never from within this call.
 */
void
ls_fetch_read (LsFetch *self)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  g_return_if_fail (LS_IS_FETCH (self));

  if (!priv->over)
    LS_FETCH_GET_CLASS (self)->read (self);
}

/**
 * ls_fetch_cancel:
 * @self: a request
 *
 * Ends it. No event follows.
 */
void
ls_fetch_cancel (LsFetch *self)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  g_return_if_fail (LS_IS_FETCH (self));

  if (priv->over)
    return;
  priv->over = true;
  LS_FETCH_GET_CLASS (self)->cancel (self);
}

/**
 * ls_fetch_get_header:
 * @self: a request that has told head
 * @name: a header, whatever the case
 *
 * Returns: (transfer none) (nullable): its value in the answer
 */
const char *
ls_fetch_get_header (LsFetch    *self,
                     const char *name)
{
  g_return_val_if_fail (LS_IS_FETCH (self) && name != NULL, NULL);

  return LS_FETCH_GET_CLASS (self)->get_header (self, name);
}

/**
 * ls_fetch_set_spec:
 * @self: a new request
 * @spec: what is asked
 *
 * Remembers whom to tell.
 */
void
ls_fetch_set_spec (LsFetch           *self,
                   const LsFetchSpec *spec)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  priv->events = spec->events;
  priv->user_data = spec->user_data;
}

/**
 * ls_fetch_emit_head:
 * @self: a request
 * @status: of HTTP
 *
 * Tells that the answer has begun.
 */
void
ls_fetch_emit_head (LsFetch *self,
                    unsigned status)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  if (!priv->over)
    priv->events->head (self, status, priv->user_data);
}

/**
 * ls_fetch_emit_data:
 * @self: a request
 * @data: a piece of the body
 * @length: its bytes
 *
 * Tells a piece.
 */
void
ls_fetch_emit_data (LsFetch    *self,
                    const char *data,
                    size_t      length)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  if (!priv->over)
    priv->events->data (self, data, length, priv->user_data);
}

/**
 * ls_fetch_emit_end:
 * @self: a request
 * @error: (nullable): why it is not complete, of %LS_ERROR
 *
 * Tells that this was all.
 */
void
ls_fetch_emit_end (LsFetch      *self,
                   const GError *error)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  if (priv->over)
    return;
  priv->over = true;
  priv->events->end (self, error, priv->user_data);
}

/**
 * ls_fetch_is_over:
 * @self: a request
 *
 * Returns: whether it told its end or was cancelled
 */
bool
ls_fetch_is_over (LsFetch *self)
{
  LsFetchPrivate *priv = ls_fetch_get_instance_private (self);

  return priv->over;
}

/**
 * ls_status_to_error:
 * @status: of HTTP
 * @reason: (nullable): the words that came with it
 * @error: where to put what it means
 *
 * Sorts an HTTP status into our errors.
 *
 * Returns: false, unless @status is one of success
 */
bool
ls_status_to_error (unsigned    status,
                    const char *reason,
                    GError    **error)
{
  g_autofree char *words = NULL;
  LsErrorCode code;

  if (status >= 200 && status < 300)
    return true;
  /* Whoever answered may be no server of ours, and what he says no text. */
  words = g_utf8_make_valid (reason != NULL ? reason : "", -1);
  switch (status)
    {
    case 401:
      code = LS_ERROR_AUTH;
      break;
    case 403:
      code = LS_ERROR_FORBIDDEN;
      break;
    case 408:
    case 504:
      code = LS_ERROR_TIMEOUT;
      break;
    case 426:
      code = LS_ERROR_TOO_OLD;
      break;
    case 429:
      code = LS_ERROR_RATE_LIMIT;
      break;
    case 507:
      code = LS_ERROR_STORAGE;
      break;
    default:
      code = status >= 500 ? LS_ERROR_NETWORK : LS_ERROR_PROTOCOL;
      break;
    }
  g_set_error (error, LS_ERROR, code, "the server answered %u%s%s", status,
               *words != '\0' ? " " : "", words);
  return false;
}
