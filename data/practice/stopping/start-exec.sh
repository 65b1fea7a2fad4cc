#!/bin/sh
echo preparing
exec python3 work.py
