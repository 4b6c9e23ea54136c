# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One exact record in, one exact record out, and nothing else ever touched: dynamic updates at BIND."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.certops.resello.tests.dns.conftest import IDN, SHOP, ZONES
from ansible_collections.certops.resello.tests.dns.keeper import Keeper, cname, errors, txt
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

EVERYWHERE = [
    cname(f"_5c1f.{SHOP}"),
    cname(f"_5c1f.www.{SHOP}", "A.B.Sectigo.com."),
    txt(SHOP),
    txt(SHOP, "second-token-of-another-order"),
    txt(f"_5c1f.texts.{SHOP}"),  # the wildcard beside it answers with the same text
    cname(f"_5c1f.aliases.{SHOP}"),  # and here with another alias
    txt(f"_dnsauth.down.www.{SHOP}", "t" * 255),  # below a name without records
    cname(f"_5c1f.{IDN}"),
    txt("münchen.example", "token-for-an-idn", ttl=300),
]
SPF = '"v=spf1 -all"'


def test_present_and_absent_leave_the_zones_as_they_were(bind: Keeper) -> None:
    before = bind.dump(*ZONES)
    placed = bind.run("present", EVERYWHERE)
    assert placed["rc"] == 0, placed
    assert placed["changed"] and len(placed["placed"]) == len(EVERYWHERE)
    now = bind.dump(*ZONES)
    assert before <= now and len(now - before) == len(EVERYWHERE)
    assert (f"_5c1f.{SHOP}.", 60, "CNAME", "3fa1b5.9c0d2e.t0k3n.sectigo.com.") in now
    assert (f"{SHOP}.", 3600, "TXT", '"0q7m2kz4v9x1b8n3w6"') in now  # the TTL of the records beside it
    assert (f"{IDN}.", 3600, "TXT", '"token-for-an-idn"') in now
    assert {record["zone"] for record in placed["records"]} == set(ZONES)
    removed = bind.run("absent", placed["placed"])
    assert removed["rc"] == 0, removed
    assert removed["changed"] and removed["placed"] == []
    assert bind.dump(*ZONES) == before


def test_a_second_run_changes_nothing(bind: Keeper) -> None:
    first = bind.run("present", EVERYWHERE)
    serial = bind.serial(SHOP)
    again = bind.run("present", EVERYWHERE, diff=True)
    assert (again["rc"], again["changed"], again["placed"]) == (0, False, [])
    assert again["diff"]["before"] == again["diff"]["after"]
    assert not any(record["changed"] for record in again["records"])
    bind.run("absent", first["placed"])
    gone = bind.run("absent", first["placed"])
    assert (gone["rc"], gone["changed"]) == (0, False)
    assert bind.serial(SHOP) == serial + 1


def test_check_mode_predicts_and_changes_nothing(bind: Keeper) -> None:
    wanted = [*EVERYWHERE, cname(f"_used.{SHOP}"), cname(f"_elsewhere.{SHOP}"), txt(f"_elsewhere.{SHOP}")]
    for state in ("present", "absent"):
        serial, before = bind.serial(SHOP), bind.dump(*ZONES)
        predicted = bind.run(state, wanted, check=True, diff=True)
        assert (bind.serial(SHOP), bind.dump(*ZONES)) == (serial, before)
        real = bind.run(state, wanted, diff=True)
        assert predicted["changed"] is True
        assert {**predicted, "invocation": None} == {**real, "invocation": None}


def test_the_diff_shows_the_names_concerned(bind: Keeper) -> None:
    result = bind.run("present", [txt(IDN)], diff=True)
    added = f'{IDN}. TXT "0q7m2kz4v9x1b8n3w6"\n'
    assert SPF in result["diff"]["before"] and added not in result["diff"]["before"]
    assert added in result["diff"]["after"]
    bind.run("absent", [txt(IDN)])


def test_a_record_that_was_there_is_not_ours(bind: Keeper) -> None:
    bind.change(SHOP, add=[f'_mine.{SHOP}. 77 TXT "0q7m2kz4v9x1b8n3w6"'])
    wanted = [txt(f"_mine.{SHOP}"), txt(f"_ours.{SHOP}")]
    result = bind.run("present", wanted)
    assert [record["name"] for record in result["placed"]] == [f"_ours.{SHOP}"]
    assert [record["placed"] for record in result["records"]] == [False, True]
    bind.run("absent", result["placed"])
    assert bind.ask(f"_mine.{SHOP}", "TXT") == {'"0q7m2kz4v9x1b8n3w6"': 77}
    bind.run("absent", wanted)


