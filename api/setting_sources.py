"""Where settings come from, a TOML file or the environment: read strictly, as the type of each field's default."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import Field
from pathlib import Path
from types import NoneType
from typing import Any

PREFIX = "CREDANCHOR_"

FILE_VARIABLE = "CREDANCHOR_SETTINGS"
"""Names the TOML file. Without it only the environment counts: no file is picked up from where one happens to stand."""

NOT_OURS = frozenset(
    {
        FILE_VARIABLE,
        "CREDANCHOR_URL",
        "CREDANCHOR_API_KEY",
        "CREDANCHOR_TRUST",
        "CREDANCHOR_TRACE",
        "CREDANCHOR_VENV",
        "CREDANCHOR_PYTHON",
        "CREDANCHOR_TEST_PROCESSES",
    }
)
"""Variables with our prefix that are read elsewhere (command line client, scripts), so not unknown settings."""


class SettingsError(Exception):
    """A setting is unknown or its value cannot be used; the text names it, its source and a remedy, never a secret."""


def from_file(path: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """The values in a TOML file; `known` are the fields by their names. Raises SettingsError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from error
    values = {}
    for name, value in table.items():
        if name not in known:
            raise SettingsError(_unknown(name, list(known), str(path)))
        values[name] = _typed(known[name], value, f"{name} in {path}")
    return values


def from_environment(environ: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values in variables; `fields` by their names. Raises SettingsError."""
    known = {PREFIX + name.upper(): one for name, one in fields.items()}
    values = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_OURS:
            continue
        if variable not in known:
            # A misspelt variable that is silently ignored is how a live registry ends up with test settings.
            raise SettingsError(_unknown(variable, list(known), "the environment"))
        values[known[variable].name] = _typed(known[variable], value, variable)
    return values


def _unknown(name: str, known: list[str], source: str) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"There is no setting {name} (in {source})." + (f" Did you mean {close[0]}?" if close else "")


def _typed(one: "Field[Any]", value: Any, where: str) -> Any:
    """`value` from a file or the environment as the type of the field's default."""
    kind = type(one.default)
    if kind is NoneType and value == "":
        return None
    if kind in (bool, NoneType) and (isinstance(value, bool) or value in ("true", "false")):
        return value is True or value == "true"
    if kind is tuple and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if kind is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if isinstance(one.default, Path) and isinstance(value, str) and value:
        return Path(value)
    if kind is str and isinstance(value, str):
        return value
    if kind in {int, float} and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return kind(value)
        except ValueError:
            pass
    wanted = {
        bool: "true or false",
        NoneType: "true or false, or empty",
        tuple: "a list of texts",
        int: "a whole number",
        float: "a number",
    }.get(kind, "a text")
    raise SettingsError(f"{where} must be {wanted}.")
