/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-json-writer.h"
#include "core/ls-message.h"

G_BEGIN_DECLS

/* Names on the wire, shared by encoder and decoder; each table is indexed by its enum. */
extern const char *const ls_message_type_names[LS_MESSAGE_NOTICE + 1];
extern const char *const ls_priority_names[LS_PRIORITY_CRITICAL + 1];
extern const char *const ls_result_status_names[LS_RESULT_DECIDED + 1];
extern const char *const ls_resync_reason_names[LS_RESYNC_BULK + 1];
extern const char *const ls_mutate_op_names[LS_CHANGE_DEL + 1];
extern const char *const ls_delta_op_names[LS_CHANGE_DEL + 1];

/* Empty arrays with the right clear functions, for makers of messages. */
GArray *ls_shop_info_array_new    (void);
GArray *ls_subscription_array_new (void);
GArray *ls_delta_item_array_new   (void);
GArray *ls_digest_item_array_new  (void);

/* ls-message-reason.c */
void    ls_message_write_reason   (LsJsonWriter      *writer,
                                   const char *const *reason);

G_END_DECLS
