"""Writes the reference fixtures of ModelsTests, or compares them with the models in reference_models.py.

    python3 -m venv VENV && VENV/bin/pip install torch numpy safetensors
    VENV/bin/python Tests/FixtureGenerator/make_fixtures.py [NAME...]          writes these fixtures, or all others
    VENV/bin/python Tests/FixtureGenerator/make_fixtures.py --check [FOLDER]   compares every fixture there

A fixture is NAME.json (the model's keys), NAME.weights.safetensors (float32), NAME.data.safetensors (inputs and
labels) and NAME.expected.safetensors (logits at labelled positions, the mean loss, grad.PARAMETER), computed in
float64. Those named as a mixer, hybrid_base_conv_attention, hybrid_ssd_window and linear_attention_* came with
the project's description of each mixer, checked against the public implementations (zoology, fla, mamba_ssm,
safari). This program did not make them; --check shows that its models agree with them, too.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from reference_models import Model

FOLDER = Path(__file__).parent.parent / "ModelsTests" / "Fixtures"


def expected(model, inputs, labels):
    """Logits and loss at labelled positions, and the loss's gradients, in float32."""
    labelled = labels >= 0
    logits = model(inputs)[labelled]
    loss = F.cross_entropy(logits, labels[labelled])
    model.zero_grad()
    loss.backward()
    results = {"logits": logits, "loss": loss[None]}
    results |= {f"grad.{name}": p.grad for name, p in model.named_parameters() if p.requires_grad}
    return {name: value.detach().float().contiguous() for name, value in results.items()}


SMALL = {"d_model": 8, "n_layers": 2, "vocab_size": 12, "max_length": 14}
SSD_KEYS = {"kind": "ssd", "d_state": 3, "headdim": 4, "ngroups": 2}
MAMBA_KEYS = {"kind": "mamba", "d_state": 3}
ATTENTION_KEYS = {"kind": "attention", "num_heads": 2}
WINDOW_KEYS = {"kind": "sliding_window", "num_heads": 2, "window_size": 3}
RWKV_KEYS = {"kind": "rwkv7", "head_dim": 4, "decay_low_rank_dim": 3, "a_low_rank_dim": 8,
             "v_low_rank_dim": 2, "gate_low_rank_dim": 5}
# Shapes and keys that the fixtures of mixers by themselves do not have.
VARIANTS = {
    "sliding_window": WINDOW_KEYS,
    "linear_attention": {"kind": "linear_attention", "num_heads": 2, "feature_dim": 3},
    "retnet": {"kind": "retnet", "num_heads": 2, "expand_k": 0.5, "expand_v": 1},
    "gla": {"kind": "gla", "num_heads": 2, "expand_k": 1, "gate_low_rank_dim": 8,
            "gate_logit_normalizer": 2},
    "deltanet": {"kind": "deltanet", "num_heads": 2, "expand_v": 2, "conv_size": 3,
                 "use_gate": True, "allow_neg_eigval": True},
    "gated_deltanet": {"kind": "gated_deltanet", "num_heads": 3, "head_dim": 2, "expand_v": 1.5,
                       "use_gate": True, "allow_neg_eigval": True},
    "kda": {"kind": "kda", "num_heads": 2, "head_dim": 3, "expand_v": 2, "allow_neg_eigval": True},
    "rwkv7": {**RWKV_KEYS, "n_layers": 3, "value_residual": False},
    "base_conv": {"kind": "base_conv", "kernel_size": [-1, 2]},
    "hyena": {"kind": "hyena", "filter_order": 8},
    "h3": {"kind": "h3", "d_state": 6, "head_dim": 4},
    "hybrid_rwkv7": {"kind": "hybrid", "n_layers": 4,
                     "mixers": [{"kind": "base_conv", "kernel_size": 3}, RWKV_KEYS]},
    "hybrid_kernel_sizes": {
        "kind": "hybrid", "n_layers": 4,
        "mixers": [{"kind": "base_conv", "kernel_size": [3, 2, -1, 2]}, WINDOW_KEYS]},
    "hybrid_ssd_groups": {"kind": "hybrid", "mixers": [SSD_KEYS, {"kind": "h3", "d_state": 4}]},
}
CASES = {
    "hybrid_ssd_attention": {"kind": "hybrid", "n_layers": 3, "mixers": [SSD_KEYS, ATTENTION_KEYS]},
    "hybrid_mamba_ssd_attention": {
        "kind": "hybrid", "n_layers": 4, "mixers": [MAMBA_KEYS, SSD_KEYS, ATTENTION_KEYS]},
    "hybrid_positions": {
        "kind": "hybrid", "mixers": [MAMBA_KEYS, ATTENTION_KEYS], "position_embedding": "learned"},
    "hybrid_pre_norm": {
        "kind": "hybrid", "mixers": [ATTENTION_KEYS, SSD_KEYS], "block": "common", "mlp": "swiglu"},
    "zoology_none": {**MAMBA_KEYS, "block": "zoology"},
    "zoology_gelu": {**SSD_KEYS, "block": "zoology", "mlp": "gelu", "d_ff": 20},
    "zoology_swiglu": {**ATTENTION_KEYS, "block": "own", "mlp": "swiglu"},
    "zoology_glu": {**MAMBA_KEYS, "block": "zoology", "mlp": "glu", "d_ff": 10},
    "zoology_monarch_glu": {
        **ATTENTION_KEYS, "position_embedding": "none", "mlp": "monarch_glu", "d_ff": 12},
    "pre_norm_none": {**ATTENTION_KEYS, "block": "pre_norm", "position_embedding": "none"},
    "pre_norm_gelu": {**MAMBA_KEYS, "mlp": "gelu", "d_ff": 12},
    "pre_norm_swiglu": {**SSD_KEYS, "mlp": "swiglu", "d_ff": 10},
    "pre_norm_glu": {**ATTENTION_KEYS, "block": "common", "mlp": "glu"},
    "pre_norm_monarch_glu": {**SSD_KEYS, "mlp": "monarch_glu", "d_ff": 12, "mlp_blocks": 2},
    "post_norm_none": {**SSD_KEYS, "block": "post_norm"},
    "post_norm_gelu": {**ATTENTION_KEYS, "block": "post_norm", "mlp": "gelu"},
    "post_norm_swiglu": {**MAMBA_KEYS, "block": "post_norm", "mlp": "swiglu", "d_ff": 12},
    "post_norm_glu": {**MAMBA_KEYS, "block": "post_norm", "mlp": "glu", "d_ff": 12},
    "post_norm_monarch_glu": {**ATTENTION_KEYS, "block": "post_norm", "mlp": "monarch_glu", "d_ff": 8},
    "lru": {"kind": "lru", "d_hidden": 5},
}


