"""The models of the reference fixtures in PyTorch: one sequential step per token, in plain form.

Parameter names are those of the public implementations: zoology, mamba_ssm, M2's BERT.
"""

import inspect
import math

import torch
import torch.nn.functional as F
from torch import nn

import reference_mixers

# Where the defaults of a model follow from its mixer: block, position embedding.
DEFAULTS = {
    "attention": ("zoology", "learned"),
    "mamba": ("pre_norm", "none"),
    "ssd": ("pre_norm", "none"),
    "lru": ("pre_norm", "none"),
    **{kind: ("zoology", "none") for kind in ["hybrid", *reference_mixers.MIXERS]},
}


def parameter(*shape):
    return nn.Parameter(torch.empty(*shape))


class RMSNorm(nn.Module):
    def __init__(self, d, groups=1):
        super().__init__()
        self.weight, self.groups = parameter(d), groups

    def forward(self, x):
        runs = x.unflatten(-1, (self.groups, -1))
        runs = runs * torch.rsqrt(runs.square().mean(-1, keepdim=True) + 1e-5)
        return runs.flatten(-2) * self.weight


class Attention(nn.Module):
    def __init__(self, d, num_heads=1):
        super().__init__()
        self.heads = num_heads
        self.Wqkv, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for t in self.Wqkv(x).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        hidden = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1)
        weights = scores.masked_fill(hidden, -torch.inf).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(-2))


def convolve(conv, x):
    """Depthwise causal convolution and SiLU; x [batch, time, channels]."""
    padded = F.pad(x.transpose(1, 2), (conv.kernel_size[0] - 1, 0))
    return F.silu(conv(padded)).transpose(1, 2)


class Mamba(nn.Module):
    def __init__(self, d, d_state=16, expand=2):
        super().__init__()
        inner, self.rank, self.states = expand * d, math.ceil(d / 16), d_state
        self.in_proj = nn.Linear(d, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, 4, groups=inner)
        self.x_proj = nn.Linear(inner, self.rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner)
        self.A_log, self.D = parameter(inner, d_state), parameter(inner)
        self.out_proj = nn.Linear(inner, d, bias=False)

    def forward(self, u):
        x, z = self.in_proj(u).chunk(2, -1)
        x = convolve(self.conv1d, x)
        dt, B, C = self.x_proj(x).split([self.rank, self.states, self.states], -1)
        dt, A = F.softplus(self.dt_proj(dt)), -self.A_log.exp()
        h, outputs = 0, []
        for t in range(u.shape[1]):
            step = dt[:, t, :, None]
            h = torch.exp(step * A) * h + step * x[:, t, :, None] * B[:, t, None]
            outputs.append((h * C[:, t, None]).sum(-1) + self.D * x[:, t])
        return self.out_proj(torch.stack(outputs, 1) * F.silu(z))


class SSD(nn.Module):
    def __init__(self, d, d_state=64, expand=2, headdim=64, ngroups=1, chunk_length=64):
        super().__init__()
        self.inner, self.states, self.groups = expand * d, d_state, ngroups
        self.heads = self.inner // headdim
        convolved = self.inner + 2 * ngroups * d_state
        self.in_proj = nn.Linear(d, self.inner + convolved + self.heads, bias=False)
        self.conv1d = nn.Conv1d(convolved, convolved, 4, groups=convolved)
        self.dt_bias, self.A_log, self.D = (parameter(self.heads) for _ in range(3))
        self.norm = RMSNorm(self.inner, ngroups)
        self.out_proj = nn.Linear(self.inner, d, bias=False)

    def forward(self, u):
        width = self.groups * self.states
        z, xBC, dt = self.in_proj(u).split([self.inner, self.inner + 2 * width, self.heads], -1)
        x, B, C = convolve(self.conv1d, xBC).split([self.inner, width, width], -1)
        x = x.unflatten(-1, (self.heads, -1))
        # Head h reads group floor(h G / H).
        group = torch.arange(self.heads) * self.groups // self.heads
        B, C = (t.unflatten(-1, (self.groups, -1))[:, :, group] for t in (B, C))
        dt, A = F.softplus(dt + self.dt_bias), -self.A_log.exp()
        h, outputs = 0, []
        for t in range(u.shape[1]):
            decay = torch.exp(dt[:, t] * A)[..., None, None]
            h = decay * h + (dt[:, t, :, None] * x[:, t])[..., None] * B[:, t, :, None]
            outputs.append((h * C[:, t, :, None]).sum(-1) + self.D[:, None] * x[:, t])
        y = torch.stack(outputs, 1).flatten(-2)
        return self.out_proj(self.norm(y * F.silu(z)))


class LRU(nn.Module):
    """The mixer of examples/own-mixer."""

    def __init__(self, d, d_hidden=64):
        super().__init__()
        self.in_proj = nn.Linear(d, 2 * d_hidden, bias=False)
        self.nu_log, self.D = parameter(d_hidden, 1), parameter(d_hidden)
        self.out_proj = nn.Linear(d_hidden, d, bias=False)

    def forward(self, x):
        u, z = self.in_proj(x).chunk(2, -1)
        decay = torch.exp(-torch.exp(self.nu_log[:, 0]))
        h, outputs = 0, []
        for t in range(x.shape[1]):
            h = decay * h + u[:, t]
            outputs.append(h + self.D * u[:, t])
        return self.out_proj(torch.stack(outputs, 1) * F.silu(z))


