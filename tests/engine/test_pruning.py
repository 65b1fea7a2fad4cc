"""What a prune asks of an engine that has a lot to measure, and what it tells where that does not answer."""

from types import SimpleNamespace

import pytest
import requests.exceptions

from sosclib.engine.building_traces import cache_records
from sosclib.engine.system import System
from sosclib.engine.terminal import Terminal
from sosclib.engine.usage import TIMEOUT


class Api:
    """An engine's, with one image that nobody uses.

    Parameters
    ----------
    sizes : list
        What all layers take, one answer after the other; None where it does not answer in time.
    """

    def __init__(self, sizes, api_version="1.51"):
        self.api_version = api_version
        self.sizes = list(sizes)
        self.asked = []
        self.removed = []

    def prune_containers(self, filters):
        return {"ContainersDeleted": ["c1"], "SpaceReclaimed": 2_000_000}

    def prune_networks(self, filters):
        return {"NetworksDeleted": None}

    def prune_builds(self, all):
        return {"CachesDeleted": None, "SpaceReclaimed": 0}

    def containers(self, all):
        return []

    def images(self):
        return [{"Id": "sha256:1", "RepoTags": ["one:1"]}]

    def remove_image(self, name):
        self.removed.append(name)
        return [{"Untagged": name}]

    def _url(self, path):
        return path

    def _get(self, url, **options):
        self.asked.append((url, options))
        size = self.sizes.pop(0)
        if size is None:
            raise requests.exceptions.ReadTimeout("Read timed out.")
        return {"LayersSize": size, "BuildCache": []}

    def _result(self, answer, json):
        return answer


def prune(api):
    ownership = SimpleNamespace(
        exclusive=True, owns=lambda *_: True, given=lambda _: {"one:1"}, strike=lambda *_: None
    )
    System(SimpleNamespace(api=api), "VM1", Terminal(), ownership).prune(all=True)


def test_a_prune_has_the_images_measured_alone_and_with_patience(capsys):
    api = Api([9_000_000, 4_000_000])
    prune(api)
    assert api.asked == [("/system/df", {"params": {"type": "image"}, "timeout": TIMEOUT})] * 2
    assert capsys.readouterr().out.endswith("untagged: one:1\n\nTotal reclaimed space: 7MB\n")


@pytest.mark.parametrize("sizes", [[9_000_000, None], [None]])
def test_an_engine_that_does_not_come_to_measure_prunes_all_the_same(capsys, sizes):
    api = Api(sizes)
    prune(api)
    assert api.removed == ["one:1"]
    told = capsys.readouterr().out
    assert "untagged: one:1\n" in told and "does not tell how much space they took" in told
    assert told.endswith("Total reclaimed space: 2MB\n")


def test_an_older_engine_is_asked_for_all_with_the_same_patience():
    api = Api([0], api_version="1.41")
    assert cache_records(api) == []
    assert api.asked == [("/system/df", {"params": None, "timeout": TIMEOUT})]
