#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check can fail: a small tree with one thing wrong in it, and the words the check must say about it."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n'

# What every tree has and no check objects to.
SOUND = {
  'src/core/README.md': 'Values.\n',
  'src/core/ls-a.c': SPDX + '#include "config.h"\n#include "core/ls-a.h"\n#include <glib.h>\n#include <string.h>\n'
                            '/* time (NULL) in a comment, "g_usleep (1)" in a string */\nstatic const char *s = "time (NULL)";\n',
  'src/core/ls-a.h': SPDX + '#pragma once\n',
  'src/sql/ls-sql.c': SPDX + '#include "config.h"\n#include "core/ls-a.h"\n#include <sqlite3.h>\n',
  'src/sql/README.md': 'SQL.\n',
  'src/app/README.md': 'Windows.\n',
  'src/app/ls-window.c': SPDX + '#include "config.h"\n#include "client/ls-store.h"\n#include <adwaita.h>\n',
  'tests/checks/determinism-allow.txt': 'src/core/ls-clock.c # the clock itself\n',
  'src/core/ls-clock.c': SPDX + '#include "config.h"\nint64_t t = g_get_real_time ();\n',
}

# Check, path, contents (or a table of several), and what it must say (None: it stays content).
CASES = [
  ('layers', 'src/core/ls-b.c', SPDX + '#include "sql/ls-sql.h"\n', 'core may not include "sql/ls-sql.h"'),
  ('layers', 'src/core/ls-b.c', SPDX + '#include <gtk/gtk.h>\n', 'may not use <gtk/gtk.h>'),
  ('layers', 'src/core/ls-b.c', SPDX + '#include <libsoup/soup.h>\n', 'may not use <libsoup/soup.h>'),
  ('layers', 'src/core/ls-b.c', SPDX + '#include "ls-a.h"\n', 'is not relative to src/'),
  ('layers', 'src/core/ls-b.c', SPDX + '#include "../core/ls-a.h"\n', 'is not relative to src/'),
  ('layers', 'src/core/ls-b.c', SPDX + '#include <strange.h>\n', 'belongs to no library'),
  ('layers', 'src/core/ls-b.c', SPDX + '/* #include <gtk/gtk.h> */\n', None),
  ('layers', 'src/client/ls-b.c', SPDX + '#include "server/ls-hub.h"\n', 'client may not include'),
  ('layers', 'src/client/ls-b.c', SPDX + '#include <sqlite3.h>\n', 'may not use <sqlite3.h>'),
  ('layers', 'src/client/ls-b.c', SPDX + 'static GtkWidget *w;\n', 'GtkWidget'),
  ('layers', 'src/server/ls-b.c', SPDX + '#include "client/ls-store.h"\n', 'server may not include'),
  ('layers', 'src/server/ls-b.c', SPDX + '#include <sqlite3.h>\n', 'may not use <sqlite3.h>'),
  ('layers', 'src/server/wire/ls-b.c', SPDX + '#include <libsoup/soup.h>\n', 'may not use <libsoup/soup.h>'),
  ('layers', 'src/app/ls-b.c', SPDX + '#include "sql/ls-sql.h"\n', 'app may not include'),
  ('layers', 'src/app/charts/ls-b.c', SPDX + '#include "app/pages/ls-page.h"\n', 'app/charts may not include'),
  ('layers', 'src/ls-b.c', SPDX, 'lies in no layer'),
  ('determinism', 'src/core/ls-b.c', 'int64_t t = g_get_monotonic_time ();\n', 'g_get_monotonic_time'),
  ('determinism', 'src/client/ls-b.c', 'g_timeout_add_seconds (1, f, NULL);\n', 'g_timeout_add_seconds'),
  ('determinism', 'src/server/ls-b.c', 'g_thread_new ("x", f, NULL);\n', 'g_thread_new'),
  ('determinism', 'src/server/ls-b.c', 'x = g_rand_new_with_seed (1);\n', None),
  ('determinism', 'src/core/ls-b.c', 'env->random (env); env.time (env);\n', None),
  ('determinism', 'src/app/ls-b.c', 'int64_t t = g_get_monotonic_time ();\n', None),
  ('determinism', 'tests/checks/determinism-allow.txt', 'src/core/ls-clock.c\n', 'says no reason'),
  ('errors', 'src/core/ls-b.c', 'g_file_get_contents (path, &text, NULL, NULL);\n', 'g_file_get_contents may fail'),
  ('errors', 'src/core/ls-b.c', 'g_file_get_contents (path, &text, NULL, &error);\n', None),
  ('errors', 'src/core/ls-b.c', 'bool f (int a, GError **error);\nvoid g (void) { f (1, NULL); }\n', 'f may fail'),
  ('errors', 'src/app/ls-b.c', 'g_subprocess_new (flags, NULL, name, NULL);\n', 'g_subprocess_new may fail'),
  ('errors', 'src/app/ls-b.c', 'ls_store_retry_async (store, mid, NULL, NULL, NULL);\n', 'nobody hears how it ends'),
  ('errors', 'src/app/ls-b.c', 'gtk_label_set_label (l, error->message);\n', 'tell the error desk'),
  ('errors', 'src/client/ls-b.c', 'g_warning ("%s", error->message);\n', 'by the error desk alone'),
  ('errors', 'src/server/ls-b.c', 'g_warning ("%s", error->message);\n', None),
  ('errors', 'src/client/ls-operation.c', 'x y[] = { [LS_OPERATION_DANCE] = { "dance" } };\n', 'LS_OPERATION_DANCE is told nowhere'),
  ('errors', 'tests/checks/errors-allow.txt', 'src/core/ls-b.c f\n', 'the reason after #'),
  ('errors', 'tests/checks/errors-allow.txt', 'src/core/ls-b.c f # because\n', 'is not needed'),
  ('errors', {'src/core/ls-b.c': 'g_file_get_contents (path, &text, NULL, NULL);\n',
              'tests/checks/errors-allow.txt': 'src/core/ls-b.c g_file_get_contents # because\n'}, None, None),
  ('sources', 'src/core/ls-b.c', 'int x;\n', 'has no SPDX'),
  ('sources', 'src/core/ls-b.h', SPDX, 'has no #pragma once'),
  ('sources', 'src/core/ls-b.c', SPDX + '#include <glib.h>\n#include "config.h"\n', 'stands before config.h'),
  ('sources', 'src/core/ls-a.c', SPDX + '#include "config.h"\n#include <glib.h>\n#include "core/ls-a.h"\n', 'right after config.h'),
  ('sources', 'src/core/ls-b.c', SPDX + 'static gint x;\n', 'gint'),
  ('sources', 'src/core/ls-b.c', SPDX + 'g_print ("x");\n', 'g_print'),
  ('sources', 'tests/core/test-b.c', SPDX + 'g_assert (x);\n', 'g_assert'),
  ('sources', 'tests/core/test-b.c', SPDX + 'g_assert_true (x);\n', None),
  ('sources', 'tests/core/test-b.c', SPDX + 'g_usleep (1);\n', 'g_usleep'),
  ('sources', 'src/core/ls-b.c', SPDX + 'int x; \n', 'white space'),
  ('deprecated', 'src/app/ls-b.c', 'gtk_widget_show (w);\n', 'gtk_widget_show'),
  ('deprecated', 'src/app/ls-b.ui', '<object class="GtkInfoBar"/>\n', 'GtkInfoBar'),
  ('deprecated', 'src/app/ls-b.c', 'adw_leaflet_new ();\n', 'adw_leaflet_new'),
  ('deprecated', 'src/app/compat/ls-b.c', 'adw_leaflet_new ();\n', None),
  ('deprecated', 'src/app/ls-b.ui', '<property><![CDATA[x]]></property>\n', 'CDATA'),
  ('words', 'src/core/ls-b.c', '/* TO' 'DO later */\n', 'TO' 'DO'),
  ('words', 'src/core/ls-b.c', '/* not imple' 'mented */\n', 'imple' 'mented'),
  ('words', 'docs/b.md', 'see /ho' 'me/someone/x\n', '/ho' 'me/s'),
  ('words', 'docs/b.md', 'see .' './sha' 'red/x\n', '../sha' 'red'),
  ('words', 'docs/b.md', 'GET /v1/sync and $HOME/work/x and $PWD/home/x\n', None),
  ('words', 'data/b.yml', 'url: https://deb.deb' 'ian.org/x\n', 'deb' 'ian.'),
  ('words', 'docs/b.md', '[b](gone.md) and [c](https://example.org/x)\n', 'gone.md is not there'),
  ('translations', 'src/app/ls-b.c', 'x = _("Hello");\n', 'add it to po/POTFILES.in'),
  ('translations', 'src/app/ls-b.ui', '<x translatable="yes">Hello</x>\n', 'add it to po/POTFILES.in'),
  ('translations', 'src/core/ls-b.c', 'x = _("Hello");\n', 'translate it in src/app'),
  ('translations', 'po/POTFILES.in', 'src/app/gone.c\n', 'is not there'),
  ('translations', {'src/app/ls-b.c': 'x = _("Hello");\n', 'po/POTFILES.in': 'src/app/ls-b.c\n', 'po/LINGUAS': 'fr\n',
                    'po/fr.po': 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Bye"\nmsgstr "Salut"\n'},
   None, 'is used but not defined'),
  ('translations', 'po/LINGUAS', 'de\n', 'has no po/de.po'),
  ('translations', 'po/fr.po', 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "a\\n"\nmsgstr "b"\n', 'end with'),
  ('data', 'data/x.desktop', '[Desktop Entry]\nType=Application\n', 'Name'),
  ('data', 'data/x.metainfo.xml', '<?xml version="1.0"?><component><id>x</id></component>\n', 'x.metainfo.xml'),
  ('data', 'data/x.gschema.xml', '<schemalist><schema id="X"><key name="a" type="u"/></schema></schemalist>\n', 'default'),
  ('data', 'src/app/x.ui', '<interface><object></interface>\n', 'mismatch'),
  ('data', 'data/x-symbolic.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"/>\n', '16 by 16'),
  ('data', 'data/x.conf', 'no section\n', 'x.conf'),
  ('data', 'flatpak/a.B.yml', 'id: a.B\nfinish-args:\n  - --filesystem=home\n', '--filesystem=home'),
  ('scripts', 'dev', '#!/bin/sh\nif\n', 'yntax'),
  ('scripts', 'src/x.py', 'def\n', 'invalid syntax'),
  ('scripts', 'tool', '#!/bin/sh\n# nothing\n', 'is not executable'),
]


def check(name, files):
  """Runs one check on a tree made of files. Returns its status and what it said."""
  with tempfile.TemporaryDirectory() as root:
    for path, text in files.items():
      target = os.path.join(root, path)
      os.makedirs(os.path.dirname(target), exist_ok=True)
      with open(target, 'w', encoding='utf-8') as file:
        file.write(text)
    done = subprocess.run([sys.executable, os.path.join(HERE, f'check-{name}.py'), root],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8')
    return done.returncode, done.stdout


def main():
  cases = [(name, None, None, None) for name in sorted({case[0] for case in CASES})] + CASES
  print(f'1..{len(cases)}')
  failed = 0
  for number, (name, path, text, words) in enumerate(cases, 1):
    planted = path if isinstance(path, dict) else {path: text} if path else {}
    status, said = check(name, {**SOUND, **planted})
    good = (status == 1 and words in said) if words else status == 0
    title = f'{name}: {" ".join(planted) or "a sound tree"}: {words or "content"}'
    print(f'{"ok" if good else "not ok"} {number} - {title.replace("#", "")}')
    if not good:
      failed += 1
      print('\n'.join(f'# {line}' for line in said.split('\n')))
  sys.exit(1 if failed else 0)


if __name__ == '__main__':
  main()
