# Computes, and keeps nothing: it asks the store for the values, by its name.
import random
import statistics
from urllib.request import urlopen

from server import ME, serve


def compute(path, sent):
    """Tell the median, and how it scatters when values are drawn from these again and again."""
    with urlopen("http://store:8000/", timeout=5) as page:
        values = [float(word) for word in page.read().split()]
    if not values:
        return "no values", ME
    drawn = random.Random(1)
    medians = [statistics.median(drawn.choices(values, k=len(values))) for _ in range(20000)]
    return f"median {statistics.median(values):.2f} ± {statistics.stdev(medians):.2f}", ME


serve(compute)
