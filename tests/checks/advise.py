#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reviewer would say and a machine can see: lengths, aligned parameters, commit subjects. Never fails."""

import re
import subprocess

import lscheck

LONG_FILE = 700
LONG_FUNCTION = 60
LONG_LINE = 100
SUBJECT = re.compile(r'^[\w./-]+(, [\w./-]+)*: [A-Z][^\n]*[^.\n]$')
# A definition or prototype of several lines: name (first parameter, ... last parameter)
PARAMETERS = re.compile(r'^([a-z]\w* \()([^()\n]*,\n(?:[^(){};\n]*,\n)*[^(){};\n]*)\)(?=\n\{|;|\n)', re.M)
# Old types also count as one word; the name is what stands last.
NAME = re.compile(r'(\w+)(\[\w*\])?,?$')


def functions(text):
  """(line, name, lines of the body) of each function whose braces stand in the first column."""
  lines = text.split('\n')
  start = None
  for number, line in enumerate(lines):
    if line == '{' and number and lines[number - 1].rstrip().endswith(')'):
      start = number
    elif line == '}' and start is not None:
      head = start - 1
      while head > 0 and not re.match(r'^[a-z_]\w* \(', lines[head]):
        head -= 1
      yield head + 1, lines[head].split(' ')[0], number - start - 1
      start = None


def misaligned(text):
  """(line, name) of each parameter list whose names do not stand in one column."""
  for line, match in lscheck.grep(text, PARAMETERS):
    columns = set()
    for number, row in enumerate(match[2].split('\n')):
      name = NAME.search(row.rstrip())
      if name and name[1] not in ('void',):
        columns.add(name.start(1) + (len(match[1]) if number == 0 else 0))
    if len(columns) > 1:
      yield line, match[1].split(' ')[0]


def subjects(tree):
  command = ['git', '-C', tree.root, 'log', '--no-merges', '--format=%h %s', '-n', '50']
  try:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
  except (OSError, subprocess.CalledProcessError):
    return []
  found = []
  for line in done.stdout.decode('utf-8', 'replace').splitlines():
    commit, _, subject = line.partition(' ')
    if len(subject) > 72 or not SUBJECT.match(subject):
      found.append(f'commit {commit}: {subject}')
  return found


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('advice')
  sources = tree.find('src/', 'tests/', ext=('.c', '.h'))
  texts = {path: lscheck.c_code(tree.read(path)) for path in sources}

  report.advice(f'files have at most {LONG_FILE} lines', [
    f'{path}:1: {text.count(chr(10))} lines' for path, text in texts.items() if text.count('\n') > LONG_FILE
  ])
  report.advice(f'functions have at most {LONG_FUNCTION} lines', [
    f'{path}:{line}: {name} has {length} lines' for path, text in texts.items()
    for line, name, length in functions(text) if length > LONG_FUNCTION
  ])
  report.advice(f'lines have at most {LONG_LINE} columns', [
    f'{path}:{number}: {len(line)} columns' for path in sources
    for number, line in enumerate(tree.read(path).split('\n'), 1) if len(line) > LONG_LINE
  ])
  report.advice('parameter names stand in one column', [
    f'{path}:{line}: {name}' for path, text in texts.items() for line, name in misaligned(text)
  ])
  report.advice('commit subjects read "component: Imperative summary"', subjects(tree))
  report.end()


if __name__ == '__main__':
  main()
