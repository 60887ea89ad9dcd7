"""The digest of a result, as one has it who edits a file and knows how it is stamped."""

import hashlib
import json
from typing import Any


def stamped(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result with the SHA-256 of what it says now."""
    rest = {name: value for name, value in result.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    return {**rest, "sha256": digest}
