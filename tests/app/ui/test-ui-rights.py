#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may see and do changes while he looks; links name what is not there; nothing is open to him at all."""

import re
import sys

import lsdesk
import lsui
from lsdesk import go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

# Two letters wide, right to left, beyond the basic plane, markup, and as long as a name may be.
NAMES = ['مِسْكٌ – حلقات', '🎹 Keys 🎶', '<b>Bold</b> & _underlined_', 'W' * 180]


def link(ui, rest):
  return ui.start([LOCKSTEP, f'lockstep:{rest}']).wait()


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  server.run('shop', 'add', 'other_shop', '--name', 'Side_B', '--currency', 'USD', '--time-zone', 'UTC')
  lines = ''.join('{"k":"odd-%d","d":{"name":"%s","status":"active","kind":"pack","price":100}}\n' % (i, name)
                  for i, name in enumerate(NAMES))
  odd = server.folder / 'products.ndjson'
  odd.write_text(lines, encoding='utf-8')
  server.kill()
  server.run('import', '--shop', 'other_shop', str(odd))
  server.start()
  server.run('user', 'add', 'vera', '--role', 'viewer', '--shop', lsdesk.SHOP, '--no-password')
  server.run('user', 'role', 'vera', 'viewer', '--shop', 'other_shop')
  app = lsdesk.open_app(ui, LOCKSTEP, server, '--shop', lsdesk.SHOP, '--page', 'products', user='vera')
  window = app.window(re.compile('Products – Tape Machine')).place(0, 0)

  with ui.step('a viewer is offered nothing to edit'):
    wait_cell(window, 'Products', 'Low Tide', '€24.99').double_click()
    window.find('button', 'Close details')
    assert not window.find('tree table', 'Products').find_all('text')
    assert 'sensitive' not in window.find('button', 'New product').states
    assert not [entry for entry in window.find_all('text') if entry.name == 'Price']
    window.keys('Escape')
    window.lacks('button', 'Close details')

  with ui.step('rights that are given are there at once'):
    server.run('user', 'role', 'vera', 'admin', '--shop', lsdesk.SHOP)
    window.find('button', 'New product').wait_state('sensitive')
    wait_cell(window, 'Products', 'Low Tide', '€24.99').double_click()
    window.find('tree table', 'Products').find('text')
    window.keys('Escape')

  with ui.step('rights that are taken are gone at once'):
    server.run('user', 'role', 'vera', 'viewer', '--shop', lsdesk.SHOP)
    window.find('button', 'New product').wait_state('sensitive', False)

  with ui.step('links to what is not there say so and change nothing'):
    window.find_passing(lambda: link(ui, 'nonsense/orders/1'), 'label', text='There is no shop nonsense in this account')
    window.find_passing(lambda: link(ui, f'{lsdesk.SHOP}/nonsense/1'), 'label', text='There is no page nonsense')
    assert link(ui, '%zz/orders') == 2
    link(ui, f'{lsdesk.SHOP}/orders/9999')
    window.find('label', text='The record could not be opened. There is no such record here.')
    go_to(window, 'Products')
    wait_cell(window, 'Products', 'Low Tide', '€24.99')

  with ui.step('names of any kind show as they are'):
    link(ui, 'other_shop/products')
    for name in NAMES:
      wait_cell(window, 'Products', name, name)
    wait_cell(window, 'Products', NAMES[2], NAMES[2]).double_click()
    window.find('label', text=NAMES[2])
    wait_cell(window, 'Products', NAMES[3], NAMES[3]).double_click()
    close = window.find('button', 'Close details')
    lsui.wait_for(lambda: sum(close.node.extents[0:3:2]) <= sum(window.node.extents[0:3:2]), 'the details to fit')

  with ui.step('a shop that is closed to the user while he looks gives way to another'):
    server.run('user', 'role', 'vera', 'none', '--shop', 'other_shop')
    window.find('label', text=re.compile('Side_B is not open to you any more'))
    wait_cell(window, 'Products', 'Low Tide', '€24.99')

  with ui.step('without any shop the window says so, and a new one appears'):
    server.run('user', 'role', 'vera', 'none', '--shop', lsdesk.SHOP)
    window.find('label', text='No shop is open to you')
    server.run('user', 'role', 'vera', 'viewer', '--shop', lsdesk.SHOP)
    lsui.wait_for(lambda: window.name == 'Products – Tape Machine', 'the shop to come back')
    wait_cell(window, 'Products', 'Low Tide', '€24.99')


lsui.run(main)
