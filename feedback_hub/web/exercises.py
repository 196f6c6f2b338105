"""Exercises for new desk staff: a scene, what can be done in it, and why that is safe or not.

Everybody in them is invented. A scene says what is heard at a desk, never how to ask for more.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.web.i18n import N_


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
    Exercise(
        "angry",
        N_("He shouts"),
        N_(
            "A man shouts at you: “Three months without food! You eat it yourselves!” People stop "
            "and look."
        ),
        (
            Option(
                N_("I tell him to be quiet or to leave."),
                N_(
                    "He is angry at what happened to him. Sent away, he and who saw it stay silent."
                ),
            ),
            Option(
                N_("I promise him food this week, so that he calms down."),
                N_("You cannot keep that. Next week he comes back with more anger, and is right."),
            ),
            Option(
                N_(
                    "I let him finish, go aside with him, write down what he says, and say what "
                    "happens next."
                ),
                N_(
                    "Who is heard grows calmer. Anger is no reason to refuse a report, and you "
                    "need not agree with it. If you are afraid, step back and call a colleague."
                ),
                right=True,
            ),
        ),
        "Tres meses sem comida! Voces comem tudo sozinhos!",
    ),
    Exercise(
        "money",
        N_("Money for a place on the list"),
        N_(
            "A woman says that she gave a volunteer money so that her name stays on the list. She "
            "is afraid that now she has done something wrong."
        ),
        (
            Option(
                N_("I ask who else has paid, and take a picture of the message on her phone."),
                N_(
                    "You collect no proof. It warns those who take money, and her name goes round. "
                    "Specialists do it, safely."
                ),
            ),
            Option(
                N_(
                    "I say that aid costs nothing, write only what she says, choose highly "
                    "sensitive and hand it in."
                ),
                N_(
                    "Money asked for aid is fraud: always highly sensitive. She is not to blame, "
                    "and hearing that matters to her. Who did it must not learn of it."
                ),
                right=True,
            ),
            Option(
                N_("I go to the volunteer and ask that the money is given back."),
                N_("He would know who spoke. Nothing of this is settled at the desk."),
            ),
        ),
    ),
    Exercise(
        "rumour",
        N_("“They come tonight”"),
        N_(
            "The third person this morning says: “Armed men come tonight, the whole market says "
            "so.” Those who wait have heard it."
        ),
        (
            Option(
                N_(
                    "I call the security focal point at once, then write down each report, and "
                    "pass on only what is confirmed."
                ),
                N_(
                    "A danger to life is said by voice first. Three who say the same are a sign, "
                    "so each is written down; what is true, others find out."
                ),
                right=True,
            ),
            Option(
                N_("I tell everybody that it is not true, so that nobody is afraid."),
                N_("You do not know that. If it is true, somebody stayed because of you."),
            ),
            Option(
                N_("I tell everybody to pack and go."),
                N_("What you say counts as certain. In a flight in the dark people get hurt."),
            ),
        ),
        "Dizem no mercado que homens armados vem esta noite",
    ),
    Exercise(
        "reading",
        N_("She cannot read"),
        N_(
            "An old woman has told you everything. You hand her the slip with the two numbers, and "
            "she holds it upside down."
        ),
        (
            Option(
                N_("I tell her that her grandson can read it to her."),
                N_("Then he has both numbers, and may ask what happened with her case."),
            ),
            Option(
                N_("I keep the slip at the desk for her."),
                N_("Whoever sits there tomorrow has her numbers. They are hers alone."),
            ),
            Option(
                N_(
                    "I read the numbers to her in threes until she can say them, and ask how she "
                    "wants to hear the answer: at the desk, or by a call."
                ),
                N_(
                    "An answer need not be read. She keeps the slip all the same, out of sight; "
                    "whoever she trusts most is her choice, not yours. Consent was heard, not read."
                ),
                right=True,
            ),
        ),
    ),
    Exercise(
        "leader",
        N_("The leader asks who complained"),
        N_(
            "The leader of the site comes by and smiles: “Who complained about the distribution? I "
            "only want to solve it.”"
        ),
        (
            Option(
                N_("I tell him, since he can solve it fastest."),
                N_("Nobody on the site may know who spoke: not he, and not those around him."),
            ),
            Option(
                N_(
                    "I say kindly that I may tell nobody, and that what people say is read out for "
                    "all at the meeting, with the answers."
                ),
                N_(
                    "The rule is the same for everybody, so it accuses nobody. If he presses or "
                    "threatens, that is a report of its own: highly sensitive."
                ),
                right=True,
            ),
            Option(
                N_("I tell him what was said, but not who said it."),
                N_("In a small place the words alone say who it was."),
            ),
        ),
    ),
)
