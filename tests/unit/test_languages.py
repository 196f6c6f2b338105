"""Which language a text is in: short, unaccented and mixed as people write, and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_hub.adapters.languages import (
    LEAST_SAMPLES,
    Languages,
    Profile,
    keep_profile,
    languages_of,
    own_profiles,
    shipped_languages,
    shipped_profiles,
)
from feedback_hub.domain.errors import Invalid


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("nao recebi nada", "por"),
        ("NÃO HÁ ÁGUA AQUI", "por"),
        ("pq q n vem a comida", "por"),
        ("please send water", "eng"),
        ("wen r u cumin 4 us", "eng"),
        ("on a besoin d'eau", "fra"),
        ("l'enfant est malade depuis hier", "fra"),
        ("no hay agua en el albergue", "spa"),
        ("los niños no comen", "spa"),
        ("hatuna maji hapa", "swh"),
        ("watoto wanaumwa", "swh"),
        ("mutthu mukhwawe ohaawa vanene", "vmw"),
        ("ninnaavekela maasi ni yoolya", "vmw"),
        ("vanu vammalele vavele na wasa", "kde"),
        ("hina hi vanhu hi lava mati ni swakudya", "tso"),
        ("inkomu ngopfu, hi kombela ku pfuniwa", "tso"),
        ("ola pessoal, leo hatuna maji na chakula kambini, watoto wanalia", "swh"),
    ],
)
def test_what_people_write_is_known(text: str, language: str) -> None:
    assert shipped_languages().guess(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "ok",
        "🙏🙏",
        "asdfgh qwert",
        "Zeferino Nhantumbo",
        "abantu bonke bazalwa bekhululekile futhi belingana",
        "anthu onse amabadwa mwaufulu ndi olingana mu ulemu",
        "vanhu vese vanoberekwa vakasununguka uye vakaenzana",
        "https://example.org/agua @maria #comida",
        "wszyscy ludzie rodzą się wolni",
        "tout moun fet lib, yo gen menm dwa ak diyite",
    ],
)
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    assert shipped_languages().guess(text) == "und"


NDAU = [
    f"{first} {second} {third} ngekuti tinokumbira chikafo"
    for first in ("vandhu vano", "ini ndino", "isu tese")
    for second in ("nzara", "mvura", "imba", "mushonga")
    for third in ("pano mudhorobha", "kumusha kwedu", "nhasi mangwanani")
]


def test_a_hub_adds_a_language_from_its_own_samples(tmp_path: Path) -> None:
    told = "tinokumbira chikafo ngekuti vandhu vano nzara"
    assert shipped_languages().guess(told) == "und"
    count, words = keep_profile(tmp_path, "ndc", NDAU)
    assert count == len(NDAU)
    assert words
    own = languages_of(tmp_path)
    assert "ndc" in own.known
    assert own.guess(told) == "ndc"
    assert own.guess("nao recebi nada, preciso de comida") == "por"


def test_no_word_that_came_once_is_kept_for_it_may_be_a_name(tmp_path: Path) -> None:
    keep_profile(tmp_path, "ndc", [*NDAU, "Zacariaszito ari pano"])
    kept = (tmp_path / "languages" / "ndc.json").read_text("utf-8").lower()
    assert "zacariaszito" not in kept
    assert "tinokumbira" in kept


def test_too_few_samples_and_a_damaged_profile_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="at least"):
        keep_profile(tmp_path, "ndc", NDAU[: LEAST_SAMPLES - 1])
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "ndc.json").write_text("{}")
    with pytest.raises(Invalid, match=r"ndc\.json"):
        own_profiles(tmp_path)


def test_a_rival_is_never_answered() -> None:
    rivals = {code for code, one in shipped_profiles().items() if one.rival}
    assert "nya" in rivals
    assert rivals.isdisjoint(shipped_languages().known)


def test_no_profile_at_all_knows_nothing() -> None:
    assert Languages({}).guess("nao ha agua") == "und"
    assert Languages({"xxx": Profile()}).guess("nao ha agua") == "und"
