"""Measures training steps of attention, SSD and Mamba in JAX, with the whole step compiled by XLA for the CPU.

The models, the arguments and what a step does are those of pytorch_peer.py: make the sequences, forward and backward,
clip the gradient, AdamW; logits at labelled positions only. XLA uses the processors that it is allowed, so
`taskset -c 0,1` or --threads says how many. Mamba's recurrence is a compiled loop over time.
Needs: pip install jax. Prints sequences per second: the median of the steps after two that warm up.
"""
import argparse, os, statistics, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model", choices=["attention", "ssd", "mamba"])
for name, value in dict(d_state=64, layers=2, batch=8, length=1024, pairs=256, vocab=8192, d_model=64, threads=2, steps=7,
                        chunk=64, unroll=4).items():
    parser.add_argument("--" + name.replace("_", "-"), type=int, default=value)
a = parser.parse_args()
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])

import jax, jax.numpy as jnp, numpy as np
from jax import lax, nn

L, d, inner, N, heads, rank = a.length, a.d_model, 2 * a.d_model, a.d_state, 2 * a.d_model // 64, -(-a.d_model // 16)
random = np.random.default_rng(0)

def weight(*shape, std=0.02):
    return jnp.asarray(random.normal(0, std, shape), jnp.float32)

def scaled(x, w):
    return w * x * lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + 1e-5)

def short_conv(x, w, bias):                    # the last row of w [4, channels] is for the present token
    padded = jnp.pad(x, ((0, 0), (3, 0), (0, 0)))
    return nn.silu(sum(w[j] * lax.dynamic_slice_in_dim(padded, j, x.shape[1], 1) for j in range(4)) + bias)

def attention_parameters():
    return dict(qkv=weight(d, 3 * d), qkv_bias=jnp.zeros(3 * d), out=weight(d, d), out_bias=jnp.zeros(d))

def attention(p, x):
    q, k, v = (t[:, :, None] for t in jnp.split(x @ p["qkv"] + p["qkv_bias"], 3, -1))
    return nn.dot_product_attention(q, k, v, is_causal=True)[:, :, 0] @ p["out"] + p["out_bias"]

def ssd_parameters():
    c = inner + 2 * N
    return dict(project=weight(d, inner + c + heads), conv=weight(4, c, std=0.3), conv_bias=jnp.zeros(c), A_log=jnp.zeros(heads),
                dt_bias=jnp.full(heads, -3.0), D=jnp.ones(heads), norm=jnp.ones(inner), out=weight(inner, d))

