from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from hedgewatch.web.guard import SECURITY_HEADERS
from tests.web import gallery
from tests.web.samples import LEG, NOW, MemoryHistory, alert_row, calm, hedge_row, order, unreadable
from tests.web.visitors import served

HOSTILE = "<script>alert('x')</script>"


def title(page: str) -> str:
    return re.findall(r"<title>(.*?)</title>", page)[0]


async def test_the_first_page_shows_every_hedge_the_worst_first() -> None:
    async with served(gallery.everything()) as visitor:
        page = await visitor.text("/")
    assert title(page) == "Critical: btc-core · hedgewatch"
    assert re.findall(r'<tr class="(\w+)">', page) == ["critical", "warning", "unknown", "partial", "ok"]
    assert "5 hedges: 1 critical, 1 warning, 1 unknown, 1 partly known, 1 OK" in page
    for shown in ("93.00 %", "\u22120.132 %", "\u221213.2 bp", "\u22120.0460 %", "paid", "not known yet", "4 s ago"):
        assert shown in page
    assert "18:00:00 UTC" in page
    assert "19:00:00 Europe/Berlin" in page
    assert "sell 0.35 BTC of BTC/USDT:USDT on binance at 59914.6 or better" in page
    assert "no answer from contract.mexc.com" in page
    assert "refused the message (HTTP 502)" in page


async def test_the_banner_says_what_is_wrong_and_only_then_the_rest() -> None:
    async with served(gallery.everything()) as visitor:
        page = await visitor.text("/")
    says = (
        '<p class="worst">btc-core is hedged 93 %: sell 0.35 BTC of BTC/USDT:USDT on binance at 59914.6 or better</p>'
    )
    assert says in page
    assert page.index(says) < page.index("<h2>Hedges") < page.index("<h2>Open alerts")


async def test_the_banner_speaks_of_the_hedge_that_it_names_first() -> None:
    book = calm("btc-core")
    book.hedges.append(hedge_row("sol"))
    book.episodes += [
        alert_row("drift", "critical", hedge="btc-core", message="btc-core is hedged 93 %"),
        alert_row("drift", "critical", hedge="sol", fired_at=NOW, message="sol is hedged 90 %"),
    ]
    async with served(book) as visitor:
        page = await visitor.text("/")
    assert title(page) == "Critical: btc-core, sol · hedgewatch"
    assert '<p class="worst">btc-core is hedged 93 %</p>' in page


async def test_green_means_that_all_is_known_and_clear() -> None:
    async with served(gallery.all_clear()) as visitor:
        page = await visitor.text("/")
    assert title(page) == "All clear · hedgewatch"
    assert 'class="banner ok"' in page


@pytest.mark.parametrize("book", [gallery.unknown(), gallery.stale(), gallery.partly(), MemoryHistory()])
async def test_what_is_not_known_is_never_green(book: MemoryHistory) -> None:
    async with served(book) as visitor:
        page = await visitor.text("/")
    assert 'class="banner ok"' not in page
    assert '<span class="pill ok">' not in page


async def test_a_stopped_worker_is_seen() -> None:
    async with served(gallery.stale()) as visitor:
        page = await visitor.text("/")
        hedge = await visitor.text("/hedges/btc-core")
    assert title(page).startswith("No fresh data")
    assert "no fresh data since 2026-11-22 17:46:00 UTC" in page
    assert "chip ok" not in page.partition("Messages")[0]
    assert "no fresh data since" in hedge


async def test_an_empty_database_says_what_is_missing() -> None:
    async with served(MemoryHistory()) as visitor:
        page = await visitor.text("/")
    assert "is the worker running?" in page


async def test_an_exchange_that_is_down_marks_the_page_by_its_alert() -> None:
    book = calm()
    book.episodes = [alert_row("exchange_down", "critical", hedge=None, exchange="mexc", message="mexc is down")]
    async with served(book) as visitor:
        page = await visitor.text("/")
    assert title(page).startswith("Critical: exchange down")


async def test_a_hedge_shows_its_numbers_and_the_order_that_mends_it() -> None:
    async with served(gallery.everything()) as visitor:
        page = await visitor.text("/hedges/btc-core")
    assert title(page) == "Critical: btc-core · hedgewatch"
    assert "SELL" in page
    for shown in ("0.35 BTC", "59914.6", "post only", "100.00 %", "8.39 USD", "300,100 USD", "5 BTC", "60018.4"):
        assert shown in page
    assert "Do not place it as it stands" not in page
    assert "hedge_history WHERE hedge = &#39;btc-core&#39;" in page
    assert page.count("<polyline") == 2  # one value of the twenty is not known
    assert "resolved" in page


async def test_an_order_whose_time_is_over_warns() -> None:
    async with served(gallery.everything(), NOW + timedelta(seconds=80)) as visitor:
        page = await visitor.text("/hedges/btc-core")
    assert "Do not place it as it stands" in page


