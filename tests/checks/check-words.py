#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing unfinished, no placeholder text, no path of one machine, no host that packages come from."""

import os
import re

import lscheck

# Written with brackets so that this file does not find itself.
UNFINISHED = re.compile(r'\b(T[O]DO|X[X]X|H[A]CK|not (yet )?i[m]plemented|l[o]rem ipsum)\b', re.I)
UNFINISHED_EXACT = re.compile(r'\b(T[O]DO|X[X]X|H[A]CK)\b')
MACHINE = re.compile(r'(?<![\w.$}])/(home/\w|Users/\w|root/|w[o]rk/|w[o]rkspace/|builds/)|\.\./sh[a]red\b')
HOSTS = re.compile(r'https?://[a-z.]*(deb[i]an|n[p]m)[a-z]*\.')
PLACEHOLDER = re.compile(r'\b(Product 1|foo@bar|l[o]rem ipsum)\b', re.I)

LINK = re.compile(r'\]\(([^)#\s]+)(?:#[^)]*)?\)')

# The one file that looks for real input beside the repository.
BESIDE = '.ci/run'


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('words')
  texts = {path: tree.read(path) for path in tree.paths
           if path != 'COPYING' and not path.startswith('po/') and tree.is_text(path)}

  def each(pattern, *prefixes, skip=()):
    return [f'{path}:{line}: {match[0]}' for path, text in texts.items()
            if (not prefixes or path.startswith(prefixes)) and path not in skip
            for line, match in lscheck.grep(text, pattern)]

  report.rule('nothing is left for later', each(UNFINISHED_EXACT, 'src/', 'tests/', 'data/', 'flatpak/', 'docs/', 'dev')
              + each(re.compile(UNFINISHED.pattern), 'src/', 'tests/', 'data/', 'dev'))
  report.rule('no placeholder text', each(PLACEHOLDER, 'src/', 'data/', 'docs/', 'README.md'))
  report.rule('no path of one machine', each(MACHINE, skip=[BESIDE]))
  report.rule('no host that packages come from', each(HOSTS))
  report.rule('links in the documents lead somewhere', [
    f'{path}:{line}: {match[1]} is not there' for path in texts if path.endswith('.md')
    for line, match in lscheck.grep(texts[path], LINK)
    if '://' not in match[1] and not os.path.exists(os.path.join(tree.root, os.path.dirname(path), match[1]))
  ])
  report.end()


if __name__ == '__main__':
  main()
