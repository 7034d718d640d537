"""Long answers, written as they are read."""

import json
import sys
from collections.abc import Iterable


def write_json_array(documents: Iterable[object]) -> None:
    """An array on stdout, an element a line, without holding them all."""
    separator = "[\n"
    for document in documents:
        sys.stdout.write(separator + json.dumps(document, ensure_ascii=False))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")
