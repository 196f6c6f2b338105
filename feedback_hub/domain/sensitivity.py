"""How sensitive a case is, and who may change that (DOMAIN.md, Sensitivity)."""

from __future__ import annotations

from enum import StrEnum


class Sensitivity(StrEnum):
    """L1 ordinary, L2 personal (the case team only), L3 highly sensitive (named handlers only)."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"

    @property
    def rank(self) -> int:
        """1, 2 or 3; higher is more sensitive."""
        return int(self.value[1])


class Priority(StrEnum):
    """How fast a case must move; P0 is life and safety (DOMAIN.md, Clocks)."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def rank(self) -> int:
        """0 to 4; lower is more urgent."""
        return int(self.value[1])


def highest(*levels: Sensitivity) -> Sensitivity:
    """The most sensitive of ``levels`` (at least one): when in doubt, higher."""
    return max(levels, key=lambda level: level.rank)


def raised_by_machine(current: Sensitivity, suggested: Sensitivity) -> Sensitivity:
    """What a machine's suggestion makes of ``current``: it may raise, never lower."""
    return highest(current, suggested)


def most_urgent(*priorities: Priority) -> Priority:
    """The most urgent of ``priorities`` (at least one)."""
    return min(priorities, key=lambda priority: priority.rank)
