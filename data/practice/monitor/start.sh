#!/bin/sh
python3 monitor.py "$1"
