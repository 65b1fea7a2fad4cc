# Works, and never thought of an end.
import time

print("working", flush=True)
while True:
    time.sleep(1)
