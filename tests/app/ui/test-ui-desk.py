#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk as an admin sees it: figures, edits, rollback, a second window, offline and back."""

import re
import sys

import lsdesk
import lsui
from lsdesk import cell, edit_cell, euros, go_to, table_rows, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

# While it is tried again and again, and once it has been in vain for long.
AWAY = re.compile('^(Reconnecting…|Offline: showing cached data)$')


def figures_agree(window, server):
  revenue, orders, units = server.figures
  go_to(window, 'Overview')
  window.find(name='Revenue today').find('label', text=euros(revenue))
  window.find(name='Orders today').find('label', text=str(orders))
  window.find(name='Units sold today').find('label', text=str(units))
  go_to(window, 'Orders')
  window.find('label', text=f'Revenue {euros(revenue)}')
  go_to(window, 'Products')
  lsui.wait_for(lambda: len(table_rows(window, 'Products')) == len(lsdesk.PRODUCTS), 'all products')
  shown = [texts[-1] for texts in table_rows(window, 'Products').values()]
  total = sum(int(text.replace('€', '').replace(',', '').replace('.', '')) for text in shown)
  lsui.equal(total, revenue, 'the sum of the products’ revenue')


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  app = lsdesk.open_app(ui, LOCKSTEP, server)

  with ui.step('the shop opens, live'):
    window = app.window(re.compile('Tape Machine')).place(0, 0)
    window.find(name='Connection: Live')

  with ui.step('Overview, Orders and Products agree on revenue'):
    figures_agree(window, server)

  with ui.step('a price is edited in place and confirmed'):
    edit_cell(window, 'Products', 'Low Tide', '€24.99', '19.5')
    wait_cell(window, 'Products', 'Low Tide', '€19.50')

  with ui.step('a price below zero is put back, and said why'):
    edit_cell(window, 'Products', 'Low Tide', '€19.50', '-5')
    window.find('label', text=re.compile('was put back'))
    wait_cell(window, 'Products', 'Low Tide', '€19.50')
    # What the sidebar has to say of it leaves the page its room.
    assert window.find('list', 'Pages').node.extents[0] < 100

  with ui.step('a second launch opens a second window in the first process'):
    second_launch = ui.start([LOCKSTEP, '--shop', lsdesk.SHOP, '--page', 'products', '--new-window'])
    lsui.equal(second_launch.wait(), 0, 'the exit status of the second launch')
    other = app.window(re.compile('Products – Tape Machine'), index=1).place(100, 40)

  with ui.step('an edit in one window shows in the other'):
    edit_cell(other, 'Products', 'Cassette', '€9.00', '10')
    wait_cell(other, 'Products', 'Cassette', '€10.00')
    wait_cell(window, 'Products', 'Cassette', '€10.00')
    other.close()

  with ui.step('a link opens the order it names'):
    lsui.equal(ui.start([LOCKSTEP, f'lockstep:{lsdesk.SHOP}/orders/1002']).wait(), 0, 'the exit status of the link')
    window.find('label', text='Order 1002')
    window.find('label', text='1 × €22.00')

  with ui.step('the server is killed: the banner says so, the shop stays'):
    go_to(window, 'Products')
    server.kill()
    window.find('label', text=AWAY)
    assert cell(window, 'Products', 'Night Drive', '€29.99')

  with ui.step('an edit made offline shows at once'):
    edit_cell(window, 'Products', 'Night Drive', '€29.99', '31')
    wait_cell(window, 'Products', 'Night Drive', '€31.00')

  with ui.step('it is sent when the server is back'):
    server.start()
    ui.action(lsdesk.APPLICATION_ID, 'reconnect')
    window.find(name='Connection: Live')
    window.lacks('label', text=AWAY)
    lsui.wait_for(lambda: lsdesk.price_of(server, 'night-drive') == 3100, 'the server has the price')

  with ui.step('working offline by hand says so'):
    ui.action(lsdesk.APPLICATION_ID, 'work-offline')
    window.find('label', text='Working offline: showing cached data')
    window.find(name='Connection: Offline')
    window.find('button', 'Go online').click()
    window.find(name='Connection: Live')

  with ui.step('the figures still agree'):
    figures_agree(window, server)


lsui.run(main)
