"""A dead man's switch over HTTP, as healthchecks and its like have it: a request says that all is well."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

import aiohttp

from hedgewatch import __version__
from hedgewatch.domain.errors import DeliveryError
from hedgewatch.notify.webhook import CONNECT_SECONDS, TOTAL_SECONDS, host_of, read_a_little, what_broke

NAME = "the heartbeat's address"


class HttpSwitch:
    """Fills Switch: one request to one address. The address is a secret: whoever has it can say that all is well."""

    def __init__(self, url: str, *, method: str, total_seconds: Decimal = TOTAL_SECONDS) -> None:
        """Check the address; ``total_seconds`` is the longest a request may take. Raises ConfigurationError."""
        host_of(url, "heartbeat.url")
        self._url = url
        self._method = method
        self._total_seconds = total_seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def deadline_seconds(self) -> Decimal:
        """The longest a request may take."""
        return self._total_seconds

    async def tell(self) -> None:
        """Ask the address once; only a 2xx answer counts. Raises DeliveryError that shows nothing of the address."""
        try:
            async with self._open().request(self._method, self._url, allow_redirects=False) as answer:
                await read_a_little(answer)
        except TimeoutError:
            raise DeliveryError(f"{NAME} did not answer in time (at most {self._total_seconds} s)") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DeliveryError(f"{NAME} {what_broke(error)}") from None
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise DeliveryError(f"{NAME} answered {answer.status}")

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=float(self._total_seconds), connect=CONNECT_SECONDS),
                connector=aiohttp.TCPConnector(limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"hedgewatch/{__version__}"},
            )
        return self._session
