"""A linear model as plain numbers: one file without code in it, checked before it is believed.

The file is NumPy's ``.npz`` read with ``allow_pickle=False``; whoever made it, opening it runs
nothing. What it is worth is written in it (``about``), and its name is its SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from feedback_hub.adapters.evidence import PIECES, SIZE, Evidence
from feedback_hub.domain.errors import Invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = "level"
_TELLING = 0.3
_MOST_TELLING = 4
# What each head is, its name after a colon: "code:request.water", "type:request", "sector:wash".
KINDS = ("type", "code", "sector")
FIELDS = ("code", "sector", "sensitivity", "priority")
_FORM = 2
"""Of the file. Another one weighs in another way: it cannot be read."""


@dataclass(frozen=True)
class Weighed:
    """What a text weighs. ``level``: for highly sensitive (above the threshold: raise).

    ``grounded``: whether anything in it speaks of something known; if not, all else is a guess.

    ``codes`` and ``sectors``: name → logarithm of how likely, the likeliest first.
    """

    level: float
    codes: Mapping[str, float]
    sectors: Mapping[str, float]
    grounded: bool
    contributions: _Contributions

    def telling(self, head: str) -> list[int]:
        """The positions of the tokens that spoke most for ``head``, ascending."""
        return self.contributions.telling(head)


@dataclass(frozen=True)
class Meaning:
    """What a full model weighs besides: a sentence as a point, as ``sentences`` embeds it.

    ``weights`` (dimensions × heads) are of the point less ``centre``, times ``gain``.
    """

    sentences: str
    weights: NDArray[np.float16]
    centre: NDArray[np.float32]
    gain: float

    def weigh(self, point: NDArray[np.float32]) -> NDArray[np.float32]:
        """What ``point`` adds to each head. Not by BLAS, for the reason in ``LightModel``."""
        import numpy as np

        moved = (point - self.centre) * np.float32(self.gain)
        added: NDArray[np.float32] = (moved[:, None] * self.weights.astype(np.float32)).sum(axis=0)
        return added


@dataclass(frozen=True)
class LightModel:
    """Weights (features × heads, int8 times a scale) and what they say about themselves.

    ``threshold``: the level above which a message is raised. ``firm``: the higher one of a model
    whose reading another checks soon. ``sureness``: field → (margins ascending, how often what was
    said with it was right).
    ``meaning``: None in a light model, which needs no library to read with.
    """

    heads: tuple[str, ...]
    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    rarity: NDArray[np.float32]
    threshold: float
    firm: float
    sureness: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    about: Mapping[str, Any]
    meaning: Meaning | None = None

    @classmethod
    def from_bytes(cls, packed: bytes, digest: str) -> LightModel:
        """Raises ``Invalid`` where ``packed`` is not what ``digest`` (SHA-256) was made of."""
        import numpy as np

        if hashlib.sha256(packed).hexdigest() != digest:
            raise Invalid("classifier model", "is not the file its checksum was made of")
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as file:
                if "form" not in file or int(file["form"]) != _FORM:
                    raise Invalid("classifier model", "was made for another version of the hub")
                about = json.loads(str(file["about"]))
                model = cls(
                    heads=tuple(str(head) for head in file["heads"]),
                    weights=file["weights"],
                    scales=file["scales"],
                    intercepts=file["intercepts"],
                    rarity=file["rarity"].astype(np.float32),
                    threshold=float(file["threshold"]),
                    # A model of before has one threshold for both.
                    firm=float(file["firm" if "firm" in file else "threshold"]),
                    sureness={
                        field: (list(file[f"{field}_margin"]), list(file[f"{field}_right"]))
                        for field in FIELDS
                    },
                    about=about,
                    meaning=Meaning(
                        str(file["sentences"]),
                        file["meaning"],
                        file["meaning_centre"],
                        float(file["meaning_gain"]),
                    )
                    if "sentences" in file
                    else None,
                )
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise Invalid("classifier model", f"cannot be read: {error}") from None
        if model.weights.shape != (SIZE, len(model.heads)) or len(model.rarity) != PIECES:
            raise Invalid("classifier model", "was made for another version of the hub")
        return model

    def to_bytes(self) -> bytes:
        """The file ``from_bytes`` reads."""
        import numpy as np

        packed = io.BytesIO()
        arrays: dict[str, Any] = {
            "form": np.array(_FORM),
            "heads": np.array(self.heads),
            "weights": self.weights,
            "scales": self.scales,
            "intercepts": self.intercepts,
            "rarity": self.rarity.astype(np.float16),
            "threshold": np.array(self.threshold),
            "firm": np.array(self.firm),
            "about": np.array(json.dumps(dict(self.about), ensure_ascii=False)),
        }
        if self.meaning is not None:
            arrays |= {
                "sentences": np.array(self.meaning.sentences),
                "meaning": self.meaning.weights,
                "meaning_centre": self.meaning.centre,
                "meaning_gain": np.array(self.meaning.gain),
            }
        for field in FIELDS:
            margins, right = self.sureness[field]
            arrays |= {f"{field}_margin": np.array(margins), f"{field}_right": np.array(right)}
        np.savez_compressed(packed, **arrays)
        return packed.getvalue()

    def with_sureness(
        self,
        threshold: float,
        firm: float,
        sureness: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    ) -> LightModel:
        """The same weights, and how far to trust them."""
        return replace(self, threshold=threshold, firm=firm, sureness=sureness)

    def saying(self, about: Mapping[str, Any]) -> LightModel:
        """The same model with ``about`` (JSON) written in it."""
        return replace(self, about=about)

    def weigh(self, evidence: Evidence, point: NDArray[np.float32] | None = None) -> Weighed:
        """Add up what ``evidence`` weighs for every head; a full model needs the ``point`` too."""
        import numpy as np

        index, values = weighted(evidence, self.rarity)
        rows = self.weights[index].astype(np.float32)
        # Not by BLAS: it would keep threads, and add up in another order on another machine.
        scores = (values[:, None] * rows).sum(axis=0) * self.scales + self.intercepts
        if self.meaning is not None and point is not None:
            scores = scores + self.meaning.weigh(point)
        by_head = dict(zip(self.heads, scores.tolist(), strict=True))
        types = _shares(by_head, "type:")
        # What both heads think likely: the type alone is surer than which of its codes it is.
        codes = _normal(
            {
                code: share + types[code.partition(".")[0]]
                for code, share in _shares(by_head, "code:").items()
            }
        )
        return Weighed(
            by_head[LEVEL],
            _likeliest_first(codes),
            _likeliest_first(_shares(by_head, "sector:")),
            bool(evidence.signs),
            _Contributions(evidence, self.heads, values, rows),
        )

    def sure(self, field: str, margin: float) -> float:
        """How often what was said of ``field`` with such a margin was right, 0..1."""
        import numpy as np

        margins, right = self.sureness[field]
        return float(np.interp(margin, margins, right)) if len(margins) else 0.0


class _Contributions:
    """Which words spoke for a head; worked out only when somebody asks."""

    def __init__(
        self,
        evidence: Evidence,
        heads: Sequence[str],
        values: NDArray[np.float32],
        rows: NDArray[np.float32],
    ) -> None:
        self._evidence = evidence
        self._heads = heads
        self._values = values
        self._rows = rows

    def telling(self, head: str) -> list[int]:
        if head not in self._heads:
            # A code that the model never saw an example of.
            return []
        import numpy as np

        places, lengths = self._places
        given = self._values * self._rows[:, self._heads.index(head)]
        each = np.repeat(given.astype(np.float64) / np.maximum(lengths, 1), lengths)
        shares = np.bincount(places, each).tolist()
        best = sorted(range(len(shares)), key=lambda at: (-shares[at], at))[:_MOST_TELLING]
        least = max(0.0, shares[best[0]] * _TELLING) if best else 0.0
        return sorted(at for at in best if shares[at] > least)

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The positions of each feature, one after the other, and how many each has."""
        import numpy as np

        of_each = [
            *self._evidence.pieces.values(),
            *(places for _, places in self._evidence.signs.values()),
        ]
        lengths = np.fromiter(map(len, of_each), np.int64, len(of_each))
        return np.fromiter(chain.from_iterable(of_each), np.int64, int(lengths.sum())), lengths


