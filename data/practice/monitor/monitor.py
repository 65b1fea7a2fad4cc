# Looks every second whether a machine answers, until it is asked to end.
import signal
import subprocess
import sys
import time


def end(number, frame):
    print("the log is complete", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
machine = sys.argv[1]
while True:
    asked = subprocess.run(["ping", "-c", "1", "-W", "1", machine], capture_output=True)
    print(machine, "is silent" if asked.returncode else "answers", flush=True)
    time.sleep(1)
