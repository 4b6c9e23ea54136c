# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSRs, certificates, chains, zips: facts are right, every odd form is understood or refused with its reason."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError, ResponseError
from ansible_collections.certops.resello.plugins.module_utils._names import normalise_name
from ansible_collections.certops.resello.plugins.module_utils._x509 import facts as _x509
from ansible_collections.certops.resello.tests.support.pki import (
    NOW,
    Authority,
    Key,
    der,
    key_pem,
    new_csr,
    new_key,
    pem,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["example.com", "www.example.com"]


@pytest.fixture(scope="module")
def rsa_key() -> Key:
    return new_key("RSA", 2048)


@pytest.fixture(scope="module")
def key() -> Key:
    return new_key()


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root(kind="RSA")


@pytest.fixture(scope="module")
def middle(root: Authority) -> Authority:
    return root.intermediate()


@pytest.fixture(scope="module")
def leaf(middle: Authority, key: Key) -> x509.Certificate:
    return middle.leaf(key, NAMES)


def openssl(*arguments: str, given: bytes) -> str:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout.decode()


# --- CSR ----------------------------------------------------------------------------------------------------------


def test_facts_of_a_csr(rsa_key: Key) -> None:
    csr = new_csr(rsa_key, "WWW.Example.com", ["example.com", "www.example.com", "*.example.com"])
    facts = _x509.load_csr(pem(csr), where="csr_content")
    assert facts.names == ("www.example.com", "example.com", "*.example.com")
    assert (facts.common_name, facts.key_type, facts.key_bits) == ("WWW.Example.com", "RSA", 2048)
    assert facts.der_md5 == hashlib.md5(der(csr), usedforsecurity=False).hexdigest()
    assert facts.der_sha256 == hashlib.sha256(der(csr)).hexdigest()
    assert facts.pem == pem(csr)
    assert facts.public_key_sha256 == _x509.private_key_public_sha256(key_pem(rsa_key))
    assert "BEGIN" not in repr(facts)


def test_the_published_sample_has_its_name_in_the_subject_alone(rsa_key: Key) -> None:
    assert _x509.load_csr(pem(new_csr(rsa_key, "example.com")), where="x").names == ("example.com",)


@pytest.mark.parametrize("bits", [256, 384])
def test_elliptic_curves(bits: int) -> None:
    facts = _x509.load_csr(pem(new_csr(new_key("ECDSA", bits), None, ["example.com"])), where="x")
    assert (facts.key_type, facts.key_bits, facts.common_name) == ("ECDSA", bits, None)


def test_every_form_of_the_same_csr_gives_the_same_facts(key: Key) -> None:
    csr = new_csr(key, "example.com", NAMES)
    text = pem(csr)
    forms: list[Any] = [
        text,
        text.encode(),
        der(csr),
        text.replace("\n", "\r\n"),
        text.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        "Certificate Request:\n  Data: …\n" + text + "\ntrailing",
        "\ufeff" + text,
        text.rstrip("\n"),
    ]
    assert {_x509.load_csr(form, where="x") for form in forms} == {_x509.load_csr(text, where="x")}


def test_a_company_as_common_name_is_no_name(key: Key) -> None:
    assert _x509.load_csr(pem(new_csr(key, "Johns inc.", NAMES)), where="x").names == tuple(NAMES)


def broken_signature(csr: x509.CertificateSigningRequest) -> bytes:
    raw = bytearray(der(csr))
    raw[-1] ^= 1
    return bytes(raw)


def signed_csr(key: Any, algorithm: Any, **how: Any) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.com")])
    )
    return pem(builder.sign(key, algorithm, **how))


