#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell and Python parse; where shellcheck is at hand, it has nothing to say."""

import os
import shutil
import subprocess

import lscheck


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('scripts')
  shell = tree.scripts('sh')

  findings = []
  for path in shell:
    done = subprocess.run(['sh', '-n', path], cwd=tree.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
      findings.append(done.stdout.decode('utf-8', 'replace').strip())
  report.rule('shell scripts parse', findings)

  if shutil.which('shellcheck') and shell:
    done = subprocess.run(['shellcheck', '--format=gcc', *shell], cwd=tree.root, stdout=subprocess.PIPE)
    report.rule('shellcheck is content', done.stdout.decode('utf-8', 'replace').strip().split('\n') if done.returncode else [])
  else:
    report.skip('shellcheck is content', 'shellcheck is not installed')

  findings = []
  for path in tree.scripts('python3'):
    try:
      compile(tree.read(path), path, 'exec')
    except SyntaxError as error:
      findings.append(f'{path}:{error.lineno}: {error.msg}')
  report.rule('Python parses', findings)

  programs = set(shell) | set(tree.scripts('python3'))
  report.rule('programs can be started', [
    f'{path}:1: is not executable' for path in sorted(programs)
    if tree.first_line(path).startswith('#!') and not os.access(os.path.join(tree.root, path), os.X_OK)
  ])
  report.end()


if __name__ == '__main__':
  main()
