"""The demo's stage: simulated exchanges, a mailbox, a webhook receiver, and the real daemon between them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import secrets
import tempfile
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from rich.console import Console

from hedgewatch.bootstrap.places import shipped
from hedgewatch.bootstrap.reading import reading
from hedgewatch.cli.daemon import configure_logs, run_parts, stop_on_signals
from hedgewatch.cli.paging import open_pages
from hedgewatch.cli.serving import simulated_world
from hedgewatch.cli.tables import number, percent
from hedgewatch.cli.working import open_worker
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import Settings, load_settings
from hedgewatch.simulator.mailbox import Mailbox
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.simulator.server import SimulatedExchanges
from hedgewatch.web.serve import Pages

EXCHANGES = ("BINANCE", "BYBIT", "BINGX", "WEEX", "MEXC")
PRINT_EVERY = 3  # cycles between two lines about prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands around the daemon while the demo runs."""

    exchanges: SimulatedExchanges
    mailbox: Mailbox
    receiver: WebhookReceiver
    environ: dict[str, str]


class Showcase:
    """Runs the demo once."""

    def __init__(self, *, seconds: float | None, scenario: str, seed: int, database: Path | None) -> None:
        """Take how long, which scenario, which seed, and where the database is to stay (None: nowhere)."""
        self._seconds = seconds
        self._scenario = scenario
        self._seed = seed
        self._database = database
        self._console = Console(stderr=True)
        self._cycles = 0
        self._events: Counter[str] = Counter()

    async def run(self) -> dict[str, Any]:
        """Run until the time is over, Ctrl-C or SIGTERM, and return what happened."""
        stopping = stop_on_signals()
        async with contextlib.AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hedgewatch-demo-")))
            stage = await self._set(stack, self._database or folder / "hedgewatch.db")
            settings = load_settings(shipped("config") / "demo.toml", stage.environ)
            configure_logs("console").add(settings.known_secrets(stage.environ))
            await self._play(stack, settings, stage, stopping)
            return self._summary(settings, stage)

    async def _set(self, stack: contextlib.AsyncExitStack, database: Path) -> Stage:
        exchanges = SimulatedExchanges(simulated_world(self._scenario, self._seed))
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        receiver, mailbox = WebhookReceiver(secret), Mailbox()
        url = await exchanges.start()
        stack.push_async_callback(exchanges.stop)
        hook = await receiver.start()
        stack.push_async_callback(receiver.stop)
        smtp = f"smtp://127.0.0.1:{await mailbox.start()}"
        stack.push_async_callback(mailbox.stop)
        environ = {
            **os.environ,
            "HEDGEWATCH_DEMO_WEBHOOK_SECRET": secret,
            "HEDGEWATCH__STORAGE__URL": f"sqlite:///{database}",
            "HEDGEWATCH__CHANNELS__HOOK__URL": hook,
            "HEDGEWATCH__CHANNELS__MAILBOX__SERVER": smtp,
            **{f"HEDGEWATCH__EXCHANGES__{name}__BASE_URL": url for name in EXCHANGES},
        }
        return Stage(exchanges=exchanges, mailbox=mailbox, receiver=receiver, environ=environ)

    async def _play(
        self, stack: contextlib.AsyncExitStack, settings: Settings, stage: Stage, stopping: asyncio.Event
    ) -> None:
        worker = await open_worker(stack, settings, stage.environ, on_cycle=self._tell)
        pages = self._open_pages(stack, settings, stage)
        ends = f"for {self._seconds:g} s" if self._seconds else "until Ctrl-C"
        self._say(f"Five hedges on five simulated exchanges live through the scenario {self._scenario}, {ends}.")
        self._say(f"[bold]pages      [/bold] http://{pages.address}/  (open them in a browser)")
        self._say(f"[bold]exchanges  [/bold] {stage.environ['HEDGEWATCH__EXCHANGES__BINANCE__BASE_URL']}")
        self._say(f"[bold]mailbox    [/bold] {stage.environ['HEDGEWATCH__CHANNELS__MAILBOX__SERVER']}")
        self._say(f"[bold]webhook    [/bold] {stage.environ['HEDGEWATCH__CHANNELS__HOOK__URL']}")
        self._say(f"[bold]database   [/bold] {settings.storage.url}")
        if self._seconds:
            timer = asyncio.get_running_loop().call_later(self._seconds, worker.stop)
            stack.callback(timer.cancel)
        await run_parts([worker, pages], stopping)

    def _open_pages(self, stack: contextlib.AsyncExitStack, settings: Settings, stage: Stage) -> Pages:
        listen = settings.web.listen
        try:
            return open_pages(stack, settings, stage.environ, listen)
        except ConfigurationError:
            self._say(f"{listen} is taken, so the pages get another port")
            return open_pages(stack, settings, stage.environ, f"{listen.rpartition(':')[0]}:0")

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)

    def _tell(self, result: CycleResult) -> None:
        self._cycles += 1
        if self._cycles % PRINT_EVERY == 1:
            for snapshot in result.snapshots:
                self._say(_line(snapshot))
        for event in result.verdict.events:
            self._events[event.type.value] += 1
            self._say(f"[bold red]{event.severity.value:<8}[/bold red] {event.type.value}: {event.finding.message}")

    def _summary(self, settings: Settings, stage: Stage) -> dict[str, Any]:
        with reading(settings, stage.environ) as history:
            deliveries = history.deliveries(limit=10_000)
            alerts = history.alerts(limit=10_000)
        delivered = Counter(row["channel"] for row in deliveries if row["state"] == "delivered")
        pending = Counter(row["channel"] for row in deliveries if row["state"] == "pending")
        return {
            "cycles": self._cycles,
            "alerts": dict(Counter(row["rule"] for row in alerts)),
            "events": dict(self._events),
            "deliveries": {
                name: {"delivered": delivered[name], "pending": pending[name]} for name in settings.channels
            },
            "received": {"hook": stage.receiver.statistics.received, "mailbox": len(stage.mailbox.mails)},
            "mail": _most_urgent([mail.message for mail in stage.mailbox.mails]),
        }


