# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domain validation as CAs do it: from several places, with CAA, limits, refusals, and mails that are sent again."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import (
    PLAN_DIGICERT,
    PLAN_MULTI_DOMAIN,
    PLAN_WILDCARD,
    NameServer,
    WebServer,
    csr_pem,
    new_key,
)
from ansible_collections.certops.resello.tests.sandbox.test_validation import place_file, still_pending
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until
from resello_sandbox.caa import Record, refusal

NAME = "shop.example.com"
SECTIGO = ("sectigo.com", "comodo.com")


def message(buyer: Buyer, order_id: str, part: str) -> str:
    """Wait until the first name's message has this part."""

    def look() -> str | None:
        text = str(buyer.details(order_id)[0]["statusMessage"])
        return text if part in text else None

    return wait_until(look, seconds=8, what=f"{part!r} in the message")


def add_record(server: NameServer, row: dict[str, Any]) -> None:
    if "dnsCnameValue" in row:
        server.records[row["dnsRecord"], "CNAME"] = [row["dnsCnameValue"] + "."]
    else:
        server.records[row["dnsRecord"], "TXT"] = [f'"{row["dnsContents"]}"']


def by_dns(buyer: Buyer, *names: str, **fields: Any) -> tuple[str, list[dict[str, Any]]]:
    order_id = buyer.order(*(names or (NAME,)), dcv_type="DNS", **fields)["id"]
    return order_id, buyer.details(order_id)


def retry(sandbox: SandboxProcess, order_id: str, **body: Any) -> Any:
    return sandbox.api("POST", f"ssl-certificate/{order_id}/validate", {"dcv_type": "DNS", **body})


