#!/bin/sh
echo preparing
python3 work.py
