# Reads a sensor once a second, and notes what it says.
import time
from pathlib import Path

sensor, value = Path("/data/sensor"), Path("/data/value")
sensor.write_text("21.5\n")
print("worker: measuring", flush=True)
while True:
    value.write_text(sensor.read_text())
    time.sleep(1)
