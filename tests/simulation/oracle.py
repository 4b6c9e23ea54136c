# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be true of every diary, computed from the account and the diary alone."""

from __future__ import annotations

import itertools
import math
from datetime import datetime, timedelta

from ansible_collections.certops.resello.tests.simulation.account import Certificate
from ansible_collections.certops.resello.tests.simulation.nightly import NIGHT, Diary, Story

A_RUN = timedelta(hours=2)
RENEWAL_TAKES = timedelta(hours=72)
LAST_DAYS = timedelta(days=3)


def faults(story: Story, diary: Diary) -> list[str]:
    """Return every broken promise, in words. An empty list is a pass."""
    return [
        *_gaps(story, diary),
        *_kills_not_replaced(story, diary),
        *_overpaid(story, diary),
        *_early_reissues(story, diary),
        *_too_many_reissues(story, diary),
        *_reissued_meanwhile(story, diary),
        *diary.broken_promises,
    ]


def needless(story: Story, diary: Diary) -> list[str]:
    """Return the reasons for which a person was asked: none is expected of an undisturbed job with records.

    But where a synchronisation touches every order every night: there somebody must say that nobody renewed.
    """
    touched = {"renewal_doubtful"} if story.dialect.updated_daily else set()
    return sorted({code for _at, code in diary.asked} - touched)


def unpaid(diary: Diary) -> list[str]:
    """Return the lapses, and whether the number of charges is the number of years begun (the next one included once
    its window is open)."""
    return [f"the order lapsed on {lapse}" for lapse in diary.account.lapses]


def safe_outage(story: Story) -> int:
    """Return how many nights in a row the job may miss without harm: what is left of a certificate, or of the paid
    year, at the latest moment at which the job would act."""
    life, window = story.dialect.life_days, story.dialect.window_days
    margin = margin_days(life)
    room = min(max(margin / 2, min(10.0, margin)), window * 2 / 3)
    if story.dialect.flag_auto_renew:
        room = min(room, 5.0)  # the warning that the platform has not renewed comes five days before the end
    if story.dialect.auto_renew_days is not None:
        room = min(room, story.dialect.auto_renew_days - 5)
    return max(0, math.floor(room) - 2)


def margin_days(life: float) -> float:
    return min(max(life / 3, min(3.0, life / 2)), life / 2)


def _spans(diary: Diary) -> list[tuple[Certificate, datetime, datetime]]:
    ends = [*(at for at, _what in diary.served[1:]), diary.end]
    return [(certificate, at, until) for (at, certificate), until in zip(diary.served, ends, strict=False)]


def _gaps(story: Story, diary: Diary) -> list[str]:
    found = []
    notice = 2 * NIGHT if story.dialect.life_days >= 46 else NIGHT
    if not diary.served:
        return ["nothing was ever served"]
    for certificate, _since, until in _spans(diary):
        if certificate.ends < until and not any(at <= certificate.ends - notice for at, _what in diary.asked):
            found.append(f"no valid certificate from {certificate.ends} to {until}, and nobody was asked in time")
    return found


def _kills_not_replaced(story: Story, diary: Diary) -> list[str]:
    """A certificate that a reissue killed is replaced by the first run after its death.

    Without records and with a paid end that nothing shows, the order may lapse under the reissue. Then a person was
    told each time that the end did not move, and the next run buys.
    """
    blind = not story.remembers and any(code.startswith("result") for _at, code in diary.asked)
    lapses = diary.account.lapses if blind else []
    return [
        f"the certificate killed at {certificate.killed} was served until {until}"
        for certificate, _since, until in _spans(diary)
        if certificate.killed < certificate.ends
        and not any(certificate.killed <= lapse <= until for lapse in lapses)
        and any(certificate.killed <= run < certificate.ends and run + A_RUN < until for run in diary.runs)
    ]


def _overpaid(story: Story, diary: Diary) -> list[str]:
    """Every charge begins a new year, never while more than one window of the year before is left."""
    charges = diary.account.charges
    window = story.dialect.window_days * NIGHT
    found = [
        f"{charge.what} at {charge.at}: too early" for charge in charges if charge.at < charge.period_start - window
    ]
    for before, after in itertools.pairwise(charges):
        if after.period_start < before.period_end - window:
            found.append(f"{after.what} at {after.at} pays again for what {before.what} at {before.at} paid")
    return found


def _early_reissues(story: Story, diary: Diary) -> list[str]:
    """No reissue for age while the certificate outlives the opening of the renew window by half its margin."""
    found = []
    aged = {at for at, decision in diary.calls if decision.action == "reissue" and decision.explained_by_age}
    for at, killed, paid_until in diary.account.reissues:
        opens = paid_until - story.dialect.window_days * NIGHT
        margin = margin_days((killed.ends - killed.starts) / NIGHT)
        room = max(margin / 2, min(10.0, margin)) * NIGHT
        if at in aged and at < opens and killed.ends - room >= opens and story.remembers:
            found.append(f"reissue at {at}: the certificate ends {killed.ends}, renewable from {opens}")
    return found


def _too_many_reissues(story: Story, diary: Diary) -> list[str]:
    """At most year / (two thirds of the life), rounded up, and one, in any year; names changes come on top.

    For lives of nine days and more life - margin is the same. For shorter ones the floor of three days asks for more,
    unless, as with a steady nightly job, the certificate is a few minutes too young on the third night.
    """
    days = story.dialect.life_days
    steady = not story.dialect.backdated and not story.jitter_minutes
    period = days * 2 / 3 if steady else days - margin_days(days)
    most = math.ceil(365 / period) + 1
    aged = sorted(at for at, decision in diary.calls if decision.action == "reissue" and decision.explained_by_age)
    worst = max((sum(1 for at in aged if start <= at < start + 365 * NIGHT) for start in aged), default=0)
    if not story.remembers and any(code.startswith("result") for _at, code in diary.asked):
        most *= 4  # a person was told each time that the end did not move; nobody remembers it the next night
    return [f"{worst} reissues for age in a year, {most} are the most"] if worst > most else []


def _reissued_meanwhile(story: Story, diary: Diary) -> list[str]:
    """While a renewal may still be carried out, the record keeps a reissue for age away, whatever the order says; but
    not into the last days of a certificate, because a renewal may give none."""
    renewed = [at for at, decision in diary.calls if decision.action == "renew"]
    aged = [
        (at, decision) for at, decision in diary.calls if decision.action == "reissue" and decision.explained_by_age
    ]
    return [
        f"reissue at {at}, while the renewal of {begun} is carried out"
        for begun in renewed
        for at, decision in aged
        if story.remembers
        and story.dialect.renewal_days > (at - begun) / NIGHT
        and begun < at < begun + RENEWAL_TAKES
        and decision.certificate_ends is not None
        and at < decision.certificate_ends - LAST_DAYS
    ]
