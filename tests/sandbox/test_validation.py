# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order stays pending until control of every name is really proven."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import (
    PLAN_DIGICERT,
    PLAN_MULTI_DOMAIN,
    PLAN_OV,
    PLAN_WILDCARD,
    NameServer,
    WebServer,
    csr_pem,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

SETTLED = 0.4  # seconds: four times the interval of checks


def place_file(web: WebServer, row: dict[str, Any], *, text: str | None = None) -> None:
    host, _slash, path = row["fileLocation"].removeprefix("http://").partition("/")
    web.pages[host, f"/{path}"] = (200, text or row["fileContents"])


def hashes(csr: str) -> tuple[str, str]:
    der = x509.load_pem_x509_csr(csr.encode()).public_bytes(Encoding.DER)
    return hashlib.md5(der, usedforsecurity=False).hexdigest(), hashlib.sha256(der).hexdigest()


def still_pending(sandbox: SandboxProcess, order_id: str) -> bool:
    time.sleep(SETTLED)
    return bool(sandbox.truth(order_id)["status"] == "pending")


def test_sectigo_file(sandbox: SandboxProcess, buyer: Buyer, web: WebServer) -> None:
    csr = csr_pem("shop.example.com")
    order_id = buyer.order(csr=csr, dcv_type="FILE")["id"]
    row = buyer.details(order_id)[0]
    md5, sha256 = hashes(csr)
    assert row["fileLocation"] == f"http://shop.example.com/.well-known/pki-validation/{md5.upper()}.txt"
    assert row["fileContents"] == f"{sha256}\nsectigo.com"
    assert still_pending(sandbox, order_id)
    place_file(web, row, text=row["fileContents"].replace("\n", "\r\n") + "\r\n")
    sandbox.wait_for_status(order_id, "active")
    assert buyer.details(order_id)[0]["status"] is True


@pytest.mark.parametrize("trouble", ["wrong content", "redirect", "other host", "not found"])
def test_a_file_that_proves_nothing(sandbox: SandboxProcess, buyer: Buyer, web: WebServer, trouble: str) -> None:
    order_id = buyer.order(dcv_type="FILE")["id"]
    row = buyer.details(order_id)[0]
    path = row["fileLocation"].removeprefix("http://shop.example.com")
    web.pages["elsewhere.example.com", path] = (200, row["fileContents"])
    if trouble == "wrong content":
        web.pages["shop.example.com", path] = (200, row["fileContents"] + "\nmore")
    if trouble == "redirect":
        web.pages["shop.example.com", path] = (302, f"http://elsewhere.example.com:{web.port}{path}")
    expected = {"wrong content": "another content", "redirect": "status 302"}.get(trouble, "status 404")
    wait_until(lambda: expected in buyer.details(order_id)[0]["statusMessage"] or None, seconds=20, what=expected)
    assert still_pending(sandbox, order_id)
    assert ("shop.example.com", path) in web.asked
    assert ("elsewhere.example.com", path) not in web.asked, "a redirect must not be followed"


