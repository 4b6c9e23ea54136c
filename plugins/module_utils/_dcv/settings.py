# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a preflight, checked: which servers to ask, with which limits. Raises ConfigurationError."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Mapping, Sequence

from .._errors import ConfigurationError
from .._names import normalise_name
from .guard import is_address
from .types import Certificate, Expected, Settings

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
_LAST_PORT = 65535
_NAMESERVER = re.compile(r"nameserver\s+(\S+)")
_RESOLV_CONF = Path("/etc/resolv.conf")
_MOST_WORKERS = 64


def settings_from(params: Mapping[str, Any]) -> Settings:
    """Read the settings from a module's parameters."""
    for option in ("timeout", "total_timeout"):
        if params[option] <= 0:
            raise ConfigurationError(
                option=option, value=params[option], problem="must be more than 0", remedy="Give seconds, such as 5."
            )
    if not 1 <= params["max_concurrency"] <= _MOST_WORKERS:
        raise ConfigurationError(
            option="max_concurrency",
            value=params["max_concurrency"],
            problem=f"must be 1 to {_MOST_WORKERS}",
            remedy="Leave it out for 16.",
        )
    port = _port(params["nameserver_port"], "nameserver_port")
    return Settings(
        checks=tuple(params["checks"]),
        resolvers=_resolvers(params["resolvers"]),
        nameserver_port=port,
        http_port=_port(params["http_port"], "http_port"),
        addresses=_addresses(params["addresses"] or {}),
        ip_versions=tuple(params["ip_versions"]),
        transports=tuple(params["transports"]),
        timeout=params["timeout"],
        total_timeout=params["total_timeout"],
        max_concurrency=params["max_concurrency"],
        caa_issuers=_issuers(params["caa_issuers"] or {}),
        follow_redirects=params["follow_redirects"],
    )


def certificates_from(items: Sequence[Mapping[str, Any]], settings: Settings) -> list[Certificate]:
    """Read the certificates from the option ``certificates``."""
    return [_certificate(item, settings) for item in items]


def _certificate(item: Mapping[str, Any], settings: Settings) -> Certificate:
    where = f"names of {item['client_reference']}"
    names = [normalise_name(name, where=where) for name in item["names"]]
    if not names:
        raise ConfigurationError(option=where, problem="is empty", remedy="List the certificate's names.")
    records = item["records"]
    return Certificate(
        client_reference=item["client_reference"],
        names=tuple(dict.fromkeys(names)),
        dcv_type=item["dcv_type"],
        brand=item["brand"] or "",
        approver=item["approver_email_address"] or "",
        records=None if records is None else tuple(_expected(record) for record in records),
        backends=tuple(_host_and_port(text, "backends", settings.http_port) for text in item["backends"] or ()),
    )


def _expected(record: Mapping[str, Any]) -> Expected:
    """A record as results of this collection have it. Missing fields become "", unneeded ones are left out."""
    text = {
        key: str(record.get(key) or "")
        for key in (
            "name",
            "method",
            "file_name",
            "file_content",
            "record_name",
            "record_type",
            "record_value",
            "refused",
        )
    }
    text["name"] = normalise_name(text["name"], where="name of a record") if text["name"] else ""
    text["record_name"] = text["record_name"].rstrip(".").lower()
    text["record_type"] = text["record_type"].upper()
    return Expected(done=bool(record.get("done")), **text)


def _resolvers(given: Sequence[str] | None) -> tuple[tuple[str, int], ...]:
    if given:
        return tuple(_address_and_port(text, "resolvers", 53) for text in given)
    try:
        text = _RESOLV_CONF.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines = [_NAMESERVER.match(line.strip()) for line in text.splitlines()]
    return tuple((match.group(1).partition("%")[0], 53) for match in lines if match and is_address(match.group(1)))


def _address_and_port(text: str, option: str, default: int) -> tuple[str, int]:
    host, port = _host_and_port(text, option, default)
    if not is_address(host):
        raise ConfigurationError(
            option=option,
            value=text,
            problem="is not an IP address",
            remedy="Use 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.",
        )
    return host, port


def _host_and_port(text: str, option: str, default: int) -> tuple[str, int]:
    """``host``, ``host:port``, ``::1`` or ``[::1]:port``."""
    text = text.strip()
    if is_address(text):
        return text, default
    host, colon, port = text.rpartition(":") if re.search(r":\d+\Z", text) else (text, "", "")
    host = host.strip("[]") if host.startswith("[") and host.endswith("]") else host
    if not is_address(host) and not _HOST.match(host):
        raise ConfigurationError(
            option=option,
            value=text,
            problem="is not an address",
            remedy="Use 192.0.2.7, 192.0.2.7:8080, [2001:db8::7]:8080 or a host name.",
        )
    return host.lower(), _port(int(port), option) if colon else default


def _port(number: int, option: str) -> int:
    if 1 <= number <= _LAST_PORT:
        return number
    raise ConfigurationError(option=option, value=number, problem="is not a port", remedy="Use 1 to 65535.")


def _addresses(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    table = {}
    for name, value in given.items():
        texts = [str(text).strip() for text in (value if isinstance(value, list) else [value])]
        for text in texts:
            if not is_address(text):
                raise ConfigurationError(
                    option="addresses",
                    value=f"{name}: {text}",
                    problem="is not an IP address",
                    remedy="Map names to lists of addresses.",
                )
        table[normalise_name(str(name), where="addresses", allow_wildcard=False)] = tuple(texts)
    return table


def _issuers(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    table = {}
    for brand, value in given.items():
        domains = value if isinstance(value, list) else [value]
        table[str(brand)] = tuple(
            normalise_name(str(domain), where="caa_issuers", allow_wildcard=False) for domain in domains
        )
    return table
