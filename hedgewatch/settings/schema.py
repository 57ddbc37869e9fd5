"""The JSON Schema of the configuration, with every rule by its name."""

from __future__ import annotations

from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.settings.document import Document
from hedgewatch.settings.models import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OWN = "self."


def json_schema() -> Document:
    """Return the schema that editors check hedgewatch.toml by."""
    schema = Settings.model_json_schema(by_alias=True)
    entry = {"$ref": "#/$defs/RuleEntry"}
    rules: Document = {name: entry | {"description": rule.watches} for name, rule in CATALOGUE.items()}
    own = {name.removeprefix(OWN): rules[name] for name in rules if name.startswith(OWN)}
    rules["self"] = {"type": "object", "properties": own, "additionalProperties": False}
    table = {"type": "object", "properties": rules, "additionalProperties": False}
    schema["properties"]["rules"] = table
    schema["$defs"]["HedgeEntry"]["properties"]["rules"] = table
    return {"$schema": DIALECT, "title": "hedgewatch.toml"} | {key: schema[key] for key in schema if key != "title"}