def test_sectigo_dns(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    csr = csr_pem("shop.example.com")
    order_id = buyer.order(csr=csr, dcv_type="DNS")["id"]
    row = buyer.details(order_id)[0]
    md5, sha256 = hashes(csr)
    assert row["dnsRecord"] == f"_{md5}.shop.example.com"
    assert row["dnsCnameValue"] == f"{sha256[:32]}.{sha256[32:]}.sectigo.com"
    names.records[row["dnsRecord"], "CNAME"] = ["wrong.sectigo.com."]
    assert still_pending(sandbox, order_id)
    names.records[row["dnsRecord"], "CNAME"] = [row["dnsCnameValue"].upper() + "."]
    sandbox.wait_for_status(order_id, "active")


def test_sectigo_unique_value_is_in_file_and_record(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(unique_value=True)
    order_id = buyer.order(dcv_type="FILE")["id"]
    sha256, domain, unique = buyer.details(order_id)[0]["fileContents"].split("\n")
    assert (len(sha256), domain) == (64, "sectigo.com")
    sandbox.api("POST", f"ssl-certificate/{order_id}/validate", {"dcv_type": "DNS"})
    assert buyer.details(order_id)[0]["dnsCnameValue"] == f"{sha256[:32]}.{sha256[32:]}.{unique}.sectigo.com"


def test_digicert_brands_use_a_random_value(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer, names: NameServer
) -> None:
    by_file = buyer.order("a.example.com", plan=PLAN_DIGICERT, dcv_type="FILE")["id"]
    by_record = buyer.order("b.example.com", plan=PLAN_DIGICERT, dcv_type="DNS")["id"]
    file_row, record_row = buyer.details(by_file)[0], buyer.details(by_record)[0]
    assert file_row["fileLocation"] == "http://a.example.com/.well-known/pki-validation/fileauth.txt"
    assert (record_row["dnsRecord"], record_row["dnsType"]) == ("b.example.com", "TXT")
    assert file_row["fileContents"] != record_row["dnsContents"]
    place_file(web, file_row)
    names.records["b.example.com", "TXT"] = ['"v=spf1 -all"', f'"{record_row["dnsContents"]}"']
    sandbox.wait_for_status(by_file, "active")
    sandbox.wait_for_status(by_record, "active")


def test_email_waits_for_the_approval(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    mail = sandbox.control("GET", "emails")["emails"][0]
    assert (mail["to"], mail["domain"], mail["order_id"]) == ("admin@example.com", "shop.example.com", order_id)
    assert still_pending(sandbox, order_id)
    buyer.finish(order_id)


def test_every_name_of_a_multi_domain_order_is_proven_alone(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer, names: NameServer
) -> None:
    hosts = ["a.example.com", "b.example.net", "c.example.org"]
    order_id = buyer.order(*hosts, plan=PLAN_MULTI_DOMAIN, dcv_type="FILE")["id"]
    rows = {row["domain"]: row for row in buyer.details(order_id)}
    assert list(rows) == hosts
    place_file(web, rows["a.example.com"])
    wait_until(lambda: buyer.details(order_id)[0]["status"] or None, seconds=20, what="the first name is proven")
    validate = f"ssl-certificate/{order_id}/validate"
    assert sandbox.api("POST", validate, {"dcv_type": "DNS", "domain": "b.example.net"}).status_code == 200
    sandbox.api("POST", validate, {"dcv_type": "EMAIL", "domain": "c.example.org", "email_address": "x@example.org"})
    rows = {row["domain"]: row for row in buyer.details(order_id)}
    assert [row["dcvType"] for row in rows.values()] == ["FILE", "DNS", "EMAIL"]
    names.records[rows["b.example.net"]["dnsRecord"], "CNAME"] = [rows["b.example.net"]["dnsCnameValue"] + "."]
    wait_until(lambda: buyer.details(order_id)[1]["status"] or None, seconds=20, what="the second name is proven")
    assert still_pending(sandbox, order_id)
    sandbox.approve(order_id, "c.example.org")
    truth = sandbox.wait_for_status(order_id, "active")
    certificate = x509.load_pem_x509_certificate(truth["certificates"][0]["pem"].encode())
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert extension.get_values_for_type(x509.DNSName) == hosts


def test_wildcard_by_dns_at_its_base(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    order_id = buyer.order("*.example.com", "example.com", plan=PLAN_WILDCARD, dcv_type="DNS")["id"]
    rows = buyer.details(order_id)
    assert rows[0]["dnsRecord"] == rows[1]["dnsRecord"]
    assert rows[0]["dnsRecord"].endswith(".example.com")
    assert "*" not in rows[0]["dnsRecord"]
    names.records[rows[0]["dnsRecord"], "CNAME"] = [rows[0]["dnsCnameValue"] + "."]
    sandbox.wait_for_status(order_id, "active")


def test_switching_the_method_of_the_whole_order(sandbox: SandboxProcess, buyer: Buyer, web: WebServer) -> None:
    order_id = buyer.order()["id"]
    answer = sandbox.api("POST", f"ssl-certificate/{order_id}/validate", {"dcv_type": "FILE"})
    assert answer.json()["result"]["dcv_type"] == "FILE"
    place_file(web, buyer.details(order_id)[0])
    sandbox.wait_for_status(order_id, "active")


def test_validate_checks_at_once_when_nothing_is_checked_by_itself(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer
) -> None:
    sandbox.settings(validation_interval=0)
    order_id = buyer.order(dcv_type="FILE")["id"]
    wait_until(lambda: web.asked or None, seconds=20, what="the first check")
    place_file(web, buyer.details(order_id)[0])
    assert still_pending(sandbox, order_id)
    sandbox.api("POST", f"ssl-certificate/{order_id}/validate", {"dcv_type": "FILE"})
    sandbox.wait_for_status(order_id, "active")


def test_issue_delay(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(issue_delay=0.8)
    order_id = buyer.order()["id"]
    started = time.monotonic()
    sandbox.approve(order_id)
    sandbox.wait_for_status(order_id, "active")
    assert time.monotonic() - started > 0.7


def test_a_name_server_that_is_dead_is_a_message_and_not_a_crash(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(nameservers=["127.0.0.1:9"])
    order_id = buyer.order(dcv_type="DNS")["id"]
    wait_until(
        lambda: "Not checked" not in buyer.details(order_id)[0]["statusMessage"] or None, seconds=15, what="checked"
    )
    assert sandbox.truth(order_id)["status"] == "pending"


def test_addresses_come_from_the_name_server_when_nothing_is_pinned(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer, names: NameServer
) -> None:
    sandbox.settings(resolve={})
    order_id = buyer.order(dcv_type="FILE")["id"]
    place_file(web, buyer.details(order_id)[0])
    message = "no address"
    wait_until(lambda: message in buyer.details(order_id)[0]["statusMessage"] or None, seconds=20, what=message)
    assert still_pending(sandbox, order_id)
    names.records["shop.example.com", "A"] = ["127.0.0.1"]
    sandbox.wait_for_status(order_id, "active")


def test_organization_is_verified_beside_the_domain(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(organization_vetting="manual")
    fields = dict.fromkeys(("chamber_of_commerce", "department", "approver_first_name", "approver_last_name"), "x")
    order_id = buyer.order(plan=PLAN_OV, company_name="Johns inc.", **fields)["id"]
    sandbox.approve(order_id, "shop.example.com")
    assert still_pending(sandbox, order_id)
    answer = sandbox.api("GET", f"ssl-certificate/{order_id}/validation-details").json()["result"]["validations"]
    assert (answer["dcv"]["status"], answer["organization"]["status"]) == (True, False)
    buyer.finish(order_id)
