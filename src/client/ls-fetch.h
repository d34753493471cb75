/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

#define LS_TYPE_FETCH (ls_fetch_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsFetch, ls_fetch, LS, FETCH, GObject)

/**
 * LsFetchEvents:
 * @head: status and headers of the answer are here
 * @data: a piece of the body, without the encoding it travelled in
 * @end: the last event: the body is complete, or @error says of %LS_ERROR why it will not be
 *
 * What a request tells. After @head, and after each @data, the next piece comes only when
 * ls_fetch_read() asked for it, so that a slow reader slows the sender.
 */
typedef struct {
  void (*head) (LsFetch      *fetch,
                unsigned      status,
                gpointer      user_data);
  void (*data) (LsFetch      *fetch,
                const char   *data,
                size_t        length,
                gpointer      user_data);
  void (*end)  (LsFetch      *fetch,
                const GError *error,
                gpointer      user_data);
} LsFetchEvents;

/**
 * LsFetchSpec:
 * @method: `GET` or `POST`
 * @path: a path of the protocol
 * @query: (nullable): an encoded query
 * @headers: (nullable): %NULL-terminated names and values of further headers, alternating
 * @content_type: (nullable): of @body
 * @body: (nullable): what is sent along
 * @events: who hears of the answer; static
 * @user_data: for them
 *
 * What is asked. Read during the call only.
 */
typedef struct {
  const char *method;
  const char *path;
  const char *query;
  const char *const *headers;
  const char *content_type;
  GBytes *body;
  const LsFetchEvents *events;
  gpointer user_data;
} LsFetchSpec;

/**
 * LsFetchClass:
 * @read: asks for the next piece
 * @cancel: ends it; no event follows
 * @get_header: a header of the answer, after head
 */
struct _LsFetchClass {
  GObjectClass parent_class;

  void        (*read)       (LsFetch    *self);
  void        (*cancel)     (LsFetch    *self);
  const char *(*get_header) (LsFetch    *self,
                             const char *name);
};

void        ls_fetch_read       (LsFetch    *self);
void        ls_fetch_cancel     (LsFetch    *self);
const char *ls_fetch_get_header (LsFetch    *self,
                                 const char *name);

/* For those who implement one. */
void ls_fetch_set_spec  (LsFetch           *self,
                         const LsFetchSpec *spec);
void ls_fetch_emit_head (LsFetch           *self,
                         unsigned           status);
void ls_fetch_emit_data (LsFetch           *self,
                         const char        *data,
                         size_t             length);
void ls_fetch_emit_end  (LsFetch           *self,
                         const GError      *error);
bool ls_fetch_is_over   (LsFetch           *self);

bool ls_status_to_error (unsigned    status,
                         const char *reason,
                         GError    **error);

G_END_DECLS
