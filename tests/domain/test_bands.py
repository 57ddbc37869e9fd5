"""Bands: the published figures, and the optimum found by walking."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgewatch.domain.bands import band_tracking, band_whalley_wilmott, leland_vol
from hedgewatch.domain.errors import InvalidValueError


def tracking(cost: str = "0.0006", price: str = "60000", wander: str = "1", sigma: str = "0.6") -> Decimal:
    return band_tracking(Decimal(cost), Decimal(price), Decimal(wander), Decimal(sigma), Decimal("0.00001"))


def test_the_band_of_a_wandering_target_costs_less_than_any_other() -> None:
    """Half-width H: risk gamma (sigma S)^2 H^2 / 6, costs eps S wander^2 / (2 H)."""

    def total(width: Decimal) -> Decimal:
        return Decimal("0.00001") * Decimal(36000) ** 2 * width**2 / 6 + Decimal(36) / (2 * width)

    best = tracking()
    assert round(best, 5) == Decimal("0.16091")
    assert all(total(best) < total(best * Decimal(other)) for other in ("0.5", "0.99", "0.999", "1.001", "1.01", "2"))


def test_a_coin_hedged_coin_for_coin_needs_no_rebalancing_by_price() -> None:
    assert tracking(wander="0") == 0
    assert tracking(cost="0") == 0


def test_the_band_grows_by_the_cube_root_of_the_cost() -> None:
    assert round(tracking(cost="0.0048") / tracking(), 20) == 2


def test_whalley_and_wilmotts_band_is_discounted() -> None:
    def band(rate: str) -> Decimal:
        return band_whalley_wilmott(
            Decimal("0.001"), Decimal(100), Decimal("0.02"), Decimal(1), rate=Decimal(rate), tau_years=Decimal("0.5")
        )

    assert round(band("0"), 7) == Decimal("0.0391487")
    assert round((band("0.06") / band("0")) ** 3, 12) == round(Decimal("-0.03").exp(), 12)


def test_leland_widens_the_variance_by_his_number() -> None:
    found = leland_vol(Decimal("0.2"), Decimal("0.01"), 1 / Decimal(52))
    assert (round(found.leland_number, 5), round(found.sigma_adj, 5)) == (Decimal("0.28768"), Decimal("0.22695"))
    assert leland_vol(Decimal("0.2"), Decimal(0), Decimal(1)).sigma_adj == Decimal("0.2")


@pytest.mark.parametrize(
    ("field", "changes"),
    [("cost_frac", {"cost": "-0.1"}), ("price", {"price": "0"}), ("sigma_price_frac", {"sigma": "0"})],
)
def test_what_makes_no_sense_is_refused_by_its_name(field: str, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}"):
        tracking(**changes)
