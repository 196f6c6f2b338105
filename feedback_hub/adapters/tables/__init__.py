"""Every table, by room; ``mapping`` says which domain object lives in which.

Ids are 32 random hex characters: a row's id tells nothing about how many there are. Text, names
and addresses are ``*_sealed`` beside the ``key_id`` that opens them (see ``vault``).
"""

from __future__ import annotations

from feedback_hub.adapters.tables.accounts import (
    account,
    attempt,
    handler_request,
    invitation,
    log_in,
    membership,
    token,
)
from feedback_hub.adapters.tables.cases import (
    call_back,
    case,
    case_event,
    case_fields,
    case_link,
    case_tag,
    emergency,
    judgement,
    notice,
    partner_link,
    referral,
    remark,
    search_text,
    suggestion,
    triage_lease,
)
from feedback_hub.adapters.tables.community import (
    bank_answer,
    board_entry,
    board_reading,
    issue,
    issue_case,
    meeting,
    meeting_case,
)
from feedback_hub.adapters.tables.exchange import letter, passage, peer, peer_seen
from feedback_hub.adapters.tables.mapping import start_mappers
from feedback_hub.adapters.tables.messages import (
    alert,
    attachment,
    channel_account,
    contact,
    delivery,
    inbox,
    message,
    outbox,
    wording,
)
from feedback_hub.adapters.tables.places import (
    boundary,
    case_place,
    gazetteer,
    organisation,
    service,
    site,
)
from feedback_hub.adapters.tables.shape import metadata
from feedback_hub.adapters.tables.trust import (
    audit,
    audit_head,
    data_key,
    erasure,
    idempotency,
    retention,
    wrong_try,
)

__all__ = [
    "account",
    "alert",
    "attachment",
    "attempt",
    "audit",
    "audit_head",
    "bank_answer",
    "board_entry",
    "board_reading",
    "boundary",
    "call_back",
    "case",
    "case_event",
    "case_fields",
    "case_link",
    "case_place",
    "case_tag",
    "channel_account",
    "contact",
    "data_key",
    "delivery",
    "emergency",
    "erasure",
    "gazetteer",
    "handler_request",
    "idempotency",
    "inbox",
    "invitation",
    "issue",
    "issue_case",
    "judgement",
    "letter",
    "log_in",
    "meeting",
    "meeting_case",
    "membership",
    "message",
    "metadata",
    "notice",
    "organisation",
    "outbox",
    "partner_link",
    "passage",
    "peer",
    "peer_seen",
    "referral",
    "remark",
    "retention",
    "search_text",
    "service",
    "site",
    "start_mappers",
    "suggestion",
    "token",
    "triage_lease",
    "wording",
    "wrong_try",
]