def test_two_certificates_with_one_record(bind: Keeper) -> None:
    twice = [cname(f"_5c1f.{SHOP}"), cname(f"_5C1F.{SHOP}.")]
    result = bind.run("present", twice)
    assert result["rc"] == 0 and len(result["placed"]) == 1 and len(result["records"]) == 2
    second_run = bind.run("present", twice[:1])
    assert second_run["placed"] == []
    bind.run("absent", result["placed"])


def test_never_a_cname_where_other_data_lives(bind: Keeper) -> None:
    before = bind.dump(SHOP)
    wanted = [
        cname(f"_used.{SHOP}"),
        cname(f"_text.{SHOP}"),
        cname(f"_elsewhere.{SHOP}"),
        cname(f"_free.{SHOP}"),
    ]
    result = bind.run("present", wanted)
    assert result["rc"] == 1 and result["msg"].startswith("3 of 4 records failed.")
    assert [record["name"] for record in result["placed"]] == [f"_free.{SHOP}"]
    said = errors(result)
    assert "has other records, and a CNAME cannot stand beside them" in said[0]
    assert "has TXT records" in said[1]
    assert "has a CNAME to www.shop.co.uk" in said[2] and "left alone" in said[2]
    assert len(bind.dump(SHOP) - before) == 1
    bind.run("absent", result["placed"])


def test_a_label_that_is_given_away_by_a_cname_is_followed_to_its_end(bind: Keeper) -> None:
    """As people do who keep the key of the main zone away from this job."""
    before = bind.dump(*ZONES)
    end = f"_dnsauth.given.dcv.{IDN}"
    wanted = [txt(f"_given.{SHOP}", "token-of-given"), txt(f"_twice.{SHOP}", "token-of-twice"), txt(f"_free.{SHOP}")]
    looked = bind.run("present", wanted, check=True)
    placed = bind.run("present", wanted)
    assert (placed["rc"], placed["changed"], looked["placed"]) == (0, True, placed["placed"]), placed
    assert [(one["kept_at"], one["zone"]) for one in placed["records"]] == [
        (end, IDN),
        (end, IDN),
        (f"_free.{SHOP}", SHOP),
    ]
    assert {line[3] for line in bind.dump(IDN) - before} == {'"token-of-given"', '"token-of-twice"'}
    assert bind.run("present", wanted)["changed"] is False
    removed = bind.run("absent", placed["placed"])
    assert (removed["rc"], removed["changed"]) == (0, True), removed
    assert bind.dump(*ZONES) == before


def test_a_label_that_leads_nowhere_is_an_error_with_the_way(bind: Keeper) -> None:
    before = bind.dump(*ZONES)
    result = bind.run(
        "present", [txt(f"_round.{SHOP}"), txt(f"_away.{SHOP}"), txt(f"_mail.{SHOP}"), txt(f"_free.{SHOP}")]
    )
    assert (result["rc"], [one["name"] for one in result["placed"]]) == (1, [f"_free.{SHOP}"]), result["msg"]
    circle, away, mail = errors(result)
    assert "(SERVFAIL)" in circle, "what the server answers when it is asked for the zone of such a name"
    assert away.startswith(f"_away.{SHOP} -> _dnsauth.away.not-here.example: ")
    assert "belongs to another protocol" in mail
    bind.run("absent", result["placed"])
    (circle,) = errors(bind.run("present", [txt(f"_round.{SHOP}")], zones=[SHOP]))
    assert f"lead in a circle (_round.{SHOP} -> _round2.{SHOP} -> _round.{SHOP})" in circle
    assert bind.dump(*ZONES) == before


def test_a_cname_at_the_name_itself_gives_no_proof_away(bind: Keeper) -> None:
    bind.change(SHOP, add=[f"alias.{SHOP}. 60 CNAME www.{SHOP}."])
    result = bind.run("present", [txt(f"alias.{SHOP}")])
    assert "has a CNAME to www.shop.co.uk" in errors(result)[0] and "left alone" in errors(result)[0]
    bind.change(SHOP, delete=[f"alias.{SHOP}. CNAME www.{SHOP}."])


def test_records_of_one_task_that_exclude_each_other(bind: Keeper) -> None:
    result = bind.run("present", [cname(f"_a.{SHOP}"), cname(f"_a.{SHOP}", "b.sectigo.com"), txt(f"_a.{SHOP}")])
    assert [bool(record["error"]) for record in result["records"]] == [False, True, True]
    assert "in the same task" in errors(result)[0]
    bind.run("absent", result["placed"])


