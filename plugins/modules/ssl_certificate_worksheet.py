#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_worksheet
short_description: Work out what a run of the role does next
version_added: 1.0.0
description:
  - A step of the role certops.resello.ssl_certificate, and of no use outside it.
  - It runs once, on the controller, after all hosts have answered. From what they and the API have answered so far it
    works out what each host does next, and in the end the report. It calls nothing and changes nothing.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
attributes:
  action:
    description: Runs on the controller.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
    details: Nothing is changed.
  idempotent:
    support: full
  platform:
    description: Where the module runs.
    platforms: posix
    support: full
options:
  stage:
    description: Where the run stands.
    type: str
    choices:
      - gather
      - plan
      - request
      - seal
      - unseal
      - order
      - record
      - ask_again
      - prove
      - note
      - place
      - settle
      - remove
      - forget
      - wave
      - hook
      - report
    required: true
    version_added: 1.0.0
  entry:
    description: The entry point of the role. Taken with O(stage=gather).
    type: str
    choices: [main, issue, deploy]
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_host_step
"""

EXAMPLES = r"""
- name: Gather the orders of all hosts
  certops.resello.ssl_certificate_worksheet:
    stage: gather
    entry: main
  run_once: true
  register: ssl_certificate__sheet
"""

RETURN = r"""
hosts:
  description: The hosts that have something to do, each with its part of the sheet as text.
  returned: always
  type: dict
  sample: {web1: '{"run": "run-1", "number": 0}'}
lines:
  description: The report for people.
  returned: O(stage=report)
  type: list
  elements: str
  sample: ["shop: issued, none, valid until 2027-05-19T00:00:00Z"]
summary:
  description: The report for jobs, which is in their statistics as C(ssl_certificate_report).
  returned: O(stage=report)
  type: dict
  sample: {bought: [shop]}
"""
