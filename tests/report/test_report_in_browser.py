"""The page of a run in a real browser: without a mouse, on a phone, and from a file."""

import json
import os
import re
import shutil

import pytest

from oodflow.cli import main
from oodflow.document import (
    Code,
    Distribution,
    Distributions,
    Document,
    Exhibit,
    Gallery,
    Paragraph,
    Picture,
    Sample,
    Section,
    as_html,
)

webdriver = pytest.importorskip(
    "selenium.webdriver", reason="a browser is driven by selenium: pip install 'oodflow[dev]'"
)
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>'
BROWSERS, DRIVERS = ("chromium", "chromium-browser", "google-chrome"), ("chromedriver", "chromium.chromedriver")
BROWSER, DRIVER = (next(filter(None, map(shutil.which, names)), None) for names in (BROWSERS, DRIVERS))

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="there is no Chromium with its driver here: apt install chromium chromium-driver",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a run on built-in data, of two scores."""
    folder = tmp_path_factory.mktemp("in browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OODFLOW_CACHE", str(folder / "cache"))
        run = folder / "run"
        assert main(["train", "photographs-realnvp", "--scale", "smoke", "ood=digits,flat", "--out", str(run)]) == 0
        assert main(["evaluate", str(run), "--scores", "likelihood", "complexity", "--limit", "40"]) == 0
        assert main(["report", str(run)]) == 0
    return run / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900"]
    for argument in [*arguments, "--disable-background-networking", "--disable-component-update", "--no-first-run"]:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(DRIVER, log_output=os.devnull)) as driver:
        yield driver


@pytest.fixture
def opened(browser, page):
    """The page, freshly opened."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    for log in ("browser", "performance"):
        browser.get_log(log)  # what came before is forgotten
    browser.get(page.as_uri())
    WebDriverWait(browser, 20).until(lambda driver: all_of(driver, ".panel svg path"))
    return browser


def all_of(within, selector):
    return within.find_elements(By.CSS_SELECTOR, selector)


def one_of(within, selector):
    return within.find_element(By.CSS_SELECTOR, selector)


def drawn(browser, panel):
    """The lines in a panel: by set, their paths."""
    paths = all_of(all_of(browser, ".panel")[panel], "path.line")
    return {path.get_attribute("data-series"): path.get_attribute("d") for path in paths}


def readout(browser, panel):
    return all_of(browser, ".panel output")[panel].text.splitlines()


def focused(browser):
    return browser.switch_to.active_element


def test_it_stands_alone(opened, page):
    assert opened.current_url.startswith("file://")
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    asked = [url for url in asked if not url.startswith("data:")]
    assert set(asked) <= {page.as_uri()}
    broken = "return [...document.images].filter(image => !image.complete || !image.naturalWidth).length"
    assert opened.execute_script(broken) == 0


def test_no_text_is_run(browser, tmp_path):
    text = "</script><script>window.run = 1</script><img src=x onerror='window.run = 1'>\" onfocus=\"window.run = 1"
    sample = Sample(text, (1,), 0, 0, (0.0, 0.0, 0.0))
    blocks = (
        Paragraph((text, Code(text))), Distributions(text, (Distribution(text, text, (0.0, 1.0), (sample,)),), text),
        Gallery(text, (Exhibit(text, Picture("p.svg", text), ((text, 1.0),), (Paragraph(text),)),)), Section(text, ()),
    )  # fmt: skip
    (page := tmp_path / "page.html").write_text(as_html(Document(text, blocks), lambda file: SVG), encoding="utf-8")
    browser.get_log("browser")
    browser.get(page.as_uri())
    WebDriverWait(browser, 20).until(lambda driver: all_of(driver, ".panel svg path"))
    assert browser.get_log("browser") == []
    assert browser.execute_script("return window.run") is None
    assert text in one_of(browser, "main").text
    assert len(all_of(browser, "img")) == 2
    violated = """
        const seen = [];
        addEventListener('securitypolicyviolation', event => seen.push(event.effectiveDirective));
        const image = document.body.appendChild(document.createElement('img'));
        image.setAttribute('onerror', 'window.run = 1');
        image.src = 'file:///nowhere.png';
        setTimeout(() => arguments[0](seen), 500);
    """
    assert set(browser.execute_async_script(violated)) == {"script-src-attr", "img-src"}
    assert browser.execute_script("return window.run") is None


def test_choosing_a_score_changes_the_drawing(opened):
    before = [drawn(opened, panel) for panel in (0, 1)]
    assert [set(paths) for paths in before] == [{"0", "1", "2"}, {"1", "2"}]
    Select(one_of(opened, ".distributions select")).select_by_visible_text("complexity")
    after = [drawn(opened, panel) for panel in (0, 1)]
    for old, new in zip(before, after, strict=True):
        assert old.keys() == new.keys()
        assert all(old[name] != new[name] for name in old)
    assert "complexity" in one_of(opened, ".panel svg").text


def test_choosing_sets_changes_the_drawing(opened):
    flat = all_of(opened, ".distributions fieldset input")[2]
    before = drawn(opened, 0)
    flat.click()
    assert [set(drawn(opened, panel)) for panel in (0, 1)] == [{"0", "1"}, {"1"}]
    assert not any("flat" in line for panel in (0, 1) for line in readout(opened, panel))
    flat.click()
    assert drawn(opened, 0) == before


