# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make private keys and certificate requests with the openssl program; a key is written only to its own file."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping, Sequence

from .command import run_command
from .errors import CommandError, InputError
from .files import PRIVATE, Access
from .names import KEY_FILE, REQUEST_FILE, common_name
from .paths import sync

if TYPE_CHECKING:
    from .files import Folder

KEY_SIZES: Mapping[str, tuple[int, ...]] = {"RSA": (2048, 3072, 4096), "ECDSA": (256, 384)}
SUBJECT_FIELDS: Mapping[str, tuple[str, str]] = {
    "country": ("C", "2.5.4.6"),
    "state_or_province": ("ST", "2.5.4.8"),
    "locality": ("L", "2.5.4.7"),
    "organization": ("O", "2.5.4.10"),
    "organizational_unit": ("OU", "2.5.4.11"),
    "email": ("emailAddress", "1.2.840.113549.1.9.1"),
}
"""Option to openssl's short name and the attribute number in the request, in the order in which they are written."""

_CONFIG_FILE = "request.cnf"
_KEY_TIMEOUT = 300.0
_TIMEOUT = 60.0
_MAX_FIELD = 64
_COUNTRY = 2


@dataclass(frozen=True)
class KeyKind:
    """Type and size of a key: RSA 2048, 3072, 4096; ECDSA 256, 384."""

    kind: str
    bits: int


@dataclass(frozen=True)
class RequestSpec:
    """The content of a certificate request. ``subject`` maps options of SUBJECT_FIELDS to text."""

    names: tuple[str, ...]
    key: KeyKind
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SelfSigned:
    """The content of a self-signed certificate: common name, DNS names if any, days of validity from now."""

    common_name: str
    days: int
    names: tuple[str, ...] = ()


def key_kind(kind: str, size: int | None, *, option: str) -> KeyKind:
    """Return the kind of key; without ``size`` the smallest, which is fast and strong enough. Raises InputError."""
    sizes = KEY_SIZES[kind]
    if size is not None and size not in sizes:
        raise InputError(
            option=f"{option}.key_size",
            value=str(size),
            problem=f"is not a size of {kind} keys",
            remedy=f"Use one of {', '.join(str(item) for item in sizes)}.",
        )
    return KeyKind(kind=kind, bits=size or sizes[0])


def check_subject(subject: Mapping[str, str], *, option: str) -> dict[str, str]:
    """Return the fields of ``subject`` that are set. Raises InputError for values that no certificate can hold."""
    chosen = {name: subject[name].strip() for name in SUBJECT_FIELDS if (subject.get(name) or "").strip()}
    for name, value in chosen.items():
        if len(value) > _MAX_FIELD or not value.isprintable():
            raise InputError(
                option=f"{option}.{name}",
                value=value[:_MAX_FIELD],
                problem="does not fit into a certificate",
                remedy=f"Use at most {_MAX_FIELD} printable characters.",
            )
    country = chosen.get("country")
    if country is not None and not (len(country) == _COUNTRY and country.isascii() and country.isalpha()):
        raise InputError(
            option=f"{option}.country", value=country, problem="is not a country code", remedy="Use two letters."
        )
    if country is not None:
        chosen["country"] = country.upper()
    return chosen


def find_openssl() -> str:
    """Return the path of the openssl program. Raises CommandError with the remedy if there is none."""
    path = shutil.which("openssl")
    if path is None:
        raise CommandError(
            problem="The program openssl, which makes the private key, is not installed on this host. No key was made.",
            remedy="Install the package openssl.",
        )
    return path


def make_key(program: str, folder: Folder, kind: KeyKind, *, name: str = KEY_FILE) -> None:
    """Write a new private key (PKCS #8, PEM) as file ``name``, 0600 from the start. Raises CommandError."""
    choice = (
        ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind.bits}"]
        if kind.kind == "RSA"
        else [
            "-algorithm",
            "EC",
            "-pkeyopt",
            f"ec_paramgen_curve:P-{kind.bits}",
            "-pkeyopt",
            "ec_param_enc:named_curve",
        ]
    )
    write_output([program, "genpkey", *choice], folder, name, timeout=_KEY_TIMEOUT)


