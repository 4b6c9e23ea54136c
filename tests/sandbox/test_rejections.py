# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the provider refuses, in the published shape: nothing is charged and nothing is made."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import (
    PLAN_EV,
    PLAN_MULTI_DOMAIN,
    PLAN_OV,
    PLAN_WILDCARD,
    csr_pem,
    key_pem,
    new_key,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def weak_csr() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - weakness is the point
    return csr_pem("a.example.com", key=key)


def foreign_curve_csr() -> str:
    return csr_pem("a.example.com", key=ec.generate_private_key(ec.SECP256K1()))


def edwards_csr() -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example.com")]), critical=False)
    return builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM).decode()


def forged_csr() -> str:
    """One bit of the signature is changed."""
    der = bytearray(x509.load_pem_x509_csr(csr_pem("a.example.com").encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()


def address_csr() -> str:
    return csr_pem(others=[x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])


# name of the case: (changed fields; a callable makes the value at test time, None leaves the field out), field, code
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no csr": ({"csr": None}, "csr", "required"),
    "csr is no text": ({"csr": 5}, "csr", "invalid_type"),
    "malformed csr": (
        {"csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"},
        "csr",
        "malformed",
    ),
    "csr cut short": ({"csr": lambda: csr_pem("a.example.com")[:200]}, "csr", "malformed"),
    "csr is a key": ({"csr": lambda: key_pem(new_key())}, "csr", "private_key"),
    "csr with a forged signature": ({"csr": forged_csr}, "csr", "bad_signature"),
    "weak key": ({"csr": weak_csr}, "csr", "weak_key"),
    "foreign curve": ({"csr": foreign_curve_csr}, "csr", "unsupported_key"),
    "foreign kind of key": ({"csr": edwards_csr}, "csr", "unsupported_key"),
    "csr without a name": ({"csr": csr_pem}, "csr", "no_name"),
    "csr with an address": ({"csr": address_csr}, "csr", "invalid_name"),
    "csr with a one-label name": ({"csr": lambda: csr_pem("localhost")}, "csr", "invalid_name"),
    "csr with a wildcard inside": ({"csr": lambda: csr_pem("a.*.example.com")}, "csr", "invalid_name"),
    "no plan": ({"plan": None}, "plan", "required"),
    "unknown plan": ({"plan": UNKNOWN}, "plan", "does_not_exist"),
    "no dcv_type": ({"dcv_type": None}, "dcv_type", "required"),
    "unknown dcv_type": ({"dcv_type": "PHONE"}, "dcv_type", "invalid_choice"),
    "dcv_type in lower case": ({"dcv_type": "dns"}, "dcv_type", "invalid_choice"),
    "email without approver": ({"approver_email_address": None}, "approver_email_address", "required"),
    "email that is none": ({"approver_email_address": "nobody"}, "approver_email_address", "invalid"),
    "phone that is none": ({"approver_phone_number": "0612345678"}, "approver_phone_number", "invalid"),
    "reference too long": ({"client_reference": "r" * 256}, "client_reference", "max_length"),
    "wildcard by file": (
        {"csr": lambda: csr_pem("*.example.com"), "plan": PLAN_WILDCARD, "dcv_type": "FILE"},
        "dcv_type",
        "not_allowed",
    ),
    "wildcard in a plan without": ({"csr": lambda: csr_pem("*.example.com")}, "csr", "not_allowed"),
    "no wildcard in a wildcard plan": ({"plan": PLAN_WILDCARD}, "csr", "not_allowed"),
    "two wildcards": (
        {"csr": lambda: csr_pem("*.example.com", "*.example.net"), "plan": PLAN_WILDCARD},
        "csr",
        "too_many_names",
    ),
    "two levels of wildcards": (
        {"csr": lambda: csr_pem("*.example.com", "*.www.example.com"), "plan": PLAN_WILDCARD},
        "csr",
        "too_many_names",
    ),
    "a name the wildcard does not cover": (
        {"csr": lambda: csr_pem("*.example.com", "a.b.example.com"), "plan": PLAN_WILDCARD},
        "csr",
        "too_many_names",
    ),
    "two names in a plan for one": (
        {"csr": lambda: csr_pem("a.example.com", "b.example.com")},
        "csr",
        "too_many_names",
    ),
    "too many names": (
        {"csr": lambda: csr_pem(*(f"n{i}.example.com" for i in range(101))), "plan": PLAN_MULTI_DOMAIN},
        "csr",
        "too_many_names",
    ),
    "wildcard in a multi-domain plan": (
        {"csr": lambda: csr_pem("a.example.com", "*.example.com"), "plan": PLAN_MULTI_DOMAIN},
        "csr",
        "not_allowed",
    ),
    "ov without its fields": ({"plan": PLAN_OV, "company_name": "Johns inc."}, "department", "required"),
    "ev without its fields": ({"plan": PLAN_EV, "company_name": "Johns inc."}, "chamber_of_commerce", "required"),
    "ov without an organization": ({"plan": PLAN_OV}, "company_name", "required"),
}


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in fields.items()}


