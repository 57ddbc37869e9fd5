from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from hedgewatch.settings import Settings, rule_settings
from hedgewatch.settings.channel_entries import WebhookChannel

Load = Callable[..., Settings]
Mistakes = Callable[..., list[str]]

CHANNEL = '[channels.night-ops]\nkind = "webhook"\nurl = "https://example.com/h"\nsecret = "env:S"\n'


def test_the_environment_overrides_nested_keys_and_tables(load: Load, sound: str) -> None:
    environ = {
        "HEDGEWATCH__MONITOR__POLL_EVERY": "5s",
        "HEDGEWATCH__STORAGE__URL": "postgresql://me:hunter2@host/name",
        "HEDGEWATCH__EXCHANGES__BINANCE__BASE_URL": "http://127.0.0.1:8700/",
        "HEDGEWATCH__CHANNELS__NIGHT_OPS__URL": "https://example.org/x",
        "HEDGEWATCH__CHANNELS__NIGHT_OPS__SECRET": "whsec_c2VjcmV0",
        "HEDGEWATCH__RULES__DRIFT__WARNING__FIRE": "0.03",
        "HEDGEWATCH__RULES__DRIFT__FOR": "3",
        "HEDGEWATCH__RULES__SELF__DISK_LOW__ENABLED": "false",
        "HEDGEWATCH__ROUTING__WARNING": '["night-ops"]',
        "HEDGEWATCH__HEDGES__0__POSITION__CONTRACTS": "-4.5",
        "HEDGEWATCH__CURRENCIES__USDC__USD": "kraken:USDC/USD",
        "HEDGEWATCH_CONFIG": "ignored",
        "OTHER__MONITOR": "ignored",
    }
    settings = load(sound + CHANNEL, environ)
    channel = settings.channels["night-ops"]
    assert isinstance(channel, WebhookChannel)
    assert settings.poll_seconds == 5
    assert settings.storage.url.resolve({}).get_secret_value() == "postgresql://me:hunter2@host/name"
    assert "hunter2" not in str(settings.storage.url) + repr(settings)
    assert settings.exchanges["binance"].base_url == "http://127.0.0.1:8700"
    assert channel.url.resolve({}).get_secret_value() == "https://example.org/x"
    assert settings.routing.warning == ("night-ops",)
    assert rule_settings(settings, "drift").levels["warning"].fire == Decimal("0.03")  # type: ignore[index]  # StrEnum
    assert settings.rules["self.disk_low"].enabled is False
    assert settings.hedges[0].position is not None
    assert settings.hedges[0].position.contracts == Decimal("-4.5")
    assert list(settings.currencies) == ["USDC"]


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("HEDGEWATCH__MONITOR__POLL_EVRY", "5s", 'monitor.poll_evry: unknown key; did you mean "poll_every"?'),
        ("HEDGEWATCH__MONITOR__POLL_EVERY", "5", "monitor.poll_every: found '5': write a duration"),
        ("HEDGEWATCH__MONITR__POLL_EVERY", "5s", 'monitr: unknown key; did you mean "monitor"?'),
        ("HEDGEWATCH__STORAGE", "x", "storage: expected a table, found text"),
        ("HEDGEWATCH__HEDGES__7__NAME", "x", "7 does not count into a list of 1"),
        ("HEDGEWATCH__HEDGES__0__NAME__X", "x", "what lies before X is a value"),
        ("HEDGEWATCH__MONITOR__", "x", "names no key"),
        ("HEDGEWATCH__ROUTING__WARNING", "[", "is no TOML list"),
    ],
)
def test_a_wrong_variable_is_an_error_that_names_it(
    variable: str, text: str, told: str, sound: str, mistakes: Mistakes
) -> None:
    found = mistakes(sound, {variable: text})
    assert len(found) == 1
    assert found[0].startswith(f"{variable}: {told}"), found
