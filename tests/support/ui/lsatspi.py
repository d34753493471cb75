# SPDX-License-Identifier: GPL-3.0-or-later
"""What the windows show, read the way a screen reader reads it: AT-SPI over D-Bus, without a cache.

GTK answers each question from the widgets as they are at that moment. Questions about many nodes are sent together.
"""

import os

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

ACCESSIBLE = 'org.a11y.atspi.Accessible'
ACTION = 'org.a11y.atspi.Action'
COMPONENT = 'org.a11y.atspi.Component'
EDITABLE = 'org.a11y.atspi.EditableText'
SELECTION = 'org.a11y.atspi.Selection'
TEXT = 'org.a11y.atspi.Text'
VALUE = 'org.a11y.atspi.Value'
PROPERTIES = 'org.freedesktop.DBus.Properties'

ROOT = '/org/a11y/atspi/accessible/root'
CALL_MS = 5000
WINDOW_COORDINATES = 1

# By number: the words differ between versions ('push button', 'button').
ROLES = {
  2: 'alert', 7: 'check box', 8: 'check menu item', 11: 'combo box', 10: 'column header', 16: 'dialog', 20: 'filler', 23: 'window',
  26: 'icon', 27: 'image', 29: 'label', 31: 'list', 32: 'list item', 33: 'menu', 34: 'menu bar', 35: 'menu item',
  37: 'page tab', 38: 'page tab list', 39: 'group', 40: 'password', 41: 'popup menu', 42: 'progress bar', 43: 'button',
  44: 'radio button', 48: 'scroll bar', 49: 'scroll pane', 50: 'separator', 51: 'slider', 52: 'spin button', 54: 'status',
  55: 'table', 56: 'cell', 57: 'column header', 61: 'text', 62: 'toggle button', 63: 'tool bar', 64: 'tool tip',
  65: 'tree', 66: 'tree table', 67: 'unknown', 68: 'viewport', 69: 'window', 73: 'paragraph', 75: 'application',
  79: 'entry', 80: 'chart', 81: 'caption', 83: 'heading', 85: 'section', 90: 'row', 97: 'list box', 98: 'grouping',
  101: 'alert', 116: 'static', 129: 'button', 130: 'switch',
}

STATES = {
  1: 'active', 4: 'checked', 7: 'editable', 8: 'enabled', 9: 'expandable', 10: 'expanded', 11: 'focusable', 12: 'focused',
  16: 'modal', 20: 'pressed', 23: 'selected', 24: 'sensitive', 25: 'showing', 30: 'visible', 33: 'indeterminate',
  41: 'checkable', 42: 'has popup', 43: 'read only',
}


class Gone(Exception):
  """The widget is no longer there, or its program does not answer."""


class Bus:
  """The accessibility bus, and calls on it."""

  def __init__(self, address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)

  def call(self, name, path, interface, method, arguments=None):
    try:
      answer = self.connection.call_sync(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE,
                                         CALL_MS, None)
    except GLib.Error as error:
      raise Gone(f'{interface}.{method}: {error.message}') from error
    return answer.unpack()

  def call_many(self, calls):
    """Sends (name, path, interface, method, arguments) calls at once. Returns their answers in order, None for errors."""
    answers = [None] * len(calls)
    left = len(calls)
    context = GLib.MainContext.default()

    def answered(connection, result, index):
      nonlocal left
      left -= 1
      try:
        answers[index] = connection.call_finish(result).unpack()
      except GLib.Error:
        pass

    for index, (name, path, interface, method, arguments) in enumerate(calls):
      self.connection.call(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, CALL_MS, None,
                           answered, index)
    while left:
      context.iteration(True)
    return answers


_bus = None


def bus():
  global _bus
  if _bus is None:
    _bus = Bus(os.environ['AT_SPI_BUS_ADDRESS'])
  return _bus


def get(interface, name):
  return PROPERTIES, 'Get', GLib.Variant('(ss)', (interface, name))


