"""What comes in by the API, and what the desk app asks for."""

from __future__ import annotations

from feedback_hub.web.api.schemas.shapes import NUMBER, named
from feedback_hub.web.api.table.operation import MADE, Operation, get

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/intake",
        "Hand in one record; 200 with the same body when it is there already.",
        named("Taken"),
        "Intake",
        (200, 201),
        found=False,
    ),
    Operation(
        "post",
        "/intake/batch",
        "Hand in what one meeting or suggestion box brought, all or none; each point is a case.",
        named("TakenAll"),
        "Batch",
        (200, 201),
        found=False,
    ),
    get(
        "/intake/{submission_id}/files/{position}",
        "How far a file that the record announced has come; only for whoever handed it in.",
        named("Upload"),
        found=True,
    ),
    Operation(
        "put",
        "/intake/{submission_id}/files/{position}",
        "One piece of such a file, up to 1 MiB of bytes, which begins at byte `start`. A piece "
        "that is here already changes nothing.",
        named("Upload"),
        "Piece",
        queries=(("start", NUMBER | {"minimum": 0}),),
        sent_as="application/octet-stream",
    ),
    get(
        "/desk/hello",
        "For the desk app: who is logged in, the hub's time and the app's version. A device that "
        "was taken out of use gets 410, whoever is logged in.",
        named("DeskHello"),
    ),
    Operation(
        "post",
        "/desk/devices",
        "A new desk device of whoever is logged in: its secret, for the header X-Desk-Device.",
        named("DeskDevice"),
        "Nothing",
        MADE,
        found=False,
    ),
    Operation(
        "post",
        "/desk/devices/rescue",
        "The key that opens this device's unsent reports when its PIN is forgotten.",
        named("DeskRescue"),
        "Nothing",
    ),
    get(
        "/desk/kit",
        "What a desk needs without a network: its own sites, the frame, current answers, the "
        "consent script. No case and no person.",
        named("DeskKit"),
    ),
    get(
        "/desk/today",
        "Whom the desks of the caller's own sites are to find or expect today.",
        named("DeskToday"),
    ),
)
