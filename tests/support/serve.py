# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real servers of one host for scenarios: python -m ansible_collections.certops.resello.tests.support.serve DO FILE

FILE is JSON: the host's `folder` and `address`, and `servers`, each with `kind`, `name`, `port`, `sites` (a folder for
each DNS name) and `options` of the kind. It may be `dead` (configured and never started), have options of the `service`
of its own, and a command that its test and its reload run `through`, with the word test or reload. DO is

describe    print the option `services` of ssl_certificate_install for them
start       start those that do not run
stop        stop those that run
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.services import Apache, Haproxy, Nginx, Postfix, Server, Site

KINDS: dict[str, type[Server]] = {kind.name: kind for kind in (Nginx, Apache, Haproxy, Postfix)}


def server(host: Mapping[str, Any], entry: Mapping[str, Any]) -> Server:
    """Return one server of a host."""
    sites = [Site(name, Path(folder)) for name, folder in entry["sites"].items()]
    folder = Path(host["folder"]) / entry["name"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    options = entry.get("options") or {}
    return KINDS[entry["kind"]](folder, sites, address=host["address"], port=entry["port"], **options)


def described(one: Server, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry for the option `services`."""
    service = {**one.service, "name": entry["name"]}
    if entry.get("through"):
        service["validate_command"] = [*entry["through"], "test", *service["validate_command"]]
        service["reload_command"] = [*entry["through"], "reload", *service["reload_command"]]
    return {**service, **(entry.get("service") or {})}


def main(do: str, file: str) -> None:
    """Do it for all servers of the file."""
    host = json.loads(Path(file).read_text(encoding="utf-8"))
    servers = [(server(host, entry), entry) for entry in host["servers"]]
    if do == "describe":
        json.dump([described(*both) for both in servers], sys.stdout)
    for one, entry in servers:
        if do == "start" and entry.get("dead"):
            one.configure()
        elif do == "start" and not one.pid:
            one.start()
        elif do == "stop":
            one.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
