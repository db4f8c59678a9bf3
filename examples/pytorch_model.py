"""A PyTorch model on RecallBench's data: reads it, trains a few steps, writes predictions.

    recall dataset write mqar --vocab-size 64 --sequence-length 32 --n-pairs 4 --power-a 1 \\
        --examples 20000 --output train.safetensors
    recall dataset write mqar --vocab-size 64 --sequence-length 32 --n-pairs 4 \\
        --split test --output test.safetensors
    python examples/pytorch_model.py train.safetensors test.safetensors predictions.safetensors
    recall score test.safetensors --predictions predictions.safetensors

At these sizes the model below answers every question after 300 steps, some seconds on two cores. (`--power-a 1`: in
training, queries fall anywhere.) Needs numpy, safetensors and torch; reading alone (`--read FILE`) needs no torch.
examples/recallbench.py does the reading, writing and scoring from within Python.
"""

import argparse
import json

from safetensors.numpy import load_file, save_file

UNLABELLED = -100  # cross_entropy's own ignore_index


def show(path):
    """Prints what is in a data file, as JSON."""
    data = load_file(path)  # {"inputs": int32 [examples, length], "labels": likewise}
    labels = data["labels"]
    print(
        json.dumps(
            {
                "shape": list(data["inputs"].shape),
                "types": [str(data[name].dtype) for name in ("inputs", "labels")],
                "labelled": int((labels != UNLABELLED).sum()),
                "input_sum": int(data["inputs"].sum(dtype="int64")),
                "label_sum": int(labels[labels != UNLABELLED].sum(dtype="int64")),
                "first": data["inputs"][0].tolist(),
            }
        )
    )


def train_and_predict(train_path, test_path, output_path, steps, batch_size):
    import torch
    from torch import nn

    torch.manual_seed(0)
    train = {name: torch.from_numpy(x).long() for name, x in load_file(train_path).items()}
    test = {name: torch.from_numpy(x).long() for name, x in load_file(test_path).items()}
    vocabulary = 1 + int(max(x.max() for x in (*train.values(), *test.values())))

    class Model(nn.Module):  # any model: tokens [batch, length] to logits [batch, length, vocabulary]
        def __init__(self, width=64):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, width)
            # Each token sees the one before it, so that a value is found beside its key.
            self.convolution = nn.Conv1d(width, width, kernel_size=2, padding=1)
            self.norm = nn.LayerNorm(width)
            self.queries_keys_values = nn.Linear(width, 3 * width)
            self.output = nn.Linear(width, width)
            self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, vocabulary))

        def forward(self, tokens):
            x = self.embedding(tokens)
            x = x + self.convolution(x.transpose(1, 2))[..., :-1].transpose(1, 2)
            q, k, v = self.queries_keys_values(self.norm(x)).chunk(3, dim=-1)
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.head(x + self.output(mixed))

    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(steps):
        batch = torch.randint(len(train["inputs"]), (batch_size,))
        loss = nn.functional.cross_entropy(
            model(train["inputs"][batch]).flatten(0, 1), train["labels"][batch].flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss.item():.3f}")

    with torch.no_grad():  # in parts, because logits are large
        parts = [model(part).argmax(-1) for part in test["inputs"].split(batch_size)]
    save_file({"predictions": torch.cat(parts).int().numpy()}, output_path)
    print(f"to score them: ./recall score {test_path} --predictions {output_path}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="TRAIN TEST PREDICTIONS")
    parser.add_argument("--read", metavar="FILE", help="only show what is in a data file")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    if arguments.read:
        show(arguments.read)
    elif len(arguments.files) == 3:
        train_and_predict(*arguments.files, arguments.steps, arguments.batch_size)
    else:
        parser.error("give TRAIN, TEST and PREDICTIONS, or --read FILE")


if __name__ == "__main__":
    main()
