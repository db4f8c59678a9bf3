"""RecallBench's tasks in Python: examples as numpy arrays, and scores of predictions.

    import recallbench
    train = recallbench.examples("mqar", 20000, sequence_length=64, n_pairs=4, vocab_size=256)
    test = recallbench.examples("mqar", 1000, split="test", sequence_length=64, n_pairs=4, vocab_size=256)
    ...                                            # train a model on train.inputs and train.labels
    report = recallbench.score(test, predictions)  # {"accuracy": …, "baseline": …, …}

Needs numpy and safetensors, and the program: it is taken from the environment variable RECALL, else from the folder above
this file (./recall, which builds it). `recall list` shows every task and its keys.
"""

import json
import os
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save_file

UNLABELLED = -100
"""The label of a position where nothing is asked; cross_entropy of PyTorch ignores it."""


@dataclass
class Examples:
    """Examples of a task: tokens and labels, int32 [examples, length]."""

    inputs: np.ndarray
    labels: np.ndarray
    options: tuple  # of `recall dataset write`, so that the same examples can be scored

    @property
    def vocabulary(self):
        """The least vocabulary that has every token."""
        return 1 + int(max(self.inputs.max(), self.labels.max()))


def examples(task, count, split="train", seed=0, **keys):
    """The first `count` examples of a split; `keys` are the task's, such as n_pairs=4.

    Raises ValueError with the program's own words for a task, key or value that it does not know.
    """
    options = [task, "--examples", str(count), "--split", split, "--seed", str(seed)]
    for key, value in keys.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        options += ["--" + key.replace("_", "-"), text]
    data = load(_recall("dataset", "write", *options, "--output", "-"))
    return Examples(data["inputs"], data["labels"], tuple(options))


def score(data, predictions):
    """What `recall score --json` says of predictions for `data`, which `examples` has returned.

    `predictions` are tokens [examples, length], or logits [examples, length, vocabulary] as floating-point numbers.
    """
    predictions = np.asarray(predictions)
    if np.issubdtype(predictions.dtype, np.floating):
        tensors = {"logits": np.ascontiguousarray(predictions, dtype=np.float32)}
    else:
        tensors = {"predictions": np.ascontiguousarray(predictions, dtype=np.int32)}
    with tempfile.TemporaryDirectory() as folder:
        file, answers = (os.path.join(folder, name) for name in ("data", "predictions"))
        _recall("dataset", "write", *data.options, "--output", file)
        save_file(tensors, answers)
        return json.loads(_recall("score", file, "--predictions", answers, "--json"))


def _recall(*arguments):
    program = os.environ.get("RECALL") or pathlib.Path(__file__).resolve().parent.parent / "recall"
    result = subprocess.run([program, *arguments], capture_output=True)
    if result.returncode != 0:
        raise ValueError(result.stderr.decode().strip())
    return result.stdout
