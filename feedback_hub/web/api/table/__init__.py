"""Every route of the API, one line each, by room. ``tests/integration/test_openapi.py`` holds it
against the routes that there are.
"""

from __future__ import annotations

from feedback_hub.web.api.table import cases, community, people, referrals, sites, taking_in
from feedback_hub.web.api.table.operation import Operation, get

OPERATIONS: tuple[Operation, ...] = (
    *taking_in.OPERATIONS,
    *cases.OPERATIONS,
    *referrals.OPERATIONS,
    *community.OPERATIONS,
    *sites.OPERATIONS,
    *people.OPERATIONS,
    get("/openapi.json", "This document.", {"type": "object"}, public=True),
)
