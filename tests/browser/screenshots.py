"""Takes the pictures of `docs/screenshots` from the demo: `make screenshots`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from attrs import frozen
from playwright.sync_api import Browser, Page, sync_playwright

from adapters.cli.demo_data import DEMO_PASSWORD
from tests.browser.records import Records, add_records
from tests.documents import ROOT
from tests.e2e.conftest import QUICK_PASSWORDS, environment_in, running
from tests.programs import free_port, program


@frozen
class Shot:
    name: str
    page: str
    language: Literal["en", "de", "ar"] = "en"
    scheme: Literal["light", "dark"] = "light"
    narrow: bool = False

    def take(self, chromium: Browser, records: Records, directory: Path) -> None:
        size = (360, 720) if self.narrow else (1120, 700)
        with chromium.new_context(
            base_url=records.home,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=self.scheme,
            timezone_id="Europe/Berlin",
        ) as context:
            page = context.new_page()
            _sign_in(page)
            context.add_cookies([{"name": "django_language", "value": self.language, "url": records.home}])
            _open(page, self.page, records)
            page.screenshot(path=directory / f"{self.name}.png")


SHOTS = (
    Shot("find", "find"),
    Shot("find-narrow-dark", "find", scheme="dark", narrow=True),
    Shot("patient", "patient"),
    Shot("patient-arabic", "patient", language="ar"),
    Shot("register-narrow", "register", narrow=True),
    Shot("duplicate", "pair"),
    Shot("duplicate-arabic-dark", "pair", language="ar", scheme="dark"),
    Shot("duplicates-german", "queue", language="de"),
    Shot("overview-dark", "overview", scheme="dark"),
    Shot("overview-narrow-arabic", "overview", language="ar", narrow=True),
)


def _sign_in(page: Page) -> None:
    page.goto("/console/sign-in/")
    page.get_by_label("Email").fill("clerk@clinic.example")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()


def _open(page: Page, name: str, records: Records) -> None:
    if name == "find":
        page.goto("/console/")
        page.locator("#q").press_sequentially("an")
        page.locator("a.person").first.wait_for()
    elif name == "patient":
        page.goto(f"/console/patients/{records.patient}/")
        page.locator("form[action$='/sync/'] button").click()
    elif name == "register":
        page.goto("/console/register/")
        page.locator("#id_first_name").fill("Ada")
        page.locator("#id_last_name").press_sequentially("Lovelace")
        page.locator("#matches a.person").first.wait_for()
        page.locator("#matches").scroll_into_view_if_needed()
    elif name == "pair":
        page.goto("/console/duplicates/")
        page.locator("a.pair").nth(1).click()
    else:
        page.goto({"queue": "/console/duplicates/", "overview": "/console/overview/"}[name])


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        environment = environment_in(Path(home)) | QUICK_PASSWORDS
        with running(environment, free_port(), stderr=subprocess.DEVNULL) as demo:
            records = add_records(demo.home, demo.upstream)
            for shot in SHOTS:
                shot.take(chromium, records, directory)
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
