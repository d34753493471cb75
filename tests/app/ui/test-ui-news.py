#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that arrive above those on the screen: nothing moves under the pointer, and they announce themselves."""

import re
import sys

import lsdesk
import lsui
from lsdesk import go_to, wait_cell

LOCKSTEP, LOCKSTEPD, LOCKSTEP_CLIENT = sys.argv[1:4]
NEWS = re.compile('^2 new products')


def top(thing):
  return thing.node.extents[1]


def in_sight(window, row, text):
  """Whether a row can be seen as a whole, below the headings."""
  label = lsdesk.cell(window, 'Products', row, text)
  return label is not None and top(label) > top(window.find('tree table', 'Products')) + 24


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  colleague = lsdesk.Colleague(server, LOCKSTEP_CLIENT)
  colleague.do(*(f'put products more-{n} name=More-{n} status=active kind=beat price=100' for n in range(8)))
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine'))
  window.place(0, 0, 900, 400)
  go_to(window, 'Products')
  wait_cell(window, 'Products', 'Cassette', '€9.00')

  with ui.step('rows that come above the pointer announce themselves'):
    wait_cell(window, 'Products', 'Cassette', 'Cassette').point()
    place = top(lsdesk.cell(window, 'Products', 'Cassette', 'Cassette'))
    colleague.do('put products aaa-1 name=Aardvark status=active kind=beat price=100',
                 'put products aaa-2 name=Abacus status=active kind=beat price=100')
    window.find('button', NEWS)
    lsui.wait_for(lambda: top(lsdesk.cell(window, 'Products', 'Cassette', 'Cassette')) == place,
                  'the row under the pointer to be where it was')

  with ui.step('the button leads to them'):
    window.find('button', NEWS).click()
    lsui.wait_for(lambda: in_sight(window, 'Aardvark', '€1.00'), 'the first row')
    window.lacks('button', NEWS)

  with ui.step('one that is only changed is no news'):
    colleague.do('edit products cassette price 950')
    wait_cell(window, 'Products', 'Cassette', '€9.50')
    assert not window.find_all('button', re.compile('new product'))

  with ui.step('where nobody is at work the newest are in sight at once'):
    go_to(window, 'Products')
    colleague.do('put products aaa-0 name=Aalborg status=active kind=beat price=100')
    lsui.wait_for(lambda: in_sight(window, 'Aalborg', '€1.00'), 'the newest row')
    assert not window.find_all('button', re.compile('new product'))


lsui.run(main)
