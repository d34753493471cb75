#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and widgets as keyboards, pointers and screen readers meet them: through the gallery's window."""

import re
import sys

import lsui


def start(ui, page):
  app = ui.start([sys.argv[1], '--page', page], name=page)
  return app.window('Gallery').place(0, 0)


def charts(ui):
  window = start(ui, 'charts')

  with ui.step('a chart has a name and tells its series in words'):
    chart = window.find('image', 'Revenue')
    lsui.wait_for(lambda: re.match(r'Revenue, 1 March 2026 to 30 March 2026: lowest \d+\.\d\d EUR, highest .* total .*'
                                   r' Previous period, 30 January 2026 to ', chart.description), 'the summary')

  with ui.step('a click opens the point under the pointer and shows its values'):
    chart.point()
    opened = window.find('label', text=re.compile(r'^Opened point 1\d of Revenue$'))
    window.find('label', text=re.compile(r'^1\d March 2026$'))
    window.find('label', text=re.compile(r'^\d+\.\d\d EUR$'))

  with ui.step('keys move the cursor, and each place is said'):
    window.keys('Home')
    lsui.wait_for(lambda: re.fullmatch(r'1 March 2026: Revenue \d+\.\d\d EUR, '
                                       r'Previous period \(30 January 2026\) \d+\.\d\d EUR', chart.name), 'the first day')
    window.keys('Right')
    lsui.wait_for(lambda: chart.name.startswith('2 March 2026: '), 'the second day')
    window.keys('Left', 'Left')
    lsui.wait_for(lambda: chart.name.startswith('1 March 2026: '), 'the first day again')
    window.keys('Page_Down')
    lsui.wait_for(lambda: chart.name.startswith('11 March 2026: '), 'ten days later')
    window.keys('End')
    lsui.wait_for(lambda: chart.name.startswith('30 March 2026: '), 'the last day')

  with ui.step('Enter opens the point under the cursor'):
    window.keys('Return')
    opened.wait_text('Opened point 29 of Revenue')

  with ui.step('Escape takes the cursor away'):
    window.keys('Escape')
    lsui.wait_for(lambda: chart.name == 'Revenue', 'the name of the chart')
    window.lacks('label', text='30 March 2026')
    window.keys('Return')
    opened.wait_text('Opened point 29 of Revenue')

  with ui.step('Tab leaves the chart, and its cursor with it'):
    window.keys('Home')
    lsui.wait_for(lambda: chart.name.startswith('1 March 2026: '), 'the first day')
    window.keys('Tab')
    lsui.wait_for(lambda: chart.name == 'Revenue', 'the name of the chart')

  with ui.step('the pointer shows what it is over'):
    chart.hover()
    window.find('label', text=re.compile(r'^1\d March 2026$'))


def cards(ui):
  window = start(ui, 'cards')

  with ui.step('a figure is read with all that belongs to it'):
    card = window.find(name='Revenue')
    lsui.equal(card.description, '12,480.50 €. Up 12.4 % from yesterday. Last 30 days', 'description')
    card.find('label', text='12,480.50 €')
    lsui.equal(window.find(name='Downloads of all licences').description,
               '9,223,372,036,854 €. Up 1,204 % from yesterday. Last 30 days. Updated 2 minutes ago', 'description')
    lsui.equal(window.find(name='Customers').description, 'Loading', 'description')

  with ui.step('a window as narrow as a telephone hides the sidebar'):
    window.place(0, 0, 360, 700)
    toggle = window.find('button', 'Show Sidebar')
    window.lacks('label', 'Banners')

  with ui.step('the sidebar comes over the content and goes to a page'):
    toggle.click()
    window.find('label', 'Banners').point()
    window.find('alert', 'Offline: showing cached data')

  with ui.step('a wide window shows the sidebar again'):
    window.place(0, 0, 1000, 700)
    window.find('label', 'Banners')
    window.lacks('button', 'Show Sidebar')


def small(ui):
  window = start(ui, 'banners')

  with ui.step('a banner is an alert with words and a button'):
    banner = window.find('alert', 'Offline: showing cached data')
    banner.find('button', 'Reconnect')
    window.find('alert', 'A new version of Lockstep is there').find('button', 'Update')
    lsui.equal(window.find('alert', 'This is a sample shop').find_all('button'), [], 'buttons')

  window = start(ui, 'small')

  with ui.step('a dot says in words what it says in colour'):
    for words in ('Live', 'Limited', 'Offline', 'Waiting to be confirmed', 'Connecting'):
      window.find('image', words)

  window = start(ui, 'states')

  with ui.step('an error says what failed and offers what can be done'):
    window.find('label', text='R&D Orders Could Not Be Loaded')
    window.find('label', text='The server did not answer <in time>.')
    window.find('button', 'Contact Support')
    window.find('label', text='1200 of 10000')


def main(ui):
  charts(ui)
  cards(ui)
  small(ui)


lsui.run(main)
