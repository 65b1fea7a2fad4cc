#!/bin/sh
python3 work.py
