"""The course's own images as an engine runs them: each does what its namesake on Docker Hub does."""

import tempfile
import time
import uuid

import docker
import pytest

from sosclib.lab.image_recipe import DockerfileRecipe, recipe
from sosclib.lab.offline_images import offline_image, recipes

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
MARK = {"sosc.test": "offline-images"}
DOCKERFILES = [name for name in recipes() if isinstance(recipe(name), DockerfileRecipe)]
ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())"
PASSWORD = r"""it's a "long\ one"""
LECTURE = {
    "MYSQL_USER": "wordpress",
    "MYSQL_PASSWORD": PASSWORD,
    "MYSQL_DATABASE": "word_press",
    "MYSQL_RANDOM_ROOT_PASSWORD": "true",
}


@pytest.fixture(scope="module")
def client(engine):
    client = docker.from_env(timeout=120)
    yield client
    client.close()


@pytest.fixture(scope="module")
def loaded(client):
    """Give a function that brings an image into the engine under a name of the test's own."""
    prefix = f"sosc-test-{uuid.uuid4().hex[:8]}"
    names = {}

    def load(role):
        if role not in names:
            image = offline_image(role)
            names[role] = f"{prefix}/{image.repository}:{image.tag}"
            with tempfile.TemporaryFile() as file:
                image.loadable(names[role], file)
                file.seek(0)
                list(client.api.load_image(file))
        return names[role]

    yield load
    for name in names.values():
        client.images.remove(name, force=True)


class Room:
    """Containers, a network and volumes that are gone in the end."""

    def __init__(self, client, loaded):
        self.client, self.loaded = client, loaded
        self.name = f"sosc-test-{uuid.uuid4().hex[:8]}"
        self.network = client.networks.create(self.name, labels=MARK)
        self.containers, self.volumes = [], []

    def volume(self):
        self.volumes.append(self.client.volumes.create(f"{self.name}-{len(self.volumes)}", labels=MARK))
        return self.volumes[-1].name

    def start(self, role, *command, alias="", **options):
        """Start a container in the network; other containers find it by its alias."""
        options.setdefault("labels", MARK)
        container = self.client.containers.create(self.loaded(role), list(command) or None, **options)
        self.containers.append(container)
        self.network.connect(container, aliases=[alias] if alias else None)
        container.start()
        return container

    def run(self, role, *command, **options):
        """Run a container to its end; return exit code and output."""
        container = self.start(role, *command, **options)
        code = container.wait(timeout=120)["StatusCode"]
        return code, container.logs().decode()

    def page(self, address):
        """Return a page as another container of the network sees it."""
        return self.run("python", "python", "-c", ASK, address)

    def clear(self):
        for container in self.containers:
            container.remove(force=True, v=True)
        for volume in self.volumes:
            volume.remove(force=True)
        self.network.remove()


@pytest.fixture
def room(client, loaded):
    room = Room(client, loaded)
    yield room
    room.clear()


