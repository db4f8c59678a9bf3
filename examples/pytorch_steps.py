"""Repeats the training steps of a run in PyTorch, in float64, and compares the weights: SSD and Mamba, token by token.

    recall dataset write mqar --vocab-size 64 --sequence-length 32 --n-pairs 4 --examples 640 \\
        --output train.safetensors
    recall run steps.yaml                         # as in docs/your-own-pytorch-model.md
    python examples/pytorch_steps.py runs/steps/HASH.json start.safetensors train.safetensors

The run must have one stage with a constant learning rate, `fresh_examples: true`, `data` and `initial_weights`. It prints,
for each tensor, the largest difference relative to the tensor's largest value, and fails above 1e-4. Adam divides a gradient
by its size plus 1e-8. So where a gradient was below 1e-7, its rounding decides the update: such elements are left out, and counted.
Needs: pip install torch numpy safetensors.
"""
import json
import sys

import torch
import torch.nn.functional as F
from safetensors.numpy import load_file


def convolved(x, w, prefix):
    """A causal convolution of each channel, then SiLU. x [batch, length, channels]."""
    taps = w[prefix + "weight"]
    padded = F.pad(x.transpose(1, 2), (taps.shape[-1] - 1, 0))
    return F.silu(F.conv1d(padded, taps, w[prefix + "bias"], groups=taps.shape[0]).transpose(1, 2))


def rms(x, weight):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * weight


def scanned(decay, write, read):
    """h <- decay h + write, y = h · read over the last axis. decay and write [batch, length, ..., N]."""
    h, outputs = torch.zeros_like(write[:, 0]), []
    for t in range(write.shape[1]):
        h = decay[:, t] * h + write[:, t]
        outputs.append((h * read[:, t]).sum(-1))
    return torch.stack(outputs, 1)


def ssd(u, w, p, model):
    """Mamba-2 (Dao and Gu 2024), as mamba_ssm has it."""
    inner, n, groups = model["expand"] * model["d_model"], model["d_state"], model["ngroups"]
    heads = inner // model["headdim"]
    z, x, dt = (u @ w[p + "in_proj.weight"].T).split([inner, inner + 2 * groups * n, heads], -1)
    x, b, c = convolved(x, w, p + "conv1d.").split([inner, groups * n, groups * n], -1)
    x = x.unflatten(-1, (heads, -1))
    # Heads of a group share B and C.
    b, c = (t.unflatten(-1, (groups, n)).repeat_interleave(heads // groups, 2) for t in (b, c))
    dt = F.softplus(dt + w[p + "dt_bias"])
    decay = torch.exp(-torch.exp(w[p + "A_log"]) * dt)[..., None, None]
    y = scanned(decay, (dt[..., None] * x)[..., None] * b[:, :, :, None], c[:, :, :, None])
    y = (y + w[p + "D"][:, None] * x).flatten(2)
    return rms(y * F.silu(z), w[p + "norm.weight"]) @ w[p + "out_proj.weight"].T


def mamba(u, w, p, model):
    """Mamba (Gu and Dao 2023), as mamba_ssm has it."""
    n, rank = model["d_state"], w[p + "dt_proj.weight"].shape[1]
    x, z = (u @ w[p + "in_proj.weight"].T).chunk(2, -1)
    x = convolved(x, w, p + "conv1d.")
    dt, b, c = (x @ w[p + "x_proj.weight"].T).split([rank, n, n], -1)
    dt = F.softplus(dt @ w[p + "dt_proj.weight"].T + w[p + "dt_proj.bias"])
    decay = torch.exp(dt[..., None] * -torch.exp(w[p + "A_log"]))
    y = scanned(decay, (dt * x)[..., None] * b[:, :, None], c[:, :, None])
    return ((y + w[p + "D"] * x) * F.silu(z)) @ w[p + "out_proj.weight"].T


def logits(tokens, w, model):
    embedding = w["backbone.embeddings.word_embeddings.weight"]
    h = embedding[tokens]
    for layer in range(model["n_layers"]):
        p = f"backbone.layers.{layer}."
        h = h + MIXERS[model["kind"]](rms(h, w[p + "norm.weight"]), w, p + "mixer.", model)
    h = F.layer_norm(h, h.shape[-1:], w["backbone.ln_f.weight"], w["backbone.ln_f.bias"])
    return h @ embedding.T


MIXERS = {"ssd": ssd, "mamba": mamba}


def main(record_path, start, data):
    with open(record_path) as file:
        configuration = json.load(file)["configuration"]
    model, training = configuration["model"], configuration["training"]
    if model["kind"] not in MIXERS:
        sys.exit(f"{record_path}: kind {model['kind']}; this program has {', '.join(MIXERS)}")
    if (len(training["segments"]), training["schedule"], training["decay"]) != (1, "constant", "all"):
        sys.exit(f"{record_path}: this program takes one stage, schedule: constant and weight decay on all parameters")
    weights = {name: torch.from_numpy(x).double().requires_grad_() for name, x in load_file(start).items()}
    rows = {name: torch.from_numpy(x).long() for name, x in load_file(data).items()}
    optimizer = torch.optim.AdamW(
        weights.values(), lr=training["lr"], betas=(training["beta1"], training["beta2"]),
        eps=training["epsilon"], weight_decay=training["weight_decay"])
    size = training["batch_size"]
    least = {name: torch.full_like(x, torch.inf) for name, x in weights.items()}
    for step in range(training["segments"][0]["steps"]):
        batch = slice(size * step, size * (step + 1))
        optimizer.zero_grad()
        answers = logits(rows["inputs"][batch], weights, model).flatten(0, 1)
        loss = F.cross_entropy(answers, rows["labels"][batch].flatten())
        loss.backward()
        if training["clip"] > 0:
            torch.nn.utils.clip_grad_norm_(weights.values(), training["clip"])
        for name, x in weights.items():
            least[name] = torch.minimum(least[name], x.grad.abs())
        optimizer.step()
    print(f"{model['kind']}: loss of step {step + 1} {loss.item():.6f}")
    ended = load_file(record_path.removesuffix(".json") + ".weights.safetensors")
    worst, left_out = 0.0, 0
    for name in sorted(ended):
        expected = weights[name].detach()
        kept = least[name] >= 1e-7
        left_out += int((~kept).sum())
        error = ((torch.from_numpy(ended[name]) - expected) * kept).abs().max() / expected.abs().max()
        worst = max(worst, error.item())
        print(f"{error.item():.1e}  {name}")
    print(f"{worst:.1e}  the largest; {left_out} of {sum(x.numel() for x in weights.values())} elements left out")
    if worst > 1e-4:
        sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
