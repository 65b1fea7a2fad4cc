"""What a student sees in JupyterLab, looked at by a real browser."""

import pytest

from sosclib.course.sections import sections
from tests.browser.conftest import PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(600)]
END = 300_000
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.id)
def test_every_picture_is_shown_and_described(open_notebook, section):
    page = open_notebook(section.name)
    notebook = page.locator(".jp-Notebook")
    assert notebook.locator("h1").first.inner_text().startswith(section.id)
    pictures = page.locator(".jp-OutputArea-output img")
    for number in range(pictures.count()):
        picture = pictures.nth(number)
        assert len(picture.get_attribute("alt")) > 40
        assert picture.evaluate(LOADED), picture.get_attribute("alt")
    assert page.locator("text=/Javascript Error|Error displaying widget/").count() == 0


def test_a_section_runs_to_its_end_with_live_pulls(open_notebook):
    page = open_notebook("04-first-commands")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    layers = page.locator(".jp-OutputArea-output table:has(progress)")
    layers.first.wait_for(timeout=END)
    assert "layers complete" in layers.first.locator("caption").text_content()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=END)
    end = page.locator(".jp-OutputArea-output", has_text="Removed what this section made")
    end.last.scroll_into_view_if_needed(timeout=END)
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.get_by_text("notified about official Jupyter news").count() == 0
    assert layers.first.locator("caption").text_content() == "1 of 1 layers complete"


def test_a_picture_for_the_readme_is_taken(open_notebook):
    page = open_notebook("02-containers")
    plot = page.locator(".jp-OutputArea-output img[alt^='Chart on a logarithmic time axis']")
    plot.wait_for(state="attached", timeout=60_000)
    plot.scroll_into_view_if_needed()
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert page.screenshot(path=PICTURES / "section.png").startswith(b"\x89PNG")
