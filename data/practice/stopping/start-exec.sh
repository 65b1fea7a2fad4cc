#!/bin/sh
exec python3 work.py
