"""Learning mode: exercises with invented people for new desk staff, and short pages of help.

Read on the pages of the hub (``/learn``) and, without a network, in the desk app.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale

from feedback_hub.web.i18n import LOCALES
from feedback_hub.web.labels import N_, gettext


@dataclass(frozen=True)
class Option:
    """One thing to do, and why it is safe or not."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Exercise:
    """A scene and what can be done in it. ``try_text``: what to send from the practice phone."""

    name: str
    title: str
    scene: str
    options: tuple[Option, ...]
    try_text: str = ""


@dataclass(frozen=True)
class Topic:
    """A short page of help."""

    name: str
    title: str
    text: tuple[str, ...]


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "pump",
        N_("The pump is broken"),
        N_(
            "A woman comes with two empty buckets: “The pump in block C has given no water for "
            "three days.” Behind her others wait."
        ),
        (
            Option(
                N_("I promise that it is repaired tomorrow."),
                N_("You do not know that. A promise that is not kept costs the trust of all."),
            ),
            Option(
                N_("I write down her words, ask for consent, and give her the two numbers."),
                N_("Her words, the place and the numbers: that is all it takes, in a minute."),
                right=True,
            ),
            Option(
                N_("I send her to the water committee, it is their pump."),
                N_("She came to you. If you send her on, nobody has written anything down."),
            ),
        ),
        # What a person would type: in their words, whoever reads the page.
        "A bomba do bloco C nao da agua ha 3 dias",
    ),
    Exercise(
        "list",
        N_("A favour for a place on the list"),
        N_(
            "A young woman says quietly: “The man who makes the list told me to come to his house "
            "tonight, or my name goes.” Two neighbours stand near."
        ),
        (
            Option(
                N_("I ask her who it is, when it began and whether there are witnesses."),
                N_(
                    "The desk never interviews. Questions can hurt her, and warn the man. "
                    "Specialists ask, once, in safety."
                ),
            ),
            Option(
                N_("I call the man and ask what is true of it."),
                N_("That puts her in danger. Nobody on the site may learn that she spoke."),
            ),
            Option(
                N_(
                    "I move aside with her, write only what she says, choose highly sensitive and "
                    "hand it in."
                ),
                N_(
                    "Right. It leaves your screen and your device, and you tell nobody, also no "
                    "colleague. Those who are trained reach her safely."
                ),
                right=True,
            ),
            Option(
                N_("I tell my supervisor at lunch, they know what to do."),
                N_("Each person who knows is a danger to her. The report reaches those who must."),
            ),
        ),
    ),
    Exercise(
        "name",
        N_("He does not want to give his name"),
        N_(
            "A man complains that his family was taken off the list. “But do not write my name. My "
            "neighbour complained and got nothing the next time.”"
        ),
        (
            Option(
                N_("I leave the name out, say that a complaint takes no aid away, and write on."),
                N_(
                    "No name is needed. Everything may stay “not asked”, and with the two numbers "
                    "he can ask what happened."
                ),
                right=True,
            ),
            Option(
                N_("I say that without a name nothing can be done."),
                N_("That is not true, and he would leave. A report without a name is a report."),
            ),
            Option(
                N_("I write the name down anyway, for the team only."),
                N_("He said no. What he did not agree to is not written."),
            ),
        ),
        "O nome da minha familia saiu da lista",
    ),
    Exercise(
        "when",
        N_("When is the distribution?"),
        N_("An old man asks when the food comes. You have heard that it is on Friday."),
        (
            Option(
                N_("I say Friday, everybody says so."),
                N_("What everybody says is a rumour. If it is wrong, people walk for nothing."),
            ),
            Option(
                N_("I look into the answers. If there is one for today I read it to him as it is."),
                N_(
                    "Answers there are approved and dated. If there is none, write the question "
                    "down: somebody answers it."
                ),
                right=True,
            ),
            Option(
                N_("I say that I do not know, and call the next one."),
                N_("Nobody would ever learn that he asked. Write the question down."),
            ),
        ),
        "Quando e a distribuicao de comida?",
    ),
    Exercise(
        "crowd",
        N_("A child is lost"),
        N_(
            "A boy of about six stands at the desk and cries. He does not know where his family is."
        ),
        (
            Option(
                N_("I ask him everything and write a long report."),
                N_("A child is not interviewed at a desk. Questions frighten, and do not find."),
            ),
            Option(
                N_(
                    "I stay with him, call the child protection focal point at once, and write "
                    "down only what he says."
                ),
                N_("Safety first, by voice. The report is highly sensitive and comes after."),
                right=True,
            ),
            Option(
                N_("I give him to a neighbour who says that she knows the mother."),
                N_("Never to somebody you cannot be sure of, however kind they seem."),
            ),
        ),
    ),
    Exercise(
        "phone",
        N_("The phone is her husband's"),
        N_(
            "A woman wants an answer about a clinic. The only number that she has is her "
            "husband's, and he must not know."
        ),
        (
            Option(
                N_("I write the number down and say that the texts are short."),
                N_("Whoever reads that phone would know that she was here."),
            ),
            Option(
                N_("I choose “at the help desk”, leave the number out and give her the numbers."),
                N_("She comes back when it is safe for her. Nothing is sent anywhere."),
                right=True,
            ),
            Option(
                N_("I write my own number down, then I can tell her."),
                N_("Her answer would lie on your phone, and you would know what it is about."),
            ),
        ),
    ),
)

