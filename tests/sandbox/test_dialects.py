# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every switch of the dialects does what it says, and the profiles are made of them."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import PLAN_DV, PLAN_OV, WebServer, csr_pem
from ansible_collections.certops.resello.tests.support.sandbox_process import FILES, SandboxProcess, wait_until
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from resello_sandbox.profiles import PROFILES, switches_of
from resello_sandbox.settings import Settings

ORGANIZATION = dict.fromkeys(("chamber_of_commerce", "department", "approver_first_name", "approver_last_name"), "x")


def listed(sandbox: SandboxProcess, **query: Any) -> dict[str, Any]:
    return dict(sandbox.api("GET", "ssl-certificate", params=query).json())


def references(sandbox: SandboxProcess, **query: Any) -> list[str]:
    return [row["client_reference"] for row in listed(sandbox, **query)["result"]]


def shown(sandbox: SandboxProcess, order_id: str) -> dict[str, Any]:
    return dict(sandbox.api("GET", f"ssl-certificate/{order_id}").json()["result"])


def details(sandbox: SandboxProcess, order_id: str) -> Any:
    return sandbox.api("GET", f"ssl-certificate/{order_id}/validation-details").json()["result"]


def change(buyer: Buyer, action: str, order_id: str, **fields: Any) -> dict[str, Any]:
    answer = buyer.sandbox.api("POST", f"ssl-certificate/{order_id}/{action}", buyer.body(**fields))
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["result"])


def in_the_renewal_window(buyer: Buyer, **fields: Any) -> dict[str, Any]:
    order = buyer.issued(**fields)
    buyer.sandbox.advance(days=350)
    return order


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


# The settings and the profiles


def test_every_setting_and_profile_is_in_the_readme() -> None:
    text = (FILES.parent / "README.md").read_text()
    missing = [name for name in (*Settings().as_dict(), *PROFILES) if f"| `{name}` |" not in text]
    assert missing == []


def test_every_switch_is_turned_by_a_profile_or_a_test() -> None:
    turned = {name for profile in PROFILES.values() for name in profile.switches}
    source = Path(__file__).read_text()
    assert [
        name
        for name in switches_of("standard")
        if name not in turned and f"{name}=" not in source and f'"{name}":' not in source
    ] == []


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_holds_values_that_can_be(name: str) -> None:
    settings = Settings().changed({"profile": name})
    assert settings == Settings().changed({"profile": name, **PROFILES[name].switches})
    assert settings.changed(settings.as_dict()) == settings
    assert settings.changed({"profile": "standard"}) == Settings()


def test_profiles_over_the_control_side(sandbox: SandboxProcess) -> None:
    profiles = sandbox.control("GET", "profiles")["profiles"]
    assert list(profiles) == list(PROFILES)
    assert len(profiles) >= 10
    settings = sandbox.settings(profile="windows", dates="micro")
    assert (settings["profile"], settings["pem_lines"], settings["dates"]) == ("windows", "crlf", "micro")
    settings = sandbox.settings(profile="bare")
    assert (settings["pem_lines"], settings["dates"], settings["envelope"]) == ("lf", "micro", "bare")
    with pytest.raises(RuntimeError, match="profile cannot be"):
        sandbox.settings(profile="klingon")


def test_a_profile_of_the_command_line_beats_what_was_kept() -> None:
    with SandboxProcess(profile="windows") as sandbox:
        sandbox.settings(profile="bare")
        sandbox.restart()
        assert sandbox.control("GET", "settings")["envelope"] == "standard"
        assert sandbox.control("GET", "settings")["pem_lines"] == "crlf"


def test_the_control_side_has_no_dialect(sandbox: SandboxProcess) -> None:
    sandbox.settings(failures="http-200", envelope="bare", numbers="strings")
    with pytest.raises(RuntimeError, match="404"):
        sandbox.truth("nothing")
    assert sandbox.control("GET", "ledger")["net"] == 0


# Answers


def test_failures(sandbox: SandboxProcess) -> None:
    def answers() -> list[tuple[int, Any]]:
        calls = [("GET", "ssl-certificate/none", None), ("POST", "ssl-certificate", {"csr": 1})]
        found = [sandbox.api(method, path, body) for method, path, body in calls]
        return [(answer.status_code, answer.json()) for answer in found]

    plain = answers()
    sandbox.settings(failures="http-200")
    assert answers() == [(200, body) for _status, body in plain]
    assert sandbox.api("GET", "ssl-certificate", auth=None).status_code == 401
    sandbox.settings(failures="detail")
    (missing, first), (invalid, second) = answers()
    assert (missing, first) == (404, {"detail": "The certificate was not found."})
    assert (invalid, list(second)) == (422, ["detail"])
    assert "csr: This must be a string." in second["detail"]


