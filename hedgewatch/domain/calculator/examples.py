"""One example of each named calculation, ready to be typed: JSON as `hedgewatch calc NAME` takes it."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, str] = {
    "position_value": '{"kind": "linear", "contracts": 100, "contract_size": 0.0001, "price": 50000}',
    "contracts_for_coin": '{"kind": "inverse", "coin": 5, "contract_size": 100, "price": 60000}',
    "contracts_for_notional": '{"kind": "linear", "notional_quote": 300000, "contract_size": 0.001, "price": 60000}',
    "order_quantity": '{"contracts": 50000, "contract_size": 0.0001, "unit": "base"}',
    "pnl": '{"kind": "inverse", "contracts": 10000, "contract_size": 1, "entry": 8000, "exit": 12500}',
    "average_entry": '{"kind": "linear", "fills": [[0.5, 5000], [0.3, 6000]]}',
    "round_price": '{"side": "sell", "price": 60000.26, "tick": 0.5}',
    "exposure": (
        '{"spot_coin": 5, "coin_equity": 0.5, "futures": [{"kind": "inverse", "contracts": -300000, '
        '"contract_size": 1, "price": 60000}], "spot_price": 60000}'
    ),
    "rebalance": (
        '{"long_coin": 5, "position_contracts": -4800, "kind": "linear", "contract_size": 0.001, "price": 60000}'
    ),
    "band_tracking": (
        '{"cost_frac": 0.0006, "price": 60000, "sigma_target_coin": 1, "sigma_price_frac": 0.6, '
        '"risk_aversion_abs": 0.00001}'
    ),
    "band_whalley_wilmott": (
        '{"cost_frac": 0.001, "price": 100, "gamma_option": 0.02, "risk_aversion_abs": 1, "rate": 0, "tau_years": 0.5}'
    ),
    "leland_vol": '{"sigma": 0.2, "round_trip_cost": 0.01, "dt_years": 0.01923}',
    "basis": '{"future": 61500, "spot": 60000, "days_to_expiry": 90}',
    "basis_label": '{"basis_frac": -0.0006}',
    "zscore": '{"value": 0.002, "history": [0.001, 0.0012, 0.0008, 0.0011, 0.0009]}',
    "percentile_rank": '{"value": 0.001, "history": [0.001, 0.0012, 0.0008, 0.0011, 0.0009]}',
    "executable_basis": '{"fut_bid": 60100, "fut_ask": 60101, "spot_bid": 59999, "spot_ask": 60001}',
    "adverse_basis": '{"b_ref": 60, "b_now": 660, "spot_now": 60000, "qty_coin": 5}',
    "hedge_effective_price": '{"side": "short", "f1": 0.7800, "f2": 0.7250, "s2": 0.7200}',
    "funding_payment": '{"kind": "linear", "contracts": -5000, "contract_size": 0.001, "mark": 60000, "rate": 0.0001}',
    "funding_rate_from_premium": '{"premium": 0.0010, "interval_hours": 4}',
    "funding_normalise": '{"rate": 0.0001, "interval_hours": 8}',
    "funding_average": '{"records": [{"rate": 0.0001, "interval_hours": 8}, {"rate": -0.0004, "interval_hours": 4}]}',
    "double_whammy": '{"basis_frac": -0.004, "r8": -0.0008, "spot_return_24h": -0.12}',
    "perp_fair_price": (
        '{"payoff": "linear", "kappa": 0.2, "spot": 10000, "r_quote": 0.04, "r_base": 0.02, "iota": 0.005}'
    ),
    "tail_risk": '{"alpha": 0.975, "sigma_annual": 0.6, "days": 30}',
    "cost_vs_protection": '{"expected_r8": -0.001, "notional": 300000, "sigma_annual": 0.6, "horizon_days": 30}',
    "break_even_horizon": '{"cost_apr": 0.1095, "fixed_cost_frac": 0.001, "sigma_annual": 0.6}',
    "mv_hedge_ratio": '{"cost_apr": 0.1095, "sigma_annual": 0.6, "rra": 3}',
    "tier_cums": '{"tiers": [[0, 0.004], [50000, 0.005], [250000, 0.01]]}',
    "maintenance_margin": '{"tiers": [[0, 0.004], [50000, 0.005], [250000, 0.01]], "notional": 300000}',
    "liq_price": (
        '{"kind": "linear", "side": "short", "contracts": 5, "contract_size": 1, "entry": 60000, '
        '"margin": 30000, "mmr": 0.005}'
    ),
    "liq_price_tiered": (
        '{"kind": "linear", "side": "short", "contracts": 5, "contract_size": 1, "entry": 60000, '
        '"margin": 30000, "tiers": [[0, 0.004], [50000, 0.005], [250000, 0.01]]}'
    ),
    "liq_price_entry_mm": (
        '{"kind": "linear", "side": "short", "contracts": 1, "contract_size": 1, "entry": 10, '
        '"initial_margin": 2, "maintenance_margin": 0.1}'
    ),
    "liq_price_from_state": (
        '{"kind": "linear", "side": "short", "contracts": 5, "contract_size": 1, "mark": 60000, "equity": 30000, '
        '"mm": 1500, "mmr": 0.005}'
    ),
    "liq_distance": '{"side": "short", "mark": 60000, "liq": 65671.64, "sigma_daily": 0.03}',
    "margin_usage": '{"equity": 10000, "maintenance_margin": 2500, "liq_fee": 150}',
    "margin_topup": (
        '{"kind": "linear", "contracts": 5000, "contract_size": 0.001, "entry": 60000, "margin": 30000, '
        '"mark": 60000, "move_frac": 0.5, "mmr": 0.005}'
    ),
    "adl_score": '{"entry": 60000, "mark": 42000, "bankruptcy": 120000}',
    "min_variance_hedge": (
        '{"exposure_units": 1000000, "contract_units": 42000, "rho": 0.93, "sigma_s": 0.02, "sigma_f": 0.03}'
    ),
    "beta_contracts": '{"exposure_value": 100000, "beta": 2, "future": 60000, "contract_units": 0.001}',
    "ewma_update": '{"lam": 0.95, "var_x": 0.0001, "var_y": 0.0004, "cov": 0.00012, "x": 0.005, "y": 0.025}',
    "hedge_effectiveness": '{"unhedged": [0.03, -0.02, 0.01, -0.04], "hedged": [0.002, -0.003, 0.001, -0.001]}',
    "dollar_offset": '{"hedge_change": -120, "item_change": 100}',
    "book_walk": '{"side": "sell", "levels": [[59999, 0.5], [59998, 1], [59990, 5]], "qty": 5, "mid": 60000}',
    "max_size_in_budget": (
        '{"side": "sell", "levels": [[59999, 0.5], [59998, 1], [59950, 5]], "mid": 60000, "budget_frac": 0.0005}'
    ),
    "impact_sqrt": '{"sigma_daily": 0.06, "qty": 100000, "daily_volume": 20000000}',
    "roll_metrics": (
        '{"near_bid": 60295, "near_ask": 60305, "far_bid": 61490, "far_ask": 61510, "days_near": 15, "days_far": 105}'
    ),
    "perp_vs_dated": (
        '{"spot": 60000, "expected_r8": 0.0001, "dated_bid": 61500, "days_to_expiry": 90, "horizon_days": 90, '
        '"perp_fee": 0.0005, "dated_fee": 0.0005, "delivery_fee": 0.0005}'
    ),
    "last_friday": '{"year": 2020, "month": 9}',
    "close_reasons": (
        '{"now": "2026-11-22T18:00:00Z", "event_ts": "2026-11-22T14:00:00Z", "long_coin": 5, "futures_coin": -5, '
        '"expected_contracts": -5, "actual_contracts": -5}'
    ),
    "scenario": (
        '{"margin": 30000, "path": [{"spot_mult": 1.12}, {"spot_mult": 0.7}], "spot_coin": 5, "spot0": 60000, '
        '"kind": "linear", "contracts": -5000, "contract_size": 0.001, "basis0": 0, "mmr": 0.005}'
    ),
    "attribution": (
        '{"kind": "linear", "contracts": -5000, "contract_size": 0.001, "spot_coin": 5, "s0": 60000, '
        '"f0": 60120, "s1": 42000, "f1": 41916, "funding_quote": 450, "fees_quote": 300.6}'
    ),
    "inventory": (
        '{"method": "fifo", "trades": [{"side": "buy", "qty": 2, "price": 100}, {"side": "buy", "qty": 1, '
        '"price": 140}, {"side": "sell", "qty": 1, "price": 150, "fee_quote": 1}], "mark": 130}'
    ),
}
