# Keeps the values, in a file: who takes its place finds them there.
from pathlib import Path

from server import ME, serve

file = Path("/data/values")
file.touch()


def store(path, sent):
    if sent is not None:
        with file.open("a") as values:
            values.write(f"{float(sent)}\n")
    return " ".join(file.read_text().split()), ME


serve(store)
