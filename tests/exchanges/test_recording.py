"""Recording raw answers: shapes and numbers stay, identities go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.recording import MOST_ROWS, Heard, Recorder, is_identity, scrubbed

AT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
CANARY = "canaryIDENTITYcanary"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "answers", AT, {"ccxt": "4"})


def heard(body: Any, query: str = "", *, posted: str | None = None) -> Heard:
    text = body if isinstance(body, str) else json.dumps(body)
    return Heard(
        exchange="binance",
        method="GET",
        path="/fapi/v3/account",
        query=query,
        status=200,
        body=text,
        signed=True,
        posted=posted,
    )


def kept(recorder: Recorder, folder: Path, said: Heard) -> dict[str, Any]:
    recorder.keep(said)
    [file] = (folder / "answers").glob("binance-*.json")
    answer: dict[str, Any] = json.loads(file.read_text())
    return answer


@pytest.mark.parametrize(
    "key",
    [
        "uid",
        "userId",
        "accountId",
        "orderId",
        "order_id",
        "id",
        "tranId",
        "tradeID",
        "apiKey",
        "api-key",
        "apikey",
        "email",
        "ips",
        "ipAddresses",
        "ipAddress",
        "note",
        "parentUid",
        "memberUID",
        "inviterID",
        "clientOrderId",
        "positionId",
        "secret",
        "passphrase",
        "nickName",
        "address",
        "walletAddress",
        "billId",
        "nextPageCursor",
        "rsaPublicKey",
    ],
)
def test_a_key_that_names_somebody_is_known(key: str) -> None:
    assert is_identity(key)
    assert CANARY not in json.dumps(scrubbed({"data": [{key: CANARY, "more": {key: [CANARY]}}]}, ()))


@pytest.mark.parametrize(
    "key",
    [
        "bid",
        "bid1",
        "bidPrice",
        "symbol",
        "asset",
        "walletBalance",
        "paid",
        "isValid",
        "price",
        "time",
        "positionAmt",
        "currency",
    ],
)
def test_a_key_that_names_nobody_is_kept(key: str) -> None:
    assert not is_identity(key)


def test_masks_keep_the_shape_of_what_they_hide() -> None:
    hidden = scrubbed(
        {"uid": 4711, "orderId": "123456", "accountId": "a-b", "ids": [1, "22"], "email": "", "id": None}, ()
    )
    assert hidden == {"uid": 0, "orderId": "000000", "accountId": "***", "ids": [0, "00"], "email": "", "id": None}


def test_addresses_are_hidden_wherever_they_stand() -> None:
    said = {"msg": "this IP 203.0.113.7 is not on the list of jo@example.com", "v6": "2001:db8:0:0:0:0:2:1"}
    assert scrubbed(said, ()) == {"msg": "this IP *** is not on the list of ***", "v6": "***"}


def test_the_question_is_kept_without_what_signs_it(recorder: Recorder, tmp_path: Path) -> None:
    query = "symbol=BTCUSDT&limit=5&timestamp=1&recvWindow=5000&signature=abcdef&orderId=99"
    told = kept(recorder, tmp_path, heard({"assets": []}, query, posted='{"incomeType": "funding", "apiKey": "k"}'))
    assert told["query"] == {"symbol": "BTCUSDT", "limit": "5", "orderId": "00", "incomeType": "funding"}
    assert (told["url"], told["httpMethod"], told["signed"]) == ("/fapi/v3/account", "GET", True)


def test_a_page_instead_of_data_is_kept_as_text(recorder: Recorder, tmp_path: Path) -> None:
    told = kept(recorder, tmp_path, heard("<html>blocked 203.0.113.7</html>"))
    assert told["httpResponse"] == "<html>blocked ***</html>"


def test_a_market_list_is_cut_to_the_wanted_and_the_first_few(recorder: Recorder, tmp_path: Path) -> None:
    recorder.want([InstrumentRef(exchange="binance", symbol="XYZ/USDT:USDT")])
    rows = [{"symbol": f"A{number}USDT"} for number in range(MOST_ROWS)] + [{"symbol": "XYZUSDT"}]
    told = kept(recorder, tmp_path, heard({"symbols": rows}))
    names = [row["symbol"] for row in told["httpResponse"]["symbols"]]
    assert names[0] == "XYZUSDT"
    assert len(names) == 11


def test_keys_are_hidden_in_any_text(recorder: Recorder, tmp_path: Path) -> None:
    recorder.hide(lambda text: text.replace(CANARY, "***"))
    told = kept(recorder, tmp_path, heard({"msg": f"unknown key {CANARY}"}))
    assert told["httpResponse"] == {"msg": "unknown key ***"}
