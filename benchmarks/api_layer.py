"""A short trial of API layers: the same two resources behind each, measured in one run.

    python benchmarks/api_layer.py [--rounds 2000]

Each candidate runs in a process of its own, so that import time and memory are its own. Candidates
that are not installed are listed as such. The figures that decided are in docs/decisions.md.
"""

import argparse
import importlib.util
import io
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

CANDIDATES = {
    "flask + pydantic": "flask",
    "apiflask": "apiflask",
    "flask-openapi": "flask_openapi",
    "spectree": "spectree",
}
PEOPLE = [
    {"id": n, "email": f"person{n}@example.org", "name": f"Person {n}", "role": "member"}
    for n in range(50)
]


def models() -> tuple[Any, Any, Any]:
    from pydantic import BaseModel, ConfigDict, Field

    class NewPerson(BaseModel):
        model_config = ConfigDict(strict=True, extra="forbid")
        email: str = Field(max_length=254)
        age: int = 0

    class Person(BaseModel):
        id: int
        email: str
        name: str
        role: str

    class People(BaseModel):
        items: list[Person]
        next_cursor: str | None = None

    return NewPerson, Person, People


def plain() -> Any:
    """What the package does: bytes to model, model to bytes, nothing between."""
    from flask import Flask, Response, request
    from pydantic import ValidationError

    new_person, person, people = models()
    app = Flask(__name__)

    def answer(model: Any, status: int = 200) -> Response:
        return Response(model.model_dump_json(), status, mimetype="application/json")

    @app.get("/people/<int:number>")
    def one(number: int) -> Response:
        return answer(person.model_validate(PEOPLE[number]))

    @app.get("/people")
    def every() -> Response:
        return answer(people.model_validate({"items": PEOPLE}))

    @app.post("/people")
    def add() -> Response:
        body = new_person.model_validate_json(request.get_data())
        return answer(person(id=1, email=body.email, name="", role="member"), 201)

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[str, int]:
        malformed = any(fault["type"] == "json_invalid" for fault in error.errors())
        return "", 400 if malformed else 422

    return app


def apiflask() -> Any:
    from apiflask import APIFlask

    new_person, person, people = models()
    app = APIFlask(__name__)

    @app.get("/people/<int:number>")
    @app.output(person)
    def one(number: int) -> Any:
        return PEOPLE[number]

    @app.get("/people")
    @app.output(people)
    def every() -> Any:
        return {"items": PEOPLE}

    @app.post("/people")
    @app.input(new_person)
    @app.output(person, status_code=201)
    def add(json_data: Any) -> Any:
        return {"id": 1, "email": json_data.email, "name": "", "role": "member"}

    return app


def flask_openapi() -> Any:
    from flask_openapi import OpenAPI
    from pydantic import BaseModel

    new_person, person, people = models()

    class Path(BaseModel):
        number: int

    app = OpenAPI(__name__)

    def one(path: Path) -> Any:
        return person.model_validate(PEOPLE[path.number]).model_dump()

    def every() -> Any:
        return people.model_validate({"items": PEOPLE}).model_dump()

    def add(body: Any) -> Any:
        return person(id=1, email=body.email, name="", role="member").model_dump(), 201

    add.__annotations__["body"] = new_person
    app.get("/people/<int:number>", responses={200: person})(one)
    app.get("/people", responses={200: people})(every)
    app.post("/people", responses={201: person})(add)
    return app


def spectree() -> Any:
    from flask import Flask
    from spectree import Response, SpecTree

    new_person, person, people = models()
    app = Flask(__name__)
    spec = SpecTree("flask")

    @app.get("/people/<int:number>")
    @spec.validate(resp=Response(HTTP_200=person))
    def one(number: int) -> Any:
        return PEOPLE[number]

    @app.get("/people")
    @spec.validate(resp=Response(HTTP_200=people))
    def every() -> Any:
        return {"items": PEOPLE}

    def add(json: Any) -> Any:
        return {"id": 1, "email": json.email, "name": "", "role": "member"}, 201

    add.__annotations__["json"] = new_person
    app.post("/people")(spec.validate(resp=Response(HTTP_201=person))(add))
    spec.register(app)
    return app


def call(app: Any, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request straight through WSGI: no test client in the figures."""
    status = [0]
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }

    def start_response(line: str, headers: object, exc_info: object = None) -> None:
        status[0] = int(line.split()[0])

    answer = app(environ, start_response)
    return status[0], b"".join(answer)


def microseconds(rounds: int, function: Callable[[], object]) -> float:
    """The median of five runs, per call."""
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(rounds // 5):
            function()
        runs.append((time.perf_counter() - began) / (rounds // 5))
    return statistics.median(runs) * 1e6


def swagger_source(app: Any) -> str:
    for path in ("/docs", "/openapi/swagger", "/apidoc/swagger", "/apidoc/swagger/"):
        status, page = call(app, "GET", path)
        if status == 200:
            scripts = re.findall(r'src="([^"]+\.js)', page.decode())
            outside = [src for src in scripts if src.startswith(("http", "//"))]
            return "CDN" if outside else "local, inline script"
    return "none: files of our own"


def measure(name: str, rounds: int) -> dict[str, Any]:
    makers = {
        "flask + pydantic": plain,
        "apiflask": apiflask,
        "flask-openapi": flask_openapi,
        "spectree": spectree,
    }
    began = time.perf_counter()
    app = makers[name]()
    ready = time.perf_counter() - began
    body = json.dumps({"email": "a@example.org", "age": 3}).encode()
    return {
        "layer": name,
        "item": microseconds(rounds, lambda: call(app, "GET", "/people/7")),
        "list": microseconds(rounds, lambda: call(app, "GET", "/people")),
        "post": microseconds(rounds, lambda: call(app, "POST", "/people", body)),
        "malformed": call(app, "POST", "/people", b'{"email":')[0],
        "false": call(app, "POST", "/people", b'{"email": "a@example.org", "age": false}')[0],
        "swagger": swagger_source(app),
        "ready": ready,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--only", choices=CANDIDATES)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only, arguments.rounds)))
        return
    print(f"{'layer':18} item µs  list µs  post µs  malformed  `false`  ready s   MB  Swagger UI")
    for name, module in CANDIDATES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name:18} not installed")
            continue
        command = [sys.executable, __file__, "--only", name, "--rounds", str(arguments.rounds)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
        row = json.loads(output.splitlines()[-1])
        print(
            f"{name:18} {row['item']:7.0f}  {row['list']:7.0f}  {row['post']:7.0f}"
            f"  {row['malformed']:9}  {row['false']:7}  {row['ready']:7.2f}  {row['mb']:3.0f}"
            f"  {row['swagger']}"
        )


if __name__ == "__main__":
    main()
