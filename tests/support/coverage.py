#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what the tests of a build with -Db_coverage=true reached, by folder, and fails when a part stays below its bar.

usage: coverage.py BUILD_DIR
"""

import collections
import json
import os
import subprocess
import sys

# Per cent of the lines of each part that the tests must reach.
BARS = {'src/core': 90, 'src/sql': 90, 'src/client': 90, 'src/server': 90, 'src/app': 75}
# Lines that only a programmer's error reaches.
PRECONDITIONS = r'.*\b(g_return_(val_)?if_(fail|reached)|g_assert_not_reached|g_assert) \('


def tell_bars(report):
  """Prints where each part stands against its bar, and returns those below."""
  print()
  missed = []
  for part, bar in BARS.items():
    entries = [entry for entry in report['files'] if entry['filename'].startswith(part + '/')]
    total = sum(entry['line_total'] for entry in entries)
    percent = 100 * sum(entry['line_covered'] for entry in entries) / total if total else 0
    if percent < bar:
      missed.append(part)
    print(f'{part:<24} {percent:5.1f} % of the lines, at least {bar} %{"" if percent >= bar else ": TOO LITTLE"}')
  return missed


def main():
  build_dir = sys.argv[1]
  summary = os.path.join(build_dir, 'meson-logs', 'coverage.json')
  subprocess.run(['gcovr', '--root', '.', '--object-directory', build_dir, '--filter', 'src/', '--exclude-unreachable-branches',
                  '--exclude-lines-by-pattern', PRECONDITIONS, '--json-summary', summary, build_dir], check=True)
  with open(summary, encoding='utf-8') as file:
    report = json.load(file)

  folders = collections.defaultdict(lambda: [0, 0, 0, 0])
  for entry in report['files']:
    for name in (os.path.dirname(entry['filename']), 'all'):
      for index, key in enumerate(('line_covered', 'line_total', 'branch_covered', 'branch_total')):
        folders[name][index] += entry[key]

  print(f'{"folder":<24} {"lines":>16} {"branches":>18}')
  for name in sorted(folders, key=lambda name: (name == 'all', name)):
    lines, all_lines, branches, all_branches = folders[name]
    print(f'{name:<24} {lines:>6}/{all_lines:<6} {100 * lines / max(all_lines, 1):3.0f} %'
          f' {branches:>6}/{all_branches:<6} {100 * branches / max(all_branches, 1):3.0f} %')
  missed = tell_bars(report)
  poor = sorted((entry['line_percent'], entry['filename']) for entry in report['files'] if entry['line_percent'] < 70)
  if poor:
    print('\nLess than 70 % of the lines:')
    for percent, name in poor:
      print(f'  {percent:5.1f} % {name}')
  return 1 if missed else 0


if __name__ == '__main__':
  sys.exit(main())
