# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of the role pass to each other: what hosts hold and remember of an order, and which step runs.

There are two options without documented content, `observed` of an item and `role_step` of a run. They are checked here.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._errors import ConfigurationError

RECORD_KINDS = ("intent", "evidence", "seen", "placed", "deployed", "hosts")
ABSENCES = ["unreachable", "failed", "order_unknown", "not_in_play", "not_in_inventory"]

HOST: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "answered": {"type": "bool", "default": True},
    "absence": {"type": "str", "choices": ABSENCES, "default": "unreachable"},
    "listed": {"type": "bool", "default": True},
    "public_keys": {"type": "list", "elements": "str", "no_log": False},
    "certificate_content": {"type": "str"},
    "certificate_needed": {"type": "bool", "default": False},
    "records": {"type": "dict", "options": {kind: {"type": "str"} for kind in RECORD_KINDS}},
    "config_test_passes": {"type": "bool"},
}
# ``named``: somebody wrote the list of hosts. A list derived from the hosts of a play may be incomplete. ``checked``:
# the hosts may remember the list. A mistyped list would count as a changed one.
OBSERVED: dict[str, Any] = {
    "hosts": {"type": "list", "elements": "dict", "options": HOST},
    "named": {"type": "bool", "default": True},
    "checked": {"type": "bool", "default": True},
}
# ``run_id``: the run whose plan the hosts wrote down; a call is made only under it. ``follow_only``: a later task of
# the same run, which must not repeat what the first task was refused.
STEP: dict[str, Any] = {"run_id": {"type": "str"}, "follow_only": {"type": "bool", "default": False}}


def with_observed(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item with what was observed as its own options. Raises ConfigurationError."""

    seen = _checked("observed", OBSERVED, item.get("observed"))
    return {
        "lost_key": "block",
        **item,
        "hosts": seen["hosts"],
        "hosts_named": seen["named"],
        "hosts_checked": seen["checked"],
    }


def step_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``run_id`` and ``follow_only``. Raises ConfigurationError."""

    return _checked("role_step", STEP, params.get("role_step"))


def _checked(option: str, spec: dict[str, Any], value: Mapping[str, Any] | None) -> dict[str, Any]:
    found = ArgumentSpecValidator(spec).validate(dict(value or {}))
    if found.error_messages:
        raise ConfigurationError(
            option=option,
            problem="; ".join(found.error_messages),
            remedy="Leave it out. The role certops.resello.ssl_certificate sets it.",
        )
    return dict(found.validated_parameters)
