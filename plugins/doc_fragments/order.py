# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that describe one wanted certificate, computed from one text for one order and for a list of orders."""

from __future__ import annotations

import re
from textwrap import indent

ORDER = r"""
client_reference:
  description:
    - Your name for the order. It identifies the order and is compared exactly. An order whose answer was lost can only
      be found by it. Never reuse it for another certificate.
    - 1 to 64 letters, digits and characters out of C(._:/@#+ -). The first is a letter, a digit or C(#). Use O(adopt)
      to take over an order that has another reference.
  type: str
  required: true
  version_added: 1.0.0
state:
  description:
    - V(present) makes sure that there is one live order. An existing order is adopted and never bought again.
    - V(absent) cancels the one live order. The provider refunds it only within the grace period of its plan.
    - Without further options, only an order that certainly never issued is cancelled. Any other order needs O(force) or
      O(only_if_younger_than). This includes an order that is being reissued or renewed, and one whose status word is
      unknown to this module.
  type: str
  choices: [present, absent]
  default: present
  version_added: 1.0.0
plan:
  description:
    - The plan to buy, by its uuid or by its exact name. Required when an order is created.
    - M(certops.resello.ssl_certificate_plan_info) lists the plans.
  type: str
  version_added: 1.0.0
names:
  description:
    - DNS names that the certificate must cover. They are compared with the CSR on the order.
    - The given CSR must ask for exactly these names, in any order.
    - Without this option the names of the given CSR count. Without a CSR the names are not compared.
  type: list
  elements: str
  version_added: 1.0.0
csr_path:
  description:
    - File on the controller with the CSR (PEM).
    - Required when an order is created, reissued or renewed. It may be missing in check mode. RV(ignore:csr_required)
      then says whether a real run needs it.
    - Excludes O(csr_content).
  type: path
  version_added: 1.0.0
csr_content:
  description: The CSR itself (PEM). Excludes O(csr_path).
  type: str
  version_added: 1.0.0
certificate_path:
  description:
    - File on the controller with the certificate (PEM) that is deployed now, if any.
    - It shows what is in use, and can save the download. For that the run needs O(ignore:journal_path) or the records
      of the hosts. Nothing is downloaded if nothing is due, every host serves the order's certificate, and the order is
      unchanged since an earlier run downloaded it.
    - Excludes O(certificate_content).
  type: path
  version_added: 1.0.0
certificate_content:
  description: The deployed certificate itself (PEM). Excludes O(certificate_path).
  type: str
  version_added: 1.0.0
dcv_type:
  description:
    - The method of domain control validation. Required when an order is created, reissued or renewed.
    - While an order waits, its unproven names are switched to this method.
    - V(FILE) cannot prove a wildcard name.
  type: str
  choices: [EMAIL, FILE, DNS]
  version_added: 1.0.0
validation_level:
  description:
    - The kind of the plan. V(ov) and V(ev) make O(contact.chamber_of_commerce), O(contact.department),
      O(contact.approver_first_name) and O(contact.approver_last_name) required before anything is sent.
  type: str
  choices: [dv, ov, ev]
  default: dv
  version_added: 1.0.0
contact:
  description: Company and approver, for plans and validation methods that require them.
  type: dict
  version_added: 1.0.0
  suboptions:
    chamber_of_commerce:
      description: Registration number of the company at its chamber of commerce.
      type: str
      version_added: 1.0.0
    company_name:
      description: Name of the company. If not given, the provider uses the one in the CSR.
      type: str
      version_added: 1.0.0
    department:
      description: Department of the company.
      type: str
      version_added: 1.0.0
    address:
      description: Street and number.
      type: str
      version_added: 1.0.0
    zip_code:
      description: Postal code.
      type: str
      version_added: 1.0.0
    city:
      description: City.
      type: str
      version_added: 1.0.0
    approver_first_name:
      description: First name of the person who approves the order.
      type: str
      version_added: 1.0.0
    approver_last_name:
      description: Last name of the person who approves the order.
      type: str
      version_added: 1.0.0
    approver_email_address:
      description: Mailbox of the approver. Required for O(dcv_type=EMAIL).
      type: str
      version_added: 1.0.0
    approver_phone_number:
      description: Telephone number as C(+31.612345678). A full stop separates the country code from the number.
      type: str
      version_added: 1.0.0
renew_before:
  description:
    - When a certificate is due before it expires, in days (V(30d)) or as a share of its lifetime (V(33%)).
    - If not given, one third of the lifetime.
    - The minimum is 3 days or half the lifetime, whichever is less. More than half the lifetime is reduced to half,
      with a warning.
  type: str
  version_added: 1.0.0
reissue_after:
  description:
    - Reissue a certificate whose validity began before this date, for example after a key compromise. The date is ISO
      8601, in UTC unless it names another time zone. A date in the future is refused.
  type: str
  version_added: 1.0.0
adopt:
  description:
    - Reference or id of a live order of this account. It is taken over, and nothing is bought. It is then renewed and
      reissued like an order with O(client_reference). Its next renewal or reissue gives it that reference.
    - Leave it in place until the order shows O(client_reference). It has no effect once a live order has
      O(client_reference).
    - For example C(adopt=old-shop), for an order that was bought by hand.
  type: str
  version_added: 1.0.0
beside:
  description:
    - References or ids of live orders that may have exactly the same names as this one. Without it, a purchase is
      refused while any other live order of the account has them. Orders of other items of the same run are always
      allowed.
    - For example C(beside=[shop-rsa]), for an ECDSA certificate beside an RSA one.
    - V(*) means all orders. Use it for a single run, on an account whose orders do not show their names.
  type: list
  elements: str
  default: []
  version_added: 1.0.0
force:
  description:
    - With O(state=absent), cancel an order although its certificate was issued, or may have been. The certificate is
      revoked.
  type: bool
  default: false
  version_added: 1.0.0
only_if_younger_than:
  description:
    - With O(state=absent), cancel an order that was issued, or may have been, if it was created less than this many
      days ago.
  type: int
  version_added: 1.0.0
wait_at_most:
  description:
    - Days that a paid order may be without its certificate before the task fails. Nothing is cancelled.
    - If not given, 3 days for validation by DNS or FILE, 7 by EMAIL, 21 for O(validation_level=ov) and V(ev). A warning
      comes after a third of the time, except for EMAIL. A first certificate also fails in the last 5 of the 30 days in
      which the provider probably refunds it.
    - Check mode never fails because of this.
  type: int
  version_added: 1.0.0
recreate:
  description:
    - Ended states after which a new order may be bought with the same reference. States other than V(expired) count
      only for an order that never issued a certificate.
  type: list
  elements: str
  choices: [expired, failed, cancelled, revoked]
  default: [expired]
  version_added: 1.0.0
auto_renew:
  description:
    - What to do with an order that the provider renews by itself.
    - V(respect) does not renew it; V(ignore) renews it like any other.
  type: str
  choices: [respect, ignore]
  default: respect
  version_added: 1.0.0
paid_until:
  description: End of the paid period (ISO 8601), if you know it and the provider's answers do not show it.
  type: str
  version_added: 1.0.0
paid_until_checked:
  description:
    - The day on which a person checked at the provider that the order was not renewed, and that its paid period ends as
      known here. Set it when a renewal is refused as doubtful (C(renewal_doubtful)) and no renewal was made.
    - Changes of the order up to the end of the following day then cause no doubt. Without a record of the order, this
      holds only for changes that are at least a day older than the date.
  type: str
  version_added: 1.0.0
names_fit_plan:
  description:
    - Whether a person checked that the plan of the order allows the added names, although its name and description do
      not say so. Without it, a reissue for the first wildcard or for a second domain is refused for such a plan. The
      reissue would revoke the certificate in use, and the new one might lack the names.
  type: bool
  default: false
  version_added: 1.0.0
ee_reference_order_id:
  description: Number of an Encryption Everywhere order that this purchase upgrades.
  type: str
  version_added: 1.0.0
""".strip()

