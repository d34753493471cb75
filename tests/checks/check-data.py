#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop file, the metainfo, the settings schemas, the XML of the interface and the icons are well formed."""

import configparser
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

import lscheck

# Newer versions of appstreamcli want a homepage, which there is none yet, and fail without one. Neither information nor the
# closing line is a complaint.
NO_HOMEPAGE = re.compile(r'^$|^[IP]:|url-homepage-missing|^✘ Validation failed: warnings: 1,|^Validation failed')


def complaints(tree, command):
  """What a validator that exits with an error said."""
  done = subprocess.run(command, cwd=tree.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
  return [] if done.returncode == 0 else done.stdout.decode('utf-8', 'replace').strip().split('\n')


def validate(tree, report, rule, tool, paths, arguments, rename=None, excuse=None):
  """One validator over many files. rename: what makes of a template the text that the tool checks; excuse: a pattern of
  complaints that do not matter when there are no others."""
  if shutil.which(tool) is None:
    report.skip(rule, f'{tool} is not installed')
    return
  findings = []
  with tempfile.TemporaryDirectory() as folder:
    for path in paths:
      target = path
      if rename and path.endswith('.in'):
        target = os.path.join(folder, os.path.basename(path)[:-len('.in')])
        with open(target, 'w', encoding='utf-8') as copy:
          copy.write(rename(tree.read(path)))
      lines = complaints(tree, [tool, *arguments, target])
      if excuse is None or any(not excuse.search(line) for line in lines):
        findings += [f'{path}:1: {line.replace(folder + "/", "")}' for line in lines]
  report.rule(rule, findings)


def configured(text):
  """A template with its @NAMES@ filled in, enough for a validator."""
  return re.sub(r'@[A-Za-z_]+@', 'lockstep', text)


def check_icons(tree, report):
  findings = []
  for path in tree.find('data/', 'src/', ext=('.svg',)):
    try:
      root = ElementTree.fromstring(tree.read(path))
    except ElementTree.ParseError as error:
      findings.append(f'{path}:{error.position[0]}: {error}')
      continue
    if path.endswith('-symbolic.svg') and (root.get('width'), root.get('height')) != ('16', '16'):
      findings.append(f'{path}:1: a symbolic icon is 16 by 16')
    if root.get('width') is None or root.get('height') is None:
      findings.append(f'{path}:1: has no width and height')
  report.rule('icons are SVG of the right size', findings)


def check_manifest(tree, report):
  """The Flatpak manifest: YAML without a YAML parser, so only its lines are looked at."""
  findings = []
  for path in tree.find('flatpak/', ext=('.yml', '.yaml')):
    text = tree.read(path)
    name = os.path.basename(path).rpartition('.')[0]
    if not re.search(rf'^(app-)?id: {re.escape(name)}$', text, re.M):
      findings.append(f'{path}:1: its id is not its name')
    for key in ('runtime:', 'runtime-version:', 'sdk:', 'command:', 'finish-args:', 'modules:'):
      if not re.search(rf'^{key}', text, re.M):
        findings.append(f'{path}:1: has no {key[:-1]}')
    for line, match in lscheck.grep(text, re.compile(r'^\s+- type: archive\n(?:\s+[\w-]+:.*\n)*', re.M)):
      if 'sha256:' not in match[0]:
        findings.append(f'{path}:{line}: an archive without its sha256')
    for line, match in lscheck.grep(text, re.compile(r'--filesystem=(host|home)\S*|--socket=(x11|session-bus|system-bus)$', re.M)):
      findings.append(f'{path}:{line}: {match[0]} opens more than the app needs')
  report.rule('the Flatpak manifest has what it needs and opens no more', findings)


def check_units(tree, report):
  findings = []
  for path in tree.find('data/', ext=('.service.in', '.service', '.conf')):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=('=',), allow_no_value=False)
    parser.optionxform = str
    try:
      parser.read_string(tree.read(path))
    except configparser.Error as error:
      findings.append(f'{path}:1: {error}')
  report.rule('units and configuration are key files', findings)


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('data')
  validate(tree, report, 'desktop files are valid', 'desktop-file-validate',
           tree.find('data/', ext=('.desktop.in', '.desktop')), [], configured)
  validate(tree, report, 'metainfo is valid', 'appstreamcli',
           tree.find('data/', ext=('.metainfo.xml.in', '.metainfo.xml')), ['validate', '--no-net'], configured, NO_HOMEPAGE)
  if tree.find('data/', ext=('.gschema.xml',)) and shutil.which('glib-compile-schemas'):
    report.rule('settings schemas compile', complaints(tree, ['glib-compile-schemas', '--strict', '--dry-run', 'data']))
  validate(tree, report, 'interface files are well-formed XML', 'xmllint',
           tree.find('src/', 'data/', ext=('.ui', '.gresource.xml', '.gschema.xml')), ['--noout', '--nonet'])
  check_icons(tree, report)
  check_units(tree, report)
  check_manifest(tree, report)
  report.end()


if __name__ == '__main__':
  main()
