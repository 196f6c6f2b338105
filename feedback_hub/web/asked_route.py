"""Reading an example to be routed from an address; the page and the API ask the same."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import request

from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.person import AccusedClass
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services.routing_trial import Example
from feedback_hub.web.hub import current_hub


def asked_example() -> Example:
    """The example that the address asks about. Raises ``Invalid``."""
    args = request.args
    written = args.get("sensitivity", "")
    if written and written not in set(Sensitivity):
        raise Invalid("sensitivity", f"must be one of {', '.join(Sensitivity)}")
    accused = args.get("accused_class", "")
    if accused and accused not in set(AccusedClass):
        raise Invalid("accused_class", f"must be one of {', '.join(AccusedClass)}")
    return Example(
        code=args.get("code", ""),
        at=_moment(args.get("at", "")),
        site=args.get("site", ""),
        sector=args.get("sector", ""),
        sensitivity=Sensitivity(written) if written else None,
        language=args.get("language", "") or "und",
        accused_organisation=args.get("accused", ""),
        accused_class=AccusedClass(accused) if accused else None,
    )


def _moment(written: str) -> datetime:
    """Now, or the time that was named: without an offset as the hub's clocks show it."""
    hub = current_hub()
    if not written:
        return hub.clock()
    try:
        at = datetime.fromisoformat(written)
        local = at if at.tzinfo else at.replace(tzinfo=hub.config.hub.timezone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("at", "must be an RFC 3339 time") from None
