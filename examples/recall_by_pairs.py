"""How many pairs does a trained MQAR model hold? Its accuracy at other numbers of pairs than it was trained for.

Needs a built program (./recall --help builds it). Usage:
  recall_by_pairs.py runs/mqar-table/HASH.json [--pairs 4 8 16 ...] [--whole-length] [--examples 200]
                     [--recall .build/release/recall]
The weights, HASH.weights.safetensors, are beside the record. Prints one line of JSON for each number of pairs, with the
record's vocabulary (test split, seed 1): accuracy, baseline (the accuracy of the baseline without recall), and
pairs_recalled (accuracy times pairs). Sequences have as many tokens per pair as the record's, so queries fill them as in
training. With --whole-length all are as long as the record's, and filler follows the pairs.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parent.parent
a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("record", type=pathlib.Path)
a.add_argument("--pairs", type=int, nargs="+", help="default: 4, 8, ... up to the record's")
a.add_argument("--whole-length", action="store_true")
a.add_argument("--examples", type=int, default=200)
a.add_argument("--recall", default=str(root / ".build/release/recall"))
a = a.parse_args()

def run(*command):
    result = subprocess.run([a.recall, *map(str, command)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"recall {' '.join(map(str, command))} failed:\n{result.stderr}")
    return result.stdout

record = json.loads(a.record.read_text())
task = record["configuration"]["task"]
if task["kind"] != "mqar":
    sys.exit(f"{a.record}: task {task['kind']} is not allowed; allowed: mqar")
most = task["n_pairs"]
pairs = a.pairs or [1 << power for power in range(2, most.bit_length()) if 1 << power < most] + [most]
with tempfile.TemporaryDirectory() as folder:
    data = pathlib.Path(folder) / "data.safetensors"
    for n_pairs in pairs:
        length = task["sequence_length"] if a.whole_length else n_pairs * task["sequence_length"] // most
        run("dataset", "write", "mqar", "--sequence-length", length, "--vocab-size", task["vocab_size"],
            "--n-pairs", n_pairs, "--examples", a.examples, "--split", "test", "--seed", 1, "--output", data, "--force")
        score = json.loads(run("evaluate", a.record, "--weights", a.record.with_suffix(".weights.safetensors"), "--data", data))
        print(json.dumps({"model": record["label"], "sequence_length": length, "n_pairs": n_pairs,
                          "accuracy": round(score["accuracy"], 4), "baseline": round(score["baseline"], 4),
                          "pairs_recalled": round(score["accuracy"] * n_pairs, 2)}), flush=True)
