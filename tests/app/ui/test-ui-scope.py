#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a shop on this computer: chosen in Preferences, told on the pages, and fetched when more is wanted."""

import datetime
import json
import re
import sys
import time

import lsdesk
import lsui

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]
DAY = 86400


def import_old_orders(server):
  """An order of 200 days and one of 500 days ago."""
  lines = []
  for number, days in (('901', 200), ('900', 500)):
    lines.append({'k': number, 'd': {'number': number, 'customer_name': 'Dora Old', 'status': 'paid', 'currency': 'EUR',
                                     'placed_at': int(time.time() - days * DAY) * 1_000_000}})
  path = server.folder / 'orders.ndjson'
  path.write_text(''.join(json.dumps(line) + '\n' for line in lines))
  server.kill()
  server.run('import', '--shop', lsdesk.SHOP, str(path))
  server.start()


def first_of_month(months_ago):
  now = datetime.datetime.now(datetime.timezone.utc)
  month = now.year * 12 + now.month - 1 - months_ago
  return datetime.date(month // 12, month % 12 + 1, 1).strftime('1 %b %Y')


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  import_old_orders(server)
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine'))
  window.place(0, 0)
  window.find(name='Connection: Live')

  with ui.step('all orders are kept at first'):
    lsdesk.go_to(window, 'Orders')
    lsui.wait_for(lambda: {'900', '901', '1001'} <= set(lsdesk.table_rows(window, 'Orders')), 'all orders')
    assert not window.find_all('button', 'Keep more')

  with ui.step('Preferences keep three months, and the page says so'):
    ui.action(lsdesk.APPLICATION_ID, 'preferences')
    preferences = app.window('Preferences')
    preferences.place(300, 20)
    preferences.find('label', text='Orders of the last').point()
    preferences.find('label', text='3 months').point()
    preferences.close()
    lsui.wait_for(lambda: len(app.windows()) == 1, 'preferences are closed')
    window.find('label', text=f'Showing orders since {first_of_month(3)}. Number and revenue are of these.')
    lsui.wait_for(lambda: not {'900', '901'} & set(lsdesk.table_rows(window, 'Orders')), 'old orders go')
    assert '1001' in lsdesk.table_rows(window, 'Orders')
    window.find('label', text='4 orders')

  with ui.step('the sidebar says which orders it counts, and a link to another why it is not there'):
    window.find('list', 'Pages').find('list item', f'Orders, 2 open orders since {first_of_month(3)}')
    lsui.equal(ui.start([LOCKSTEP, f'lockstep:{lsdesk.SHOP}/orders/901']).wait(), 0, 'the exit status of the link')
    window.find('label', text=f'There is no such order on this computer, which keeps those since {first_of_month(3)}. '
                'Preferences can keep more.')

  with ui.step('more is kept at the press of a button'):
    window.find('button', 'Keep more').click()
    window.find('label', text=f'Showing orders since {first_of_month(12)}. Number and revenue are of these.')
    lsui.wait_for(lambda: '901' in lsdesk.table_rows(window, 'Orders'), 'an order of half a year ago')
    assert '900' not in lsdesk.table_rows(window, 'Orders')

  with ui.step('it is kept for the next start'):
    app.kill()
    app.wait()
    app = lsdesk.open_app(ui, LOCKSTEP, server)
    window = app.window(re.compile('Tape Machine'))
    window.place(0, 0)
    lsdesk.go_to(window, 'Orders')
    window.find('label', text=re.compile(f'^Showing orders since {first_of_month(12)}'))

  with ui.step('activity can be done without'):
    ui.action(lsdesk.APPLICATION_ID, 'preferences')
    preferences = app.window('Preferences')
    preferences.place(300, 20)
    preferences.find('label', text='Activity').point()
    preferences.close()
    lsdesk.go_to(window, 'Overview')
    window.find('label', text='Not kept on this computer; see Preferences')


lsui.run(main)
