"""How smoothly the playground trains: frames and epochs a second, in the built site.

``python -m tests.browsing.frames`` opens the page in Chromium without a graphics card, trains the
network of the default settings and prints the medians over seconds.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from book.site import chromium
from tests.browsing import server

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGE = "book/playground.html"
# Both are counted by the page itself, second by second, as long as the run lasts.
COUNT = """seconds => new Promise((done) => {
  const epoch = () => Number(document.getElementById("pg-epoch").textContent.match(/\\d+/)[0]);
  const found = [];
  let frames = 0, begin = performance.now(), before = epoch();
  const look = (now) => {
    frames += 1;
    if (document.getElementById("pg-start").textContent !== "Pause") return done(found);
    if (now - begin >= 1000) {
      found.push([1000 * frames / (now - begin), 1000 * (epoch() - before) / (now - begin)]);
      [frames, begin, before] = [0, now, epoch()];
    }
    if (found.length < seconds) requestAnimationFrame(look);
    else done(found);
  };
  requestAnimationFrame(look);
})"""


def measure(site: Path, state: str, seconds: int) -> tuple[float, float]:
    """Train in the page and count.

    Parameters
    ----------
    site : Path
        The built site.
    state : str
        Settings, as in the page's address after ``#``.
    seconds : int
        How long.

    Returns
    -------
    tuple of float
        Medians over the seconds: frames and epochs a second.
    """
    with chromium.launch(chromium.find()) as browser, server.serve(site) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}{PAGE}#{state}")
        page.get_by_role("button", name="Start", exact=True).click()
        found = page.evaluate(COUNT, seconds)
    if not found:
        raise SystemExit(f"the run must last for a second. Received: {state}")
    frames, epochs = zip(*found, strict=True)
    return statistics.median(frames), statistics.median(epochs)


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.browsing.frames", description=__doc__)
    parser.add_argument("--site", type=Path, default=SITE, help="the built site")
    parser.add_argument("--seconds", type=int, default=5, help="how long to look (5)")
    parser.add_argument(
        "--state",
        default="epochs=2000",
        help="settings as in the page's address (epochs=2000: hidden units 8, 8)",
    )
    given = parser.parse_args()
    if chromium.find() is None:
        parser.error(chromium.HOW_TO_INSTALL)
    if not (given.site / PAGE).is_file():
        parser.error(f"run `make site` first. Received: no {PAGE} in {given.site}")
    frames, epochs = measure(given.site, given.state, given.seconds)
    print(f"{given.state}: {frames:.0f} frames and {epochs:.0f} epochs a second")


if __name__ == "__main__":
    main()
