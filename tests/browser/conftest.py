import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from adapters.cli.demo_data import DEMO_PASSWORD
from core.access import Role
from tests.browser.records import Records, add_records
from tests.e2e.conftest import QUICK_PASSWORDS, demo_database, empty_database, environment_in, running, shared
from tests.programs import free_port, program

__all__ = ["demo_database", "empty_database", "shared"]

OpenPage = Callable[[Role | None], Page]


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """Playwright's event loop runs until the module ends: no other test may meet it."""
    path = program("chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


@pytest.fixture(scope="module")
def records(chromium: Browser, demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Records]:
    """Of the demo, served at `records.home` to all tests of a module."""
    directory = tmp_path_factory.mktemp("browser")
    shutil.copy(demo_database, directory)
    environment = environment_in(directory) | QUICK_PASSWORDS
    with running(environment, free_port(), stderr=subprocess.DEVNULL) as demo:
        yield add_records(demo.home, demo.upstream)


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, records: Records) -> Generator[Callable[[Role], BrowserContext]]:
    """A browser context for each role, which signs in once."""
    contexts: dict[Role, BrowserContext] = {}
    with ExitStack() as stack:

        def sign_in(role: Role) -> BrowserContext:
            if role not in contexts:
                context = stack.enter_context(chromium.new_context(base_url=records.home))
                context.set_default_timeout(10_000)
                page = context.new_page()
                page.goto("/console/sign-in/")
                page.get_by_label("Email").fill(f"{role}@clinic.example")
                page.get_by_label("Password").fill(DEMO_PASSWORD)
                page.keyboard.press("Enter")
                page.get_by_role("button", name="Sign out").wait_for()
                page.close()
                contexts[role] = context
            return contexts[role]

        yield sign_in


@pytest.fixture
def open_as(chromium: Browser, records: Records, signed_in: Callable[[Role], BrowserContext]) -> Generator[OpenPage]:
    """A new page of the role."""
    with ExitStack() as stack:

        def open_page(role: Role | None) -> Page:
            if role:
                return stack.enter_context(signed_in(role).new_page())
            return stack.enter_context(stack.enter_context(chromium.new_context(base_url=records.home)).new_page())

        yield open_page
