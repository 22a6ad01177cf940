"""batchbald_redux, timed."""

import contextlib
import io

import numpy as np
import torch
from batchbald_redux import batchbald
from timing import Given, Prepared, main

torch.set_num_threads(1)


def batch_bald(given: Given, n: int) -> Prepared:
    logs = torch.from_numpy(np.log(given["samples"].astype(np.float64)))

    def run() -> np.ndarray:
        torch.manual_seed(0)
        with contextlib.redirect_stderr(io.StringIO()):
            return np.array(batchbald.get_batchbald_batch(logs, n, 1000, dtype=torch.double).indices)

    return run


if __name__ == "__main__":
    main({"batch_bald": batch_bald})
