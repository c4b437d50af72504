"""The real `touchline review` command with a real browser in front of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ENV = {"HOME", "PATH", "PYTHONPATH", "LANG", "TMPDIR"}


class ReviewCommand:
    """`touchline review` as a process of its own, which writes its caches into ``home``."""

    def __init__(self, *paths: Path, home: Path, options: Sequence[str] = ()) -> None:
        home.mkdir(exist_ok=True)
        self.log = home / "review.log"
        command = [sys.executable, "-m", "touchline.cli.main", "review", *map(str, paths), "--no-browser", "--json"]
        env = {name: value for name, value in os.environ.items() if name in ENV}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--name", "anna", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**env, "XDG_CACHE_HOME": str(home)},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the command ended early:\n{self.log.read_text()}"
        self.url = str(json.loads(line)["url"])

    def kill(self) -> None:
        """kill -9: no chance to save anything."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> ReviewCommand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


class ReviewPage:
    """A window of the review tool; complaints of the browser are collected."""

    def __init__(self, browser: Any, url: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)
        self.ready()

    def ready(self) -> None:
        """Wait until the first frame is shown and all frames are counted."""
        self.page.wait_for_selector(".transport .where")
        self.page.wait_for_function("() => !document.querySelector('.where').textContent.includes('≈')")
        self.settled()

    def settled(self) -> None:
        """Wait until the video shows the frame that was asked for."""
        self.page.wait_for_function(
            "() => { const v = document.querySelector('video'); return v.readyState >= 2 && !v.seeking; }"
        )
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def frame(self) -> int:
        """The number of the frame that the tool says it shows."""
        return int(self.page.get_attribute(".screen", "data-frame"))

    def time_us(self) -> int:
        """The presentation time that the tool says it shows, microseconds."""
        return int(self.page.get_attribute(".screen", "data-time-us"))

    def spelled(self) -> int:
        """The number that the pixels on the screen spell, see :func:`makevideo.bars`."""
        return int(
            self.page.evaluate(
                """() => {
                  const video = document.querySelector('video');
                  const canvas = document.createElement('canvas');
                  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
                  const context = canvas.getContext('2d', { willReadFrequently: true });
                  context.drawImage(video, 0, 0);
                  const y = Math.floor(canvas.height / 2);
                  let number = 0;
                  for (let bit = 0; bit < 10; bit++) {
                    const x = Math.floor(((2 * bit + 1) * canvas.width) / 20);
                    number = number * 2 + (context.getImageData(x, y, 1, 1).data[1] > 126 ? 1 : 0);
                  }
                  return number;
                }"""
            )
        )

    def saved(self) -> None:
        """Wait until everything is on the disk."""
        self.page.wait_for_selector("text=All saved")

    def close(self) -> None:
        self.context.close()
