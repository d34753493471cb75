/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

/* Longest request head that is looked at; a longer one is passed on unread. */
#define LS_HTTP_WATCH_MAX_HEAD 16384

/**
 * LsHttpWatch:
 *
 * Follows what a client says on one connection just far enough to know where a request of HTTP/1.1
 * begins and what it asks for. All bytes are passed on; a head only when it is whole. After an
 * upgrade, a chunked body or anything that is not HTTP, the rest is opaque.
 */
typedef struct {
  GString *head;
  uint64_t body_left;
  bool opaque;
} LsHttpWatch;

/**
 * LsHttpWatchFunc:
 * @path: path of a request, with its query
 * @upgrade: (nullable): its `Upgrade` header
 * @user_data: of the caller
 *
 * Returns: whether the request may pass
 */
typedef bool (*LsHttpWatchFunc) (const char *path,
                                 const char *upgrade,
                                 gpointer    user_data);

void ls_http_watch_init  (LsHttpWatch    *watch);
void ls_http_watch_clear (LsHttpWatch    *watch);
bool ls_http_watch_feed  (LsHttpWatch    *watch,
                          const uint8_t  *data,
                          size_t          length,
                          GByteArray     *passed,
                          LsHttpWatchFunc func,
                          gpointer        user_data);

G_END_DECLS
