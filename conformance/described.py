"""Drives every operation that the server has with requests made from Clerk's official description.

    pip install schemathesis==4.32.5
    python described.py DESCRIPTION.yml IRONCLERK

DESCRIPTION is a file of github.com/clerk/openapi-specs for the Backend API, IRONCLERK the program.
Starts `ironclerk serve` on an empty SQLite database, and fails when an answer is a 5xx or is not
what the description says.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

SECRET_KEY = "sk_test_described000000000000000000000000000"
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"

description_file, program = sys.argv[1:3]


def served():
    """The operations of the server: method and path, the names of path parameters left out."""
    lines = subprocess.run([program, "api", "ls"], check=True, capture_output=True, text=True).stdout
    served = [line for line in lines.splitlines() if "(not served yet)" not in line]
    return {tuple(anonymous(line).split()[:2]) for line in served}


def anonymous(path):
    return re.sub(r"\{[^}]*\}", "{}", path)


def restricted(description, operations):
    """The description with only these operations."""
    for path, item in list(description["paths"].items()):
        for method in [key for key in item if key in ("get", "post", "put", "patch", "delete")]:
            if (method.upper(), anonymous("/v1" + path)) not in operations:
                del item[method]
                continue
            # With paginated=true the answer is a page, of which the description says nothing.
            if "parameters" in item[method]:
                item[method]["parameters"] = [
                    one for one in item[method]["parameters"] if not is_paginated(description, one)
                ]
        if not any(key in item for key in ("get", "post", "put", "patch", "delete")):
            del description["paths"][path]
    return description


def is_paginated(description, parameter):
    for name in parameter.get("$ref", "").split("/")[1:]:
        description = description[name]
    return (description if "$ref" in parameter else parameter).get("name") == "paginated"


def count(description):
    return sum(key != "parameters" for item in description["paths"].values() for key in item)


def main():
    with open(description_file) as file:
        description = restricted(yaml.safe_load(file), served())
    version = description["info"]["version"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        schema = folder / "schema.json"
        schema.write_text(json.dumps(description, default=str))
        arguments = ["--listen", "127.0.0.1:0", "--log-format", "json", "--secret-key", SECRET_KEY]
        database = ["--database-url", str(folder / "clerk.db")]
        log = open(folder / "log", "w+")
        server = subprocess.Popen([program, "serve", *arguments, *database], stderr=subprocess.PIPE, text=True)
        try:
            address = json.loads(server.stderr.readline())["fields"]["address"]
            drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
            print(f"Official description {version}: driving {count(description)} operations", flush=True)
            # The program beside this interpreter: the one that was installed with it.
            schemathesis = pathlib.Path(sys.executable).parent / "schemathesis"
            result = subprocess.run(
                [schemathesis, "run", str(schema), "--url", f"http://{address}/v1"]
                + ["-H", f"Authorization: Bearer {SECRET_KEY}", "-H", f"Clerk-API-Version: {version}"]
                + ["--checks", CHECKS, "--phases", "examples,coverage", "--workers", "2"]
                + ["--seed", "1", "--no-shrink", "--continue-on-failure", "--warnings", "off"]
                + ["--suppress-health-check", "all", "--request-timeout", "20"],
                cwd=folder,
            )
        finally:
            server.kill()
            server.wait()
            drain.wait()
    sys.exit(result.returncode)


main()
