"""Exercises of section 08: a Dockerfile of one's own, and one whose order is wrong."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking

SAYING, SAYING_FILE = "student/saying:1.0", "/saying.txt"
SLOW, FAST = "student/site:slow", "student/site:fast"
PAGE, NUMBERS, SEAL = "site/page.html", "site/numbers.txt", "seal"


def saying(dockerfile: str, tag: str = SAYING) -> str:
    """Return the code that writes the files of the first exercise and builds its image."""
    return f'''
vm1.sh(f"""mkdir -p saying
echo "Measure twice, cut once." > saying/saying.txt
cat > saying/Dockerfile <<'END'
{dockerfile}
END""")
vm1.images.build("saying", tag="{tag}")
'''


FROM_BASE = 'FROM {sosc.image("base")}'
RIGHT = f'{FROM_BASE}\nCOPY saying.txt /\nCMD ["cat", "/saying.txt"]'


def site(dockerfile: str, tag: str = FAST) -> str:
    """Return the code that writes the Dockerfile of the second exercise and builds its image."""
    return f'''
vm1.sh(f"""cat > site/Dockerfile <<'END'
FROM {{sosc.image("small")}}
{dockerfile}
CMD ["cat", "/site/page.html"]
END""")
vm1.images.build("site", tag="{tag}")
'''


WORK = "RUN sort -n /site/numbers.txt | sha256sum > /seal"
BACKWARDS = f"COPY . /site/\n{WORK}"
FORWARDS = f"COPY numbers.txt /site/\n{WORK}\nCOPY page.html /site/"
START = (
    '''
vm1.sh("""mkdir -p site
seq 200000 -1 1 > site/numbers.txt
echo "<h1>The first version</h1>" > site/page.html""")
'''.lstrip()
    + site(BACKWARDS, SLOW).lstrip()
)


def judge_saying(desk: Desk) -> Result:
    """Is there an image of that name whose containers say, by themselves, what the file in it holds."""
    if looking.image_id(desk, SAYING) is None:
        if looking.image_id(desk, "student/saying") is not None:
            return failed(
                "there is student/saying:latest; without a tag the builder takes latest, wanted is 1.0"
            )
        return untried(f"there is no image {SAYING} yet")
    content = looking.file_in_image(desk, SAYING, SAYING_FILE)
    if content is None:
        return failed(f"{SAYING} has no file {SAYING_FILE}: does its Dockerfile COPY saying.txt to / ?")
    wanted = content.decode(errors="replace").strip()
    if not wanted:
        return failed(f"{SAYING_FILE} in {SAYING} is empty")
    written = looking.run_once(desk, SAYING)
    if written is None:
        return failed(
            f"a container of {SAYING} does not end by itself: its command should say the line, and end"
        )
    if not written:
        return failed(
            f"a container of {SAYING} writes nothing: what it runs when it is told nothing stands in CMD"
        )
    if written != wanted:
        return failed(f"a container of {SAYING} writes “{written.splitlines()[0][:60]}”, and not the saying")
    return passed(f"docker run {SAYING} says your line, and the Dockerfile tells everybody how it was made")


def judge_site(desk: Desk) -> Result:
    """Does the page come after the work in the layers, and is all still there."""
    if looking.image_id(desk, FAST) is None:
        if looking.image_id(desk, SLOW) is None:
            return untried("the scene is not set: call .start() first")
        return untried(f"there is no image {FAST} yet; {SLOW} shows how slow it is now")
    if looking.image_id(desk, SLOW) is None:
        return failed(f"{SLOW}, with which {FAST} is compared, is gone: .start() makes it anew")
    layers = looking.layers(desk, FAST).layers
    made_in = {one.path: layer.number for layer in reversed(layers) for one in layer.files}
    if SEAL not in made_in:
        return failed(f"{FAST} has no file /seal: the work itself must still be done, only in another place")
    if PAGE not in made_in:
        return failed(f"{FAST} has no file /{PAGE}: the page has to be copied too, after the work")
    if made_in.get(NUMBERS, made_in[SEAL]) >= made_in[SEAL]:
        return failed("the work was done without the numbers: they have to be copied before it")
    if made_in[PAGE] < made_in[SEAL]:
        return failed(
            "the page is copied before the work, so that each new page makes the builder work anew;"
            " which files does the work really need?"
        )
    if looking.file_in_image(desk, FAST, f"/{SEAL}") != looking.file_in_image(desk, SLOW, f"/{SEAL}"):
        return failed(f"/seal is not what it is in {SLOW}: the numbers or the work have changed")
    return passed("the work stands below the page: a new page costs one COPY, and nothing else")


EXERCISES = (
    Exercise(
        id="08.1",
        task="Write a Dockerfile in a folder `saying`, and build the image `student/saying:1.0` from it. It"
        " starts from the base image and has your favourite saying in the file `/saying.txt`. A container"
        " that is told nothing, `docker run student/saying:1.0`, shows it and ends.",
        hints=(
            "Three instructions are enough: what to start from, what to copy, what to run.",
            "The file `saying/saying.txt` is copied by `COPY saying.txt /`; its path counts from the folder.",
            "What a container runs when it is told nothing stands in CMD, here `cat` and the file's name."
            ' Mind the tag: `vm1.images.build("saying", tag="student/saying:1.0")`.',
        ),
        solution=saying(RIGHT),
        shell="mkdir saying\n"
        'echo "Measure twice, cut once." > saying/saying.txt\n'
        'printf \'FROM {base}\\nCOPY saying.txt /\\nCMD ["cat", "/saying.txt"]\\n\' > saying/Dockerfile\n'
        "docker build -t student/saying:1.0 saying",
        judge=judge_saying,
        makes=(("image", SAYING), ("image", "student/saying:latest")),
        mistakes={
            "no tag": saying(RIGHT, "student/saying"),
            "nothing to run": saying(f"{FROM_BASE}\nCOPY saying.txt /"),
            "said while it was built": saying(f"{FROM_BASE}\nCOPY saying.txt /\nRUN cat /saying.txt"),
            "not copied": saying(f'{FROM_BASE}\nCMD ["echo", "Measure twice, cut once."]'),
            "something else": saying(f'{FROM_BASE}\nCOPY saying.txt /\nCMD ["ls", "/saying.txt"]'),
        },
    ),
    Exercise(
        id="08.2",
        task="`.start()` writes a folder `site` and builds `student/site:slow` from it. Its Dockerfile copies"
        " everything, then does long work with `numbers.txt`. Whenever the page changes, the work is done"
        " again, although it never looks at the page. Put `site/Dockerfile` in a better order and build"
        " `student/site:fast`: a new page must cost no more than a COPY.",
        hints=(
            "A step is done anew when anything above it has changed. What stands above the work, and what of"
            " it does the work need?",
            "`COPY . /site/` copies two files at once. Copy them one by one.",
            "First `COPY numbers.txt /site/`, then the RUN, and `COPY page.html /site/` last.",
        ),
        start=START,
        scene=(("image", SLOW),),
        files=("site/Dockerfile", "site/.dockerignore"),
        solution=site(FORWARDS),
        shell='head -n 1 site/Dockerfile > site/new; echo "COPY numbers.txt /site/" >> site/new\n'
        'grep ^RUN site/Dockerfile >> site/new; echo "COPY page.html /site/" >> site/new\n'
        "grep ^CMD site/Dockerfile >> site/new; mv site/new site/Dockerfile\n"
        "docker build -t student/site:fast site",
        judge=judge_site,
        makes=(("image", SLOW), ("image", FAST)),
        mistakes={
            "the same order": site(BACKWARDS),
            "no work any more": site("COPY . /site/"),
            "no page any more": site(f"COPY numbers.txt /site/\n{WORK}"),
            "the work before its numbers": site(f"{WORK}; true\nCOPY . /site/"),
            "copied early, and late again": site(f"{BACKWARDS}\nCOPY page.html /site/"),
            "less work": site(f"COPY numbers.txt /site/\n{WORK.replace('sort -n', 'head')}\nCOPY . /site/"),
        },
    ),
)
