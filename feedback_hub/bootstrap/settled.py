"""The configuration as values of the domain and of the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta

from channels.base import Converses, is_one_way, load_kind
from feedback_hub.adapters.rendering import JinjaRenderer, shipped_mails
from feedback_hub.config import Config, ConfigError, Fault, Section, Span, build_settings
from feedback_hub.config.exchange import FilePeer, HubPeer
from feedback_hub.config.fields import FIELD_KINDS, ChoiceField
from feedback_hub.config.routing import CalendarSettings, RoutingSettings
from feedback_hub.domain.clock import Ladder, Target, WorkingCalendar
from feedback_hub.domain.clocks import Targets
from feedback_hub.domain.coding import CodingFrame, Label, Sector
from feedback_hub.domain.contact import Step
from feedback_hub.domain.custom_field import CustomField, FieldKind, ShownIn
from feedback_hub.domain.exchange import Peer, hub_id
from feedback_hub.domain.monitoring import Standards
from feedback_hub.domain.quiet import QuietHours
from feedback_hub.domain.routing import RoutingRule
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.rules import OwnCalendar, Rules

_PHONE_KINDS = frozenset({"twilio_sms", "sms_http"})


def rules_of(
    config: Config,
    frame: CodingFrame,
    exchanges: Mapping[str, FilePeer | HubPeer],
    *,
    rereads: bool,
) -> Rules:
    """The settings as the services need them. Raises ``ConfigError``."""
    return Rules(
        frame=frame,
        targets=_targets(config),
        calendar=_calendar(config),
        renderer=JinjaRenderer(),
        organisation=config.hub.organisation,
        hotline=config.hub.hotline,
        default_language=config.hub.languages[0],
        attempts_before_unreachable=config.loopback.attempts,
        appeal_days=config.loopback.appeal_days,
        last_rung=config.clocks.last_rung,
        contact_per_minute=config.conversation.contact_per_minute,
        account_per_minute=config.conversation.account_per_minute,
        acknowledgements_a_day=config.conversation.acknowledgements_a_day,
        quiet=QuietHours(*config.loopback.quiet_hours, config.hub.timezone)
        if config.loopback.quiet_hours
        else None,
        segments_a_day=config.loopback.texts_a_day,
        price=(config.loopback.text_price, config.loopback.currency),
        conduct_within=timedelta(hours=config.clocks.conduct_report_hours),
        bank_unasked=config.loopback.bank_unasked,
        fields=own_fields(config),
        conversation_window=timedelta(hours=config.conversation.window_hours),
        ask=tuple(Step(one) for one in config.conversation.ask),
        sure_from=config.classifier.confidence_threshold,
        reply_channels=frozenset(
            name for name, s in config.channels.items() if not is_one_way(load_kind(s.kind))
        ),
        call_channels=frozenset(
            name for name, s in config.channels.items() if issubclass(load_kind(s.kind), Converses)
        ),
        phone_channel=next(
            (name for name, s in config.channels.items() if s.kind in _PHONE_KINDS), ""
        ),
        base_url=config.hub.base_url,
        sends_mail=bool(config.mail.smtp_url),
        mails=shipped_mails(),
        link_days=config.referrals.link_days,
        digest_day=config.referrals.digest_day,
        unread_after=timedelta(seconds=config.clocks.unread_after.seconds),
        peers=_peers(exchanges),
        hub=hub_id(config.hub.base_url),
        routing=_routing(config),
        calendars=_calendars(config),
        ring_every=timedelta(seconds=config.on_call.ring_every.seconds),
        rereads=rereads,
    )


def _peers(exchanges: Mapping[str, FilePeer | HubPeer]) -> dict[str, Peer]:
    return {
        settings.organisation: Peer(
            name,
            settings.organisation,
            hub=hub_id(settings.url) if isinstance(settings, HubPeer) else "",
            handler=settings.handler,
            our_handler=settings.our_handler,
            by_file=isinstance(settings, FilePeer),
        )
        for name, settings in exchanges.items()
    }


def standards(config: Config) -> Standards:
    """What a site should have."""
    asked = config.monitoring
    return Standards(
        {
            Sector.WASH: asked.wash_residents,
            Sector.HEALTH: asked.health_residents,
            Sector.EDUCATION: asked.education_residents,
        },
        asked.visit_days,
        asked.meeting_days,
        asked.women_on_committee,
    )


def own_fields(config: Config) -> tuple[CustomField, ...]:
    """The hub's own extra questions, as configured. Raises ``ConfigError``."""
    return tuple(_own_field(config, section) for section in config.fields.values())


