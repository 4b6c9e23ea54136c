# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Six years of nights against an independent model of the account: the quick selection, and the matrix (slow)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy
from ansible_collections.certops.resello.plugins.module_utils._model.freeze_windows import frozen_until, read_window
from ansible_collections.certops.resello.tests.simulation.account import Dialect
from ansible_collections.certops.resello.tests.simulation.nightly import NIGHT, START, Diary, Nightly, Story
from ansible_collections.certops.resello.tests.simulation.oracle import faults, needless, safe_outage, unpaid

LIVES = (398, 199, 99, 46, 6)
IN_RUN, HALF_A_DAY_LATER = 5, 700  # minutes from a call to its certificate


def outages(story: Story, seed: int) -> frozenset[int]:
    """Return nights without a run: many stretches, none longer than what the story should survive."""
    longest, dice = safe_outage(story), random.Random(seed)  # noqa: S311  (a seed to repeat a failure, not a secret)
    missed: set[int] = set()
    night = 1
    while longest and night < story.nights:
        night += dice.randrange(longest + 5, 90)
        missed.update(range(night, night + longest))
        night += longest
    return frozenset(missed)


def judge(story: Story) -> Diary:
    """Run the story and fail with every broken promise; more is asked of a job that remembers and is not disturbed."""
    diary = Nightly(story).run()
    dialect = story.dialect
    found = faults(story, diary)
    if story.remembers and not dialect.reissue_keeps_end and not dialect.flag_auto_renew:
        found += unpaid(diary)
        if dialect.issue_minutes == IN_RUN and not dialect.renewal_days:
            found += [f"a person was asked: {code}" for code in needless(story, diary)]
    assert not found, f"{story}\n" + "\n".join(found[:5])
    return diary


def label(story: Story) -> str:
    dialect = story.dialect
    return f"{dialect.life_days}-{dialect.renew_gives}-{dialect.expires_shows}"