def test_envelopes_and_numbers(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.order(client_reference="r")
    sandbox.settings(envelope="text")
    assert listed(sandbox)["success"] == "true"
    assert sandbox.api("GET", "ssl-certificate/none").json()["success"] == "false"
    sandbox.settings(envelope="bare")
    assert [row["id"] for row in sandbox.api("GET", "ssl-certificate").json()] == [order["id"]]
    assert sandbox.api("GET", f"ssl-certificate/{order['id']}").json() == order
    sandbox.settings(envelope="standard", numbers="strings")
    body = listed(sandbox)
    assert (body["total"], body["limit"], body["offset"], body["success"]) == ("1", "100", "0", True)
    assert body["result"][0]["plan"]["interval"] == "12"


@pytest.mark.parametrize(("form", "kind"), [("number", int), ("text", str)])
def test_ids(sandbox: SandboxProcess, buyer: Buyer, form: str, kind: type) -> None:
    sandbox.settings(order_ids=form)
    order_id = buyer.order()["id"]
    assert isinstance(order_id, kind)
    assert str(order_id).isdigit()
    assert shown(sandbox, str(order_id))["id"] == order_id
    buyer.finish(str(order_id))


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("z", "%Y-%m-%dT%H:%M:%SZ"),
        ("naive", "%Y-%m-%dT%H:%M:%S"),
        ("date", "%Y-%m-%d"),
        ("micro", "%Y-%m-%dT%H:%M:%S.%fZ"),
        ("offset", "%Y-%m-%dT%H:%M:%S%z"),
    ],
)
def test_dates(sandbox: SandboxProcess, buyer: Buyer, form: str, pattern: str) -> None:
    order = buyer.order()
    sandbox.settings(dates=form)
    text = shown(sandbox, order["id"])["created"]
    found = datetime.datetime.strptime(text, pattern)  # noqa: DTZ007 - the test is about dates without a zone, too
    wanted = moment(order["created"])
    if form == "offset":
        assert found == wanted
        assert text.endswith("+02:00")
    elif form == "date":
        assert found.date() == wanted.date()
    else:
        assert found.replace(microsecond=0, tzinfo=datetime.timezone.utc) == wanted


