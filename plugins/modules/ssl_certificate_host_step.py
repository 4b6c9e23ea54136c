#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_host_step
short_description: Do on a host what a run of the role asks of it
version_added: 1.0.0
description:
  - A step of the role certops.resello.ssl_certificate, and of no use outside it. Tasks of your own use
    M(certops.resello.ssl_certificate_host_info), M(certops.resello.ssl_certificate_prepare) and
    M(certops.resello.ssl_certificate_install), which this one calls.
  - It takes its options from variables of the role, and from what M(certops.resello.ssl_certificate_worksheet) worked
    out for this host. A host that has nothing to do skips the step.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
attributes:
  action:
    description: Runs on the controller and calls modules on the host.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Where the modules run.
    platforms: posix
    support: full
options:
  step:
    description:
      - V(observe) evaluates the orders of this host, observes what it holds of them, and makes placeholders that are
        missing.
      - V(placeholder) is the same, and fails if one of them could not be made.
      - V(next) does what the worksheet asks of this host.
      - V(finish) is the same at the end of the run. It fails for what went wrong on this host.
    type: str
    choices: [observe, placeholder, next, finish]
    required: true
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_worksheet
"""

EXAMPLES = r"""
- name: Observe certificates, keys and CSRs of this host
  certops.resello.ssl_certificate_host_step:
    step: observe
  register: ssl_certificate__looked

- name: Do what the sheet asks of this host
  certops.resello.ssl_certificate_host_step:
    step: next
  register: ssl_certificate__answer
"""

RETURN = r"""
items:
  description: The orders that this host serves, with defaults filled in.
  returned: O(step=observe)
  type: list
  elements: dict
  sample: [{name: shop, names: [shop.example.com], hosts: [web1]}]
modules:
  description: The modules that this step has started on the host.
  returned: always
  type: list
  elements: str
  sample: [certops.resello.ssl_certificate_host_info]
observed:
  description: What modules found on the host, see RV(certops.resello.ssl_certificate_host_info#module:certificates).
  returned: when something was found
  type: list
  elements: dict
  sample: []
"""