def weighted(
    evidence: Evidence, rarity: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The features of ``evidence`` and their values: pieces by how rare they are, to length 1."""
    import numpy as np

    pieces = np.fromiter(evidence.pieces, np.int64, len(evidence.pieces))
    counts = np.fromiter((len(at) for at in evidence.pieces.values()), np.float32, len(pieces))
    values = np.sqrt(counts) * rarity[pieces]
    length = math.sqrt(float(values @ values))
    signs = np.fromiter(evidence.signs, np.int64, len(evidence.signs))
    weights = np.fromiter((weight for weight, _ in evidence.signs.values()), np.float32, len(signs))
    return (
        np.concatenate([pieces, signs]),
        np.concatenate([values / (length or 1.0), weights]).astype(np.float32),
    )


def _shares(by_head: Mapping[str, float], kind: str) -> dict[str, float]:
    """The heads of one kind, their name without it, as logarithms of shares of one whole."""
    return _normal({short: by_head[name] for name, short in _of_kind(tuple(by_head), kind)})


@cache
def _of_kind(heads: tuple[str, ...], kind: str) -> Sequence[tuple[str, str]]:
    return [(name, name[len(kind) :]) for name in heads if name.startswith(kind)]


def _normal(scores: Mapping[str, float]) -> dict[str, float]:
    most = max(scores.values())
    whole = most + math.log(sum(math.exp(score - most) for score in scores.values()))
    return {name: score - whole for name, score in scores.items()}


def _likeliest_first(found: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
