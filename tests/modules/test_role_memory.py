# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's memory lies on the hosts: every run comes from a controller that knows nothing."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control, Played
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble, posts
from ansible_collections.certops.resello.tests.modules.shop import CREATE, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.runner.fleet import serve_seeded
from ansible_collections.certops.resello.tests.runner.jobs import descendants
from ansible_collections.certops.resello.tests.support.host_memory import remember_hosts
from ansible_collections.certops.resello.tests.support.hostile_server import message

Fresh = Callable[[], Control]


@pytest.fixture
def fresh(shop: Shop) -> Fresh:
    """Makes controllers; each has a home and a folder for locks of its own."""
    made: list[Control] = []

    def make() -> Control:
        folder = shop.folder / f"controller{len(made) + 1}"
        folder.mkdir()
        made.append(Control(folder))
        made[-1].inventory({"web1": HOST, "web2": HOST})
        return made[-1]

    return make


def play(
    control: Control,
    shop: Shop,
    *hosts: str,
    check: bool = False,
    api_url: str = "",
    module_defaults: dict[str, Any] | None = None,
    **more: Any,
) -> Played:
    credentials = {**shop.credentials, **({"api_url": api_url} if api_url else {})}
    runtime = control.folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    wanted = role_play(shop, *hosts, module_defaults={GROUP: credentials, **(module_defaults or {})})
    wanted["roles"][0]["vars"].update(more)
    return control.play([wanted], check=check, environment={"XDG_RUNTIME_DIR": str(runtime)})


def records(shop: Shop, host: str = "web1") -> dict[str, dict[str, Any]]:
    """What the host remembers of its order, by kind."""
    folder = shop.folder / "ssl" / host / ".records"
    reference = {"web1": "shop", "web2": "mail"}[host]
    name = hashlib.sha256(reference.encode()).hexdigest()
    found = {path.suffix[1:]: json.loads(path.read_text()) for path in folder.glob(f"{name}.*")}
    return {kind: content.get("record", content) for kind, content in found.items()}


def downloads(shop: Shop) -> list[str]:
    return [call for call in shop.calls() if "/download" in call]


def current(shop: Shop, host: str, name: str) -> Path:
    return shop.folder / "ssl" / host / name / "current" / "fullchain.pem"


def killed_under_way(control: Control, shop: Shop, relay: Relay, trouble: Trouble, **more: Any) -> None:
    """Run the role, and kill the whole controller while the answer to its first POST is under way."""
    relay.trouble = trouble
    wanted = role_play(shop, "web1", module_defaults={GROUP: {**shop.credentials, "api_url": relay.api_url}})
    wanted["roles"][0]["vars"].update(more)
    process = control.start([wanted])
    assert trouble.reached.wait(120), process.communicate()
    for pid in [process.pid, *descendants(process.pid)]:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    trouble.release.set()
    relay.trouble = None


def age_intent(shop: Shop, **by: float) -> dict[str, Any]:
    """Let the intent on web1 be older."""
    (path,) = (shop.folder / "ssl" / "web1" / ".records").glob("*.intent")
    content = json.loads(path.read_text())
    moment = (datetime.now(timezone.utc) - timedelta(**by)).replace(tzinfo=None).isoformat(timespec="microseconds")
    content["record"].update(dict.fromkeys(("started", "started_local"), f"{moment}Z"))
    path.write_text(json.dumps(content, sort_keys=True) + "\n")
    return dict(content["record"])


def test_a_purchase_is_remembered_on_the_host(shop: Shop, fresh: Fresh) -> None:
    plan = play(fresh(), shop, "web1", check=True)
    assert (plan.rc, (shop.folder / "ssl").exists()) == (0, False), plan.output
    first = play(fresh(), shop, "web1")
    assert (first.rc, first.changed) == (0, plan.changed), first.output
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    kept = records(shop)
    assert set(kept) == {"evidence", "hosts"}
    assert (kept["evidence"]["order_id"], len(kept["evidence"]["creates"])) == (order["id"], 1)
    again = play(fresh(), shop, "web1")
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output
    assert records(shop) == kept


def test_a_controller_that_is_killed_between_call_and_reply_is_thrown_away(shop: Shop, fresh: Fresh) -> None:
    with Relay(shop.sandbox) as relay:
        killed_under_way(fresh(), shop, relay, Trouble(posts, after=True, drop=True))
    assert shop.charges == 1
    assert (records(shop)["intent"]["phase"], set(records(shop))) == ("sent", {"intent", "hosts"})
    shop.forget_calls()
    played = play(fresh(), shop, "web1")
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert f"POST {CREATE}" not in shop.calls()
    assert current(shop, "web1", "shop").exists()
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    assert set(records(shop)) == {"evidence", "hosts"}
    assert records(shop)["evidence"]["order_id"] == order["id"]


def test_an_intent_of_another_run_blocks_that_order_only(shop: Shop, fresh: Fresh) -> None:
    """And until its hold is over; then the order is bought."""
    with Relay(shop.sandbox) as relay:
        killed_under_way(fresh(), shop, relay, Trouble(posts, before=True, drop=True))
    run = records(shop)["intent"]["run_id"]
    for check in (True, False):
        blocked = play(fresh(), shop, "web1", "web2", check=check)
        assert (blocked.rc, blocked.failed) == (2, 1), blocked.output
        assert run in blocked.output or "it can take effect until" in blocked.output
    assert current(shop, "web2", "mail").exists()
    assert (shop.charges, records(shop)["intent"]["run_id"]) == (1, run)
    age_intent(shop, hours=24, minutes=16)
    bought = play(fresh(), shop, "web1", "web2")
    assert (bought.rc, shop.charges) == (0, 2), bought.output
    assert set(records(shop)) == {"evidence", "hosts"}


