from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import Settings, declared_hedges, load_settings, not_built
from hedgewatch.settings.effective import effective
from hedgewatch.settings.summary import summarise
from hedgewatch.settings.toml import toml_text

EXAMPLE = (Path(__file__).resolve().parents[2] / "config" / "hedgewatch.example.toml").read_text().splitlines()
WRITTEN = [number for number, line in enumerate(EXAMPLE) if " = " in line and not line.startswith("#")]
ODD = (
    '""', "0", "-1", "nan", "-inf", "1e999999", "0e-999999", "0.5", "true", "[]", "{}", "[[]]", "[{}]", "[1]", '["x"]',
    "{ a = 1 }", '{ "" = {} }', '"x"', '"env:"', '"env:X"', '"http://["', '"http://a:99999999"', '"\\u0000"', '"é"',
    '"binance:BTC/USDT"', '"binance:BTC/USDT:USDT"', "2026-01-01", "2026-01-01T00:00:00", "01:00:00", '"1e999"',
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "hedgewatch.toml"


def loaded_or_refused(file: Path) -> Settings | None:
    try:
        return load_settings(file, {})
    except ConfigurationError as error:
        refusal = error
    assert all(problem.startswith(f"{file}: ") and "\n" not in problem for problem in refusal.problems)
    return None


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WRITTEN), st.sampled_from(ODD)), min_size=1, max_size=4))
def test_no_value_makes_anything_but_a_clear_refusal(file: Path, changes: list[tuple[int, str]]) -> None:
    lines = list(EXAMPLE)
    for number, value in changes:
        lines[number] = f"{lines[number].partition(' = ')[0]} = {value}"
    file.write_text("\n".join(lines))
    loaded = loaded_or_refused(file)
    if loaded is None:
        return
    assert not_built(loaded)
    assert summarise(loaded).lines()
    tomllib.loads(toml_text(effective(loaded)))
    with suppress(ConfigurationError):
        declared_hedges(loaded)
