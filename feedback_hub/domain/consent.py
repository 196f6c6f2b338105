"""What the person agreed to, each asked on its own (DOMAIN.md, One record)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Share(StrEnum):
    """How a case may be shared with a partner."""

    NAME = "name"
    ANONYMOUS = "anonymous"
    NO = "no"
    NOT_ASKED = "not_asked"


class Answered(StrEnum):
    """A yes-or-no question that may not have been asked."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not_asked"

    @classmethod
    def of(cls, value: bool | None) -> Answered:
        """``None`` means that it was not asked."""
        if value is None:
            return cls.NOT_ASKED
        return cls.YES if value else cls.NO


@dataclass(frozen=True)
class Consent:
    """Not asked means: share masked and without name, answer on the same channel, content-free."""

    record: Answered = Answered.NOT_ASKED
    share: Share = Share.NOT_ASKED
    contact: Answered = Answered.NOT_ASKED
    content_in_text: Answered = Answered.NOT_ASKED

    @property
    def may_contact(self) -> bool:
        """Whether the person may be written to on the channel they used."""
        return self.contact is not Answered.NO

    @property
    def may_carry_content(self) -> bool:
        """Whether a text may say what it is about; only an explicit yes counts."""
        return self.content_in_text is Answered.YES

    def allows_share(self, wanted: Share) -> bool:
        """Whether a referral may carry ``wanted``: never more than the person agreed to."""
        return _EXTENT[wanted] <= _EXTENT[self.share]


_EXTENT = {Share.NO: 0, Share.NOT_ASKED: 1, Share.ANONYMOUS: 1, Share.NAME: 2}
