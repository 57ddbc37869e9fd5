"""``hedgewatch calc``: one question, the list of formulas, and a file of questions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.cli import run_command
from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.domain.calculator.examples import EXAMPLES
from tests.domain.calculator.tables import inputs as inputs_of
from tests.domain.calculator.tables import rows

Captured = pytest.CaptureFixture[str]
PNL = '{"kind": "linear", "contracts": -5, "contract_size": 1, "entry": 60000, "exit": 42000}'
HEAVY = ("ccxt", "sqlalchemy", "aiohttp", "fastapi", "numpy", "rich", "hedgewatch.settings", "hedgewatch.monitoring")


def ask(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    code = run_command(["calc", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hedgewatch", "calc", *arguments], input=given, capture_output=True, check=False
    )


def test_a_formula_answers_in_json_and_nothing_else(capsys: Captured) -> None:
    assert ask(capsys, "pnl", PNL) == (0, '{\n  "pnl_settle": "90000"\n}\n', "")


def test_numbers_stay_exact_bare_or_quoted(capsys: Captured) -> None:
    for number in ("0.1234567890123456789012345678901234", '"0.1234567890123456789012345678901234"'):
        _, out, _ = ask(capsys, "dollar_offset", f'{{"hedge_change": {number}, "item_change": 1}}')
        assert json.loads(out)["ratio"] == "0.1234567890123456789012345678901234"


def test_an_answer_has_no_exponent(capsys: Captured) -> None:
    _, out, _ = ask(capsys, "dollar_offset", '{"hedge_change": 1e-30, "item_change": 1E5}')
    assert json.loads(out)["ratio"] == "0." + "0" * 34 + "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pnll", PNL], 'calc: there is no formula "pnll"; did you mean "pnl"?'),
        (["xyzzy", PNL], 'calc: there is no formula "xyzzy"; `hedgewatch calc --list` shows all'),
        (["pnl", "{}"], "calc pnl: kind: missing"),
        (["pnl", PNL.replace("60000", "-1")], "calc pnl: entry: must be above zero, found -1"),
        (["pnl", PNL.replace("60000", "0")], "calc pnl: entry: must be above zero, found 0"),
        (["pnl", PNL.replace("60000", "NaN")], "calc pnl: entry: expected a finite number, found 'NaN'"),
        (["pnl", PNL.replace("60000", "-Infinity")], "calc pnl: entry: expected a finite number, found '-Infinity'"),
        (["pnl", PNL.replace("60000", "true")], "calc pnl: entry: expected a decimal number, found bool True"),
        (["pnl", PNL.replace("60000", "[1]")], "calc pnl: entry: expected a decimal number, found list"),
        (["pnl", PNL.replace("linear", "cubic")], "calc pnl: kind: expected "),
        (["pnl", PNL.replace("exit", "exti")], 'calc pnl: exti: unknown input; did you mean "exit"?'),
        (["pnl", PNL.replace('"exit"', '"entry"')], "calc pnl: entry: is given twice"),
        (["pnl", "not json"], "calc pnl: JSON: cannot be read: Expecting value: line 1 column 1 (char 0)"),
        (["pnl", ""], "calc pnl: JSON: cannot be read: "),
        (["pnl", "[" * 100_000], "calc pnl: JSON: "),
        (["pnl", "[1]"], 'calc pnl: the inputs: expected a JSON object, as {"price": 60000}'),
        ([], "calc: give the name of a formula, or --list, or --batch FILE, and one of them only"),
        (["pnl", "--list"], "calc: give the name of a formula, "),
        (["--list", "--batch", "x"], "calc: give the name of a formula, "),
        (["--batch", "no/such.jsonl"], "calc: --batch: cannot read no/such.jsonl: No such file or directory"),
        (["--batch", "."], "calc: --batch: cannot read .: Is a directory"),
    ],
)
def test_a_wrong_question_is_exit_two_and_one_line_that_names_it(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    code, out, err = ask(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"hedgewatch: {message}")
    assert len(err.splitlines()) == 1


def test_the_list_has_every_formula_in_its_group_with_its_question(capsys: Captured) -> None:
    code, out, _ = ask(capsys, "--list")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "positions"
    assert sum(line.startswith("  ") for line in lines) == len(CALCULATIONS)
    _, as_json, _ = ask(capsys, "--list", "--json")
    listed = json.loads(as_json)
    assert [one["name"] for one in listed] == list(CALCULATIONS)
    groups = [one["group"] for one in listed]
    assert [line for line in lines if line and not line.startswith(" ")] == list(dict.fromkeys(groups))
    assert all({"question", "inputs", "outputs", "example"} <= one.keys() for one in listed)


def test_a_formula_alone_says_what_it_takes(capsys: Captured) -> None:
    code, out, _ = ask(capsys, "impact_sqrt")
    assert code == 0
    for words in (
        "sigma_daily   decimal",
        "y             decimal = 1",
        "Outputs: impact_frac",
        "Example: hedgewatch calc",
    ):
        assert words in out
    assert "InvalidValueError" not in out
    assert ask(capsys, "impact_sqrt", "--json")[1].startswith("{")


@pytest.mark.parametrize("name", CALCULATIONS)
def test_every_formula_can_be_described_and_its_example_answers(name: str, capsys: Captured) -> None:
    code, out, err = ask(capsys, name, EXAMPLES[name])
    assert (code, err) == (0, "")
    answer = json.loads(out)
    _, words, _ = ask(capsys, name, "--json")
    described = json.loads(words)
    assert set(described["outputs"]) <= answer.keys() <= {*described["outputs"], *described["optional_outputs"]}
    assert described["explanation"]


def test_there_is_an_example_of_every_formula_and_of_nothing_else() -> None:
    assert EXAMPLES.keys() == CALCULATIONS.keys()


def test_a_batch_is_answered_line_by_line_in_order(tmp_path: Path, capsys: Captured) -> None:
    questions = tmp_path / "questions.jsonl"
    round_price = {"function": "round_price", "inputs": {"side": "sell", "price": "60000.26", "tick": "0.5"}}
    lines = [
        f'{{"function": "pnl", "inputs": {PNL}}}'.encode(),
        b"",
        b"broken",
        b"\xff\xfe{}",
        b"[]",
        b'{"inputs": {}}',
        b'{"function": "pnll", "inputs": {}}',
        b'{"function": "pnl"}',
        b'{"function": "pnl", "inputs": [1]}',
        b'{"function": "pnl", "inputs": {"kind": NaN}}',
        json.dumps(round_price).encode(),
    ]
    questions.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    code, out, err = ask(capsys, "--batch", str(questions))
    assert (code, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    assert found[0] == {"function": "pnl", "result": {"pnl_settle": "90000"}}
    assert found[-1] == {"function": "round_price", "result": {"price": "60000.5"}}
    assert [one["function"] for one in found] == [
        "pnl",
        None,
        None,
        None,
        None,
        "pnll",
        "pnl",
        "pnl",
        "pnl",
        "round_price",
    ]
    errors = [one["error"] for one in found[1:-1]]
    assert errors[0].startswith("line 3: JSON: cannot be read")
    assert [error.partition(":")[0] for error in errors[4:]] == ["function", "kind", "inputs", "kind"]
    assert all(one.keys() == {"function", "error"} for one in found[1:-1])


def test_an_empty_batch_is_answered_by_nothing(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert ask(capsys, "--batch", str(tmp_path / "empty.jsonl")) == (0, "", "")


def test_questions_come_from_standard_input_too() -> None:
    assert json.loads(run("pnl", "-", given=PNL.encode()).stdout) == {"pnl_settle": "90000"}
    answered = run("--batch", "-", given=f'{{"function": "pnl", "inputs": {PNL}}}\n'.encode())
    assert json.loads(answered.stdout)["result"] == {"pnl_settle": "90000"}


def test_a_batch_answers_each_line_before_it_waits_for_the_next() -> None:
    command = [sys.executable, "-m", "hedgewatch", "calc", "--batch", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(f'{{"function": "pnl", "inputs": {PNL}}}\n'.encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"] == {"pnl_settle": "90000"}
        process.stdin.close()
        assert process.wait() == 0


def test_the_whole_reference_goes_through_a_batch(tmp_path: Path, capsys: Captured) -> None:
    asked: list[dict[str, Any]] = [
        {"function": function, "inputs": inputs_of(row)} for function, row in (one.values for one in rows())
    ]
    (tmp_path / "all.jsonl").write_text("".join(json.dumps(one) + "\n" for one in asked))
    code, out, _ = ask(capsys, "--batch", str(tmp_path / "all.jsonl"))
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [one["function"] for one in found] == [one["function"] for one in asked]
    assert [one for one in found if "error" in one] == []


def test_one_question_loads_no_exchange_no_database_and_no_table_maker() -> None:
    program = (
        "import sys; from hedgewatch.cli import run_command\n"
        f"assert run_command(['calc', 'pnl', {PNL!r}]) == 0\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & set(HEAVY) == set()
