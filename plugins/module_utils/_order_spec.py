# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that describe one wanted certificate, for the modules and for the role's list of orders.

Imports nothing: the role's filters read it in every process that Ansible forks.
"""

from __future__ import annotations

from typing import Any

CONTACT = (
    "chamber_of_commerce",
    "company_name",
    "department",
    "address",
    "zip_code",
    "city",
    "approver_first_name",
    "approver_last_name",
    "approver_email_address",
    "approver_phone_number",
)


def order_spec() -> dict[str, Any]:
    """Options that describe one wanted certificate (doc fragment certops.resello.order)."""

    text = {"type": "str"}
    return {
        "client_reference": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "plan": dict(text),
        "names": {"type": "list", "elements": "str"},
        "csr_path": {"type": "path"},
        "csr_content": dict(text),
        "certificate_path": {"type": "path"},
        "certificate_content": dict(text),
        "dcv_type": {"type": "str", "choices": ["EMAIL", "FILE", "DNS"]},
        "validation_level": {"type": "str", "choices": ["dv", "ov", "ev"], "default": "dv"},
        "contact": {"type": "dict", "options": {name: dict(text) for name in CONTACT}},
        "renew_before": dict(text),
        "reissue_after": dict(text),
        "adopt": dict(text),
        "beside": {"type": "list", "elements": "str", "default": []},
        "force": {"type": "bool", "default": False},
        "only_if_younger_than": {"type": "int"},
        "wait_at_most": {"type": "int"},
        "recreate": {
            "type": "list",
            "elements": "str",
            "choices": ["expired", "failed", "cancelled", "revoked"],
            "default": ["expired"],
        },
        "auto_renew": {"type": "str", "choices": ["respect", "ignore"], "default": "respect"},
        "paid_until": dict(text),
        "paid_until_checked": dict(text),
        "names_fit_plan": {"type": "bool", "default": False},
        "ee_reference_order_id": dict(text),
    }


def listed_order_spec() -> dict[str, Any]:
    """The same for one order of a list, with what its hosts hold and remember of it."""

    return {
        **order_spec(),
        "lost_key": {"type": "str", "choices": ["block", "reissue"], "default": "block", "no_log": False},
        "observed": {"type": "dict"},
    }
