"""Headless Chromium over its debugging pipe: no package, no port, no driver."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-unsafe-swiftshader",
)
# The browser reads messages from descriptor 3 and answers on 4.
_ON_THREE_AND_FOUR = (
    "import fcntl, os, sys;"
    "ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]];"
    "os.dup2(ends[0], 3); os.dup2(ends[1], 4);"
    "os.execv(sys.argv[3], sys.argv[3:])"
)


def find_chromium() -> str:
    """Path of a browser, or skip aloud."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no chromium, chromium-browser or google-chrome on PATH")


class Chromium:
    """One browser; `page` opens a tab on a file."""

    def __init__(self, profile: Path, *flags: str) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _ON_THREE_AND_FOUR,
                str(to_read),
                str(to_write),
                find_chromium(),
                *_FLAGS,
                *flags,
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._put(json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            if "id" not in answer:
                self.events.append(answer)

    def _put(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._write, data) :]

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "Chromium does not answer"
            chunk = os.read(self._read, 1 << 20)
            assert chunk, "Chromium has ended"
            self._rest += chunk
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def page(self, path: Path, **options: Any) -> Page:
        return Page(self, path, **options)

    def close(self) -> None:
        """End the browser and wait for it."""
        try:
            self.send("Browser.close")
            self._process.wait(20)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            os.close(self._write)
            os.close(self._read)


class Page:
    """One tab, from loading the file until it is ready."""

    def __init__(
        self,
        browser: Chromium,
        path: Path,
        *,
        size: tuple[int, int] = (1200, 800),
        query: str = "",
        dark: bool = False,
        before: str = "",
    ) -> None:
        self.browser = browser
        browser.events.clear()
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.send("Target.attachToTarget", targetId=target, flatten=True)
        self.target, self.session = target, attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        if before:
            self.send("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.url = path.resolve().as_uri() + query
        self.send("Page.navigate", url=self.url)
        self.wait("document.documentElement && document.documentElement.dataset.ready")
        self.settle()

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.send(method, self.session, **params)

    def js(self, expression: str) -> Any:
        """Value of an expression; promises are awaited."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        deadline = time.monotonic() + 60
        while not self.js(expression):
            assert time.monotonic() < deadline, f"never true: {expression}; {self.problems()}"
            time.sleep(0.02)

    def settle(self) -> None:
        """Wait for two frames: what was asked for is drawn."""
        self.js("new Promise(d => requestAnimationFrame(() => requestAnimationFrame(() => d(1))))")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector: str, *, times: int = 1, shift: bool = False) -> None:
        """Click the middle of an element."""
        x, y = self.middle(selector)
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.mouse(kind, x, y, button="left", clickCount=count, modifiers=8 if shift else 0)
        self.settle()

    def middle(self, selector: str) -> tuple[float, float]:
        box = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'nearest'});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box[0], box[1]

    def press(self, key: str, text: str = "") -> None:
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def choose(self, selector: str, text: str) -> None:
        """Choose an option by its text, as a reader does."""
        self.js(
            f"(() => {{ const s = document.querySelector({json.dumps(selector)});"
            f"s.value = [...s.options].find(o => o.text === {json.dumps(text)}).value;"
            "s.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )
        self.settle()

    def view(self) -> tuple[float, float, float]:
        """Middle of what is seen, and the zoom (1 is the whole map)."""
        x, y, zoom = self.js("document.getElementById('map').dataset.view").split()
        return float(x), float(y), float(zoom)

    def text(self, selector: str) -> str:
        return self.js(f"document.querySelector({json.dumps(selector)}).textContent")

    def screenshot(self) -> bytes:
        """PNG of the window."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def problems(self) -> list[str]:
        """Console errors, exceptions, policy violations, and requests beyond the file itself."""
        self.js("1")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, params = event["method"], event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(f"exception: {params['exceptionDetails']}")
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                found.append(f"console: {params['args']}")
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                text = params["entry"]["text"]
                # The software driver says that screenshots are slow. So they are.
                if "GL Driver Message (OpenGL, Performance" not in text:
                    found.append(f"log: {text}")
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if url != self.url and not url.startswith("blob:"):
                    found.append(f"request: {url[:200]}")
        return found

    def close(self) -> None:
        self.browser.send("Target.closeTarget", targetId=self.target)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for all tests of the session, with an empty profile."""
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
