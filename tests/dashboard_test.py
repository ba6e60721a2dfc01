"""The dashboard and the report in a real browser: every view of a finished and of a live run, hostile text in every field, other sites,
accessibility, and 100,000 samples. The figures are made up (src/serve/synthetic_run.h); what is tested is what becomes of them."""
import contextlib
import http.cookiejar
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from small_run import Tally  # noqa: E402

PROBE = pathlib.Path(os.environ.get("RETORT_BUILD", ROOT / "build/release")) / "tests/dashboard_probe"
VIEWS = {"overview": "What the student learned", "quality": "What the referee saw", "money": "What was asked and paid for",
         "curriculum": "What was written, and what left", "training": "Training", "benchmarks": "Benchmarks", "samples": "Samples", "runs": "Runs compared", "chat": "Chat"}
PAGE_MS = 100  # of a page of samples, at most
# What a text would have to make to have become markup: none of it is ours.
INTRUDERS = "iframe, img, object, embed, base, link:not([href='/assets/app.css']), math, [onload], [onerror], [onmouseover], [onfocus], [onbegin], animate, a[href^='javascript'], meta[http-equiv='refresh']"


def in_browser_python():
    """Begins anew in the environment that has Playwright."""
    done = subprocess.run([ROOT / "scripts/browser_python"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return False
    os.execv(done.stdout.strip(), [done.stdout.strip(), __file__, "--inside", *sys.argv[1:]])


@contextlib.contextmanager
def served(folder, *flags):
    process = subprocess.Popen([PROBE, folder, *map(str, flags)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=60)


class Client:
    """What a script of this machine, with the key, is answered."""

    def __init__(self, url):
        self.origin, key = url.split("/#key=")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.opener.open(urllib.request.Request(self.origin + "/api/session", json.dumps({"key": key}).encode(), {"Content-Type": "application/json"}))

    def get(self, path):
        return json.load(self.opener.open(self.origin + path))

    def timed(self, path):
        begun = time.perf_counter()
        body = self.get(path)
        return body, (time.perf_counter() - begun) * 1000


class Watch:
    """Everything that a page complains of."""

    def __init__(self, page):
        self.page, self.complaints = page, []
        page.on("dialog", lambda d: (self.complaints.append(f"dialog {d.message}"), d.dismiss()))
        page.on("pageerror", lambda e: self.complaints.append(f"error {e}"))
        page.on("request", lambda r: self.complaints.append(f"asked {r.url}") if not r.url.startswith(("http://127.0.0.1:", "file://", "data:", "about:")) else None)
        # The chat asks whether a student is served; the probe serves none.
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" and "404" not in m.text else None)

    def open_view(self, name):
        self.page.evaluate(f"location.hash = '#/{name}'")
        self.page.wait_for_selector(f"nav a[href='#/{name}'][aria-current]")
        self.page.wait_for_selector(f"main h2:has-text({json.dumps(VIEWS[name])})")
        self.page.wait_for_timeout(60)


def show(watch, url):
    watch.page.goto(url)
    watch.page.wait_for_selector("main h2")


def finished_run(tally, browser, folder):
    with served(folder / "done", "--write", 300) as url:
        page = browser.new_page()
        watch = Watch(page)
        show(watch, url)
        tally.check("the key leaves the address at once", "key" not in page.url, page.url)
        for name in VIEWS:
            watch.open_view(name)
            tally.check(f"a finished run has the view {name}", page.locator("main section").count() > 0)
        watch.open_view("quality")
        tally.check("the referee's charts are drawn", page.locator("main svg[role=img]").count() >= 6, page.locator("main svg").count())
        watch.open_view("training")
        tally.check("the training's curves are drawn", page.locator("main svg[role=img]").count() == 4)
        browse(tally, watch)
        page.reload()
        page.wait_for_selector("nav a[href='#/samples'][aria-current]")
        tally.check("a refresh loses neither the session nor the view", page.locator(".row").first.wait_for() is None)
        tally.check("no view of a finished run complains", not watch.complaints, watch.complaints)
        accessibility(tally, browser, watch, page.url.split("#")[0])


def until(page, condition, argument=None):
    """Playwright's own wait_for_function evaluates text in the page, which the page's policy forbids."""
    for _ in range(400):
        if page.evaluate(condition, argument):
            return
        page.wait_for_timeout(25)
    raise TimeoutError(condition)


def browse(tally, watch):
    page = watch.page
    watch.open_view("samples")
    page.wait_for_selector(".row")
    tally.check("a page of samples has 50", page.locator(".row").count() == 50)
    first = page.locator(".row").first.inner_text()
    page.click("text=Next ›")
    until(page, "first => document.querySelector('.row').innerText !== first", first)
    page.click("text=‹ Before")
    until(page, "first => document.querySelector('.row').innerText === first", first)
    page.select_option("select[name=verdict]", "hard")
    until(page, "() => document.querySelector('.row') && [...document.querySelectorAll('.row')].every(r => r.innerText.includes('hard'))")
    tally.check("the filter shows hard ones alone", True)
    page.select_option("select[name=verdict]", "")
    page.select_option("select[name=origin]", "hard")
    until(page, "() => document.querySelector('.row') && [...document.querySelectorAll('.row')].every(r => r.innerText.includes('round'))")
    page.locator(".row").first.click()
    page.wait_for_selector(".lineage li >> nth=2")
    detail = page.locator(".detail").inner_text()
    tally.check("a written one leads back to its seed", "seeds · seed" in detail and "write_1" in detail, detail[:400])
    tally.check("both orders' verdicts stand there", "teacher first:" in detail and "student first:" in detail, detail[:400])
    tally.check("its training is named", "first trained on in imitate_1" in detail, detail[-400:])
    page.fill("input[name=text]", "no instruction says this")
    page.click("text=Show")
    page.wait_for_selector("text=Nothing fits this filter.")
    tally.check("an empty filter says so", page.locator(".row").count() == 0)


def accessibility(tally, browser, watch, origin):
    from axe_playwright_python.sync_playwright import Axe

    state = watch.page.context.storage_state()
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, storage_state=state)
        page = context.new_page()
        page.goto(origin)
        page.wait_for_selector("main h2")
        inner = Watch(page)
        for name in VIEWS:
            inner.open_view(name)
            found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
            tally.check(f"axe finds nothing serious in {name}, {scheme}", not found, [(v["id"], v["nodes"][0]["html"][:200]) for v in found])
        for width in (360, 1600) if scheme == "light" else ():
            page.set_viewport_size({"width": width, "height": 800})
            for name in VIEWS:
                inner.open_view(name)
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                tally.check(f"{name} fits a window of {width}", wide <= 0, f"{wide} too wide")
        context.close()


def live_run(tally, browser, folder):
    with served(folder / "live", "--write", 200, "--rounds", 2, "--slow", 700) as url:
        page = browser.new_page()
        watch = Watch(page)
        show_live(watch, url)
        tally.check("a live run says that it works", "running" in page.inner_text(".cards"))
        stages = set()
        until = time.monotonic() + 60
        while time.monotonic() < until and "finished" not in page.inner_text(".cards"):
            stages.add(page.locator(".card:has(dt:text-is('stage')) .big").inner_text(timeout=2000) if page.locator(".card:has(dt:text-is('stage'))").count() else "")
            page.wait_for_timeout(100)
        tally.check("the stage moves on without a refresh", len(stages) > 3, stages)
        tally.check("its end is seen", "finished" in page.inner_text(".cards"), page.inner_text(".cards"))
        page.wait_for_selector("main h2:has-text('What the student learned')")
        for name in VIEWS:
            watch.open_view(name)
        tally.check("no view of a live run complains", not watch.complaints, watch.complaints)


def show_live(watch, url):
    watch.page.goto(url)
    watch.page.wait_for_selector(".cards .card")


def hostile_text(tally, browser, folder):
    with served(folder / "hostile", "--write", 60, "--rounds", 2, "--hostile", 1) as url:
        page = browser.new_page()
        watch = Watch(page)
        show(watch, url)
        for name in VIEWS:
            watch.open_view(name)
            tally.check(f"no text becomes markup in {name}", page.locator(INTRUDERS).count() == 0, page.locator(INTRUDERS).count())
        watch.open_view("samples")
        page.locator(".row").first.click()
        page.wait_for_selector(".detail .said")
        text = page.locator(".detail .said").first.inner_text()
        tally.check("hostile text is there to be read", "<script>alert(1)</script>" in text and "\\u202e" in text, text[:300])
        tally.check("no text becomes markup in a sample", page.locator(INTRUDERS).count() == 0)
        tally.check("nothing of it runs, loads or is refused", not watch.complaints, watch.complaints)
    report = folder / "hostile.html"
    subprocess.run([PROBE, folder / "hostile", "--report", report], check=True)
    report_page(tally, browser, report, "a hostile run's report")


def report_page(tally, browser, path, what):
    page = browser.new_page()
    watch = Watch(page)
    page.goto(path.as_uri())
    page.wait_for_selector("main h2")
    page.wait_for_timeout(500)
    heads = page.locator("main h2").all_inner_texts()
    for head in ("What the student learned", "Skill by skill", "What the referee saw", "Task by task", "What was written, and what left", "Training", "What they said", "What was asked and paid for", "Where every row went"):
        tally.check(f"{what} has {head!r}", head in heads, heads)
    tally.check(f"{what} has no markup of a text's", page.locator(INTRUDERS).count() == 0)
    tally.check(f"{what} runs and loads nothing else", not watch.complaints, watch.complaints)
    pdf = page.pdf(format="A4")
    tally.check(f"{what} prints", pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") < 120, len(pdf))
    page.close()


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another site's page."""

    def do_GET(self):  # noqa: N802
        body = b"<!DOCTYPE html><title>elsewhere</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def strangers(tally, browser, folder):
    with served(folder / "done") as url:
        origin, port = url.split("/#")[0], urllib.parse.urlparse(url).port
        page = browser.new_page()
        show(Watch(page), url)
        elsewhere = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        # The browser has the session's cookie; the page is of another origin (a port of its own), or of another site (localhost).
        for host in ("127.0.0.1", "localhost"):
            page.goto(f"http://{host}:{elsewhere.server_port}/")
            for path in ("/api/run", "/api/samples", "/api/events"):
                got = page.evaluate("async url => { try { return (await fetch(url, {credentials: 'include'})).status } catch (e) { return String(e) } }", origin + path)
                tally.check(f"a page of another origin ({host}) cannot read {path}", "TypeError" in str(got), got)
            status = page.evaluate("async url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f); await new Promise(r => f.onload = r); try { return f.contentDocument === null ? 'closed' : 'open' } catch (e) { return 'closed' } }", origin + "/")
            tally.check(f"nor put the dashboard in a frame ({host})", status == "closed", status)
        elsewhere.shutdown()
        # The name of a stranger that leads to this machine now.
        for name in ("evil.example", "127.evil.example", "localhost.evil.example"):
            reply = page.goto(f"http://{name}:{port}/")
            tally.check(f"a rebound name ({name}) is refused", reply.status == 403, reply.status)
        for path, headers in (("/api/run", {}), ("/api/run", {"Cookie": "retort_0=0"}), ("/api/session", {"Origin": "http://evil.example"}), ("/assets/../run.db", {}), ("/assets/%2e%2e/run.db", {})):
            try:
                code = urllib.request.urlopen(urllib.request.Request(origin + path, headers=headers), timeout=10).status
            except urllib.error.HTTPError as error:
                code = error.code
            tally.check(f"{path} with {headers} gives nothing", code in (401, 403, 404, 405), code)


def many_samples(tally, browser, folder):
    with served(folder / "many", "--write", 100_000, "--rounds", 1) as url:
        client = Client(url)
        after, seen, slowest, pages = 0, 0, 0.0, 0
        step = 1 if os.environ.get("RETORT_LONG") else 10  # every tenth page in the short tier
        while after is not None:
            page, ms = client.timed(f"/api/samples?limit=50&after={after}")
            slowest, pages, seen = max(slowest, ms), pages + 1, seen + len(page["rows"])
            after = page["next"] + 50 * (step - 1) if page["next"] is not None else None
        tally.check(f"a page of 100,000 samples takes less than {PAGE_MS} ms ({pages} pages, the slowest {slowest:.1f} ms)", slowest < PAGE_MS and pages >= 200, slowest)
        for query in ("verdict=hard", "verdict=unjudged", "origin=easy", "text=kind%20x", "text=99999", "kind=sort", "round=1"):
            after, worst, found, pages = 0, 0.0, 0, 0
            while after is not None and found < 50:
                page, ms = client.timed(f"/api/samples?limit=50&after={after}&{query}")
                worst, found, after, pages = max(worst, ms), found + len(page["rows"]), page["next"], pages + 1
            tally.check(f"so does one with {query} ({found} found in {pages} pages, the slowest {worst:.1f} ms)", worst < PAGE_MS, worst)
        page = browser.new_page()
        watch = Watch(page)
        show(watch, url)
        watch.open_view("samples")
        page.wait_for_selector(".row")
        longest = page.evaluate("""async () => { let longest = 0;
            const next = [...document.querySelectorAll('button')].find(b => b.textContent.startsWith('Next'));
            for (let i = 0; i < 40; ++i) { const first = document.querySelector('.row').innerText, begun = performance.now(); next.click();
              while (document.querySelector('.row').innerText === first) await new Promise(requestAnimationFrame);
              longest = Math.max(longest, performance.now() - begun); }
            return longest; }""")
        tally.check(f"from the click to the page on the screen as well (the slowest of 40: {longest:.0f} ms)", longest < 2.5 * PAGE_MS, longest)
        tally.check("no page complains", not watch.complaints, watch.complaints)


def main():
    tally = Tally()
    chromium = shutil.which("chromium")
    if chromium is None:
        tally.skip("the dashboard in a browser", "no chromium here; apt-get install chromium")
        return tally.close()
    if "--inside" not in sys.argv and not in_browser_python():
        tally.skip("the dashboard in a browser", "scripts/browser_python could not fetch playwright")
        return tally.close()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = pathlib.Path(temporary)
        unbuilt = subprocess.run([PROBE, folder / "none", "--write", "10", "--report", folder / "x.html"], capture_output=True, text=True, check=False)
        if "was not built" in unbuilt.stderr:
            tally.skip("the dashboard in a browser", "this build has no page (no node when it was built)")
            return tally.close()
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for part in (finished_run, live_run, hostile_text, strangers, many_samples):
            context = browser.new_context()
            context.set_default_timeout(20_000)
            try:
                part(tally, context if part is not finished_run else Contexts(browser, context), folder)
            except Exception as error:  # one part's failure does not hide the others
                tally.check(part.__name__, False, f"{type(error).__name__}: {error}")
            context.close()
        browser.close()
    return tally.close()


class Contexts:
    """A context that can also make others."""

    def __init__(self, browser, context):
        self.new_page, self.new_context = context.new_page, browser.new_context


if __name__ == "__main__":
    sys.exit(main())
