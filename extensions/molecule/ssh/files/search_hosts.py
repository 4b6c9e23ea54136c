# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search folders of hosts for the credentials of the sandbox and for a private key outside its own place.

    search_hosts.py --connection CONNECTION.json --key PRIVKEY.pem FOLDER ...

Prints how much was looked at; exits with 1 and the places if something was found, and if nothing was there to be seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ansible_collections.certops.resello.tests.support.secrets_search import SecretsSearch, private_key_parts

CREDENTIALS = ("api_key", "api_client_secret", "control_token")


def main() -> int:
    """Return 0 if the hosts hold no secret that is not theirs."""
    parser = argparse.ArgumentParser(description="Search folders of hosts for secrets.")
    parser.add_argument("--connection", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    connection = json.loads(options.connection.read_text())
    folders = [folder.expanduser() for folder in options.folders]
    keys_own_places = [place for folder in folders for place in folder.glob("*/certificates")]
    secrets = SecretsSearch({name: connection[name] for name in CREDENTIALS})
    key = SecretsSearch({"private key": private_key_parts(options.key.read_text())})
    harmless = SecretsSearch({"ciphertext on its way": "-----BEGIN CMS-----", "module": "ssl_certificate_install"})
    for folder in folders:
        secrets.folder(folder)
        key.folder(folder, leave_out=keys_own_places)
        harmless.folder(folder, leave_out=keys_own_places)
    own = SecretsSearch({"private key": private_key_parts(options.key.read_text())})
    for place in keys_own_places:
        own.folder(place)
    seen = {word: sum(found.startswith(word) for found in harmless.found) for word in ("ciphertext", "module")}
    report = {"looked": dict(secrets.looked), "seen": seen, "key in its own places": len(own.found)}
    sys.stdout.write(json.dumps({**report, "found": secrets.found + key.found}) + "\n")
    return 0 if all([*seen.values(), own.found]) and not secrets.found + key.found else 1


if __name__ == "__main__":
    sys.exit(main())