LISTED = r"""
lost_key:
  description: What to do when no host has the key of the deployed certificate any more.
  type: str
  choices: [block, reissue]
  default: block
  version_added: 1.0.0
observed:
  description:
    - What the hosts of the certificate hold and remember. The role certops.resello.ssl_certificate sets it. Its content
      may change with every release.
  type: dict
  version_added: 1.0.0
""".strip()

RUN = r"""
retry_validation:
  description:
    - Ask the provider to check domain control again, for each order that is waiting. Use it when the records or files
      are in place. Proven names are left alone.
    - If the provider refuses, or asks for a later retry, the task warns and does not ask again in the same run.
  type: bool
  default: false
  version_added: 1.0.0
journal_path:
  description:
    - Folder on the controller for the records of paid calls. It is created with mode 0700 if it is missing.
    - With it, later runs know of a run that was killed between a call and its answer. Two controllers that share the
      folder exclude each other. Without it, only the run that lost an answer searches for the order.
  type: path
  version_added: 1.0.0
recovery_timeout:
  description: Seconds to search for an order whose answer was lost. After that the task ends with an unknown outcome.
  type: float
  default: 180
  version_added: 1.0.0
prices:
  description:
    - What one order or one renewal costs, by the name or the id of its plan. The API shows no prices.
    - They are used in results and differences, and for the option C(max_spend) of
      M(certops.resello.ssl_certificates). They change nothing at the provider.
  type: dict
  version_added: 1.0.0
currency:
  description: The currency of all O(prices), for example V(EUR). Required with O(prices).
  type: str
  version_added: 1.0.0
freeze:
  description:
    - Times in which no certificate is renewed or reissued, and no served certificate is replaced. First purchases,
      waits and validation go on.
    - A certificate or a paid period that would come into its last days before the end of the freeze is not held back.
    - Windows that follow each other without a gap count as one.
  type: list
  elements: dict
  default: []
  version_added: 1.0.0
  suboptions:
    start:
      description:
        - A date (V(2026-12-18)), a date with a time (V(2026-12-18 18:00)), or a time of each week (V(Fri 18:00)).
        - Put it in quotes.
      type: str
      required: true
      version_added: 1.0.0
    end:
      description: The same, of the same kind as the start. A date includes the whole day.
      type: str
      required: true
      version_added: 1.0.0
    timezone:
      description: The zone of both, for example V(Europe/Amsterdam).
      type: str
      default: UTC
      version_added: 1.0.0
""".strip()

