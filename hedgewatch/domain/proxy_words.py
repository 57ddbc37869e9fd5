"""What can be said of a proxy in words: of another asset's future that stands for a coin."""

from __future__ import annotations

from hedgewatch.domain.beta import LEAST_OBSERVATIONS
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import NO_LEG_PAST
from hedgewatch.domain.stand_in import ProxyPast


def proxy_past(snapshot: HedgeSnapshot, leg: LegSnapshot, facts: CycleFacts) -> ProxyPast:
    """Return what the past tells of a proxy leg and the coin that it stands for."""
    return facts.past.legs.get((snapshot.hedge.name, leg.leg.name), NO_LEG_PAST).proxy


def why_no_beta(snapshot: HedgeSnapshot, leg: LegSnapshot, facts: CycleFacts) -> str:
    """Say why it is not known how far a leg's future stands for the hedge's coin."""
    past, base = proxy_past(snapshot, leg, facts), leg.leg.futures.base
    what = f"how far {base} stands for {snapshot.hedge.asset} is not known"
    if past.days < LEAST_OBSERVATIONS:
        return f"{what}: it needs {LEAST_OBSERVATIONS} days on which both closed, has {past.days}"
    if past.ols is None:
        return f"{what}: one of the two has not moved for weeks"
    return f"{what}: they do not move together (beta {past.ols.beta:.2f})"


def proxy_legs(snapshot: HedgeSnapshot) -> tuple[LegSnapshot, ...]:
    """Return the legs that are another asset's future."""
    return tuple(leg for leg in snapshot.legs if snapshot.hedge.stands_in(leg.leg))


def too_few_days(past: ProxyPast) -> str | None:
    """Say how much history there is and how much is needed; None if there is enough."""
    if past.days >= LEAST_OBSERVATIONS:
        return None
    return f"how the two move together takes {LEAST_OBSERVATIONS} days on which both closed; there are {past.days}"