def _own_field(config: Config, section: Section) -> CustomField:
    kind = FIELD_KINDS.get(section.kind)
    if kind is None:
        known = ", ".join(FIELD_KINDS)
        fault = Fault(f"{section.table}.kind", "no question is of this kind", f"One of: {known}.")
        raise ConfigError([fault])
    settings = build_settings(kind, section, config.context)
    choices, filters = {}, False
    if isinstance(settings, ChoiceField):
        filters = settings.filter
        choices = {word: Label(en=eng, pt=por) for word, por, eng in settings.choices}
    return CustomField(
        name=section.name,
        kind=FieldKind(section.kind),
        label=Label(en=settings.label_eng, pt=settings.label_por),
        sensitivity=Sensitivity(settings.sensitivity.value),
        shown_in=frozenset(ShownIn(place.value) for place in settings.shown_in),
        choices=choices,
        filters=filters,
    )


def _targets(config: Config) -> Targets:
    clocks = config.clocks
    return Targets(
        accept={priority: _target(clocks.accept[priority.value]) for priority in Priority},
        answer={priority: _target(clocks.answer[priority.value]) for priority in Priority},
        acknowledge=_target(clocks.acknowledge),
        verify=_target(clocks.verify),
        call_back=_target(clocks.call_back),
        interim=_target(clocks.interim),
        ladder=Ladder(clocks.remind_after, timedelta(seconds=clocks.escalate_every.seconds)),
    )


def _target(span: Span) -> Target:
    return Target(span.seconds, span.working_days)


def _calendar(config: Config) -> WorkingCalendar:
    clocks = config.clocks
    return WorkingCalendar(
        zone=config.hub.timezone,
        opens=_plain(clocks.working_hours.start),
        closes=_plain(clocks.working_hours.end),
        weekdays=clocks.working_days,
        holidays=clocks.holidays,
    )


def _calendars(config: Config) -> tuple[OwnCalendar, ...]:
    """Who works at other times; what a section leaves out is as ``[clocks]`` has it."""
    usual, made = _calendar(config), []
    for section in config.calendars.values():
        own = build_settings(CalendarSettings, section, config.context)
        hours = own.working_hours
        calendar = replace(
            usual,
            zone=own.timezone or usual.zone,
            opens=_plain(hours.start) if hours else usual.opens,
            closes=_plain(hours.end) if hours else usual.closes,
            weekdays=own.working_days or usual.weekdays,
            holidays=own.holidays or usual.holidays,
        )
        made.append(OwnCalendar(calendar, own.organisations, own.sites))
    return tuple(made)


def _routing(config: Config) -> tuple[RoutingRule, ...]:
    """The rules that come before the services."""
    made = []
    for section in config.routing.values():
        rule = build_settings(RoutingSettings, section, config.context)
        hours, level = rule.hours, rule.sensitivity
        made.append(
            RoutingRule(
                name=section.name,
                organisation=rule.organisation,
                focal_point=rule.focal_point,
                backup=rule.backup,
                site=rule.site,
                sector=rule.sector,
                code=rule.code,
                sensitivity=Sensitivity(level.value) if level.value else None,
                language=rule.language,
                opens=_plain(hours.start) if hours else None,
                closes=_plain(hours.end) if hours else None,
            )
        )
    return tuple(made)


def _plain(at: time) -> time:
    return at.replace(tzinfo=None)
