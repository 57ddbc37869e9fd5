"""Numbers, times and deeds in a reader's words; pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hedgewatch.domain.errors import ConfigurationError, InvalidValueError
from hedgewatch.domain.numbers import exact, plain
from hedgewatch.monitoring.payload import duration_text

UNKNOWN = "not known"
Facts = dict[str, Any]


def percent(digits: int) -> Callable[[str], str]:
    """Return the writer of a fraction as percent with so many decimals."""

    def write(text: str) -> str:
        return f"{exact(text, 'fraction') * 100:.{digits}f} %"

    return write


def seconds(text: str) -> str:
    """Write seconds as a duration."""
    return duration_text(exact(text, "seconds"))


def time_left(text: str) -> str:
    """Write seconds that are left; below zero it has passed."""
    left = exact(text, "seconds")
    return duration_text(left) if left > 0 else f"passed {duration_text(-left)} ago"


def price(text: str) -> str:
    """Write a price with at most 8 significant digits."""
    return plain(exact(text, "price"), 8)


def dollars(text: str) -> str:
    """Write an amount of dollars and cents."""
    return f"{exact(text, 'amount'):.2f} USD"


BASIS, FUNDING = percent(3), percent(4)

# What a rule's value and threshold are; a rule that is missing here shows them as they are.
VALUES: dict[str, tuple[str, Callable[[str], str]]] = {
    "drift": ("Distance from the target ratio", percent(2)),
    "basis_adverse": ("Adverse move of the basis", BASIS),
    "negative_funding": ("24-hour mean funding per 8 h", FUNDING),
    "double_whammy": ("24-hour mean funding per 8 h", FUNDING),
    "funding_paid": ("Funding paid in 30 days, of the leg's worth", percent(2)),
    "cost_outweighs": ("Cost of the hedge, of the loss it removes", percent(1)),
    "depeg": ("Distance from one dollar", percent(2)),
    "data_stale": ("Age of the data", seconds),
    "exchange_down": ("No usable answer for", seconds),
    "liquidation_distance": ("Distance to liquidation", percent(2)),
    "liquidation_price_mismatch": ("Our liquidation price against the exchange's", percent(2)),
    "leverage": ("Leverage (x)", lambda text: f"{exact(text, 'leverage'):.2f}"),
    "horizon_end": ("Time left", time_left),
    "roll_due": ("Time until expiry", time_left),
    "margin_usage": ("Margin used", percent(1)),
    "liquidity": ("Slippage of closing the whole leg", percent(2)),
    "proxy_beta_shift": ("Beta measured, less the one in use", price),
    "proxy_effectiveness": ("Variance removed", percent(0)),
    "adl": ("Place in the queue, of 5", price),
    "clock_skew": ("Our clock minus the exchange's", lambda text: f"{exact(text, 'seconds'):.1f} s"),
}
SNAPSHOT: dict[str, tuple[str, Callable[[str], str]]] = {
    "spot_price": ("Spot price", price),
    "futures_price": ("Futures price", price),
    "basis_rate": ("Basis", BASIS),
    "hedge_ratio": ("Hedge ratio", percent(2)),
    "funding_rate_8h": ("Coming funding per 8 h", FUNDING),
}
TIMES_IN_FORCE = {"post_only": "post only (it rests in the book or is refused)", "ioc": "immediate or cancel"}
NO_ORDERS = "hedgewatch never places, changes or cancels an order."


def read_timezone(name: str) -> ZoneInfo:
    """Return the time zone of this name. Raises ConfigurationError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f'monitor.timezone: "{name}" is no time zone; one is written like Europe/Zurich'
        ) from None


def known(write: Callable[[str], str], value: str | None) -> str:
    """Write a number of the payload; what is not known, and what is no number, is said to be so."""
    if value is None:
        return UNKNOWN
    try:
        return write(value)
    except InvalidValueError:
        return value


def moment(text: str, timezone: ZoneInfo) -> str:
    """Write a payload's time in UTC and, where it differs, in the reader's time zone."""
    at = datetime.fromisoformat(text)
    local = at.astimezone(timezone)
    written = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if local.utcoffset() == at.astimezone(UTC).utcoffset():
        return written
    day = "" if local.date() == at.astimezone(UTC).date() else f"{local:%Y-%m-%d} "
    return f"{written} ({day}{local:%H:%M:%S} {timezone.key})"


def value_rows(data: Facts) -> list[tuple[str, str]]:
    """Return the value beside its threshold, then the numbers of the snapshot and their age."""
    label, write = VALUES.get(data["rule"] or "", ("Value", _as_it_is))
    rows = []
    if data["value"] is not None or data["threshold"] is not None:
        rows.append((label, f"{known(write, data['value'])} (threshold {known(write, data['threshold'])})"))
    if data["snapshot"] is not None:
        rows += [(name, known(form, data["snapshot"].get(key))) for key, (name, form) in SNAPSHOT.items()]
        rows.append(("Age of these numbers", known(seconds, data["data_age_seconds"])))
    return rows


def order_rows(order: Facts, timezone: ZoneInfo) -> list[tuple[str, str]]:
    """Return an order line by line, its numbers exact: they are to be typed in."""
    base = _base(order)
    unit = {"base": base, "contracts": "contracts", "quote": "of the quote currency"}[order["order_unit"]]
    ratio = order["hedge_ratio_after"]
    rows = [
        ("Side", order["side"].upper()),
        ("Quantity to enter", f"{order['order_quantity']} {unit}"),
        ("Limit price", order["limit_price"]),
        ("Instrument", f"{order['symbol']} on {order['exchange']}"),
        ("Account", order["account"]),
        ("Position side", order["position_side"]),
        ("In coins / contracts", f"{order['coins']} {base} / {order['contracts']}"),
        ("Time in force", TIMES_IN_FORCE.get(order["time_in_force"], order["time_in_force"])),
        ("Reduce only", "yes" if order["reduce_only"] else "no"),
        ("Valid until", moment(order["valid_until"], timezone)),
        ("Estimated fee", known(dollars, order["estimated_fee_usd"])),
        ("Estimated slippage", known(dollars, order.get("estimated_slippage_usd"))),
        ("Hedge ratio afterwards", known(percent(2), ratio)),
    ]
    return [(label, text) for label, text in rows if text is not None]


def top_up_rows(top_up: Facts) -> list[tuple[str, str]]:
    """Return margin to add line by line; the amount exact, it is to be typed in."""
    after = top_up["liquidation_price_after"]
    rows = [
        ("Amount", f"{top_up['amount']} {top_up['asset']}"),
        ("Account", top_up["account"]),
        ("Liquidation price afterwards", price(after) if after else "none: no price liquidates it then"),
    ]
    return [(label, text) for label, text in rows if text is not None]


def order_in_words(order: Facts) -> str:
    """Write an order as one phrase for a subject: ``sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better``."""
    place = f"{order['symbol']} on {order['exchange']}"
    return f"{order['side']} {order['coins']} {_base(order)} of {place} at {order['limit_price']} or better"


def _base(order: Facts) -> str:
    """Return the coin that is traded: a proxy's orders are in another coin than its hedge's."""
    return str(order["symbol"]).partition("/")[0]


def age(text: str, at: str) -> str:
    """Write how long before ``at`` a payload's time was."""
    lasted = datetime.fromisoformat(at) - datetime.fromisoformat(text)
    return duration_text(Decimal(repr(lasted.total_seconds())))


def _as_it_is(text: str) -> str:
    return text
