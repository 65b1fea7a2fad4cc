#!/bin/sh
python3 worker.py &
python3 web.py
