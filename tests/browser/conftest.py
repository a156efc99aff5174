"""Real browsers against a real server. `browser` drives Debian's Chromium, headless, with a fake camera and microphone; each page that it opens has
cookies of its own. The tests of a worker share a browser process, whose pages end with the test; after a failure there is a new one.
`served(folder, ...)` starts a server that serves the folder at /pages/. Screenshots stand in build/browser/. Where Chromium or the npm packages are
missing the tests are skipped, and say so."""
import importlib.util
import itertools
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import threading

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
INTEGRATION = FOLDER.parent / "integration"
sys.path.insert(0, str(INTEGRATION))
spec = importlib.util.spec_from_file_location("integration", INTEGRATION / "conftest.py")
integration = importlib.util.module_from_spec(spec)
spec.loader.exec_module(integration)
ROOT, BUILD, Whiply, free_ports = integration.ROOT, integration.BUILD, integration.Whiply, integration.free_ports
start = integration.start
pytest_runtest_makereport = integration.pytest_runtest_makereport


def pytest_exception_interact(node):
    node.failed = True


NPM = ROOT / "build" / "npm"
SHOTS = ROOT / "build" / "browser"
LIMIT = int(os.environ.get("WHIPLY_LIMIT", 60))      # seconds; a browser on a busy machine takes its time


# The whole browser, and the shell of it that has no windows.
PROGRAMS = {"CHROMIUM": shutil.which("chromium"), "CHROMIUM_SHELL": shutil.which("chromium-headless-shell")}


def why_not():
    """Why there can be no browsers here, or None."""
    if None in PROGRAMS.values():
        return "there is no chromium: ./dev install-deps test"
    if not shutil.which("node") or not (NPM / "node_modules" / "playwright-core").is_dir():
        return "there is no playwright-core in build/npm: ./dev test installs it from npm"
    return None


class Page:
    def __init__(self, browser, name):
        self.browser, self.name = browser, name

    def step(self, do, limit=LIMIT, **more):
        return self.browser.step({"do": do, "page": self.name, **more}, limit)

    def run(self, script, *args, limit=LIMIT):
        """Runs the body of an async function `(...args)` in the page."""
        return self.step("eval", limit, script=script, args=args)

    def wait(self, script, *args, limit=LIMIT):
        """Until the body gives something true, which is returned."""
        return self.step("wait", limit + 10, script=script, args=args, ms=limit * 1000)

    def click(self, selector):
        return self.step("click", selector=selector)

    def fill(self, selector, text):
        return self.step("fill", selector=selector, text=text)

    def select(self, selector, value):
        return self.step("select", selector=selector, text=value)

    def hover(self, selector):
        return self.step("hover", selector=selector)

    def press(self, keys):
        return self.step("press", keys=keys)

    def size(self, width, height):
        return self.step("size", width=width, height=height)

    def cdp(self, method, **params):
        return self.step("cdp", method=method, params=params)

    def tab(self, name, url):
        """Another page of the same browser: with the same cookies and storage."""
        page = Page(self.browser, name)
        page.step("tab", of=self.name, url=url)
        self.browser.pages.append(page)
        return page

    def reload(self):
        return self.step("reload")

    def offline(self, on=True):
        return self.step("offline", on=on)

    def frame(self, selector, script, *args):
        return self.step("frame", selector=selector, script=script, args=args)

    def shot(self, name):
        """A screenshot: build/browser/NAME.png."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        return self.step("shot", path=str(SHOTS / f"{name}.png"))

    def console(self):
        return self.step("console")

    def close(self):
        self.browser.pages.remove(self)
        self.step("close")


class Browser:
    def __init__(self):
        self.pages, self.numbers, self.waiting = [], itertools.count(1), {}
        self.process = subprocess.Popen(["node", FOLDER / "driver.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "NPM": str(NPM), **PROGRAMS, "LD_PRELOAD": ""})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            self.waiting[answer["id"]].put(answer)

    def step(self, step, limit):
        number = next(self.numbers)
        self.waiting[number] = queue.Queue()
        self.process.stdin.write(json.dumps({"id": number, **step}) + "\n")
        self.process.stdin.flush()
        answer = self.waiting[number].get(timeout=limit)
        del self.waiting[number]
        assert "error" not in answer, f"{step['do']} in {step.get('page')}: {answer['error']}"
        return answer["result"]

    def open(self, name, url, own=False, **more):
        """A page. `own`: in a whole browser of its own, not only with cookies of its own."""
        page = Page(self, name)
        page.step("open", url=url, own=own, **more)
        self.pages.append(page)
        return page

    def clear(self):
        """Closes what is open."""
        self.step({"do": "clear"}, LIMIT)
        self.pages.clear()

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def browsers():
    """The one that tests share, in a list: empty before the first, and after a failure."""
    there = []
    yield there
    for one in there:
        one.end()


@pytest.fixture
def browser(request, browsers):
    if why_not():
        pytest.skip(why_not())
    browser = browsers.pop() if browsers else Browser()
    yield browser
    if not getattr(request.node, "failed", False):
        browser.clear()
        browsers.append(browser)
        return
    for page in browser.pages:
        try:
            page.shot(f"failed-{request.node.name}-{page.name}")
            print(page.name, "\n".join(page.console()[-40:]))
        except Exception as error:      # the browser may be what failed
            print(page.name, error)
    browser.end()


@pytest.fixture
def served(start, tmp_path):
    """served(folder, **options of Whiply): a server on whose /pages/ the folder stands."""
    def begin(folder, plugins="", **options):
        library = tmp_path / "plugins"
        shutil.copytree(BUILD / "plugins" / ".libs", library, symlinks=True)
        subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-I", ROOT / "include", "-o", library / "pages.so", FOLDER / "pages.c"], check=True)
        (library / "pages").mkdir()
        shutil.copytree(folder, library / "pages" / "www")
        return start(library=library, plugins=f"pages = {{ }}; {plugins}", **options)

    return begin


@pytest.fixture
def site(start):
    """site(...) starts a server with the site and all that it shows; what it takes is what `settings` of steps.py takes. The server has `again(...)`,
    which starts it anew with others."""
    from steps import IRC, LIMITS, settings

    def begin(*args, **more):
        made = start(listeners=IRC, hub=LIMITS, limits='per_address = 5000; messages = "100000/s burst 100000";', plugins=settings(*args, **more))

        def again(*args, **more):
            made.end()
            made.configure(plugins=settings(*args, **more))
            made.run()
            made.wait()

        made.again = again
        return made

    return begin


@pytest.fixture
def server(site):
    return site()
