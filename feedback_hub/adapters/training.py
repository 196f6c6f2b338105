"""Learning: from written messages to a ``LightModel`` that knows how far to trust itself.

Thresholds and confidences come from messages the judged model had not seen, nor any sibling of
them: messages that tell the same story are one family, and a family is never parted. scikit-learn
(the ``train`` extra) is needed here and nowhere else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.concepts import Concepts, shipped_concepts
from feedback_hub.adapters.evidence import PIECES, SIZE, Evidence
from feedback_hub.adapters.light_classifier import Judge, Verdict, see
from feedback_hub.adapters.light_model import (
    FIELDS,
    LEVEL,
    LightModel,
    Meaning,
    Weighed,
    weighted,
)
from feedback_hub.adapters.sentences import Sentences
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.domain.sensitivity import Sensitivity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FOLDS = 3
# The ordinary messages of the seed are chosen to be mistaken; of a hub, fewer are.
# The full model tells them apart better, so the light one has to raise more to miss as few.
MOST_RAISED_LIGHT, MOST_RAISED_FULL = 0.15, 0.13
# Where the full one checks the light one within minutes, the light one raises what is plain.
MOST_RAISED_FIRM = 0.05
_ROUNDS, _NEAR_ENOUGH, _SEED = 120, 1e-3, 20
# How closely each head may follow the examples (the inverse of scikit-learn's regularisation).
_TRUST = {LEVEL: 4.0, "type:": 20.0, "code:": 20.0, "sector:": 20.0}
# How much a sentence's point counts beside its pieces, which have length 1.
_POINT_LENGTH = 2.0
_STEPS = 9
_LEAST_IN_STEP = 25


@dataclass(frozen=True)
class Example:
    """One message and what a person says it is. ``codes``: the main one first."""

    text: str
    language: str
    family: str
    codes: tuple[str, ...]
    sector: str


@dataclass(frozen=True)
class _Held:
    """One example as a model judged it that had never seen its family."""

    example: Example
    weighed: Weighed
    verdict: Verdict


@dataclass(frozen=True)
class _Seen:
    """What the rules and the model are shown of one message."""

    evidence: Evidence
    rules: Mapping[str, int]
    alarming: tuple[str, ...]


class Trainer:
    """Makes models from examples."""

    def __init__(
        self,
        frame: CodingFrame,
        rules: LexiconClassifier,
        concepts: str,
        sentences: Sentences | None = None,
    ) -> None:
        """``concepts``: TOML, as ``Concepts`` reads it. ``sentences``: to make full models."""
        self._sentences = sentences
        self._frame = frame
        self._rules = rules
        self._concepts = Concepts(concepts)
        self._judge = Judge(frame)

    @classmethod
    def shipped(cls, frame: CodingFrame, sentences: Sentences | None = None) -> Trainer:
        """With the rules and concepts that ship with the project."""
        return cls(frame, LexiconClassifier.shipped(frame), shipped_concepts(), sentences)

    def train(
        self,
        examples: Sequence[Example],
        step: Callable[[str], None],
    ) -> LightModel:
        """A model of all ``examples``, calibrated on what models of a part said of the rest."""
        seen = [self._see(example.text) for example in examples]
        if self._sentences is not None:
            step("reading what the sentences mean")
        points = self._points([example.text for example in examples])
        weighed: dict[int, Weighed] = {}
        for number, (learn, hold) in enumerate(_folds(examples), start=1):
            step(f"judging part {number} of {FOLDS}")
            model = self._fit(
                [examples[i] for i in learn],
                [seen[i].evidence for i in learn],
                None if points is None else points[learn],
            )
            weighed |= {
                i: model.weigh(seen[i].evidence, None if points is None else points[i])
                for i in hold
            }
        ordinary = [
            float("inf") if self._is_l3(seen[i].alarming) else self._judge.level(weighed[i])
            for i, example in enumerate(examples)
            if not self._is_l3(example.codes)
        ]
        most = MOST_RAISED_LIGHT if self._sentences is None else MOST_RAISED_FULL
        threshold = _threshold(ordinary, most)
        firm = _threshold(ordinary, MOST_RAISED_FIRM)
        held = [
            _Held(
                example,
                weighed[i],
                self._judge.judge(weighed[i], seen[i].rules, seen[i].alarming, threshold),
            )
            for i, example in enumerate(examples)
        ]
        step("learning from all")
        model = self._fit(examples, [one.evidence for one in seen], points)
        sureness = {field: self._sureness(field, held, threshold) for field in FIELDS}
        return model.with_sureness(threshold, firm, sureness)

    def _see(self, text: str) -> _Seen:
        reading, spoken = self._rules.read(text)
        return _Seen(
            see(reading, spoken, self._concepts),
            {one.code: one.score for one in spoken},
            tuple(one.code for one in self._rules.alarming(spoken)),
        )

    def _points(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        return None if self._sentences is None else self._sentences.points(texts)

    def _fit(
        self,
        examples: Sequence[Example],
        seen: Sequence[Evidence],
        points: NDArray[np.float32] | None,
    ) -> LightModel:
        import numpy as np
        from scipy.sparse import csr_matrix, hstack

        rarity = _rarity(seen)
        matrix = _matrix(seen, rarity)
        centre, gain = None, 0.0
        if points is not None:
            centre = points.mean(axis=0)
            moved = points - centre
            gain = float(_POINT_LENGTH / (moved.std() * np.sqrt(moved.shape[1])))
            matrix = csr_matrix(hstack([matrix, csr_matrix(moved * gain)]))
        heads, weights, intercepts = _heads(
            matrix,
            {
                LEVEL: [self._is_l3(one.codes) for one in examples],
                "type:": [one.codes[0].partition(".")[0] for one in examples],
                "code:": [one.codes[0] for one in examples],
                "sector:": [one.sector or "none" for one in examples],
            },
        )
        words = weights[:SIZE]
        scales = np.maximum(np.abs(words).max(axis=0) / 127, 1e-9).astype(np.float32)
        return LightModel(
            heads=heads,
            weights=np.round(words / scales).astype(np.int8),
            scales=scales,
            intercepts=intercepts,
            rarity=rarity,
            threshold=0.0,
            firm=0.0,
            sureness={},
            about={},
            meaning=None
            if centre is None or self._sentences is None
            else Meaning(self._sentences.name, weights[SIZE:].astype(np.float16), centre, gain),
        )

    def _is_l3(self, codes: Sequence[str]) -> bool:
        return any(self._frame[code].sensitivity is Sensitivity.L3 for code in codes)

    def _sureness(
        self, field: str, held: Sequence[_Held], threshold: float
    ) -> tuple[list[float], list[float]]:
        """How often what was said with a margin was right, in steps of rising margin."""
        points = [self._point(field, one, threshold) for one in held]
        if field != "sensitivity":
            return _steps([margin for margin, _ in points], [right for _, right in points])
        # Surer the further from the threshold, on either side: two curves in one table.
        below = [(-margin, right) for margin, right in points if margin < 0]
        above = [(margin, right) for margin, right in points if margin >= 0]
        low = _steps([margin for margin, _ in below], [right for _, right in below])
        high = _steps([margin for margin, _ in above], [right for _, right in above])
        return [-m for m in reversed(low[0])] + high[0], [*reversed(low[1]), *high[1]]

    def _point(self, field: str, one: _Held, threshold: float) -> tuple[float, float]:
        verdict, truth = one.verdict, one.example
        if field == "sector":
            return verdict.sector_margin, float(verdict.sector == truth.sector)
        if field == "sensitivity":
            distance = abs(self._judge.level(one.weighed) - threshold)
            right = verdict.raised == self._is_l3(truth.codes)
            return distance if verdict.raised else -distance, float(right)
        if field == "priority":
            said = self._frame.priority_of(verdict.codes)
            return verdict.margin, float(said is self._frame.priority_of(truth.codes))
        return verdict.margin, float(verdict.codes[0] in truth.codes)


def _threshold(ordinary: Sequence[float], most: float) -> float:
    """The lowest at which no more than the share ``most`` of ``ordinary`` levels is raised."""
    return sorted(ordinary, reverse=True)[int(len(ordinary) * most)]


def _steps(margins: Sequence[float], right: Sequence[float]) -> tuple[list[float], list[float]]:
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    if len(margins) < 2 * _LEAST_IN_STEP:
        return [0.0, 1.0], [0.5, 0.5]
    fitted = IsotonicRegression(y_min=0.02, y_max=0.98, out_of_bounds="clip").fit(margins, right)
    knots = np.quantile(margins, np.linspace(0.02, 0.98, _STEPS))
    knots = np.maximum.accumulate(knots + np.arange(_STEPS) * 1e-6)
    return [float(m) for m in knots], [round(float(r), 4) for r in fitted.predict(knots)]


def _folds(examples: Sequence[Example]) -> list[tuple[list[int], list[int]]]:
    from sklearn.model_selection import GroupKFold

    families = [example.family for example in examples]
    parted = GroupKFold(FOLDS, shuffle=True, random_state=_SEED).split(families, groups=families)
    return [(learn.tolist(), hold.tolist()) for learn, hold in parted]


def _rarity(seen: Sequence[Evidence]) -> NDArray[np.float32]:
    import numpy as np

    counts = np.zeros(PIECES, np.int64)
    for one in seen:
        counts[list(one.pieces)] += 1
    return (np.log((1 + len(seen)) / (1 + counts)) + 1).astype(np.float32)


def matrix_of(
    learn: Sequence[Evidence], ask: Sequence[Evidence], size: int = SIZE
) -> tuple[csr_matrix, csr_matrix]:
    """Both as rows of features, by how rare each is in ``learn``: to compare learners."""
    rarity = _rarity(learn)
    return _matrix(learn, rarity)[:, :size], _matrix(ask, rarity)[:, :size]


def _matrix(seen: Sequence[Evidence], rarity: NDArray[np.float32]) -> csr_matrix:
    import numpy as np
    from scipy.sparse import csr_matrix

    rows = [weighted(one, rarity) for one in seen]
    ends = np.cumsum([0, *(len(index) for index, _ in rows)])
    return csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([index for index, _ in rows]),
            ends,
        ),
        shape=(len(rows), SIZE),
    )


def _heads(
    matrix: csr_matrix, told: Mapping[str, Sequence[bool] | Sequence[str]]
) -> tuple[tuple[str, ...], NDArray[np.float32], NDArray[np.float32]]:
    """The heads' names, weights (features × heads) and intercepts.

    ``told``: ``LEVEL`` → yes or no; a kind → what each example is. Each kind is one softmax.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    heads: list[str] = []
    weights, intercepts = [], []
    for kind, truth in told.items():
        learner = LogisticRegression(
            C=_TRUST[kind], class_weight="balanced", max_iter=_ROUNDS, tol=_NEAR_ENOUGH
        )
        with warnings.catch_warnings():
            # So many rounds are enough, whether or not another would change a digit.
            warnings.simplefilter("ignore", ConvergenceWarning)
            learner.fit(matrix, np.array(truth))
        two = len(learner.classes_) == 2 and kind != LEVEL
        rows = learner.coef_
        constants = learner.intercept_
        if two:
            # Of two classes scikit-learn gives the second's weights alone.
            rows, constants = np.vstack([-rows / 2, rows / 2]), np.append(-constants, constants) / 2
        heads += [kind] if kind == LEVEL else [f"{kind}{name}" for name in learner.classes_]
        weights.append(rows.T)
        intercepts.append(constants)
    return (
        tuple(heads),
        np.hstack(weights).astype(np.float32),
        np.concatenate(intercepts).astype(np.float32),
    )
