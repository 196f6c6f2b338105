"""TwiML, Twilio's answer to "what now?" in a call: https://www.twilio.com/docs/voice/twiml.

Built with the standard library: the verbs used here are six, and Twilio's own builder is a module
of half a second on a small machine.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from channels.base import Prompt, WebhookReply

CONTENT_TYPE = "text/xml; charset=utf-8"

_VOICES = {"por": "pt-PT", "eng": "en-GB"}
"""The languages of ``channels.base.SAYABLE`` as Twilio names them."""
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Call:
    """An answer in the making. Whatever is asked comes back to the address it is given."""

    def __init__(self) -> None:
        self._root = ET.Element("Response")
        self._into = self._root

    def hear(self, prompt: Prompt | None, language: str) -> Call:
        """Play the recording, or say the text in ``language``; nothing for None."""
        if prompt is None:
            return self
        if prompt.audio:
            ET.SubElement(self._into, "Play").text = prompt.audio
        elif prompt.text and language in _VOICES:
            said = ET.SubElement(self._into, "Say", language=_VOICES[language])
            said.text = _NOT_IN_XML.sub("", prompt.text)
        return self

    def digits(self, number: str, language: str) -> Call:
        """Say a number digit by digit, in threes, slowly enough to be kept.

        In Portuguese where no voice speaks the language: that is how numbers are said there.
        """
        threes = [number[at : at + 3] for at in range(0, len(number), 3)]
        said = ET.SubElement(self._into, "Say", language=_VOICES.get(language, _VOICES["por"]))
        said.text = ". ".join(", ".join(three) for three in threes) + "."
        return self

    def name(self, name: str, language: str) -> Call:
        """Say a place's name, in Portuguese where no voice speaks the language."""
        said = ET.SubElement(self._into, "Say", language=_VOICES.get(language, _VOICES["por"]))
        said.text = _NOT_IN_XML.sub("", name) or "?"
        return self

    def pause(self, seconds: int = 1) -> Call:
        """Silence."""
        ET.SubElement(self._into, "Pause", length=str(seconds))
        return self

    def ask(self, action: str, *, digits: int, timeout: int) -> Call:
        """What is heard from here on waits for ``digits`` keys; silence is an answer too."""
        self._into = ET.SubElement(
            self._root,
            "Gather",
            input="dtmf",
            method="POST",
            action=action,
            numDigits=str(digits),
            timeout=str(timeout),
            finishOnKey="#" if digits > 1 else "",
            actionOnEmptyResult="true",
        )
        return self

    def record(self, action: str, nothing: str, *, longest: int) -> Call:
        """Record up to ``longest`` seconds; a caller who says nothing goes to ``nothing``."""
        ET.SubElement(
            self._root,
            "Record",
            method="POST",
            action=action,
            maxLength=str(longest),
            timeout="6",
            finishOnKey="#",
            playBeep="true",
            trim="trim-silence",
        )
        ET.SubElement(self._root, "Redirect", method="POST").text = nothing
        return self

    def dial(self, number: str, action: str, *, timeout: int) -> Call:
        """Ring ``number`` and connect it; what came of it goes to ``action``."""
        dialed = ET.SubElement(
            self._root, "Dial", method="POST", action=action, timeout=str(timeout)
        )
        ET.SubElement(dialed, "Number").text = number
        return self

    def hang_up(self) -> Call:
        """The end."""
        ET.SubElement(self._root, "Hangup")
        return self

    def reject(self) -> Call:
        """The caller hears the busy tone, and pays nothing."""
        ET.SubElement(self._root, "Reject", reason="busy")
        return self

    def reply(self) -> WebhookReply:
        """The finished answer."""
        document = ET.tostring(self._root, encoding="utf-8", xml_declaration=True)
        return WebhookReply(200, document, CONTENT_TYPE)
