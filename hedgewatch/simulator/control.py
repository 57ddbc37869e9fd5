"""The commands over HTTP: faults, scenario, pins, listings, accounts and the call log, below ``/_control``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from aiohttp import web

from hedgewatch.simulator.damage import json_response
from hedgewatch.simulator.faults import Faults
from hedgewatch.simulator.market import World
from hedgewatch.simulator.registry import Accounts, told

CONTROL = "_control"


@dataclass(frozen=True, slots=True)
class Control:
    """What may be commanded; ``now`` in epoch milliseconds."""

    world: World
    faults: Faults
    accounts: Accounts
    now: int
    counts: Callable[[], dict[str, dict[str, int]]]
    forget_calls: Callable[[], None]


async def control(held: Control, request: web.BaseRequest) -> web.StreamResponse:
    """Answer a command: 200 with what stands now, 400 with the mistake, 404 for an unknown command."""
    command = COMMANDS.get((request.method, request.path.removeprefix(f"/{CONTROL}/")))
    if command is None:
        known = sorted(f"{method} {name}" for method, name in COMMANDS)
        return json_response(orjson.dumps({"error": "unknown command", "known": known}), status=404)
    try:
        body = orjson.loads(await request.read() or b"{}")
        return json_response(orjson.dumps(command(held, body), default=str))
    except (ValueError, TypeError, KeyError) as error:
        return json_response(orjson.dumps({"error": str(error)}), status=400)


def tell_faults(held: Control, _body: dict[str, str]) -> object:
    """Return all faults."""
    return [fault.told() for fault in held.faults.standing()]


def set_fault(held: Control, body: dict[str, str]) -> object:
    """Set one fault: exchange, kind, path, count, duration and its details."""
    return held.faults.set(**body).told()  # type: ignore[arg-type]  # a wrong one is a 400


def clear_faults(held: Control, body: dict[str, str]) -> object:
    """Clear the faults of an exchange, a kind, or all."""
    return {"cleared": held.faults.clear(**body)}


def tell_scenario(held: Control, _body: dict[str, str]) -> object:
    """Return the scenario."""
    return {"scenario": held.world.scenario, "seed": held.world.seed, "started_at": held.world.started_at}


def switch_scenario(held: Control, body: dict[str, str]) -> object:
    """Begin another scenario now."""
    held.world.switch(body["scenario"], held.now)
    return tell_scenario(held, body)


def set_pin(held: Control, body: dict[str, str]) -> object:
    """Pin figures: asset, exchange or none, and the figures of World.pin."""
    held.world.pin(**body)
    return {"pinned": body}


def clear_pins(held: Control, body: dict[str, str]) -> object:
    """Unpin an asset or all."""
    held.world.unpin(body.get("asset"))
    return {"unpinned": body.get("asset", "all")}


def tell_calls(held: Control, _body: dict[str, str]) -> object:
    """Return how often each path of each exchange was called."""
    return held.counts()


def forget_calls(held: Control, _body: dict[str, str]) -> object:
    """Begin the counts anew."""
    held.forget_calls()
    return {}


def tell_accounts(held: Control, _body: dict[str, str]) -> object:
    """Return all accounts, without their secrets."""
    return held.accounts.told()


def add_account(held: Control, body: dict[str, str]) -> object:
    """Open an account: exchange, name, key, secret and the other fields of ApiKey."""
    return told(held.accounts.add(**body))


def command_account(held: Control, body: dict[str, str]) -> object:
    """Command an account: exchange, name, do and what it takes (registry.COMMANDS)."""
    return told(held.accounts.command(**body))


def change_listing(held: Control, body: dict[str, str]) -> object:
    """Change a listing: exchange, asset, kind and the figures of World.change."""
    held.world.change(**body)
    return {"changed": body}


def delist(held: Control, body: dict[str, str]) -> object:
    """Take a listing away: exchange, asset, kind."""
    held.world.delist(**body)
    return {"delisted": body}


COMMANDS: dict[tuple[str, str], Callable[[Control, dict[str, str]], object]] = {
    ("GET", "faults"): tell_faults,
    ("POST", "faults"): set_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "scenario"): tell_scenario,
    ("POST", "scenario"): switch_scenario,
    ("POST", "pin"): set_pin,
    ("DELETE", "pin"): clear_pins,
    ("GET", "accounts"): tell_accounts,
    ("POST", "accounts"): add_account,
    ("POST", "account"): command_account,
    ("POST", "listing"): change_listing,
    ("DELETE", "listing"): delist,
    ("GET", "calls"): tell_calls,
    ("DELETE", "calls"): forget_calls,
}
