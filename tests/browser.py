"""A real Chromium without a window, for the tests of pages that people use."""

import asyncio
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")

_WITHIN = 20.0
"""Seconds in which the page shows what it is waited for; a loaded machine with two processors is slow."""
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but loopback: no name is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Browser:
    """What a person does with a browser. The calls block, so they run beside the event loop that serves the page."""

    def __init__(self, place: Path) -> None:
        """Start Chromium as nobody has used it before.

        Args:
            place: An empty directory for all that it writes.
        """
        _require_programs()
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for argument in (*_ARGUMENTS, f"--user-data-dir={place / 'profile'}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # With both paths given, selenium looks for no other driver and downloads none.
        service = webdriver.ChromeService(str(shutil.which("chromedriver")), env={**os.environ, "HOME": str(place)})
        self._driver = webdriver.Chrome(options, service)

    def quit(self) -> None:
        self._driver.quit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.quit()

    def forget(self) -> None:
        """Be as at the start: one empty tab, no cookie, nothing in the console."""
        self._driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        first, *others = self._driver.window_handles
        for tab in others:
            self._driver.switch_to.window(tab)
            self._driver.close()
        self._driver.switch_to.window(first)
        self._driver.get("about:blank")
        self._log()

    # ----- what a person does -----------------------------------------------------------------------------------

    async def open(self, address: str) -> None:
        await self._do(lambda: self._driver.get(address))

    async def open_in_new_tab(self, address: str) -> None:
        await self._do(lambda: self._driver.switch_to.new_window("tab"))
        await self.open(address)

    async def switch_to_tab(self, number: int) -> None:
        await self._do(lambda: self._driver.switch_to.window(self._driver.window_handles[number]))

    async def reload(self) -> None:
        await self._do(self._driver.refresh)

    async def click(self, selector: str) -> None:
        await self._with(selector, lambda element: element.click())

    async def type(self, text: str, selector: str | None = None) -> None:
        """Type into one field, or wherever the keyboard's focus is."""
        if selector is None:
            await self._do(lambda: self._driver.switch_to.active_element.send_keys(text))
        else:
            await self._with(selector, lambda element: element.send_keys(text))

    # ----- what a person sees -----------------------------------------------------------------------------------

    async def see(self, *texts: str) -> None:
        """Wait until all these are on the page, which may change meanwhile."""
        script = "return document.body && arguments[0].every((text) => document.body.innerText.includes(text))"
        await self._wait_for(lambda: self._driver.execute_script(script, list(texts)), texts)

    async def see_no(self, *texts: str) -> None:
        """Wait until none of these is on the page."""
        script = "return document.body && !arguments[0].some((text) => document.body.innerText.includes(text))"
        await self._wait_for(lambda: self._driver.execute_script(script, list(texts)), texts)

    async def text(self) -> str:
        return str(await self._script("return document.body.innerText"))

    async def source(self) -> str:
        return await self._do(lambda: self._driver.page_source)

    async def address(self) -> str:
        return await self._do(lambda: self._driver.current_url)

    async def property(self, selector: str, name: str) -> Any:
        return await self._with(selector, lambda element: element.get_property(name))

    async def see_focus(self, name: str) -> None:
        """Wait until the keyboard writes to the element of this name, or of this kind where it has no name."""
        script = "return (document.activeElement.name || document.activeElement.localName) === arguments[0]"
        await self._wait_for(lambda: self._driver.execute_script(script, name), (f"focus on {name}",))

    async def console(self) -> list[str]:
        """What went wrong in the page since this was last asked."""
        return [entry["message"] for entry in await self._do(self._log)]

    # ----- what happens to a browser ----------------------------------------------------------------------------

    async def lose_network(self, lost: bool) -> None:
        await self._devtools("Network.enable")
        await self._devtools(
            "Network.emulateNetworkConditions", offline=lost, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    async def switch_scripts_off(self, off: bool) -> None:
        await self._devtools("Emulation.setScriptExecutionDisabled", value=off)

    # ----- threads ----------------------------------------------------------------------------------------------

    def _log(self) -> list[dict[str, Any]]:
        return list(self._driver.get_log("browser"))  # type: ignore[no-untyped-call]

    async def _do(self, act: Callable[[], T]) -> T:
        return await asyncio.to_thread(act)

    async def _script(self, script: str, *arguments: object) -> Any:
        return await self._do(lambda: self._driver.execute_script(script, *arguments))

    async def _devtools(self, command: str, **parameters: object) -> None:
        await self._do(lambda: self._driver.execute_cdp_cmd(command, parameters))

    async def _with(self, selector: str, act: Callable[["WebElement"], T]) -> T:
        """Wait until the element is there, as a person does, and do something with it once."""
        from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        gone = [NoSuchElementException, StaleElementReferenceException]
        wait = WebDriverWait(self._driver, _WITHIN, 0.05, ignored_exceptions=gone)
        done = await self._do(lambda: wait.until(lambda driver: (act(driver.find_element("css selector", selector)),)))
        return done[0]

    async def _wait_for(self, seen: Callable[[], object], texts: tuple[str, ...]) -> None:
        from selenium.common.exceptions import TimeoutException, WebDriverException
        from selenium.webdriver.support.wait import WebDriverWait

        # A script that runs while the page goes to the next one is broken off.
        wait = WebDriverWait(self._driver, _WITHIN, 0.05, ignored_exceptions=[WebDriverException])
        try:
            await self._do(lambda: wait.until(lambda _: seen()))
        except TimeoutException:
            pytest.fail(f"waited for {texts}, and the page shows: {await self.text()}")


def _require_programs() -> None:
    missing = [program for program in ("chromium", "chromedriver") if shutil.which(program) is None]
    if find_spec("selenium") is None:
        missing.append("selenium")
    if not missing:
        return
    if os.environ.get("ZAIRYU_NO_PCSC") == "1":
        pytest.skip("ZAIRYU_NO_PCSC=1, and this machine lacks " + ", ".join(missing))
    pytest.fail(
        f"This machine lacks {', '.join(missing)}, which the tests of the terminal's page need. Install them with "
        "`make debian-packages` and the extra `dev`, or set ZAIRYU_NO_PCSC=1 to leave these tests out."
    )
