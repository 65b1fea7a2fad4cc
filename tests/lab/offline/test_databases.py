"""The database as its namesake on Docker Hub is, and WordPress upon it."""

import pytest

from .rooms import LECTURE, PASSWORD, healthy, until, users

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


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
