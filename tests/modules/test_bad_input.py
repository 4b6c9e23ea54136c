# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of bad input gets one line that names the option, the value and the remedy, before anything is bought.

    pytest tests/modules/test_bad_input.py -s

prints the whole table as Markdown.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.certops.resello.tests.modules.plays import Control, action_group
from ansible_collections.certops.resello.tests.modules.shop import Shop, Site
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.run_module import run_module
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

NOTHING = "nothing"
READS = "reads only"
Options = Callable[[Shop], dict[str, Any]]
Table = list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One kind of bad input: ``options`` make it, and every one of ``says`` must be in the message."""

    title: str
    options: Options
    says: tuple[str, ...]
    module: str = "ssl_certificate"
    sends: str = NOTHING
    environment: dict[str, str] = field(default_factory=dict)
    silent_about: tuple[str, ...] = ()


def item(**changes: Any) -> Options:
    """A sound item with some options changed; None leaves one out."""
    return lambda shop: shop.item(**changes)


def written(text: str | bytes, **changes: Any) -> Options:
    """A sound item whose csr_path has this content."""

    def make(shop: Shop) -> dict[str, Any]:
        path = shop.folder / "given.csr"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return shop.item(csr_path=str(path), **changes)

    return make


def with_key(kind: str, bits: int) -> str:
    return pki.pem(pki.new_csr(pki.new_key(kind, bits), "shop.example.com", ["shop.example.com"]))


def named(common_name: str | None, *names: str) -> str:
    return pki.pem(pki.new_csr(pki.new_key(), common_name, names))


def many(*changes: dict[str, Any]) -> Options:
    return lambda shop: {"certificates": [shop.item(**change) for change in changes]}


def without(missing: str, level: str) -> Options:
    """A sound OV or EV item but for one of its fields."""
    fields = ("chamber_of_commerce", "department", "approver_first_name", "approver_last_name")
    return item(validation_level=level, **{name: "x" for name in fields if name != missing})


def validated(*entries: dict[str, Any], **changes: Any) -> Options:
    return lambda _shop: {"certificates": list(entries), **changes}


def download(**changes: Any) -> Options:
    return lambda shop: {
        "client_reference": "shop",
        **{name: str(shop.folder) + text if name == "dest" else text for name, text in changes.items()},
    }


KEY = pki.key_pem(pki.new_key()).decode()
GOOD = named("shop.example.com", "shop.example.com")
BROKEN = GOOD.replace("\n", "\nAAAA", 1)

ROWS = [
    Row("CSR does not parse", written(BROKEN), ("csr_path", "CSR", "openssl req")),
    Row("CSR is something else", item(csr_content="hello"), ("csr_content", "CSR", "BEGIN CERTIFICATE REQUEST")),
    Row("CSR is a key", written(KEY), ("csr_path", "private key", "CSR"), silent_about=(KEY.splitlines()[1],)),
    Row("CSR has no name", item(csr_content=named(None)), ("csr_content", "no", "name", "openssl req")),
    Row("CSR with a weak key", written(with_key("RSA", 1024)), ("csr_path", "1024", "2048")),
    Row(
        "CSR for an IP address", item(csr_content=named("shop.example.com", "192.0.2.7")), ("csr_content", "192.0.2.7")
    ),
    Row("CSR file missing", item(csr_path="/nonexistent/shop.csr"), ("csr_path", "/nonexistent/shop.csr", "Name a")),
    Row("CSR file is a directory", item(csr_path="/"), ("csr_path", "directory", "Name a")),
    Row("Both csr_path and csr_content", written(GOOD, csr_content=GOOD), ("csr_path", "csr_content", "exclusive")),
    Row("Neither csr_path nor csr_content", item(csr_path=None), ("csr_path", "csr_content", "Give"), sends=READS),
    Row("Path given as csr_content", item(csr_content="/srv/shop.csr"), ("csr_content", "looks like a path")),
    Row("PEM given as csr_path", item(csr_path=GOOD), ("csr_path", "csr_content")),
    Row("CSR lacks a wanted name", item(names=["other.example.com"]), ("names", "other.example.com", "Make a CSR")),
    Row("Reference with a space last", item(client_reference="shop "), ("client_reference", "shop", "no space last")),
    Row("Reference too long", item(client_reference="x" * 65), ("client_reference", "xxx", "1 to 64")),
    Row("Reference empty", item(client_reference=""), ("client_reference", "1 to 64")),
    Row("Reference with a line break", item(client_reference="a\nb"), ("client_reference", "1 to 64")),
    Row("Reference with other letters", item(client_reference="Bäcker"), ("client_reference", "Bäcker", "1 to 64")),
    Row(
        "Two items with one reference",
        many({"reference": "shop"}, {"reference": "shop"}),
        ("client_reference", "shop", "reference of its own"),
        module="ssl_certificates",
    ),
    Row(
        "Two items but for the case of letters",
        many({"reference": "shop"}, {"reference": "SHOP"}),
        ("client_reference", "SHOP", "reference of its own"),
        module="ssl_certificates",
    ),
    Row("Plan missing", item(plan=None), ("plan", "missing", "ssl_certificate_plan_info"), sends=READS),
    Row("Plan unknown", item(plan="NoSuchSSL"), ("plan", "NoSuchSSL", "uuid", "PositiveSSL"), sends=READS),
    Row("Plan only begun", item(plan="PositiveSSL W"), ("plan", "PositiveSSL W", "PositiveSSL Wildcard"), sends=READS),
    Row("Plan in other case", item(plan="positivessl"), ("plan", "positivessl", "PositiveSSL"), sends=READS),
    Row(
        "Plan by an unknown uuid",
        item(plan="00000000-0000-4000-8000-000000000000"),
        ("plan", "00000000-0000-4000-8000-000000000000", "uuid"),
        sends=READS,
    ),
    Row("EMAIL without a mailbox", item(dcv_type="EMAIL"), ("approver_email_address", "dcv_type=EMAIL", "Set")),
    Row("dcv_type missing", item(dcv_type=None), ("dcv_type", "missing", "EMAIL, FILE or DNS"), sends=READS),
    Row("dcv_type unknown", item(dcv_type="HTTP"), ("dcv_type", "HTTP", "FILE")),
    Row(
        "FILE for a wildcard",
        item(csr_content=named("*.example.com", "*.example.com")),
        ("dcv_type", "FILE", "*.example.com", "DNS or EMAIL"),
    ),
    Row(
        "OV without its first field",
        without("chamber_of_commerce", "ov"),
        ("chamber_of_commerce", "validation_level=ov", "Set"),
    ),
    Row("OV without its second field", without("department", "ov"), ("department", "validation_level=ov", "Set")),
    Row(
        "EV without its third field",
        without("approver_first_name", "ev"),
        ("approver_first_name", "validation_level=ev", "Set"),
    ),
    Row(
        "EV without its fourth field",
        without("approver_last_name", "ev"),
        ("approver_last_name", "validation_level=ev", "Set"),
    ),
    Row(
        "Telephone in another form", item(approver_phone_number="0612345678"), ("phone", "0612345678", "+31.612345678")
    ),
    Row("A name that is an IP address", item(csr_path=None, names=["192.0.2.7"]), ("names", "192.0.2.7")),
    Row("A wildcard in the wrong place", item(csr_path=None, names=["a.*.example.com"]), ("names", "a.*.example.com")),
    Row("A name that is no DNS name", item(csr_path=None, names=["shop_1!.example"]), ("names", "shop_1!.example")),
    Row("Nonsense in renew_before", item(renew_before="soon"), ("renew_before", "soon", "30d or 33%")),
    Row("reissue_after in the future", item(reissue_after="2999-01-01"), ("reissue_after", "2999", "Give the date")),
    Row("reissue_after is not a date", item(reissue_after="yesterday"), ("reissue_after", "yesterday", "2027-01-31")),
    Row("Unknown word in recreate", item(recreate=["gone"]), ("recreate", "gone", "expired")),
    Row(
        "Negative max_creates",
        lambda shop: {**many({})(shop), "max_creates": -1},
        ("max_creates", "-1", "Give 0 or more"),
        module="ssl_certificates",
    ),
    Row(
        "Something of the role that is no such thing",
        many({"observed": {"hosts": [{"answered": "perhaps"}]}}),
        ("observed", "name", "Leave it out"),
        module="ssl_certificates",
    ),
    Row("Negative wait_timeout", item(wait=True, wait_timeout=-1), ("wait_timeout", "-1", "Give 0 or more")),
    Row("wait_sleep of nothing", item(wait=True, wait_sleep=0), ("wait_sleep", "0", "Give 0.1 or more")),
    Row("Negative only_if_younger_than", item(only_if_younger_than=-1), ("only_if_younger_than", "-1", "0 or more")),
    Row(
        "Deployed certificate that does not parse",
        item(certificate_content="hello"),
        ("certificate_content", "no certificate", "PEM"),
    ),
    Row("api_url missing", item(api_url=""), ("api_url", "missing", "Give the base URL")),
    Row(
        "http to another machine",
        item(api_url="http://192.0.2.1/api/v1"),
        ("api_url", "http://192.0.2.1/api/v1", "Use https", "loopback"),
    ),
    Row(
        "User and password in the URL",
        item(api_url="https://user:hunter2@api.example.com/v1"),
        ("api_url", "user or password", "options of their own"),
        silent_about=("hunter2",),
    ),
    Row("URL of another kind", item(api_url="ftp://api.example.com"), ("api_url", "ftp://api.example.com", "https")),
    Row(
        "No verification of another machine",
        item(api_url="https://192.0.2.1/api/v1", validate_certs=False),
        ("validate_certs", "false", "192.0.2.1", "ca_path"),
    ),
    Row(
        "No credentials", item(api_username="", api_key=""), ("api_username", "RESELLO_API_USERNAME", "RESELLO_API_KEY")
    ),
    Row("Half of the credentials", item(api_username="reseller"), ("api_key", "RESELLO_API_KEY")),
    Row(
        "Wrong credentials in the task",
        item(api_username="reseller", api_key="wrong-marker"),
        ("401", "Basic", "api_username from the task", "api_key from the task"),
        sends=READS,
        silent_about=("wrong-marker",),
    ),
    Row(
        "Wrong credentials in the environment",
        item(api_username=""),
        ("401", "Basic", "environment variable RESELLO_API_USERNAME", "RESELLO_API_KEY"),
        sends=READS,
        environment={"RESELLO_API_USERNAME": "reseller", "RESELLO_API_KEY": "wrong-marker"},
        silent_about=("wrong-marker",),
    ),
    Row(
        "Wrong client secret",
        lambda shop: {**shop.item(), **shop.bearer, "api_client_secret": "wrong-marker"},
        ("401", "OpenID Connect", "api_client_secret from the task"),
        sends=READS,
        silent_about=("wrong-marker",),
    ),
    Row(
        "CA file missing",
        item(ca_path="/nonexistent/ca.pem"),
        ("ca_path", "/nonexistent/ca.pem", "No such file", "PEM"),
    ),
    Row("CA file is no CA", item(ca_path="/dev/null"), ("ca_path", "/dev/null", "PEM")),
    Row(
        "dest is a directory",
        download(dest="/"),
        ("dest", "is a directory", "Name the file"),
        module="ssl_certificate_download",
    ),
    Row(
        "dest in a missing folder",
        download(dest="/missing/shop.pem"),
        ("dest", "/missing", "does not exist", "Create the folder"),
        module="ssl_certificate_download",
    ),
    Row(
        "Key file missing",
        download(dest="/shop.pem", privatekey_path="/nonexistent/shop.key"),
        ("privatekey_path", "/nonexistent/shop.key", "Name a readable file"),
        module="ssl_certificate_download",
    ),
    Row(
        "Negative expiring_within",
        lambda _shop: {"expiring_within": -1},
        ("expiring_within", "-1", "0 or more"),
        module="ssl_certificate_info",
    ),
    Row(
        "Validation of no order",
        validated({"dcv_type": "DNS"}),
        ("client_reference", "id", "required"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation of an order named twice",
        validated({"client_reference": "shop", "id": "17"}),
        ("client_reference", "id", "mutually exclusive"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation of an unknown order",
        validated({"client_reference": "nobody"}),
        ("client_reference", "nobody", "Check the reference", "Nothing was sent"),
        module="ssl_certificate_validate",
        sends=READS,
    ),
    Row(
        "Validation by a mailbox and DNS",
        validated({"client_reference": "shop", "dcv_type": "DNS", "email_address": "admin@example.com"}),
        ("email_address", "admin@example.com", "DNS", "Leave one"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation by a mailbox that is none",
        validated({"client_reference": "shop", "email_address": "admin"}),
        ("email_address", "admin", "not a mailbox"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation by FILE for a wildcard",
        validated({"client_reference": "shop", "dcv_type": "FILE", "names": ["*.example.com"]}),
        ("dcv_type", "FILE", "*.example.com", "DNS or EMAIL"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation of a name that is none",
        validated({"client_reference": "shop", "names": ["192.0.2.7"]}),
        ("names", "192.0.2.7"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Validation with an id that leads elsewhere",
        validated({"id": "../17"}),
        ("id", "../17", "not an id"),
        module="ssl_certificate_validate",
    ),
    Row(
        "Negative cool_down",
        validated({"client_reference": "shop"}, cool_down=-1),
        ("cool_down", "-1", "Give 0 or more"),
        module="ssl_certificate_validate",
    ),
]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """Every message that was seen, printed at the end."""
    rows: Table = []
    yield rows
    lines = ["", "| Bad input | What the user is told |", "|---|---|"]
    lines += [f"| {title} | {message.replace('|', chr(92) + '|')} |" for title, message in rows]
    sys.stdout.write("\n".join(lines) + "\n")


def check_message(row: Row, result: dict[str, Any], table: Table) -> None:
    """It failed with one line that says everything it must, and nothing that it must not."""
    assert (result["rc"], result["failed"]) == (1, True)
    assert not result.get("changed")
    text = str(result["msg"])
    table.append((row.title, text))
    assert "\n" not in text
    missing = [part for part in row.says if part.lower() not in text.lower()]
    assert not missing, f"{missing} not in: {text}"
    for secret in row.silent_about:
        assert secret not in str({name: value for name, value in result.items() if name != "invocation"})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title.replace(" ", "-"))
def test_bad_input(shop: Shop, row: Row, table: Table) -> None:
    result = shop.run(row.module, environment=row.environment, **row.options(shop))
    check_message(row, result, table)
    calls = shop.calls()
    if row.sends == NOTHING:
        assert calls == []
    assert not [call for call in calls if not call.startswith("GET ")]


def interpreter_without(package: str, folder: Path) -> str:
    """A Python that has what the modules need, except this package."""
    packages = folder / "packages"
    packages.mkdir()
    for name in {"requests", "urllib3", "idna", "certifi", "charset_normalizer", "cryptography", "cffi"} - {package}:
        spec = importlib.util.find_spec(name)
        if spec and spec.submodule_search_locations:
            (packages / name).symlink_to(spec.submodule_search_locations[0])
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{packages}" exec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dcv_type": "EMAIL"}, ("email_address", "shop.example.com", "Name the mailbox")),
        ({"names": ["else.example.com"]}, ("names", "else.example.com", "shop.example.com", "Nothing was sent")),
    ],
)
def test_bad_input_for_an_order_that_waits(
    shop: Shop, table: Table, options: dict[str, Any], says: tuple[str, ...]
) -> None:
    shop.bought(shop.item())
    shop.forget_calls()
    result = shop.run("ssl_certificate_validate", certificates=[{"client_reference": "shop", **options}])
    check_message(Row(f"Validation of shop with {options}", item(), says), result, table)
    assert shop.writing_calls() == []


@pytest.mark.parametrize("package", ["requests", "cryptography"])
def test_missing_package(shop: Shop, table: Table, package: str) -> None:
    python = interpreter_without(package, shop.folder)
    result = run_module("ssl_certificate", shop.arguments(shop.item()), env=shop.environment(), python=python)
    row = Row(f"Package {package} missing", item(), (f"required Python library ({package})", sys.executable))
    check_message(row, result, table)
    assert shop.calls() == []


def test_plans_need_no_cryptography(shop: Shop) -> None:
    python = interpreter_without("cryptography", shop.folder)
    assert run_module("ssl_certificate_plan_info", shop.arguments({}), python=python)["rc"] == 0


def test_tls(site: Site, tmp_path: Path, table: Table) -> None:
    other = tmp_path / "other-ca.pem"
    other.write_text(pki.pem(pki.Authority.root().certificate))
    with SandboxProcess(tls=True, resolve={"*": "127.0.0.1"}, http_port=site.port) as sandbox:
        shop = Shop(sandbox, site, tmp_path)
        row = Row("CA of the API unknown", item(), ("issuer certificate", "checked against", requests.certs.where()))
        check_message(row, shop.order(shop.item()), table)
        row = Row("Another CA in ca_path", item(), ("issuer certificate", "checked against", str(other)))
        check_message(row, shop.order(shop.item(), ca_path=str(other)), table)
        assert shop.calls(tokens=True) == []
        assert shop.bought(shop.item(ca_path=sandbox.info["ca_path"]))["state"] == "waiting"
        assert shop.order(shop.item("loopback", validate_certs=False))["outcome"] == "bought"


def test_modules_stay_on_the_controller(shop: Shop, table: Table) -> None:
    """Every API module, on a host that cannot even be reached: the error comes before any connection."""
    control = Control(shop.folder)
    control.inventory({"web1": {"ansible_host": "192.0.2.1", "ansible_connection": "ssh", "ansible_timeout": 2}})
    options = {name: shop.item() for name in ("ssl_certificate",)}
    options["ssl_certificates"] = {"certificates": [shop.item()]}
    options["ssl_certificate_download"] = {"client_reference": "shop", "dest": str(shop.folder / "shop.pem")}
    tasks = [
        {
            f"certops.resello.{name}": {**shop.credentials, **options.get(name, {})},
            "ignore_errors": True,
            "register": f"answer_{name}",
        }
        for name in action_group()
    ]
    answers = ", ".join(f"'{name}': answer_{name}" for name in action_group())
    copied = {"dest": str(shop.folder / "answers.json"), "content": f"{{{{ {{{answers}}} | to_json }}}}"}
    last = {"ansible.builtin.copy": copied, "delegate_to": "localhost"}
    played = control.play([{"hosts": "web1", "gather_facts": False, "tasks": [*tasks, last]}])
    assert (played.rc, played.unreachable) == (0, 0), played.output
    told = json.loads((shop.folder / "answers.json").read_text())
    for name, answer in told.items():
        row = Row(f"{name} on a managed host", item(), (name, "web1", "delegate_to: localhost", "Nothing was sent"))
        check_message(row, {"rc": 1, **answer}, table)
    assert set(told) == set(action_group())
    assert shop.calls() == []