def test_every_name_server_must_show_the_record(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    with NameServer() as far_away:
        sandbox.settings(nameservers=[f"127.0.0.1:{names.port}", f"127.0.0.1:{far_away.port}"])
        order_id, rows = by_dns(buyer)
        add_record(names, rows[0])
        message(buyer, order_id, f"has no such CNAME record at 127.0.0.1:{far_away.port}")
        assert still_pending(sandbox, order_id)
        add_record(far_away, rows[0])
        sandbox.wait_for_status(order_id, "active")


def test_one_name_server_may_be_enough(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    sandbox.settings(nameservers=["127.0.0.1:9", f"127.0.0.1:{names.port}"], nameserver_rule="first")
    order_id, rows = by_dns(buyer)
    add_record(names, rows[0])
    sandbox.wait_for_status(order_id, "active")


def test_a_file_must_be_there_from_everywhere(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer, names: NameServer
) -> None:
    with NameServer() as far_away:
        sandbox.settings(resolve={}, nameservers=[f"127.0.0.1:{names.port}", f"127.0.0.1:{far_away.port}"])
        order_id = buyer.order(dcv_type="FILE")["id"]
        place_file(web, buyer.details(order_id)[0])
        names.records[NAME, "A"] = ["127.0.0.1"]
        message(buyer, order_id, "has no address (NXDOMAIN)")
        far_away.records[NAME, "A"] = ["127.0.0.99"]
        message(buyer, order_id, "127.0.0.99")
        far_away.records[NAME, "A"] = ["127.0.0.1"]
        sandbox.wait_for_status(order_id, "active")


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
def test_trouble_of_a_name_server_is_told(sandbox: SandboxProcess, buyer: Buyer, names: NameServer, rcode: str) -> None:
    order_id, rows = by_dns(buyer)
    message(buyer, order_id, "NXDOMAIN")
    names.rcodes[rows[0]["dnsRecord"]] = rcode
    assert f"127.0.0.1:{names.port} answered {rcode} for _" in message(buyer, order_id, rcode)
    names.rcodes.clear()
    add_record(names, rows[0])
    sandbox.wait_for_status(order_id, "active")


def test_aliases_lead_to_the_record(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    order_id, rows = by_dns(buyer, plan=PLAN_DIGICERT)
    names.records[NAME, "CNAME"] = ["elsewhere.example.net."]
    names.records["elsewhere.example.net", "TXT"] = [f'"{rows[0]["dnsContents"]}"']
    sandbox.wait_for_status(order_id, "active")


@pytest.mark.parametrize(
    ("records", "plan", "forbidden"),
    [
        ({NAME: ['0 issue "sectigo.com"']}, None, False),
        ({NAME: ['0 issue "ComodoCA.com; policy=ev"']}, None, False),
        ({NAME: ['0 issue "letsencrypt.org"']}, None, True),
        ({NAME: ['0 issue ";"']}, None, True),
        ({NAME: ['0 issue "digicert.com"']}, PLAN_DIGICERT, False),
        ({NAME: ['0 issue "sectigo.com"']}, PLAN_DIGICERT, True),
        ({"example.com": ['0 issue "letsencrypt.org"']}, None, True),
        ({"example.com": ['0 issue "letsencrypt.org"'], NAME: ['0 issue "sectigo.com"']}, None, False),
        ({NAME: ['0 iodef "mailto:a@example.com"']}, None, False),
        ({NAME: ['128 novelty "x"', '0 issue "sectigo.com"']}, None, True),
        ({NAME: ['0 issuewild "letsencrypt.org"']}, None, False),
    ],
)
def test_caa(
    sandbox: SandboxProcess,
    buyer: Buyer,
    names: NameServer,
    records: dict[str, list[str]],
    plan: str | None,
    forbidden: bool,
) -> None:
    names.records.update({(owner, "CAA"): values for owner, values in records.items()})
    order_id, rows = by_dns(buyer, **({"plan": plan} if plan else {}))
    add_record(names, rows[0])
    if forbidden:
        assert next(reversed(records)) in message(buyer, order_id, "CAA at") or len(records) == 1
        assert still_pending(sandbox, order_id)
        sandbox.settings(caa="ignore")
    sandbox.wait_for_status(order_id, "active")


def test_caa_of_a_wildcard(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    names.records["example.com", "CAA"] = ['0 issue "sectigo.com"', '0 issuewild ";"']
    order_id, rows = by_dns(buyer, "*.example.com", "example.com", plan=PLAN_WILDCARD)
    add_record(names, rows[0])
    assert "issuewild allows nobody" in message(buyer, order_id, "CAA")
    assert [row["status"] for row in buyer.details(order_id)] == [False, True]
    names.records["example.com", "CAA"] = ['0 issue "sectigo.com"']
    sandbox.wait_for_status(order_id, "active")


def test_caa_that_cannot_be_read_forbids(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    order_id, rows = by_dns(buyer)
    add_record(names, rows[0])
    names.rcodes["example.com"] = "SERVFAIL"
    assert "could not be read" in message(buyer, order_id, "CAA records of example.com")
    assert still_pending(sandbox, order_id)
    names.rcodes.clear()
    sandbox.wait_for_status(order_id, "active")


def test_the_parent_is_that_of_the_name_and_not_of_its_alias(
    sandbox: SandboxProcess, buyer: Buyer, names: NameServer
) -> None:
    names.records[NAME, "CNAME"] = ["shop.cloud.example.net."]
    names.records["cloud.example.net", "CAA"] = ['0 issue "letsencrypt.org"']
    names.records["shop.cloud.example.net", "A"] = ["127.0.0.1"]
    order_id, rows = by_dns(buyer)
    add_record(names, rows[0])
    sandbox.wait_for_status(order_id, "active")
    names.records["shop.cloud.example.net", "CAA"] = ['0 issue "letsencrypt.org"']
    order_id, rows = by_dns(buyer)
    add_record(names, rows[0])
    message(buyer, order_id, f"CAA at {NAME}")


def test_a_click_does_not_overrule_caa(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    names.records[NAME, "CAA"] = ['0 issue "letsencrypt.org"']
    order_id = buyer.order()["id"]
    sandbox.approve(order_id)
    message(buyer, order_id, "CAA at")
    assert still_pending(sandbox, order_id)
    del names.records[NAME, "CAA"]
    sandbox.wait_for_status(order_id, "active")


@pytest.mark.parametrize(
    ("texts", "wildcard", "refused"),
    [
        (['0 issue "sectigo.com"'], True, False),
        (['0 issuewild "sectigo.com"', '0 issue ";"'], True, False),
        (['0 issuewild "sectigo.com"', '0 issue ";"'], False, True),
        (['0 ISSUE "SECTIGO.COM"'], False, False),
        (['0 issue "%%%"'], False, True),
        (["nonsense"], False, True),
        (['128 issue "sectigo.com"'], False, False),
    ],
)
def test_caa_records(texts: list[str], wildcard: bool, refused: bool) -> None:
    reason = refusal([Record.from_text(text) for text in texts], SECTIGO, wildcard=wildcard)
    assert (reason is not None) == refused


def test_apex_and_www_have_a_record_and_a_status_each(sandbox: SandboxProcess, buyer: Buyer, names: NameServer) -> None:
    order_id, rows = by_dns(buyer, "example.com", "www.example.com")
    assert [row["domain"] for row in rows] == ["example.com", "www.example.com"]
    assert len({row["dnsRecord"] for row in rows}) == 2
    add_record(names, rows[0])
    wait_until(lambda: buyer.details(order_id)[0]["status"] or None, seconds=8, what="the apex is proven")
    assert buyer.details(order_id)[1]["status"] is False
    add_record(names, rows[1])
    sandbox.wait_for_status(order_id, "active")


def test_a_key_that_was_used_before_gets_a_unique_value(sandbox: SandboxProcess, buyer: Buyer) -> None:
    csr = csr_pem(NAME, key=new_key())
    first, second = (by_dns(buyer, csr=csr)[1][0]["dnsCnameValue"] for _order in range(2))
    assert (len(first.split(".")), len(second.split("."))) == (4, 5)
    sandbox.settings(unique_for_used_key=False)
    assert by_dns(buyer, csr=csr)[1][0]["dnsCnameValue"] == first


def test_a_cool_down(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(validate_cool_down=60)
    order_id, _rows = by_dns(buyer, "a.example.com", "b.example.com", plan=PLAN_MULTI_DOMAIN)
    assert retry(sandbox, order_id, domain="a.example.com").status_code == 200
    assert retry(sandbox, order_id, domain="b.example.com").status_code == 200, "each name has its own"
    answer = retry(sandbox, order_id)
    assert (answer.status_code, answer.json()["success"]) == (429, False)
    assert answer.json()["error"]["code"] == "validation_cool_down"
    assert "a.example.com" in answer.json()["error"]["message"]
    assert 30 <= int(answer.headers["Retry-After"]) <= 60
    sandbox.settings(validate_refusal_status=422, validate_retry_after="date")
    answer = retry(sandbox, order_id)
    wait = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(answer.headers["Date"])
    assert (answer.status_code, 30 <= wait.total_seconds() <= 62) == (422, True)
    sandbox.settings(validate_retry_after="none")
    assert "Retry-After" not in retry(sandbox, order_id).headers
    sandbox.advance(seconds=61)
    assert retry(sandbox, order_id).status_code == 200


def test_a_limit(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(validate_limit=2)
    order_id, _rows = by_dns(buyer)
    assert [retry(sandbox, order_id).status_code for _try in range(3)] == [200, 200, 429]
    answer = retry(sandbox, order_id)
    assert (answer.json()["error"]["code"], "Retry-After" in answer.headers) == ("validation_limit_reached", False)


@pytest.mark.parametrize("shape", ["domains", "list", "flat"])
def test_a_refusal_of_the_ca_is_in_the_details(
    sandbox: SandboxProcess, buyer: Buyer, names: NameServer, shape: str
) -> None:
    reason = "High-risk name, call us."
    sandbox.settings(validation_refusals={NAME: reason}, details_shape="domains")
    order_id, rows = by_dns(buyer)
    add_record(names, rows[0])
    assert still_pending(sandbox, order_id)
    sandbox.settings(details_shape=shape)
    text = sandbox.api("GET", f"ssl-certificate/{order_id}/validation-details").text
    assert reason in text
    assert ("REJECTED" in text) == (shape != "domains")
    sandbox.settings(validation_refusals={})
    sandbox.wait_for_status(order_id, "active")


def test_a_click_does_not_overrule_a_refusal(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(validation_refusals={"*": "No."})
    order_id = buyer.order()["id"]
    sandbox.approve(order_id)
    assert still_pending(sandbox, order_id)
    sandbox.settings(validation_refusals={})
    sandbox.wait_for_status(order_id, "active")


def mails(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return list(sandbox.control("GET", "emails")["emails"])


def click(sandbox: SandboxProcess, place: int) -> Any:
    return sandbox.control("POST", f"emails/{mails(sandbox)[place]['number']}/approve")


def test_mails_are_counted_and_approved_one_by_one(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order("a.example.com", "b.example.com", plan=PLAN_MULTI_DOMAIN)["id"]
    body = {"dcv_type": "EMAIL", "email_address": "admin@example.com"}
    retry(sandbox, order_id, **body)
    retry(sandbox, order_id, **body, domain="b.example.com")
    assert [(mail["domain"], mail["sent"]) for mail in mails(sandbox)] == [
        ("a.example.com", 1),
        ("b.example.com", 1),
        ("a.example.com", 2),
        ("b.example.com", 2),
        ("b.example.com", 3),
    ]
    assert {(mail["to"], mail["order_id"], mail["time"][:2]) for mail in mails(sandbox)} == {
        ("admin@example.com", order_id, "20")
    }
    assert click(sandbox, 0) == {"approved": 1}
    wait_until(lambda: buyer.details(order_id)[0]["status"] or None, seconds=8, what="the first name is proven")
    retry(sandbox, order_id, dcv_type="EMAIL", email_address="webmaster@example.com")
    with pytest.raises(RuntimeError, match="not valid any more"):
        click(sandbox, 4)
    assert mails(sandbox)[-1] | {"time": ""} == mails(sandbox)[-1] | {
        "time": "",
        "to": "webmaster@example.com",
        "sent": 1,
    }
    click(sandbox, 5)
    sandbox.wait_for_status(order_id, "active")
    with pytest.raises(RuntimeError, match="not found"):
        sandbox.control("POST", "emails/999999/approve")


@pytest.mark.parametrize(
    ("lie", "dcv_type", "part"),
    [
        ("folder-above", "FILE", "/.well-known/pki-validation/../../index.html"),
        ("script-name", "FILE", "x.php"),
        ("markup", "FILE", "<script"),
        ("template", "FILE", "{{"),
        ("other-host", "FILE", "http://www.attacker.example/"),
        ("metadata-address", "FILE", "http://169.254.169.254/"),
        ("acme-challenge", "DNS", f"_acme-challenge.{NAME}"),
        ("mail-policy", "DNS", f"_dmarc.{NAME}"),
        ("foreign-target", "DNS", "owner.attacker.example"),
        ("foreign-policy", "DNS", "v=spf1"),
        ("foreign-name", "DNS", "_ab12.attacker.example"),
    ],
)
def test_the_details_lie_and_the_check_does_not(
    sandbox: SandboxProcess, buyer: Buyer, lie: str, dcv_type: str, part: str, web: WebServer, names: NameServer
) -> None:
    order_id = buyer.order(dcv_type=dcv_type)["id"]
    row = buyer.details(order_id)[0]
    sandbox.settings(validation_lie=lie)
    assert part in str(buyer.details(order_id)[0])
    assert part not in str(row)
    if dcv_type == "FILE":
        place_file(web, row)
    else:
        add_record(names, row)
    sandbox.wait_for_status(order_id, "active")
