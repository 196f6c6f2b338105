"""The words of the desk app, by the key that its modules ask for.

The app works without the hub, so both languages are handed to it whole. ``%(name)s`` is filled in
by the app; ``..._one`` and ``..._many`` are the two forms of a count.
"""

from __future__ import annotations

from collections.abc import Mapping

from feedback_hub.web.i18n import N_, gettext, in_language

WORDS: Mapping[str, str] = {
    "title": N_("Help desk"),
    "sign_in": N_("Log in"),
    "try_again": N_("Try again"),
    "try_now": N_("Try now"),
    "to_hub": N_("The whole hub"),
    "somebody": N_("Somebody"),
    "back": N_("Back"),
    "next": N_("Next"),
    "done": N_("Done"),
    "lock": N_("Lock"),
    "yes": N_("Yes"),
    "no": N_("No"),
    "other": N_("Other"),
    "name": N_("Name"),
    "phone": N_("Phone number"),
    "search": N_("Search"),
    "remove": N_("Take back"),
    "listen": N_("Listen"),
    "stop": N_("Stop"),
    "print": N_("Print"),
    "help": N_("Help"),
    "needs_network": N_("There is no network now, and this needs it once. Nothing is lost."),
    "not_done": N_(
        "That did not work; what you wrote is still here. If the device is full, let it send what "
        "waits, or write on paper."
    ),
    "broken_title": N_("The app could not start"),
    "broken_text": N_("What waits on this device is still there. Close the app and open it again."),
    # The way in
    "first_title": N_("Set up this device"),
    "first_sign_in": N_("Log in once. After that it works without a network."),
    "first_network": N_("The first time this needs a network. After that it works without one."),
    "not_allowed_title": N_("This app is for the help desk"),
    "not_allowed_text": N_("Your account has another role. Ask whoever gives roles at your hub."),
    "who_title": N_("Who are you?"),
    "hello_name": N_("Hello, %(name)s"),
    "pin": N_("PIN"),
    "pin_title": N_("Choose a PIN"),
    "pin_text": N_(
        "It locks what waits on this device. Tell it to nobody, also to no colleague: each has "
        "their own."
    ),
    "pin_new": N_("New PIN"),
    "pin_again": N_("The PIN once more"),
    "pin_hint": N_("%(n)s digits or more; a few words are good too."),
    "pin_set": N_("Use this PIN"),
    "pin_short": N_("This is too short: %(n)s digits or more."),
    "pin_easy": N_("This is the first thing that somebody tries. Choose another one."),
    "pin_differs": N_("The two are not the same. Write it once more."),
    "unlock": N_("Unlock"),
    "pin_wrong": N_("This is not the PIN. Nothing is lost: try once more."),
    "pin_wrong_wait": N_("This is not the PIN. Nothing is lost; wait %(n)s seconds."),
    "pin_wait": N_("Too many tries. Wait %(n)s seconds."),
    "pin_forgotten": N_("I do not know the PIN any more"),
    "forgotten_sign_in": N_(
        "Log in with your password, then press the same again: you choose a new PIN, and what "
        "waits here stays."
    ),
    "forgotten_text": N_("You are logged in, so you may choose a new PIN. What waits here stays."),
    "locked_waiting_one": N_("1 report waits here. Open the app, and it is sent."),
    "locked_waiting_many": N_("%(n)s reports wait here. Open the app, and they are sent."),
    "revoked_title": N_("This device is out of use"),
    "revoked_text": N_("It was taken out of use at the hub. Lists and answers were wiped here."),
    "revoked_waiting_one": N_(
        "1 report was not sent. It stays here, encrypted, and is sent once the device is back in "
        "use."
    ),
    "revoked_waiting_many": N_(
        "%(n)s reports were not sent. They stay here, encrypted, and are sent once the device is "
        "back in use."
    ),
    "revoked_none": N_("Nothing waited to be sent."),
    "revoked_do": N_(
        "If you have found it again: log in at the hub, open “Your account” and bring it back into "
        "use, or ask whoever looks after accounts."
    ),
    # Home
    "home_title": N_("Help desk today"),
    "new_report": N_("New report"),
    "go_on": N_("Go on with the report"),
    "kit_missing": N_("The form comes with the first connection. Wait a moment."),
    "nothing_waits": N_("Nothing waits to be sent"),
    "waiting_one": N_("1 report waits to be sent"),
    "waiting_many": N_("%(n)s reports wait to be sent"),
    "state_start": N_("looking for the network"),
    "state_here": N_("connected"),
    "state_sending": N_("sending"),
    "state_away": N_("no network: everything is kept here"),
    "state_signed_out": N_("log in again, and they are sent; nothing is lost"),
    "state_other": N_("somebody else is logged in; your reports wait for you"),
    "state_not_allowed": N_("your account may not send; ask whoever gives roles"),
    "update_use": N_("Use the new version"),
    "numbers_to_give": N_("Numbers to give"),
    "waiting_title": N_("Waiting to be sent"),
    "today_title": N_("Find or expect today"),
    "today_unknown": N_("needs a network once a day"),
    "today_unknown_text": N_(
        "Today's list comes with the next connection. It is kept for one day and then wiped."
    ),
    "today_rule": N_(
        "Ask for the case number. Say nothing before the person has said it, and nothing to "
        "anybody else."
    ),
    "today_nobody": N_("Nobody is to be found or expected here today."),
    "note_result": N_("Note what came of it"),
    "answers_title": N_("Answers to questions"),
    "answers_hint": N_("Only what stands here is promised to anybody. Read it as it is written."),
    "answers_none": N_("No answer about that. Write the question down as a report."),
    "every_site": N_("Every site"),
    "good_until": N_("good until %(day)s"),
    "listen_title": N_("Listen to the consent script"),
    "listen_hint": N_("✓: approved in this language"),
    "listen_more": N_("Ask before you write anything down. A no is a good answer."),
    "choose_language": N_("Choose a language"),
    # The report
    "progress": N_("How far you are"),
    "step_of": N_("%(at)s of %(n)s"),
    "step_consent": N_("First ask"),
    "step_said": N_("What was said"),
    "step_about": N_("What is it about?"),
    "step_where": N_("Where it happened"),
    "step_who": N_("Who speaks"),
    "step_answer": N_("How the answer comes back"),
    "step_accused": N_("If somebody is accused"),
    "step_check": N_("Hand it in"),
    "hand_in": N_("Hand it in"),
    "hand_in_now": N_("Hand it in now"),
    "throw_away": N_("Throw it away"),
    "throw_away_sure": N_("Throw this report away? It cannot be brought back."),
    "not_asked": N_("Not asked"),
    "which_language": N_("Which language does the person speak?"),
    "script_title": N_("Before you write"),
    "script_choose": N_("Choose the person's language to hear or read the consent script."),
    "script_missing": N_(
        "Nobody has approved a script in %(language)s yet. Say it in your own words, or ask "
        "somebody who speaks it."
    ),
    "script_points": N_(
        "No name is needed. A complaint takes no aid away. They may say no to any question. May it "
        "be written down?"
    ),
    "read_aloud": N_("Read it aloud, slowly."),
    "q_record": N_("May we write down what you tell us?"),
    "record_refused": N_("Then no name and no number are kept, whatever is typed."),
    "own_words": N_("In the person's own words, in the language spoken"),
    "own_words_hint": N_("Do not ask more than the person tells, and promise nothing."),
    "say_something": N_("Write what was said, record it, or choose what it is about."),
    "record": N_("Record a voice note"),
    "record_stop": N_("Stop and keep"),
    "no_microphone": N_("The microphone may not be used. Allow it in the browser, or write."),
    "photo": N_("Photo"),
    "photo_hint": N_("Of the thing, never of a person. Record only if the person agrees."),
    "voice_note": N_("Voice note"),
    "files_n": N_("%(n)s files"),
    "about_hint": N_("If you are sure. The case team decides."),
    "q_level": N_("How sensitive is it?"),
    "level_as_about": N_("As it is about"),
    "level_personal": N_("Personal: for the case team only"),
    "level_highly": N_("Highly sensitive: for specialists only"),
    "level_hint": N_(
        "Violence, abuse, children, money asked for, staff: highly sensitive. When in doubt, "
        "higher."
    ),
    "highly_note": N_(
        "Highly sensitive: ask no more, tell nobody on the site, keep no copy. Once it is handed "
        "in, only specialists can open it, and you cannot."
    ),
    "which_site": N_("Which site is it about?"),
    "site_none": N_("not asked, or not in this list"),
    "where_exactly": N_("Where exactly"),
    "where_hint": N_("Block, village, or the site's name if it is not in the list."),
    "from_paper": N_("From a paper form, typed now"),
    "paper_day": N_("The day on the paper"),
    "q_speaks_for": N_("For whom does the person speak?"),
    "for_self": N_("For themselves"),
    "for_other": N_("For somebody else"),
    "for_community": N_("For the community"),
    "q_sex": N_("Sex"),
    "female": N_("Female"),
    "male": N_("Male"),
    "prefer_not": N_("Prefers not to say"),
    "q_age": N_("Age"),
    "under_18": N_("Under 18"),
    "age_18_39": N_("18 to 39"),
    "age_40_59": N_("40 to 59"),
    "age_60_plus": N_("60 and over"),
    "q_disability": N_("Does the person live with a disability?"),
    "q_group": N_("Group"),
    "idp": N_("Displaced"),
    "returnee": N_("Returned home"),
    "host": N_("Host community"),
    "refugee": N_("Refugee"),
    "q_share": N_("May we pass it to the organisation that can help?"),
    "share_name": N_("Yes, with the name"),
    "share_anonymous": N_("Yes, without the name"),
    "q_contact": N_("May we contact you with the answer?"),
    "q_how": N_("How is it safe to hear from us?"),
    "by_text": N_("By text"),
    "by_call": N_("By a call"),
    "at_desk": N_("At the help desk"),
    "name_hint": N_("Only if the person wants to give it."),
    "safe_when": N_("When is it safe?"),
    "q_private": N_("Is this phone yours alone?"),
    "q_private_hint": N_("No, if others read or answer it."),
    "q_leave": N_("May a message be left?"),
    "q_content": N_("May a message say what it is about?"),
    "accused_hint": N_("Only what the person said by themselves. Do not ask for it."),
    "q_accused": N_("Who is accused?"),
    "accused_organisation": N_("Of which organisation"),
    "accused_aid_worker": N_("Aid worker"),
    "accused_contractor": N_("Contractor"),
    "accused_volunteer": N_("Volunteer"),
    "accused_leader": N_("Leader"),
    "accused_official": N_("Official"),
    "accused_security_force": N_("Security force"),
    "accused_community_member": N_("Somebody of the community"),
    "accused_unknown": N_("Not known"),
    "check_who": N_("Once handed in it belongs to the case team. It leaves this device."),
    "check_highly": N_("You have done your part. Hand it in now."),
    "check_highly_who": N_(
        "It goes to those who are trained for it and leaves this screen and this device."
    ),
    # After it
    "received": N_("It was received"),
    "received_highly": N_("It was received. Those who are trained for it take it from here."),
    "received_highly_more": N_("Without a network it goes by itself as soon as there is one."),
    "kept_here": N_(
        "It is kept here, encrypted, and goes by itself once there is a network. Then its numbers "
        "are here too."
    ),
    "slip_text": N_("Come back to this help desk for your case number. Say this:"),
    "ticket_help": N_(
        "With the two numbers you can ask what happened: at the help desk, or free of charge on "
        "%(hotline)s. Show the secret number to nobody."
    ),
    "ticket_code": N_("Slip %(code)s"),
    "case_number": N_("Case number"),
    "secret_number": N_("Secret number"),
    "read_in_threes": N_("Read the numbers aloud in threes, or print them."),
    "given": N_("Given to the person: wipe them here"),
    "numbers_hint": N_("Who comes back says the letters on their slip."),
    "waiting_hint": N_("They are sent by themselves, and each is kept once."),
    "waits": N_("waits"),
    "waits_stuck": N_("not taken as it is: tell whoever runs the hub"),
    "waits_newer": N_("written by a newer version of the app: update it"),
    # Learning
    "learn_title": N_("Learn and get help"),
    "learn_text": N_("People and places here are invented. Nothing is sent, nothing is counted."),
    "practice_form": N_("Practise with the form"),
    "practice_note": N_("Practice: nothing of this is kept or sent."),
    "practice_done": N_("Well done"),
    "practice_done_text": N_("A real person would now get their numbers or a slip from you."),
    "practice_done_highly": N_(
        "You would see nothing but “It was received”. Right: nobody at the desk reads it again."
    ),
    "exercises": N_("What do you do?"),
    "what_do_you_do": N_("What do you do?"),
    "that_is_safe": N_("That is safe."),
    "think_again": N_("Think again."),
}


def words(language: str) -> dict[str, str]:
    """Every word in one of the reader's languages (ISO 639-3)."""
    with in_language(language):
        # Not formatted here: what is filled in is known on the device.
        return {key: str(gettext(said)) for key, said in WORDS.items()}
