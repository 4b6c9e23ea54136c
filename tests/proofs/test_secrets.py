# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials of the API and of DNS providers in runs of the whole role that say and keep all they can.

At -vvvvv, with ANSIBLE_DEBUG=1 and ANSIBLE_KEEP_REMOTE_FILES=1. Searched: the output, the log, the cache of facts,
temporary and home folders of controller and host with all files that carry modules, the host's certificate folder, and
the arguments of all processes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Played
from ansible_collections.certops.resello.tests.proofs.conftest import GROUP, HOST, World
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns
from ansible_collections.certops.resello.tests.support.secrets_search import (
    LOUDEST,
    ArgumentWatch,
    SecretsSearch,
    loud_settings,
)

MAIL: dict[str, Any] = {"name": "mail", "names": ["mail.shop.example"], "plan": "PositiveSSL", "dcv_type": "DNS"}
BASIC = ("api_username", "api_key")
OPENID = ("api_token_url", "api_client_id", "api_client_secret", "api_realm")


@pytest.fixture
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    server = PowerDns(tmp_path_factory.mktemp("powerdns"))
    server.start()
    try:
        server.make_zone("shop.example", [("mail.shop.example", "A", 60, ["127.0.0.1"])])
        yield server
    finally:
        server.stop()


def loud(
    world: World, *, credentials: tuple[str, ...], by: str, plan: str = MAIL["plan"], **variables: Any
) -> tuple[Played, SecretsSearch]:
    """Run the role for one order; return how it ended and the search, which has looked everywhere.

    Secrets come as users give them: from a file of variables, which is not searched, or from the environment.
    """
    left = world.control.folder / "left"
    world.control.inventory({"web1": {**HOST, "ansible_remote_tmp": str(left / "web1")}})
    account = {name: str(world.sandbox.info[name]) for name in ("api_url", *credentials)}
    play = world.playbook({**MAIL, "plan": plan}, **variables)
    play |= {"gather_facts": True, "gather_subset": ["!all", "!min", "python"]}  # there is something in the cache then
    dns = play["roles"][0]["vars"].pop("ssl_certificate_dns_secret")
    environment, vault = loud_settings(left), world.control.folder / "vault.json"
    arguments: list[str] = []
    if by == "environment":
        environment |= {f"RESELLO_{name.upper()}": text for name, text in {**account, "dns_secret": dns}.items()}
        play["module_defaults"] = {}
    else:
        play["module_defaults"] = {GROUP: {name: f"{{{{ vault_{name} }}}}" for name in account}}
        play["roles"][0]["vars"] |= {"ssl_certificate_dns_secret": "{{ vault_dns }}"}
        vault.write_text(json.dumps({f"vault_{name}": text for name, text in {**account, "dns": dns}.items()}))
        arguments = ["-e", f"@{vault}"]
    with ArgumentWatch() as watch:
        played = world.control.play([play], LOUDEST, *arguments, environment=environment)
    vault.unlink(missing_ok=True)
    secrets = {name: account[name] for name in ("api_key", "api_client_secret") if name in account}
    return played, searched(world, played, watch, {**secrets, "dns": dns.rpartition("auth_token=")[2]})


def searched(world: World, played: Played, watch: ArgumentWatch, secrets: Mapping[str, str]) -> SecretsSearch:
    search = SecretsSearch(secrets)
    look_everywhere(search, world, played, watch)
    # The same search finds what is no secret, everywhere: it looks where there is something to see.
    harmless = SecretsSearch({"name": "mail.shop.example", "module": "AnsiballZ_ssl_certificate"})
    look_everywhere(harmless, world, played, watch)
    for place in ("name in output", "name in left/ansible.log", "module in arguments of ", "name in left/web1/"):
        assert any(found.startswith(place) for found in harmless.found), place
    assert any("AnsiballZ_ssl_certificates.py" in found for found in harmless.found)
    assert list((world.control.folder / "left" / "facts").iterdir())
    return search


def look_everywhere(search: SecretsSearch, world: World, played: Played, watch: ArgumentWatch) -> None:
    search.text("output", played.output)
    search.folder(world.control.folder)
    search.arguments(watch.seen)


@pytest.mark.parametrize("by", ["variables", "environment"])
@pytest.mark.parametrize("credentials", [BASIC, OPENID], ids=["basic", "openid"])
def test_credentials_of_the_api_and_a_tsig_key(
    world: World, credentials: tuple[str, ...], by: str, capfd: pytest.CaptureFixture[str]
) -> None:
    played, search = loud(world, credentials=credentials, by=by)
    assert (played.rc, world.charges()) == (0, 1), played.output[-3000:]
    assert world.current("mail").exists()
    tell(search, capfd)


def test_the_token_of_a_dns_provider(world: World, powerdns: PowerDns, capfd: pytest.CaptureFixture[str]) -> None:
    world.sandbox.settings(nameservers=[f"127.0.0.1:{powerdns.port}"])
    variables = {
        "ssl_certificate_preflight": False,  # this zone is in no tree
        "ssl_certificate_dcv_timeout": 2,
        "ssl_certificate_dns": {
            "provider": "lexicon",
            "lexicon_provider": "powerdns",
            "settings": {"pdns_server": powerdns.url},
            "zones": ["shop.example"],
        },
        "ssl_certificate_dns_secret": f"auth_token={powerdns.api_key}",
    }
    # A plan that is validated by TXT: Lexicon's provider adds the zone to the target of a CNAME.
    played, search = loud(world, credentials=BASIC, by="variables", plan="RapidSSL", **variables)
    assert (played.rc, world.charges()) == (0, 1), played.output[-3000:]
    tell(search, capfd)


def tell(search: SecretsSearch, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        print(f"\nsearched for secrets: {dict(search.looked)}, found: {len(search.found)}")  # noqa: T201 - said aloud
    assert search.found == []