def openssl_csr(folder: Path, *options: str) -> str:
    """A CSR with a digest that the library does not sign with any more."""
    command = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-subj", "/CN=example.com"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize(
    "options",
    [("-sha1",), ("-md5",), ("-sha256", "-sigopt", "rsa_padding_mode:pss"), ("-sha3-256",)],
    ids=["SHA-1", "MD5", "RSA-PSS", "SHA-3"],
)
def test_a_signature_is_checked_with_the_algorithm_that_it_names(options: tuple[str, ...], tmp_path: Path) -> None:
    """A CA takes the key and the names; old appliances sign with SHA-1, and their signatures are right."""
    text = openssl_csr(tmp_path, *options)
    assert _x509.load_csr(text, where="csr_path").names == ("example.com",)
    raw = bytearray(ssl_der(text))
    raw[-1] ^= 1
    with pytest.raises(ConfigurationError, match="has a signature that does not match its own key"):
        _x509.load_csr(bytes(raw), where="csr_path")


def ssl_der(text: str) -> bytes:
    return der(x509.load_pem_x509_csr(text.encode()))


def test_a_signature_that_cannot_be_checked_is_named(key: Key) -> None:
    raw = der(new_csr(key, "example.com"))
    known = bytes.fromhex("06082a8648ce3d040302")  # ecdsa-with-SHA256
    assert raw.count(known) == 1
    with pytest.raises(
        ConfigurationError, match=r"is signed with 1\.2\.840\.10045\.4\.3\.127, which the Python package"
    ):
        _x509.load_csr(raw.replace(known, known[:-1] + b"\x7f"), where="csr_path")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_utf_16_is_named(key: Key, encoding: str) -> None:
    raw = pem(new_csr(key, "example.com")).encode(encoding)
    for content in (raw, raw.decode("utf-8", "surrogateescape")):
        with pytest.raises(ConfigurationError, match="csr_content: is text in UTF-16"):
            _x509.load_csr(content, where="csr_content")


def odd_key_csr(kind: str) -> str:
    """CSRs for kinds of keys that the library's own builder makes, but no CA takes."""
    key: Any = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else dsa.generate_private_key(2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.com")])
    )
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    return pem(builder.sign(key, None if kind == "ed25519" else hashes.SHA256()))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _key: "", "does not parse"),
        (lambda _key: "nonsense", "does not parse"),
        (lambda _key: "/etc/ssl/shop.csr", "looks like a path"),
        (lambda key: "".join(pem(new_csr(key, "example.com")).splitlines()[1:-1]), "without its first and last line"),
        (lambda key: "\n".join(pem(new_csr(key, "example.com")).splitlines()[1:-1]), "without its first and last line"),
        (lambda _key: b"\x30\x03\x02\x01\x05", "does not parse"),
        (lambda _key: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "does not parse"),
        (lambda _key: "-----BEGIN CERTIFICATE REQUEST-----\n!\n-----END CERTIFICATE REQUEST-----", "does not parse"),
        (lambda key: pem(new_csr(key, "example.com"))[:-200], "does not parse"),
        (lambda key: key_pem(key).decode(), "private key"),
        (lambda key: key_pem(key).decode() + pem(new_csr(key, "example.com")), "private key"),
        (lambda _key: pem(Authority.root().certificate), "is a certificate, not a CSR"),
        (lambda key: pem(new_csr(key, "a.example.com")) + pem(new_csr(key, "b.example.com")), "holds 2 CSRs"),
        (lambda key: broken_signature(new_csr(key, "example.com")), "signature"),
        (lambda key: pem(new_csr(key, None)), "no DNS name"),
        (lambda key: pem(new_csr(key, "Johns inc.")), "no DNS name"),
        (lambda key: pem(new_csr(key, "localhost")), "no DNS name"),
        (lambda key: pem(new_csr(key, "192.0.2.1")), "IP address"),
        (lambda key: pem(new_csr(key, "example.com", ["192.0.2.1"])), "IP address"),
        (lambda key: pem(new_csr(key, None, ["example.com", "www.*.com"])), "wildcard in the wrong place"),
        (lambda key: pem(new_csr(key, None, ["*.com"])), "whole top-level domain"),
        (lambda key: pem(new_csr(key, None, ["intern"])), "single label"),
        (lambda key: pem(new_csr(key, None, ["a_b.example.com"])), "a_b"),
        (lambda _key: pem(new_csr(new_key("RSA", 1024), "example.com")), "1024 bits"),
        (lambda _key: pem(new_csr(new_key("ECDSA", 224), "example.com")), "kind of key"),
        (lambda _key: odd_key_csr("ed25519"), "kind of key"),
        (lambda _key: odd_key_csr("dsa"), "kind of key"),
    ],
)
def test_unusable_csrs_name_option_and_remedy(make: Any, words: str, key: Key) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _x509.load_csr(make(key), where="csr_content")
    text = str(caught.value)
    assert text.startswith("csr_content")
    assert words in text
    assert caught.value.remedy
    assert "BEGIN PRIVATE" not in text
    assert "\n" not in text


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_no_bytes_surprise_the_parsers(data: bytes) -> None:
    for parse in (
        lambda: _x509.load_csr(data, where="x"),
        lambda: _x509.load_certificate(data),
        lambda: _x509.read_zip(data),
    ):
        with pytest.raises((ConfigurationError, ResponseError)):
            parse()
    with pytest.raises((ConfigurationError, ResponseError)):
        _x509.read_pkcs7(data)


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "normal"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        (" example.com ", "example.com"),
        ("*.Example.com", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a.b.c.d.example.co.uk", "a.b.c.d.example.co.uk"),
        ("1.example.com", "1.example.com"),
    ],
)
def test_names_are_normalised(given_name: str, normal: str) -> None:
    assert normalise_name(given_name, where="names") == normal
    assert normalise_name(normal, where="names") == normal