def test_no_set_at_all_is_no_error(opened):
    for box in all_of(opened, ".distributions fieldset input"):
        box.click()
    assert [drawn(opened, panel) for panel in (0, 1)] == [{}, {}]
    assert opened.get_log("browser") == []


def test_what_is_read_out_is_what_was_counted(opened):
    scores = json.loads(one_of(opened, ".distributions script").get_attribute("textContent"))
    samples = scores[0]["samples"]
    occupied = [i for i in range(len(samples[0]["counts"])) if any(one["counts"][i] for one in samples)]
    slider = one_of(opened, ".panel input")
    for _ in range(int(slider.get_attribute("max"))):
        slider.send_keys(Keys.ARROW_LEFT)
    for bin_ in occupied[0], occupied[0] + 1:
        _, *lines = readout(opened, 0)
        for line, sample in zip(lines, samples, strict=True):
            assert line.startswith(f"{sample['name']}: {sample['counts'][bin_]} of 40, ")
        slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("aria-valuetext").startswith(readout(opened, 0)[0])


def test_the_pointer_reads_out_too(opened):
    svg = all_of(opened, ".panel svg")[1]
    before = readout(opened, 1)
    webdriver.ActionChains(opened).scroll_to_element(svg).move_to_element(svg).perform()
    after = readout(opened, 1)
    assert after != before
    assert after[0].startswith("FPR ")
    assert 40 <= int(after[0].split()[1]) <= 60
    assert after[1].startswith("digits: TPR ")
    assert "AUROC" in after[1]


def test_all_can_be_reached_by_keyboard(opened):
    reached = []
    for _ in range(200):
        focused(opened).send_keys(Keys.TAB)
        element = focused(opened)
        reached.append((element.tag_name, element.get_attribute("class")))
        if element.tag_name == "summary" and element.find_element(By.XPATH, "..").get_attribute("class") == "exhibit":
            break
    kinds = [tag for tag, _ in reached]
    assert reached[0] == ("a", "skip")
    for tag in ("a", "select", "input", "summary"):
        assert tag in kinds, reached
    outline = opened.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    exhibit = focused(opened).find_element(By.XPATH, "..")
    focused(opened).send_keys(Keys.ENTER)
    assert exhibit.get_attribute("open") is not None
    assert one_of(exhibit, ".beside .picture").is_displayed()
    assert len(all_of(exhibit, "td img")) > 10
    assert "complexity" in one_of(exhibit, "dl").text
    focused(opened).send_keys(Keys.ESCAPE)
    assert exhibit.get_attribute("open") is None
    assert focused(opened).find_element(By.XPATH, "..") == exhibit


def test_one_image_is_looked_at_at_a_time(opened):
    first, second = all_of(one_of(opened, ".gallery"), ".exhibit > summary")[:2]
    for summary in (first, second):
        opened.execute_script("arguments[0].click()", summary)
    WebDriverWait(opened, 20).until(lambda driver: len(all_of(driver, ".exhibit[open]")) == 1)
    assert one_of(opened, ".exhibit[open] > summary") == second


def test_a_gallery_is_sorted_as_one_chooses(opened):
    gallery = one_of(opened, ".gallery")

    def values():
        return [json.loads(one.get_attribute("data-values")) for one in all_of(gallery, ".exhibit")]

    found = values()
    likelihoods = [dict(one)["bits/dim"] for one in found]
    assert likelihoods == sorted(likelihoods)
    choice = Select(one_of(gallery, "select"))
    choice.select_by_visible_text("complexity, highest first")
    sizes = [dict(one)["complexity"] for one in values()]
    assert sizes == sorted(sizes, reverse=True)
    assert all(one.text.startswith("complexity ") for one in all_of(gallery, ".value"))
    choice.select_by_index(0)
    assert values() == found


def test_a_wide_figure_is_enlarged_in_a_box_of_its_own(opened):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 800, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    opened.refresh()
    WebDriverWait(opened, 20).until(lambda driver: all_of(driver, "figure button"))
    button = one_of(opened, "figure button")
    image = one_of(button.find_element(By.XPATH, ".."), "img")
    natural = int(image.get_attribute("naturalWidth"))
    assert image.size["width"] < natural
    for width, pressed in ((natural, "true"), (image.size["width"], "false")):
        button.send_keys(Keys.ENTER)
        assert button.get_attribute("aria-pressed") == pressed
        assert image.size["width"] == width
        assert opened.execute_script("return document.documentElement.scrollWidth") <= 800


@pytest.mark.parametrize("width", [360, 768, 1400])
def test_nothing_hangs_over(opened, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    opened.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    wider = """
        const inScroll = node => node.closest('.scroll, pre, svg, .skip');
        return [...document.querySelectorAll('body *')]
            .filter(node => node.checkVisibility() && !inScroll(node))
            .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
            .map(node => node.outerHTML.slice(0, 80));
    """
    assert opened.execute_script(wider) == []
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_can_be_read_without_its_script(browser, page):
    text, removed = re.subn(r"<script>.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert removed == 1
    (plain := page.with_name("plain.html")).write_text(text, encoding="utf-8")
    browser.get(plain.as_uri())
    table = one_of(browser, ".numbers table")
    assert table.is_displayed()
    assert "likelihood digits (40)" in table.text
    assert not all_of(browser, "button, select, input")
    one_of(browser, ".exhibit > summary").click()
    assert one_of(browser, ".exhibit[open] .beside .picture").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_are_what_the_reader_prefers(opened, scheme):
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    channels = opened.execute_script(
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (min(channels) > 200) == (scheme == "light")
