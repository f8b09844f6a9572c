import json

import pytest

from deskquorum.cli.policy_schema import stale_schema, write_schema
from deskquorum.pack import starter_pack
from deskquorum.policy import schema
from deskquorum.proposal import playbook

SHAPE = playbook.PlaybookShape


@pytest.fixture(scope="module")
def made():
    return schema.editor_schema(SHAPE)


def definition(made, kind, name):
    return made["definitions"][kind]["$defs"][name]


def followed(made, value):
    """The `$ref`s of a schema that lead nowhere."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                at = made
                for part in inner.removeprefix("#/").split("/"):
                    at = at.get(part, {})
                if not at and not inner.endswith("/JsonValue"):
                    yield inner
            else:
                yield from followed(made, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from followed(made, inner)


def test_the_schema_beside_the_starter_policies_is_what_the_command_gives():
    committed = (starter_pack("policies") / "schema.json").read_text(encoding="utf-8")
    assert committed == schema.schema_text(SHAPE), "run: deskquorum policy schema --out policies"


def test_every_starter_policy_points_its_editor_to_the_schema():
    for path in starter_pack("policies").glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=schema.json"


def test_the_five_kinds_of_files_are_told_apart(made):
    assert made["if"] == {"type": "array"}
    assert made["then"] == {"$ref": "#/definitions/cases"}
    desk = made["else"]
    assert (desk["if"], desk["then"]) == ({"required": ["desk"]}, {"$ref": "#/definitions/desk"})
    rest = desk["else"]
    assert rest["if"] == {"required": ["playbook"]}
    last = rest["else"]
    assert last["if"] == {"required": ["failure_modes"]}
    assert last["else"] == {"$ref": "#/definitions/topic"}


def test_no_reference_leads_nowhere(made):
    assert list(followed(made, made)) == []


def test_an_unknown_key_is_refused_wherever_files_refuse_it(made):
    rule = definition(made, "topic", "RuleShape")
    assert rule["additionalProperties"] is False
    assert rule["properties"]["effect"]["enum"] == ["allow", "require_human", "deny"]


@pytest.mark.parametrize("key", ["on", "cite", "obligations"])
def test_a_list_of_names_may_be_written_as_one_name(made, key):
    one, many = definition(made, "topic", "RuleShape")["properties"][key]["anyOf"]
    assert one["type"] == "string"
    assert (many["type"], many["items"]) == ("array", one)


def test_the_types_of_facts_are_those_that_declarations_know(made):
    facts = made["definitions"]["topic"]["properties"]["facts"]
    assert {"string", "money", "date?"} <= set(facts["additionalProperties"]["anyOf"][0]["enum"])


def test_every_key_that_has_help_shows_it(made):
    topic = made["definitions"]["topic"]["properties"]
    assert topic["rules"]["description"].startswith("What is allowed")
    prompt = definition(made, "desk", "PromptShape")["properties"]
    assert prompt["accuracy"]["description"] == "What you assume until audits measure it."


def test_help_is_given_only_for_keys_that_exist():
    for shape, texts in schema._HELP.items():
        assert texts.keys() <= shape.model_fields.keys(), shape


def test_the_playbook_in_the_schema_is_the_one_that_is_read(made):
    assert made["definitions"]["playbook"]["properties"].keys() == SHAPE.model_fields.keys()


def test_a_fresh_schema_in_a_folder_is_not_remarked_on(tmp_path):
    assert write_schema(tmp_path, as_json=False) == 0
    assert list(stale_schema(tmp_path)) == []


@pytest.mark.parametrize("text", ["{}", "{not json"], ids=["another", "broken"])
def test_a_schema_of_another_version_is_remarked_on(tmp_path, text):
    (tmp_path / "schema.json").write_text(text, encoding="utf-8")
    (found,) = stale_schema(tmp_path)
    assert found.hint == f"write it anew: deskquorum policy schema --out {tmp_path}"


def test_a_folder_without_a_schema_needs_none(tmp_path):
    assert list(stale_schema(tmp_path)) == []


def test_the_schema_is_printed_where_no_folder_is_named(capsys):
    assert write_schema(None, as_json=False) == 0
    assert json.loads(capsys.readouterr().out)["definitions"].keys() == {
        "topic",
        "cases",
        "desk",
        "playbook",
        "failure_modes",
    }
