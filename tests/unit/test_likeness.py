"""Sketches of texts: near copies meet, other texts do not, and no word is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.likeness import (
    ALIKE,
    BANDS,
    SIZE,
    Sketch,
    likeness,
    sketch_of,
    telling_words,
)

PUMP = "a bomba de água do bloco C está avariada há três dias, as mulheres carregam água do rio"
PUMP_AGAIN = (
    "Bom dia, bomba de agua no bloco C avariada ha tres dias e mulheres carregam agua do rio"
)
FOOD = "ainda não recebi a senha para a distribuição de comida e os meus vizinhos já receberam"


def _sketch(text: str) -> Sketch:
    return sketch_of([hash(("key", word)) & (2**64 - 1) for word in telling_words(text)])


def test_the_same_report_in_other_words_is_alike_and_another_is_not() -> None:
    pump = _sketch(PUMP)
    assert likeness(pump.minima, _sketch(PUMP_AGAIN).minima) >= ALIKE
    assert set(pump.bands) & set(_sketch(PUMP_AGAIN).bands)
    assert likeness(pump.minima, _sketch(FOOD).minima) < 0.2
    assert not set(pump.bands) & set(_sketch(FOOD).bands)


def test_what_everybody_says_is_no_copy_of_anything() -> None:
    assert _sketch("falta agua").bands == ()
    assert _sketch("Bom dia, peço ajuda por favor").minima == b""
    assert likeness(b"", b"") == 0


def test_marks_of_masked_data_are_no_words() -> None:
    assert telling_words("chamo-me [name] e o numero [number]") == {"chamo", "numero"}


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_sketch_has_its_size_and_is_the_same_each_time(one: str, other: str) -> None:
    sketch = _sketch(one)
    assert len(sketch.minima) in {0, 2 * SIZE}
    assert len(sketch.bands) in {0, BANDS}
    assert sketch == _sketch(one)
    assert all(-(2**63) <= band < 2**63 for band in sketch.bands)
    assert likeness(sketch.minima, _sketch(other).minima) == likeness(
        _sketch(other).minima, sketch.minima
    )
