"""The committed notebooks keep to the rules."""

import pytest

from sosclib.course.sections import sections
from sosclib.harness.hygiene import problems


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.id)
def test_a_committed_notebook_keeps_every_rule(section):
    assert problems(section.path) == []
