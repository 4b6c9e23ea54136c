# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host of a play has to say before anything else: its orders, and what it wants for the whole run."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._host.switch.service_presets import PRESETS
from .item_spec import OF_ONE_ORDER
from .items import Around
from .own_orders import own_orders
from .role_variables import RoleVariables, VariableError
from .run_options import comparable


def look(
    variables: RoleVariables,
    evaluate: Callable[[Any], Any],
    *,
    host: str,
    play_hosts: Sequence[str],
    limited: bool,
) -> dict[str, Any]:
    """``items`` that the host serves, those that are ``wrong``, the ``digest`` of its list, ``run_wide`` variables.

    Raises VariableError, for people, for variables that cannot be used.
    """

    variables.refuse_unusable()
    defaults = variables["defaults"] or {}
    _refuse_shared_identity(defaults)
    partial = boolean(variables.get("partial_inventory"), strict=False)
    around = Around(
        host=host,
        play_hosts=play_hosts,
        services=[*PRESETS, *(one["name"] for one in variables["services"] or ())],
        root=str(variables["root"]),
        has_passphrase=bool(variables.get("pkcs12_passphrase")),
        cut_by="--limit" if limited else "ssl_certificate_partial_inventory" if partial else "",
    )
    found = own_orders(variables.raw("orders"), evaluate, defaults=defaults, around=around)
    return {
        "items": found.items,
        "wrong": found.wrong,
        "digest": found.digest,
        "run_wide": comparable(variables.run_wide()),
    }


def _refuse_shared_identity(defaults: Mapping[str, Any]) -> None:
    shared = [option for option in OF_ONE_ORDER if defaults.get(option) is not None]
    if shared:
        raise VariableError(
            f"ssl_certificate_defaults has {' and '.join(shared)}, which belong to one order and would hold for all of "
            "them. Nothing was ordered. Give them to their item in ssl_certificate_orders."
        )
