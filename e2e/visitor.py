"""A person at a browser, who looks at every page that a journey comes to."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page

SCREENSHOTS = Path(__file__).parent / "screenshots"

TOO_WIDE = """[...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map(each => each.outerHTML.slice(0, 120))"""


class Visitor:
    """Whatever the browser complains about is kept in `complaints`."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> int:
        """Go to a path of the portal and return the status."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        return answer.status

    def sign_in(self, person: str) -> None:
        self.open("/demo/sign-in")
        self.page.check(f"input[value={person}]")
        self.page.click("main form button")
        self.page.wait_for_url(lambda url: "/demo/sign-in" not in url)

    def path_of_first(self, lane: str | None = None) -> str:
        """Return the path of the newest declaration in the list, of one lane (release, documents, inspection)."""
        self.open("/declarations" + (f"?lane={lane}" if lane else ""))
        path = self.page.get_attribute("tbody th a", "href")
        assert path is not None
        return path

    def switch_to(self, language: str) -> None:
        """Press the button with this name of a language, and wait for the page in it."""
        self.follow(self.page.get_by_role("button", name=language, exact=True))

    def follow(self, what: Locator) -> None:
        """Click a link or the button of a form, and wait for the page to which it leads."""
        with self.page.expect_navigation():
            what.click()

    def look(self, name: str) -> None:
        """Keep a screenshot, and check that the page fits its window and passes axe."""
        self.fits(name)
        found = self.violations()
        assert not found, f"{name}: {found}"

    def fits(self, name: str) -> None:
        """Keep a screenshot, and check that the page fits its window."""
        self.keep(name)
        assert self.overflow() <= 0, f"{name}: {self.overflow()} pixels too wide: {self.page.evaluate(TOO_WIDE)}"

    def keep(self, name: str) -> None:
        """Keep a screenshot of the whole page, when its letters are there; with SHEKARA_SCREENSHOTS=1 only."""
        if not os.environ.get("SHEKARA_SCREENSHOTS"):
            return
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.wait_for_load_state("load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def violations(self, **options: Any) -> list[tuple[str, list[str]]]:
        """Return what axe finds: the rule, and the elements that break it."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"], **options}).response["violations"]
        return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]

    def _hear(self, message: ConsoleMessage) -> None:
        expected = "Failed to load resource: the server responded with a status of 4"
        if message.type in ("error", "warning") and not message.text.startswith(expected):
            self.complaints.append(message.text)
