"""One transaction over SQLAlchemy: all that a use case reads for change, and keeps, by room."""

from __future__ import annotations

from feedback_hub.adapters.kept.attachments import SqlAttachments
from feedback_hub.adapters.kept.case_details import SqlCaseDetails
from feedback_hub.adapters.kept.cases import SqlCases
from feedback_hub.adapters.kept.channel_states import SqlChannelStates
from feedback_hub.adapters.kept.community import SqlCommunity
from feedback_hub.adapters.kept.conversations import SqlConversations
from feedback_hub.adapters.kept.deliveries import SqlDeliveries
from feedback_hub.adapters.kept.inbox import SqlInboxRows
from feedback_hub.adapters.kept.places import SqlPlaces
from feedback_hub.adapters.kept.referrals import SqlReferrals
from feedback_hub.adapters.kept.staff import SqlStaff
from feedback_hub.adapters.kept.triage import SqlTriage


class SqlUnitOfWork(
    SqlInboxRows,
    SqlChannelStates,
    SqlCases,
    SqlCaseDetails,
    SqlReferrals,
    SqlConversations,
    SqlDeliveries,
    SqlAttachments,
    SqlTriage,
    SqlStaff,
    SqlCommunity,
    SqlPlaces,
):
    """Fulfils ``services.ports.UnitOfWork``; ``services/kept`` has the same rooms."""
