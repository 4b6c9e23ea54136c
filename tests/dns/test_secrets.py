# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secret of a provider in a real run at -vvvvv with ANSIBLE_DEBUG=1: not shown, in no argument, in no file left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.dns.conftest import SHOP
from ansible_collections.certops.resello.tests.dns.keeper import MODULE, Keeper, cname, txt
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns
from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.secrets_search import (
    LOUDEST,
    ArgumentWatch,
    SecretsSearch,
    loud_settings,
)

# As the role runs its tasks on the controller.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def play(
    folder: Path,
    options: dict[str, object],
    secrets: Mapping[str, str],
    *,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run one task in a playbook; return its exit code and output, after a search for the secrets everywhere."""
    secret = options.pop("secret", None)
    variables = folder / "variables.json"
    variables.write_text(json.dumps({"vault_secret": secret}))
    task = {f"certops.resello.{MODULE}": {**options, **({"secret": "{{ vault_secret }}"} if secret else {})}}
    tasks = [{"name": "Place", **task, "register": "dcv"}, {"name": "Show", "ansible.builtin.debug": {"var": "dcv"}}]
    whole = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": LOCAL,
        "vars_files": ["variables.json"],
        "tasks": tasks,
    }
    (folder / "play.yml").write_text(json.dumps([whole]))
    own = {"ANSIBLE_COLLECTIONS_PATH": python_path(), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
    with ArgumentWatch() as watch:
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", LOUDEST, "play.yml"],
            cwd=folder,
            env={**kept, **own, **loud_settings(folder / "left"), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
    variables.unlink()
    assert any(b"AnsiballZ_" in arguments for arguments in watch.seen)  # the module itself was seen
    search = SecretsSearch(secrets)
    search.text("output", done.stdout)
    search.folder(folder)
    search.arguments(watch.seen)
    assert search.found == []
    return done.returncode, done.stdout


@pytest.mark.parametrize("by_environment", [False, True])
def test_the_secret_of_a_tsig_key(bind: Keeper, tmp_path: Path, by_environment: bool) -> None:
    wanted = [txt(SHOP), cname(f"_5c1f.{SHOP}"), cname(f"_elsewhere.{SHOP}")]
    options = bind.arguments("present", wanted)
    environment = {}
    if by_environment:
        environment["RESELLO_DNS_SECRET"] = options.pop("secret")
    code, output = play(tmp_path, options, {"key": bind.key_secret}, environment=environment)
    assert code == 2 and "1 of 3 records failed" in output
    bind.run("absent", wanted[:2])


@pytest.mark.parametrize("right", [True, False])
def test_the_token_of_an_api(powerdns: PowerDns, tmp_path: Path, right: bool) -> None:
    token = powerdns.api_key if right else "wrong-" + powerdns.api_key
    options = {
        "provider": "lexicon",
        "lexicon_provider": "powerdns",
        "settings": {"pdns_server": powerdns.url},
        "secret": f"auth_token={token}\nauth_username=nobody-at-all",
        "zones": [SHOP],
        "timeout": 60,
        "records": [txt(SHOP)],
    }
    code, output = play(tmp_path, dict(options), {"token": token, "user": "nobody-at-all"})
    assert code == (0 if right else 2), output[-3000:]
    if right:
        Keeper("127.0.0.1", 53, "", "", {**options, "server": None, "key_name": None}).run("absent", [txt(SHOP)])
