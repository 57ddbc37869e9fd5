from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import load_settings

Mistakes = Callable[..., list[str]]

CHANNEL = '[channels.ops]\nkind = "webhook"\nurl = "https://example.com/h"\nsecret = "env:S"\n'
MAIL = '[channels.me]\nkind = "email"\nto = ["me@example.com"]\nfrom = "h@example.com"\nserver = "smtp://mail.example.com"\n'
ACCOUNT = '[accounts.desk]\nexchange = "bybit"\napi_key = "env:K"\nsecret = "env:S"\n'
SECOND = '[[hedges]]\nname = "two"\nasset = "BTC"\nspot = "binance:BTC/USDT"\nfutures = "binance:BTC/USDT:USDT"\n'
ETHER = '[[holdings]]\nasset = "ETH"\nquantity = 1\n'

# what is added to a sound file, the key path told, a fragment of what is said
ADDED = [
    ('[monitor]\npoll_evry = "30s"', "monitor.poll_evry", 'unknown key; did you mean "poll_every"?'),
    ('[monitr]\npoll_every = "30s"', "monitr", 'did you mean "monitor"?'),
    ('[monitor]\npoll_every = "500ms"', "monitor.poll_every", "must be 1s or more"),
    ('[monitor]\npoll_every = "soon"', "monitor.poll_every", "write a duration"),
    ("[monitor]\npoll_every = 30", "monitor.poll_every", "write a duration"),
    ('[monitor]\ntimezone = "Mars/Olympus"', "monitor.timezone", "no time zone"),
    ('[currencies.USDT]\nusd = "kraken:USDC/USD"', "currencies.USDT.usd", 'did you mean "kraken:USDT/USD"?'),
    (
        '[currencies.USDT]\nusd = "kraken:USDT/EUR"',
        "currencies.USDT.usd",
        "does not tell what USDT is worth in dollars",
    ),
    ('[monitor]\nprofile = "clam"', "monitor.profile", 'did you mean "calm"?'),
    ('[monitor]\nallow_literal_secrets = "yes"', "monitor.allow_literal_secrets", "true or false"),
    (
        '[storage]\nurl = "mysql://host/name"',
        "storage.url",
        'found the scheme "mysql"; write sqlite://… or postgresql://…',
    ),
    ('[storage]\nurl = "postgresql://me:hunter2@host/name"', "storage.url", "a secret is written out"),
    ('[storage]\nkeep_raw = "90 days"', "storage.keep_raw", "write a duration"),
    ('[exchanges.binnance]\nbase_url = "http://127.0.0.1:1"', "exchanges.binnance", 'did you mean "binance"?'),
    ('[exchanges.binance]\nbase_url = "ftp://127.0.0.1"', "exchanges.binance.base_url", 'found the scheme "ftp"'),
    ('[exchanges.binance]\nbase_url = "http://127.0.0.1:99999"', "exchanges.binance.base_url", "host or port"),
    ('[exchanges.krakn]\nbase_url = "http://127.0.0.1:1"', "exchanges.krakn", 'did you mean "kraken"?'),
    ('[exchanges.nowhere]\nbase_url = "http://127.0.0.1:1"', "exchanges.nowhere", "write its ccxt id"),
    (ACCOUNT.replace("bybit", "byibt"), "accounts.desk.exchange", 'did you mean "bybit"?'),
    (ACCOUNT.replace("env:K", "AKIA1234"), "accounts.desk.api_key", "a secret is written out"),
    (ACCOUNT.replace('secret = "env:S"', ""), "accounts.desk.secret", "is missing"),
    ('[currencies.USDT]\nusd = "kraken:USDT/USD:USD"', "currencies.USDT.usd", "a spot symbol belongs here"),
    ('[[holdings]]\nasset = "ETH"\nquantity = -1', "holdings[1].quantity", "must be above zero, found -1"),
    ('[[holdings]]\nasset = "ETH"\nquantity = 0', "holdings[1].quantity", "must be above zero, found 0"),
    ('[[holdings]]\nasset = "ETH"\nquantity = nan', "holdings[1].quantity", "finite"),
    (
        '[[holdings]]\nasset = "ETH"\nquantity = "five"',
        "holdings[1].quantity",
        "expected a decimal number, found 'five'",
    ),
    ('[[holdings]]\nasset = "ETH"\nquantity = true', "holdings[1].quantity", "expected a decimal number, found bool"),
    ('[[holdings]]\nasset = "ETH"', "holdings[1]", "neither quantity nor account"),
    (
        '[[holdings]]\nname = "cold"\nasset = "ETH"\nquantity = 1',
        "holdings[1].name",
        'a second holding is named "cold"',
    ),
    ('[[holdings]]\nasset = "ETH"\naccount = "dsk"\n' + ACCOUNT, "holdings[1].account", 'did you mean "desk"?'),
    (SECOND, "hedges[1].asset", 'the shares of holding "cold" add up to 2, more than 1 (hedges btc, two)'),
    (SECOND.replace("BTC", "DOGE"), "hedges[1].asset", 'there is no holding of "DOGE"'),
    (SECOND + 'holdings = [{ name = "clod" }]', "hedges[1].holdings[0].name", 'did you mean "cold"?'),
    (SECOND + 'holdings = [{ name = "cold", share = 1.5 }]', "hedges[1].holdings[0].share", "at most 1, found 1.5"),
    (ETHER + SECOND.replace('name = "two"', "").replace("BTC", "ETH"), "hedges[1].name", "is missing"),
    ("[rules.drfit]\nenabled = true", "rules.drfit", 'unknown rule; did you mean "drift"?'),
    (
        "[rules.drift]\nwarning = { fire = 0.02, clear = 0.03 }",
        "rules.drift.warning.clear",
        "on the wrong side of fire = 0.02",
    ),
    ("[rules.drift]\nwarning = { clear = 0.03 }", "rules.drift.warning.clear", "on the wrong side of fire = 0.02"),
    ("[rules.drift]\nwarning = { fire = 0.06 }", "rules.drift.warning.fire", "warning fires beyond critical"),
    ("[rules.drift]\ncritical = { fire = 0.01 }", "rules.drift.critical.fire", "warning.fire is 0.02"),
    ("[rules.drift]\nwarning = { fire = 3 }", "rules.drift.warning.fire", "did you mean 0.03?"),
    ("[rules.drift]\nwarning = { fire = -0.02 }", "rules.drift.warning.fire", "did you mean 0.02?"),
    ('[rules.drift]\nwarning = { fire = "2m" }', "rules.drift.warning.fire", "found the duration 2m"),
    ("[rules.drift]\ninfo = { for = 2 }", "rules.drift.info.fire", "is missing"),
    ("[rules.drift]\nwarning = { fire = 0.02, cleer = 0.01 }", "rules.drift.warning.cleer", 'did you mean "clear"?'),
    ('[rules.drift]\nfor = "a while"', "rules.drift.for", "whole polls"),
    ("[rules.drift]\nfor = -1", "rules.drift.for", "must not be negative"),
    (
        "[rules.negative_funding]\nwarning = { fire = 0.0003 }",
        "rules.negative_funding.warning.fire",
        "did you mean -0.0003?",
    ),
    (
        "[rules.negative_funding]\nwarning = { fire = -0.0003, clear = -0.0005 }",
        "rules.negative_funding.warning.clear",
        "fires below it, so clear lies above",
    ),
    ("[rules.orphaned]\ncritical = { fire = 1 }", "rules.orphaned.critical.fire", "tells a fact at once"),
    (
        '[rules.drift]\nchannels = ["opz"]\n' + CHANNEL,
        "rules.drift.channels",
        'unknown channel "opz"; did you mean "ops"?',
    ),
    ('[routing]\nwarning = ["opz"]\n' + CHANNEL, "routing.warning", 'unknown channel "opz"; did you mean "ops"?'),
    ('[channels.ops]\nkind = "webhok"\nurl = "https://example.com"', "channels.ops.kind", 'did you mean "webhook"?'),
    ('[channels.ops]\nurl = "https://example.com"', "channels.ops.kind", "is missing"),
    (CHANNEL.replace("https", "gopher"), "channels.ops.url", 'found the scheme "gopher"'),
    (CHANNEL.replace('secret = "env:S"', ""), "channels.ops.secret", "webhooks are signed"),
    (CHANNEL.replace("env:S", "whsec_literal"), "channels.ops.secret", "a secret is written out"),
    (CHANNEL.replace("example.com/h", "me:hunter2@example.com/h"), "channels.ops.url", "a secret is written out"),
    (CHANNEL + "urll = 1", "channels.ops.urll", 'did you mean "url"?'),
    (MAIL.replace("smtp:", "imap:"), "channels.me.server", 'found the scheme "imap"; write smtp://… or smtps://…'),
    (MAIL.replace('["me@example.com"]', '["me"]'), "channels.me.to[0]", "no mail address"),
    (MAIL.replace('["me@example.com"]', "[]"), "channels.me.to", "is empty"),
    (MAIL.replace("//mail", "//user@mail"), "channels.me.password", 'the server is asked as "user"'),
    ('[channels.phone]\nkind = "apprise"\nurl = "tgram://token"', "channels.phone.url", "a secret is written out"),
    ('[routing]\ndigest = { channels = [], at = "8 am" }', "routing.digest.at", "a time of day"),
    ('[routing]\nmaintenance = [{ from = "Sat 02:00", to = "noon" }]', "routing.maintenance[0].to", "a day and a time"),
    ('[web]\nlisten = "8710"', "web.listen", "write host:port"),
    ('[web]\nlisten = "127.0.0.1:70000"', "web.listen", "a port lies between 1 and 65535"),
    ('[web]\nlisten = "0.0.0.0:8710"', "web.listen", "a token and tls or behind_proxy = true"),
    ('[web]\nlisten = "0.0.0.0:8710"\ntoken = "env:T"', "web.listen", "that needs tls or behind_proxy = true"),
]

