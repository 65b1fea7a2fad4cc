# The logbook of an experiment: values, their median, and a start page with both. All in one process.
import random
import statistics

from server import ME, serve

values = []


def store(sent=None):
    if sent is not None:
        values.append(float(sent))
    return " ".join(map(str, values))


def compute(sent=None):
    """Tell the median, and how it scatters when values are drawn from these again and again."""
    if not values:
        return "no values"
    drawn = random.Random(1)
    medians = [statistics.median(drawn.choices(values, k=len(values))) for _ in range(20000)]
    return f"median {statistics.median(values):.2f} ± {statistics.stdev(medians):.2f}"


def start(sent=None):
    return f"Logbook\n  store:   {store()}\n  compute: {compute()}"


pages = {"/": start, "/store": store, "/compute": compute}
serve(lambda path, sent: (pages[path](sent), ME))
