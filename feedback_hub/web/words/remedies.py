"""What whoever runs the hub can do about each kind of alert."""

from __future__ import annotations

from collections.abc import Mapping

from feedback_hub.services.records.watching import AlertKind
from feedback_hub.web.i18n import N_

REMEDIES: Mapping[AlertKind, str] = {
    AlertKind.SILENT_CHANNEL: N_(
        "send a message to it yourself; if it does not come, see its page"
    ),
    AlertKind.PULL_FAILS: N_("see the account's page: its password or address may have changed"),
    AlertKind.CATCH_UP_FAILS: N_("see the account's page; what was missed is asked for again"),
    AlertKind.ACCOUNT_FAILS: N_(
        "see the account's page: its password may have changed, or the credit may be used up"
    ),
    AlertKind.WEBHOOK_ELSEWHERE: N_(
        "run feedback-hub channels register NAME, or set the address at the provider"
    ),
    AlertKind.FLOOD: N_(
        "nothing is lost and others are not kept waiting; see whether it is one sender"
    ),
    AlertKind.SENDS_FAIL: N_("see the account's page: credit, sender or the provider itself"),
    AlertKind.COST_LIMIT: N_("raise [loopback] texts_a_day if these texts are wanted"),
    AlertKind.NOT_TAKEN: N_("ring the handlers yourself, and see the roster"),
    AlertKind.NOBODY_ON_CALL: N_("fill the roster, and ring a handler yourself"),
    AlertKind.TOKEN_EXPIRES: N_("make the next one and give it to whoever uses this one"),
    AlertKind.DISK_LOW: N_("make room on the disk of the hub's home: old backups and logs first"),
    AlertKind.BACKUP_OLD: N_(
        "run feedback-hub backup FILE now, and see why the nightly one did not"
    ),
    AlertKind.WORK_WAITS: N_("see below whether workers and scheduler are there, and start them"),
    AlertKind.SET_ASIDE: N_("see the list below: mend the cause, then try again"),
    AlertKind.CERTIFICATE_EXPIRES: N_(
        "renew it where it is kept (certbot renew, or Caddy does it by itself)"
    ),
    AlertKind.WORKER_BROKE_OFF: N_(
        "nothing, if it happens once; if it goes on, look at the log and at the memory"
    ),
}