def write(name, config, missing=0):
    """`missing`: by how many tokens sequences are shorter than the longest that the model allows."""
    torch.manual_seed(sum(name.encode()))
    model = Model(config)
    with torch.no_grad():
        for key, p in model.named_parameters():
            # Norm weights, D and the like around 1, time steps around 0.1; nothing at its starting value.
            centre = {"norm": 1, "ln_f": 1, ".D": 1, "dt_bias": -2, "dt_proj.bias": -2, "log_dt": -2,
                      "freq": 1}
            start = next((v for k, v in centre.items() if k in key), 0)
            is_bias = key.endswith("bias") and start == 1
            p.copy_(torch.randn(p.shape) * (0.3 if p.dim() < 2 else 0.5) + (0 if is_bias else start))
            p.copy_(p.abs().float() if key.endswith("pos_emb.t") else p.float())
    inputs = torch.randint(0, config["vocab_size"], (2, config["max_length"] - missing))
    labels = torch.where(torch.rand(inputs.shape) < 0.4, inputs.roll(1, 1), -100)
    labels[:, -1] = 3
    (FOLDER / f"{name}.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {key: p.detach().float().contiguous() for key, p in model.named_parameters()}
    save_file(weights, FOLDER / f"{name}.weights.safetensors")
    save_file({"inputs": inputs, "labels": labels}, FOLDER / f"{name}.data.safetensors")
    save_file(expected(model, inputs, labels), FOLDER / f"{name}.expected.safetensors")


def check(name, folder):
    """Prints the largest difference of a logit, and of a gradient relative to its tensor's largest value."""
    def tensors(kind):
        return load_file(folder / f"{name}.{kind}.safetensors")

    model = Model(json.loads((folder / f"{name}.json").read_text()))
    weights = {key: value.double() for key, value in tensors("weights").items()}
    missing, extra = model.load_state_dict(weights, strict=False)
    # A file may hold one name of a tensor that has several.
    assert not extra and not set(missing) & dict(model.named_parameters()).keys(), (missing, extra)
    data, stored = tensors("data"), tensors("expected")
    ours = expected(model, data["inputs"], data["labels"])
    assert ours.keys() == stored.keys(), ours.keys() ^ stored.keys()
    difference = {key: (ours[key] - value).abs().max().item() for key, value in stored.items()}
    gradient = max(difference[key] / value.abs().max().item()
                   for key, value in stored.items() if key.startswith("grad."))
    print(f"{name}: logits {difference['logits']:.1e}, gradients {gradient:.1e}")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    if sys.argv[1:2] == ["--check"]:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER
        for path in sorted(folder.glob("*.json")):
            check(path.stem, folder)
    else:
        cases = {**CASES, **{f"variant_{name}": keys for name, keys in VARIANTS.items()}}
        for name in sys.argv[1:] or cases:
            write(name, {**SMALL, **cases[name]}, missing=3 if name.startswith("variant") else 0)