MIXERS = {"attention": Attention, "mamba": Mamba, "ssd": SSD, "lru": LRU,
          **reference_mixers.MIXERS}


class BlockDiagonal(nn.Module):
    def __init__(self, inputs, outputs, blocks, bias=True):
        super().__init__()
        self.weight = parameter(blocks, outputs // blocks, inputs // blocks)
        self.bias = parameter(outputs) if bias else None

    def forward(self, x):
        slices = x.unflatten(-1, (self.weight.shape[0], -1))
        y = torch.einsum("...ji,joi->...jo", slices, self.weight).flatten(-2)
        return y if self.bias is None else y + self.bias


class MLP(nn.Module):
    """One position's channel mixer. `gelu` is the form with the error function."""

    def __init__(self, kind, d, hidden, blocks):
        super().__init__()
        self.kind = kind
        if kind == "gelu":
            self.fc1, self.fc2 = nn.Linear(d, hidden), nn.Linear(hidden, d)
        elif kind == "swiglu":
            self.fc1, self.fc2 = (nn.Linear(*size, bias=False)
                                  for size in [(d, 2 * hidden), (hidden, d)])
        elif kind == "glu":
            self.gated_layers, self.wo = nn.Linear(d, 2 * hidden, bias=False), nn.Linear(hidden, d)
        else:
            self.gated_layers = BlockDiagonal(d, 2 * hidden, blocks, bias=False)
            self.wo = BlockDiagonal(hidden, d, blocks)

    def forward(self, x):
        if self.kind == "gelu":
            return self.fc2(F.gelu(self.fc1(x)))
        if self.kind == "swiglu":
            w, g = self.fc1(x).chunk(2, -1)
            return self.fc2(w * F.silu(g))
        g, w = self.gated_layers(x).chunk(2, -1)
        return self.wo(F.gelu(g) * w)


class Layer(nn.Module):
    def __init__(self, config, block, index):
        super().__init__()
        d, self.block = config["d_model"], block
        is_hybrid = config["kind"] == "hybrid"
        entry = config["mixers"][index % len(config["mixers"])] if is_hybrid else config
        kind = entry["kind"]
        own = inspect.signature(MIXERS[kind]).parameters
        kinds = [config["mixers"][i % len(config["mixers"])]["kind"] if is_hybrid else kind
                 for i in range(index)]
        keys = {**entry, "index": index, "max_length": config["max_length"],
                "is_first": kind not in kinds}
        mixer = MIXERS[kind](d, **{key: value for key, value in keys.items() if key in own})
        self.shares = kind == "rwkv7"
        if is_hybrid:
            mixer = nn.ModuleDict({"mixer": mixer})
        mlp = None
        if config.get("mlp", "none") != "none":
            mlp = MLP(config["mlp"], d, config.get("d_ff") or 4 * d, config.get("mlp_blocks", 4))
        if block == "zoology":
            self.sequence_mixer, self.state_mixer = mixer, mlp
            self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        elif block == "pre_norm":
            self.mixer, self.mlp, self.norm = mixer, mlp, RMSNorm(d)
            self.norm2 = RMSNorm(d) if mlp else None
        else:
            self.mixer, self.mlp, self.norm = mixer, mlp, nn.LayerNorm(d, eps=1e-12)
            if mlp:
                mlp.layernorm = nn.LayerNorm(d, eps=1e-12)
        self.is_hybrid = is_hybrid

    def mix(self, x, shared):
        mixer = self.sequence_mixer if self.block == "zoology" else self.mixer
        mixer = mixer["mixer"] if self.is_hybrid else mixer
        return mixer(x, shared) if self.shares else mixer(x)

    def forward(self, h, r, shared):
        if self.block == "post_norm":
            h = self.norm(h + self.mix(h, shared))
            return (self.mlp.layernorm(h + self.mlp(h)) if self.mlp else h), 0
        r = r + h
        if self.block == "zoology":
            r = r + self.mix(self.norm1(r), shared)
            h = self.norm2(r)
            return (self.state_mixer(h) if self.state_mixer else h), r
        h = self.mix(self.norm(r), shared)
        if self.mlp:
            r = r + h
            h = self.mlp(self.norm2(r))
        return h, r


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        block, position = DEFAULTS[config["kind"]]
        words = {"common": "pre_norm", "own": block}
        block = config.get("block", "own")
        block = words.get(block, block)
        position = config.get("position_embedding", position)
        d = config["d_model"]
        embeddings = {"word_embeddings": nn.Embedding(config["vocab_size"], d)}
        if position == "learned":
            embeddings["position_embeddings"] = nn.Embedding(config["max_length"], d)
        self.backbone = nn.ModuleDict({
            "embeddings": nn.ModuleDict(embeddings),
            "layers": nn.ModuleList(Layer(config, block, i) for i in range(config["n_layers"])),
            "ln_f": nn.LayerNorm(d),
        })

    def forward(self, tokens):
        embeddings = self.backbone["embeddings"]
        h, r = embeddings["word_embeddings"](tokens), 0
        if "position_embeddings" in embeddings:
            h = h + embeddings["position_embeddings"].weight[: tokens.shape[1]]
        shared = {}
        for layer in self.backbone["layers"]:
            h, r = layer(h, r, shared)
        return self.backbone["ln_f"](r + h) @ embeddings["word_embeddings"].weight.T
