"""Sites, who works there, who would get what, and the figures."""

from __future__ import annotations

from feedback_hub.domain.coding import Sector
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.web.api.schemas.shapes import DAY, TEXT, WHEN, items_of, named, word
from feedback_hub.web.api.table.operation import MADE, Operation, get

OPERATIONS: tuple[Operation, ...] = (
    get("/sites", "Every site.", items_of("Site")),
    get(
        "/sites/{code}",
        "One site: who is there, what was seen and is missing, its committee, its figures.",
        named("SiteNow"),
        ("from", DAY),
        ("to", DAY),
        found=True,
    ),
    get("/sites/{code}/visits", "The last visits to a site.", items_of("Visit"), found=True),
    Operation(
        "post", "/sites/{code}/visits", "Write down a visit.", named("Visit"), "NewVisit", MADE
    ),
    get("/sites/{code}/committee", "Its committee.", named("CommitteeNow"), found=True),
    Operation(
        "post",
        "/sites/{code}/committee",
        "Say how many sit on its committee: numbers, no names.",
        named("Committee"),
        "Seats",
    ),
    get("/services", "Who answers for which sector where.", items_of("Service")),
    get("/organisations", "Every organisation.", items_of("Organisation")),
    get(
        "/routing",
        "Who would get an example, and why: real routing, of which nothing is kept.",
        named("Routed"),
        ("code", TEXT | {"description": "A code of the frame; needed."}),
        ("site", TEXT),
        ("sector", word(Sector)),
        ("sensitivity", word(Sensitivity)),
        ("language", TEXT),
        ("accused", TEXT | {"description": "The accused organisation."}),
        ("accused_class", word(AccusedClass)),
        ("at", WHEN | {"description": "The moment it comes in; now, if left out."}),
    ),
    get(
        "/measures",
        "Counts and rates of the cases received in a period, always with the denominator.",
        named("Measures"),
        ("from", DAY | {"description": "The first day, in the hub's time zone."}),
        ("to", DAY | {"description": "The last day, which is part of the period."}),
        ("site", TEXT),
        ("sector", TEXT),
        ("type", TEXT),
        ("channel", TEXT),
    ),
)
