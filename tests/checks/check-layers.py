#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes point down or sideways, never up: app -> client -> sql -> core, server -> sql -> core."""

import re

import lscheck

# Third-party headers by what they belong to.
LIBRARIES = {
  'glib': r'(glib|gmodule)\.h|glib-object\.h|glib-unix\.h|glib/.*|gio/.*',
  'json': r'json-glib/.*',
  'xxhash': r'xxhash\.h',
  'sqlite': r'sqlite3\.h',
  'soup': r'libsoup/.*',
  'secret': r'libsecret/.*',
  'sodium': r'sodium\.h',
  'pq': r'libpq-fe\.h|libpq/.*|libpq-events\.h',
  'curl': r'curl/.*',
  'jose': r'jose/.*|jwt\.h|cjose/.*',
  'icu': r'unicode/.*',
  'gtk': r'gtk/.*|gdk/.*|gsk/.*|graphene.*|pango/.*|cairo.*|adwaita\.h|gdk-pixbuf/.*',
  'zlib': r'zlib\.h',
}

SYSTEM = re.compile(
  r'(assert|complex|ctype|dirent|dlfcn|endian|errno|fcntl|fenv|float|getopt|grp|inttypes|iso646|langinfo|libgen|libintl'
  r'|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool'
  r'|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|termios|threads|time|uchar|unistd|utime|wchar|wctype'
  r'|(sys|linux|net|netinet|arpa|asm|sanitizer)/.*)(\.h)?')

# Folder: the folders it may include, the libraries it may use. The longest matching folder rules.
LAYERS = {
  'core': (['core'], ['glib', 'xxhash']),
  'sql': (['sql', 'core'], ['glib', 'sqlite']),
  'client': (['client', 'sql', 'core'], ['glib', 'xxhash', 'soup', 'secret', 'icu', 'zlib']),
  'server': (['server', 'sql', 'core'], ['glib', 'xxhash', 'soup', 'sodium', 'jose', 'curl', 'zlib', 'icu']),
  'server/wire': (['server/wire', 'core'], ['glib']),
  'app': (['app', 'client', 'core'], ['glib', 'gtk', 'icu']),
  'app/compat': (['app/compat', 'core'], ['glib', 'gtk']),
  'app/charts': (['app/charts', 'app/compat', 'client', 'core'], ['glib', 'gtk', 'icu']),
  'app/text': (['app/text', 'client', 'core'], ['glib', 'icu']),
  'app/forms': (['app/forms', 'app/tables', 'app/text', 'app/widgets', 'app/compat', 'client', 'core'], ['glib', 'gtk']),
  'app/tables': (['app/tables', 'app/text', 'app/widgets', 'app/charts', 'app/compat', 'client', 'core'], ['glib', 'gtk', 'icu']),
  'app/widgets': (['app/widgets', 'app/charts', 'app/compat', 'client', 'core'], ['glib', 'gtk', 'icu']),
}

# A library that only some files of a layer may see: its name, and what those files are called.
NARROW = {
  'sqlite': re.compile(r'src/(sql/.*|server/ls-storage[^/]*)'),
  'pq': re.compile(r'src/server/ls-storage-postgres[^/]*'),
}

# What one file may use beyond its layer: where the wire takes a connection over.
BEYOND = {
  'soup': re.compile(r'src/server/wire/ls-wire-soup\.[ch]'),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def layer_of(path):
  """The folder of the table that rules a file below src/."""
  folder = path.split('/', 1)[1].rpartition('/')[0]
  while folder and folder not in LAYERS:
    folder = folder.rpartition('/')[0]
  return folder


def library_of(header):
  for name, pattern in LIBRARIES.items():
    if re.fullmatch(pattern, header):
      return name
  return None


def refused(path, quoted, header):
  """Why a file below src/ may not include a header, or None."""
  folder = layer_of(path)
  folders, libraries = LAYERS[folder]
  if quoted:
    if header == 'config.h':
      return None
    if '/' not in header or header.startswith('.'):
      return f'"{header}" is not relative to src/'
    if not any(header.startswith(allowed + '/') for allowed in folders):
      return f'{folder} may not include "{header}"'
    return None
  if SYSTEM.fullmatch(header):
    return None
  library = library_of(header)
  if any(library in table and table[library].fullmatch(path) for table in (NARROW, BEYOND)):
    return None
  if library is None:
    return f'<{header}> belongs to no library of the table in tests/checks/check-layers.py'
  if library not in libraries or library in NARROW:
    return f'{path.rpartition("/")[0]} may not use <{header}> ({library})'
  return None


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('layers')
  sources = tree.find('src/', ext=('.c', '.h'))
  findings = [f'{path}:1: lies in no layer' for path in sources if not layer_of(path)]
  for path in filter(layer_of, sources):
    for line, match in lscheck.grep(lscheck.c_code(tree.read(path), strings=True), INCLUDE):
      why = refused(path, match[1] == '"', match[2])
      if why:
        findings.append(f'{path}:{line}: {why}')
  report.rule('includes point down or sideways', findings)

  report.rule('nothing outside src/app names a GTK type', [
    f'{path}:{line}: {match[0]}'
    for path in tree.find('src/core/', 'src/sql/', 'src/client/', 'src/server/', ext=('.c', '.h'))
    for line, match in lscheck.grep(lscheck.c_code(tree.read(path)), re.compile(r'\b(Gtk|Gdk|Adw|Gsk)[A-Z]\w*'))
  ])

  folders = sorted({path.rpartition('/')[0] for path in tree.find('src/', ext=('.c',)) if path.count('/') == 2})
  report.rule('every library says what it is', [
    f'{folder}:1: has no README.md' for folder in folders if f'{folder}/README.md' not in tree.paths
  ])
  report.end()


if __name__ == '__main__':
  main()
