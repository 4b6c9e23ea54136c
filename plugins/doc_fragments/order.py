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
    - Your name for the order. It is the order's identity, compared exactly, and the only way to find an order again
      whose answer was lost; it must never be reused for another certificate.
    - 1 to 64 characters out of letters, digits and C(._:/@#+ -), beginning with a letter, a digit or C(#). An order
      that has another one is taken over with O(adopt).
  type: str
  required: true
  version_added: 1.0.0
state:
  description:
    - V(present) makes sure that there is one live order. An order that is there already is adopted, never bought again.
    - V(absent) cancels the one live order. The provider refunds it only within the grace period of its plan.
    - Only an order that certainly never issued is cancelled just so. Any other needs O(force) or
      O(only_if_younger_than), also while it is reissued or renewed, and if its status is a word that is not known here.
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
    - DNS names that the certificate is wanted for. They are compared with the CSR on the order.
    - A CSR that is given must ask for exactly these names, in any order.
    - Without them the names of the given CSR count; without a CSR the names are not compared.
  type: list
  elements: str
  version_added: 1.0.0
csr_path:
  description:
    - File on the controller with the CSR (PEM).
    - Needed when an order is created, reissued or renewed. In check mode it may be missing; RV(ignore:csr_required)
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
    - File on the controller with the certificate (PEM) that is deployed today, if any.
    - It says what is in use. With O(ignore:journal_path), or with the records of its hosts, a run downloads nothing if
      nothing is due, every host serves the order's certificate, and the order has not changed since an earlier run
      downloaded it.
    - Excludes O(certificate_content).
  type: path
  version_added: 1.0.0
certificate_content:
  description: The deployed certificate itself (PEM). Excludes O(certificate_path).
  type: str
  version_added: 1.0.0
dcv_type:
  description:
    - How control of the domains is proven. Required when an order is created, reissued or renewed.
    - While an order waits, its names that are not proven yet are switched to this method.
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
  description: Company and approver, for plans and validation methods that ask for them.
  type: dict
  version_added: 1.0.0
  suboptions:
    chamber_of_commerce:
      description: Registration number of the company at its chamber of commerce.
      type: str
      version_added: 1.0.0
    company_name:
      description: Name of the company. Without it the provider takes the one in the CSR.
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
      description: Telephone number as C(+31.612345678), country code and number parted by a full stop.
      type: str
      version_added: 1.0.0
renew_before:
  description:
    - When a certificate is due, as days (V(30d)) or as a share of its own lifetime (V(33%)) before it ends.
    - Without it, one third of the lifetime.
    - At least 3 days or half its life, whichever is less. More than half its life is clamped with a warning.
  type: str
  version_added: 1.0.0
reissue_after:
  description:
    - Ask for a new certificate if the present one was made before this date (ISO 8601, UTC unless it says otherwise),
      for example after a key compromise. A date in the future is refused.
  type: str
  version_added: 1.0.0
adopt:
  description:
    - Reference or id of a live order of this account that is taken over instead of buying one. It is then renewed and
      reissued like an order with O(client_reference), and its next renewal or reissue gives it that reference.
    - Leave it in place until the order shows O(client_reference). Once an order with O(client_reference) lives, it says
      nothing.
    - For example C(adopt=old-shop), for an order that was bought by hand.
  type: str
  version_added: 1.0.0
beside:
  description:
    - References or ids of live orders that may ask for exactly the same names as this one. A purchase is refused while
      any other live order of the account does, unless it belongs to another item of the same run.
    - For example C(beside=[shop-rsa]), for an ECDSA certificate beside an RSA one.
    - V(*) stands for all orders. It is meant for one run on an account whose orders do not show their names.
  type: list
  elements: str
  default: []
  version_added: 1.0.0
force:
  description:
    - Cancel an order with O(state=absent) although its certificate was issued, or may have been. It is revoked.
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
    - Days that a paid order may be without its certificate before the task fails; nothing is cancelled then.
    - Without it 3 days for validation by DNS or FILE, 7 by EMAIL, 21 for O(validation_level=ov) and V(ev). But for
      EMAIL a warning comes after a third of the time. A first certificate also fails in the last 5 of the 30 days in
      which the provider probably refunds it.
    - Check mode does not fail for it.
  type: int
  version_added: 1.0.0
recreate:
  description:
    - Ended states after which a new order may be bought under the same reference. States but V(expired) count only for
      an order that never issued a certificate.
  type: list
  elements: str
  choices: [expired, failed, cancelled, revoked]
  default: [expired]
  version_added: 1.0.0
auto_renew:
  description:
    - What to do with an order that the platform renews by itself.
    - V(respect) does not renew it; V(ignore) renews it like any other.
  type: str
  choices: [respect, ignore]
  default: respect
  version_added: 1.0.0
paid_until:
  description: End of the paid period (ISO 8601), where you know better than the provider's answers show.
  type: str
  version_added: 1.0.0
paid_until_checked:
  description:
    - The day on which somebody made sure at the provider that the paid period ends as known here, and that the order
      was not renewed. The way out when a renewal is refused as doubtful (C(renewal_doubtful)) and was not made.
    - What happened to the order up to the end of the day after is then no reason for doubt. Without a record of the
      order, only what is a day older is none.
  type: str
  version_added: 1.0.0
names_fit_plan:
  description:
    - Whether somebody made sure that the plan of the order takes the names that are added, although neither its name
      nor its description says so. Without it a reissue for the first wildcard, or for a second domain, is refused for
      such a plan. It would revoke the certificate in use, and the new one might lack the names.
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
  description: What to do when the key of the deployed certificate is on no host any more.
  type: str
  choices: [block, reissue]
  default: block
  version_added: 1.0.0
observed:
  description:
    - What the hosts of the certificate hold and remember. The role certops.resello.ssl_certificate sets it; what is
      in it may change with every release.
  type: dict
  version_added: 1.0.0
""".strip()

RUN = r"""
retry_validation:
  description:
    - Ask the provider to check control of the domains again, for each order that is waiting. For use when the records
      or files are in place. Names that are proven are left alone.
    - A provider that refuses, or asks to come back later, is a warning; it is not asked again in the same run.
  type: bool
  default: false
  version_added: 1.0.0
journal_path:
  description:
    - Folder on the controller for the records of paid calls (made with mode 0700 if it is missing).
    - With it, a run that was killed between the call and its answer is remembered, and two controllers that share the
      folder exclude each other. Without it a lost answer is still looked for, but only by the run that lost it.
  type: path
  version_added: 1.0.0
recovery_timeout:
  description: Seconds to look for an order whose answer was lost, before the task gives up with the outcome unknown.
  type: float
  default: 180
  version_added: 1.0.0
""".strip()

BATCH = r"""
max_creates:
  description: If more orders than this would be bought in one run, none is bought and all are listed.
  type: int
  default: 10
  version_added: 1.0.0
max_renewals:
  description: The most urgent orders are renewed up to this number in one run; the others fail with the reason.
  type: int
  default: 10
  version_added: 1.0.0
max_reissues:
  description: The most urgent orders are reissued up to this number in one run; the others fail with the reason.
  type: int
  default: 10
  version_added: 1.0.0
allow_mass_change:
  description:
    - Go on although many orders want a paid or destructive call for another reason than age. Without it more than
      five of them, and more than a fifth, are taken for a mistake in a shared variable, and nothing is done.
  type: bool
  default: false
  version_added: 1.0.0
role_step:
  description:
    - Which step of a run this task is. The role certops.resello.ssl_certificate sets it; what is in it may change with
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
