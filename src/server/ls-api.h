/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-http.h"

G_BEGIN_DECLS

const LsRoute *ls_api_get_routes (size_t *ret_count);

/* Answers of other files of the API; the user data is the LsServer. */
void           ls_api_exchange   (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);
void           ls_api_metrics    (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);
void           ls_api_sign_in    (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);
void           ls_api_simulate   (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);
void           ls_api_snapshot   (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);
void           ls_api_status     (LsRequest  *request,
                                  const char *path,
                                  gpointer    user_data);

G_END_DECLS