# text of the sound file, what stands there instead, the key path told, a fragment of what is said
CHANGED = [
    ("binance:BTC/USDT:USDT", "binance:BTC/USDT", "hedges[0].futures", 'did you mean "binance:BTC/USDT:USDT"?'),
    ('"binance:BTC/USDT"', '"binance:BTC/USDT:USDT"', "hedges[0].spot", 'did you mean "binance:BTC/USDT"?'),
    ("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT", "hedges[0].futures", "a future of ETH, the hedge is of BTC"),
    ("binance:BTC/USDT:USDT", "binance:BTC/USDT:USD", "hedges[0].futures", '"BTC/USDT:USDT" (linear)'),
    ("binance:BTC/USDT:USDT", "binnance:BTC/USDT:USDT", "hedges[0].futures", 'did you mean "binance"?'),
    ("binance:BTC/USDT:USDT", "nowhere:BTC/USDT:USDT", "hedges[0].futures", 'unknown exchange "nowhere"'),
    ("binance:BTC/USDT:USDT", "binance:BTCUSDT", "hedges[0].futures", 'did you mean "binance:BTC/USDT:USDT"?'),
    ("binance:BTC/USDT:USDT", "BTC/USDT:USDT", "hedges[0].futures", 'did you mean "binance:BTC/USDT:USDT"?'),
    ("binance:BTC/USDT:USDT", "binance:BTC/USDT:USDT-261345", "hedges[0].futures", "is no day"),
    ("binance:BTC/USDT:USDT", "binance:btc/usdt:usdt", "hedges[0].futures", "in capitals"),
    ('"binance:BTC/USDT"', '"binance:ETH/USDT"', "hedges[0].spot", 'did you mean "binance:BTC/USDT"?'),
    ("contracts = -5", "contracts = 5", "hedges[0].position.contracts", "did you mean -5?"),
    ("contracts = -5", "coins = 0.5", "hedges[0].position.coins", "did you mean -0.5?"),
    ("contracts = -5", "contracts = -5, coins = -5", "hedges[0].position", "both contracts and coins"),
    ("contracts = -5", "margin = 1", "hedges[0].position", "neither contracts nor coins"),
    ("{ contracts = -5 }", "-5", "hedges[0].position", "expected a table, found a whole number"),
    ('futures = "binance:BTC/USDT:USDT"', "", "hedges[0].futures", "is missing"),
    ("position = { contracts", 'account = "dsk"\nposition = { contracts', "hedges[0].account", 'unknown account "dsk"'),
    ('asset = "BTC"\nspot', 'asset = "BTC"\ntarget_ratio = 100\nspot', "hedges[0].target_ratio", "1 is fully hedged"),
    ('asset = "BTC"\nspot', 'asset = "BTC"\ntarget_mode = "fixed_usd"\nspot', "hedges[0].target_usd", "is missing"),
    ('asset = "BTC"\nspot', 'asset = "BTC"\nuntil = 2026-12-31\nspot', "hedges[0].until", "with its time zone"),
    (
        'asset = "BTC"\nspot',
        'asset = "BTC"\nproxy = { beta = "emwa" }\nspot',
        "hedges[0].proxy.beta",
        '"ewma", "ols" or a number',
    ),
    (
        'asset = "BTC"\nspot',
        'asset = "BTC"\nlegs = [{ futures = "bybit:BTC/USDT:USDT" }]\nspot',
        "hedges[0].legs",
        "both",
    ),
    (
        'asset = "BTC"\nspot',
        'asset = "BTC"\nrules = { drift = { warning = { fire = 0.01, clear = 0.02 } } }\nspot',
        "hedges[0].rules.drift.warning.clear",
        "on the wrong side",
    ),
    ("quantity = 5", "quantity = 5\ncounts_as = { asset = 'ETH' }", "hedges[0].asset", 'no holding of "BTC"'),
]


