"""The API, a module a room. ``table`` lists the routes, ``schemas`` says what bodies hold."""

from __future__ import annotations

from feedback_hub.web.api.bank import api_bank
from feedback_hub.web.api.broadcasts import api_broadcasts
from feedback_hub.web.api.calls import api_calls
from feedback_hub.web.api.case_verbs import api_case_verbs
from feedback_hub.web.api.cases import api_cases
from feedback_hub.web.api.desk import api_desk
from feedback_hub.web.api.exchange import api_exchange
from feedback_hub.web.api.handover import api_handover
from feedback_hub.web.api.intake import api_intake
from feedback_hub.web.api.issues import api_issues
from feedback_hub.web.api.measures import api_measures
from feedback_hub.web.api.on_call import api_on_call
from feedback_hub.web.api.openapi import openapi
from feedback_hub.web.api.people import api_people
from feedback_hub.web.api.referrals import api_referrals
from feedback_hub.web.api.register import api_register
from feedback_hub.web.api.safeguarding import api_safeguarding
from feedback_hub.web.api.sites import api_sites
from feedback_hub.web.api.triage import api_triage

BLUEPRINTS = (
    api_bank,
    api_broadcasts,
    api_calls,
    api_case_verbs,
    api_cases,
    api_desk,
    api_exchange,
    api_handover,
    api_intake,
    api_issues,
    api_measures,
    api_on_call,
    openapi,
    api_people,
    api_referrals,
    api_register,
    api_safeguarding,
    api_sites,
    api_triage,
)
