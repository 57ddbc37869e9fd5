"""The reference reads the usual basis as the rule does: at entry at first, the mean of the hours later."""

from __future__ import annotations

from tests.fault.called_for import HOUR_MS, Usual, letter


def test_after_two_days_the_usual_basis_is_the_mean_of_the_hours_that_are_over() -> None:
    usual = Usual()
    for hour in range(48):
        usual.note(hour * HOUR_MS, 0.02)
        usual.note(hour * HOUR_MS + 1, 0.01)
    assert letter(0.01, 60_000, usual, 47 * HOUR_MS + 2) == "m"
    assert letter(0.01, 60_000, usual, 48 * HOUR_MS) == "c"
    assert letter(None, 60_000, usual, 48 * HOUR_MS) == "?"
