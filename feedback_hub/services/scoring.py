"""How well a machine's reading agrees with people's, field by field. Always with the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from feedback_hub.domain.sensitivity import Sensitivity

FIELDS = ("type", "code", "sector", "sensitivity", "priority", "language", "site")


@dataclass(frozen=True)
class WordScore:
    """One word of a field. ``support`` is how often people said it; 0/0 counts as 0."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass
class FieldScore:
    """Pairs of (what people said, what the machine said) of one field."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many rows people had coded."""
        return self.pairs.total()

    @property
    def accuracy(self) -> float:
        """Share of rows where both said the same; 0 without rows."""
        same = sum(n for (truth, said), n in self.pairs.items() if truth == said)
        return same / self.count if self.count else 0.0

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the words that people used: rare ones count as much as common ones."""
        scores = [score.f1 for score in self.words().values() if score.support]
        return sum(scores) / len(scores) if scores else 0.0

    def words(self) -> dict[str, WordScore]:
        """Every word that either side used."""
        used = sorted({word for pair in self.pairs for word in pair if word})
        return {word: self.word(word) for word in used}

    def word(self, word: str) -> WordScore:
        """Precision, recall and F1 of one word."""
        both = self.pairs[word, word]
        truly = sum(n for (truth, _), n in self.pairs.items() if truth == word)
        said = sum(n for (_, answer), n in self.pairs.items() if answer == word)
        precision = both / said if said else 0.0
        recall = both / truly if truly else 0.0
        f1 = 2 * both / (truly + said) if both else 0.0
        return WordScore(precision, recall, f1, truly)


@dataclass
class Score:
    """Agreement over a whole file."""

    fields: dict[str, FieldScore] = field(
        default_factory=lambda: {name: FieldScore() for name in FIELDS}
    )
    code_among: int = 0

    def add(self, truth: Mapping[str, str], said: Mapping[str, str], codes: Iterable[str]) -> None:
        """One message. Only what people coded counts; ``codes`` are all that the machine gave."""
        for name in FIELDS:
            if truth.get(name):
                self.fields[name].pairs[truth[name], said[name]] += 1
        self.code_among += bool(truth.get("code")) and truth.get("code") in set(codes)

    @property
    def l3(self) -> WordScore:
        """Of the highly sensitive: recall is the figure that must not fall."""
        return self.fields["sensitivity"].word(Sensitivity.L3)

    @property
    def ordinary_raised(self) -> float:
        """The share of what people held not highly sensitive that the machine raised; 0 of none."""
        pairs = self.fields["sensitivity"].pairs
        ordinary = {pair: n for pair, n in pairs.items() if pair[0] != Sensitivity.L3}
        raised = sum(n for (_, said), n in ordinary.items() if said == Sensitivity.L3)
        return raised / sum(ordinary.values()) if ordinary else 0.0

    def report(self) -> dict[str, object]:
        """Everything, ready for JSON; fields that nobody coded are left out."""
        return {
            name: {
                "rows": score.count,
                "accuracy": round(score.accuracy, 4),
                "macro_f1": round(score.macro_f1, 4),
                "words": {
                    word: {
                        "precision": round(one.precision, 4),
                        "recall": round(one.recall, 4),
                        "f1": round(one.f1, 4),
                        "support": one.support,
                    }
                    for word, one in score.words().items()
                },
                **({"among_all_codes": self.code_among} if name == "code" else {}),
            }
            for name, score in self.fields.items()
            if score.count
        }
