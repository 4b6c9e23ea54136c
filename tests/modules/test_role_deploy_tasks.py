# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own tasks that deploy a certificate elsewhere: once for each certificate, and again until they succeed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control, write_yaml
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, VALIDATION_FOLDER, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.modules.test_role_report import reported
from ansible_collections.certops.resello.tests.support import aws


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    (shop.site.webroot / VALIDATION_FOLDER).mkdir(parents=True)
    made.inventory(dict.fromkeys(("web1", "web2"), HOST))
    return made


def play_of(shop: Shop, **variables: Any) -> dict[str, Any]:
    order = {"name": "shop", "names": ["shop.example.com"], "plan": PLAN_ID, "hosts": ["web1", "web2"]}
    play = role_play(shop, module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"].update({"ssl_certificate_orders": [order], **variables})
    return {**play, "hosts": "web1,web2"}


def deploying(shop: Shop) -> tuple[Path, Path]:
    """A task file that stores what it is given while a flag is there, and its store."""
    store, flag = shop.folder / "store", shop.folder / "balancer-is-up"
    store.mkdir()
    given = "{{ ssl_certificate_deployed | to_json }}"
    wanted = f"{store}/{{{{ ssl_certificate_deployed.name }}}}-{{{{ inventory_hostname }}}}.json"
    tasks = [
        {
            "name": "Ask the load balancer",
            "ansible.builtin.command": {"argv": ["test", "-e", str(flag)]},
            "changed_when": False,
        },
        {"name": "Store it", "ansible.builtin.copy": {"content": given, "dest": wanted, "mode": "0600"}},
    ]
    write_yaml(shop.folder / "balancer.yml", tasks)
    return store, flag


def test_tasks_of_the_user_run_once_for_a_certificate_and_again_if_they_failed(shop: Shop, control: Control) -> None:
    store, flag = deploying(shop)
    play = play_of(shop, ssl_certificate_deploy_tasks="balancer.yml")
    first = control.play([play])
    assert (first.rc, shop.charges, first.failed) == (2, 1, 1), first.output
    assert reported(first)[0] == "needs you:"
    assert "shop: the tasks of ssl_certificate_deploy_tasks failed: " in first.messages()["web1"]
    assert list(store.iterdir()) == []
    flag.touch()
    shop.forget_calls()
    second = control.play([play])
    assert (second.rc, second.changed, shop.writing_calls()) == (0, 1, []), second.output
    assert reported(second)[0] == "done:"
    assert "shop: deployed by your tasks" in reported(second)[1]
    (given,) = store.iterdir()
    assert given.name == "shop-web1.json", "the first host that has it"
    facts = json.loads(given.read_text())
    assert Path(facts["privkey_path"]).read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert Path(facts["fullchain_path"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert (facts["name"], facts["names"], facts["host"]) == ("shop", ["shop.example.com"], "web1")
    assert "PRIVATE" not in given.read_text() + first.output + second.output
    quiet = control.play([play])
    assert (quiet.rc, quiet.changed) == (0, 0), quiet.output
    assert "Deploy each of them" not in quiet.output


@pytest.fixture(scope="session")
def aws_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return aws.install(tmp_path_factory.mktemp("aws"))
    except aws.NotInstalledError as error:
        pytest.skip(f"moto and the aws program cannot be installed: {error}")


def in_days(days: int) -> dict[str, str]:
    """Variables that let programs see a later day."""
    if shutil.which("faketime") is None:
        pytest.skip("no faketime")
    done = subprocess.run(["faketime", "-f", f"+{days}d", "env"], capture_output=True, text=True, check=True)
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: seen[name] for name in ("LD_PRELOAD", "FAKETIME")}


@pytest.mark.slow
def test_the_example_for_aws_imports_and_replaces_a_certificate(
    shop: Shop, control: Control, aws_programs: Path
) -> None:
    """By the real aws program. The account checks key and dates; on its day both certificates are good."""
    tasks = Path(__file__).resolve().parents[2] / "docs" / "deploy-tasks" / "aws_acm.yml"
    play = play_of(shop, ssl_certificate_deploy_tasks=str(tasks))
    with aws.simulated_account(aws_programs, shop.folder / "moto.log", in_days(171)) as account:
        seen = []
        for days in (0, 170):
            shop.sandbox.advance(days=days)
            later = {**account.environment, **(in_days(days) if days else {})}
            played = control.play([play], environment=later)
            assert (played.rc, played.failed) == (0, 0), played.output
            assert "shop: " in reported(played)[1]
            assert "deployed by your tasks" in reported(played)[1]
            (entry,) = account.ask("list-certificates")["CertificateSummaryList"]
            there = account.ask("get-certificate", "--certificate-arn", entry["CertificateArn"])
            files = shop.folder / "ssl" / "web1" / "shop" / "current"
            assert there["Certificate"].split() == (files / "cert.pem").read_text().split()
            assert "".join((files / "chain.pem").read_text().split()) in "".join(there["CertificateChain"].split())
            seen.append((entry["CertificateArn"], there["Certificate"]))
        (first, old), (second, new) = seen
        assert first == second, "what uses it need not be told of another name"
        assert old != new


def test_a_task_file_that_is_not_there_is_refused_before_anything_is_ordered(shop: Shop, control: Control) -> None:
    played = control.play([play_of(shop, ssl_certificate_deploy_tasks="missing.yml")])
    assert (played.rc, shop.charges) == (2, 0), played.output
    assert "ssl_certificate_deploy_tasks (given: missing.yml) is not a file" in played.output


@pytest.mark.parametrize(("text", "said"), [('- name: "x', "cannot be read"), ("name: x", "is not a list of tasks")])
def test_a_task_file_that_ansible_cannot_read_is_refused_before_anything_is_ordered(
    shop: Shop, control: Control, text: str, said: str
) -> None:
    """Ansible ends the run where it includes such a file: after the purchase, and without a report."""
    (shop.folder / "broken.yml").write_text(text)
    played = control.play([play_of(shop, ssl_certificate_deploy_tasks="broken.yml")])
    assert (played.rc, shop.charges, played.failed) == (2, 0, 1), played.output
    (message,) = played.messages().values()
    assert message.startswith("ssl_certificate_deploy_tasks (")
    assert said in message
    assert "\n" not in message


def test_check_mode_runs_no_tasks_of_the_user(shop: Shop, control: Control) -> None:
    store, flag = deploying(shop)
    assert control.play([play_of(shop)]).rc == 0
    flag.touch()
    play = play_of(shop, ssl_certificate_deploy_tasks=str(shop.folder / "balancer.yml"))
    planned = control.play([play], check=True)
    assert (planned.rc, list(store.iterdir())) == (0, []), planned.output
    played = control.play([play])
    assert played.rc == 0, played.output
    assert len(list(store.iterdir())) == 1, "what is in place is deployed when the variable is set"
