# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialects: how the provider may differ from the sandbox's defaults.

The provider published its requests, not its answers. Every assumption about them is one switch here, with its plausible
alternatives. The default is the most likely one. A switch is one line here, and one ``if`` where it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resello_sandbox.values import choice, count, is_a, may, one_of, seconds, texts, word

_DAY = 86400.0


@dataclass(frozen=True)
class Dialect:
    """All switches. A profile sets them together; see profiles.py."""

    # Answers
    envelope: str = field(
        default="standard",
        metadata=choice("standard", "text", "bare", meaning="success is a boolean, a text, or there is no envelope"),
    )
    failures: str = field(
        default="envelope",
        metadata=choice(
            "envelope", "http-200", "detail", meaning="how refusals look; http-200 keeps 401, detail is a bare object"
        ),
    )
    wrong_state_status: int = field(
        default=422,
        metadata=may(
            one_of(400, 409, 422),
            "400, 409 or 422: how a request is refused that the state of its order does not allow",
        ),
    )
    numbers: str = field(
        default="numbers", metadata=choice("numbers", "strings", meaning="how numbers are written in JSON")
    )
    order_ids: str = field(
        default="uuid",
        metadata=choice("uuid", "number", "text", meaning="ids of new orders; text is a number as a string"),
    )
    dates: str = field(
        default="z", metadata=choice("z", "offset", "naive", "date", "micro", meaning="how moments are written")
    )
    status_words: str = field(
        default="published",
        metadata=choice(
            "published", "upper-case", "foreign", "unknown", meaning="unknown: pending is a word nobody has seen"
        ),
    )
    delete_answer: str = field(
        default="object", metadata=choice("object", "empty", "null", meaning="DELETE gives the order, 204, or null")
    )
    # The order object
    order_plan: str = field(
        default="object", metadata=choice("object", "uuid", "name", "absent", meaning="the plan of an order")
    )
    order_expires: str = field(
        default="paid-end",
        metadata=choice("paid-end", "certificate-end", "null", "absent", meaning="what expires shows"),
    )
    omitted_fields: list[str] = field(
        default_factory=list, metadata=may(texts, "a list of fields that no order object has")
    )
    list_omitted_fields: list[str] = field(
        default_factory=list, metadata=may(texts, "a list of fields that orders in a list do not have")
    )
    # Lists
    reference_filter: str = field(
        default="exact",
        metadata=choice(
            "exact", "prefix", "ignored", "comma", "case-blind", meaning="how client_reference filters the list"
        ),
    )
    list_total: str = field(
        default="right", metadata=choice("right", "zero", "page", "high", meaning="what total shows")
    )
    paging: str = field(
        default="standard",
        metadata=choice(
            "standard",
            "short",
            "filtered-late",
            "offset-ignored",
            meaning="pages are half as long as limit says, filtered after the limit, or always the first",
        ),
    )
    list_order: str = field(default="oldest", metadata=choice("oldest", "newest", meaning="which order comes first"))
    list_lag: float = field(default=0.0, metadata=may(seconds, "seconds >= 0 until a new order is in the list"))
    replica_lag: float = field(
        default=0.0, metadata=may(seconds, "seconds >= 0 that reading one order and its files is behind")
    )
    ended_orders: str = field(
        default="listed",
        metadata=choice(
            "listed",
            "filter-only",
            "hidden",
            "gone",
            meaning="filter-only: in the list of one reference only; hidden: not in lists; gone: not by id either",
        ),
    )
    # The client's reference
    reference_length: int = field(
        default=255, metadata=may(count(1, 255), "characters from 1 to 255 that are kept of client_reference")
    )
    reference_kept: str = field(
        default="whole", metadata=choice("whole", "lower-case", "dropped", meaning="what is kept of client_reference")
    )
    renew_reference: str = field(
        default="sent", metadata=choice("sent", "kept", "blanked", meaning="client_reference after a renew")
    )
    # Validation
    details_shape: str = field(
        default="domains",
        metadata=choice(
            "domains",
            "domains-snake",
            "list",
            "list-snake",
            "flat",
            "line",
            meaning="the validation details: the first or the second supplier's, flat, or a record in one string",
        ),
    )
    details_delay: float = field(
        default=0.0, metadata=may(seconds, "seconds >= 0 in which the validation details are still empty")
    )
    validation_owner: str = field(
        default="name",
        metadata=choice(
            "name", "parent", meaning="the CNAME's owner: the name, or its parent (authorization domain name)"
        ),
    )
    unicode_names: bool = field(
        default=False, metadata=may(is_a(bool), "true or false: answers spell names in Unicode")
    )
    # Reissue and renew
    reissue_end: str = field(
        default="new",
        metadata=choice("new", "kept", meaning="the end of a reissued certificate: a new one, or the old one's"),
    )
    reissue_kills: str = field(
        default="issued",
        metadata=choice("issued", "requested", "later", "never", meaning="when a reissue revokes the old one"),
    )
    reissue_kill_delay: float = field(
        default=_DAY, metadata=may(seconds, "seconds >= 0 after issue, for reissue_kills later")
    )
    reissue_price: int = field(default=0, metadata=may(count(0), "cents >= 0 that a reissue costs"))
    reissue_status: str = field(default="pending", metadata=may(word, "the status word while a reissue is pending"))
    renew_status: str = field(default="pending", metadata=may(word, "the status word while a renew is pending"))
    renew_result: str = field(
        default="certificate",
        metadata=choice(
            "certificate",
            "extension",
            "new-object",
            meaning="a renew gives a new certificate, only more time, or another order",
        ),
    )
    renew_days: int = field(
        default=30, metadata=may(count(0, 366), "days from 0 to 366 before the paid end from which it can be renewed")
    )
    pending_csr: str = field(
        default="new", metadata=choice("new", "old", meaning="the CSR shown while a renew or reissue is pending")
    )
    failed_create_status: str = field(
        default="rejected", metadata=may(word, "the status word after the CA gave up a create")
    )
    failed_reissue_status: str = field(
        default="failed", metadata=may(word, "the status word after the CA gave up a reissue or renew")
    )
    auto_renew: str = field(
        default="off", metadata=choice("off", "extension", "certificate", meaning="what the provider renews by itself")
    )
    auto_renew_days: int = field(
        default=15, metadata=may(count(0, 60), "days from 0 to 60 before the paid end at which it does")
    )
    auto_renew_orders: bool = field(
        default=False, metadata=may(is_a(bool), "true or false: new orders renew themselves")
    )
    certificate_cap: bool = field(
        default=False, metadata=may(is_a(bool), "true or false: no certificate outlives the paid period")
    )
    # Downloads
    pem_lines: str = field(default="lf", metadata=choice("lf", "crlf", meaning="line ends of PEM"))
    crt_download: str = field(
        default="leaf",
        metadata=choice("leaf", "chain", "der", meaning="the crt: the leaf, the chain after it, or in DER"),
    )
    ca_download: str = field(
        default="upward",
        metadata=choice(
            "upward",
            "reversed",
            "expired-cross",
            meaning="the ca: intermediate first, root first, or with an expired cross-signed root before the root",
        ),
    )
    download_delay: float = field(
        default=0.0, metadata=may(seconds, "seconds >= 0 after issue in which the order is active and has no files")
    )
    download_refusal: str = field(
        default="refused",
        metadata=choice(
            "refused", "missing", "json", "empty", meaning="until then: 422, 404, a JSON object with 200, or nothing"
        ),
    )
    pkcs7_download: str = field(default="pem", metadata=choice("pem", "der", meaning="how the pkcs7 is encoded"))
