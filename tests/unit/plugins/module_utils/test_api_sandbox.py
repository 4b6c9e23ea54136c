# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation against the sandbox: client and server were written apart from each other, from the same page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.api import Api, OrderFields
from ansible_collections.certops.resello.plugins.module_utils._client.models import order_result, plan_result
from ansible_collections.certops.resello.plugins.module_utils._client.transport import ConnectionOptions, Session
from ansible_collections.certops.resello.plugins.module_utils._errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    ReselloError,
)
from ansible_collections.certops.resello.plugins.module_utils._model.orders import ENDED, ISSUED, WAITING
from ansible_collections.certops.resello.plugins.module_utils._text import has_template
from ansible_collections.certops.resello.plugins.module_utils._x509 import facts as _x509
from ansible_collections.certops.resello.tests.support.pki import Key, key_pem, new_csr, new_key, pem
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until

NAMES = ["shop.example.com", "www.shop.example.com"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(tls=True, issue_delay=0.0, page_limit=5, resolve={"*": "127.0.0.1"}) as process:
        yield process


def basic(sandbox: SandboxProcess, **changes: Any) -> ConnectionOptions:
    info = sandbox.info
    values = {name: info[name] for name in ("api_url", "api_username", "api_key", "ca_path")}
    return ConnectionOptions(**{**values, "credential_origin": "the task", **changes})


def openid(sandbox: SandboxProcess, **changes: Any) -> ConnectionOptions:
    names = ("api_url", "api_token_url", "api_client_id", "api_client_secret", "api_realm", "ca_path")
    return ConnectionOptions(**{**{name: sandbox.info[name] for name in names}, **changes})


@pytest.fixture
def api(sandbox: SandboxProcess) -> Iterator[Api]:
    with Session(basic(sandbox)) as session:
        yield Api(session)


def failure(call: Callable[[], Any]) -> ReselloError:
    with pytest.raises(ReselloError) as caught:
        call()
    return caught.value


def a_plan(api: Api, *words: str) -> str:
    """A plan for several names, domain validated."""
    plans = api.list_plans()
    assert len({plan.id for plan in plans}) == len(plans) > 5
    return next(plan.id for plan in plans if all(word in f"{plan.name} {plan.brand}" for word in words))


def buy(api: Api, key: Key, reference: str) -> str:
    csr = pem(new_csr(key, NAMES[0], NAMES))
    fields = OrderFields(
        csr=csr,
        dcv_type="EMAIL",
        plan=a_plan(api, "Multi"),
        client_reference=reference,
        approver_email_address="admin@shop.example.com",
    )
    outcome = api.create_order(fields)
    assert outcome.kind == "done", outcome.error
    assert outcome.server_date is not None
    assert outcome.body.client_reference == reference
    return str(outcome.body.id)


def issued(api: Api, sandbox: SandboxProcess, order_id: str) -> None:
    sandbox.approve(order_id)
    wait_until(lambda: api.get_order(order_id).bucket == ISSUED or None, seconds=20, what="issued")


def test_a_whole_life(api: Api, sandbox: SandboxProcess) -> None:
    key = new_key("RSA", 2048)
    before = sandbox.control("GET", "ledger")["charges"]
    order_id = buy(api, key, "a whole life #1")
    order = api.get_order(order_id)
    assert (order.bucket, order.client_reference, order.dcv_type) == (WAITING, "a whole life #1", "EMAIL")
    assert order.created is not None
    assert abs((datetime.now(timezone.utc) - order.created).total_seconds()) < 60
    assert order.csr_pem is not None
    csr = _x509.load_csr(order.csr_pem, where="order")
    assert csr.names == tuple(NAMES)
    assert _x509.load_csr(api.download(order_id, "csr"), where="download") == csr

    details = api.validation_details(order_id, names=NAMES)
    assert {(one.name, one.method, one.done, one.refused) for one in details.records} == {
        (name, "EMAIL", False, None) for name in NAMES
    }
    assert details.complete is False

    issued(api, sandbox, order_id)
    assert api.validation_details(order_id, names=NAMES).complete is True
    bundle = _x509.bundle_from(api.download(order_id, "crt"), api.download(order_id, "ca"))
    _x509.verify_bundle(bundle, public_key_sha256=csr.public_key_sha256, names=NAMES)
    assert (len(bundle.intermediates), bundle.root is not None) == (1, True)
    assert bundle.leaf.public_key_sha256 == _x509.private_key_public_sha256(key_pem(key))
    assert bundle.leaf.sha256 in {one.sha256 for one in _x509.read_pkcs7(api.download(order_id, "pkcs7"))}
    members = _x509.read_zip(api.download(order_id, "zip"))
    assert any(bundle.leaf.pem.strip() in content.decode().replace("\r\n", "\n") for content in members.values())

    new = new_key()
    again = OrderFields(
        csr=pem(new_csr(new, NAMES[0], NAMES)),
        dcv_type="EMAIL",
        client_reference="a whole life #1",
        approver_email_address="admin@shop.example.com",
    )
    outcome = api.reissue_order(order_id, again)
    assert (outcome.kind, outcome.body.id) == ("done", order_id)
    issued_with(api, sandbox, order_id, new)

    outcome = api.delete_order(order_id)
    assert outcome.kind == "done"
    wait_until(lambda: ended(api, order_id) or None, seconds=10, what="ended")
    ledger = sandbox.control("GET", "ledger")
    assert ledger["charges"] - before == 1


def issued_with(api: Api, sandbox: SandboxProcess, order_id: str, key: Key) -> None:
    wanted = _x509.private_key_public_sha256(key_pem(key))
    sandbox.approve(order_id)

    def current() -> bool | None:
        if api.get_order(order_id).bucket != ISSUED:
            return None
        return _x509.load_certificate(api.download(order_id, "crt")).public_key_sha256 == wanted or None

    wait_until(current, seconds=20, what="the certificate carries the new key")


def ended(api: Api, order_id: str) -> bool:
    try:
        return api.get_order(order_id).bucket == ENDED
    except NotFoundError:
        return True


def test_renewing_inside_the_window(api: Api, sandbox: SandboxProcess) -> None:
    order_id = buy(api, new_key(), "renewed")
    issued(api, sandbox, order_id)
    fields = OrderFields(
        csr=pem(new_csr(new_key(), NAMES[0], NAMES)),
        dcv_type="EMAIL",
        plan=a_plan(api, "Multi"),
        client_reference="renewed",
        approver_email_address="admin@shop.example.com",
    )
    assert api.renew_order(order_id, fields).kind == "rejected"
    sandbox.advance(days=350)
    try:
        outcome = api.renew_order(order_id, fields)
        assert outcome.kind == "done", outcome.error
        assert outcome.body.id == order_id
    finally:
        sandbox.control("POST", "clock", {"offset": 0})


@pytest.mark.parametrize("name_of_plan", ["PositiveSSL", "RapidSSL"])
@pytest.mark.parametrize("method", ["FILE", "DNS"])
def test_validation_records_may_be_placed(api: Api, method: str, name_of_plan: str) -> None:
    plan = api.find_plan(name_of_plan)
    name = f"{method.lower()}.example.com"
    fields = OrderFields(
        csr=pem(new_csr(new_key(), name, [name])),
        dcv_type=method,
        plan=plan.id,
        client_reference=f"placed {method} {name_of_plan}",
    )
    outcome = api.create_order(fields)
    assert outcome.kind == "done", outcome.error
    details = api.validation_details(outcome.body.id, names=[name], brand=plan.brand)
    assert details.records
    for record in details.records:
        assert record.refused is None, record
        assert (record.method, record.done) == (method, False)
        assert bool(record.file_content) == (method == "FILE")
        assert bool(record.record_value) == (method == "DNS")
    retry = api.validate_order(outcome.body.id, dcv_type="EMAIL", email_address=f"admin@{name}", domain=name)
    assert retry.kind == "done", retry.error


def test_refusals_name_the_fields(api: Api, sandbox: SandboxProcess) -> None:
    before = sandbox.control("GET", "ledger")["charges"]
    outcome = api.create_order(OrderFields(csr="nonsense", dcv_type="DNS", plan=a_plan(api, "Multi")))
    assert outcome.kind == "rejected"
    assert isinstance(outcome.error, ApiError)
    assert "csr" in outcome.error.fields
    assert isinstance(failure(lambda: api.get_order("3f7830c3-3fa4-404d-908f-35daaa1cd17b")), NotFoundError)
    waiting = buy(api, new_key(), "not yet")
    assert isinstance(failure(lambda: api.download(waiting, "crt")), ApiError)
    assert sandbox.control("GET", "ledger")["charges"] - before == 1


def test_a_reference_is_found_on_a_late_page_and_only_gets_are_sent(api: Api, sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "seed", {"count": 23, "prefix": "seeded-"})
    sandbox.control("DELETE", "requests")
    found = api.list_orders()
    assert len({order.id for order in found}) == len(found) >= 23
    references = [order.client_reference for order in found]
    assert sum(1 for one in references if one and one.startswith("seeded-")) == 23
    (last,) = api.list_orders(client_reference=next(one for one in references if one and one.startswith("seeded-")))
    assert last.client_reference in references
    requests = sandbox.control("GET", "requests")
    log = requests["requests"] if isinstance(requests, dict) else requests
    assert {one["method"] for one in log} == {"GET"}
    assert len(log) <= len(found) // 4 + 6


def test_wrong_credentials(sandbox: SandboxProcess) -> None:
    wrong = "wrong-credential"
    for options in (basic(sandbox, api_key=wrong), openid(sandbox, api_client_secret=wrong)):
        with Session(options) as session:
            error = failure(Api(session).list_plans)
            outcome = Api(session).create_order(OrderFields(csr="x"))
        assert isinstance(error, AuthenticationError)
        assert options.credential_kind in str(error)
        assert wrong not in str(error)
        assert outcome.kind in ("rejected", "not_sent")


def test_a_wait_that_outlives_three_tokens(sandbox: SandboxProcess) -> None:
    sandbox.settings(token_lifetime=1)
    try:
        with Session(openid(sandbox)) as session:
            api, end = Api(session), time.monotonic() + 3.5
            while time.monotonic() < end:
                assert api.list_plans()
                time.sleep(0.2)
            assert api.create_order(OrderFields(csr="x")).kind == "rejected"
    finally:
        sandbox.settings(token_lifetime=300)


def test_planted_templates_never_come_through(api: Api, sandbox: SandboxProcess) -> None:
    order_id = buy(api, new_key(), "planted")
    sandbox.settings(text_payload="{{ lookup('pipe', 'id') }}")
    try:
        shown = [order_result(order) for order in api.list_orders()]
        shown += [plan_result(plan) for plan in api.list_plans()]
        shown += [order_result(api.get_order(order_id)), api.validation_details(order_id, names=NAMES).as_result()]
        error = failure(lambda: api.get_order("3f7830c3-3fa4-404d-908f-35daaa1cd17b"))
    finally:
        sandbox.settings(text_payload="")
    assert "lookup" in str(shown)
    assert "lookup" in str(error)
    assert not has_template(str(shown) + str(error) + str(error.as_dict()))
