# Works until it is asked to end; then it puts its things in order, and ends.
import signal
import sys
import time


def end(number, frame):
    print("results saved", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
print("working", flush=True)
while True:
    time.sleep(1)
