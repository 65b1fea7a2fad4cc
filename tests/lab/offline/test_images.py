"""The course's own images as an engine runs them: each does what its namesake on Docker Hub does."""

import tempfile

import pytest

from sosclib.lab.image_recipe import DockerfileRecipe, recipe
from sosclib.lab.offline_images import offline_image, recipes

from .rooms import MARK, healthy, users

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
DOCKERFILES = [name for name in recipes() if isinstance(recipe(name), DockerfileRecipe)]


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
        server.stop(timeout=30)
        server.reload()
        assert server.attrs["State"]["ExitCode"] == 0, "it did not hear that it should stop, and was killed"
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
