/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-proxy.h"

#include <gio/gio.h>
#include <string.h>

struct _LsTestProxy {
  GSubprocess *process;
  GDataInputStream *output;
  char *url;
  char *last; /* answer */
};

static char *
read_line (LsTestProxy *proxy)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (proxy->output, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  return line;
}

/**
 * ls_test_proxy_new:
 * @server: address of the server, with or without `http://`, or `unix:PATH`
 *
 * Returns: (transfer full): a proxy that passes all on
 */
LsTestProxy *
ls_test_proxy_new (const char *server)
{
  LsTestProxy *proxy = g_new0 (LsTestProxy, 1);
  g_autofree char *first = NULL;
  g_autoptr (GError) error = NULL;

  proxy->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                        LS_FAULT_PROXY, "127.0.0.1:0", server, NULL);
  g_assert_no_error (error);
  proxy->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (proxy->process));
  first = read_line (proxy);
  g_assert_true (g_str_has_prefix (first, "listening "));
  proxy->url = g_strconcat ("http://", first + strlen ("listening "), NULL);
  return proxy;
}

/**
 * ls_test_proxy_free:
 * @proxy: (transfer full): a proxy
 *
 * Ends it and all connections through it.
 */
void
ls_test_proxy_free (LsTestProxy *proxy)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_close (g_subprocess_get_stdin_pipe (proxy->process), NULL, NULL);
  g_subprocess_wait_check (proxy->process, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (proxy->output);
  g_object_unref (proxy->process);
  g_free (proxy->url);
  g_free (proxy->last);
  g_free (proxy);
}

/**
 * ls_test_proxy_get_url:
 * @proxy: a proxy
 *
 * Returns: what clients are told instead of the server's address
 */
const char *
ls_test_proxy_get_url (LsTestProxy *proxy)
{
  return proxy->url;
}

/**
 * ls_test_proxy_tell:
 * @proxy: a proxy
 * @format: a command, as README.md lists them
 * @...: its arguments
 *
 * Gives a command. It holds when this returns.
 */
void
ls_test_proxy_tell (LsTestProxy *proxy,
                    const char  *format,
                    ...)
{
  g_autofree char *command = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strconcat (command, "\n", NULL);
  g_output_stream_write_all (g_subprocess_get_stdin_pipe (proxy->process), line, strlen (line), NULL,
                             NULL, &error);
  g_assert_no_error (error);
  g_free (proxy->last);
  proxy->last = read_line (proxy);
  if (!g_str_has_prefix (proxy->last, "ok "))
    g_error ("The proxy does not know '%s'", command);
}

/**
 * ls_test_proxy_count:
 * @proxy: a proxy
 * @name: up, down (bytes), connections, open, blocked
 *
 * Returns: the counter
 */
uint64_t
ls_test_proxy_count (LsTestProxy *proxy,
                     const char  *name)
{
  g_auto (GStrv) words = NULL;

  ls_test_proxy_tell (proxy, "count");
  words = g_strsplit (proxy->last, " ", -1);
  for (unsigned i = 1; words[i] != NULL && words[i + 1] != NULL; i += 2)
    if (g_str_equal (words[i], name))
      return g_ascii_strtoull (words[i + 1], NULL, 10);
  g_assert_not_reached ();
}
