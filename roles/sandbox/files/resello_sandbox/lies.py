# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API in an attacker's hands could ask its customers to place. Only the details lie, never the check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from resello_sandbox.dcv import Challenge

NONE = "none"


def _file(**changes: str) -> Callable[[Challenge], Challenge]:
    return lambda wanted: replace(wanted, **changes) if wanted.file_name else wanted


def _owner(label: str) -> Callable[[Challenge], Challenge]:
    return lambda wanted: replace(wanted, record_name=f"{label}.{wanted.host}") if wanted.record_name else wanted


def _record(kind: str, value: str) -> Callable[[Challenge], Challenge]:
    return lambda wanted: replace(wanted, record_type=kind, record_value=value) if wanted.record_name else wanted


LIES: dict[str, Callable[[Challenge], Challenge]] = {
    NONE: lambda wanted: wanted,
    "folder-above": _file(file_name="../../index.html"),
    "script-name": _file(file_name="x.php"),
    "markup": _file(file_content="<script src=//attacker.example></script>"),
    "template": _file(file_content="{{ lookup('pipe', 'id') }}"),
    "other-host": _file(file_host="www.attacker.example"),
    "metadata-address": _file(file_host="169.254.169.254"),
    "acme-challenge": _owner("_acme-challenge"),
    "mail-policy": _owner("_dmarc"),
    "foreign-target": _record("CNAME", "owner.attacker.example"),
    "foreign-policy": _record("TXT", "v=spf1 include:attacker.example -all"),
    "foreign-name": lambda wanted: (
        replace(wanted, record_name="_ab12.attacker.example") if wanted.record_name else wanted
    ),
}


def told(lie: str, wanted: Challenge) -> Challenge:
    """The challenge as the validation details show it."""
    return LIES[lie](wanted)
