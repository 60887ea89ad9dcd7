"""A Chromium of this machine, for tests that open pages."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Start one without a window; skip the test where there is none, or no playwright."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path  # where `playwright install chromium` puts one
        path = own if Path(own).is_file() else next(filter(None, map(shutil.which, _NAMES)), None)
        if path is None:
            pytest.skip(
                f"needs Chromium: none of {', '.join(_NAMES)} is installed; "
                "`python -m playwright install chromium` brings one"
            )
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield browser
        browser.close()