@pytest.mark.parametrize("case", CASES)
def test_a_create_that_is_refused(sandbox: SandboxProcess, buyer: Buyer, case: str) -> None:
    fields, field, code = CASES[case]
    answer = sandbox.api("POST", "ssl-certificate", buyer.body(**filled(fields)))
    body = answer.json()
    assert (answer.status_code, body["success"]) == (422, False)
    assert body["error"]["code"] == "request_validation_failed"
    assert code in [entry["code"] for entry in body["error"]["message"][field]]
    assert all(entry["message"] for entries in body["error"]["message"].values() for entry in entries)
    assert sandbox.control("GET", "ledger")["net"] == 0
    assert sandbox.api("GET", "ssl-certificate").json()["total"] == 0


def test_all_that_is_wrong_is_said_at_once(sandbox: SandboxProcess) -> None:
    body = {"csr": "x", "plan": UNKNOWN, "dcv_type": "y", "approver_phone_number": "z", "city": 5}
    answer = sandbox.api("POST", "ssl-certificate", body).json()
    assert set(answer["error"]["message"]) == set(body)


def test_organization_fields_are_all_named(sandbox: SandboxProcess, buyer: Buyer) -> None:
    messages = sandbox.api("POST", "ssl-certificate", buyer.body(plan=PLAN_EV)).json()["error"]["message"]
    wanted = {"chamber_of_commerce", "department", "approver_first_name", "approver_last_name", "company_name"}
    assert set(messages) == wanted


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object(sandbox: SandboxProcess, raw: bytes) -> None:
    answer = sandbox.api("POST", "ssl-certificate", data=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/renew"),
        ("POST", "/reissue"),
        ("POST", "/validate"),
        ("GET", "/validation-details"),
        ("GET", "/download-crt"),
    ],
)
def test_unknown_id(sandbox: SandboxProcess, method: str, path: str) -> None:
    answer = sandbox.api(method, f"ssl-certificate/{UNKNOWN}{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert answer.json()["success"] is False


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "nothing", 404), ("PUT", "ssl-certificate", 405)])
def test_unknown_address(sandbox: SandboxProcess, method: str, path: str, status: int) -> None:
    answer = sandbox.api(method, path)
    assert (answer.status_code, answer.json()["success"]) == (status, False)


def test_validate_refuses_what_cannot_be(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order("*.example.com", plan=PLAN_WILDCARD, dcv_type="DNS", approver_email_address=None)["id"]
    expected: dict[str, list[dict[str, Any]]] = {
        "dcv_type": [{"dcv_type": "FILE"}, {"dcv_type": "SMS"}, {}],
        "email_address": [{"dcv_type": "EMAIL"}, {"dcv_type": "EMAIL", "email_address": "x"}],
        "domain": [{"dcv_type": "DNS", "domain": "foreign.example.com"}, {"dcv_type": "DNS", "domain": 7}],
    }
    for field, bodies in expected.items():
        for body in bodies:
            answer = sandbox.api("POST", f"ssl-certificate/{order_id}/validate", body)
            assert answer.status_code == 422
            assert list(answer.json()["error"]["message"]) == [field]


def test_an_order_in_the_wrong_state(sandbox: SandboxProcess, buyer: Buyer) -> None:
    waiting = buyer.order()["id"]
    ended = buyer.order()["id"]
    sandbox.api("DELETE", f"ssl-certificate/{ended}")
    issued = buyer.issued()["id"]
    body = buyer.body()
    refused = [
        ("POST", f"{waiting}/reissue", body),
        ("POST", f"{waiting}/renew", body),
        ("POST", f"{ended}/reissue", body),
        ("POST", f"{ended}/renew", body),
        ("POST", f"{ended}/validate", {"dcv_type": "DNS"}),
        ("DELETE", ended, None),
        ("POST", f"{issued}/validate", {"dcv_type": "DNS"}),
        ("POST", f"{issued}/renew", body),
    ]
    before = sandbox.control("GET", "ledger")
    for method, path, sent in refused:
        answer = sandbox.api(method, f"ssl-certificate/{path}", sent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_state"), path
    assert sandbox.control("GET", "ledger") == before


def test_what_is_odd_but_fine(sandbox: SandboxProcess, buyer: Buyer) -> None:
    """Null fields, unknown fields, numbers as query text, a CN that is a shop's name beside proper names."""
    body = {
        **buyer.body(),
        "city": None,
        "unheard_of": [1, 2],
        "csr": csr_pem("shop.example.com", common_name="My Shop"),
    }
    assert sandbox.api("POST", "ssl-certificate", body).json()["result"]["domain"] == "shop.example.com"
    www = buyer.body(csr=csr_pem("www.example.com", "example.com", common_name="Example.com"))
    assert sandbox.api("POST", "ssl-certificate", www).json()["result"]["domain"] == "example.com"
    star = buyer.body("*.www.example.com", "www.example.com", "a.www.example.com", plan=PLAN_WILDCARD)
    assert sandbox.api("POST", "ssl-certificate", star).json()["result"]["domain"] == "*.www.example.com"