async def test_a_condition_stands_with_its_order() -> None:
    book = gallery.critical()
    book.outcomes[0] = {**book.outcomes[0], "condition": "if you no longer own these coins", "orders": [order()]}
    async with served(book) as visitor:
        assert "Only if you no longer own these coins" in await visitor.text("/hedges/btc-core")


async def test_both_pages_renew_themselves() -> None:
    async with served(calm()) as visitor:
        for path in ("/", "/hedges/btc-core"):
            assert '<meta http-equiv="refresh" content="30">' in await visitor.text(path)


async def test_an_unknown_hedge_offers_those_there_are() -> None:
    async with served(calm()) as visitor:
        answer, page = await visitor.ask("/hedges/btc-cor")
        elsewhere, _ = await visitor.ask("/nowhere")
    assert (answer.status, elsewhere.status) == (404, 404)
    assert 'href="/hedges/btc-core"' in page


async def test_any_name_has_its_page() -> None:
    names = (HOSTILE, "a/b", "100% \u00fc?#", "o'hedge", "a//b")
    async with served(gallery.joined(*(calm(name) for name in names))) as visitor:
        links = re.findall(r'<th scope="row"><a href="([^"]+)"', await visitor.text("/"))
        pages = [await visitor.text(link) for link in links]
    assert len(pages) == len(names)
    assert not any("<script" in page for page in pages)


async def test_hostile_words_are_only_words() -> None:
    book = gallery.critical()
    for rows in (book.hedges, book.legs, book.outcomes, book.episodes, book.cycles):
        for number, row in enumerate(rows):
            texts = {name: HOSTILE for name in ("message", "error", "symbol", "account", "asset") if name in row}
            rows[number] = {**row, **texts}
    book.outcomes[0] = {**book.outcomes[0], "orders": [order(symbol=HOSTILE, account=HOSTILE)]}
    book.hedges.append(hedge_row(HOSTILE))
    async with served(book) as visitor:
        pages = [await visitor.text("/"), await visitor.text("/hedges/btc-core")]
        pages.append((await visitor.ask(f"/hedges/{quote(HOSTILE)}x"))[1])
    for page in pages:
        assert "<script" not in page
        assert "&lt;script&gt;" in page


async def test_every_answer_carries_the_headers() -> None:
    paths = (
        "/",
        "/hedges/btc-core",
        "/hedges/x",
        "/healthz",
        "/readyz",
        "/static/hedgewatch.css",
        "/static/x",
        "/docs",
    )
    async with served(calm()) as visitor:
        for path in paths:
            for method, host in (("GET", None), ("HEAD", None), ("POST", None), ("GET", "evil.example")):
                answer, _ = await visitor.ask(path, method=method, host=host)
                assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
                assert "server" not in answer.headers
            assert answer.status == 403


async def test_everything_a_page_loads_is_served_here() -> None:
    async with served(gallery.everything()) as visitor:
        page = await visitor.text("/") + await visitor.text("/hedges/btc-core")
        links = set(re.findall(r'(?:href|src)="([^"]+)"', page))
        assert {link for link in links if not link.startswith("/")} == set()
        for link in links:
            answer, text = await visitor.ask(link)
            assert (answer.status, "://" in text.replace("http://www.w3.org/2000/svg", "")) == (200, False), link
    assert "<script" not in page
    assert " style=" not in page


async def test_a_head_has_no_body() -> None:
    async with served(calm()) as visitor:
        answer, text = await visitor.ask("/", method="HEAD")
    assert (answer.status, text) == (200, "")


@pytest.mark.parametrize(("error", "status"), [(unreadable(), 503), (RuntimeError("canary at /srv/x.py"), 500)])
async def test_an_error_tells_nothing_of_the_inside(error: Exception, status: int) -> None:
    async with served(MemoryHistory(broken=error)) as visitor:
        for path in ("/", "/hedges/btc-core"):
            answer, page = await visitor.ask(path)
            assert answer.status == status
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            for word in ("canary", "Traceback", "RuntimeError", "postgresql", "/srv"):
                assert word not in page


async def test_the_probes_tell_alive_from_ready() -> None:
    async with served(calm()) as visitor:
        assert await visitor.text("/healthz") == '{"status":"alive"}'
        answer, text = await visitor.ask("/readyz")
    assert (answer.status, '"age_seconds":"4"' in text) == (200, True)


@pytest.mark.parametrize(
    ("book", "reason"),
    [
        (gallery.stale(), "committed 14 min ago"),
        (MemoryHistory(), "no cycle was ever committed"),
        (MemoryHistory(broken=unreadable()), "database cannot be read"),
    ],
)
async def test_not_ready_has_a_reason(book: MemoryHistory, reason: str) -> None:
    async with served(book) as visitor:
        answer, text = await visitor.ask("/readyz")
        alive, _ = await visitor.ask("/healthz")
    assert (answer.status, alive.status) == (503, 200)
    assert reason in text


async def test_a_leg_without_history_has_no_chart() -> None:
    book = calm()
    book.basis = []
    async with served(book) as visitor:
        assert "<svg" not in await visitor.text("/hedges/btc-core")
    assert book.legs[0]["leg"] == LEG
