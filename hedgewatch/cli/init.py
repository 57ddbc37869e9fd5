"""``hedgewatch init``: a commented configuration to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PATH = Path("hedgewatch.toml")
PRIVATE = 0o600

TEMPLATE = """\
# hedgewatch: what is held, what protects it, and who is told.
# Every key and rule, with its unit, stands in hedgewatch.example.toml; `hedgewatch config check` says what is wrong.

[monitor]
poll_every = "30s"        # how often every exchange is read, 1s or more
timezone = "{timezone}"   # for words only; everything stored is UTC

[storage]
url = "sqlite:///hedgewatch.db"   # or postgresql://user@host/name

# The coins you own, wherever they lie.
[[holdings]]
name = "cold"
asset = "BTC"
quantity = 1
where = "hardware wallet"

# The short that protects them. Short is negative; on Binance, Bybit, BingX and WEEX one linear contract is one coin,
# on MEXC it is the exchange's contract size. `coins = -1` says the same without knowing that.
[[hedges]]
name = "btc"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = {{ coins = -1 }}   # also: entry_price, margin, entry_basis
# rules = {{ drift = {{ warning = {{ fire = 0.03, clear = 0.02 }} }} }}   # `config show` lists every rule

# Who is told. Secrets are references: "env:NAME", "file:PATH" or "credential:NAME" (systemd).
# [channels.me]
# kind = "email"
# to = ["me@example.com"]
# from = "hedgewatch@example.com"
# server = "smtp://user@mail.example.com:587"   # STARTTLS; smtps:// speaks TLS from the start
# password = "env:SMTP_PASSWORD"

# [channels.ops]
# kind = "webhook"
# url = "https://example.com/hooks/hedge"
# secret = "env:HEDGEWATCH_WEBHOOK_SECRET"      # whsec_…, Standard Webhooks

[routing]
critical = []   # ["ops", "me"] once the channels above are filled in
warning = []    # ["me"]

[web]
listen = "127.0.0.1:8710"
"""


def init(
    path: Annotated[Path, typer.Argument(help="Where to write the configuration.")] = DEFAULT_PATH,
) -> None:
    """Write a commented configuration to start from; an existing file is never touched.

    Example: hedgewatch init hedgewatch.toml
    """
    from hedgewatch.domain.errors import ConfigurationError

    text = TEMPLATE.format(timezone=_timezone())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise ConfigurationError(f"{path}: is there already and was left as it is; name another path") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"{path} written. Fill in what you hold, then: hedgewatch --config {path} config check")


def _timezone() -> str:
    """Return this machine's time zone by its name, UTC where it has none."""
    import zoneinfo

    linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    known = zoneinfo.available_timezones()
    found = next((name for name in (os.environ.get("TZ", ""), linked) if name in known), "UTC")
    return "UTC" if found in {"Etc/UTC", "Etc/UCT", "Zulu", "Universal"} else found