def until(condition, limit=90):
    """Wait until something is so; return it."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


def health(container):
    container.reload()
    return container.attrs["State"]["Health"]["Status"]


def healthy(container):
    until(lambda: health(container) == "healthy")


def users(container):
    """Return whose processes run in a container."""
    titles, rows = (container.top()[key] for key in ("Titles", "Processes"))
    column = next(titles.index(name) for name in ("UID", "USER") if name in titles)
    return {row[column] for row in rows}


@pytest.mark.parametrize("role", DOCKERFILES)
def test_all_share_the_layer_of_the_base(client, loaded, role):
    base, image = offline_image("base"), offline_image(role)
    assert image.manifest["layers"][0] == base.manifest["layers"][0]
    layers = [client.images.get(loaded(name)).attrs["RootFS"]["Layers"] for name in ("base", role)]
    assert layers[1][:1] == layers[0] and len(layers[1]) == 2


@pytest.mark.parametrize("role", DOCKERFILES)
def test_an_image_says_what_it_is(client, loaded, role):
    settings = client.images.get(loaded(role)).attrs["Config"]
    labels = settings["Labels"]
    assert labels["org.opencontainers.image.version"] == recipe(role).tag
    assert {"org.opencontainers.image.title", "org.opencontainers.image.source"} <= set(labels)
    assert "sosc.role" not in labels, "its containers would be taken for the course's furniture"
    assert settings["Healthcheck"]["Test"]


@pytest.mark.parametrize(
    ("role", "user", "words", "root"),
    [
        ("web", "nginx", "Welcome to nginx!", "/usr/share/nginx/html"),
        ("httpd", "www-data", "It works!", "/usr/local/apache2/htdocs"),
    ],
)
class TestWebServers:
    def test_a_page_is_given_out_and_nobody_is_root(self, room, role, user, words, root):
        server = room.start(role, alias="server")
        healthy(server)
        code, page = room.page("http://server/")
        assert code == 0 and words in page
        assert server.exec_run(["id", "-un"]).output.decode().strip() == user
        assert users(server).isdisjoint({"0", "root"})
        assert '"GET / HTTP/1.1" 200' in server.logs().decode()
        begin = time.monotonic()
        server.stop(timeout=30)
        assert time.monotonic() - begin < 15, "it did not hear that it should stop"
        server.reload()
        assert server.attrs["State"]["ExitCode"] == 0
        server.start()
        assert room.page("http://server/")[0] == 0

    def test_a_page_of_ones_own(self, room, role, user, words, root):
        server = room.start(role, alias="server")
        write = ["sh", "-c", f"echo mine > {root}/mine.html"]
        assert server.exec_run(write).exit_code == 0
        assert "mine" in room.page("http://server/mine.html")[1]


def test_nginx_takes_the_lectures_configuration(client, loaded, room, tmp_path):
    """A load balancer is made of the image and one file; it tells in its log which server answered."""
    (tmp_path / "nginx.conf").write_text(
        "worker_processes 1;\nevents { worker_connections 1024; }\nhttp {\n"
        "log_format upstreamlog 'from $remote_addr to $upstream_addr';\n"
        "access_log /var/log/nginx/access.log upstreamlog;\n"
        "upstream servers { server one:80; }\n"
        "server { listen 80; location / { proxy_pass http://servers; } }\n}\n"
    )
    (tmp_path / "Dockerfile").write_text(f"FROM {loaded('web')}\nCOPY nginx.conf /etc/nginx/nginx.conf\n")
    tag = f"{room.name}:1"
    client.images.build(path=str(tmp_path), tag=tag, rm=True)
    try:
        room.start("web", alias="one")
        balancer = client.containers.create(tag, labels=MARK)
        room.containers.append(balancer)
        room.network.connect(balancer, aliases=["balancer"])
        balancer.start()
        assert "Welcome to nginx!" in room.page("http://balancer/")[1]
        assert ":80" in balancer.logs().decode().split(" to ")[1]
    finally:
        for container in room.containers:
            container.remove(force=True, v=True)
        room.containers.clear()
        client.images.remove(tag, force=True)


@pytest.mark.parametrize("role", ["base", "python", "stale"])
def test_every_package_of_an_image_brings_its_terms_along(client, loaded, role):
    """Who hands an image on hands on the programs in it, and must hand on what they allow."""
    names = '$(dpkg-query -W -f "\\${Package} ")'
    ask = f"for name in {names}; do test -s /usr/share/doc/$name/copyright || echo $name; done"
    lacking = client.containers.run(loaded(role), ["sh", "-c", ask], remove=True, labels=MARK)
    assert lacking == b""


def test_the_image_that_is_never_updated_says_so(client, loaded):
    labels = client.images.get(loaded("stale")).labels
    assert labels["org.opencontainers.image.source"] == "Debian packages, suite bookworm"
    assert "without the updates" in labels["org.opencontainers.image.title"]
    files = ["sh", "-c", ". /etc/os-release; echo $VERSION_ID; find /var/lib/apt/lists -type f -size +0"]
    assert client.containers.run(loaded("stale"), files, remove=True, labels=MARK) == b"12\n"


def test_python_runs_programs(room):
    code, said = room.run("python", "python", "-c", "import sys, sqlite3, ssl, json; print(sys.version)")
    assert code == 0 and said.startswith(recipe("python").tag)
    assert room.run("python", "python3", "-c", "raise SystemExit(7)")[0] == 7


class TestDatabase:
    def ask(self, container, user, password, statement, *more):
        client = [
            "mariadb",
            "-h127.0.0.1",
            f"-u{user}",
            f"--password={password}",
            "-N",
            "-e",
            statement,
            *more,
        ]
        done = container.exec_run(client)
        return done.exit_code, done.output.decode()

    def ready(self, container):
        until(lambda: b"port: 3306" in container.logs() or container.status == "exited")

    def test_it_is_set_up_once_and_keeps_what_it_has(self, room):
        data = room.volume()
        mounted = {data: {"bind": "/var/lib/mysql"}}
        first = room.start("database", environment=LECTURE, volumes=mounted, alias="database")
        self.ready(first)
        code, said = self.ask(
            first, "wordpress", PASSWORD, "CREATE TABLE t (i INT); INSERT INTO t VALUES (42)", "word_press"
        )
        assert code == 0, said
        wrong, why = self.ask(first, "wordpress", "guessed", "SELECT 1")
        assert wrong != 0 and "Access denied" in why
        denied, why = self.ask(first, "wordpress", PASSWORD, "SELECT user FROM mysql.user")
        assert denied != 0 and "denied" in why
        log = first.logs().decode()
        root = log.split("GENERATED ROOT PASSWORD: ")[1].split()[0]
        assert self.ask(first, "root", root, "SELECT COUNT(*) FROM word_press.t") == (0, "1\n")
        assert self.ask(first, "root", "", "SELECT 1")[0] != 0
        assert users(first).isdisjoint({"0", "root"})
        healthy(first)
        first.stop(timeout=30)
        first.reload()
        assert first.attrs["State"]["ExitCode"] == 0
        second = room.start("database", volumes=mounted)
        self.ready(second)
        assert self.ask(second, "wordpress", PASSWORD, "SELECT i FROM t", "word_press") == (0, "42\n")

    def test_without_a_password_of_root_it_says_what_is_missing(self, room):
        code, said = room.run("database")
        assert code == 1
        for word in (
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        ):
            assert word in said

    @pytest.mark.parametrize(
        ("environment", "word"),
        [
            ({"MARIADB_ROOT_PASSWORD": "a", "MARIADB_ROOT_PASSWORD_FILE": "/b"}, "Both"),
            ({"MARIADB_ROOT_PASSWORD_FILE": "/nowhere"}, "cannot be read"),
            ({"MARIADB_ROOT_PASSWORD": "a", "MARIADB_USER": "b"}, "no MARIADB_PASSWORD"),
            ({"MARIADB_ROOT_PASSWORD": "a", "MARIADB_USER": "root", "MARIADB_PASSWORD": "b"}, "another user"),
        ],
    )
    def test_settings_that_cannot_be_are_told(self, room, environment, word):
        code, said = room.run("database", environment=environment)
        assert code == 1 and word in said

    def test_files_give_secrets_and_run_at_the_first_start(self, room):
        files = room.volume()
        script = (
            "echo from-a-file > /f/password;"
            "echo 'CREATE TABLE a (i INT); INSERT INTO a VALUES (1);' > /f/1.sql;"
            "echo \"sql -e 'INSERT INTO a VALUES (2)'\" > /f/2.sh; echo no > /f/3.txt"
        )
        room.run("base", "sh", "-c", script, volumes={files: {"bind": "/f"}})
        container = room.start(
            "database",
            "sh",
            "-c",
            "cp /f/*.* /docker-entrypoint-initdb.d && exec docker-entrypoint.sh mariadbd",
            environment={"MARIADB_ROOT_PASSWORD_FILE": "/f/password", "MARIADB_DATABASE": "mine"},
            volumes={files: {"bind": "/f"}},
        )
        self.ready(container)
        asked = self.ask(container, "root", "from-a-file", "SELECT SUM(i) FROM a", "mine")
        assert asked == (0, "3\n"), container.logs().decode()
        assert "Passing over" in container.logs().decode()

    def test_a_start_that_was_killed_half_way_is_begun_anew(self, room):
        data = room.volume()
        mounted = {data: {"bind": "/var/lib/mysql"}}
        room.run("base", "sh", "-c", "mkdir /d/mysql; touch /d/.setting-up", volumes={data: {"bind": "/d"}})
        container = room.start("database", environment={"MYSQL_ALLOW_EMPTY_PASSWORD": "yes"}, volumes=mounted)
        self.ready(container)
        assert self.ask(container, "root", "", "SELECT 1") == (0, "1\n"), container.logs().decode()


def test_wordpress_answers_its_set_up_page_once_there_is_a_database(room):
    said = room.volume()
    room.run("base", "sh", "-c", "echo secret > /s/password", volumes={said: {"bind": "/s"}})
    site = room.start(
        "wordpress",
        alias="site",
        environment={
            "WORDPRESS_DB_HOST": "database",
            "WORDPRESS_DB_USER": "wp",
            "WORDPRESS_DB_NAME": "wp",
            "WORDPRESS_DB_PASSWORD_FILE": "/s/password",
            "WORDPRESS_TABLE_PREFIX": "course_",
        },
        volumes={said: {"bind": "/s"}},
    )
    until(lambda: b"resuming normal operations" in site.logs())
    code, without = room.page("http://site/")
    assert code != 0 and "500" in without, "it answers at once, and says that there is no database"
    database = room.start(
        "database",
        alias="database",
        environment={
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "1",
            "MARIADB_DATABASE": "wp",
            "MARIADB_USER": "wp",
            "MARIADB_PASSWORD": "secret",
        },
    )
    until(lambda: b"port: 3306" in database.logs())
    code, page = room.page("http://site/")
    assert code == 0 and "<title>WordPress" in page and "install" in page
    healthy(site)
    form = "weblog_title=A+course&user_name=me&admin_password=aaAA11--ss&admin_password2=aaAA11--ss"
    post = (
        "import urllib.request as r; print(r.urlopen('http://site/wp-admin/install.php?step=2',"
        f" b'{form}&admin_email=me%40example.org', timeout=60).status)"
    )
    assert room.run("python", "python", "-c", post) == (0, "200\n")
    assert "<title>A course</title>" in room.page("http://site/")[1]
    tables = database.exec_run(["mariadb", "-uroot", "-N", "-e", "SHOW TABLES", "wp"]).output.decode()
    assert "course_posts" in tables


def test_the_furniture_is_another_image_than_a_students(client, loaded):
    """The course's registry is hidden from listings; the same program in a student's container is not."""
    image = offline_image("registry")
    with tempfile.TemporaryFile() as file:
        image.loadable("sosc-test-furniture:1", file, {"sosc.role": "registry"})
        file.seek(0)
        list(client.api.load_image(file))
    try:
        theirs, ours = client.images.get(loaded("registry")), client.images.get("sosc-test-furniture:1")
        assert theirs.id != ours.id
        assert theirs.attrs["RootFS"] == ours.attrs["RootFS"]
        assert ours.labels["sosc.role"] == "registry" and "sosc.role" not in theirs.labels
    finally:
        client.images.remove("sosc-test-furniture:1")


def test_an_engine_builds_the_same_dockerfile(client, loaded, room):
    """Apache's packages lie in the base: a real engine follows its Dockerfile without a network."""
    made_by = recipe("httpd")
    tag = f"{room.name}-built:1"
    client.images.build(
        path=str(made_by.context), tag=tag, buildargs={"BASE": loaded("base")}, rm=True, network_mode="none"
    )
    try:
        built, ours = (client.images.get(name) for name in (tag, loaded("httpd")))
        for key in (
            "Cmd",
            "Entrypoint",
            "Env",
            "ExposedPorts",
            "Healthcheck",
            "User",
            "StopSignal",
            "WorkingDir",
        ):
            assert (built.attrs["Config"].get(key) or None) == (ours.attrs["Config"].get(key) or None), key
        server = client.containers.create(tag, labels=MARK)
        room.containers.append(server)
        room.network.connect(server, aliases=["built"])
        server.start()
        assert "It works!" in room.page("http://built/")[1]
    finally:
        for container in room.containers:
            container.remove(force=True, v=True)
        room.containers.clear()
        client.images.remove(tag, force=True)
