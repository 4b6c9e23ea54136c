# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints: where a service presents its certificates, and which certificate is expected at which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..errors import InputError
from ..names import covers, dns_name, sample_name

STARTTLS = ("none", "smtp", "imap", "pop3", "postgres")
_MAX_PORT = 65535
_MAX_TIMEOUT = 60.0


@dataclass(frozen=True)
class Endpoint:
    """An address of this host. ``server_name`` None: each certificate's own name. ``timeout``: seconds of one check."""

    host: str = "127.0.0.1"
    port: int = 443
    server_name: str | None = None
    starttls: str = "none"
    proxy_protocol: bool = False
    timeout: float = 5.0
    service: str | None = None
    """For an endpoint of a certificate itself: its service, None for all of them."""

    @property
    def address(self) -> str:
        """Host and port as one text."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Target:
    """At ``endpoint``, the certificate of ``folder`` is expected if a client asks for ``server_name``."""

    endpoint: Endpoint
    server_name: str
    folder: str

    @property
    def place(self) -> str:
        """Address and name as one text, for messages and the journal."""
        return f"{self.endpoint.address} ({self.server_name})"


@dataclass(frozen=True)
class Shown:
    """What to check for one certificate: its folder, its names, and its own endpoints (None: none)."""

    folder: str
    names: tuple[str, ...]
    endpoints: tuple[Endpoint, ...] | None = None


def read_endpoints(
    entries: Sequence[Mapping[str, Any]] | None, *, option: str, services: Sequence[str] = ()
) -> tuple[Endpoint, ...]:
    """Return the endpoints of an option. Raises InputError; ``services`` are those an entry may name."""
    return tuple(
        _read_endpoint(entry, option=f"{option}[{number}]", services=services)
        for number, entry in enumerate(entries or ())
    )


def targets(service: str, endpoints: Sequence[Endpoint], certificates: Sequence[Shown]) -> list[Target]:
    """Return what to check for the ``certificates`` of ``service``.

    At an endpoint without a name, each certificate is checked by the first of its names. At one with a name, only the
    certificate with exactly this name is checked, else one that covers it. Endpoints of a certificate itself replace
    those of the service.
    """
    found: list[Target] = []
    for endpoint in endpoints:
        usual = [item for item in certificates if item.endpoints is None and item.names]
        found += [_target(endpoint, item) for item in _expected(endpoint, usual)]
    for item in certificates:
        own = [endpoint for endpoint in item.endpoints or () if endpoint.service in {None, service}]
        found += [_target(endpoint, item) for endpoint in own if item.names]
    return list(dict.fromkeys(found))


def _expected(endpoint: Endpoint, certificates: Sequence[Shown]) -> list[Shown]:
    name = endpoint.server_name
    if name is None:
        return list(certificates)
    exact = [item for item in certificates if name in item.names]
    return exact or [item for item in certificates if any(covers(pattern, name) for pattern in item.names)]


def _target(endpoint: Endpoint, item: Shown) -> Target:
    return Target(endpoint=endpoint, server_name=endpoint.server_name or sample_name(item.names[0]), folder=item.folder)


def _read_endpoint(entry: Mapping[str, Any], *, option: str, services: Sequence[str]) -> Endpoint:
    host, port, timeout = entry.get("host"), entry.get("port"), entry.get("timeout")
    endpoint = Endpoint(
        host=str(host if host is not None else Endpoint.host).strip().strip("[]"),
        port=int(port if port is not None else Endpoint.port),
        server_name=dns_name(entry["server_name"], option=f"{option}.server_name")
        if entry.get("server_name")
        else None,
        starttls=entry.get("starttls") or Endpoint.starttls,
        proxy_protocol=bool(entry.get("proxy_protocol")),
        timeout=float(timeout if timeout is not None else Endpoint.timeout),
        service=entry.get("service"),
    )
    _check(endpoint, option=option, services=services)
    return endpoint


def _check(endpoint: Endpoint, *, option: str, services: Sequence[str]) -> None:
    if not endpoint.host or not endpoint.host.isprintable() or set(endpoint.host) & set("/ @"):
        raise InputError(
            option=f"{option}.host",
            value=endpoint.host,
            problem="is not an address",
            remedy="Give the IP address or name at which this host listens, such as 127.0.0.1.",
        )
    if not 0 < endpoint.port <= _MAX_PORT:
        raise InputError(
            option=f"{option}.port",
            value=str(endpoint.port),
            problem="is not a port",
            remedy="Give one from 1 to 65535.",
        )
    if not 0 < endpoint.timeout <= _MAX_TIMEOUT:
        raise InputError(
            option=f"{option}.timeout",
            value=f"{endpoint.timeout:g}",
            problem="is not a time-out for one check",
            remedy=f"Give seconds above 0, at most {_MAX_TIMEOUT:g}.",
        )
    if endpoint.server_name is not None and endpoint.server_name.startswith("*"):
        raise InputError(
            option=f"{option}.server_name",
            value=endpoint.server_name,
            problem="is not a name that a client can ask for",
            remedy="Give a name under the wildcard, such as 'www.example.com'.",
        )
    if endpoint.service is not None and endpoint.service not in services:
        raise InputError(
            option=f"{option}.service",
            value=endpoint.service,
            problem="is not among the services of this certificate",
            remedy=f"Use one of: {', '.join(services) or 'none'}.",
        )