def make_request(program: str, folder: Folder, spec: RequestSpec) -> None:
    """Write a new certificate request for the key in ``folder`` to disk as ``request.csr``. Raises CommandError.

    The configuration is our own, so that the host's openssl.cnf is not needed and adds nothing.
    """
    folder.write_new(_CONFIG_FILE, request_config(spec.names).encode(), access=Access(mode=PRIVATE))
    argv = [program, "req", "-new", "-batch", "-utf8", "-sha256", "-config", f"{folder.path}/{_CONFIG_FILE}"]
    argv += ["-key", f"{folder.path}/{KEY_FILE}", "-subj", subject_text(spec)]
    write_output(argv, folder, REQUEST_FILE)
    folder.unlink(_CONFIG_FILE)


def make_self_signed(program: str, folder: Folder, spec: SelfSigned, *, key: str, name: str) -> None:
    """Write a certificate signed by its own key, the file ``key`` in ``folder``, as file ``name``. Raises CommandError.

    Like a request, it uses nothing of the host's openssl.cnf.
    """
    config = request_config(spec.names, extensions="x509_extensions")
    folder.write_new(_CONFIG_FILE, config.encode(), access=Access(mode=PRIVATE))
    argv = [program, "req", "-x509", "-new", "-batch", "-utf8", "-sha256", "-config", f"{folder.path}/{_CONFIG_FILE}"]
    argv += ["-key", f"{folder.path}/{key}", "-subj", f"/CN={_escaped(spec.common_name)}", "-days", str(spec.days)]
    write_output(argv, folder, name)
    folder.unlink(_CONFIG_FILE)


def request_config(names: tuple[str, ...], *, extensions: str = "req_extensions") -> str:
    """Return the configuration with the names for ``openssl req``; without names there are no extensions."""
    lines = [
        "[req]",
        "prompt = no",
        "string_mask = utf8only",
        "distinguished_name = subject",
        *([f"{extensions} = wanted"] if names else []),
        "[subject]",
    ]
    lines += ["[wanted]", "subjectAltName = @names", "[names]"] if names else []
    lines += [f"DNS.{number} = {name}" for number, name in enumerate(names, start=1)]
    return "\n".join(lines) + "\n"


def subject_text(spec: RequestSpec) -> str:
    """Return the subject in the form of ``openssl req -subj``."""
    parts = [(SUBJECT_FIELDS[name][0], value) for name, value in spec.subject.items()]
    first = common_name(spec.names)
    parts += [("CN", first)] if first else []
    return "".join(f"/{kind}={_escaped(value)}" for kind, value in parts) or "/"


def _escaped(value: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\/+" else letter for letter in value)


def public_key(program: str, path: str) -> bytes:
    """Return the public key (DER, SPKI) that belongs to the private key at ``path``.

    Raises CommandError if there is no usable private key, or one with a passphrase.
    """
    with tempfile.TemporaryFile() as public:
        argv = [program, "pkey", "-in", path, "-passin", "pass:", "-pubout", "-outform", "DER"]
        result = run_command(argv, timeout=_TIMEOUT, stdout=public.fileno())
        public.seek(0)
        content = public.read()
    if not result.ok or not content:
        raise CommandError(problem=f"openssl cannot read the private key {path}: {result.describe()}.")
    return content


def check_key(program: str, path: str) -> None:
    """Raise CommandError unless all parts of the private key at ``path`` belong together."""
    result = run_command([program, "pkey", "-in", path, "-passin", "pass:", "-check", "-noout"], timeout=_TIMEOUT)
    if not result.ok:
        raise CommandError(problem=f"openssl finds the private key {path} damaged: {result.describe()}.")


def write_output(
    argv: Sequence[str], folder: Folder, name: str, *, timeout: float = _TIMEOUT, pass_fds: Sequence[int] = ()
) -> None:
    """Run openssl with its standard output in a file that we created, so that the file never has another mode."""
    descriptor = folder.create(name, access=Access(mode=PRIVATE))
    try:
        result = run_command(argv, timeout=timeout, stdout=descriptor, pass_fds=pass_fds)
        sync(descriptor)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if not result.ok or not size:
        raise CommandError(problem=f"openssl could not make {name}: {result.describe()}.")
