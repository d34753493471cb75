/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

#define LS_TYPE_REQUEST (ls_request_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsRequest, ls_request, LS, REQUEST, GObject)

/**
 * LsRequestEvents:
 * @head: status and headers of the answer are here
 * @data: a piece of the body, without the encoding it travelled in
 * @end: the last event: the body is complete, or @error says of %LS_ERROR why it will not be
 *
 * What a request tells. After @head, and after each @data, the next piece comes only when
 * ls_request_read() asked for it, so that a slow reader slows the sender.
 */
typedef struct {
  void (*head) (LsRequest    *request,
                unsigned      status,
                gpointer      user_data);
  void (*data) (LsRequest    *request,
                const char   *data,
                size_t        length,
                gpointer      user_data);
  void (*end)  (LsRequest    *request,
                const GError *error,
                gpointer      user_data);
} LsRequestEvents;

/**
 * LsRequestSpec:
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
  const LsRequestEvents *events;
  gpointer user_data;
} LsRequestSpec;

/**
 * LsRequestClass:
 * @read: asks for the next piece
 * @cancel: ends it; no event follows
 * @get_header: a header of the answer, after head
 */
struct _LsRequestClass {
  GObjectClass parent_class;

  void        (*read)       (LsRequest  *self);
  void        (*cancel)     (LsRequest  *self);
  const char *(*get_header) (LsRequest  *self,
                             const char *name);
};

void        ls_request_read       (LsRequest           *self);
void        ls_request_cancel     (LsRequest           *self);
const char *ls_request_get_header (LsRequest           *self,
                                   const char          *name);

/* For those who implement one. */
void        ls_request_set_spec   (LsRequest           *self,
                                   const LsRequestSpec *spec);
void        ls_request_emit_head  (LsRequest           *self,
                                   unsigned             status);
void        ls_request_emit_data  (LsRequest           *self,
                                   const char          *data,
                                   size_t               length);
void        ls_request_emit_end   (LsRequest           *self,
                                   const GError        *error);
bool        ls_request_is_over    (LsRequest           *self);

bool        ls_status_to_error    (unsigned             status,
                                   const char          *reason,
                                   GError             **error);

G_END_DECLS