def ssd(p, u):                                 # chunk by chunk: products within, a short loop between
    z, mixed, dt = jnp.split(u @ p["project"], (inner, 2 * inner + 2 * N), -1)
    x, B, C = jnp.split(short_conv(mixed, p["conv"], p["conv_bias"]), (inner, inner + N), -1)
    dt = nn.softplus(dt + p["dt_bias"])
    def chunked(t, *shape): return t.reshape(len(u), L // a.chunk, a.chunk, *shape)
    x, dt, B, C = chunked(x, heads, 64), chunked(dt, heads), chunked(B, N), chunked(C, N)
    G = jnp.cumsum(-jnp.exp(p["A_log"]) * dt, 2).transpose(0, 1, 3, 2)                       # [b, n, h, q]
    causal = jnp.arange(a.chunk)[:, None] >= jnp.arange(a.chunk)
    decay = jnp.exp(jnp.where(causal, G[..., :, None] - G[..., None, :], -jnp.inf))
    scores = jnp.einsum("bnqs,bnks->bnqk", C, B)[:, :, None] * decay
    writes = dt[..., None] * x
    within = jnp.einsum("bnhqk,bnkhp->bnqhp", scores, writes)
    states = jnp.einsum("bnks,bnhk,bnkhp->nbhps", B, jnp.exp(G[..., -1:] - G), writes)
    kept = jnp.exp(G[..., -1]).transpose(1, 0, 2)[..., None, None]
    def carry(state, chunk): return chunk[0] * state + chunk[1], state
    _, before = lax.scan(carry, jnp.zeros_like(states[0]), (kept, states))
    y = within + jnp.einsum("bnqs,nbhps,bnhq->bnqhp", C, before, jnp.exp(G)) + p["D"][:, None] * x
    return scaled(y.reshape(len(u), L, inner) * nn.silu(z), p["norm"]) @ p["out"]

def mamba_parameters():
    return dict(project=weight(d, 2 * inner), conv=weight(4, inner, std=0.3), conv_bias=jnp.zeros(inner), x_proj=weight(inner, rank + 2 * N),
                dt_proj=weight(rank, inner), dt_bias=jnp.full(inner, -3.0), D=jnp.ones(inner),
                A_log=jnp.log(jnp.broadcast_to(jnp.arange(1.0, N + 1), (inner, N))), out=weight(inner, d))

def mamba(p, u):
    x, z = jnp.split(u @ p["project"], 2, -1)
    x = short_conv(x, p["conv"], p["conv_bias"])
    dt, B, C = jnp.split(x @ p["x_proj"], (rank, rank + N), -1)
    dt, A = nn.softplus(dt @ p["dt_proj"] + p["dt_bias"]), -jnp.exp(p["A_log"])
    def token(state, now):
        dt, x, B, C = now
        state = jnp.exp(dt[..., None] * A) * state + (dt * x)[..., None] * B[:, None]
        return state, jnp.einsum("bcn,bn->bc", state, C)
    by_time = [t.swapaxes(0, 1) for t in (dt, x, B, C)]
    _, y = lax.scan(token, jnp.zeros((len(u), inner, N)), by_time, unroll=a.unroll)
    return ((y.swapaxes(0, 1) + p["D"] * x) * nn.silu(z)) @ p["out"]

mixer, make = dict(attention=(attention, attention_parameters), ssd=(ssd, ssd_parameters), mamba=(mamba, mamba_parameters))[a.model]
weights = dict(embedding=weight(a.vocab, d), layers=[(make(), jnp.ones(d)) for _ in range(a.layers)], norm=jnp.ones(d), bias=jnp.zeros(d))

def loss(p, tokens, rows, labels):
    h = p["embedding"][tokens]
    for parameters, norm in p["layers"]:
        h = h + mixer(parameters, scaled(h, norm))
    h = nn.standardize(h.reshape(-1, d)[rows], epsilon=1e-5) * p["norm"] + p["bias"]
    logits = h @ p["embedding"].T
    return (nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, labels[:, None], -1)[:, 0]).mean()

def update(p, mean, square, t, batch):
    value, gradient = jax.value_and_grad(loss)(p, *batch)
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradient)))
    gradient = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / norm), gradient)
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
    def moved(w, m, s): return w - 1e-3 * (m / (1 - 0.9**t) / (jnp.sqrt(s / (1 - 0.999**t)) + 1e-8) + 0.1 * w)
    return jax.tree.map(moved, p, mean, square), mean, square, value

compiled = jax.jit(update, donate_argnums=(0, 1, 2))

def batch(half=a.vocab // 2, K=a.pairs):       # as in pytorch_peer.py
    keys = random.random((a.batch, half - 1), np.float32).argsort(1)[:, :K] + 1
    values = random.integers(half, a.vocab, (a.batch, K))
    queries = random.random((a.batch, (L - 2 * K) // 2), np.float32).argsort(1)[:, :K] * 2 + 2 * K
    tokens = np.zeros((a.batch, L), np.int32)
    tokens[:, 0 : 2 * K : 2], tokens[:, 1 : 2 * K : 2] = keys, values
    np.put_along_axis(tokens, queries, keys, 1)
    return tokens, (queries + np.arange(a.batch)[:, None] * L).ravel(), values.ravel()

mean, square, times = jax.tree.map(jnp.zeros_like, weights), jax.tree.map(jnp.zeros_like, weights), []
for t in range(1, a.steps + 3):
    start = time.perf_counter()
    weights, mean, square, value = compiled(weights, mean, square, float(t), batch())
    value.block_until_ready()
    times.append(time.perf_counter() - start)
print(f"{a.model} d_state={N} layers={a.layers} L={L} batch={a.batch} threads={a.threads} jax={jax.__version__}: "
      f"{a.batch / statistics.median(times[2:]):.2f} sequences/s, loss {float(value):.3f}")
