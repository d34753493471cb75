#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is simulated reads no clock, rolls no dice and starts nothing by itself: LsEnvironment gives it all that.

Exceptions stand in determinism-allow.txt, one a line: a path (which may end in *), then #, then the reason.
"""

import fnmatch
import os
import re

import lscheck

FORBIDDEN = re.compile(
  r'(?<!->)(?<!\.)\b('
  r'g_get_real_time|g_get_monotonic_time|g_date_time_new_now\w*|g_random_\w+|g_rand_new(?!_with_seed)\w*|g_uuid_\w+'
  r'|g_idle_(add\w*|source_new)|g_timeout_(add\w*|source_new\w*)|g_thread_(new|try_new|pool_new\w*)|g_timer_new|g_usleep'
  r'|time|gettimeofday|clock_gettime|clock|getrandom|getentropy|arc4random\w*|rand|random|srand|sleep|usleep|nanosleep'
  r'|pthread_create|thrd_create'
  r')\s*\(')
POINTER_KEYED = re.compile(r'g_hash_table_new(_full)?\s*\(\s*(NULL|g_direct_hash)')
ORDER_BY = re.compile(r'ORDER BY ((?:[^"]|"\s*")*)', re.I)

FOLDERS = ('src/core/', 'src/sql/', 'src/client/', 'src/server/')


def read_allowed(path):
  """(pattern, reason) pairs, and the lines that are not such."""
  allowed, wrong = [], []
  with open(path, encoding='utf-8') as lines:
    for number, line in enumerate(lines, 1):
      if not line.strip() or line.startswith('#'):
        continue
      pattern, _, reason = line.partition('#')
      if pattern.strip() and reason.strip():
        allowed.append((pattern.strip(), reason.strip()))
      else:
        wrong.append(f'tests/checks/determinism-allow.txt:{number}: says no reason')
  return allowed, wrong


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('determinism')
  allowed, wrong = read_allowed(os.path.join(tree.root, 'tests/checks/determinism-allow.txt'))

  findings, pointers, orders, used = [], [], [], set()
  for path in tree.find(*FOLDERS, ext=('.c', '.h')):
    text = tree.read(path)
    code = lscheck.c_code(text)
    excuse = next((pattern for pattern, _ in allowed if fnmatch.fnmatch(path, pattern)), None)
    for line, match in lscheck.grep(code, FORBIDDEN):
      if excuse:
        used.add(excuse)
      else:
        findings.append(f'{path}:{line}: {match[1]} (ask LsEnvironment)')
    pointers += [f'{path}:{line}: a table keyed by pointers must never be iterated'
                 for line, _ in lscheck.grep(code, POINTER_KEYED)]
    orders += [f'{path}:{line}: ORDER BY {" ".join(match[1].split())} does not end in a key'
               for line, match in lscheck.grep(lscheck.c_code(text, strings=True), ORDER_BY)
               if not re.search(r'\b(id|key|k|n|v|seq|version|rowid|mid|%s)\b', match[1])]

  report.rule('every exception has a reason', wrong)
  report.rule('no clock, dice, timers or threads of one\'s own', findings)
  report.advice('exceptions are still needed', [
    f'tests/checks/determinism-allow.txt: {pattern} is not needed' for pattern, _ in allowed if pattern not in used
  ])
  report.advice('tables are not keyed by addresses', pointers)
  report.advice('orders are total', orders)
  report.end()


if __name__ == '__main__':
  main()
