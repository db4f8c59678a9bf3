"""Writes the checkpoints of ModelsTests that Hugging Face's transformers saved, with its logits.

    VENV/bin/pip install torch numpy safetensors transformers
    VENV/bin/python Tests/FixtureGenerator/make_hugging_face.py

CheckpointTests reads them as anybody's checkpoints: model.safetensors is what `save_pretrained` wrote. All numbers of a
model are drawn at random, biases and norms too, so that no tensor can be left out or mixed up. Logits are those of
transformers in float64.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

FOLDER = Path(__file__).parent.parent / "ModelsTests" / "Fixtures" / "HuggingFace"
LENGTH = 19

CASES = {
    "mamba": (
        transformers.MambaForCausalLM,
        transformers.MambaConfig(
            vocab_size=24, hidden_size=16, num_hidden_layers=2, state_size=4, expand=2,
            conv_kernel=4, time_step_rank=1, use_cache=False),
        {"kind": "mamba", "d_state": 4},
    ),
    "ssd": (
        transformers.Mamba2ForCausalLM,
        transformers.Mamba2Config(
            vocab_size=24, hidden_size=16, num_hidden_layers=2, state_size=4, expand=2, head_dim=8,
            num_heads=4, n_groups=1, chunk_size=8, use_cache=False, tie_word_embeddings=True),
        {"kind": "ssd", "d_state": 4, "headdim": 8},
    ),
}


def main():
    for name, (kind, config, keys) in CASES.items():
        torch.manual_seed(7)
        model = kind(config)
        model.tie_weights()
        with torch.no_grad():
            for tensor in model.parameters():
                tensor.add_(0.3 * torch.randn_like(tensor))
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        model.float().save_pretrained(folder)
        for other in ("config.json", "generation_config.json"):
            (folder / other).unlink(missing_ok=True)
        inputs = torch.randint(0, config.vocab_size, (2, LENGTH))
        with torch.no_grad():
            logits = model.double().eval()(inputs).logits
        shape = {"d_model": 16, "n_layers": 2, "vocab_size": 24, "final_norm": "rms"}
        (folder / "model.json").write_text(json.dumps({**keys, **shape}) + "\n")
        save_file(
            {"inputs": inputs.int(), "logits": logits.float().reshape(-1, config.vocab_size)},
            folder / "expected.safetensors")


if __name__ == "__main__":
    main()
