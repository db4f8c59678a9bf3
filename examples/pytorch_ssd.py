"""SSD by matrix products over chunks, for pytorch_peer.py and pytorch_matrix_mixers.py. Needs: pip install torch einops."""
import torch, torch.nn.functional as F
from einops import rearrange, repeat

def segment_sum(x):
    T = x.size(-1)
    x = repeat(x, "... t -> ... t s", s=T).masked_fill(~torch.tril(torch.ones(T, T, dtype=torch.bool), -1), 0)
    return torch.cumsum(x, -2).masked_fill(~torch.tril(torch.ones(T, T, dtype=torch.bool)), -torch.inf)

def ssd(x, la, B, C, Q):                       # x [b,l,h,p], la [b,l,h], B and C [b,l,n]
    x, B, C = (rearrange(t, "b (c q) ... -> b c q ...", q=Q) for t in (x, B, C))
    la = rearrange(la, "b (c q) h -> b h c q", q=Q); cum = la.cumsum(-1)
    G = torch.einsum("bcqn,bcsn->bcqs", C, B)
    Y = torch.einsum("bcqs,bhcqs,bcshp->bcqhp", G, segment_sum(la).exp(), x)
    S = torch.einsum("bcqn,bhcq,bcqhp->bchpn", B, (cum[..., -1:] - cum).exp(), x)
    carry = segment_sum(F.pad(cum[..., -1], (1, 0))).exp()
    S = torch.einsum("bhzc,bchpn->bzhpn", carry, torch.cat([torch.zeros_like(S[:, :1]), S], 1))[:, :-1]
    return rearrange(Y + torch.einsum("bcqn,bchpn,bhcq->bcqhp", C, S, cum.exp()), "b c q h p -> b (c q) h p")
