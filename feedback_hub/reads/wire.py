"""How a case and what belongs to it look on the wire (CONTRACT, Bodies)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.adapters.visibility import told_of
from feedback_hub.domain.access import Action, Actor, scope_of
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Share
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn
from feedback_hub.domain.events import EventKind
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.judgement import Judgement
from feedback_hub.domain.masking import mask, spans
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.whereabouts import NOWHERE, KnownPlace, PlaceKind, Whereabouts
from feedback_hub.reads.bank import BankLine
from feedback_hub.services import custom_fields, loopback, remarks, seals, typed
from feedback_hub.services.records.messages import Message, RemarkKind, SuggestionRow
from feedback_hub.services.records.telling import Delivery
from feedback_hub.services.rules import Rules
from feedback_hub.services.sharing import shared_texts
from feedback_hub.services.typed import Typed

Json = dict[str, object]


def when(at: datetime | None) -> str | None:
    """RFC 3339 with offset."""
    return at.isoformat() if at else None


@dataclass(frozen=True)
class Own:
    """What a hub asks and notes besides: the answers with their questions, tags, and where."""

    fields: tuple[tuple[CustomField, str], ...]
    tags: tuple[str, ...]
    place: str
    where: Whereabouts = NOWHERE

    def for_team(self) -> Json:
        """For whoever handles the case: all that is asked over the API."""
        fields = {f.name: said for f, said in self.fields if ShownIn.API in f.shown_in}
        return {
            "fields": fields,
            "place": self.place,
            "tags": list(self.tags),
            "area": place_body(self.where.area) if self.where.area else None,
            "place_candidates": [place_body(place) for place in self.where.candidates],
        }

    def for_others(self, case: Case) -> Json:
        """For a desk or partner: nothing personal, and nothing the person wants to keep."""
        if case.consent.share is Share.NO:
            return {"fields": {}}
        return {
            "fields": {
                field.name: mask(said) if field.kind is FieldKind.TEXT else said
                for field, said in self.fields
                if field.sensitivity is Sensitivity.L1 and ShownIn.API in field.shown_in
            }
        }


def own_questions(uow: SqlUnitOfWork, rules: Rules, cases: Sequence[Case]) -> dict[str, Own]:
    """The answers and tags of each case."""
    ids = [case.id for case in cases]
    answers, tags = custom_fields.answers_of(uow, ids), uow.tags_of(ids)
    where, words = uow.whereabouts_of(cases), typed.of(uow, ids)
    return {
        one: Own(
            tuple(custom_fields.visible(rules, answers.get(one, {}), team=True)),
            tags.get(one, ()),
            words.get(one, Typed()).place,
            where.get(one, NOWHERE),
        )
        for one in ids
    }


def case_body(case: Case, referrals: Iterable[Referral], now: datetime) -> Json:
    """A case. No text, no name, no address: those are asked for apart."""
    return {
        "ref": case.ref,
        "state": case.state,
        "type": case.type,
        "codes": list(case.codes),
        "sector": case.sector,
        "sensitivity": case.sensitivity,
        "suspected": case.suspected,
        "confirmed": case.triaged_at is not None and not case.suspected,
        "priority": case.priority,
        "site": case.site,
        "language": case.language,
        "channel": case.channel,
        "received_at": when(case.received_at),
        "entered_at": when(case.entered_at),
        "classified_at": when(case.classified_at),
        "triaged_at": when(case.triaged_at),
        "closed_at": when(case.closed_at),
        "due_at": when(case.due_at),
        "overdue": case.is_overdue(now),
        "owner": case.owner,
        "outcome": case.outcome,
        "loop_attempts": case.loop_attempts,
        "satisfied": case.satisfied,
        "satisfaction": case.satisfaction,
        "route": {
            "organisation": case.route_organisation,
            "focal_point": case.route_focal_point,
        },
        "referrals": [referral_body(referral) for referral in referrals],
        "version": case.version,
    }


def partner_case_body(case: Case, referrals: Iterable[Referral], now: datetime) -> Json:
    """A case as a partner sees it: what the referral needs, and nothing of how it is handled."""
    whole = case_body(case, referrals, now)
    kept = (
        "ref state type codes sector sensitivity priority site language received_at overdue due_at "
        "referrals version"
    )
    return {name: whole[name] for name in kept.split()} | {
        "channel": "",
        "owner": "",
    }


def referral_body(referral: Referral) -> Json:
    """A referral; its words are asked for apart."""
    return {
        "id": referral.id,
        "state": referral.state,
        "organisation": referral.organisation,
        "share": referral.share,
        "parent": referral.parent_id,
        "focal_point": referral.focal_point,
        "decline_reason": referral.decline_reason,
        "answer_outcome": referral.answer_outcome,
        "sent_at": when(referral.sent_at),
        "accepted_at": when(referral.accepted_at),
        "answered_at": when(referral.answered_at),
        "due_at": when(referral.due_at),
        "version": referral.version,
    }


_SAID_OF_A_REFERRAL = (
    RemarkKind.DECLINE,
    RemarkKind.QUESTION,
    RemarkKind.RESUME,
    RemarkKind.SENT_BACK,
)


def referral_words(uow: SqlUnitOfWork, referral: Referral) -> Json:
    """What was written on a referral: note, the partner's answer, and what was asked between."""
    remark = tables.remark.c
    rows = uow.session.execute(
        select(remark.id, remark.kind, remark.at)
        .where(remark.referral_id == referral.id, remark.kind.in_(_SAID_OF_A_REFERRAL))
        .order_by(remark.at, remark.id)
    ).all()
    return {
        "note": remarks.read(uow, referral.note_id),
        "answer": remarks.read(uow, referral.answer_id),
        "said": [
            {"kind": row.kind, "at": when(row.at), "text": remarks.read(uow, row.id)}
            for row in rows
        ],
    }


