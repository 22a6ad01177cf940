"""Argilla's own client reads the data set form that is written here, and writes one that is read here. No server.

    python -m benchmarks.interop.argilla_form PATH/TO/python   # of an environment with argilla and requests

The client's code for loading a data set from the hub is run over our folder, with a server that is played; the records
that it would send are exported by its own code, and read back. Answers, annotators and ids must be the same.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from askwise.bridge.formats import Losses, find, read
from askwise.bridge.formats.survival import examples_of

INSIDE = """
import json, sys, uuid
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock, patch

import argilla as rg
from argilla._api import _client
from argilla.records._io import HFDatasetsIO
from datasets import load_dataset

_client.APIClient._validate_connection = lambda self, *a, **k: None
client = rg.Argilla(api_url="http://127.0.0.1:1", api_key="x.y")
ours, theirs = map(Path, sys.argv[1:])
settings = rg.Settings.from_json(ours / ".argilla/settings.json")
dataset = rg.Dataset(name="t", settings=settings, client=client)
rows = load_dataset("parquet", data_files=str(ours / "data/*.parquet"), split="train")
names = json.loads((ours / ".argilla/askwise.json").read_text())
played = MagicMock()
played.users = [SimpleNamespace(id=uuid.UUID(one)) for one in names]
played.me = SimpleNamespace(id=uuid.uuid4(), username="me")
kept = []
load = next(getattr(rg.Dataset, name) for name in dir(rg.Dataset) if "log_dataset_records" in name)
with patch.object(type(dataset.records), "log", lambda self, records: kept.extend(records)):
    dataset._client = played
    load(rows, dataset)
(theirs / "data").mkdir(parents=True)
(theirs / ".argilla").mkdir()
HFDatasetsIO.to_datasets(kept, dataset).to_parquet(theirs / "data/train.parquet")
settings.to_json(theirs / ".argilla/settings.json")
(theirs / ".argilla/askwise.json").write_text(json.dumps(names))
"""


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    made = find("argilla")
    with tempfile.TemporaryDirectory(prefix="askwise-argilla-") as name:
        for kind in made.kinds:
            ours, theirs = Path(name) / "ours" / kind, Path(name) / "theirs" / kind
            ours.mkdir(parents=True)
            task, examples = examples_of(kind)
            made.module.write(examples, task, ours, Losses())
            command = [python, "-W", "ignore", "-c", INSIDE, str(ours), str(theirs)]
            done = subprocess.run(command, env={"HF_HUB_OFFLINE": "1", "HOME": name}, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{kind}: {done.stderr[-2000:]}")
            reading = read(theirs, "argilla")
            before = [(one.id, [(given.label, given.annotator) for given in one.answers]) for one in examples]
            after = [(one.id, [(given.label, given.annotator) for given in one.answers]) for one in reading]
            assert reading.task == task and after == before, f"{kind}: {after} is not {before}"
            print(f"{kind}: ids, answers and annotators came back")


if __name__ == "__main__":
    main()
