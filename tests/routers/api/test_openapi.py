"""The description of the API: valid, whole, and true."""

import re

import pytest
from openapi_spec_validator import validate

from appliance.routers.api.openapi import openapi_document


@pytest.mark.slow
def test_it_is_valid_openapi_3_1(browser):
    response = browser.get("/api/openapi.json")
    assert response.status_code == 200
    assert response.json["openapi"].startswith("3.1.")
    validate(response.json)


def test_every_endpoint_of_the_api_is_described(app):
    described = openapi_document(app)["paths"]
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            continue
        path = re.sub(r"<(?:[^<>:]+:)?([^<>:]+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert method.lower() in described[path], (method, path)


def test_operations_have_their_own_names_and_say_what_they_do(app):
    operations = [
        operation for path in openapi_document(app)["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


def test_every_error_is_described(app):
    paths = openapi_document(app)["paths"]
    create = paths["/api/v1/broadcasts"]["post"]["responses"]
    expected = {"200", "201", "400", "401", "403", "404", "409", "413", "415", "422", "500"}
    assert set(create) == expected
    assert {"401", "429"} <= set(paths["/api/v1/auth/login"]["post"]["responses"])
    assert "404" in paths["/api/v1/users/{user_id}"]["get"]["responses"]
    for path in paths.values():
        for operation in path.values():
            assert "500" in operation["responses"]


def test_models_keep_their_own_names(app):
    schemas = openapi_document(app)["components"]["schemas"]
    assert {"User", "ChatBrief", "Broadcast", "Problem", "Fault", "UserPage"} <= set(schemas)
    assert set(schemas["Audience"]["properties"]) == {"to", "not"}


def test_parameters_of_an_address_have_plain_types(app):
    parameters = openapi_document(app)["paths"]["/api/v1/chats"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter["schema"] for parameter in parameters}
    assert by_name["linked"]["type"] == "boolean"
    assert by_name["limit"]["maximum"] == 200
    assert {"type": "null"} not in by_name["status"]["anyOf"], "what is not said is left out"
    assert len(by_name["status"]["anyOf"]) == 2, "a status, or the word for several"


def test_what_a_token_needs_is_described(app):
    document = openapi_document(app)
    schemes = document["components"]["securitySchemes"]
    assert {schemes[name]["scheme"] for name in ("bearer", "basic")} == {"bearer", "basic"}
    paths = document["paths"]

    def scopes(path, method):
        security = paths[f"/api/v1{path}"][method].get("security", [])
        return [entry["bearer"] for entry in security if "bearer" in entry]

    assert scopes("/notify", "post") == [["notify"]]
    assert scopes("/broadcasts", "get") == [["broadcasts"], ["read"]]
    assert scopes("/broadcasts", "post") == [["broadcasts"]]
    assert scopes("/users/me", "patch") == scopes("/site", "get") == []


def test_a_notification_may_be_a_bare_text(app):
    body = openapi_document(app)["paths"]["/api/v1/notify"]["post"]["requestBody"]["content"]
    assert body["text/plain"] == {"schema": {"type": "string"}}
    assert body["application/json"] == body["application/x-www-form-urlencoded"]
