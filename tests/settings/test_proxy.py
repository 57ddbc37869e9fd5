"""Proxies in the file: another asset's future is allowed by one, and one of the asset itself needs none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgewatch.domain.beta import BetaMethod
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import declared_hedges, load_settings

FILE = """
[[holdings]]
asset = "XYZ"
quantity = 100

[[hedges]]
name = "alt"
asset = "XYZ"
spot = "mexc:XYZ/USDT"
{hedge}
position = {{ coins = -1 }}
"""


def loaded(tmp_path: Path, hedge: str):  # type: ignore[no-untyped-def]  # noqa: ANN201  as load_settings returns
    file = tmp_path / "hedgewatch.toml"
    file.write_text(FILE.format(hedge=hedge))
    return load_settings(file, {})


@pytest.mark.parametrize(("beta", "method"), [('"ewma"', BetaMethod.EWMA), ('"ols"', BetaMethod.OLS)])
def test_a_proxy_allows_another_assets_future(tmp_path: Path, beta: str, method: BetaMethod) -> None:
    settings = loaded(tmp_path, f'futures = "bybit:BTC/USDT:USDT"\nproxy = {{ beta = {beta} }}')
    (hedge,) = declared_hedges(settings)
    assert hedge.proxy is not None
    assert hedge.proxy.beta is method
    assert hedge.stands_in(hedge.legs[0])


@pytest.mark.parametrize(
    ("hedge", "mend"),
    [
        ('futures = "mexc:XYZ/USDT:USDT"\nproxy = { beta = 1.5 }', "every future is of XYZ itself"),
        ('futures = "bybit:BTC/USDT:USDT"', "A proxy = { beta = … } allows another asset's"),
        ('futures = "bybit:BTC/USDT:USDT"\nproxy = { beta = 0 }', 'expected "ewma", "ols" or a number'),
        ('futures = "bybit:BTC/USDT:USDT"\nproxy = { beta = "olds" }', 'expected "ewma", "ols" or a number'),
        (
            'futures = "bybit:BTC/USDT:USDT"\nproxy = { beta = 1 }\ntarget_mode = "value"',
            "a proxy is sized by its beta",
        ),
    ],
)
def test_what_is_no_proxy_is_refused_with_its_mend(tmp_path: Path, hedge: str, mend: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, hedge)
    assert mend in str(refused.value)
