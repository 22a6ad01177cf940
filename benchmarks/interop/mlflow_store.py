"""A session told to a real MLflow, into a store on disk, and read back by MLflow.

python -m benchmarks.interop.mlflow_store        # where mlflow, or mlflow-skinny, is installed
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import askwise as aw
from askwise.bridge.mlflow import track


def main() -> None:
    from mlflow.tracking import MlflowClient

    with tempfile.TemporaryDirectory(prefix="askwise-mlflow-") as name:
        X = np.random.default_rng(0).normal(size=(120, 3))
        oracle = aw.Oracle((X[:, 0] > 0).astype(int))
        with aw.Session(Path(name) / "s.aw", pool=X, classes=[0, 1], budget=aw.Budget(answers=40), seed=0) as session:
            while queries := session.ask(10):
                session.tell(oracle(queries))
            uri = f"file:{name}/runs"
            first = track(session, uri, "exp", "session")
            again = track(session, uri, "exp")
            client = MlflowClient(tracking_uri=uri)
            run = client.get_run(first.run)
            steps = [one.step for one in client.get_metric_history(first.run, "seconds")]
            assert steps == [one.labels for one in session.rounds], steps
        assert again.sent == 0 and run.info.status == "FINISHED" and run.data.params["rows"] == "120"
        print(f"{first.sent} values, steps {steps}, {len(run.data.params)} parameters; told again: {again.sent}")


if __name__ == "__main__":
    main()
