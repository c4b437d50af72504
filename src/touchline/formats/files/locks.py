"""Locks on open files and folders, which the operating system releases when the process ends, however it ends."""

from __future__ import annotations

import os

_LOCKED_BYTE = 1 << 30
"""The byte that is locked on Windows: beyond the end, so that others can still read the file."""


def lock(handle: int) -> bool:
    """Lock an open file or folder for this process until it is closed.

    Args:
        handle: file descriptor.

    Returns:
        False if another process holds the lock; True as well where the file system or platform has no locks.

    """
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _lock_on_windows(handle: int) -> bool:
    try:
        import msvcrt
    except ImportError:
        return True
    try:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    return True