def test_status_words(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    for style, word in (("upper-case", "PENDING"), ("foreign", "processing"), ("unknown", "awaiting supplier")):
        sandbox.settings(status_words=style)
        assert shown(sandbox, order_id)["status"] == word
    buyer.finish(order_id)
    assert shown(sandbox, order_id)["status"] == "active"
    sandbox.settings(status_words="foreign")
    assert shown(sandbox, order_id)["status"] == "issued"


def test_the_status_while_a_renew_is_pending(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(renew_status="active", certificate_days=398)
    order = in_the_renewal_window(buyer)
    change(buyer, "renew", order["id"])
    assert shown(sandbox, order["id"])["status"] == "active"


def test_a_wrong_state_is_refused_with_the_chosen_status(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    for status in (400, 409, 422):
        sandbox.settings(wrong_state_status=status)
        answer = sandbox.api("POST", f"ssl-certificate/{order_id}/renew", buyer.body())
        assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert sandbox.api("POST", "ssl-certificate", {}).status_code == 422, "other refusals keep their status"


def test_answers_of_delete(sandbox: SandboxProcess, buyer: Buyer) -> None:
    found = {}
    for form in ("object", "empty", "null"):
        sandbox.settings(delete_answer=form)
        answer = sandbox.api("DELETE", f"ssl-certificate/{buyer.order()['id']}")
        found[form] = (answer.status_code, answer.json()["result"] if answer.text else "")
    assert found["object"][1]["status"] == "deleted"
    assert (found["empty"], found["null"]) == ((204, ""), (200, None))


# The order object


def test_the_plan_of_an_order(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    for form, plan in (("uuid", PLAN_DV), ("name", "PositiveSSL")):
        sandbox.settings(order_plan=form)
        assert shown(sandbox, order_id)["plan"] == plan
    sandbox.settings(order_plan="absent")
    assert "plan" not in shown(sandbox, order_id)


def test_what_expires_tells(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    assert shown(sandbox, order["id"])["expires"][:10] == order["paid_until"][:10]
    sandbox.settings(order_expires="certificate-end")
    assert shown(sandbox, order["id"])["expires"] == order["certificates"][0]["not_after"]
    sandbox.settings(order_expires="null")
    assert shown(sandbox, order["id"])["expires"] is None
    sandbox.settings(order_expires="absent")
    assert "expires" not in shown(sandbox, order["id"])


def test_omitted_fields(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order(client_reference="r")["id"]
    sandbox.settings(omitted_fields=["city"], list_omitted_fields=["csr", "client_reference"])
    assert not {"csr", "client_reference", "city"} & set(listed(sandbox)["result"][0])
    assert {"csr", "client_reference"} <= set(shown(sandbox, order_id))
    assert "city" not in shown(sandbox, order_id)


# Lists


def test_filters(sandbox: SandboxProcess, buyer: Buyer) -> None:
    for reference in ("shop", "Shop", "mail"):
        buyer.order(client_reference=reference)
    sandbox.settings(reference_filter="comma")
    assert references(sandbox, client_reference="shop, mail") == ["shop", "mail"]
    sandbox.settings(reference_filter="case-blind")
    assert references(sandbox, client_reference="SHOP") == ["shop", "Shop"]
    assert references(sandbox, client_reference="sho") == []


def test_totals(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "seed", {"count": 5})
    found = {}
    for form in ("right", "zero", "page", "high"):
        sandbox.settings(list_total=form)
        found[form] = listed(sandbox, limit=2)["total"]
    assert found == {"right": 5, "zero": 0, "page": 2, "high": 12}


def test_pages(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "seed", {"count": 6, "prefix": "p"})
    sandbox.settings(paging="short")
    assert (references(sandbox, limit=4), listed(sandbox, limit=4)["limit"]) == (["p1", "p2"], 4)
    assert references(sandbox, limit=4, offset=2) == ["p3", "p4"]
    sandbox.settings(paging="filtered-late")
    assert references(sandbox, limit=4, client_reference="p5") == []
    assert references(sandbox, limit=4, offset=4, client_reference="p5") == ["p5"]
    sandbox.settings(paging="offset-ignored")
    assert references(sandbox, limit=2, offset=4) == ["p1", "p2"]
    assert listed(sandbox, limit=2, offset=4)["offset"] == 4
    sandbox.settings(paging="standard", list_order="newest")
    assert references(sandbox, limit=2) == ["p6", "p5"]


def test_a_new_order_is_late_in_the_list(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(list_lag=60)
    order_id = buyer.order(client_reference="r")["id"]
    assert (references(sandbox), listed(sandbox)["total"]) == ([], 0)
    assert references(sandbox, client_reference="r") == []
    assert shown(sandbox, order_id)["id"] == order_id
    sandbox.advance(seconds=61)
    assert references(sandbox) == ["r"]


def test_reading_one_order_is_behind(sandbox: SandboxProcess, buyer: Buyer) -> None:
    old = sandbox.control("POST", "seed", {"count": 1})["orders"][0]["id"]
    sandbox.settings(replica_lag=60)
    order_id = buyer.order()["id"]
    for path in ("", "/download-csr", "/validation-details"):
        assert sandbox.api("GET", f"ssl-certificate/{order_id}{path}").status_code == 404
    assert order_id in [row["id"] for row in listed(sandbox)["result"]]
    csr = csr_pem("n1.seed.example")
    change(buyer, "reissue", old, csr=csr)
    assert shown(sandbox, old)["status"] == "active"
    assert sandbox.api("GET", f"ssl-certificate/{old}/download-csr").text != csr
    sandbox.settings(replica_lag=0.1)
    time.sleep(0.2)
    assert (shown(sandbox, order_id)["status"], shown(sandbox, old)["status"]) == ("pending", "pending")
    assert sandbox.api("GET", f"ssl-certificate/{old}/download-csr").text == csr


def test_ended_orders(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order(client_reference="r")["id"]
    sandbox.api("DELETE", f"ssl-certificate/{order_id}")
    assert references(sandbox) == ["r"]
    sandbox.settings(ended_orders="filter-only")
    assert (references(sandbox), references(sandbox, client_reference="r")) == ([], ["r"])
    sandbox.settings(ended_orders="hidden")
    assert references(sandbox) == []
    assert shown(sandbox, order_id)["status"] == "deleted"
    sandbox.settings(ended_orders="gone")
    assert sandbox.api("GET", f"ssl-certificate/{order_id}").status_code == 404


# The client's reference


def test_what_is_kept_of_a_reference(sandbox: SandboxProcess, buyer: Buyer) -> None:
    for switches, kept in (
        ({"reference_length": 4}, "Long"),
        ({"reference_length": 255, "reference_kept": "lower-case"}, "longname"),
        ({"reference_kept": "dropped"}, None),
    ):
        sandbox.settings(**switches)
        assert buyer.order(client_reference="LongName")["client_reference"] == kept


@pytest.mark.parametrize(("rule", "after"), [("sent", "two"), ("kept", "one"), ("blanked", None)])
def test_the_reference_after_a_renew(sandbox: SandboxProcess, buyer: Buyer, rule: str, after: str | None) -> None:
    order = in_the_renewal_window(buyer, client_reference="one")
    sandbox.settings(renew_reference=rule)
    change(buyer, "renew", order["id"], client_reference="two")
    assert sandbox.truth(order["id"])["client_reference"] == after


# Validation


def test_shapes_of_the_validation_details(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order(plan=PLAN_OV, company_name="Example", dcv_type="DNS", **ORGANIZATION)["id"]
    row = details(sandbox, order_id)["validations"]["dcv"]["domains"][0]
    owner, target = row["dnsRecord"], row["dnsCnameValue"]
    sandbox.settings(details_shape="domains-snake")
    snake = details(sandbox, order_id)["validations"]
    assert (snake["dcv"]["status_detail"], snake["dcv"]["domains"][0]["dns_cname_value"]) == (0, target)
    sandbox.settings(details_shape="list")
    body = details(sandbox, order_id)
    assert (body["commonName"], body["validations"]["organization"]) == ("shop.example.com", "VALIDATED")
    assert body["validations"]["dcv"] == [
        {
            "commonName": "shop.example.com",
            "type": "DNS",
            "status": "WAITING",
            "dnsRecord": owner,
            "dnsType": "CNAME",
            "dnsContents": target,
        }
    ]
    sandbox.settings(details_shape="list-snake")
    assert details(sandbox, order_id)["validations"]["dcv"][0]["dns_contents"] == target
    sandbox.settings(details_shape="flat")
    flat = details(sandbox, order_id)["validations"][0]
    assert (flat["dns_record"], flat["dns_value"]) == (owner, target)
    sandbox.settings(details_shape="line")
    assert details(sandbox, order_id)["validations"]["dcv"][0]["dns_record"] == f"{owner} CNAME {target}"


def test_shapes_for_files_and_mails(sandbox: SandboxProcess, buyer: Buyer) -> None:
    filed, mailed = buyer.order(dcv_type="FILE")["id"], buyer.order()["id"]
    wanted = details(sandbox, filed)["validations"]["dcv"]["domains"][0]
    sandbox.settings(details_shape="flat")
    row = details(sandbox, filed)["validations"][0]
    assert (row["file_location"], row["file_contents"]) == (wanted["fileLocation"], wanted["fileContents"])
    assert details(sandbox, mailed)["validations"][0]["email"] == "admin@example.com"
    sandbox.settings(details_shape="list")
    assert details(sandbox, filed)["validations"]["dcv"][0]["fileContents"] == wanted["fileContents"]
    assert details(sandbox, mailed)["validations"]["dcv"][0]["email"] == "admin@example.com"


def test_details_are_empty_at_first(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(details_delay=60)
    order_id = buyer.order()["id"]
    assert details(sandbox, order_id) == {"validations": {}}
    sandbox.advance(seconds=61)
    assert len(buyer.details(order_id)) == 1


# Reissue and renew


@pytest.mark.parametrize(("rule", "kept"), [("new", False), ("kept", True)])
def test_the_end_of_a_reissued_certificate(sandbox: SandboxProcess, buyer: Buyer, rule: str, kept: bool) -> None:
    order = buyer.issued()
    sandbox.settings(reissue_end=rule)
    sandbox.advance(days=100)
    change(buyer, "reissue", order["id"])
    old, new = buyer.finish(order["id"])["certificates"]
    assert (old["not_after"] == new["not_after"]) is kept
    assert moment(new["not_before"]) - moment(old["not_before"]) >= datetime.timedelta(days=100)


@pytest.mark.parametrize(
    ("rule", "dead"),
    [
        ("issued", [False, True, True]),
        ("requested", [True, True, True]),
        ("later", [False, False, True]),
        ("never", [False, False, False]),
    ],
)
def test_when_a_reissue_kills(sandbox: SandboxProcess, buyer: Buyer, rule: str, dead: list[bool]) -> None:
    order = buyer.issued()
    sandbox.settings(reissue_kills=rule, reissue_kill_delay=86400)
    change(buyer, "reissue", order["id"])
    found = [sandbox.truth(order["id"])["certificates"][0]["revoked"]]
    found.append(buyer.finish(order["id"])["certificates"][0]["revoked"])
    sandbox.advance(days=2)
    found.append(sandbox.truth(order["id"])["certificates"][0]["revoked"])
    assert found == dead
    sandbox.api("DELETE", f"ssl-certificate/{order['id']}")
    assert all(certificate["revoked"] for certificate in sandbox.truth(order["id"])["certificates"])


def test_a_reissue_may_cost_money_and_have_its_own_word(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    sandbox.settings(reissue_price=500, reissue_status="active")
    change(buyer, "reissue", order["id"])
    assert shown(sandbox, order["id"])["status"] == "active"
    again = sandbox.api("POST", f"ssl-certificate/{order['id']}/reissue", buyer.body())
    assert again.status_code == 422, "one at a time, whatever the status word says"
    entries = sandbox.control("GET", "ledger")["entries"]
    assert [(entry["action"], entry["amount"]) for entry in entries] == [("create", 900), ("reissue", 500)]


def test_a_renew_may_look_as_if_nothing_were_going_on(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = in_the_renewal_window(buyer)
    sandbox.settings(renew_status="active")
    change(buyer, "renew", order["id"])
    assert shown(sandbox, order["id"])["status"] == "active"
    again = sandbox.api("POST", f"ssl-certificate/{order['id']}/renew", buyer.body())
    assert again.status_code == 422, "one at a time, whatever the status word says"
    assert len(sandbox.truth(order["id"])["certificates"]) == 1
    sandbox.approve(order["id"])
    wait_until(lambda: sandbox.truth(order["id"])["certificates"][1:] or None, seconds=20, what="the new certificate")


def test_a_renew_may_only_extend(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = in_the_renewal_window(buyer)
    sandbox.settings(renew_result="extension")
    change(buyer, "renew", order["id"])
    after = sandbox.wait_for_status(order["id"], "active")
    assert len(after["certificates"]) == 1
    assert after["csr"] == order["csr"]
    assert moment(after["paid_until"]) - moment(order["paid_until"]) >= datetime.timedelta(days=365)
    assert sandbox.control("GET", "ledger")["charges"] == 2


def test_a_renew_may_make_another_order(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = in_the_renewal_window(buyer, client_reference="r")
    sandbox.settings(renew_result="new-object")
    assert change(buyer, "renew", order["id"], client_reference="r")["id"] == order["id"]
    old, new = sandbox.control("GET", "orders")["orders"]
    assert (old["status"], new["status"], new["renews"]) == ("active", "pending", order["id"])
    assert moment(new["paid_until"]) - moment(old["paid_until"]) >= datetime.timedelta(days=365)
    finished = buyer.finish(new["id"])
    assert (finished["paid_until"], len(finished["certificates"])) == (new["paid_until"], 1)
    assert sandbox.truth(order["id"])["status"] == "renewed"
    assert references(sandbox, client_reference="r") == ["r", "r"]


@pytest.mark.parametrize("action", ["renew", "reissue"])
def test_which_csr_is_shown_while_pending(sandbox: SandboxProcess, buyer: Buyer, action: str) -> None:
    order = in_the_renewal_window(buyer)
    csr = csr_pem("shop.example.com")
    sandbox.settings(pending_csr="old")
    change(buyer, action, order["id"], csr=csr)
    assert sandbox.truth(order["id"])["csr"] == order["csr"]
    assert buyer.finish(order["id"])["csr"] == csr


def test_the_ca_gives_up(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.settings(failed_create_status="incomplete", failed_reissue_status="active")
    order_id = buyer.order()["id"]
    assert sandbox.control("POST", f"orders/{order_id}/fail")["status"] == "incomplete"
    with pytest.raises(RuntimeError, match="Nothing is in progress"):
        sandbox.control("POST", f"orders/{order_id}/fail")
    order = buyer.issued()
    change(buyer, "reissue", order["id"])
    assert sandbox.control("POST", f"orders/{order['id']}/fail")["status"] == "active"
    sandbox.settings(failed_reissue_status="failed")
    change(buyer, "reissue", order["id"])
    assert sandbox.control("POST", f"orders/{order['id']}/fail")["status"] == "failed"
    change(buyer, "reissue", order["id"])
    assert [c["revoked"] for c in buyer.finish(order["id"])["certificates"]] == [True, False]


@pytest.mark.parametrize(("days", "status"), [(30, 422), (366, 200)])
def test_from_when_on_orders_can_be_renewed(sandbox: SandboxProcess, buyer: Buyer, days: int, status: int) -> None:
    sandbox.settings(renew_days=days)
    order = buyer.issued()
    plan = sandbox.api("GET", "ssl-certificate-plan").json()["result"][0]
    assert plan["renew_days_before_expiration"] == days
    answer = sandbox.api("POST", f"ssl-certificate/{order['id']}/renew", buyer.body())
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("form", "certificates"), [("off", 1), ("extension", 1), ("certificate", 2)])
def test_the_platform_renews_by_itself(sandbox: SandboxProcess, buyer: Buyer, form: str, certificates: int) -> None:
    sandbox.settings(auto_renew=form, auto_renew_orders=True, auto_renew_days=15)
    order = buyer.issued()
    sandbox.advance(days=349)
    assert sandbox.control("GET", "ledger")["charges"] == 1
    sandbox.advance(days=3 * 365 - 349)
    fired = form != "off"
    assert sandbox.control("GET", "ledger")["charges"] == (4 if fired else 1)
    assert sandbox.truth(order["id"])["status"] == ("active" if fired else "expired")
    deadline = time.monotonic() + 5
    while len(sandbox.truth(order["id"])["certificates"]) < certificates:
        assert time.monotonic() < deadline
    assert len(sandbox.truth(order["id"])["certificates"]) == certificates


@pytest.mark.parametrize("cap", [False, True])
def test_certificates_and_the_paid_end(sandbox: SandboxProcess, buyer: Buyer, cap: bool) -> None:
    sandbox.settings(certificate_days=398, certificate_cap=cap)
    order = buyer.issued()
    outlives = order["certificates"][0]["not_after"][:10] > order["paid_until"][:10]
    assert outlives is not cap


# Downloads


def download(sandbox: SandboxProcess, order: dict[str, Any], form: str) -> bytes:
    return sandbox.api("GET", f"ssl-certificate/{order['id']}/download-{form}").content


def test_downloads(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    plain = {form: download(sandbox, order, form) for form in ("crt", "ca", "csr", "pkcs7")}
    leaf, ca = x509.load_pem_x509_certificate(plain["crt"]), x509.load_pem_x509_certificates(plain["ca"])
    sandbox.settings(pem_lines="crlf", ca_download="reversed", pkcs7_download="der")
    for form in ("crt", "csr"):
        assert download(sandbox, order, form) == plain[form].replace(b"\n", b"\r\n")
    reversed_ca = download(sandbox, order, "ca")
    assert reversed_ca.count(b"\r\n") == reversed_ca.count(b"\n")
    assert x509.load_pem_x509_certificates(reversed_ca) == ca[::-1]
    assert leaf in pkcs7.load_der_pkcs7_certificates(download(sandbox, order, "pkcs7"))
    sandbox.settings(crt_download="der")
    assert x509.load_der_x509_certificate(download(sandbox, order, "crt")) == leaf
    sandbox.settings(crt_download="chain")
    assert x509.load_pem_x509_certificates(download(sandbox, order, "crt")) == [leaf, ca[0]]


@pytest.mark.parametrize("name", PROFILES)
def test_an_order_is_proven_by_file_in_every_profile(
    sandbox: SandboxProcess, buyer: Buyer, web: WebServer, name: str
) -> None:
    sandbox.settings(profile=name)
    assert sandbox.api("POST", "ssl-certificate", buyer.body(dcv_type="FILE", client_reference="shop")).ok
    order = sandbox.control("GET", "orders")["orders"][0]
    sandbox.settings(profile="standard")
    row = buyer.details(order["id"])[0]
    sandbox.settings(profile=name)
    path = row["fileLocation"].removeprefix("http://shop.example.com")
    web.pages["shop.example.com", path] = (200, row["fileContents"])
    sandbox.wait_for_status(order["id"], "active")
    assert download(sandbox, order, "crt") or name == "lagging"