def test_dangerous_records_are_refused_in_both_directions(bind: Keeper) -> None:
    bind.change(SHOP, add=[f'_dmarc.{SHOP}. 60 TXT "reject"'])
    wanted = [
        txt(f"_dmarc.{SHOP}", "reject"),
        cname(f"_acme-challenge.{SHOP}"),
        cname(f"www.{SHOP}"),
        txt(SHOP, "v=spf1 +all"),
        txt(f"*.{SHOP}"),
        txt("203.0.113.7"),
        cname(f"_a.{SHOP}", "not a name"),
        txt(f"_a.{SHOP}", ttl=-1),
    ]
    before = bind.dump(SHOP)
    for state in ("present", "absent"):
        result = bind.run(state, wanted)
        assert result["rc"] == 1 and len(errors(result)) == len(wanted)
        assert result["changed"] is False
    assert bind.dump(SHOP) == before
    bind.change(SHOP, delete=[f'_dmarc.{SHOP}. TXT "reject"'])


def test_with_names_a_record_of_another_name_is_refused(bind: Keeper) -> None:
    wanted = [cname(f"_5c1f.{SHOP}"), cname(f"_5c1f.www.{SHOP}")]
    result = bind.run("present", wanted, names=[f"*.{SHOP}"])
    assert [bool(record["error"]) for record in result["records"]] == [False, True]
    assert "not directly under a name of the order" in errors(result)[0]
    bind.run("absent", result["placed"])


def test_spf_is_answered_throughout(bind: Keeper) -> None:
    seen: list[dict[str, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(bind.ask(SHOP, "TXT"))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _round in range(3):
            placed = bind.run("present", EVERYWHERE)
            bind.run("absent", placed["placed"])
    finally:
        stop.set()
        watcher.join()
    assert len(seen) > 20
    assert all(answer.get(SPF) == 3600 and len(answer) >= 2 for answer in seen)


def test_the_secondary_gets_it_by_itself(bind: Keeper, tree: DnsTree) -> None:
    bind.run("present", [txt(f"_second.{SHOP}")])
    address = tree.address("secondary")
    wait_until(
        lambda: bind.ask(f"_second.{SHOP}", "TXT", address=address) or None, seconds=20, what="the secondary has it"
    )
    bind.run("absent", [txt(f"_second.{SHOP}")])


def test_runs_at_the_same_time(bind: Keeper) -> None:
    tokens = [f"token-of-run-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        placed = list(pool.map(lambda token: bind.run("present", [txt(SHOP, token), txt(f"_r.{SHOP}", token)]), tokens))
        assert [result["rc"] for result in placed] == [0, 0, 0, 0], placed
        assert [len(result["placed"]) for result in placed] == [2, 2, 2, 2]
        assert {f'"{token}"' for token in tokens} <= set(bind.ask(SHOP, "TXT"))
        removed = list(pool.map(lambda result: bind.run("absent", result["placed"]), placed))
    assert [result["rc"] for result in removed] == [0, 0, 0, 0], removed


def test_all_records_of_a_zone_are_one_update(bind: Keeper) -> None:
    serial = bind.serial(SHOP)
    many = [cname(f"_m{number}.{SHOP}") for number in range(40)]
    placed = bind.run("present", many)
    assert bind.serial(SHOP) == serial + 1
    bind.run("absent", placed["placed"])
    assert bind.serial(SHOP) == serial + 2


def test_more_records_than_one_message_carries(bind: Keeper) -> None:
    many = [txt(f"_m{number}.{SHOP}", f"{number:03}" + "x" * 200) for number in range(130)]
    placed = bind.run("present", many)
    assert placed["rc"] == 0 and len(placed["placed"]) == 130
    removed = bind.run("absent", placed["placed"])
    assert removed["rc"] == 0


def test_over_udp(bind: Keeper) -> None:
    placed = bind.run("present", EVERYWHERE, protocol="udp")
    assert placed["rc"] == 0 and len(placed["placed"]) == len(EVERYWHERE)
    assert bind.run("absent", placed["placed"], protocol="udp")["rc"] == 0


def test_one_refused_name_does_not_stop_the_others(policy: Keeper) -> None:
    wanted = [cname(f"_a.{SHOP}"), cname(f"_a.fixed.{SHOP}"), txt(SHOP)]
    result = policy.run("present", wanted)
    assert [record["name"] for record in result["placed"]] == [f"_a.{SHOP}", SHOP]
    (said,) = errors(result)
    assert "REFUSED" in said and f"_a.fixed.{SHOP}" in said and "certificates" in said and "update-policy" in said
    assert policy.run("absent", result["placed"])["rc"] == 0


def test_given_zones_are_the_only_ones(bind: Keeper) -> None:
    result = bind.run("present", [cname(f"_a.{SHOP}"), cname(f"_a.{IDN}")], zone=SHOP)
    assert [bool(record["error"]) for record in result["records"]] == [False, True]
    assert "in none of the zones given in 'zones'" in errors(result)[0]
    bind.run("absent", result["placed"])
