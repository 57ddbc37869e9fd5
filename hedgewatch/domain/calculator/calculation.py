"""One named calculation: which function it is, and how its inputs and outputs are called outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hedgewatch.domain.calculator.reading import Input, inputs_of, read_inputs
from hedgewatch.domain.calculator.writing import write_result
from hedgewatch.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A function of the domain under its public name.

    question: what it answers, one line. takes: public name -> parameter, where they differ. gives: field of the
    result -> public name, where they differ; a single name for a function that returns one bare value.
    """

    name: str
    group: str
    question: str
    function: Callable[..., Any]
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] | str = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Its inputs in order, under their public names."""
        return inputs_of(self.function, self.takes)

    def answer(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Compute from JSON values and return JSON values: decimals as plain text, unknown as None.

        Raises InvalidValueError that names the input: missing, unknown, of the wrong kind, or refused by the formula.
        """
        arguments = read_inputs(self.inputs, given)
        try:
            result = self.function(**arguments)
        except InvalidValueError as error:
            names = {one.parameter: one.name for one in self.inputs}
            raise InvalidValueError(names.get(error.field, error.field), error.problem) from None
        return write_result(result, self.gives)
