"""A repository's page shows every fact of every tag, and nothing that a registry says is taken for HTML."""

from sosclib.engine.repository import Repository, Tag
from sosclib.views.registry_page import show_repository

DIGEST = "sha256:37af38b7be55" + "0" * 52


def test_every_tag_with_its_facts():
    page = show_repository(
        Repository("localhost:5001/student/sosc", (Tag("1.0", DIGEST, "linux/amd64", 45_180_000),))
    )
    assert repr(page) == (
        "Repository localhost:5001/student/sosc\n"
        "Tag   Digest         OS/Arch       Compressed size\n"
        "1.0   37af38b7be55   linux/amd64   45.2MB"
    )
    for fact in ("localhost:5001/student/sosc", "1.0", "37af38b7be55", "linux/amd64", "45.2MB"):
        assert fact in page.html


def test_what_a_registry_says_is_escaped():
    evil = "<script>alert(1)</script>"
    page = show_repository(Repository(evil, (Tag(evil, DIGEST, evil, 1),)))
    assert "<script" not in page.html
    assert page.html.count("&lt;script&gt;") == 3


def test_an_empty_repository_is_a_page_too():
    assert repr(show_repository(Repository("r/s/x", ()))).splitlines()[0] == "Repository r/s/x"
