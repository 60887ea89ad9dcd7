"""Files of results: whole or not there, one writer at a time, errors that name the file."""

from lamp.checkpoint.files import damage_errors, read_info, write_info
from lamp.checkpoint.models import json_beside, load_checkpoint, save_checkpoint
from lamp.checkpoint.tensors import check_suffix, fingerprint, read_tensors, write_tensors

__all__ = [
    # models
    "load_checkpoint",
    "save_checkpoint",
    "json_beside",
    # tensors
    "read_tensors",
    "write_tensors",
    "fingerprint",
    "check_suffix",
    # any file
    "read_info",
    "write_info",
    "damage_errors",
]
