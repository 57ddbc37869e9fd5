"""Secrets and addresses: references that are read on demand and never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import PlainSerializer, PlainValidator, SecretStr, WithJsonSchema

from hedgewatch.domain.errors import ConfigurationError

MASK = "********"
_SOCKET_SCHEMES = ("sqlite", "postgresql")  # a file, or a socket on this machine: no host


class SecretSource(StrEnum):
    """Where a secret lies."""

    ENV = "env"
    FILE = "file"
    CREDENTIAL = "credential"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A reference to a secret; its text never shows a value.

    name: the variable, path or credential; for a literal the value itself. place: file and key path, for errors.
    folder: where relative paths start.
    """

    source: SecretSource
    name: str = field(repr=False)
    place: str = field(default="configuration", compare=False)
    folder: Path = field(default=Path(), compare=False)

    def __str__(self) -> str:
        return MASK if self.source is SecretSource.LITERAL else f"{self.source}:{self.name}"

    def resolve(self, environ: Mapping[str, str]) -> SecretStr:
        """Read the secret; raises ConfigurationError that names the key path and the mend."""
        value = _READERS[self.source](self, environ)
        if not value:
            raise ConfigurationError(f"{self.place}: the secret {self} is empty")
        return SecretStr(value)


def _from_environment(secret: Secret, environ: Mapping[str, str]) -> str:
    if secret.name not in environ:
        raise ConfigurationError(f"{secret.place}: the environment has no {secret.name}; set it before starting")
    return environ[secret.name]


def _from_file(secret: Secret, _environ: Mapping[str, str]) -> str:
    return _read(secret, secret.folder / Path(secret.name).expanduser())


def _from_credential(secret: Secret, environ: Mapping[str, str]) -> str:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigurationError(
            f"{secret.place}: there is no CREDENTIALS_DIRECTORY; add LoadCredential={secret.name}:PATH to the unit"
        )
    return _read(secret, Path(folder) / secret.name)


def _read(secret: Secret, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(f"{secret.place}: {path} cannot be read: {reason}") from None


def _as_it_is(secret: Secret, _environ: Mapping[str, str]) -> str:
    return secret.name


_READERS = {
    SecretSource.ENV: _from_environment,
    SecretSource.FILE: _from_file,
    SecretSource.CREDENTIAL: _from_credential,
    SecretSource.LITERAL: _as_it_is,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL, written out or kept as a secret; its text hides a password.

    schemes: those that may stand before ``://``.
    """

    secret: Secret
    schemes: tuple[str, ...]

    @property
    def written(self) -> SplitResult | None:
        """The URL's parts if it is written out, None if it is a secret's name."""
        return urlsplit(self.secret.name) if self.secret.source is SecretSource.LITERAL else None

    @property
    def has_password(self) -> bool:
        """True if a password is written out in it."""
        return self.written is not None and bool(self.written.password)

    def __str__(self) -> str:
        if self.written is None:
            return str(self.secret)
        if not self.written.password:
            return self.secret.name
        user, _, host = self.written.netloc.rpartition("@")
        return self.written._replace(netloc=f"{user.partition(':')[0]}:{MASK}@{host}").geturl()

    def resolve(self, environ: Mapping[str, str]) -> SecretStr:
        """Return the URL; raises ConfigurationError if it cannot be read or has another scheme."""
        value = self.secret.resolve(environ)
        problem = _problem_of_url(value.get_secret_value(), self.schemes)
        if problem:
            raise ConfigurationError(f"{self.secret.place}: {problem}")
        return value


def _problem_of_url(text: str, schemes: tuple[str, ...]) -> str | None:
    """Say what is wrong with a URL, without repeating it: it may be a secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return "this is no URL: its host or port cannot be read"
    if parts.scheme not in schemes:
        found = f'found the scheme "{parts.scheme}"' if parts.scheme and "://" in text else "found no scheme"
        return f"{found}; write {' or '.join(f'{scheme}://…' for scheme in schemes)}"
    if parts.scheme not in _SOCKET_SCHEMES and not parts.netloc:
        return "this URL names no host"
    return None


def read_secret(value: object) -> Secret:
    """Read a reference; anything without env:, file: or credential: before it is the secret itself."""
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError('expected "env:NAME", "file:PATH" or "credential:NAME"')
    prefix, colon, name = value.partition(":")
    if colon and prefix in {SecretSource.ENV, SecretSource.FILE, SecretSource.CREDENTIAL}:
        if not name:
            raise ValueError(f'"{value}" names nothing; write "{prefix}:NAME"')
        return Secret(source=SecretSource(prefix), name=name)
    return Secret(source=SecretSource.LITERAL, name=value)


def address_reader(*schemes: str) -> Callable[[object], Address]:
    """Return a reader of URLs with these schemes."""

    def read(value: object) -> Address:
        if isinstance(value, Address):
            return value
        try:
            address = Address(secret=read_secret(value), schemes=schemes)
        except ValueError:
            raise ValueError(f"expected a URL, found {type(value).__name__}") from None
        problem = _problem_of_url(address.secret.name, schemes) if address.written is not None else None
        if problem:
            raise ValueError(problem)
        return address

    return read


_REFERENCE: dict[str, Any] = {"type": "string", "examples": ["env:NAME", "file:PATH", "credential:NAME"]}
_URL: dict[str, Any] = {"type": "string", "examples": ["https://example.com/hook", "env:NAME"]}

SecretReference = Annotated[Secret, PlainValidator(read_secret), PlainSerializer(str), WithJsonSchema(_REFERENCE)]
WebAddress = Annotated[
    Address, PlainValidator(address_reader("https", "http")), PlainSerializer(str), WithJsonSchema(_URL)
]
MailServer = Annotated[
    Address, PlainValidator(address_reader("smtp", "smtps")), PlainSerializer(str), WithJsonSchema(_URL)
]
StoreAddress = Annotated[
    Address, PlainValidator(address_reader("sqlite", "postgresql")), PlainSerializer(str), WithJsonSchema(_URL)
]