def delivery_body(delivery: Delivery) -> Json:
    """A delivery without its text."""
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "purpose": delivery.purpose,
        "state": delivery.state,
        "withheld": delivery.withheld,
        "fault": delivery.fault,
        "attempts": delivery.attempts,
        "queued_at": when(delivery.queued_at),
        "sent_at": when(delivery.sent_at),
    }


def message_text(uow: SqlUnitOfWork, message: Message) -> str:
    """A person's own words."""
    bound_to = seals.text_bound_to(message.id)
    return uow.vault.open(message.key_id, message.text_sealed, bound_to)


def messages_body(uow: SqlUnitOfWork, actor: Actor, case: Case) -> list[Json]:
    """The conversation, the oldest first.

    The case team reads the words as they came, and what was sent; a partner reads what its
    referral carries.
    """
    team = scope_of(actor, Action.READ_HISTORY).admits(uow.facts(case))
    wrote_it = case.entered_by == actor.id
    if not team and not wrote_it:
        shares = [
            r.share for r in uow.referrals_of(case.id) if r.organisation in actor.organisations
        ]
        share = Share.NAME if Share.NAME in shares else Share.ANONYMOUS
        return [_inbound(message, text) for message, text in shared_texts(uow, case, share)]
    messages = uow.shown_of(case)
    uow.vault.load({message.key_id for message in messages})
    lines = [(message.at, _inbound(message, message_text(uow, message))) for message in messages]
    deliveries = uow.deliveries_of(case.id)
    uow.vault.load({delivery.key_id for delivery in deliveries})
    for delivery in deliveries:
        text = ""
        if delivery.text_sealed is not None:
            text = uow.vault.open(
                delivery.key_id, delivery.text_sealed, loopback.text_bound_to(delivery.id)
            )
        line = {"direction": "outbound", "text": text, "language": delivery.language}
        lines.append((delivery.queued_at, delivery_body(delivery) | line))
    lines.sort(key=lambda line: line[0])
    return [line for _, line in lines]