def _most_urgent(mails: list[EmailMessage]) -> dict[str, str] | None:
    """Return the first critical mail, else the first one, as its reader saw it; None if none came."""
    critical = [mail for mail in mails if mail["Subject"].startswith(f"[{Severity.CRITICAL}]")]
    for mail in (*critical, *mails):
        body = mail.get_body(("plain",))
        if body is not None:
            return {"subject": str(mail["Subject"]), "text": str(body.get_content()).replace("\r\n", "\n")}
    return None


def _line(snapshot: HedgeSnapshot) -> str:
    spot, basis = number(snapshot.spot_price), percent(snapshot.basis_rate, 3)
    funding, ratio = percent(snapshot.funding_rate_8h, 4), percent(snapshot.hedge_ratio, 1)
    return (
        f"[dim]{snapshot.read_at:%H:%M:%S}[/dim] {snapshot.hedge.name:<12} spot {spot:>10}  basis {basis:>9}"
        f"  funding/8h {funding:>10}  hedged {ratio:>8}"
    )


def print_summary(summary: dict[str, Any]) -> None:
    """Print what happened in the demo."""
    console = Console()
    words = ", ".join(f"{count} {rule}" for rule, count in summary["alerts"].items()) or "none"
    console.print(f"cycles      {summary['cycles']}", highlight=False)
    console.print(f"alerts      {sum(summary['alerts'].values())} ({words})", highlight=False)
    for channel, counts in summary["deliveries"].items():
        received = summary["received"].get(channel, 0)
        line = f"{channel:<11} {counts['delivered']} delivered, {counts['pending']} pending, {received} received"
        console.print(line, highlight=False)
    if summary["mail"]:
        mail = (
            f"\none of the mails, as it arrived:\n\nSubject: {summary['mail']['subject']}\n\n{summary['mail']['text']}"
        )
        console.print(mail, highlight=False, markup=False, soft_wrap=True)
