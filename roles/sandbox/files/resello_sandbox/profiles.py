# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named dialects: switches that belong together, as one provider might have them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resello_sandbox.dialects import Dialect

STANDARD = "standard"


@dataclass(frozen=True)
class Profile:
    """A dialect in one sentence, and the switches that differ from the defaults."""

    meaning: str
    switches: Mapping[str, Any] = field(default_factory=dict)


PROFILES: dict[str, Profile] = {
    STANDARD: Profile("What is published, and the most likely of what is not."),
    "old-api": Profile(
        "The vendor's older style: refusals with status 200, texts instead of booleans and numbers, totals of 0.",
        {
            "failures": "http-200",
            "envelope": "text",
            "numbers": "strings",
            "list_total": "zero",
            "order_plan": "name",
            "order_ids": "text",
            "delete_answer": "null",
            "dates": "naive",
        },
    ),
    "bare": Profile(
        'A plain REST framework: no envelope, bare arrays, {"detail"}, 204, microseconds.',
        {
            "envelope": "bare",
            "failures": "detail",
            "delete_answer": "empty",
            "dates": "micro",
            "order_plan": "uuid",
            "details_shape": "list-snake",
            "list_omitted_fields": ["csr"],
        },
    ),
    "supplier-one": Profile(
        "Sectigo's habits shine through: expires is the certificate's end, foreign words, the chain behind the leaf.",
        {
            "order_expires": "certificate-end",
            "status_words": "foreign",
            "crt_download": "chain",
            "details_shape": "domains-snake",
            "reissue_end": "kept",
            "certificate_cap": True,
        },
    ),
    "supplier-two": Profile(
        "DigiCert's habits shine through: the second shape, upper-case words, the old CSR until issue, the old "
        "certificate lives on for three days.",
        {
            "details_shape": "list",
            "status_words": "upper-case",
            "dates": "offset",
            "pending_csr": "old",
            "reissue_kills": "later",
            "reissue_kill_delay": 3 * 86400.0,
            "reissue_status": "reissue",
            "pkcs7_download": "der",
        },
    ),
    "lagging": Profile(
        "A database with slow copies: new orders are late in the list and by id, details are empty at first.",
        {"list_lag": 1.0, "replica_lag": 0.5, "details_delay": 1.0, "list_total": "page", "list_order": "newest"},
    ),
    "ragged-pages": Profile(
        "Pages that prove nothing: filtered after the limit, totals too high, newest first.",
        {"paging": "filtered-late", "list_total": "high", "list_order": "newest", "ended_orders": "hidden"},
    ),
    "no-filter": Profile(
        "The filter does nothing, pages are half as long as they say, the list has no CSR.",
        {
            "reference_filter": "ignored",
            "paging": "short",
            "list_omitted_fields": ["csr"],
            "order_plan": "absent",
            "order_expires": "absent",
        },
    ),
    "loose-filter": Profile(
        "The filter ignores case, and numbers are the ids.",
        {"reference_filter": "case-blind", "order_ids": "number", "order_expires": "null", "details_shape": "flat"},
    ),
    "prefix-filter": Profile(
        "The filter matches beginnings; dates are days; the pending word is one nobody has seen.",
        {"reference_filter": "prefix", "dates": "date", "status_words": "unknown", "details_shape": "line"},
    ),
    "windows": Profile(
        "Files from another world: CRLF, a certificate in DER, root first.",
        {"pem_lines": "crlf", "crt_download": "der", "ca_download": "reversed", "pkcs7_download": "der"},
    ),
    "extending": Profile(
        "A renew buys only time, a reissue keeps the old end and is active all along.",
        {
            "renew_result": "extension",
            "reissue_end": "kept",
            "reissue_status": "active",
            "failed_reissue_status": "active",
            "certificate_cap": True,
            "order_expires": "absent",
        },
    ),
    "new-object": Profile(
        "A renew makes another order and blanks the reference; what has ended is gone; the filter splits at commas.",
        {
            "renew_result": "new-object",
            "renew_reference": "blanked",
            "ended_orders": "gone",
            "reference_filter": "comma",
        },
    ),
    "cross-signed": Profile(
        "The CA's bundle still has the root that was signed by an older one, and that one has expired.",
        {"ca_download": "expired-cross"},
    ),
    "other-owners": Profile(
        "The CA wants its record at the parent of a name, and answers spell names in Unicode.",
        {"validation_owner": "parent", "unicode_names": True},
    ),
    "late-files": Profile(
        "An order is called active before its files are there.",
        {"download_delay": 1.0, "download_refusal": "json"},
    ),
    "hidden-references": Profile(
        "The list does not show the reference, an order read by its id does, and it shows its plan by name.",
        {"list_omitted_fields": ["client_reference"], "reference_filter": "ignored", "order_plan": "name"},
    ),
    "greedy": Profile(
        "A reissue is charged and revokes at once, and the provider renews by itself.",
        {
            "reissue_price": 500,
            "reissue_kills": "requested",
            "auto_renew": "certificate",
            "auto_renew_orders": True,
        },
    ),
    "no-reference": Profile(
        "No answer shows the reference and the filter does nothing: nothing can be found again.",
        {"omitted_fields": ["client_reference"], "reference_filter": "ignored"},
    ),
    "truncating": Profile(
        "The provider keeps 3 characters of the reference.",
        {"reference_length": 3},
    ),
    "forgetful": Profile(
        "The provider takes a reference and forgets it.",
        {"reference_kept": "dropped"},
    ),
}


def switches_of(name: str) -> dict[str, Any]:
    """Every switch of this profile; KeyError if there is no such profile."""
    defaults = dataclasses.asdict(Dialect())
    return {**defaults, **PROFILES[name].switches}