class Node:
  """One thing on the screen. Nodes are addresses, not copies: each question is asked anew."""

  def __init__(self, name, path, parent=None):
    self.bus_name = name
    self.path = path
    self.parent = parent

  def __eq__(self, other):
    return isinstance(other, Node) and (self.bus_name, self.path) == (other.bus_name, other.path)

  def __hash__(self):
    return hash((self.bus_name, self.path))

  def __repr__(self):
    try:
      return f'<{self.role} "{self.name}">'
    except Gone:
      return '<gone>'

  def _call(self, interface, method, arguments=None):
    return bus().call(self.bus_name, self.path, interface, method, arguments)

  def _get(self, interface, name):
    return self._call(PROPERTIES, 'Get', GLib.Variant('(ss)', (interface, name)))[0]

  @property
  def role(self):
    number = self._call(ACCESSIBLE, 'GetRole')[0]
    return ROLES.get(number, f'role {number}')

  @property
  def name(self):
    return self._get(ACCESSIBLE, 'Name')

  @property
  def description(self):
    return self._get(ACCESSIBLE, 'Description')

  @property
  def states(self):
    low, high = self._call(ACCESSIBLE, 'GetState')[0]
    bits = low | high << 32
    return {word for bit, word in STATES.items() if bits >> bit & 1}

  @property
  def interfaces(self):
    return [name.rpartition('.')[2] for name in self._call(ACCESSIBLE, 'GetInterfaces')[0]]

  @property
  def children(self):
    return [Node(name, path, self) for name, path in self._call(ACCESSIBLE, 'GetChildren')[0]]

  @property
  def text(self):
    """The text in an entry or label; the name of what has no text."""
    try:
      length = self._get(TEXT, 'CharacterCount')
      return self._call(TEXT, 'GetText', GLib.Variant('(ii)', (0, length)))[0]
    except Gone:
      return self.name

  @property
  def value(self):
    return self._get(VALUE, 'CurrentValue')

  @property
  def extents(self):
    """x, y, width and height in pixels, relative to the window."""
    return self._call(COMPONENT, 'GetExtents', GLib.Variant('(u)', (WINDOW_COORDINATES,)))[0]

  @property
  def actions(self):
    """The names of what it does. Their number is not asked for: GTK (4.8 to 4.18 at least) leaks a list each time."""
    names = []
    while True:
      try:
        names.append(self._call(ACTION, 'GetName', GLib.Variant('(i)', (len(names),)))[0])
      except Gone:
        return names

  def act(self, name=None):
    """Does the named action, or the first one. Says whether there was one."""
    actions = self.actions
    if not actions or (name is not None and name not in actions):
      return False
    return self._call(ACTION, 'DoAction', GLib.Variant('(i)', (actions.index(name) if name else 0,)))[0]

  def set_text(self, text):
    if not self._call(EDITABLE, 'SetTextContents', GLib.Variant('(s)', (text,)))[0]:
      raise AssertionError(f'{self} refuses the text {text!r}')

  def select_child(self, index):
    return self._call(SELECTION, 'SelectChild', GLib.Variant('(i)', (index,)))[0]

  def walk(self, hidden=False):
    """Every node below this one with its role and name, breadth first: (node, role, name, depth). Lists keep rows that
    they do not show, of no size: such nodes and what is in them are left out unless hidden."""
    level = [self]
    depth = 0
    while level:
      children = bus().call_many([(node.bus_name, node.path, ACCESSIBLE, 'GetChildren', None) for node in level])
      nodes = [Node(name, path, node) for node, found in zip(level, children) if found for name, path in found[0]]
      depth += 1
      calls = []
      for node in nodes:
        calls.append((node.bus_name, node.path, ACCESSIBLE, 'GetRole', None))
        calls.append((node.bus_name, node.path, *get(ACCESSIBLE, 'Name')))
        calls.append((node.bus_name, node.path, COMPONENT, 'GetExtents', GLib.Variant('(u)', (WINDOW_COORDINATES,))))
      answers = bus().call_many(calls)
      level = []
      for index, node in enumerate(nodes):
        role, name, extents = answers[3 * index:3 * index + 3]
        if role is not None and (hidden or extents is None or (extents[0][2] > 0 and extents[0][3] > 0)):
          level.append(node)
          yield node, ROLES.get(role[0], f'role {role[0]}'), name[0] if name else '', depth


def applications():
  """The programs that show something: a node each."""
  return Node('org.a11y.atspi.Registry', ROOT).children


def process_of(node):
  """The process id behind a node."""
  return bus().call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus',
                    'GetConnectionUnixProcessID', GLib.Variant('(s)', (node.bus_name,)))[0]


def dump(node, out):
  """Writes the tree below node as indented lines, for the eyes of whoever looks at a failed test."""
  rows = {}
  order = []
  for found, role, name, depth in node.walk():
    rows.setdefault(found.parent, []).append((found, role, name))
    order.append(found)

  def write(parent, depth):
    for found, role, name in rows.get(parent, []):
      text = ''
      try:
        if role in ('entry', 'text', 'label', 'password'):
          text = found.text
      except Gone:
        pass
      shown = f' "{name}"' if name else ''
      out.write(f'{"  " * depth}{role}{shown}{f" [{text}]" if text and text != name else ""}\n')
      write(found, depth + 1)

  write(node, 0)