TOPICS: tuple[Topic, ...] = (
    Topic(
        "report",
        N_("A report in a minute"),
        (
            N_("Ask first: may we write it down? Then the person's own words, and hand it in."),
            N_("Every question may stay “not asked”. A no is an answer too, and a good one."),
            N_("You do not investigate, you do not promise, and you do not judge who is right."),
            N_("Give the two numbers, or the slip. With them people ask what happened."),
        ),
    ),
    Topic(
        "highly",
        N_("When it is highly sensitive"),
        (
            N_(
                "Violence, sexual exploitation, a child in danger, money or favours asked for, "
                "threats, anything about staff: choose highly sensitive. When in doubt, higher."
            ),
            N_("Listen. Ask nothing more. Do not call anybody who is accused, and tell nobody."),
            N_("Hand it in. It leaves your screen and your device; you cannot open it again."),
            N_("If a life is in danger now: call first, write after."),
        ),
    ),
    Topic(
        "offline",
        N_("Without a network"),
        (
            N_("Everything is kept on the device, encrypted under your PIN, and counted on top."),
            N_("Once there is a network and the app is open, all of it is sent, each one once."),
            N_("The person gets a slip with four letters; the numbers are here after sending."),
            N_("Open the app once a day where there is a network: lists and answers are renewed."),
        ),
    ),
    Topic(
        "device",
        N_("PIN forgotten, device lost"),
        (
            N_("PIN forgotten: log in with your password; you choose a new one, nothing is lost."),
            N_(
                "Device lost: say so at once. At the hub it is taken out of use, under “Your "
                "account” or by whoever looks after accounts. What waits on it stays encrypted."
            ),
            N_("Found again: it is brought back into use in the same place, and sends on."),
            N_("Lock the app whenever you leave the desk."),
        ),
    ),
    Topic(
        "numbers",
        N_("The two numbers"),
        (
            N_("The case number may be said aloud, in threes. The secret number is the person's."),
            N_("Who has both can ask by text, by telephone, or at any desk."),
            N_("Somebody who asks about a case that is not theirs hears nothing from you."),
        ),
    ),
)


def lessons(language: str) -> dict[str, object]:
    """Exercises and help in one of the reader's languages (ISO 639-3), as the app reads them."""
    with force_locale(LOCALES[language]):
        return {
            "exercises": [
                {
                    "name": one.name,
                    "title": gettext(one.title),
                    "scene": gettext(one.scene),
                    "options": [
                        {
                            "text": gettext(option.text),
                            "why": gettext(option.why),
                            "right": option.right,
                        }
                        for option in one.options
                    ],
                }
                for one in EXERCISES
            ],
            "topics": [
                {
                    "name": one.name,
                    "title": gettext(one.title),
                    "text": [gettext(line) for line in one.text],
                }
                for one in TOPICS
            ],
        }
