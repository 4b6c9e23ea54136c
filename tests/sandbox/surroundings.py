# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around the sandbox in its tests: web servers, name servers, keys and CSRs. All of it is real."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

PLAN_DV = "3f7830c3-3fa4-404d-908f-35daaa1cd17b"
PLAN_WILDCARD = "5b0d29a1-6a0f-4f0c-9d0e-0f6f7f1f3a02"
PLAN_MULTI_DOMAIN = "c1b1d6a4-2c35-4b36-8d8f-5f7f8a5a9c03"
PLAN_OV = "8d7c0f52-70a5-4b5b-a7d1-0e9f6d3c1e05"
PLAN_EV = "0f9e6c1b-8a4d-4c57-b1ce-6d2a9b7f4d06"
PLAN_DIGICERT = "7a1c5e3d-9b2f-4e68-a0d4-3c8b5f6e7a07"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """A quick key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> str:
    """A private key as text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def same_key(*owners: x509.Certificate | x509.CertificateSigningRequest | Key) -> bool:
    """Whether all of these have the same public key."""
    return len({key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in owners}) == 1


def csr_pem(
    *names: str,
    common_name: str | None = None,
    organization: str | None = None,
    key: Key | None = None,
    others: Iterable[x509.GeneralName] = (),
) -> str:
    """A CSR for these names; without names the subjectAltName extension is left out."""
    subject = []
    if common_name is not None:
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    if organization is not None:
        subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    entries = [*(x509.DNSName(name) for name in names), *others]
    if entries:
        builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    return builder.sign(key or new_key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


class WebServer:
    """One server for all customers' sites: ``pages[host, path] = (status, body)`` or a redirect to a location."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], tuple[int, str]] = {}
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = self.headers["Host"], self.path
                outer.asked.append(place)
                status, text = outer.pages.get(place, (404, "nothing here"))
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", text)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> WebServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class NameServer:
    """An authoritative server for everything: ``records[owner, type] = [values]``, ``rcodes[owner] = "SERVFAIL"``."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.rcodes: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, socket = self.request
                socket.sendto(outer.answer(dns.message.from_wire(data)).to_wire(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The records of the question, or NXDOMAIN."""
        question = query.question[0]
        owner, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        self.asked.append((owner, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        values = self.records.get((owner, kind), [])
        alias = self.records.get((owner, "CNAME"), [])
        if owner in self.rcodes:
            reply.set_rcode(dns.rcode.from_text(self.rcodes[owner]))
        elif alias and not values:
            reply.answer.append(dns.rrset.from_text_list(question.name, 1, "IN", "CNAME", alias))
        elif values:
            reply.answer.append(dns.rrset.from_text_list(question.name, 1, "IN", kind, values))
        elif not any(name == owner for name, _kind in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    def __enter__(self) -> NameServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
