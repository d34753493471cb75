#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line "N passed, M failed" tells the truth: entries of meson's log, and what they count for."""

import contextlib
import importlib.util
import io
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location('run_tests', os.path.join(HERE, '..', 'support', 'run-tests.py'))
run_tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_tests)

# What it is, meson's result, the output, and passed, failed, skipped.
CASES = [
  ('a program that says nothing', 'OK', '', (1, 0, 0)),
  ('a program that says nothing and fails', 'FAIL', '', (0, 1, 0)),
  ('subtests', 'OK', '1..2\nok 1 /a\nok 2 /b\n', (2, 0, 0)),
  ('a failed subtest', 'FAIL', 'ok 1 /a\nnot ok 2 /b\n1..2\n', (1, 1, 0)),
  ('a failed subtest and its exit status', 'ERROR', 'ok 1 /a\nnot ok 2 /b\n1..2\n', (1, 1, 0)),
  ('a crash after good subtests', 'ERROR', '1..3\nok 1 /a\nok 2 /b\n', (2, 1, 0)),
  ('a crash that GLib announced', 'ERROR', '1..3\nok 1 /a\nBail out! ERROR\n', (1, 1, 0)),
  ('out of time', 'TIMEOUT', '1..3\nok 1 /a\nnot ok 2 /b\n', (1, 2, 0)),
  ('a skipped subtest', 'OK', 'ok 1 /a\nok 2 /b # SKIP no display\n', (1, 0, 1)),
  ('a skipped program', 'SKIP', '1..0 # SKIP no server\n', (0, 0, 1)),
  ('a program that exits with 77', 'SKIP', 'no display\n', (0, 0, 1)),
  ('an incomplete subtest', 'OK', 'ok 1 /a\nnot ok 2 /b # TO' 'DO later\n', (2, 0, 0)),
  ('nested subtests', 'OK', '# Subtest: x\n    ok 1 - a\n    ok 2 - b\n    1..2\nok 1 - x\nok 2 - y\n', (3, 0, 0)),
  ('a failed nested subtest', 'FAIL', '    ok 1 - a\n    not ok 2 - b\n    1..2\nnot ok 1 - x\n', (1, 1, 0)),
  ('words in comments', 'OK', '# not ok is a word\nok 1 /a\n', (1, 0, 0)),
]

# What sanitizers left behind, and failed.
REPORTS = [
  ('no report', {}, 0),
  ('a report that never began', {'report.1': ''}, 0),
  ('reports of two programs', {'report.1': 'WARNING: ThreadSanitizer\n', 'report.2': '\xff\nSUMMARY: leaks\n'}, 2),
]


def failures(files):
  count = run_tests.Count()
  with tempfile.TemporaryDirectory(prefix='lockstep-test-') as folder:
    for name, text in files.items():
      with open(os.path.join(folder, name), 'w', encoding='latin-1') as file:
        file.write(text)
    with contextlib.redirect_stdout(io.StringIO()):
      count.add_reports(folder)
  return count.failed


def main():
  print(f'1..{len(CASES) + len(REPORTS)}')
  wrong = 0
  for number, (what, result, output, expected) in enumerate(CASES, 1):
    count = run_tests.Count()
    with contextlib.redirect_stdout(io.StringIO()):
      count.add({'name': 'x', 'result': result, 'stdout': output})
    found = (count.passed, count.failed, len(count.skipped))
    if found != expected:
      wrong += 1
      print(f'# passed, failed, skipped are {found} and not {expected}')
    print(f'{"ok" if found == expected else "not ok"} {number} - {what}')
  for number, (what, files, expected) in enumerate(REPORTS, len(CASES) + 1):
    found = failures(files)
    if found != expected:
      wrong += 1
      print(f'# failed are {found} and not {expected}')
    print(f'{"ok" if found == expected else "not ok"} {number} - {what}')
  sys.exit(1 if wrong else 0)


if __name__ == '__main__':
  main()
