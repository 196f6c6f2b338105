"""Short pages of help, each linked from where somebody would stumble."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_hub.web.i18n import N_


@dataclass(frozen=True)
class Topic:
    """A short page of help."""

    name: str
    title: str
    text: tuple[str, ...]


AT_THE_DESK: tuple[Topic, ...] = (
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


IN_THE_TEAM: tuple[Topic, ...] = (
    Topic(
        "triage",
        N_("Triage: what is it about?"),
        (
            N_("Read the person's own words first; what the machine suggests comes after them."),
            N_(
                "Choose what it is about, and more than one where there is more than one. The "
                "sector and the deadlines follow from it."
            ),
            N_(
                "When in doubt about how sensitive it is, choose the higher. What is highly "
                "sensitive leaves your list at once, and only its handlers see it."
            ),
            N_(
                "Another matter in the same conversation becomes a case of its own. The same "
                "matter of many people goes under an issue; every one of them is answered."
            ),
        ),
    ),
    Topic(
        "refer",
        N_("Refer: what does the partner see?"),
        (
            N_(
                "The partner sees what the person agreed to, and no more. Was it not asked, then "
                "the words go without the name and without numbers."
            ),
            N_(
                "Whom the complaint is about is not suggested, and cannot be chosen. Silence is no "
                "yes: a referral that nobody accepts runs out, and you choose another."
            ),
            N_("Who asks something back has their time stopped until you have answered."),
            N_("A partner answers to you. Only you close the case, after the person was told."),
        ),
    ),
    Topic(
        "tell",
        N_("Tell the person, then close"),
        (
            N_("Check the partner's answer: would the person understand it, and is it true?"),
            N_(
                "Tell them in the way that they called safe. A text says no more than that there "
                "is an answer, unless they agreed to more."
            ),
            N_(
                "Not reached is not resolved. Several tries on different days and the desk come "
                "first, and it is counted apart."
            ),
            N_(
                "Somebody else asks whether the answer helped. A no opens the case again; who "
                "disagrees is heard once more by somebody who did not decide."
            ),
        ),
    ),
    Topic(
        "handler",
        N_("For handlers: two separate duties"),
        (
            N_(
                "Reporting conduct is a duty: where somebody with power over aid is accused, the "
                "PSEA channel hears of it in time. It can go without the survivor's name."
            ),
            N_(
                "A service for the survivor is their choice: explain it, ask, and note what they "
                "say. A no changes nothing for the rest."
            ),
            N_("A child goes to a child protection specialist, in their best interests."),
            N_(
                "What the machine suspects is hidden from all others until you decide. Say why "
                "when you lower it. No text goes to the person: you reach them safely."
            ),
        ),
    ),
    Topic(
        "partner",
        N_("For partners: what is asked of you"),
        (
            N_("Accept it, or say that you cannot and why: then somebody else is asked in time."),
            N_("Ask if you need to know more. Your time stops until the answer comes."),
            N_("Say what was done in words that the person would understand, without names."),
            N_(
                "Do not try to find out who it was, and do not go to the person with it: the "
                "mechanism tells them, in the way that they called safe."
            ),
        ),
    ),
)

TOPICS: tuple[Topic, ...] = AT_THE_DESK + IN_THE_TEAM
