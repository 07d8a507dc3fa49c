"""Pages lead where they say, on any machine."""

import re
from urllib.parse import urlsplit

import pytest

from flightpulse.paths import ROOT
from tests.unit.docs.pages import PAGES, README, Page

MACHINE_PATHS = re.compile(r"(?<![\w.~-])(/(?:root|home|Users|work|mnt|opt|var|private)/[\w./-]*|[A-Z]:\\)")
REGISTRIES = re.compile(r"pypi|pythonhosted|npmjs|artifactory|nexus|registry|proxy\.golang", re.IGNORECASE)

# Pages that GitHub has for every repository, whoever owns it: relative to a file's page.
GITHUBS_OWN = ("../../actions/", "../../../../codespaces/")

every_page = pytest.mark.parametrize("page", PAGES, ids=str)


@every_page
def test_relative_links_lead_to_files_and_headings(page: Page):
    broken = []
    for link in page.links:
        path, _, anchor = link.partition("#")
        if urlsplit(link).scheme or link.startswith(GITHUBS_OWN):
            continue
        target = (page.path.parent / path).resolve() if path else page.path
        reached = target.exists() and (not anchor or anchor in Page(target).anchors)
        if not reached or not target.is_relative_to(ROOT):
            broken.append(link)
    assert broken == []


@every_page
def test_links_to_the_web_are_secure_and_name_no_package_registry(page: Page):
    urls = re.findall(r"https?://[^\s)>`\"']+", page.text)
    hosts = {urlsplit(url).hostname: url for url in urls}

    assert [url for host, url in hosts.items() if url.startswith("http://") and host != "127.0.0.1"] == []
    assert [url for host, url in hosts.items() if REGISTRIES.search(str(host))] == []


@every_page
def test_no_page_names_a_folder_of_somebodys_machine(page: Page):
    assert MACHINE_PATHS.findall(page.text) == []


@every_page
def test_rows_of_a_table_have_as_many_cells_as_its_heading(page: Page):
    odd = [row for table in page.tables for row in table if len(row) != len(table[0])]

    assert odd == [], "GitHub drops or invents cells; a | inside a cell is written \\|"


def test_the_readme_leads_to_every_page():
    reached, waiting = set(), [README.path]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            waiting += [(page.parent / link.partition("#")[0]).resolve() for link in Page(page).links]

    assert [str(page) for page in PAGES if page.path not in reached] == []