def test_the_wrong_account_after_a_purchase_buys_nothing_and_says_why(shop: Shop, fresh: Fresh) -> None:
    assert play(fresh(), shop, "web1").rc == 0
    bought = records(shop)["evidence"]["order_id"]
    current(shop, "web1", "shop").parent.unlink()  # also a host that lost its certificate remembers
    shop.sandbox.control("POST", "reset")
    played = play(fresh(), shop, "web1")
    assert (played.rc, shop.charges, shop.writing_calls()) == (2, 0, []), played.output
    assert bought in played.output
    assert "credentials" in played.output


@pytest.mark.parametrize("trouble", ["list", "refused"])
def test_what_was_not_done_blocks_no_later_run(shop: Shop, fresh: Fresh, trouble: str) -> None:
    """The look-up fails between plan and order, or the API refuses the call: the intent is gone again."""
    with Relay(shop.sandbox) as relay:
        if trouble == "refused":
            fault = {"fault": "status", "operation": "create", "times": 1, "status": 422, "body": "json"}
            shop.sandbox.control("POST", "faults", fault)
        else:
            relay.trouble = Trouble(lambda _request: "intent" in records(shop), times=-1, answer=message(403, b"{}"))
        played = play(fresh(), shop, "web1", api_url=relay.api_url)
    assert (played.rc, shop.charges) == (2, 0), played.output
    assert "Fail for what could not be ordered or installed" in played.output
    assert set(records(shop)) == {"hosts"}, played.output
    assert play(fresh(), shop, "web1").rc == 0
    assert shop.charges == 1


def kinds(shop: Shop) -> set[str]:
    """The kinds of records on web1, as the endings of their files."""
    return {path.suffix for path in (shop.folder / "ssl" / "web1" / ".records").iterdir()}


def seeded(shop: Shop, *, count: int, age_days: float) -> dict[str, Any]:
    """Put issued orders into the account and their certificates on web1; returns what the role is to be given."""
    root = shop.folder / "ssl" / "web1"
    root.parent.mkdir(mode=0o755)
    items = serve_seeded(shop.sandbox, root, count=count, age_days=age_days)
    for item in items:
        remember_hosts(root, item["name"], ["web1"])
    shop.forget_calls()
    return {"ssl_certificate_orders": [{**item, "hosts": ["web1"], "plan": PLAN_ID} for item in items]}


def test_a_reissue_that_never_arrived_is_sent_again_with_its_csr(shop: Shop, fresh: Fresh) -> None:
    shop.sandbox.settings(certificate_days=199)
    wanted = seeded(shop, count=1, age_days=140)
    with Relay(shop.sandbox) as relay:
        killed_under_way(fresh(), shop, relay, Trouble(posts, before=True, drop=True), **wanted)
    intent = age_intent(shop, hours=2)
    assert intent["action"] == "reissue"
    played = play(fresh(), shop, "web1", **wanted)
    assert played.rc == 0, played.output
    (evidence,) = (shop.folder / "ssl" / "web1" / ".records").glob("*.evidence")
    noted = json.loads(evidence.read_text())["record"]
    assert (noted["last_action"], noted["csr_key"]) == ("reissue", intent["csr_key"])
    assert [call for call in shop.calls() if call.endswith("/reissue")] != []


def test_a_night_with_nothing_to_do_downloads_nothing(shop: Shop, fresh: Fresh) -> None:
    """The first run looks at each certificate and notes it on the host; a run of another controller looks at none."""
    wanted = seeded(shop, count=5, age_days=30)
    plan = play(fresh(), shop, "web1", check=True, **wanted)
    assert (plan.rc, kinds(shop)) == (0, {".hosts"}), plan.output
    first = play(fresh(), shop, "web1", **wanted)
    assert (first.rc, first.changed, len(downloads(shop)) >= 5) == (0, 0, True), first.output
    assert len(list((shop.folder / "ssl" / "web1" / ".records").glob("*.seen"))) == 5
    shop.forget_calls()
    brief = {"certops.resello.ssl_certificates": {"unchanged_items": "brief"}}  # the role needs the whole result
    again = play(fresh(), shop, "web1", module_defaults=brief, **wanted)
    assert (again.rc, again.changed) == (0, 0), again.output
    assert (downloads(shop), shop.writing_calls()) == ([], [])
    assert "quiet: 5 orders with nothing to do" in again.output
    assert "tasks/work.yml" not in again.output


def test_an_unreadable_record_buys_nothing(shop: Shop, fresh: Fresh) -> None:
    folder = shop.folder / "ssl" / "web1" / ".records"
    folder.mkdir(parents=True, mode=0o700)
    name = hashlib.sha256(b"shop").hexdigest()
    (folder / f"{name}.intent").write_text('{"version": 1}')
    played = play(fresh(), shop, "web1", "web2")
    assert (played.rc, played.failed, shop.charges) == (2, 1, 1), played.output
    assert name in played.output
    assert current(shop, "web2", "mail").exists()
