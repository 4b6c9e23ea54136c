# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is downloaded satisfies the programs people check certificates with."""

from __future__ import annotations

import datetime
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import (
    PLAN_MULTI_DOMAIN,
    PLAN_OV,
    Key,
    csr_pem,
    key_pem,
    new_key,
    same_key,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def download(sandbox: SandboxProcess, order_id: str, folder: Path) -> dict[str, Path]:
    """All five formats as files."""
    paths = {}
    for form in ("zip", "pkcs7", "crt", "csr", "ca"):
        answer = sandbox.api("GET", f"ssl-certificate/{order_id}/download-{form}")
        assert answer.status_code == 200
        paths[form] = folder / f"download.{form}"
        paths[form].write_bytes(answer.content)
    return paths


def run(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def test_openssl_and_unzip_accept_the_downloads(sandbox: SandboxProcess, buyer: Buyer, tmp_path: Path) -> None:
    files = download(sandbox, buyer.issued()["id"], tmp_path)
    root = sandbox.info["issuer_ca_path"]
    strict = ["-x509_strict", "-purpose", "sslserver", "-verify_hostname", "shop.example.com"]
    assert "OK" in run("openssl", "verify", *strict, "-CAfile", root, "-untrusted", files["ca"], files["crt"])
    printed = run("openssl", "pkcs7", "-print_certs", "-in", files["pkcs7"])
    assert printed.count("BEGIN CERTIFICATE") == 3
    assert files["crt"].read_text().strip() in printed
    run("unzip", "-t", files["zip"])
    members = run("unzip", "-Z1", files["zip"]).split()
    assert members == ["shop_example_com.crt", "shop_example_com.ca-bundle"]
    assert run("unzip", "-p", files["zip"], members[0]) == files["crt"].read_text()
    assert run("unzip", "-p", files["zip"], members[1]) == files["ca"].read_text()


def test_ca_is_the_intermediate_and_then_the_root(sandbox: SandboxProcess, buyer: Buyer, tmp_path: Path) -> None:
    files = download(sandbox, buyer.issued()["id"], tmp_path)
    leaf = x509.load_pem_x509_certificate(files["crt"].read_bytes())
    end = "-----END CERTIFICATE-----\n"
    texts = [text + end for text in files["ca"].read_text().split(end)[:-1]]
    intermediate, root = (x509.load_pem_x509_certificate(text.encode()) for text in texts)
    assert leaf.issuer == intermediate.subject
    assert intermediate.issuer == root.subject == root.issuer
    assert x509.load_pem_x509_certificate(Path(sandbox.info["issuer_ca_path"]).read_bytes()) == root


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_tls_handshake_verifies_strictly(sandbox: SandboxProcess, buyer: Buyer, tmp_path: Path, kind: str) -> None:
    key: Key = new_key() if kind == "ecdsa" else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    order = buyer.issued(csr=csr_pem("shop.example.com", "www.shop.example.com", key=key))
    files = download(sandbox, order["id"], tmp_path)
    chain, key_file = tmp_path / "fullchain.pem", tmp_path / "key.pem"
    chain.write_text(files["crt"].read_text() + files["ca"].read_text())
    key_file.write_text(key_pem(key))
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(chain, key_file)
    client_context = ssl.create_default_context(cafile=sandbox.info["issuer_ca_path"])
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            raw, _address = listener.accept()
            with server_context.wrap_socket(raw, server_side=True) as connection:
                connection.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            socket.create_connection(listener.getsockname()) as raw,
            client_context.wrap_socket(raw, server_hostname="www.shop.example.com") as connection,
        ):
            subject_names = [value for _kind, value in connection.getpeercert()["subjectAltName"]]  # type: ignore[index,str-unpack]
            connection.send(b"x")
        thread.join(10)
    assert subject_names == ["shop.example.com", "www.shop.example.com"]


def test_the_leaf_is_what_the_baseline_requirements_want(buyer: Buyer) -> None:
    key = new_key()
    fields = dict.fromkeys(("chamber_of_commerce", "department", "approver_first_name", "approver_last_name"), "x")
    csr = csr_pem("Shop.Example.com", common_name="www.shop.example.com", organization="Johns inc.", key=key)
    order = buyer.issued(plan=PLAN_OV, csr=csr, **fields)
    leaf = x509.load_pem_x509_certificate(order["certificates"][0]["pem"].encode())
    assert same_key(leaf, key)
    subject = {attribute.oid: attribute.value for attribute in leaf.subject}
    assert subject == {NameOID.ORGANIZATION_NAME: "Johns inc.", NameOID.COMMON_NAME: "www.shop.example.com"}
    extensions = leaf.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["www.shop.example.com", "shop.example.com"]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert leaf.serial_number.bit_length() > 64


def test_life_follows_the_setting_and_the_clock(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(certificate_days=47)
    sandbox.advance(days=100)
    truth = buyer.issued()["certificates"][0]
    start, end = (
        datetime.datetime.fromisoformat(truth[name].replace("Z", "+00:00")) for name in ("not_before", "not_after")
    )
    assert end - start == datetime.timedelta(days=47)
    away = start - datetime.datetime.now(datetime.timezone.utc)
    assert abs(away - datetime.timedelta(days=100)) < datetime.timedelta(minutes=1)


def test_the_csr_comes_back_byte_for_byte(sandbox: SandboxProcess, buyer: Buyer) -> None:
    csr = csr_pem("shop.example.com").replace("\n", "\r\n")
    order_id = buyer.order(csr=csr)["id"]
    assert sandbox.api("GET", f"ssl-certificate/{order_id}/download-csr").text == csr


def test_what_is_not_issued_cannot_be_downloaded(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    for form in ("zip", "pkcs7", "crt", "ca"):
        answer = sandbox.api("GET", f"ssl-certificate/{order_id}/download-{form}")
        assert (answer.status_code, answer.json()["success"]) == (422, False)
        assert answer.json()["error"]["code"] == "invalid_state"


def test_downloads_are_the_same_every_time(sandbox: SandboxProcess, buyer: Buyer, tmp_path: Path) -> None:
    order = buyer.issued("a.example.com", "b.example.com", plan=PLAN_MULTI_DOMAIN)
    first = {form: path.read_bytes() for form, path in download(sandbox, order["id"], tmp_path).items()}
    assert first == {form: path.read_bytes() for form, path in download(sandbox, order["id"], tmp_path).items()}
