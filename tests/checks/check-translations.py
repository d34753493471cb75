#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every translatable file is in POTFILES, every po file is sound, and French is whole: it has each message of the
sources, none fuzzy and none empty."""

import os
import re
import subprocess
import tempfile

import lscheck

CALLS = re.compile(r'\b(_|N_|C_|NC_|Q_|ngettext|g_dngettext|g_dpgettext2?|gettext|dgettext)\s*\(\s*"')
MARKED_UI = re.compile(r'translatable="(yes|true|1)"')
USES = re.compile(r'(?<![\w])(_|C_|Q_|ngettext|gettext|g_dpgettext2?|g_dngettext)\s*\(\s*["N]')
KEYWORDS = ['_', 'N_', 'C_:1c,2', 'NC_:1c,2', 'Q_', 'ngettext:1,2', 'g_dngettext:2,3', 'g_dpgettext2:2c,3']


def translatable(tree):
  """The files that hold text for people."""
  found = []
  for path in tree.find('src/', 'data/'):
    if path.endswith(('.c', '.h')):
      if CALLS.search(lscheck.c_code(tree.read(path), strings=True)):
        found.append(path)
    elif path.endswith('.ui'):
      if MARKED_UI.search(tree.read(path)):
        found.append(path)
    elif path.endswith(('.desktop.in', '.desktop.in.in', '.metainfo.xml.in', '.gschema.xml')):
      found.append(path)
  return found


def listed(tree, name):
  if name not in tree.paths:
    return []
  lines = (line.split('#')[0].strip() for line in tree.read(name).split('\n'))
  return [line for line in lines if line]


def run(command, cwd):
  done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
  return done.returncode, done.stdout.decode('utf-8', 'replace').strip().split('\n')


def check_po(tree, report):
  languages = listed(tree, 'po/LINGUAS')
  report.rule('LINGUAS and the po files agree', [
    f'po/LINGUAS:1: {language} has no po/{language}.po' for language in languages if f'po/{language}.po' not in tree.paths
  ] + [
    f'{path}:1: is not in LINGUAS' for path in tree.find('po/', ext=('.po',))
    if os.path.basename(path)[:-3] not in languages
  ])
  findings = []
  for path in tree.find('po/', ext=('.po',)):
    status, output = run(['msgfmt', '--check', '--output-file=/dev/null', path], tree.root)
    if status != 0:
      findings += output
  report.rule('po files are sound', findings)


def check_french(tree, report):
  with tempfile.TemporaryDirectory() as folder:
    template = os.path.join(folder, 'lockstep.pot')
    command = ['xgettext', '--from-code=UTF-8', '--add-comments', '--output=' + template, '--directory=' + tree.root]
    command += ['--keyword=' + keyword for keyword in KEYWORDS]
    command += ['--flag=g_strdup_printf:1:c-format', '--flag=g_string_append_printf:2:c-format', '--flag=g_set_error:4:c-format']
    command += listed(tree, 'po/POTFILES.in')
    status, output = run(command, tree.root)
    if status != 0:
      report.rule('French is whole', output)
      return
    if not os.path.exists(template):
      report.skip('French is whole', 'there is nothing to translate')
      return
    # msgcmp wants each message of the template translated, and no fuzzy one.
    status, output = run(['msgcmp', os.path.join(tree.root, 'po/fr.po'), template], tree.root)
    missing = [line.replace(tree.root + '/', '').replace(folder + '/', '') for line in output] if status != 0 else []
    report.rule('French is whole', missing)


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('translations')

  potfiles = listed(tree, 'po/POTFILES.in')
  report.rule('POTFILES names every file with text for people', [
    f'{path}:1: add it to po/POTFILES.in' for path in translatable(tree) if path not in potfiles
  ])
  report.rule('POTFILES names only files that are there, in order', [
    f'po/POTFILES.in:1: {path} is not there' for path in potfiles if path not in tree.paths
  ] + ([] if potfiles == sorted(potfiles) else ['po/POTFILES.in:1: is not sorted']))
  report.rule('only the app speaks the user\'s language', [
    f'{path}:{line}: translate it in src/app' for path in tree.find('src/core/', 'src/sql/', 'src/client/', 'src/server/', ext=('.c', '.h'))
    for line, _ in lscheck.grep(lscheck.c_code(tree.read(path), strings=True), USES)
  ])
  report.rule('text uses … and ’', [
    f'{path}:{line}: {match[0]}' for path in tree.find('src/app/', ext=('.ui',))
    for line, match in lscheck.grep(tree.read(path), re.compile(r'translatable="yes"[^>]*>[^<]*(\.\.\.|\w\'\w)[^<]*<'))
  ])
  check_po(tree, report)
  if 'po/fr.po' in tree.paths:
    check_french(tree, report)
  else:
    report.skip('French is whole', 'there is no po/fr.po')
  report.end()


if __name__ == '__main__':
  main()
