"""Mends: what to do about each reason why something is not known, in the words of doctor and of alerts."""

from __future__ import annotations

from collections.abc import Mapping

from hedgewatch.domain.market import UnknownReason

R = UnknownReason

MENDS: Mapping[UnknownReason, str] = {
    R.NOT_AVAILABLE: "nothing is wrong: it needs a key, a setting or more history",
    R.STALE: "wait for a fresh answer; if it lasts, look at the exchange's status page",
    R.FROZEN: "compare with the exchange's own page: its feed stands still",
    R.MISSING: "the exchange left it out of its answer; if it lasts, look for a notice about it there",
    R.FETCH_ERROR: "look at the network, proxy and firewall, then at the exchange's status page",
    R.TIMEOUT: "look at the network; if only this exchange is slow, poll it less often",
    R.RATE_LIMITED: "nothing is asked until the time it named; if it comes back, poll less often or use fewer accounts",
    R.BANNED: "nothing is asked until the ban ends; stop whatever else calls this exchange from this address",
    R.MAINTENANCE: "wait for its maintenance to end; its status page says when",
    R.GEO_BLOCKED: "this address may not use the exchange: run hedgewatch where it may, or remove the exchange",
    R.UNKNOWN_SYMBOL: "correct the symbol in the configuration, or remove it if it was delisted",
    R.NOT_JSON: "it answered with a page: a maintenance, a firewall or a proxy in between",
    R.NOT_A_NUMBER: "the exchange sent no number; if it lasts, run doctor --record and report it",
    R.OUT_OF_RANGE: "the number is implausible and was not believed; if it lasts, run doctor --record and report it",
    R.DUPLICATE: "the exchange sent two rows of one thing that contradict each other; wait for its next answer",
    R.LEG_MISSING: "the position is not in its answer, which is not believed yet: look at the exchange's own page",
    R.COINS_MISSING: "the coins are not in its answer, which is not believed yet: look at the exchange's own page",
    R.SHRUNKEN: "less than before, which is not believed yet: look at the exchange's own page",
    R.JUMPED: "far more than before, which is not believed yet: look at the exchange's own page",
    R.CLOCK_SKEW: "set this machine's clock right: let it follow NTP",
    R.BAD_KEY: "see that key, secret and passphrase belong together, still hold, and may be used from this address",
    R.NO_PERMISSION: "give the key the right to read this, and see that it may be used from this address",
    R.RULE_ERROR: "a fault of hedgewatch: report it with the log",
}
SIZE_MEND = "nothing may be sized with it: compare with the exchange's contract page, and report it"
