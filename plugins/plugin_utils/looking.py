# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host of a play has to say before anything else: its orders, and what it wants for the whole run."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.parsing.convert_bool import boolean

from .orders import OrderConflictError
from .own_orders import own_orders
from .role_variables import RoleVariables
from .run_options import comparable


def look(
    variables: RoleVariables,
    evaluate: Callable[[Any], Any],
    *,
    host: str,
    play_hosts: Sequence[str],
    limited: bool,
) -> dict[str, Any]:
    """``items`` that the host serves, the ``digest`` of its list, and ``run_wide`` variables as text.

    Raises OrderConflictError, for people, for variables that cannot be used.
    """

    services, defaults = variables["services"], variables["defaults"]
    own = [one["name"] for one in services if isinstance(one, Mapping)] if isinstance(services, list) else []
    found = own_orders(
        variables.raw("orders"),
        evaluate,
        defaults=defaults if isinstance(defaults, Mapping) else {},
        host=host,
        play_hosts=play_hosts,
        services=[*variables["service_presets"], *own],
        wrong_variables=variables.mistyped(),
    )
    _refuse_keystores(found.items, variables)
    partial = boolean(variables.get("partial_inventory"), strict=False)
    if limited or partial:
        _refuse_to_guess(found.items, "--limit" if limited else "ssl_certificate_partial_inventory")
    return {"items": found.items, "digest": found.digest, "run_wide": comparable(variables.run_wide())}


def _refuse_keystores(items: Sequence[dict[str, Any]], variables: RoleVariables) -> None:
    """A keystore without a passphrase could not be made, and the certificate would be bought all the same."""

    for item in items:
        wanted = item.get("pkcs12")
        if wanted is not None and not wanted.get("passphrase_path") and not variables.get("pkcs12_passphrase"):
            raise OrderConflictError(
                f"{item['name']} in ssl_certificate_orders has pkcs12, and its keystore has no passphrase. Nothing was "
                "changed or ordered. Set ssl_certificate_pkcs12_passphrase, or passphrase_path in its pkcs12."
            )


def _refuse_to_guess(items: Sequence[dict[str, Any]], why: str) -> None:
    for item in items:
        if not item["hosts_named"]:
            raise OrderConflictError(
                f"Under {why} the other hosts of {item['name']} are not known. Name all of them in 'hosts'. Nothing "
                "was changed."
            )