BATCH = r"""
max_creates:
  description: If more orders than this would be bought in one run, none is bought and all are listed.
  type: int
  default: 10
  version_added: 1.0.0
max_renewals:
  description: Maximum number of renewals in one run. The most urgent orders are renewed. The others fail with the
    reason.
  type: int
  default: 10
  version_added: 1.0.0
max_reissues:
  description: Maximum number of reissues in one run. The most urgent orders are reissued. The others fail with the
    reason.
  type: int
  default: 10
  version_added: 1.0.0
max_spend:
  description:
    - What the orders and renewals of one run may cost together, by O(prices).
    - The most urgent orders are renewed up to this sum. Orders that would be bought are bought all or not at all. Those
      that are left fail with the reason.
    - A plan without a price counts as over the limit. Without this option there is no limit.
  type: float
  version_added: 1.0.0
allow_mass_change:
  description:
    - Continue although many orders need a paid or destructive call for another reason than age. Without it, more than
      five such calls that are also more than a fifth of all wanted calls count as a mistake in a shared variable.
      Nothing is sent then.
  type: bool
  default: false
  version_added: 1.0.0
role_step:
  description:
    - Which step of a run this task is. The role certops.resello.ssl_certificate sets it. Its content may change with
      every release.
  type: dict
  version_added: 1.0.0
""".strip()


def _inside_list(text: str) -> str:
    """The same text where the options are suboptions of ``certificates``, so that links between them hold."""

    for name in re.findall(r"^([a-z_]+):$", text, re.MULTILINE):
        text = re.sub(rf"O\({name}(?=[=).])", f"O(certificates[].{name}", text)
    return text


def _options(text: str, columns: int) -> str:
    return indent(text, " " * columns) + "\n"


class ModuleDocFragment:
    DOCUMENTATION: str = "options:\n" + _options(ORDER, 2) + _options(RUN, 2)

    # The same for many orders in one call: docs/decisions.md and docs/protocol.md say what comes of them.
    LIST: str = (
        "options:\n"
        "  certificates:\n"
        "    description: The wanted certificates. Results come in this order.\n"
        "    type: list\n"
        "    elements: dict\n"
        "    required: true\n"
        "    version_added: 1.0.0\n"
        "    suboptions:\n" + _options(_inside_list(f"{ORDER}\n{LISTED}"), 6) + _options(f"{RUN}\n{BATCH}", 2)
    )
