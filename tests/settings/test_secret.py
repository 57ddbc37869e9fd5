from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import Settings, load_settings
from hedgewatch.settings.channel_entries import WebhookChannel
from hedgewatch.settings.secret import Secret

Load = Callable[..., Settings]

CANARY = "whsec_Y2FuYXJ5"


def secret_of(settings: Settings) -> Secret:
    channel = settings.channels["ops"]
    assert isinstance(channel, WebhookChannel)
    assert channel.secret is not None
    return channel.secret


def channel(secret: str, url: str = "https://example.com/h") -> str:
    return f'[channels.ops]\nkind = "webhook"\nurl = "{url}"\nsecret = "{secret}"\n'


def test_a_secret_is_read_from_the_environment_when_asked(load: Load) -> None:
    settings = load(channel("env:HOOK"))
    assert secret_of(settings).resolve({"HOOK": CANARY}).get_secret_value() == CANARY
    assert settings.known_secrets({"HOOK": CANARY}) == (CANARY,)
    assert settings.known_secrets({}) == ()


def test_a_secret_is_read_from_a_file_beside_the_configuration(load: Load, tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"{CANARY}\n")
    assert secret_of(load(channel("file:hook"))).resolve({}).get_secret_value() == CANARY


def test_a_secret_is_read_from_systemds_credentials(load: Load, tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(CANARY)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secret_of(load(channel("credential:hook"))).resolve(environ).get_secret_value() == CANARY


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:HOOK", "the environment has no HOOK; set it"),
        ("file:hook", "cannot be read: No such file"),
        ("credential:hook", "LoadCredential=hook:PATH"),
    ],
)
def test_a_secret_that_is_not_there_names_its_key_path_and_the_mend(load: Load, reference: str, told: str) -> None:
    secret = secret_of(load(channel(reference)))
    with pytest.raises(ConfigurationError) as caught:
        secret.resolve({})
    assert "hedgewatch.toml: channels.ops.secret: " in str(caught.value)
    assert told in str(caught.value)


def test_an_empty_secret_is_refused(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="is empty"):
        secret_of(load(channel("env:HOOK"))).resolve({"HOOK": ""})


def test_a_literal_is_allowed_only_in_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "hedgewatch.toml"
    file.write_text(f"[monitor]\nallow_literal_secrets = true\n{channel(CANARY)}")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_settings(file, {})
    file.chmod(0o600)
    settings = load_settings(file, {})
    assert secret_of(settings).resolve({}).get_secret_value() == CANARY
    assert CANARY not in repr(settings) + str(settings) + str(secret_of(settings)) + repr(secret_of(settings))


def test_a_url_may_be_a_secret_and_is_checked_when_read(load: Load) -> None:
    settings = load(channel("env:HOOK", url="env:URL"))
    found = settings.channels["ops"]
    assert isinstance(found, WebhookChannel)
    assert found.url.resolve({"URL": "https://me:hunter2@example.com"}).get_secret_value().endswith("example.com")
    with pytest.raises(ConfigurationError, match=r"channels\.ops\.url: found the scheme"):
        found.url.resolve({"URL": "ftp://me:hunter2@example.com"})