WRONG = """
* *. *.com a.*.com *a.example.com **.example.com *.*.example.com example
192.0.2.1 ::1 [::1] 2001:db8::1 a..example.com .example.com -a.example.com a-.example.com
a_b.example.com a/b.example.com example.123 http://example.com user@example.com
"""
ALSO_WRONG = ("", ".", " ", "a b.example.com", "x" * 64 + ".example.com", "a." * 130 + "com", "example.com\x00")


@pytest.mark.parametrize("name", [*WRONG.split(), *ALSO_WRONG, "example.com\nevil.net", "\u202e.example"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalise_name(name, where="names")
    assert caught.value.option == "names"
    assert "\n" not in str(caught.value)


@given(st.text(max_size=80))
def test_a_name_is_either_refused_or_normal(text: str) -> None:
    try:
        name = normalise_name(text, where="names")
    except ConfigurationError:
        return
    assert name == name.lower()
    assert name.isascii()
    assert normalise_name(name, where="names") == name


# --- certificates -------------------------------------------------------------------------------------------------


def test_facts_of_a_certificate(leaf: x509.Certificate, key: Key) -> None:
    facts = _x509.load_certificate(pem(leaf))
    assert (
        facts == _x509.load_certificate(der(leaf)) == _x509.load_certificate(pem(leaf).replace("\n", "\r\n").encode())
    )
    assert facts.names == tuple(NAMES)
    assert facts.public_key_sha256 == _x509.private_key_public_sha256(key_pem(key))
    assert facts.sha256 == hashlib.sha256(der(leaf)).hexdigest()
    assert (facts.is_ca, facts.has_server_auth, facts.is_self_issued) == (False, True, False)
    assert facts.not_before < NOW < facts.not_after
    assert facts.not_after.utcoffset() is not None
    serial = openssl("x509", "-noout", "-serial", given=pem(leaf).encode()).strip()
    assert serial == f"serial={facts.serial}"
    assert int(facts.serial, 16) == leaf.serial_number
    assert facts.as_result()["serial"] == facts.serial
    assert "BEGIN" not in repr(facts)


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", b"\x30\x00", "ü€"]
)
def test_what_is_no_certificate(text: Any) -> None:
    with pytest.raises((ResponseError, ConfigurationError)):
        _x509.load_certificate(text)


def test_splitting(leaf: x509.Certificate, middle: Authority, key: Key) -> None:
    text = "subject=x\r\n" + pem(leaf).replace("\n", "\r\n") + key_pem(key).decode() + pem(middle.certificate) + "end"
    assert _x509.split_pem(text) == [pem(leaf), pem(middle.certificate)]
    assert _x509.split_pem("nothing") == []


def test_private_keys(rsa_key: Key) -> None:
    plain = _x509.private_key_public_sha256(key_pem(rsa_key))
    assert _x509.private_key_public_sha256(key_pem(rsa_key, "word"), "word") == plain
    for data, passphrase in ((key_pem(rsa_key, "word"), None), (key_pem(rsa_key, "word"), "wrong"), (b"x", None)):
        with pytest.raises(ConfigurationError) as caught:
            _x509.private_key_public_sha256(data, passphrase)
        assert "PRIVATE" not in str(caught.value)
        assert "wrong " not in str(caught.value).replace("is wrong", "")


# --- chains -------------------------------------------------------------------------------------------------------


def bundle_of(crt: str | bytes, ca: str | bytes = b"", **arguments: Any) -> _x509.Bundle:
    return _x509.bundle_from(crt, ca, **arguments)


def test_leaf_intermediates_and_root_are_told_apart(root: Authority, middle: Authority, leaf: x509.Certificate) -> None:
    top, mid = pem(root.certificate), pem(middle.certificate)
    forms: list[tuple[Any, Any]] = [
        (pem(leaf), mid + top),
        (pem(leaf), top + mid),
        (pem(leaf) + mid + top, b""),
        (pem(leaf) + mid, top),
        (top + mid + pem(leaf), b""),
        (pem(leaf).replace("\n", "\r\n"), (mid + top).replace("\n", "\r\n")),
        (der(leaf), mid + top),
        (pem(leaf), mid + mid + top + pem(Authority.root("Foreign").certificate)),
    ]
    bundles = [bundle_of(crt, ca) for crt, ca in forms]
    assert {(one.certificate, one.chain, one.fullchain) for one in bundles} == {(pem(leaf), mid, pem(leaf) + mid)}
    assert all(one.root and one.root.pem == top for one in bundles)
    assert bundle_of(pem(leaf), mid).root is None


def test_the_fullchain_verifies_with_openssl(
    root: Authority, middle: Authority, leaf: x509.Certificate, tmp_path: Path
) -> None:
    bundle = bundle_of(pem(leaf), pem(root.certificate) + pem(middle.certificate))
    for name, text in (("root", pem(root.certificate)), ("leaf", bundle.certificate), ("chain", bundle.chain)):
        (tmp_path / name).write_text(text)
    command = ["openssl", "verify", "-CAfile", "root", "-untrusted", "chain", "leaf"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b"leaf: OK\n"


def test_a_leaf_straight_from_the_root(root: Authority, key: Key) -> None:
    direct = root.leaf(key, NAMES)
    bundle = bundle_of(pem(direct), pem(root.certificate))
    assert bundle.chain == ""
    assert bundle.fullchain == pem(direct)


def test_a_cross_signed_root_goes_into_the_chain(root: Authority, key: Key) -> None:
    young = Authority.root("Young Root")
    crossed = root.intermediate("Young Root", key=young.key)
    middle = young.intermediate("Middle")
    leaf = middle.leaf(key, NAMES)
    everything = [pem(one.certificate) for one in (root, young, crossed, middle)]
    chain = _x509.order_chain(_x509.load_certificate(pem(leaf)), [_x509.load_certificate(one) for one in everything])
    assert [one.pem for one in chain] == [pem(leaf), pem(middle.certificate), pem(crossed.certificate)]


def made_by(issuer: Authority, subject: Authority, *, ends: int) -> str:
    """A cross-signed certificate for the key of ``subject``, which ends in so many days."""
    return pem(issuer.cross(subject, ends=ends).certificate)


@pytest.mark.parametrize("with_roots", [True, False])
def test_an_expired_cross_signed_root_is_not_served(key: Key, with_roots: bool) -> None:
    """AddTrust 2020: the CA went on delivering it, and clients that met it first broke."""
    old, young = Authority.root("Old Root", ends=-1), Authority.root("Young Root")
    dead = made_by(old, young, ends=-200)
    middle = young.intermediate("Middle")
    leaf = middle.leaf(key, NAMES)
    roots = pem(old.certificate) + pem(young.certificate) if with_roots else ""
    for delivered in (pem(middle.certificate) + dead + roots, roots + dead + pem(middle.certificate)):
        bundle = bundle_of(pem(leaf), delivered)
        assert bundle.chain == pem(middle.certificate)
        assert (None if bundle.root is None else bundle.root.pem) == (pem(young.certificate) if with_roots else None)


def test_of_several_ways_up_the_one_that_lives_is_served(key: Key) -> None:
    """The dead end lies two steps up, behind the issuer that would be preferred because it ends last."""
    dead_root, root = Authority.root("Dead Root", ends=-1), Authority.root("Live Root")
    middle = root.intermediate("Middle")
    preferred = dead_root.cross(middle, ends=3000)
    leaf = middle.leaf(key, NAMES)
    everything = [pem(one.certificate) for one in (preferred, dead_root, middle, root)]
    assert bundle_of(pem(leaf), "".join(everything)).chain == pem(middle.certificate)
    assert bundle_of(pem(leaf), pem(preferred.certificate) + pem(dead_root.certificate)).chain == pem(
        preferred.certificate
    )


def test_an_issuer_that_has_expired_is_said_to_have(root: Authority, key: Key) -> None:
    over = root.intermediate("Over")
    dead = root.cross(over, ends=-3)
    with pytest.raises(ResponseError, match=r"the CA certificate that issued the one for .* \(CN=Over\) expired on"):
        bundle_of(pem(over.leaf(key, NAMES)), pem(dead.certificate) + pem(root.certificate))


def test_certificates_that_sign_each_other_in_circles_are_no_endless_way(key: Key) -> None:
    """A hostile bundle: many certificates of one name and key, each issued by all the others, all under a dead root."""
    first = Authority.root("A")
    many = [first.cross(first, ends=100 + number, name="A") for number in range(18)]
    leaf = first.leaf(key, NAMES)
    assert bundle_of(pem(leaf), "".join(pem(one.certificate) for one in many)).leaf.pem == pem(leaf)


def test_chains_that_do_not_fit(root: Authority, middle: Authority, leaf: x509.Certificate, key: Key) -> None:
    impostor = root.intermediate()  # the same name, another key
    foreign = Authority.root("Foreign").intermediate("Foreign Intermediate")
    not_a_ca = root.leaf(middle.key, ["Test Intermediate"])  # the issuer's name and key, but no CA
    for ca in (b"", pem(root.certificate), pem(impostor.certificate), pem(foreign.certificate), pem(not_a_ca)):
        with pytest.raises(ResponseError, match="does not fit"):
            bundle_of(pem(leaf), ca)
    with pytest.raises(ResponseError, match="certificate of a CA"):
        bundle_of(pem(middle.certificate), pem(root.certificate))
    with pytest.raises(ResponseError, match="more than 20"):
        bundle_of(pem(leaf) * 21, pem(middle.certificate))
    with pytest.raises(ResponseError, match="does not parse"):
        bundle_of(b"<html>", pem(middle.certificate))
    del key


def test_the_leaf_that_is_meant(middle: Authority, key: Key, leaf: x509.Certificate) -> None:
    other_key = new_key()
    other = middle.leaf(other_key, ["other.example.com"])
    wanted = _x509.load_certificate(pem(leaf)).public_key_sha256
    assert bundle_of(pem(other) + pem(leaf), pem(middle.certificate), public_key_sha256=wanted).certificate == pem(leaf)
    assert bundle_of(pem(other) + pem(leaf), pem(middle.certificate)).certificate == pem(other)
    del key


def test_what_must_not_be_installed(root: Authority, middle: Authority, leaf: x509.Certificate, key: Key) -> None:
    good = bundle_of(pem(leaf), pem(middle.certificate))
    own = good.leaf.public_key_sha256
    _x509.verify_bundle(good, public_key_sha256=own, names=["WWW.example.com"])
    _x509.verify_bundle(good, public_key_sha256=own.upper(), names=None)
    _x509.verify_bundle(good, public_key_sha256=None, names=[])
    with pytest.raises(ResponseError, match="another key"):
        _x509.verify_bundle(good, public_key_sha256="0" * 64, names=None)
    with pytest.raises(ResponseError, match=r"lacks shop\.example\.com"):
        _x509.verify_bundle(good, public_key_sha256=own, names=["example.com", "shop.example.com"])
    client_only = bundle_of(pem(middle.leaf(key, NAMES, server_auth=False)), pem(middle.certificate))
    with pytest.raises(ResponseError, match="serverAuth"):
        _x509.verify_bundle(client_only, public_key_sha256=None, names=None)
    authority = _x509.Bundle(leaf=_x509.load_certificate(pem(root.certificate)))
    with pytest.raises(ResponseError, match="certificate of a CA"):
        _x509.verify_bundle(authority, public_key_sha256=None, names=None)


# --- containers ---------------------------------------------------------------------------------------------------


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_zip_is_read_by_base_names() -> None:
    data = zipped(("../../etc/passwd", b"a"), ("x/", b""), ("x\\y.crt", b"b"), ("z/y.crt", b"c"), ("{{ x }}", b"d"))
    assert _x509.read_zip(data) == {"passwd": b"a", "y.crt": b"b", "y.crt (3)": b"c", "{ { x }}": b"d"}


def lying_zip() -> bytes:
    """A member whose directory entry claims 10 bytes while it inflates to 2 MiB."""
    data = bytearray(zipped(("a", b"\0" * (2 * 1024 * 1024))))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a readable zip"),
        (b"PK\x03\x04", "not a readable zip"),
        (zipped(("a", b"x" * 100))[:60], "not a readable zip"),
        (zipped(*((str(n), b"x") for n in range(21))), "21 members"),
        (zipped(("a", b"\0" * 50_000_000)), "inflates"),
        (zipped(("a", b"\0" * 700_000), ("b", b"\0" * 700_000)), "inflates"),
        (lying_zip(), "not a readable zip|inflates"),
    ],
    ids=["empty", "head", "cut", "many", "bomb", "sum", "lie"],
)
def test_zips_that_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(ResponseError, match=words):
        _x509.read_zip(data)


