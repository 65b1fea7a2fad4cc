# Simulates a measurement, and writes what came out of it as a page.
import random

values = random.Random(1).randbytes(20_000_000)
with open("raw.dat", "wb") as file:
    file.write(values)
with open("index.html", "w") as file:
    file.write(f"mean of {len(values)} values: {sum(values) / len(values):.2f}\n")
