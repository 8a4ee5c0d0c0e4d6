"""The playground in a browser: by keyboard, by address, from a folder, and without a script."""

from __future__ import annotations

import contextlib
import gzip
import re

import pytest
from playwright.sync_api import expect

from book.site import playground_page
from tests import test_site as site

# The fixtures of the site's other tests.
contexts, light = site.contexts, site.light

pytestmark = pytest.mark.site

PAGE = "book/playground.html"
HEAVIEST = 40 * 1024
SHORT = "epochs=50&speed=20"  # a run of a second or less


@contextlib.contextmanager
def playground(context, address, state=""):
    """Open the playground in a state; in the end nothing must have gone wrong."""
    with site.visit(context, address, f"{PAGE}#{state}" if state else PAGE) as seen:
        yield seen.page
        assert site.complaints(seen) + site.foreign_requests(seen) == []


def says(page):
    return page.locator("#pg-says")


def epoch(page) -> int:
    return int(re.search(r"\d+", page.locator("#pg-epoch").inner_text())[0])


def state_of(page) -> str:
    return page.url.partition("#")[2]


def press_start(page, name="Start"):
    page.get_by_role("button", name=name, exact=True).press("Enter")


def tab_to(page, selector, key="Tab"):
    """Press Tab, or Shift and Tab, until an element has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    pytest.fail(f"Tab does not reach {selector}")


# --- running --------------------------------------------------------------------------------------


def test_a_strength_changes_by_keyboard_while_it_trains(light, address):
    with playground(light, address, "epochs=2000") as page:
        tab_to(page, "#pg-start")
        page.keyboard.press("Enter")
        expect(page.locator("#pg-start")).to_have_text("Pause")
        expect(page.locator("#pg-epoch")).to_have_text(re.compile("Epoch [1-9]"))
        tab_to(page, "input[name=l2]")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(page.locator("input[name=l2]")).to_have_attribute("aria-valuetext", "0.00002")
        expect(says(page)).to_have_text(re.compile(r"^λ₂, L2: 0\.00002, from epoch \d+ on\.$"))
        assert state_of(page) == "epochs=2000&l2=0.00002"
        before = epoch(page)
        tab_to(page, "#pg-start", "Shift+Tab")
        page.keyboard.press("Space")
        expect(says(page)).to_contain_text("Training can go on.")
        expect(says(page)).to_contain_text("λ₂ (L2) from off to 0.00002 after epoch")
        assert epoch(page) > before


def test_start_pause_one_epoch_and_start_again_by_keyboard(light, address):
    with playground(light, address, "epochs=2000") as page:
        tab_to(page, "#pg-start")
        page.keyboard.press("Enter")
        expect(page.locator("#pg-epoch")).to_have_text(re.compile("Epoch [1-9]"))
        page.keyboard.press("Space")
        expect(page.locator("#pg-start")).to_have_text("Go on")
        before = epoch(page)
        page.wait_for_timeout(300)
        assert epoch(page) == before, "paused"
        tab_to(page, "#pg-one")
        page.keyboard.press("Enter")
        assert epoch(page) == before + 1
        tab_to(page, "#pg-again")
        page.keyboard.press("Enter")
        assert epoch(page) == 0
        expect(page.locator("#pg-start")).to_have_text("Start")
        expect(says(page)).to_contain_text("A new run.")


def test_nothing_starts_by_itself(light, address):
    with playground(light, address, SHORT) as page:
        page.wait_for_timeout(500)
        assert epoch(page) == 0
        expect(says(page)).to_contain_text("its first weights and no training yet")


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (SHORT, r"50 epochs of at most 50 done\. It ended at its limit of 50 epochs\."),
        (
            "data=gaussians&flipped=0.3&patience=5&speed=20",
            r"Early stopping ended it: 5 epochs without a better validation loss\. It went back to",
        ),
        (
            "optimizer=sgd&learning_rate=3&l2=10&epochs=2000&speed=20",
            r"no longer a finite number, so training stopped\..*Choose a smaller learning rate",
        ),
    ],
)
def test_a_run_ends_and_says_why(state, why, light, address):
    with playground(light, address, state) as page:
        press_start(page)
        expect(says(page)).to_have_text(re.compile(why), timeout=20_000)
        expect(page.locator("#pg-start")).to_have_text("Start")
        press_start(page)  # over again
        expect(says(page)).to_have_text(re.compile(why), timeout=20_000)


def test_a_run_goes_on_when_its_limit_is_raised(light, address):
    with playground(light, address, SHORT) as page:
        press_start(page)
        expect(says(page)).to_contain_text("It ended at its limit")
        page.get_by_label("Limit of epochs").select_option("100")
        expect(says(page)).to_contain_text("50 epochs of at most 100 done. Training can go on.")
        press_start(page, "Go on")
        expect(says(page)).to_contain_text("It ended at its limit of 100 epochs.")


def test_the_summary_tells_what_the_pictures_show(light, address):
    with playground(light, address, f"data=xor&l1=0.01&{SHORT}") as page:
        press_start(page)
        expect(says(page)).to_contain_text("It ended")
        text = says(page).inner_text().replace("\u00a0", " ")
        for part in (
            r"Loss without penalty, cross-entropy in nats: training [\d.]+, validation [\d.]+, ",
            r"Accuracy: training \d+ %, validation \d+ %, test \d+ %",
            r"The penalty adds [\d.]+ to the training loss \(λ₁ \(L1\)\)",
            r"least after epoch \d+: [\d.]+\.",
            r"[1-9]\d* of 88 weights are exactly 0\.",
            r"class 1 on \d+ % of the square",
        ):
            assert re.search(part, text), part
        zeros = re.search(r"\d+ of 88 weights are exactly 0", text)[0]
        assert page.locator("#pg-zeros").inner_text() == zeros
        train = page.locator("#pg-train-loss").inner_text()
        assert f"training {train}, " in text
        page.get_by_text("The numbers in a table").press("Enter")
        rows = page.locator(".playground tbody tr")
        assert 12 <= rows.count() <= 13
        last = rows.last.locator("th, td").all_inner_texts()
        assert last[0].startswith("50")
        assert last[1] == train
        assert page.locator(".playground tbody th", has_text="(best)").count() == 1


def test_the_live_region_keeps_still_while_it_trains(light, address):
    with playground(light, address, "epochs=200&speed=2") as page:
        page.evaluate(
            """() => {
              window.heard = [];
              const region = document.getElementById("pg-says");
              new MutationObserver(() => window.heard.push(region.textContent))
                .observe(region, {childList: true, characterData: true, subtree: true});
            }"""
        )
        press_start(page)
        expect(says(page)).to_contain_text("It ended", timeout=20_000)
        heard = page.evaluate("window.heard")
        assert len(heard) == 2
        assert heard[0].startswith("Training, up to epoch 200.")


def test_the_same_address_gives_the_same_run(light, address):
    said = []
    for _ in range(2):
        with playground(light, address, f"seed=3&rate=0.2&{SHORT}") as page:
            press_start(page)
            expect(says(page)).to_contain_text("It ended")
            said.append(says(page).inner_text())
    assert said[0] == said[1]


# --- the address ----------------------------------------------------------------------------------


def test_an_address_is_honoured_on_load_and_while_the_page_is_open(light, address):
    with playground(light, address, "data=spiral&noise=0.2&l1=0.003&seed=4&patience=20") as page:
        fields = page.locator(".playground form").evaluate(
            "form => Object.fromEntries(new FormData(form))"
        )
        assert (fields["data"], fields["seed"], fields["patience"]) == ("spiral", "4", "20")
        expect(page.locator("input[name=l1]")).to_have_attribute("aria-valuetext", "0.003")
        expect(page.locator("input[name=noise]")).to_have_attribute("aria-valuetext", "0.2")
        expect(page.locator("#pg-refused")).to_be_hidden()
        page.evaluate("location.hash = '#data=plane&noise=0.5&units=4'")
        expect(page.get_by_label("Noise on targets")).to_have_attribute("aria-valuetext", "0.5")
        expect(page.get_by_label("Data set")).to_have_value("plane")
        expect(page.get_by_label("Share of flipped labels")).to_be_disabled()
        expect(page.locator("input[name=l1]")).to_have_attribute("aria-valuetext", "off")
        expect(page.locator("#pg-zeros")).to_have_text("0 of 12 weights are exactly 0")


def test_what_an_address_says_wrong_is_named_on_the_page(light, address):
    with playground(light, address, "l1=much&speling=1&seed=4&x=<b>bold</b>") as page:
        refused = page.locator("#pg-refused")
        expect(refused).to_be_visible()
        expect(refused).to_contain_text("l1=much (must be a number from 0 to 1)")
        expect(refused).to_contain_text("speling=1 (no such setting)")
        assert refused.locator("b").count() == 0
        expect(page.get_by_label("Seed", exact=True)).to_have_value("4")
        page.evaluate("location.hash = '#seed=5'")
        expect(refused).to_be_hidden()


def test_settings_are_written_into_the_address(light, address):
    with playground(light, address) as page:
        entries = page.evaluate("history.length")
        page.get_by_label("Hidden units").select_option("16-16")
        page.get_by_label("Seed", exact=True).fill("7")
        page.get_by_label("Seed", exact=True).press("Enter")
        page.wait_for_function("location.hash === '#seed=7&units=16-16'")
        page.get_by_label("Hidden units").select_option("8-8")
        page.get_by_label("Seed", exact=True).fill("0")
        page.get_by_label("Seed", exact=True).press("Tab")
        page.wait_for_function("!location.href.includes('#')")
        assert page.evaluate("history.length") == entries


def test_a_seed_that_is_none_is_refused(light, address):
    with playground(light, address) as page:
        page.get_by_label("Seed", exact=True).fill("-3")
        page.get_by_label("Seed", exact=True).press("Enter")
        expect(says(page)).to_have_text(
            "The seed must be a whole number from 0 to 999999. Received: -3"
        )
        expect(page.get_by_label("Seed", exact=True)).to_have_value("0")


def test_what_begins_a_new_run_and_what_does_not(light, address):
    with playground(light, address, SHORT) as page:
        for label, option, goes_on in (
            ("Optimizer", "sgd", True),
            ("Early stopping, patience", "20", True),
            ("Training rows", "50", False),
            ("Activation", "relu", False),
        ):
            page.get_by_role("button", name="One epoch").press("Enter")
            page.get_by_label(label).select_option(option)
            assert (epoch(page) > 0) == goes_on, label


def test_a_link_to_a_heading_leaves_the_run_alone(light, address):
    with playground(light, address, SHORT) as page:
        page.get_by_role("button", name="One epoch").press("Enter")
        page.evaluate("location.hash = '#the-data'")
        page.wait_for_timeout(300)
        assert epoch(page) == 1


def test_a_preset_sets_the_page_up_and_back_leads_back(light, address):
    with playground(light, address, "seed=9") as page:
        page.get_by_role("link", name="Zeros by L1").press("Enter")
        assert state_of(page) == "data=xor&l1=0.01"
        expect(page.get_by_label("Data set")).to_have_value("xor")
        expect(page.locator("#pg-start")).to_be_focused()
        expect(page.locator("#pg-surface")).to_be_in_viewport()
        page.go_back()
        expect(page.get_by_label("Data set")).to_have_value("circle")
        expect(page.get_by_label("Seed", exact=True)).to_have_value("9")


def test_the_link_is_copied(browser, address):
    context = site.new_context(browser, permissions=["clipboard-read", "clipboard-write"])
    with playground(context, address, "seed=9") as page:
        page.get_by_role("button", name="Copy link").press("Enter")
        expect(says(page)).to_have_text("The link to these settings is copied.")
        assert page.evaluate("navigator.clipboard.readText()") == f"{address}{PAGE}#seed=9"
    context.close()


# --- for everyone ---------------------------------------------------------------------------------

SMALL_TARGETS = """() => [...document.querySelectorAll(
    ".playground :is(button, select, input, summary)")]
  .filter((e) => e.checkVisibility())
  .filter((e) => e.getBoundingClientRect().height < 24 || e.getBoundingClientRect().width < 24)
  .map((e) => e.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("width", [site.WIDE, site.PHONE, 320])
def test_controls_are_labelled_and_large_enough(width, light, address):
    with playground(light, address) as page:
        page.set_viewport_size({"width": width, "height": 900})
        fields = page.locator(".playground form :is(input, select)")
        names = fields.evaluate_all("all => all.map((e) => e.labels[0]?.innerText.trim() ?? '')")
        assert len(names) == 19
        assert all(names)
        groups = page.locator(".playground fieldset > legend").all_inner_texts()
        assert [group.split(" (")[0] for group in groups] == [
            "Regularization",
            "Data",
            "Network",
            "Training",
        ]
        assert page.evaluate(SMALL_TARGETS) == []


def colours(page, selector) -> int:
    """How many colours a canvas shows: an empty one has a single one."""
    return page.locator(selector).evaluate(
        """canvas => new Set(new Uint32Array(canvas.getContext("2d")
          .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    )


@pytest.mark.parametrize("theme", site.THEMES)
def test_pictures_are_drawn_in_the_colours_of_the_theme(theme, contexts, address):
    with playground(contexts[theme], address, f"l2=0.01&{SHORT}") as page:
        press_start(page)
        expect(says(page)).to_contain_text("It ended")
        for selector in ("#pg-surface", "#pg-curves", "#pg-weights"):
            assert colours(page, selector) > 20, selector
        for selector in ("#pg-curves", "#pg-weights"):
            assert site.contrast(page.locator(selector).screenshot()) > 12


def test_without_motion_pictures_come_less_often(browser, address):
    drawn = """() => new Promise((done) => {
      let pictures = 0;
      const watch = new MutationObserver(() => { pictures += 1; });
      watch.observe(document.getElementById("pg-epoch"), {childList: true});
      setTimeout(() => done(pictures), 2000);
    })"""
    for motion, fewest, most in (("reduce", 2, 5), ("no-preference", 20, 130)):
        context = browser.new_context(reduced_motion=motion)
        with playground(context, address, "epochs=2000") as page:
            press_start(page)
            assert fewest <= page.evaluate(drawn) <= most, motion
        context.close()


def test_it_works_from_a_folder(light):
    with playground(light, site.SITE.as_uri() + "/", f"seed=2&{SHORT}") as page:
        press_start(page)
        expect(says(page)).to_contain_text("It ended at its limit of 50 epochs.")
        page.get_by_label("Hidden units").select_option("4")
        page.wait_for_function("location.hash.includes('units=4')")


def test_without_a_script_the_page_says_what_it_needs(browser, address):
    context = site.new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PAGE)
    without = page.locator(".playground-without")
    assert "needs a browser that runs scripts" in without.inner_text()
    assert without.locator("a").count() == 5
    assert not page.locator(".playground").is_visible()
    assert page.locator("article .katex-html").first.is_visible()
    context.close()


def test_with_a_script_it_does_not(light, address):
    with playground(light, address) as page:
        assert page.locator(".playground").is_visible()
        assert not page.locator(".playground-without").is_visible()


def test_paper_shows_pictures_words_and_settings(light, address):
    with playground(light, address, f"data=spiral&l1=0.003&{SHORT}") as page:
        press_start(page)
        expect(says(page)).to_contain_text("It ended")
        page.emulate_media(media="print")
        settings = page.locator("#pg-settings").inner_text()
        assert "λ₁, L1: 0.003; λ₂, L2: off" in settings
        assert "Data set: Spiral" in settings
        for name in ("surface", "curves", "weights", "says", "epoch", "settings"):
            selector = f"#pg-{name}"
            assert page.locator(selector).is_visible(), selector
        assert page.locator(".playground :is(button, input, select):visible").count() == 0


def test_no_other_page_loads_the_playground(light, address):
    with site.visit(light, address, site.FIRST) as seen:
        assert not [url for url in seen.requests if "playground" in url]
    with site.visit(light, address, PAGE) as seen:
        own = [url.partition("?")[0] for url in seen.requests if "/playground/" in url]
        assert [url.rpartition("/")[2] for url in own] == list(playground_page.SCRIPTS)


def test_its_own_files_are_light():
    files = [playground_page.SOURCE / playground_page.SHEET]
    files += [site.SITE / "_static" / "playground" / name for name in playground_page.SCRIPTS]
    weight = sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in files)
    assert 5_000 < weight <= HEAVIEST, f"{weight / 1024:.1f} KiB"
