"""Which language a text is in, by its small words. Says ``und`` rather than guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_SMALL_WORDS = {
    "por": """a ainda ajuda ajudem agora ao aos aqui as bem boa bom com como da das de dia dizem do
        dos e ela ele em esta estamos estao eu falta foi ha isso ja la mais mas me meu minha
        muito na nada nao nas nem ninguem no nos nossa nosso o obrigada obrigado ola onde os
        para pedimos pedido peco pela pelo por porque posso pra precisamos preciso quando que
        quem quero sao se sem ser seu so somos sou sua tambem temos tem tenho um uma vai vao vem
        voce agua aki pf q n hj casa comida crianca criancas receber nome lista favor""",
    "eng": """a about after again all also am an and any are as at be because been but by can could
        day do does for from get give has have he hello help her here hi his how i if in is it
        its just me more my need no not of on one only or our out people please say she so some
        thank thanks that the their them there they this to too up us was water we were what
        when where which who why will with would you your food children dont""",
    "fra": """a ai alors au aussi aux avec avons besoin bonjour c ce cette comme comment d dans
        de des du elle en enfants est et etes eau il ils j je jours l la le les leur lui m mais
        merci mes moi mon n ne nous on ont ou par pas plus pour pourquoi qu quand que qui s sa sans
        se ses si sommes sont sur trois un une vous y""",
}
_LANGUAGES = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_ENOUGH = 200


def guess_language(words: Iterable[str]) -> str:
    """``por``, ``eng`` or ``fra`` where folded ``words`` clearly say so, else ``und`` (ISO 639-3).

    Reads the first 200 words it is given. A word that several languages share speaks for none.
    """
    votes: Counter[str] = Counter()
    for _, word in zip(range(_ENOUGH), words, strict=False):
        speaking = [language for language, small in _LANGUAGES.items() if word in small]
        for language in speaking:
            votes[language] += 3 if len(speaking) == 1 else 1
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < 2:
        return "und"
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return "und"
    return ranked[0][0]
