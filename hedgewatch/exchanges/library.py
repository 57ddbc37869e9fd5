"""The library: ccxt's classes, of which only those that are asked for are loaded.

ccxt's packages import all of their hundred exchanges: 0.4 s and 66 MB, of which five need 0.07 s and 18 MB. So both
packages are put in their places without being run. Their parts find them there; whoever asks one of them for anything
that is not loaded yet makes it run after all, and finds what it always had.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from threading import RLock
from types import ModuleType
from typing import Any

from hedgewatch.domain.errors import ConfigurationError

TWINS, CLIENTS = "ccxt", "ccxt.async_support"  # that wait for an answer, and that do not
# where each package's own names come from, besides its exchanges
NAMES = {
    TWINS: ("ccxt.base.errors", "ccxt.base.exchange", "ccxt.base.precise", "ccxt.base.decimal_to_precision"),
    CLIENTS: ("ccxt.base.errors", "ccxt.async_support.base.exchange", "ccxt.base.precise"),
}
_running = RLock()


def client_class(exchange: str) -> Any:  # noqa: ANN401  ccxt is untyped
    """Return ccxt's asynchronous class of an exchange. Raises ConfigurationError if there is none."""
    return _class(CLIENTS, exchange)


def twin_class(exchange: str) -> Any:  # noqa: ANN401  ccxt is untyped
    """Return ccxt's synchronous class of an exchange. Raises ConfigurationError if there is none."""
    return _class(TWINS, exchange)


def knows(exchange: str) -> bool:
    """Tell whether ccxt has an exchange."""
    if not exchange.isidentifier() or exchange == "base":
        return False
    return importlib.util.find_spec(f"{CLIENTS}.{exchange}") is not None


def known() -> tuple[str, ...]:
    """Return the ids of all exchanges of ccxt; this loads them all."""
    return tuple(importlib.import_module(CLIENTS).exchanges)


def _class(package: str, exchange: str) -> Any:  # noqa: ANN401  ccxt is untyped
    if not knows(exchange):
        raise ConfigurationError(f'there is no exchange "{exchange}"')
    importlib.import_module(f"{package}.{exchange}")
    _name_classes(package)
    return getattr(sys.modules[package], exchange)


def _name_classes(package: str) -> None:
    """Let a package's names stand for classes, as it does itself; importing a part made them stand for modules."""
    names = vars(sys.modules[package])
    for name, value in [*names.items()]:
        if isinstance(value, ModuleType) and value.__name__ == f"{package}.{name}" and name in vars(value):
            names[name] = vars(value)[name]


def _put_in_place(package: str) -> None:
    """Put a package where its parts look for it, and run it only if somebody asks it for what is not there."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(package)
    module = importlib.util.module_from_spec(spec)
    vars(module)["__getattr__"] = _asked(module, spec.loader.exec_module)
    sys.modules[package] = module
    above, _, name = package.rpartition(".")
    if above:
        setattr(sys.modules[above], name, module)


def _asked(module: ModuleType, run: Callable[[ModuleType], None]) -> Callable[[str], Any]:
    def asked(name: str) -> Any:  # noqa: ANN401  whatever the package holds
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)  # what the machinery looks for in any module
        for place in NAMES[module.__name__]:
            found = getattr(importlib.import_module(place), name, None)
            if found is not None:
                return found
        with _running:
            if vars(module).pop("__getattr__", None) is not None:
                run(module)
        return getattr(module, name)

    return asked


_put_in_place(TWINS)
_put_in_place(CLIENTS)
CcxtError: Any = importlib.import_module("ccxt.base.errors").BaseError
