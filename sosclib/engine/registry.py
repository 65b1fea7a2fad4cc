"""A registry with an account, from one machine: log in and out, see what lies there."""

from __future__ import annotations

import getpass
import json
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sosclib.engine.credentials import login_at
from sosclib.engine.repository import MANIFESTS, Repository, from_docker_hub, from_registry
from sosclib.engine.sizes import human_size
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import LoginRefused, NotFound, RegistryError, SoscError
from sosclib.lab.hub import NETRC_FILE, PASSWORD_FILE, Account
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

TAG_COLUMNS = ("TAG", "DIGEST", "OS/ARCH", "SIZE", "LAYERS")
REPOSITORY_COLUMNS = ("REPOSITORY", "TAGS")
DOCKER_HUB_TAGS = "https://hub.docker.com/v2/repositories/{name}/tags?page_size=100"
REFUSED = ("unauthorized", "incorrect username or password", "denied")
UNREACHABLE = 7
"""curl's exit code where nobody answers at an address."""
START_ANEW = "Run the section's first cells again: they start it anew."
AskPassword = Callable[[str], str]


class Registry:
    """Where a section's images are pushed to.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    account : Account, optional
        None where the section has no registry.
    ask_password : callable, optional
        Asks for a password that only its owner knows; it is neither shown nor kept by the course.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        account: Account | None = None,
        ask_password: AskPassword = getpass.getpass,
    ) -> None:
        self._node = node
        self._terminal = terminal
        self._account = account
        self._ask = ask_password

    def __repr__(self) -> str:
        return f"<Registry {self.account.prefix}>"

    @property
    def account(self) -> Account:
        """Whose repositories these are.

        Raises
        ------
        SoscError
            Where the section has no registry with accounts.
        """
        if self._account is None:
            raise SoscError(
                "This section has no registry with an account.", help="Sections 07 and 10 have one."
            )
        return self._account

    @property
    def prefix(self) -> str:
        """What the names of one's own images begin with: registry and user."""
        return self.account.prefix

    def login(self, password: str | None = None) -> None:
        """Log in: ``docker login``. The password goes by the standard input and is never shown.

        Parameters
        ----------
        password : str, optional
            Where none is given, the course's own account has one, and at Docker Hub you are asked for yours.

        Raises
        ------
        LoginRefused
            Where name and password do not fit together.
        RegistryError
            Where the registry does not answer.
        """
        account = self.account
        words = ["login", "-u", account.user, "--password-stdin", *self._address()]
        known = f" < {PASSWORD_FILE}" if account.password else ""
        self._terminal.show(self._node.title, shlex.join(["docker", *words]) + known)
        secret = password if password is not None else account.password or self._ask("Password: ")
        answer = self._node.cli(*words, stdin=secret)
        if answer.exit_code:
            raise _login_fault(account, answer.output)
        said = (answer.stderr + answer.stdout).strip()
        # On somebody's own computer the lab user's home is a folder that is nobody's business.
        self._terminal.say(said.replace(self._node.home, f"/home/{self._node.user}"))

    def logout(self) -> None:
        """Forget the login: ``docker logout``."""
        words = ["logout", *self._address()]
        self._terminal.show(self._node.title, shlex.join(["docker", *words]))
        self._terminal.say(self._node.cli(*words).check().output)

    @property
    def logged_in(self) -> bool:
        """Whether the machine's user is logged in."""
        address = None if self.account.on_docker_hub else self.account.address
        return login_at(self._node, address or "docker.io") is not None

    def repositories(self) -> Table:
        """Return the repositories of the registry with their tags.

        Raises
        ------
        RegistryError
            Where the registry does not answer, or cannot list, as Docker Hub cannot.
        """
        from sosclib.engine.table import table

        if self.account.on_docker_hub:
            raise RegistryError(
                "Docker Hub does not list repositories this way.", help="https://hub.docker.com/repositories"
            )
        self._show(self._url("_catalog"))
        names = json.loads(self._get(self._url("_catalog"))[1])["repositories"]
        rows = [
            {"REPOSITORY": f"{self.account.address}/{name}", "TAGS": ", ".join(self._labels(name))}
            for name in names
        ]
        return table(rows, REPOSITORY_COLUMNS)

    def repository(self, name: str) -> Repository:
        """Return what the registry knows of one of your repositories.

        Parameters
        ----------
        name : str
            Without registry and user, ``sosc``.

        Raises
        ------
        NotFound
            Where there is no such repository.
        RegistryError
            Where the registry does not answer.
        """
        own = f"{self.account.user}/{name}"
        if self.account.on_docker_hub:
            return from_docker_hub(own, self._get(DOCKER_HUB_TAGS.format(name=own))[1])
        return from_registry(
            f"{self.account.address}/{own}", lambda path: self._get(self._url(f"{own}/{path}"))
        )

    def tags(self, name: str) -> Table:
        """Return the tags of a repository, each with its digest, its platform and its packed size."""
        from sosclib.engine.table import table

        own = f"{self.account.user}/{name}"
        on_hub = self.account.on_docker_hub
        self._show(DOCKER_HUB_TAGS.format(name=own) if on_hub else self._url(f"{own}/tags/list"))
        rows = [
            {
                "TAG": tag.name,
                "DIGEST": tag.digest.removeprefix("sha256:")[:12],
                "OS/ARCH": tag.platform,
                "SIZE": human_size(tag.size, digits=3),
                "LAYERS": "" if tag.layers is None else tag.layers,
            }
            for tag in self.repository(name).tags
        ]
        return table(rows, TAG_COLUMNS)

    def _labels(self, name: str) -> list[str]:
        return sorted(json.loads(self._get(self._url(f"{name}/tags/list"))[1]).get("tags") or ())

    def _address(self) -> list[str]:
        return [] if self.account.on_docker_hub else [self.account.address]

    def _url(self, path: str) -> str:
        return f"http://{self.account.address}/v2/{path}"

    def _show(self, url: str) -> None:
        self._terminal.show(self._node.title, self._curl(url))

    def _curl(self, url: str, *options: str) -> str:
        secret = [] if self.account.on_docker_hub else ["--netrc-file", NETRC_FILE]
        return shlex.join(["curl", "-s", *options, *secret, url])

    def _get(self, url: str) -> tuple[Mapping[str, str], str]:
        """Return headers and body of the registry's answer."""
        accept = f"Accept: {', '.join(MANIFESTS)}"
        answer = self._node.sh(self._curl(url, "-i", "-L", "-H", accept))
        if answer.exit_code == UNREACHABLE:
            raise RegistryError(
                f"The registry {self.account.address} does not answer.",
                help=START_ANEW,
            )
        head, _, body = answer.check().stdout.replace("\r\n", "\n").rpartition("\n\n")
        status, *lines = head.rpartition("\n\n")[2].splitlines()
        if " 404" in status:
            raise NotFound(f"The registry has nothing at {url}.", help="Has it been pushed there?")
        if " 200" not in status:
            raise RegistryError(f"The registry {self.account.address} refuses: {status}.", body.strip())
        pairs = (line.partition(":") for line in lines)
        return {key.lower(): value.strip() for key, _, value in pairs}, body


def _login_fault(account: Account, said: str) -> SoscError:
    if any(words in said.lower() for words in REFUSED):
        return LoginRefused(
            f"{account.address} does not accept name and password of {account.user}.",
            said.strip(),
            "Check both. At Docker Hub an access token can take the password's place.",
        )
    return RegistryError(
        f"The registry {account.address} does not answer.",
        said.strip(),
        "`sosc doctor` says what can be reached." if account.on_docker_hub else START_ANEW,
    )
