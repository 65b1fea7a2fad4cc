# The door: makes the start page of what the others say, and hands on requests: /store goes to store.
import itertools
import socket
from http.client import HTTPConnection, HTTPException

from server import ME, MISSING, serve

turns = itertools.count()


def ask(service, sent=None):
    """Ask the containers of a service until one answers; each time begin with the next."""
    addresses = sorted(socket.gethostbyname_ex(service)[2])
    first = next(turns) % len(addresses)
    for address in addresses[first:] + addresses[:first]:
        connection = HTTPConnection(address, 8000, timeout=1)  # who is there, takes the call at once ...
        try:
            connection.connect()
            connection.sock.settimeout(5)  # ... and may need longer for the answer
            connection.request("GET" if sent is None else "POST", "/", sent)
            page = connection.getresponse()
            text, who = page.read().decode().strip(), page.getheader("X-Answered-By", address)
        except (OSError, HTTPException):
            continue
        finally:
            connection.close()
        if page.status == 400:
            raise ValueError(text)
        if page.status == 200:
            return text, who
    raise OSError(f"no container of {service} answers")


def start():
    lines = ["Logbook"]
    for service in ("store", "compute"):
        try:
            text = ask(service)[0]
        except OSError:
            text = MISSING
        lines.append(f"  {service + ':':8} {text}")
    return "\n".join(lines)


def front(path, sent):
    service = path.strip("/")
    if not service:
        return start(), ME
    if not service.isalpha():
        raise LookupError(service)
    return ask(service, sent)


serve(front)
