"""The compose file holds to the compose specification and to our promises; the image runs as nobody in particular.

The schema is our own, written from the specification's text for the parts that are used here: anything else, and so
any misspelt key, is refused.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
DURATION = {"type": "string", "pattern": r"^(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$", "minLength": 2}
VARIABLES = {
    "type": "object",
    "patternProperties": {"^[A-Z][A-Z0-9_]*$": {"type": ["string", "number", "null"]}},
    "additionalProperties": False,
}
HEALTHCHECK = {
    "type": "object",
    "required": ["test"],
    "properties": {
        "test": {
            "anyOf": [
                TEXT,
                {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "items": TEXT, "minItems": 2},
            ]
        },
        "interval": DURATION,
        "timeout": DURATION,
        "start_period": DURATION,
        "start_interval": DURATION,
        "retries": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}
DEPENDS_ON = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["condition"],
        "properties": {
            "condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
            "required": {"type": "boolean"},
            "restart": {"type": "boolean"},
        },
        "additionalProperties": False,
    },
}
BUILD = {
    "type": "object",
    "required": ["context"],
    "properties": {"context": TEXT, "dockerfile": TEXT, "target": TEXT, "args": VARIABLES},
    "additionalProperties": False,
}
SERVICE = {
    "type": "object",
    "required": ["image", "restart", "healthcheck"],
    "properties": {
        "image": TEXT,
        "build": BUILD,
        "command": TEXTS,
        "environment": VARIABLES,
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^[^:]+:/[^:]+(:(ro|rw)(,[zZ])?)?$"}},
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^[\d.]+:\d+:\d+$"}},
        "depends_on": DEPENDS_ON,
        "healthcheck": HEALTHCHECK,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "read_only": {"type": "boolean"},
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "tmpfs": TEXTS,
        "stop_grace_period": DURATION,
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["services"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {
            "type": "object",
            "patternProperties": {"^[a-zA-Z0-9._-]+$": SERVICE},
            "additionalProperties": False,
        },
        "volumes": {"type": "object", "additionalProperties": {"type": ["null", "object"]}},
    },
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def test_the_compose_file_holds_to_its_schema(compose: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(compose, SCHEMA, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("worker", "run_this", ["worker"]),
        ("worker", "restart", "sometimes"),
        ("web", "ports", [8710]),
        ("web", "depends_on", {"worker": {"condition": "healthy"}}),
        ("postgres", "healthcheck", {"test": ["pg_isready"]}),
    ],
)
def test_a_planted_mistake_breaks_the_schema(compose: dict[str, Any], service: str, key: str, value: object) -> None:
    services = {**compose["services"], service: {**compose["services"][service], key: value}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**compose, "services": services}, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_four_services_are_there_and_know_each_other(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"simulator", "postgres", "worker", "web"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= set(compose["volumes"])


def test_there_is_nothing_to_edit() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    variables = re.findall(r"\$\{([^}]*)\}", text)
    assert variables
    assert [variable for variable in variables if ":-" not in variable] == []
    for path in re.findall(r"- \./(\S+?):", text):
        assert (ROOT / path).is_file()


def test_only_the_pages_are_published_and_on_loopback_only(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8710:8710"]}


def test_no_health_check_is_a_list_with_words_to_be_quoted(compose: dict[str, Any]) -> None:
    """podman-compose joins a list to one shell line and loses the quotes on the way; a line of our own is kept."""
    for service in compose["services"].values():
        check = service["healthcheck"]["test"]
        assert isinstance(check, str) or not any(re.search(r"[\s'\"$]", word) for word in check)


def test_no_password_stands_in_an_address(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for value in service.get("environment", {}).values():
            assert not re.search(r"://[^/@\s]*:[^/@\s]*@", str(value))


def test_its_configuration_asks_the_simulated_exchanges() -> None:
    configuration = tomllib.loads((ROOT / "config" / "compose.toml").read_text())
    assert {table["base_url"] for table in configuration["exchanges"].values()} == {"http://simulator:8700"}
    asked = {hedge[key].partition(":")[0] for hedge in configuration["hedges"] for key in ("spot", "futures")}
    assert asked <= set(configuration["exchanges"])


def test_its_configuration_passes_our_own_check(compose: dict[str, Any]) -> None:
    url = compose["services"]["worker"]["environment"]["HEDGEWATCH__STORAGE__URL"]
    check = [sys.executable, "-m", "hedgewatch", "--config", "config/compose.toml", "config", "check"]
    environment = {**os.environ, "HEDGEWATCH__STORAGE__URL": url}
    done = subprocess.run(check, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not built yet" not in done.stdout + done.stderr


def test_the_image_takes_its_base_as_an_argument_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert any(line.startswith("ARG BASE=") for line in lines)
    assert [line for line in lines if line.startswith("FROM")] == ["FROM ${BASE} AS build", "FROM ${BASE}"]
    final = lines[lines.index("FROM ${BASE}") :]
    assert "USER 10001:10001" in final
    assert "VOLUME /data" in final
    assert 'ENTRYPOINT ["hedgewatch"]' in final
    assert not any("pip install" in line or "apt-get" in line for line in final)


def test_what_the_image_is_made_of_passes_the_ignore_file() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {name for line in copies for name in line.split()} <= kept
