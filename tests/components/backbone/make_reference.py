"""Writes `reference.npz`: hidden states of PyTorch's classes on the cases of `variants.py`.

Run it where PyTorch is: ``pip install torch==2.13.0 transformers==4.53.3``, then ``python make_reference.py``.
"""

from pathlib import Path

import numpy as np
import torch
import variants
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding
from transformers.activations import ACT2FN


def hidden_states(family: str, variant: str) -> np.ndarray:
    """float32, hidden states of the real tokens one after the other."""
    config = AutoConfig.for_model(family, **variants.settings(family, variant))
    loader = AutoModelForTextEncoding if "t5" in family else AutoModel
    model = loader.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(variants.weight(name, tuple(parameter.shape))))
        ids = torch.from_numpy(variants.IDS).long()
        if family in ("roberta", "xlm-roberta", "camembert", "roberta-prelayernorm", "mpnet"):
            ids = torch.where(torch.from_numpy(variants.mask()).bool(), ids, config.pad_token_id)
        states = model(input_ids=ids, attention_mask=torch.from_numpy(variants.mask()), return_dict=True)
    return states.last_hidden_state.numpy()[variants.mask().astype(bool)]


def main() -> None:
    """Writes the file beside this one."""
    grid = torch.from_numpy(variants.inputs_of_activations())
    found = {f"activation/{name}": ACT2FN[name](grid).numpy() for name in variants.ACTIVATIONS}
    for family, variant in variants.cases():
        found[f"{family}/{variant}"] = hidden_states(family, variant)
    np.savez_compressed(Path(__file__).with_name("reference.npz"), **found)


if __name__ == "__main__":
    main()
