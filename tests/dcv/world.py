# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private internet of these tests: zones and web sites good and bad, and the module that looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone, has_ipv6
from ansible_collections.certops.resello.tests.support.hostile_server import (
    Behaviour,
    HostileServer,
    cut,
    drop_after,
    endless,
    message,
    raw,
    reply,
    trickle,
)
from ansible_collections.certops.resello.tests.support.run_module import run_module

SECTIGO = "0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef.sectigo.com"
LONG = "v=" + "abcdefghij" * 40
FILE = "0123456789ABCDEF0123456789ABCDEF.txt"
CONTENT = "aabbcc\nsectigo.com\nunique"
PROBE = f"_ab CNAME {SECTIGO}."
HOSTS = "www A 127.0.0.1\n@ A 127.0.0.1\n"

DNS_ZONES = (
    Zone(
        "shop.example",
        f'{HOSTS}{PROBE}\n_long TXT "{LONG[:200]}" "{LONG[200:]}"\n'
        '@ TXT "v=spf1 -all"\n@ TXT "token=1"\n_quoted TXT "a \\"b\\" c"\n_alias CNAME _txt.other.example.\n'
        "_other CNAME somewhere.else.example.\n_a CNAME _b\n_b CNAME _a\n"
        + "\n".join(f'_big TXT "{number:04d}{"x" * 200}"' for number in range(12)),
        servers=("primary", "secondary", "ipv6") if has_ipv6() else ("primary", "secondary"),
    ),
    Zone("other.example", f'{HOSTS}_txt TXT "found"'),
    Zone("stale.example", f"{HOSTS}{PROBE}", servers=("primary", "stale"), stale_records=HOSTS),
    Zone("forgotten.example", f"{HOSTS}{PROBE}", delegated_to=("primary", "stale"), stale_records=HOSTS),
    Zone("dead.example", f"{HOSTS}{PROBE}", servers=("primary", "dead", "closed")),
    Zone("lame.example", f"{HOSTS}{PROBE}", servers=("primary", "root")),
    Zone("gone.example", servers=("closed",)),
    Zone("shop.co.uk", f"{HOSTS}{PROBE}", signed=True),
    Zone("bogus.example", f"{HOSTS}{PROBE}", signed=True, broken=True),
    Zone("xn--bcher-kva.example", f"{HOSTS}{PROBE}"),
)

CAA_ZONES = (
    Zone("allows.example", f'{HOSTS}@ CAA 0 issue "Sectigo.COM; policy=ev"'),
    Zone("denies.example", f'{HOSTS}@ CAA 0 issue "digicert.com"\nopen A 127.0.0.1\nopen CAA 0 issue "sectigo.com"'),
    Zone("nobody.example", f'{HOSTS}@ CAA 0 issue ";"'),
    Zone("wild.example", f'{HOSTS}@ CAA 0 issue "sectigo.com"\n@ CAA 0 issuewild "digicert.com"'),
    Zone("critical.example", f'{HOSTS}@ CAA 0 issue "sectigo.com"\n@ CAA 128 tbs "x"'),
    Zone("iodef.example", f'{HOSTS}@ CAA 128 iodef "mailto:a@iodef.example"\n@ CAA 0 future "x"'),
    Zone("account.example", f'{HOSTS}@ CAA 0 issue "sectigo.com; accounturi=https://ca.example/1"'),
    Zone("malformed.example", f'{HOSTS}@ CAA 0 issue "sectigo.com policy"'),
    # An alias to a zone with CAA; and one to a zone without, below a parent that denies.
    Zone(
        "alias.example",
        '@ CAA 0 issue "digicert.com"\nto CNAME allows.example.\nbelow CNAME www.allows.example.\n'
        "empty CNAME www.other.example.",
    ),
    Zone("circle.example", "a CNAME b\nb CNAME a\n"),
    Zone("contact.example", f'{HOSTS}@ CAA 0 contactemail "ssl@agency.example"'),
    Zone("txtcontact.example", f'{HOSTS}_validation-contactemail TXT "ssl@agency.example"'),
)

BEHAVIOURS: Mapping[str, Behaviour] = {
    "good": reply(200, CONTENT.encode()),
    "crlf": reply(200, CONTENT.replace("\n", "\r\n").encode() + b"\r\n"),
    "lost": reply(404, b"not here"),
    "other": reply(200, b"Welcome {{ to }} <b>nginx</b>"),
    "off": reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "https": reply(301, b"", {"Location": f"https://https.site.example/.well-known/pki-validation/{FILE}"}),
    "circles": reply(302, b"", {"Location": f"/.well-known/pki-validation/{FILE}"}),
    "huge": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "slow": trickle(message(200, CONTENT.encode()), pause=0.5),
    "slowhead": trickle(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000, at_once=20, pause=0.2),
    "garbage": raw(b"\x00\x01\x02 no HTTP at all\r\n\r\n"),
    "cut": cut(CONTENT.encode(), 5),
    "reset": drop_after(reset=True),
}


def record(name: str, owner: str, kind: str, value: str, **more: Any) -> dict[str, Any]:
    """Return a validation record by DNS, as results have it."""
    fields = {"record_name": owner, "record_type": kind, "record_value": value}
    return {"name": name, "method": "DNS", "done": False, **fields, **more}


def probe(name: str) -> dict[str, Any]:
    """Return the CNAME that most zones have."""
    return record(name, f"_ab.{name}", "CNAME", SECTIGO)


def file(name: str, **more: Any) -> dict[str, Any]:
    """Return a validation record by FILE."""
    return {"name": name, "method": "FILE", "done": False, "file_name": FILE, "file_content": CONTENT, **more}


class World:
    """Tree and sites, and a run of the module against them."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self.sites: dict[str, HostileServer] = {}
        self.http_port = 0
        for number, (name, behaviour) in enumerate(BEHAVIOURS.items(), 1):
            server = HostileServer(behaviour, address=f"127.80.0.{number}", port=self.http_port)
            self.http_port = server.address[1]
            self.sites[name] = self._closing.enter_context(server)
        self.tree = self._closing.enter_context(DnsTree([*DNS_ZONES, *CAA_ZONES, self._site_zone()]))

    def _site_zone(self) -> Zone:
        lines = [f"{name} A {server.address[0]}" for name, server in self.sites.items()]
        good, lost = (self.sites[name].address[0] for name in ("good", "lost"))
        lines += [
            f"both A {good}",
            f"both A {lost}",
            "meta A 169.254.169.254",
            f"mixed A {good}",
            "mixed A 127.80.0.99",
        ]
        lines += ["closed A 127.80.0.99", "empty TXT nothing", "alias CNAME good"]
        return Zone("site.example", "\n".join(lines))

    def close(self) -> None:
        self._closing.close()

    @property
    def resolver(self) -> str:
        return f"{self.tree.resolver}:{self.tree.port}"

    def options(self, certificates: Sequence[Mapping[str, Any]], **options: Any) -> dict[str, Any]:
        """Return the module's options for this world; a certificate needs only what its case is about."""
        filled = [
            {"client_reference": f"c{number}", "dcv_type": "DNS", "brand": "Sectigo", **certificate}
            for number, certificate in enumerate(certificates)
        ]
        return {
            "certificates": filled,
            "resolvers": [self.resolver],
            "nameserver_port": self.tree.port,
            "http_port": self.http_port,
            "timeout": 3,
            **options,
        }

    def look(self, *certificates: Mapping[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
        """Run the module; returns its result."""
        return run_module(
            "ssl_certificate_preflight_info", self.options(certificates, **options), check=check, timeout=300
        )
