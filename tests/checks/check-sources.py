#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""House style that a machine can tell: licence lines, headers, includes, types, prints, tests without sleeps."""

import re

import lscheck

SPDX = 'SPDX-License-Identifier: '
FIRST_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)
OLD_TYPES = re.compile(r'\b(gchar|gint|gshort|glong|gfloat|gdouble|guchar)\b')
PRINTS = re.compile(r'\b(g_print|g_printerr|printf|fprintf|puts|perror)\s*\(')
PLAIN_ASSERT = re.compile(r'(?<![\w])(g_assert|assert)\s*\(')
SLEEPS = re.compile(r'\b(g_usleep|usleep|sleep|nanosleep)\s*\(')
STRING_SQL = re.compile(r'\bg_str(dup|ing)_(v?printf|append_printf)\s*\([^;]*"\s*(SELECT|INSERT|UPDATE|DELETE)\b')


def each(tree, pattern, *folders, ext=('.c', '.h'), skip=(), strings=False, why=''):
  return [f'{path}:{line}: {match[0].strip()}{why}'
          for path in tree.find(*folders, ext=ext) if not path.startswith(tuple(skip) or ('\0',))
          for line, match in lscheck.grep(lscheck.c_code(tree.read(path), strings=strings), pattern)]


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('sources')

  sources = set(tree.find('src/', 'tests/', ext=('.c', '.h', '.py')))
  sources |= set(tree.scripts('sh')) | set(tree.scripts('python3'))
  report.rule('every source names its licence', [
    f'{path}:1: has no {SPDX.strip()} line' for path in sorted(sources)
    if SPDX not in '\n'.join(tree.read(path).split('\n', 3)[:3])
  ])
  report.rule('headers guard themselves with #pragma once', [
    f'{path}:1: has no #pragma once' for path in tree.find('src/', 'tests/', ext=('.h',))
    if '#pragma once' not in tree.read(path)
  ])
  report.rule('config.h comes first', [
    f'{path}:{tree.read(path)[:match.start()].count(chr(10)) + 1}: <{match[1]}> stands before config.h'
    for path in tree.find('src/', ext=('.c',))
    for match in [FIRST_INCLUDE.search(tree.read(path))] if match and match[1] != 'config.h'
  ])
  report.rule('a file includes its own header next, which so stands by itself', [
    f'{path}:1: "{own}" does not come right after config.h' for path in tree.find('src/', ext=('.c',))
    for own in [path[len('src/'):-2] + '.h'] if 'src/' + own in tree.paths
    # The private half of a header includes the public one first.
    and not {own, own[:-2] + '-private.h'} & set(FIRST_INCLUDE.findall(tree.read(path))[1:2])
  ])
  report.rule('C and stdint types', each(tree, OLD_TYPES, 'src/', 'tests/'))
  report.rule('libraries do not print', each(tree, PRINTS, 'src/core/', 'src/sql/', 'src/client/'))
  report.rule('tests use g_assert_* only', each(tree, PLAIN_ASSERT, 'tests/', ext=('.c',), skip=['tests/bench/', 'tests/support/']))
  report.rule('tests do not sleep', each(tree, SLEEPS, 'tests/', ext=('.c',), skip=['tests/bench/']))
  report.rule('SQL text is not printed together', each(tree, STRING_SQL, 'src/', strings=True))
  report.rule('no white space at the end of a line', [
    f'{path}:{line}: white space at the end' for path in tree.find('src/', 'tests/', 'data/', ext=('.c', '.h', '.py', '.ui', '.build'))
    for line, _ in lscheck.grep(tree.read(path), re.compile(r'[ \t]+$', re.M))
  ])
  report.end()


if __name__ == '__main__':
  main()
