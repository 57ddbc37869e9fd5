"""What the reader of an alert is to do, and what happens if nobody does: by its action, more exactly by its rule."""

from __future__ import annotations

from collections.abc import Mapping

ENDED = "Nothing has to be done."
CLOSED = "Nobody watches this any more. If that was not meant, look at the configuration."
WATCH, CHECK = "watch", "check_data"
EITHER = "Add margin, or reduce the position: one of the two is enough. What is shown here does just that."
DEEDS: Mapping[str, str] = {
    "rebalance": "Bring the hedge back to its target. Where an order is shown it does just that: check it against your"
    " account before you place it.",
    "close": "Decide whether this hedge is still worth what it costs; if not, close it. To keep it, do nothing. An"
    " order shown here buys the short back; the coins are unprotected from then on.",
    "roll": "Roll the future before it expires: buy it back and sell the later one, together.",
    "top_up": EITHER,
    "reduce": EITHER,
    WATCH: "Nothing has to be done at once: keep an eye on it.",
    CHECK: "Do not rely on this hedge's numbers until its data flows again. Look at the exchange's status page"
    " and at your network; `hedgewatch doctor` asks each exchange and says what it finds.",
}
DEEDS_OF_RULES: Mapping[tuple[str, str], str] = {
    ("negative_funding", WATCH): "Nothing has to be done at once. If this goes on, decide how long you will pay it:"
    " `hedgewatch size` shows what a smaller hedge costs a day.",
    (
        "double_whammy",
        WATCH,
    ): "Keep the hedge while the coins fall, unless it costs more a day than you accept.",
    ("orphaned", "close"): "Close the short, unless the coins are only somewhere else: then correct"
    " the holding (`hedgewatch holding set`).",
    ("delisting", "close"): "Close the short while the contract still trades, and open it again in"
    " another one if you still want the protection.",
    ("profit_target", "close"): "Decide whether to take the gain: sell the coins and close the short, together: one of"
    " them alone leaves you exposed.",
    ("depeg", WATCH): "Look at what you hold in this currency, and decide whether to move it to another one.",
    ("unhedged_holding", WATCH): "Nothing, if these coins are not meant to be hedged; else give them to a hedge.",
    ("basis_label", WATCH): "Nothing at once: what waiting pays has changed, the protection has not.",
    ("funding_interval_change", WATCH): "Nothing: rates here are per 8 h and take the new interval into account.",
    ("margin_mode", WATCH): "Set the position's margin mode at the exchange to what you meant, or correct the"
    " configuration.",
    ("liquidity", WATCH): "Nothing now. When you leave this hedge, leave it in the parts named above.",
    ("contract_changed", CHECK): "Compare what changed with the exchange's announcement, and place no order that was"
    " sized before it.",
    (
        "liquidation_price_mismatch",
        CHECK,
    ): "Compare margin, entry price and contract size in the configuration with what the exchange shows.",
    ("clock_skew", CHECK): "Set this machine's clock right: let it follow a time server.",
    ("self.database_down", CHECK): "See why the database cannot be written (is it running, locked, full?); what is"
    " watched meanwhile is kept and written later.",
    ("self.disk_low", CHECK): "Free space on the disk named above.",
    ("self.delivery_failing", CHECK): "Try the channel: `hedgewatch channels test` says what it answers.",
    ("self.dead_letter", CHECK): "Try the channel (`hedgewatch channels test`), then send what was given up again"
    " (`hedgewatch outbox replay`).",
    ("self.config_rejected", CHECK): "Correct the file; `hedgewatch config check` lists every mistake. The one before"
    " it stays in force.",
}
IF_NOTHING_IS_DONE: Mapping[str, str] = {
    "drift": "What lies between the hedge and its target stays exposed to the price.",
    "basis_adverse": "The loss stands on paper for as long as the premium stays; it goes as the premium falls.",
    "negative_funding": "The short goes on paying at every settlement for as long as the rate is below zero; the coins"
    " stay protected.",
    "double_whammy": "The short goes on paying, and the coins stay protected as far as they are hedged.",
    "funding_paid": "The cost goes on adding up; the coins stay protected.",
    "cost_outweighs": "The coins stay protected, at the cost a day named above.",
    "liquidation_distance": "If the price rises that far, the exchange closes the short at a loss, and the coins are"
    " unprotected.",
    "leverage": "A rise of the size named above ends the hedge.",
    "margin_usage": "The nearer to 100 %, the nearer the exchange is to closing positions of this account.",
    "adl": "The exchange may close the short, at a gain, just as the price falls; the coins are unprotected then.",
    "roll_due": "The future is settled at its expiry, and the coins are unprotected from then on.",
    "horizon_end": "The hedge goes on, and so does what it costs.",
    "event_passed": "The hedge goes on, and so does what it costs; this is told until it is closed or acknowledged.",
    "profit_target": "Coins and short stay as they are; the price may come back.",
    "orphaned": "The short is a bet on a falling price: a rise is a loss that no coin makes up for.",
    "position_missing": "The coins are unprotected.",
    "position_reduced": "The part of the coins that the short no longer covers is unprotected.",
    "delisting": "The exchange settles the contract at its own price and time, and the coins are unprotected then.",
    "liquidity": "In a hurry, leaving this hedge costs about what is named above.",
    "depeg": "What is held and settled in this currency is worth that much less.",
    "data_stale": "A danger that arises meanwhile is not seen here.",
    "exchange_down": "A danger that arises meanwhile is not seen here.",
    "proxy_beta_shift": "The short covers more or less of the coins than it says.",
    "proxy_effectiveness": "What the short does not remove stays a risk, at the full price of the hedge.",
}


def deed(kind: str, action: str | None, rule: str | None = None) -> str:
    """Say what the reader should do about an event of this type."""
    if kind.endswith(".resolved"):
        return ENDED
    if kind.endswith(".closed"):
        return CLOSED
    named = action or ""
    return DEEDS_OF_RULES.get((rule or "", named)) or DEEDS.get(named, ENDED)


def if_nothing_is_done(kind: str, rule: str | None) -> str | None:
    """Say what happens if the reader does nothing; None where an alert is over, or where there is nothing to say."""
    if kind.endswith((".resolved", ".closed", ".test")):
        return None
    return IF_NOTHING_IS_DONE.get(rule or "")
