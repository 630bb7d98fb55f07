"""The engine's package without the engine: refused with the command that installs it."""

import importlib.util
from importlib import reload

import pytest

import pleura.federation.engine
from pleura.errors import MissingExtraError


def test_without_nvflare_the_import_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "pleura\[federation\]"'):
        reload(pleura.federation.engine)
