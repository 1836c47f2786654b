"""Which processes there are, from /proc of Linux."""

from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether a process is there, and no mere zombie."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def children(pid: int) -> set[int]:
    """The processes that this one started and that are still there."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
