"""What leaves a case masked carries neither number nor name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_hub.domain.masking import PersonalData, Span, mask, spans


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ligue 841234567 ja", "ligue [number] ja"),
        ("ligue +258 84 123 45 67 ja", "ligue [number] ja"),
        ("ligue (84)-123.45.67 ja", "ligue [number] ja"),
        ("ligue 84/123/4567", "ligue [number]"),
        ("84O123456", "[number]"),
        ("84\u200b123\u00a04567", "[number]"),
        ("oito quatro um dois tres quatro cinco seis sete", "[number]"),
        ("call eight four 123 4567 now", "call [number] now"),
        ("BI 110102345678A", "BI [number]"),
        ("caso 482-913-075", "caso [number]"),
        ("escreva a joao.m+1@gmail.com sff", "escreva a [email] sff"),
        ("joao arroba gmail ponto com", "[email]"),
        ("telegram @joao_m", "telegram [name]"),
        ("Chamo-me Maria José da Silva, bloco 3", "Chamo-me [name], bloco 3"),
        ("me chamo ana paula e moro aqui", "me chamo [name] e moro aqui"),
        ("o meu nome é João", "o meu nome é [name]"),
        ("My name is Fatima Ali and I need food", "My name is [name] and I need food"),
        ("o Sr. joao pediu dinheiro", "o Sr. [name] pediu dinheiro"),
        ("a Sra Luisa bateu", "a Sra [name] bateu"),
        ("Mr. Smith and Mrs Juma came", "Mr. [name] and Mrs [name] came"),
        ("o meu passaporte AB123456 caiu", "o meu passaporte [number] caiu"),
        ("perdi o cartão n.º 4711", "perdi o cartão n.º [number]"),
        ("a senha 2231 nao serve", "a senha [number] nao serve"),
        ("facebook: Joao.Mussa", "facebook: [name]"),
        ("telegram joao_m sff", "telegram [name] sff"),
        ("veja t.me/joaomussa", "veja [name]"),
        ("o meu marido Carlos Mussa bateu", "o meu marido [name] bateu"),
        ("o chefe João pediu dinheiro", "o chefe [name] pediu dinheiro"),
        ("my sister Fatima was beaten", "my sister [name] was beaten"),
        ("je m'appelle Marie Kahindo", "je m'appelle [name]"),
        ("naitwa Juma Ali", "naitwa [name]"),
        ("aqui fala a Maria", "aqui fala a [name]"),
    ],
)
def test_personal_data_is_replaced_by_neutral_marks(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "falta agua, 30 familias, 5 dias",
        "pago 500 mt para 3 pessoas",
        "em 2021, 15 familias sem lona",
        "meu nome nao esta na lista",
        "my name is not on the list",
        "o senhor disse que nao",
        "o sr disse que sim",
        "bloco 12, casa 45",
        "o grupo no facebook disse",
        "o professor toca nas meninas",
        "O CHEFE DISSE QUE NAO",
        "uma senha para 3 pessoas",
    ],
)
def test_what_the_case_is_about_stays(text: str) -> None:
    assert mask(text) == text
    assert spans(text) == []


def test_spans_say_where_and_what() -> None:
    text = "Sou eu, ligue 84 123 4567, o Sr. Mussa"
    assert spans(text) == [
        Span(14, 25, PersonalData.NUMBER),
        Span(33, 38, PersonalData.NAME),
    ]
    assert text[14:25] == "84 123 4567"


_PIECES = st.sampled_from(
    [
        *("chamo-me ", "meu nome e ", "my name is ", "Sr. ", "Mrs ", "sou o ", "nao ", "e ", "da "),
        *("Ana", "joao", "Silva ", "um", "dois ", "84 ", "123", "456", "7", "+258", "arroba "),
        *("telegram ", "facebook: ", "t.me/", "BI ", "senha ", "o chefe ", "filha ", "AB"),
        *("@", ".", ",", "-", "(", ")", "[", " ", "\n", "\u200b", "\u0301", "[name]", "[number]"),
    ]
)
_TEXTS = st.text() | st.lists(_PIECES, max_size=30).map("".join)


@given(_TEXTS)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(
    st.sampled_from(["chamo-me ", "o Sr. ", "a minha filha ", "me llamo ", "my name is "]),
    st.from_regex(r"[A-Z][a-z]{4,8} [A-Z][a-z]{4,8}", fullmatch=True),
    st.sampled_from([", ligue ", " quer ajuda. ", "\n"]),
)
def test_no_introduced_name_survives(before: str, name: str, after: str) -> None:
    masked = mask(before + name + after)
    assert not any(part in masked for part in name.split() if mask(f"Sr. {part}") == "Sr. [name]")


@given(_TEXTS)
def test_spans_are_in_order_and_apart(text: str) -> None:
    found = spans(text)
    edges = [edge for span in found for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= span.start < span.end <= len(text) for span in found)


@given(st.text(max_size=20), st.integers(100_000, 10**14), st.text(max_size=20))
def test_no_long_number_survives(before: str, number: int, after: str) -> None:
    assert str(number) not in mask(f"{before} {number} {after}")