def test_pkcs7(root: Authority, middle: Authority, leaf: x509.Certificate, tmp_path: Path) -> None:
    (tmp_path / "all").write_text(pem(leaf) + pem(middle.certificate) + pem(root.certificate))
    base = ["openssl", "crl2pkcs7", "-nocrl", "-certfile", "all"]
    as_pem = subprocess.run(base, cwd=tmp_path, capture_output=True, check=True).stdout
    as_der = subprocess.run([*base, "-outform", "DER"], cwd=tmp_path, capture_output=True, check=True).stdout
    expected = {pem(leaf), pem(middle.certificate), pem(root.certificate)}
    for form in (as_pem, as_der, as_pem.replace(b"\n", b"\r\n"), as_pem.decode()):
        assert {one.pem for one in _x509.read_pkcs7(form)} == expected
    for bad in (b"", b"x", as_der[:-10], pem(leaf)):
        with pytest.raises(ResponseError):
            _x509.read_pkcs7(bad)


@pytest.mark.parametrize(
    "module", ["_x509.facts", "_client.api", "_client.models", "_client.transport", "_client.validation"]
)
def test_importing_does_not_load_cryptography(module: str) -> None:
    code = (
        f"import sys; import ansible_collections.certops.resello.plugins.module_utils.{module}; "
        "sys.exit('cryptography' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
