"""Turn what went wrong into a cause, a remedy and an exit code. A traceback is only shown for our own mistakes."""

import json
import os
import sys
from collections.abc import Sequence

REFUSED, NOT_KNOWN, USAGE, INTERRUPTED, BUG = 1, 2, 64, 130, 70
"""Exit codes besides 0; 64 and 70 as in sysexits.h."""

TRACE_VARIABLE = "CREDANCHOR_TRACE"
"""Set to anything: show the traceback, too."""


class CliError(Exception):
    """Something a command found wrong: cause, remedy, exit code."""

    def __init__(self, problem: str, remedy: str = "", exit_code: int = REFUSED) -> None:
        super().__init__(problem, remedy, exit_code)
        self.problem = problem
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


def closest(word: str, known: Sequence[str]) -> str:
    """The known word that was probably meant; empty when none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, known, 1, 0.5)), "")


def report(problem: BaseException, *, as_json: bool) -> int:
    """Say on stderr what went wrong (as JSON if asked) and return the exit code."""
    if isinstance(problem, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    code = exit_code(problem)
    if code == BUG or os.environ.get(TRACE_VARIABLE):
        import traceback

        traceback.print_exception(problem, file=sys.stderr)
    text = str(problem) if code != BUG else f"This is a defect of credanchor: {type(problem).__name__}: {problem}"
    if as_json:
        details = getattr(problem, "problem", None)
        error = {"error": text, "exit_code": code} | ({"problem": details} if isinstance(details, dict) else {})
        print(json.dumps(error, ensure_ascii=False), file=sys.stderr)
    else:
        print(text, file=sys.stderr)
    return code


def exit_code(problem: BaseException) -> int:
    """By the kind of error. A class can only have been raised by a module that is loaded: nothing is imported."""
    if isinstance(problem, CliError):
        return problem.exit_code
    if _is(problem, "registry.verify.evidence", "Unreachable", "WrongChain") or _is(
        problem, "api.client", "ApiUnreachable"
    ):
        return NOT_KNOWN
    if _is(problem, "registry.errors", "RegistryError") or _is(problem, "anchor.errors", "AnchorError"):
        return REFUSED
    if _is(problem, "api.client", "ApiError") or _is(problem, "api.settings", "SettingsError"):
        return REFUSED
    if isinstance(problem, TimeoutError):
        return NOT_KNOWN
    return REFUSED if isinstance(problem, OSError) else BUG


def _is(problem: BaseException, module: str, *names: str) -> bool:
    loaded = sys.modules.get(module)
    kinds = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name)) if loaded else ()
    return isinstance(problem, kinds)
