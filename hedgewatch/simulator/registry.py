"""All accounts of the simulated exchanges, found by name or by key, and the words that command them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.furnishing import furnish
from hedgewatch.simulator.listings import Exchange
from hedgewatch.simulator.market import World

Command = Callable[..., object]
COMMANDS: Mapping[str, Command] = {
    "deposit": Account.deposit,
    "withdraw": Account.withdraw,
    "move": Account.move,
    "borrow": Account.borrow,
    "credit": Account.credit,
    "open": Account.open,
    "reduce": Account.reduce,
    "close": Account.reduce,
    "rest": Account.rest,
    "cancel": Account.cancel,
    "key": Account.set_key,
    "configure": Account.configure,
}


class Accounts:
    """The accounts of one world; ``clock`` tells epoch milliseconds."""

    def __init__(self, world: World, clock: Callable[[], int]) -> None:
        self._world = world
        self._clock = clock
        self._accounts: dict[tuple[Exchange, str], Account] = {}

    def add(self, exchange: Exchange | str, name: str, *, key: str, secret: str, **details: object) -> Account:
        """Open an account with its key; details are the other fields of ApiKey.

        Raises ValueError if the name or the key is taken there.
        """
        place = Exchange(exchange), name
        if place in self._accounts or self.by_key(place[0], key) is not None:
            raise ValueError(f"account {name}: {exchange} has this name or this key already")
        account = Account(self._world, place[0], name, self._clock)
        account.set_key(key=key, secret=secret, created_at=self._clock(), **details)
        self._accounts[place] = account
        return account

    def get(self, exchange: Exchange | str, name: str) -> Account:
        """Return an account; raise KeyError if there is none."""
        found = self._accounts.get((Exchange(exchange), name))
        if found is None:
            raise KeyError(f"{exchange} has no account {name}")
        return found

    def by_key(self, exchange: Exchange, key: str) -> Account | None:
        """Return whose key it is."""
        return next((one for (at, _), one in self._accounts.items() if at is exchange and one.key.key == key), None)

    def command(self, exchange: str, name: str, do: str, **details: object) -> Account:
        """Carry out one of COMMANDS; ValueError, TypeError or KeyError say what is wrong with it."""
        account = self.get(exchange, name)
        if do == "furnish":
            self.furnish(account)
        elif do not in COMMANDS:
            raise ValueError(f"account: cannot {do}; known are furnish, {', '.join(COMMANDS)}")
        else:
            COMMANDS[do](account, **details)
        return account

    def furnish(self, account: Account) -> None:
        """Fill an account with the treasury that the world's seed has for it."""
        furnish(account, now=self._clock(), seed=self._world.seed)

    def told(self) -> list[dict[str, object]]:
        """Return every account as JSON values, secrets left out."""
        return [told(account) for account in self._accounts.values()]


def told(account: Account) -> dict[str, object]:
    """Return an account as JSON values: numbers as text, secrets left out."""
    purses = [
        {"wallet": wallet, "asset": asset} | asdict(purse) for (wallet, asset), purse in sorted(account.purses.items())
    ]
    key = {name: value for name, value in asdict(account.key).items() if name not in {"secret", "password"}}
    return {
        "exchange": account.exchange,
        "name": account.name,
        "key": key,
        "purses": purses,
        "positions": [asdict(position) for position in account.positions],
        "orders": [asdict(order) for order in account.orders.values()],
        "payments": len(account.payments),
    }
