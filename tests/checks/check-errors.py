#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No failure is swallowed, and each ends in one place.

- Whoever calls what may fail takes the error: NULL for it stands in errors-allow.txt, with the reason.
- Asynchronous work is finished: a callback of NULL stands there too.
- In the app an error's own words, which are English, go to the error desk and nowhere else.
- The app and the client log failures through the desk alone, once.
- Each operation of the table is told somewhere.

An exception is a line of errors-allow.txt: a path, a function, then #, then the reason.
"""

import os
import re

import lscheck

# What of the libraries in use may fail, where the error is the last argument.
LIBRARY = re.compile(
  r'^(g_file_(get_contents|set_contents\w*|open_tmp|read_link|load_contents|replace\w*|delete|move|copy|query_info'
  r'|enumerate_children|make_directory\w*|read|create|append\w*)|g_dir_(open|make_tmp)|g_mapped_file_new\w*'
  r'|g_spawn_\w*sync\w*|g_shell_parse_argv|g_option_context_parse\w*|g_key_file_(load_\w+|get_\w+|save_to_file|to_data)'
  r'|g_uri_(parse\w*|split\w*|build_with_user_checked|is_valid|resolve_relative|parse_params)'
  r'|g_ascii_string_to_(un)?signed|g_regex_(new|replace\w*|match_full)|g_convert\w*|g_locale_\w+|g_filename_(to|from)_\w+'
  r'|g_time_zone_new_checked|g_variant_parse|g_bookmark_file_\w+|g_unix_\w+|g_subprocess_(wait\w*'
  r'|communicate\w*)|g_(input|output|io)_stream_\w+|g_data_(input|output)_stream_\w+|g_converter_\w+|g_socket_(new\w*|bind'
  r'|listen|accept|connect|receive\w*|send\w*|shutdown|close|get_\w+address|join_\w+|condition_timed_wait|set_option'
  r'|get_option|check_connect_result)|g_socket_(listener|client|service)_\w+|g_resolver_\w+|g_tls_\w+|g_dbus_\w+|g_bus_\w+'
  r'|g_initable_\w+|g_application_register|g_action_parse_detailed_name|g_loadable_icon_\w+|g_app_info_\w+|g_settings_schema_\w+'
  r'|soup_(server_(listen\w*|accept_iostream\w*)|session_\w+|websocket_\w+)|secret_\w+_finish|gtk_file_chooser_set_\w+'
  r'|gdk_(texture_new_from_\w+|pixbuf_\w+|clipboard_\w+_finish)|g_\w+_finish)$')
# Of those that are not meant: they can't fail, or the last argument is something else.
NOT_MEANT = re.compile(
  r'(_async|_new_source|_set_\w+|_get_type|_(get|is|has|add|clear|create)_(base_stream|source|flags|uri|fd|closed|pending|local\w*'
  r'|remote\w*|timeout|tls\w*|certificate\w*|connection|socket|state|protocol\w*|path|max\w*|keepalive\w*|origin|value)'
  r'|g_(input|output)_stream_(is|has|set|clear)_\w+|g_io_stream_(get|is|has|set|clear)_\w+|g_file_(get_path|new\w*|get_uri)'
  r'|soup_websocket_connection_\w+|soup_session_(new\w*|abort|add\w*|get\w*|set\w*|has\w*)|g_socket_(get_fd|set_\w+|is_\w+)'
  r'|g_unix_(socket_address\w*|connection\w*|signal\w*|mount\w*|is_\w+|input_stream_new|output_stream_new|fd_add\w*|fd_list_new)'
  r'|g_tls_(certificate_get\w*|backend_get\w*|connection_(get|set)\w*)|g_uri_build|g_dbus_(message|connection_get|proxy_get)\w*'
  r'|g_regex_(ref|unref)|g_socket_(listener|client|service)_(new|set\w*|start|stop|add_timeout|is\w*|close)'
  r'|g_app_info_get\w*|secret_(value|schema)\w*|gdk_pixbuf_get\w*|g_settings_schema_(get|has|list|key|ref|unref)\w*'
  r'|g_convert(er)?_(reset|unref)|g_resolver_get_default|g_data_(input|output)_stream_(new|get|set)\w*)$')

# Where the error is not the last argument.
PLACES = {'g_subprocess_new': 1, 'g_subprocess_launcher_spawn': 1}
CALL = re.compile(r'\b(\w+) \(')
OWN_ASYNC = re.compile(r'\bls_\w+_async \(')
ERROR_WORDS = re.compile(r'\berror->message\b|\bfailure->message\b')
LOGS = re.compile(r'\bg_(message|warning|critical|info) \(')
OPERATIONS = re.compile(r'\bLS_OPERATION_[A-Z_]+\b')
FOLDERS = ('src/core/', 'src/sql/', 'src/client/', 'src/server/', 'src/app/')


def arguments(code, start):
  """The arguments of the call whose parenthesis opens before start, and where it ends."""
  depth, last, found = 1, start, []
  for index in range(start, len(code)):
    character = code[index]
    if character in '([{':
      depth += 1
    elif character in ')]}':
      depth -= 1
    if depth == 0 or (depth == 1 and character == ','):
      found.append(code[last:index].strip())
      last = index + 1
    if depth == 0:
      return found, index
  return found, len(code)


def may_fail(code):
  """The functions with a GError ** among their parameters: name -> its place."""
  places = {}
  for match in re.finditer(r'\b(\w+)\s*\(', code):
    parameters, _ = arguments(code, match.end())
    for place, parameter in enumerate(parameters):
      if re.fullmatch(r'GError\s*\*\*\s*\w*', parameter):
        places[match[1]] = place
  return places


def read_allowed(path):
  allowed, wrong = {}, []
  if not os.path.exists(path):
    return allowed, wrong
  with open(path, encoding='utf-8') as lines:
    for number, line in enumerate(lines, 1):
      if not line.strip() or line.startswith('#'):
        continue
      what, _, reason = line.partition('#')
      words = what.split()
      if len(words) == 2 and reason.strip():
        allowed[tuple(words)] = number
      else:
        wrong.append(f'tests/checks/errors-allow.txt:{number}: wants a path, a function, and the reason after #')
  return allowed, wrong


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('errors')
  allowed, wrong = read_allowed(os.path.join(tree.root, 'tests/checks/errors-allow.txt'))
  shared = {}
  for path in tree.find(*FOLDERS, ext=('.h',)):
    shared |= may_fail(lscheck.c_code(tree.read(path)))
  used = set()

  def unless_allowed(findings, path, line, function, words):
    if (path, function) in allowed:
      used.add((path, function))
    else:
      findings.append(f'{path}:{line}: {words}')

  ignored, dropped, spoken, logged = [], [], [], []
  told = set()
  for path in tree.find(*FOLDERS, ext=('.c',)):
    code = lscheck.c_code(tree.read(path))
    own = shared | may_fail(code)
    for line, match in lscheck.grep(code, CALL):
      name = match[1]
      place = own.get(name, PLACES.get(name))
      is_library = place is None and LIBRARY.match(name) and not NOT_MEANT.search(name)
      if place is None and not is_library:
        continue
      given, _ = arguments(code, match.end())
      at = place if place is not None else len(given) - 1
      if at < len(given) and given[at] == 'NULL':
        unless_allowed(ignored, path, line, name, f'{name} may fail, and nobody looks why')
    for line, match in lscheck.grep(code, OWN_ASYNC):
      given, _ = arguments(code, match.end())
      if len(given) > 2 and given[-1] == 'NULL' and given[-2] == 'NULL':
        unless_allowed(dropped, path, line, match[0][:-2], f'{match[0][:-2]} is begun, and nobody hears how it ends')
    if path.startswith('src/app/'):
      for line, match in lscheck.grep(code, ERROR_WORDS):
        unless_allowed(spoken, path, line, match[0], 'the words of an error are for the log: tell the error desk')
    if path.startswith(('src/app/', 'src/client/')):
      for line, match in lscheck.grep(code, LOGS):
        given, _ = arguments(code, match.end())
        if any('message' in argument for argument in given[1:]):
          unless_allowed(logged, path, line, match[0][:-2], 'failures are logged by the error desk alone')
      if not path.endswith('ls-operation.c'):
        told.update(OPERATIONS.findall(code))

  table = tree.read('src/client/ls-operation.c') if 'src/client/ls-operation.c' in tree.paths else ''
  operations = re.findall(r'\[(LS_OPERATION_[A-Z_]+)\]', lscheck.c_code(table))

  report.rule('every exception has a reason', wrong)
  report.rule('errors are looked at', ignored)
  report.rule('what is begun is heard of', dropped)
  report.rule('the app words errors in one place', spoken)
  report.rule('failures are logged in one place', logged)
  report.rule('every operation is told', [
    f'src/client/ls-operation.c:1: {name} is told nowhere' for name in operations if name not in told
  ])
  report.rule('exceptions are still needed', [
    f'tests/checks/errors-allow.txt:{number}: {" ".join(what)} is not needed' for what, number in allowed.items()
    if what not in used
  ])
  report.end()


if __name__ == '__main__':
  main()
