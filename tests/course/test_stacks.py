"""The course's stack on the engine that answers: it comes up, WordPress answers, and faults lose nothing."""

import re

import pytest

from sosclib.course.begin import clear
from sosclib.course.stacks import write_stack
from sosclib.engine.compose_labels import PROJECT_LABEL
from sosclib.lab.errors import NotFound, PortTaken, ServiceFailed
from sosclib.lab.paths import data_dir

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
PORT = 18481
SITE = f"http://localhost:{PORT}"
PASSWORD = "head -c 18 /dev/urandom | base64 > wordpress/secrets/database_password"
TITLE = re.compile("<title>(.*?)</title>")


@pytest.fixture
def desk(lay_desk):
    return lay_desk("12", needs=("database", "wordpress"))


@pytest.fixture
def stack(desk):
    """Give the stack, written and with its secret, not yet created."""
    written = write_stack("wordpress", web_port=PORT)
    desk.vm1.node.sh(f"mkdir wordpress/secrets && {PASSWORD}").check()
    return written


def fetched(desk, path="/", options=""):
    return desk.vm1.node.sh(f"curl -sL {options} '{SITE}{path}'").stdout


def installed(desk):
    form = "-d weblog_title=Notes -d user_name=me -d admin_password=x -d admin_password2=x -d pw_weak=on"
    page = fetched(desk, "/wp-admin/install.php?step=2", f"{form} -d admin_email=me@example.org")
    assert "Success!" in page


def sql(stack, question):
    client = "MYSQL_PWD=$(cat /run/secrets/database_password) mysql -u wordpress -N wordpress"
    return stack.exec("database", f"""sh -c '{client} -e "{question}"'""").output.strip()


def test_wordpress_is_set_up_and_outlives_the_death_of_its_database(desk, stack, capsys):
    stack.up(wait=True)
    assert "Installation" in TITLE.search(fetched(desk))[1]
    installed(desk)
    assert TITLE.search(fetched(desk))[1] == "Notes"
    desk.vm1.docker.api.kill(stack.container("database"))
    assert "Error establishing a database connection" in fetched(desk)
    assert stack.compared().differences == ("the service database is exited (137)",)
    stack.up(wait=True)
    assert TITLE.search(fetched(desk))[1] == "Notes"
    assert sql(stack, "SELECT COUNT(*) FROM wp_posts") >= "1"
    stack.down()
    stack.up(wait=True)
    assert TITLE.search(fetched(desk))[1] == "Notes"
    stack.down(volumes=True)
    stack.up(wait=True)
    assert "Installation" in TITLE.search(fetched(desk))[1]


def test_no_password_stands_where_somebody_could_read_it(desk, stack):
    stack.up(wait=True)
    password = desk.vm1.node.sh("cat wordpress/secrets/database_password").stdout.strip()
    api = desk.vm1.docker.api
    label = {"label": f"{PROJECT_LABEL}={stack.name}"}
    for raw in api.containers(all=True, filters=label):
        assert password not in str(api.inspect_container(raw["Id"]))
        assert password not in api.logs(raw["Id"]).decode(errors="replace")
    assert password not in str(stack.model())


def test_a_wrong_password_is_told_by_the_service_that_does_not_get_ready(desk, stack):
    stack.up(wait=True)
    stack.down()
    desk.vm1.node.sh(PASSWORD).check()
    text = "services:\n  database:\n    healthcheck: {interval: 1s, retries: 2, start_period: 0s}\n"
    desk.vm1.node.sh("cat > wordpress/compose.override.yaml", stdin=text).check()
    with pytest.raises(ServiceFailed, match="service database is not ready") as told:
        stack.up(wait=True)
    assert "Access denied" in told.value.why


def test_without_the_secret_nothing_starts_and_the_file_is_named(desk, stack):
    desk.vm1.node.sh("rm -r wordpress/secrets").check()
    with pytest.raises(NotFound, match="secrets/database_password"):
        stack.up()
    assert stack.ps().empty


def test_a_port_that_is_taken_is_named(desk, stack):
    small = desk.catalogue.resolve("small")
    desk.vm1.containers.run(small, "sleep 600", name="first", detach=True, ports={"80/tcp": PORT})
    with pytest.raises(PortTaken, match=str(PORT)):
        stack.up()
    desk.vm1.containers.remove("first", force=True)
    stack.up(wait=True)
    assert stack.compared().differences == ()


def test_what_is_typed_by_hand_is_cleaned_up_too(desk, stack):
    desk.vm1.node.provide_compose()
    desk.vm1.node.sh("cd wordpress && docker compose create").check()
    label = {"label": f"{PROJECT_LABEL}={stack.name}"}
    assert len(desk.vm1.docker.api.containers(all=True, filters=label)) == 2
    removed = [words.split()[0] for words in clear(desk)]
    assert (removed.count("container"), removed.count("network"), removed.count("volume")) == (2, 2, 2)
    assert not desk.vm1.ownership.entered("stack")


def test_an_unknown_stack_is_told(desk):
    with pytest.raises(NotFound, match="no stack 'nothing'") as told:
        write_stack("nothing")
    assert "wordpress" in told.value.help


def test_the_files_name_no_image_and_no_password():
    for file in (data_dir() / "stacks").rglob("*.yaml"):
        text = file.read_text()
        assert re.findall(r"image: (\S+)", text) == ["${DATABASE_IMAGE}", "${WORDPRESS_IMAGE}"]
        assert not re.search(r"PASSWORD: (?!\"yes\")", text)
