"""A load balancer's log is read as nginx writes it."""

import pandas as pd

from sosclib.measure.upstreams import COLUMNS, read_upstreams

LOG = """\
/docker-entrypoint.sh: Configuration complete; ready for start up
[26/Nov/2026:12:00:00 +0000] from 172.17.0.1 to 172.16.0.11:8082
[26/Nov/2026:13:00:01 +0100] from 172.17.0.1 to 172.16.0.12:8082, 172.16.0.11:8082
2026/11/26 12:00:02 [error] 7#7: *3 no live upstreams while connecting to upstream
[26/Nov/2026:12:00:02 +0000] from 10.0.2.2 to swarm_cluster
"""


def test_each_request_has_its_server_and_how_many_were_tried():
    data = read_upstreams(LOG)
    assert tuple(data.columns) == COLUMNS
    assert data["upstream"].tolist() == ["172.16.0.11:8082", "172.16.0.11:8082", "swarm_cluster"]
    assert data["tried"].tolist() == [1, 2, 1]
    assert data["client"].tolist() == ["172.17.0.1", "172.17.0.1", "10.0.2.2"]
    assert (data["at"].diff().dropna() == pd.Timedelta(seconds=1)).all(), "zones of time are taken account of"


def test_a_log_of_something_else_is_an_empty_table():
    assert list(read_upstreams("172.17.0.1 - - [26/Nov/2026:12:00:00 +0000] GET /\n").columns) == list(
        COLUMNS
    )
    assert read_upstreams("").empty