@pytest.mark.parametrize(("added", "path", "fragment"), ADDED)
def test_one_mistake_added_is_told_once_with_its_path(
    added: str, path: str, fragment: str, sound: str, mistakes: Mistakes
) -> None:
    found = mistakes(sound + added)
    assert len(found) == 1, found
    assert found[0].startswith(f"hedgewatch.toml: {path}: "), found
    assert fragment in found[0]


@pytest.mark.parametrize(("before", "after", "path", "fragment"), CHANGED)
def test_one_mistake_made_is_told_once_with_its_path(
    before: str, after: str, path: str, fragment: str, sound: str, mistakes: Mistakes
) -> None:
    assert before in sound
    found = mistakes(sound.replace(before, after))
    assert len(found) == 1, found
    assert found[0].startswith(f"hedgewatch.toml: {path}: "), found
    assert fragment in found[0]


def test_two_hedges_of_one_name_are_refused(sound: str, mistakes: Mistakes) -> None:
    found = mistakes(sound + SECOND.replace('"two"', '"btc"'))
    assert found[0] == 'hedgewatch.toml: hedges[1].name: a second hedge is named "btc"; give each its own name'


def test_no_message_repeats_a_secret(sound: str, mistakes: Mistakes) -> None:
    for added, _, _ in ADDED:
        assert not any(
            word in line for line in mistakes(sound + added) for word in ("hunter2", "whsec_literal", "AKIA")
        )


