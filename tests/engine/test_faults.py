"""What an engine complains about, in the course's words."""

import docker.errors
import pytest
import requests.exceptions

from sosclib.engine.faults import explained, teaching
from sosclib.lab.errors import EngineUnreachable, ImageError


def test_the_hubs_limit_of_a_whole_room_is_told_with_the_way_out():
    said = (
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating"
    )
    fault = explained(said)
    assert type(fault) is ImageError
    assert "no more images to this network address" in str(fault)
    assert "SOSC_IMAGES=offline" in fault.help and "docker login" in fault.help


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ReadTimeout("Read timed out. (read timeout=120)"),
        requests.exceptions.ConnectionError("refused"),
        requests.exceptions.ChunkedEncodingError("broken off"),
        docker.errors.DockerException("no socket"),
    ],
)
def test_an_engine_that_does_not_answer_in_time_or_breaks_off_is_told_in_words(error):
    with pytest.raises(EngineUnreachable, match="does not answer") as told:
        with teaching():
            raise error
    assert str(error) in told.value.why
