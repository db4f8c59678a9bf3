"""Measures training steps of `recall bench` and of the same models in PyTorch and JAX, in turn.

The peers are pytorch_peer.py, the same with torch.compile (except for Mamba), and jax_peer.py (attention, SSD and Mamba);
--peers chooses.
Nothing else should run meanwhile. Needs: pip install torch einops jax, and a built program (./recall --help builds it).
Usage: compare_with_peers.py [MIXER ...] [--peers pytorch compile jax] [--rounds 3] [--threads 2] [--recall .build/release/recall]
Without a MIXER, every model is measured.
Prints for each model the medians over the rounds of sequences per second, the median of recall's speed over the best
peer's within a round, and the lowest and highest speed of the machine's matrix product on these threads in GFLOP/s. If
they differ much, the machine was busy.
"""
import argparse, json, pathlib, re, statistics, subprocess, sys
from pytorch_matrix_mixers import MATRIX_MIXERS
from pytorch_mixers import MIXERS

here = pathlib.Path(__file__).resolve().parent
a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
a.add_argument("mixers", nargs="*", metavar="MIXER")
a.add_argument("--peers", nargs="+", choices=["pytorch", "compile", "jax"], default=["pytorch", "compile", "jax"])
a.add_argument("--rounds", type=int, default=3)
a.add_argument("--threads", type=int, default=2)
a.add_argument("--recall", default=str(here.parent / ".build/release/recall"))
a = a.parse_args()

# mixer, d_state, layers, length, pairs, vocabulary, the peers' best batch of those tried
rows = [
    ("attention", None, 2, 1024, 256, 8192, 8), ("ssd", 64, 4, 1024, 256, 8192, 8), ("ssd", 256, 4, 1024, 256, 8192, 8),
    ("mamba", 16, 2, 1024, 256, 8192, 8), ("attention", None, 2, 64, 16, 512, 128), ("ssd", 16, 4, 64, 16, 512, 64),
] + [(mixer, None, 2, 1024, 256, 8192, 8) for mixer in [*MIXERS, *MATRIX_MIXERS]]
# Of 2 heads, as in pytorch_mixers.py and the published runs; M2 in the block of the others.
others = {mixer: ["--num-heads", 2] for mixer in ("retnet", "gla", "deltanet")} | {"m2": ["--block", "common"]}
programs = dict(pytorch=["pytorch_peer.py"], compile=["pytorch_peer.py", "--compile"], jax=["jax_peer.py"])

def run(command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr}")
    return result.stdout

def peer(name, mixer, state, layers, length, pairs, vocabulary, batch):
    if name == "jax" and mixer in [*MIXERS, *MATRIX_MIXERS]:
        return None
    # torch.compile would unroll its loop over time, which takes longer than all measurements.
    if name == "compile" and mixer == "mamba":
        return None
    script, *options = programs[name]
    out = run([sys.executable, here / script, mixer, *options, "--d-state", state or 64, "--layers", layers, "--length", length,
               "--pairs", pairs, "--vocab", vocabulary, "--batch", batch, "--threads", a.threads])
    return float(re.search(r"([\d.]+) sequences/s", out).group(1))

def ours(mixer, state, layers, length, pairs, vocabulary, _):
    options = ["--d-state", state] if state else others.get(mixer, [])
    return json.loads(run([a.recall, "bench", "--mixer", mixer, *options, "--n-layers", layers, "--sequence-length", length, "--n-pairs",
                           pairs, "--vocab-size", vocabulary, "--threads", a.threads, "--seconds", 3, "--json"]))

def median(values):
    return statistics.median(list(values))

print(f"{'model':<45}" + "".join(f"{name:>10}" for name in a.peers) + f"{'recall':>10}{'ratio':>8}{'of peak':>9}{'peak':>10}{'memory':>9}")
for row in rows:
    if a.mixers and row[0] not in a.mixers:
        continue
    rounds = [({name: peer(name, *row) for name in a.peers}, ours(*row)) for _ in range(a.rounds)]
    mixer, state, layers, length, n, vocabulary, _ = row
    name = f"{mixer}{f' N={state}' if state else ''}, {layers} layers, ({length},{n}), V {vocabulary}"
    line = f"{name:<45}"
    for p in a.peers:
        line += f"{'-':>10}" if rounds[0][0][p] is None else f"{median(peers[p] for peers, _ in rounds):>10.1f}"
    ratios = [o["sequences_per_second"] / max(speed for speed in peers.values() if speed) for peers, o in rounds
              if any(peers.values())]
    peaks = [o["peak_gflops"] for _, o in rounds]
    print(line + f"{median(o['sequences_per_second'] for _, o in rounds):>10.1f}" + (f"{median(ratios):>7.1f}x" if ratios else f"{'-':>8}")
          + f"{100 * median(o['fraction_of_peak'] for _, o in rounds):>7.0f} %{f'{min(peaks):.0f}-{max(peaks):.0f}':>10}"
          f"{max(o['peak_memory_mb'] or 0 for _, o in rounds):>6.0f} MB", flush=True)
