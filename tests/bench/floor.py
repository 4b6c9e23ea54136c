# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor: a bare script that makes the same requests and parses the same files, and nothing else.

Started as `floor.py API_URL USER KEY LIST`, where LIST is a JSON file with the certificates of the module.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import requests
from cryptography import x509

PAGE = 100


def orders(api_url: str, user: str, key: str) -> dict[str, str]:
    """The state of every order by its reference."""
    found: dict[str, str] = {}
    with requests.Session() as session:
        session.auth = (user, key)
        session.trust_env = False
        session.get(f"{api_url}/ssl-certificate-plan", timeout=60).raise_for_status()
        while True:
            options: dict[str, str | int] = {"limit": PAGE, "offset": len(found)}
            answer = session.get(f"{api_url}/ssl-certificate", params=options, timeout=60)
            answer.raise_for_status()
            rows = answer.json()["result"]
            found.update((row["client_reference"], row["status"]) for row in rows)
            if len(rows) < PAGE:
                return found


def main() -> None:
    """Write how many are issued and how many of the local certificates were read."""
    api_url, user, key, items = sys.argv[1:]
    states = orders(api_url, user, key)
    wanted = json.loads(Path(items).read_text(encoding="utf-8"))["certificates"]
    ends = [
        x509.load_pem_x509_certificate(Path(item["certificate_path"]).read_bytes()).not_valid_after_utc
        for item in wanted
        if states.get(item["client_reference"]) == "active"
    ]
    sys.stdout.write(f"{len(ends)} {min(ends)}\n")


if __name__ == "__main__":
    main()
