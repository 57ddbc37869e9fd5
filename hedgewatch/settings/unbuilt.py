"""What a configuration asks for that this version does not do yet, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.rules import BUILT_RULES
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import JudgedPer
from hedgewatch.settings.instruments import EXCHANGES
from hedgewatch.settings.models import Settings
from hedgewatch.settings.rule_entries import RuleEntry
from hedgewatch.settings.sections import StorageSection
from hedgewatch.settings.visit import KeyPath, written

Gap = tuple[KeyPath, str]


def not_built(settings: Settings) -> tuple[str, ...]:
    """Return a line for everything configured that this version does not do yet; none: it can all be watched."""
    gaps = (
        *_general(settings),
        *_hedges(settings),
        *_rules(settings.rules, ("rules",)),
        *_web(settings),
    )
    return tuple(f"{settings.file}: {written(path)}: {what} is not built yet" for path, what in gaps)


def refuse_unready(settings: Settings) -> None:
    """Raise ConfigurationError for what this version cannot do yet: half a hedge must not look watched."""
    missing = not_built(settings)
    if missing:
        raise ConfigurationError(*missing)
    if not settings.hedges:
        raise ConfigurationError("the configuration has no [[hedges]]: there is nothing to watch")


def _general(settings: Settings) -> Iterator[Gap]:
    for key, field in StorageSection.model_fields.items():
        if key.startswith("keep_") and getattr(settings.storage, key) != field.default:
            yield ("storage", key), "thinning out history"
    for name, account in settings.accounts.items():
        if account.exchange not in EXCHANGES:
            yield ("accounts", name, "exchange"), f"reading accounts of {account.exchange}"


def _hedges(settings: Settings) -> Iterator[Gap]:
    for index, hedge in enumerate(settings.hedges):
        path: KeyPath = ("hedges", index)
        for number, leg in enumerate(hedge.all_legs):
            if leg.position is None and settings.account_of(leg) is None:
                here = path if hedge.futures is not None else (*path, "legs", number)
                yield (*here, "position"), "watching a future without a declared position or an account"
        yield from _rules(hedge.rules, (*path, "rules"))
        for rule in hedge.rules:
            per = CATALOGUE[rule].judged_per
            if rule in BUILT_RULES and per in {
                JudgedPer.EXCHANGE,
                JudgedPer.ACCOUNT,
                JudgedPer.HOLDING,
                JudgedPer.SELF,
            }:
                yield (*path, "rules", rule), f"setting a rule that is judged per {per} for one hedge"


def _rules(rules: dict[str, RuleEntry], path: KeyPath) -> Iterator[Gap]:
    for rule, entry in rules.items():
        if rule not in BUILT_RULES and entry.enabled is not False:
            yield (*path, rule), f"the rule {rule}"


def _web(settings: Settings) -> Iterator[Gap]:
    web = settings.web
    if not web.is_loopback:
        yield ("web", "listen"), "a dashboard that others can reach"
    given = {"token": web.token, "tls": web.tls, "behind_proxy": web.behind_proxy, "allowed_hosts": web.allowed_hosts}
    for key, value in given.items():
        if value:
            yield ("web", key), "locking the dashboard"
