"""An account that says what a test has written."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.bootstrap.rehearsal.exchange import SOURCE
from hedgewatch.bootstrap.rehearsal.script import Script
from hedgewatch.domain.account import (
    AccountFailure,
    AccountPosition,
    AccountSnapshot,
    CoinBalance,
    MarginMode,
    MarginWallet,
)
from hedgewatch.domain.hedge import Leg
from hedgewatch.domain.market import Stamp, UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.monitoring.ports import AccountWanted

MAINTENANCE = Decimal("0.005")  # of notional, where the test says nothing


class RehearsedAccount:
    """Fills the port AccountSource with written series."""

    def __init__(self, account: str, exchange: str, script: Script) -> None:
        """Take the script."""
        self.account, self.exchange = account, exchange
        self._script = script

    async def fetch(self, wanted: AccountWanted) -> AccountSnapshot | AccountFailure:  # noqa: ARG002  the port's signature
        """Say what stands in the series at this poll; a gap in contracts or coins is an account that is silent."""
        script, now = self._script, self._script.clock.now()
        legs = [leg for leg in script.hedge.legs if leg.is_read and leg.account == self.account]
        held = [share.holding for share in script.hedge.held if share.holding.account == self.account]
        sizes = {leg.name: script.number("contracts", leg.name) for leg in legs}
        coins = {one.name: script.number("coins", one.name) for one in held}
        if None in sizes.values() or None in coins.values():
            detail = f"account {self.account} did not answer"
            return AccountFailure(
                account=self.account, exchange=self.exchange, reason=UnknownReason.TIMEOUT, detail=detail
            )
        positions = tuple(self._position(leg, sizes[leg.name] or ZERO) for leg in legs if sizes[leg.name])
        return AccountSnapshot(
            account=self.account,
            exchange=self.exchange,
            received_at=now,
            exchange_time=now,
            positions=positions,
            balances=tuple(
                CoinBalance(asset=one.asset, wallet="spot", free=coins[one.name] or ZERO, used=ZERO) for one in held
            ),
            wallets=tuple(self._wallet(asset, legs, positions) for asset in {leg.futures.settle for leg in legs}),
            orders=(),
            payments=(),
        )

    async def close(self) -> None:
        """There is nothing to close."""

    def _position(self, leg: Leg, contracts: Decimal) -> AccountPosition:
        script, ref, place = self._script, leg.futures, leg.name
        now = script.clock.now()
        price = script.number(script.price_input(ref), str(ref)) or ZERO
        mark = script.number("mark", str(ref)) or price
        is_cross = script.number("cross", place)
        expected = MarginMode.CROSS if leg.expected_mode is None else leg.expected_mode
        mode = expected if is_cross is None else MarginMode.CROSS if is_cross else MarginMode.ISOLATED
        adl = script.number("adl", place)
        notional = abs(contracts) * (script.number("size", str(ref)) or Decimal(1)) * (1 if ref.is_inverse else mark)
        return AccountPosition(
            ref=ref,
            contracts=contracts,
            is_dual_side=False,
            entry_price=mark,
            mark_price=mark,
            reported_notional=notional,
            liquidation_price=script.number("liquidation", place),
            margin_mode=mode,
            margin=script.number("margin", place) if mode is MarginMode.ISOLATED else None,
            maintenance_margin=self._maintenance(leg, notional / mark if ref.is_inverse and mark else notional),
            unrealised_pnl=ZERO,
            leverage=None,
            adl_quantile=None if adl is None else int(adl),
            stamp=Stamp(exchange_time=now, received_at=now, source=SOURCE),
        )

    def _maintenance(self, leg: Leg, notional: Decimal) -> Decimal:
        written = self._script.number("maintenance", leg.name)
        return notional * MAINTENANCE if written is None else written

    def _wallet(self, asset: str, legs: list[Leg], positions: tuple[AccountPosition, ...]) -> MarginWallet:
        backed = [leg for leg in legs if leg.futures.settle == asset]
        refs = {leg.futures for leg in backed}
        cross = [one for one in positions if one.ref in refs and one.margin_mode is MarginMode.CROSS]
        needed = sum((one.maintenance_margin or ZERO for one in cross), ZERO)
        equity = self._script.number("equity", backed[0].name) or ZERO
        return MarginWallet(
            wallet="margin",
            asset=asset,
            equity=equity,
            initial_margin=needed,
            maintenance_margin=needed,
            credit=None,
            is_shared=len(backed) > 1,
        )
