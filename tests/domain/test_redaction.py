from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.redaction import MASK, Redactor

SECRET = 'canary "of" the\\door/1+é'
FORMS = (
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    json.dumps(SECRET),
    repr(SECRET),
    SECRET.encode().hex(),
    SECRET.encode().hex().upper(),
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode(),
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_masked(form: str) -> None:
    assert MASK in Redactor([SECRET]).clean(f"it is {form}, they say")
    assert form.strip("\"'=") not in Redactor([SECRET]).clean(f"it is {form}, they say")


@given(before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_a_secret_inside_a_longer_base64_is_masked(before: bytes, after: bytes) -> None:
    secret = "canary-of-the-door"
    text = base64.b64encode(before + secret.encode() + after).decode()
    cleaned = Redactor([secret]).clean(text)
    assert MASK in cleaned
    kept = max((len(part) for part in cleaned.split(MASK)), default=0)
    assert kept <= 16, "what stands beside the secret, and a character of it at most"


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://hooks.example.com/services/T0001/canary-token-of-hook", "canary-token-of-hook"),
        ("https://example.com/hook?token=canary%2Ftoken%2Fquery", "canary/token/query"),
        ("tgram://123456789:canary-of-telegram/12345", "canary-of-telegram"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/canaryOfSlackWorkspace", "canaryOfSlackWorkspace"),
        ("smtp://me:canary%20word@example.com", "canary word"),
    ],
)
def test_what_is_secret_inside_an_address_is_masked_alone(url: str, part: str) -> None:
    redactor = Redactor([url])
    for told in (part, quote(part, safe=""), part.encode().hex()):
        assert redactor.clean(f"POST {told}") == f"POST {MASK}"


def test_words_and_hosts_of_an_address_stay_readable() -> None:
    redactor = Redactor(["https://hooks.example.com/services/T0001/canary-token-of-hook"])
    assert redactor.clean("hooks.example.com answered 404 to services") == "hooks.example.com answered 404 to services"


def test_short_values_mask_no_ordinary_words() -> None:
    assert Redactor(["on"]).clean("one cycle on time") == "one cycle on time"


def test_who_knows_no_secret_changes_nothing() -> None:
    assert Redactor().clean("anything") == "anything"


def test_a_secret_that_is_no_text_is_known_as_well() -> None:
    assert Redactor(["canary\udcff"]).clean("the canary\udcff sings") == f"the {MASK} sings"
