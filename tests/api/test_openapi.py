"""The published description: complete, valid, and changed only on purpose (snapshot `openapi.snapshot`).

After a wanted change `python -m tests.api.test_openapi` writes it anew; read the difference before committing.
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema

from api.problem_types import TYPES
from api.problems import MEDIA_TYPE
from tests.support.httpapi import Api, Client, operations

SNAPSHOT = Path(__file__).with_name("openapi.snapshot")


def outline(description: dict[str, Any]) -> str:
    """The description as lines that people can read and compare: operations, bodies, problems, schemas."""
    lines = []
    for path, item in description["paths"].items():
        for method, found in item.items():
            scopes = " or ".join(found.get("x-scopes", ["public"]))
            lines.append(f"{method.upper()} {path}  {found['operationId']}  [{scopes}]")
            lines += [f"  {one['in']} {one['name']}" for one in found.get("parameters", ())]
            for media_type, content in found.get("requestBody", {}).get("content", {}).items():
                lines.append(f"  takes {media_type} {_schema(content['schema'])}")
            for status, answer in found["responses"].items():
                for media_type, content in answer.get("content", {"(nothing)": {"schema": {}}}).items():
                    problems = media_type == MEDIA_TYPE
                    what = " ".join(content["examples"]) if problems else f"{media_type} {_schema(content['schema'])}"
                    lines.append(f"  {status} {what}")
    for name, schema in description["components"]["schemas"].items():
        lines.append(f"schema {name} {_schema(schema)}")
    return "\n".join(lines) + "\n"


def _schema(schema: dict[str, Any]) -> str:
    """Members and types, without descriptions."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " | ".join(map(_schema, schema["anyOf"]))
    if "enum" in schema:
        return "/".join(map(str, schema["enum"]))
    if "properties" in schema:
        required = schema.get("required", [])
        members = (
            f"{name}{'' if name in required else '?'}: {_schema(one)}" for name, one in schema["properties"].items()
        )
        return "{" + ", ".join(members) + "}"
    if schema.get("type") == "array":
        return f"[{_schema(schema.get('items', {}))}]"
    kind = str(schema.get("const", schema.get("type", "any")))
    return kind + (f" {schema['pattern']}" if "pattern" in schema else "")


def test_the_description_changes_only_on_purpose(client: Client) -> None:
    assert outline(client.get("/openapi.json").json()) == SNAPSHOT.read_text(), __doc__


def test_the_description_is_openapi_3_1_and_loads_nothing_from_elsewhere(client: Client) -> None:
    description = client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", json.dumps(description)))
    assert all(host.endswith(".example") or host.startswith("127.0.0.1") for host in hosts), hosts
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(description))
    assert references
    for reference in references:
        place: Any = description
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_every_operation_has_a_summary_a_tag_and_is_public_or_names_its_scopes(api: Api) -> None:
    found = operations(api.app)
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert one.description["summary"], one.id
        assert one.description["tags"] == (["private"] if one.scopes else ["public"]), one.id
        assert one.description["security"] == ([{"HTTPBearer": []}] if one.scopes else []), one.id
        assert "HTTPValidationError" not in json.dumps(one.description)


def test_every_problem_has_an_example_of_its_own_shape(client: Client) -> None:
    description = client.get("/openapi.json").json()
    examples = description["components"]["examples"]
    assert set(examples) == set(TYPES)
    for code, example in examples.items():
        jsonschema.validate(example["value"], description["components"]["schemas"]["Problem"])
        assert example["value"]["code"] == code


def test_every_request_has_an_example_that_fits_its_schema(api: Api) -> None:
    tried = 0
    for one in operations(api.app):
        for content in one.description.get("requestBody", {}).get("content", {}).values():
            if "example" in content:
                jsonschema.validate(content["example"], content["schema"])
                tried += 1
    assert tried >= 16


if __name__ == "__main__":
    from api.app import create_app
    from api.services import Services
    from api.settings import Settings
    from registry.store.engine import Store

    # Describing needs no database: the file is never opened.
    made = create_app(Services(Settings(), Store("sqlite:////nowhere/credanchor.db")))
    SNAPSHOT.write_text(outline(json.loads(json.dumps(made.openapi()))))
