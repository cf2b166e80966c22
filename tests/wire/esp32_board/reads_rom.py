"""Prints each file that main.py gives of the image: its path, its size by stat, and its SHA-256."""

import binascii
import hashlib
import os

import machine  # noqa: F401 - found now, for afterwards only the image is looked into
import told  # noqa: F401

import main  # isort: skip


def walk(folder):
    for name in os.listdir(folder):
        path = folder + "/" + name
        status = os.stat(path)
        if status[0] & 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).digest()
            print(path, status[6], binascii.hexlify(digest).decode())


main.image()
walk("/rom")
