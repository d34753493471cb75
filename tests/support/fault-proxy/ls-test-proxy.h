/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsTestProxy:
 *
 * A bad network in front of a server: ls-fault-proxy in a process of its own. It ends with the test.
 */
typedef struct _LsTestProxy LsTestProxy;

LsTestProxy *ls_test_proxy_new     (const char  *server);
void         ls_test_proxy_free    (LsTestProxy *proxy);
const char  *ls_test_proxy_get_url (LsTestProxy *proxy);
void         ls_test_proxy_tell    (LsTestProxy *proxy,
                                    const char  *format,
                                    ...) G_GNUC_PRINTF (2, 3);
uint64_t     ls_test_proxy_count   (LsTestProxy *proxy,
                                    const char  *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestProxy, ls_test_proxy_free)

G_END_DECLS
