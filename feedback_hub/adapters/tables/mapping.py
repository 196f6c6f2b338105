"""Which domain object lives in which table (imperative mapping)."""

from __future__ import annotations

from sqlalchemy import inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import composite, registry

from feedback_hub.adapters.tables.cases import case, remark
from feedback_hub.adapters.tables.community import (
    bank_answer,
    board_entry,
    board_reading,
    broadcast,
    broadcast_person,
    issue,
)
from feedback_hub.adapters.tables.exchange import letter, passage
from feedback_hub.adapters.tables.messages import (
    alert,
    attachment,
    contact,
    delivery,
    inbox,
    message,
    wording,
)
from feedback_hub.adapters.tables.on_call import ring, ring_try, shift
from feedback_hub.adapters.tables.places import organisation, service, site
from feedback_hub.adapters.tables.reading import judgement, suggestion
from feedback_hub.adapters.tables.referrals import (
    call_back,
    conduct_report,
    emergency,
    notice,
    partner_link,
    referral,
    service_referral,
)
from feedback_hub.adapters.tables.shape import metadata
from feedback_hub.adapters.tables.trust import wrong_try
from feedback_hub.domain.bank import BankAnswer
from feedback_hub.domain.board import BoardEntry, BoardReading
from feedback_hub.domain.broadcast import Broadcast
from feedback_hub.domain.call_back import CallBack
from feedback_hub.domain.case import Case
from feedback_hub.domain.consent import Consent
from feedback_hub.domain.contact import Contact
from feedback_hub.domain.issue import Issue
from feedback_hub.domain.judgement import Judgement
from feedback_hub.domain.on_call import Ring, Shift
from feedback_hub.domain.person import Person
from feedback_hub.domain.place import Organisation, Service, Site
from feedback_hub.domain.referral import Referral
from feedback_hub.domain.safeguarding import ConductReport, ServiceReferral
from feedback_hub.services.records.exchange import Passage, QueuedLetter
from feedback_hub.services.records.messages import (
    AttachmentRow,
    Message,
    Remark,
    SuggestionRow,
    WrongTry,
)
from feedback_hub.services.records.staff import Emergency, Notice, PartnerLink, RingTry
from feedback_hub.services.records.telling import BroadcastPerson, Delivery, Wording
from feedback_hub.services.records.watching import Alert
from feedback_hub.services.records.work import InboxRow


def start_mappers() -> None:
    """Tell SQLAlchemy which object lives in which table. Safe to call again."""
    try:
        inspect(Case)
    except NoInspectionAvailable:
        pass
    else:
        return
    mapper = registry(metadata=metadata).map_imperatively
    mapper(Organisation, organisation)
    mapper(Site, site)
    mapper(Service, service)
    mapper(Contact, contact)
    mapper(InboxRow, inbox)
    mapper(Message, message)
    mapper(AttachmentRow, attachment)
    mapper(Delivery, delivery)
    mapper(Remark, remark)
    mapper(Notice, notice)
    mapper(Emergency, emergency)
    mapper(PartnerLink, partner_link)
    mapper(Passage, passage)
    mapper(QueuedLetter, letter)
    mapper(SuggestionRow, suggestion)
    mapper(Judgement, judgement)
    mapper(Wording, wording)
    mapper(WrongTry, wrong_try)
    mapper(Alert, alert)
    mapper(
        Case,
        case,
        version_id_col=case.c.version,
        exclude_properties=[case.c.place],
        properties={
            "person": composite(
                Person,
                case.c.sex,
                case.c.age_band,
                case.c.disability,
                case.c.population_group,
                case.c.speaks_for,
            ),
            "consent": composite(
                Consent,
                case.c.consent_record,
                case.c.consent_share,
                case.c.consent_contact,
                case.c.consent_content,
            ),
        },
    )
    mapper(CallBack, call_back, version_id_col=call_back.c.version)
    mapper(Referral, referral, version_id_col=referral.c.version)
    mapper(Issue, issue, version_id_col=issue.c.version)
    mapper(BoardEntry, board_entry, version_id_col=board_entry.c.version)
    mapper(ConductReport, conduct_report)
    mapper(ServiceReferral, service_referral)
    mapper(BankAnswer, bank_answer, version_id_col=bank_answer.c.version)
    mapper(BoardReading, board_reading)
    mapper(Broadcast, broadcast, version_id_col=broadcast.c.version)
    mapper(BroadcastPerson, broadcast_person)
    mapper(Shift, shift)
    mapper(Ring, ring)
    mapper(RingTry, ring_try)