def translations_body(uow: SqlUnitOfWork, case: Case) -> list[Json]:
    """What staff translated, to stand beside the original words."""
    event = tables.case_event.c
    rows = uow.session.execute(
        select(event.about, event.actor, event.at, event.detail)
        .where(event.case_id == case.id, event.kind == EventKind.TRANSLATED)
        .order_by(event.at)
    )
    return [
        {
            "id": row.about,
            "text": remarks.read(uow, row.about),
            "language": row.detail.get("language", ""),
            "by": row.actor,
            "at": when(row.at),
        }
        for row in rows
    ]


def _inbound(message: Message, text: str) -> Json:
    return {
        "id": message.id,
        "direction": "inbound",
        "kind": message.kind,
        "text": text,
        "personal": [{"start": at, "end": end, "kind": kind} for at, end, kind in spans(text)],
        "language": message.language,
        "channel": message.channel,
        "revises": message.revises_id,
        "received_at": when(message.received_at),
        "sent_at": when(message.sent_at),
        "device_at": when(message.device_at),
    }


def judgements_body(uow: SqlUnitOfWork, case: Case) -> list[Json]:
    """What people decided, the oldest first, each beside the reading that they had before them."""
    judged, read = tables.judgement.c, tables.suggestion.c
    rows = uow.session.execute(
        select(Judgement, SuggestionRow)
        .outerjoin(SuggestionRow, read.id == judged.suggestion_id)
        .where(judged.case_id == case.id)
        .order_by(judged.at, judged.id)
    )
    return [
        {
            "by": decided.actor,
            "at": when(decided.at),
            "codes": list(decided.codes),
            "type": decided.type,
            **_label(decided),
            "suggested": _suggested_body(suggested),
        }
        for decided, suggested in rows
    ]


def _suggested_body(row: SuggestionRow | None) -> Json | None:
    if row is None:
        return None
    return {
        "codes": list(row.codes),
        **_label(row),
        "confidence": row.confidence,
        "language": row.language,
        "classifier": row.classifier,
        "at": when(row.at),
    }


def _label(of: Judgement | SuggestionRow) -> Json:
    return {
        "sector": of.sector,
        "sensitivity": of.sensitivity,
        "priority": of.priority,
        "site": of.site,
    }


def events_body(uow: SqlUnitOfWork, case: Case) -> list[Json]:
    """The history, the oldest first: ids and words on the wire only."""
    event = tables.case_event.c
    rows = uow.session.execute(
        select(event.kind, event.actor, event.at, event.about, event.detail)
        .where(event.case_id == case.id, *told_of(case))
        .order_by(event.at, event.position)
    )
    return [
        {
            "kind": row.kind,
            "actor": row.actor,
            "at": when(row.at),
            "about": row.about,
            "detail": row.detail,
        }
        for row in rows
    ]


def issue_body(issue: Issue, refs: Sequence[str]) -> Json:
    """An issue and the cases under it that the reader may see."""
    return {
        "id": issue.id,
        "title": issue.title,
        "state": issue.state,
        "site": issue.site,
        "sector": issue.sector,
        "code": issue.code,
        "owner": issue.owner,
        "decision": issue.decision,
        "public_answer": issue.public_answer,
        "created_at": when(issue.created_at),
        "cases": list(refs),
        "version": issue.version,
    }


def bank_body(line: BankLine) -> Json:
    """An answer of the information bank; its days are days where people live."""
    answer = line.answer
    return {
        "id": answer.id,
        "question": answer.question,
        "text": answer.text,
        "language": answer.language,
        "site": answer.site,
        "sector": answer.sector,
        "valid_from": answer.valid_from.isoformat(),
        "valid_to": answer.valid_to.isoformat(),
        "by_text": answer.by_text,
        "standing": line.standing,
        "written_by": answer.written_by,
        "written_at": when(answer.written_at),
        "approved_by": answer.approved_by,
        "approved_at": when(answer.approved_at),
        "version": answer.version,
    }


def place_body(place: KnownPlace) -> Json:
    """A place that a case may be about; a P-code never travels without its scheme."""
    body: Json = {"kind": place.kind, "name": place.name, "province": place.province}
    if place.kind is PlaceKind.SITE:
        return body | {"site": place.code, "district": place.district}
    return body | {"pcode": place.code, "pcode_scheme": place.scheme}
