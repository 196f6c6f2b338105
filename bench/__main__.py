"""``make bench``: what is measured, and against which target.

The measurements themselves come with the performance issue; until then this names them.
"""

from __future__ import annotations

import sys

# What, and the target on two cores (CONTRACT.md; DESIGN.md, principle 9).
PLAN = (
    ("`feedback-hub run` from start to ready", "3 s or less"),
    ("a page of the queue, 95th percentile, 100,000 cases", "under 100 ms"),
    ("a webhook from request to durable, 95th percentile", "no target yet"),
    ("messages taken in by one web process, a second", "no target yet"),
    ("messages registered and triaged by one worker, a second", "no target yet"),
    ("`import messages` of the 3,593 reports of Haiti 2010", "no target yet"),
)


def main() -> int:
    """Say what will be measured. Returns the exit code."""
    width = max(len(what) for what, _ in PLAN)
    lines = [f"  {what:<{width}}  {target}" for what, target in PLAN]
    sys.stdout.write("\n".join(["To be measured; nothing is measured yet:", *lines, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