def actions(diary: Diary) -> list[tuple[int, str]]:
    return [((at - START) // NIGHT, decision.action) for at, decision in diary.calls]


def matrix() -> Iterator[Story]:
    """Every combination of what matters most, each with a throw of the dice for the rest."""
    switches = itertools.product(
        LIVES,
        (False, True),
        (False, True),
        ("certificate", "extends", "order"),
        ("paid", "certificate", "nothing"),
        ("never", "fires", "silent"),
        (True, False),
    )
    for number, (life, capped, keeps, gives, shows, auto, remembers) in enumerate(switches):
        dice = random.Random(number)  # noqa: S311  (a seed to repeat a failure, not a secret)
        more = random.Random(number + 10_000)  # noqa: S311  (its own, so that old stories stay what they were)
        window = dice.choice((30, 30, 7, 60, 90))
        dialect = Dialect(
            life_days=life,
            capped=capped,
            reissue_keeps_end=keeps,
            renew_gives=gives,
            expires_shows=shows,
            backdated=dice.random() < 0.4,
            window_days=window,
            auto_renew_days=min(12, window - 1) if auto == "fires" else None,
            flag_auto_renew=auto != "never",
            issue_minutes=dice.choice((IN_RUN, IN_RUN, IN_RUN, HALF_A_DAY_LATER)),
            updated_daily=dice.random() < 0.2,
            renewal_days=more.choice((0, 0, 0, 2, 90)),
            refuses_meanwhile=more.random() < 0.5,
            hides_reference=more.random() < 0.2,
        )
        story = Story(
            dialect,
            remembers=remembers,
            answers=True,
            sees_hosts=dice.random() < 0.7,
            names_change=frozenset(dice.sample(range(2000), 3)) if dice.random() < 0.4 else frozenset(),
            jitter_minutes=dice.choice((0, 55)),
        )
        yield replace(story, outages=outages(story, number)) if dice.random() < 0.5 else story


@pytest.mark.parametrize("capped", [False, True], ids=["lives-on", "capped"])
@pytest.mark.parametrize("life", LIVES)
def test_six_undisturbed_years(life: int, capped: bool) -> None:
    diary = judge(Story(Dialect(life, capped=capped)))
    assert len(diary.account.charges) == 7  # six years, and the seventh bought inside the last window


@pytest.mark.parametrize("capped", [False, True], ids=["lives-on", "capped"])
@pytest.mark.parametrize("life", LIVES)
def test_weekends_and_the_end_of_the_year_without_changes(life: int, capped: bool) -> None:
    """Nothing ends and nothing is paid twice; what goes on inside a freeze had no time to wait."""
    days = [{"start": f"{year}-12-14", "end": f"{year + 1}-01-06"} for year in range(2026, 2033)]
    windows = tuple(
        read_window({**one, "timezone": "Europe/Amsterdam"})
        for one in [{"start": "Fri 16:00", "end": "Mon 06:00"}, *days]
    )
    diary = judge(Story(Dialect(life, capped=capped), freeze=windows))
    assert len(diary.account.charges) == 7
    inside = [(at, call) for at, call in diary.calls if call.action != "create" and frozen_until(windows, at)]
    assert all(any("the freeze until" in text for text in call.warnings) for _at, call in inside)
    if life in (199, 99):
        unhindered = [at for at, _call in Nightly(Story(Dialect(life, capped=capped))).run().calls]
        assert len(inside) < sum(1 for at in unhindered if frozen_until(windows, at)), "it holds something back"


def test_the_example_of_the_page() -> None:
    capped = actions(judge(Story(Dialect(199, capped=True), nights=365)))
    assert capped == [(0, "create"), (133, "reissue"), (266, "reissue"), (335, "renew")]
    lives_on = actions(judge(Story(Dialect(199), nights=365)))
    assert lives_on == [(0, "create"), (133, "reissue"), (266, "reissue"), (345, "renew")]


@pytest.mark.parametrize("life", LIVES)
def test_nights_without_a_run(life: int) -> None:
    story = Story(Dialect(life, capped=life in (99, 6)), nights=3 * 365)
    missed = outages(story, life)
    assert missed
    judge(replace(story, outages=missed))


def test_changed_names_reissue_once_each() -> None:
    diary = judge(Story(Dialect(199), nights=500, names_change=frozenset({20, 160})))
    assert [night for night, action in actions(diary) if action == "reissue"][:3] == [20, 153, 160]


def test_a_name_added_with_a_renewal_that_only_extends_gets_in() -> None:
    diary = judge(Story(Dialect(99, renew_gives="extends"), nights=500, names_change=frozenset({335})))
    assert [action for night, action in actions(diary) if 335 <= night < 340] == ["renew", "reissue"]


def test_a_reissue_that_keeps_the_end_asks_a_person_and_kills_once() -> None:
    diary = judge(Story(Dialect(199, reissue_keeps_end=True), nights=199))
    assert actions(diary) == [(0, "create"), (133, "reissue")]
    assert [code for _at, code in diary.asked][:2] == ["result: the end did not move", "reissue_useless"]


def test_a_silent_automatic_renewal_asks_a_person() -> None:
    diary = judge(Story(Dialect(199, capped=True, flag_auto_renew=True), nights=365))
    assert [charge.what for charge in diary.account.charges] == ["create"]
    assert diary.asked[0][1] == "auto_renew_silent"
    assert diary.account.charges[0].period_end - diary.asked[0][0] >= timedelta(days=4)


def test_an_automatic_renewal_is_not_paid_again() -> None:
    diary = judge(Story(Dialect(99, auto_renew_days=12, flag_auto_renew=True), nights=3 * 365))
    assert {charge.what for charge in diary.account.charges[1:]} == {"auto-renew"}


def test_without_records_the_operators_date_renews_once_a_year() -> None:
    story = Story(Dialect(199), remembers=False, sees_hosts=False, paid_until_known=True, nights=3 * 365)
    assert [charge.what for charge in judge(story).account.charges] == ["create", "renew", "renew", "renew"]
    touched = replace(story, dialect=Dialect(199, updated_daily=True), nights=360)
    diary = judge(touched)
    assert [charge.what for charge in diary.account.charges] == ["create"]
    assert diary.asked[0][1] == "renewal_doubtful"


@pytest.mark.parametrize("refuses", [False, True], ids=["takes a reissue", "refuses a reissue"])
@pytest.mark.parametrize("capped", [False, True], ids=["lives-on", "capped"])
@pytest.mark.parametrize("life", LIVES)
def test_an_order_that_shows_nothing_of_its_renewal_for_ninety_days(life: int, capped: bool, refuses: bool) -> None:
    """It is active, with the old certificate and the old CSR. No second charge, no lapse; reissued when due."""
    diary = judge(Story(Dialect(life, capped=capped, renewal_days=90, refuses_meanwhile=refuses), nights=3 * 365))
    assert [charge.what for charge in diary.account.charges] == ["create", "renew", "renew", "renew"]


def test_a_refused_reissue_is_repeated_and_a_person_is_asked() -> None:
    """Every call that the state of the order does not allow is refused, well-formed: nothing is charged or recorded."""
    dialect = Dialect(99, capped=True, renewal_days=90, refuses_meanwhile=True)
    diary = judge(Story(dialect, nights=500))
    assert [what for _at, what in diary.account.refused][:2] == ["reissue", "reissue"]
    assert "refused: reissue" in {code for _at, code in diary.asked}


@pytest.mark.parametrize("gives", ["certificate", "order"])
def test_an_order_whose_rows_show_no_reference(gives: str) -> None:
    """With records it is found by its id."""
    judge(Story(Dialect(99, hides_reference=True, renew_gives=gives), nights=3 * 365))


def test_where_every_order_is_touched_every_night_somebody_must_look() -> None:
    dialect = Dialect(199, updated_daily=True)
    answered = judge(Story(dialect, answers=True, nights=3 * 365))
    assert [charge.what for charge in answered.account.charges] == ["create", "renew", "renew", "renew"]
    assert {code for _at, code in answered.asked} == {"renewal_doubtful"}
    silent = Nightly(Story(dialect, nights=400)).run()
    assert silent.account.charges[1].what == "create"
    assert silent.asked[0][1] == "renewal_doubtful"
    assert silent.account.charges[0].period_end - silent.asked[0][0] >= timedelta(days=19)


def test_a_spread_job_is_as_safe() -> None:
    judge(Story(Dialect(46, capped=True), policy=Policy(certificates=1000), nights=2 * 365))


@pytest.mark.parametrize("story", list(matrix())[7::67], ids=label)
def test_a_few_of_the_matrix(story: Story) -> None:
    judge(replace(story, nights=800))


# Stories that once broke a promise: names or age asked for a reissue just before an order lapsed, and a paid end that
# the API contradicts was announced too late.
@pytest.mark.parametrize("number", [107, 436, 437, 653])
def test_stories_that_once_failed(number: int) -> None:
    judge(next(itertools.islice(matrix(), number, None)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(24))
def test_the_whole_matrix(part: int) -> None:
    for story in itertools.islice(matrix(), part, None, 24):
        judge(story)