def test_all_mistakes_are_told_at_once(sound: str, mistakes: Mistakes) -> None:
    broken = sound.replace("quantity = 5", "quantity = -5").replace("contracts = -5", "contracts = 5, contract = 2")
    broken = broken.replace('"binance:BTC/USDT:USDT"', '"binance:BTC/USDT"')
    found = mistakes(
        broken
        + '[monitor]\npoll_evry = "1s"\n'
        + "[rules.drift]\nwarning = { fire = 0.02, clear = 0.03 }\n"
        + '[routing]\ncritical = ["ops"]\n'
        + '[web]\nlisten = "0.0.0.0:1"\n'
        + SECOND.replace('name = "two"', "")
        + CHANNEL.replace("ops", "opz")
    )
    told = [line.split(": ")[1] for line in found]
    assert sorted(told) == sorted(
        [
            "holdings[0].quantity",
            "hedges[0].futures",
            "hedges[0].position.contract",
            "hedges[0].position.contracts",
            "hedges[1].name",
            "hedges[1].asset",
            "monitor.poll_evry",
            "rules.drift.warning.clear",
            "routing.critical",
            "web.listen",
        ]
    )


def test_bad_toml_names_its_line(mistakes: Mistakes) -> None:
    assert mistakes("[monitor]\npoll_every = = 1") == [
        "hedgewatch.toml: is not valid TOML: Invalid value (at line 2, column 14)"
    ]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"# \xe9")
    for path, fragment in ((tmp_path / "none.toml", "no such file"), (tmp_path, "is a folder"), (latin, "not UTF-8")):
        with pytest.raises(ConfigurationError, match=fragment):
            load_settings(path, {})


def test_a_file_that_may_not_be_opened_is_named(tmp_path: Path) -> None:
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    with pytest.raises(ConfigurationError, match=r"loop\.toml: cannot be read"):
        load_settings(loop, {})


def test_without_any_file_the_places_looked_at_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(ConfigurationError, match="hedgewatch init"):
        load_settings(None, {})


def test_the_files_are_looked_up_in_their_order(sound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    users = tmp_path / "home" / "hedgewatch" / "hedgewatch.toml"
    users.parent.mkdir(parents=True)
    users.write_text(sound)
    assert load_settings(None, {}).file == users
    here = tmp_path / "hedgewatch.toml"
    here.write_text(sound)
    assert load_settings(None, {}).file == Path("hedgewatch.toml")
    named = tmp_path / "named.toml"
    named.write_text(sound)
    assert load_settings(None, {"HEDGEWATCH_CONFIG": str(named)}).file == named
    assert load_settings(here, {"HEDGEWATCH_CONFIG": str(named)}).file == here
