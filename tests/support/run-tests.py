#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests of a build directory and counts what each program tested, not the programs.

usage: run-tests.py BUILD_DIR [--timeout-multiplier N] [--no-suite SUITE]... [--reports DIR] [FILTER...]

A filter picks the tests whose name or suite contains it. The last line printed is "N passed, M failed"; what was
skipped stands before it with its reason, since a skipped test has shown nothing.

--reports names a folder where sanitizers write: each file that is there in the end counts as a failure. Many programs are
started, and ended, by a test that never sees what they print.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys

# meson's words for a test that did what it should.
GOOD = {'OK', 'EXPECTEDFAIL', 'SKIP'}
MOST_LINES = 20
MOST_REPORTED = 60
RESULT = re.compile(r'^(?P<indent> *)(?P<verdict>not ok|ok)\b *\d* *(?:- *)?(?P<name>[^#]*)(?:# *(?P<directive>.*))?$')

# TAP's word for a subtest that is known to fail, which g_test_incomplete() prints.
INCOMPLETE = re.compile(r'T[O]DO\b', re.I)


class Count:
  """What the tests said, by subtest."""

  def __init__(self):
    self.passed = 0
    self.failed = 0
    self.skipped = []
    self.seconds = collections.Counter()

  @staticmethod
  def show(test):
    """What a failed test said about what failed: meson keeps TAP to itself."""
    lines = (test.get('stdout') or '').splitlines()
    said, wrong = [], []
    for line in lines:
      if line.startswith(('not ok', 'Bail out!')):
        wrong += [*said[-MOST_LINES:], line]
      if not line.startswith('#'):
        said = []
      elif '-DEBUG: ' not in line:
        said.append(line)
    wrong = wrong or lines[-MOST_LINES:]
    if wrong:
      print(f'\n{test["name"]} said:')
      for line in wrong:
        print(f'  {line}')

  def add_tap(self, program, text):
    """Counts the subtests of one TAP stream. Returns how many there were and how many of them failed."""
    seen = failed = 0
    deeper = False
    for line in text.splitlines():
      match = RESULT.match(line)
      if not match:
        if line.startswith('Bail out!'):
          failed += 1
          self.failed += 1
        continue
      nested = len(match['indent']) >= 4
      if not nested and deeper:
        # The line that sums up the nested ones above it.
        deeper = False
        continue
      deeper = nested
      seen += 1
      directive = (match['directive'] or '').strip()
      if match['verdict'] == 'not ok' and not INCOMPLETE.match(directive):
        failed += 1
        self.failed += 1
      elif directive.upper().startswith('SKIP'):
        self.skipped.append((f'{program} {match["name"].strip()}', directive[4:].strip()))
      else:
        self.passed += 1
    return seen, failed

  def add(self, test):
    """Counts one entry of meson's log."""
    result = test['result']
    if result not in GOOD:
      self.show(test)
    # "lockstep:unit+core / money"
    suite = re.match(r'(?:[^:/]*:)?([^ +]+)[^/]* / ', test['name'])
    self.seconds[suite[1] if suite else 'others'] += test.get('duration', 0)
    seen, failed = self.add_tap(test['name'], test.get('stdout') or '')
    if result not in GOOD and (failed == 0 or result in ('TIMEOUT', 'INTERRUPT')):
      # It crashed or ran out of time: the subtest that did it never got to say so.
      self.failed += 1
    elif seen == 0 and result == 'SKIP':
      words = (test.get('stdout') or test.get('stderr') or '').strip().splitlines()
      self.skipped.append((test['name'], words[-1] if words else ''))
    elif seen == 0 and result in GOOD:
      self.passed += 1


  def add_reports(self, folder):
    """Counts what sanitizers wrote, one file for each process that broke something."""
    for name in sorted(os.listdir(folder)):
      with open(os.path.join(folder, name), encoding='utf-8', errors='replace') as file:
        lines = file.read().splitlines()
      if not lines:
        continue
      self.failed += 1
      print(f'\n{os.path.join(folder, name)} says:')
      for line in lines[:MOST_REPORTED]:
        print(f'  {line}')


def chosen(build_dir, filters):
  """The names of the tests that a filter picks."""
  listing = subprocess.run(['meson', 'introspect', '--tests', build_dir], check=True, stdout=subprocess.PIPE)
  names = []
  for test in json.loads(listing.stdout):
    suites = [suite.split(':')[-1] for suite in test['suite']]
    if any(word in test['name'] or word in suites for word in filters):
      names.append(test['name'])
  return sorted(set(names))


def main():
  parser = argparse.ArgumentParser(description='Run the tests and count them.')
  parser.add_argument('build_dir')
  # Meson's limits are for a machine that does nothing else; here they only end what hangs.
  parser.add_argument('--timeout-multiplier', default='4')
  parser.add_argument('--no-suite', action='append', default=[])
  parser.add_argument('--reports')
  parser.add_argument('filters', nargs='*')
  args = parser.parse_intermixed_args()

  command = ['meson', 'test', '-C', args.build_dir, '--no-rebuild', '--print-errorlogs']
  command += ['--timeout-multiplier', args.timeout_multiplier]
  for suite in args.no_suite:
    command += ['--no-suite', suite]
  if args.filters:
    names = chosen(args.build_dir, args.filters)
    if not names:
      print(f'No test matches {" ".join(args.filters)}.')
      print('0 passed, 0 failed')
      return 1
    command += names

  log = os.path.join(args.build_dir, 'meson-logs', 'testlog.json')
  if os.path.exists(log):
    os.remove(log)
  if args.reports:
    shutil.rmtree(args.reports, ignore_errors=True)
    os.makedirs(args.reports)
  status = subprocess.run(command).returncode

  count = Count()
  if os.path.exists(log):
    with open(log, encoding='utf-8') as lines:
      for line in lines:
        count.add(json.loads(line))
  if args.reports:
    count.add_reports(args.reports)
  if status != 0 and count.failed == 0:
    count.failed = 1

  print()
  print('seconds: ' + ', '.join(f'{suite} {seconds:.0f}' for suite, seconds in sorted(count.seconds.items())))
  for name, reason in count.skipped:
    print(f'skipped: {name}{": " + reason if reason else ""}')
  if count.skipped:
    print(f'{len(count.skipped)} skipped')
  print(f'{count.passed} passed, {count.failed} failed', flush=True)
  return 1 if count.failed else 0


if __name__ == '__main__':
  sys.exit(main())
