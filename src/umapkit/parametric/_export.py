"""ONNX of the networks as they are, the scaling inside."""

from __future__ import annotations

import copy
import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from umapkit.parametric._torch import Tensor, nn, torch

if TYPE_CHECKING:
    from umapkit.parametric._base import NetworkEmbedding


class _Encoder(nn.Module):
    def __init__(self, model: NetworkEmbedding) -> None:
        super().__init__()
        self.scaling = copy.deepcopy(model.networks_["scaling"])
        self.encoder = copy.deepcopy(model.networks_["encoder"])
        self._place = model._places

    def forward(self, rows: Tensor) -> Tensor:
        return self._place(self.encoder(self.scaling(rows)))


class _Decoder(nn.Module):
    def __init__(self, model: NetworkEmbedding) -> None:
        super().__init__()
        self.scaling: Any = copy.deepcopy(model.networks_["scaling"])
        self.decoder = copy.deepcopy(model.networks_["decoder"])
        self._squeezed = model._reconstruction == "bce"

    def forward(self, places: Tensor) -> Tensor:
        given = self.decoder(places)
        if self._squeezed:
            return self.scaling.stretch(torch.sigmoid(given))
        return self.scaling.back(given)


def export_onnx(model: NetworkEmbedding, path: str | os.PathLike[str], *, part: str) -> None:
    """Write a network; see `NetworkEmbedding.export_onnx`."""
    check_is_fitted(model)
    if part not in ("encoder", "decoder"):
        msg = f"part={part!r} is not known. Give 'encoder' or 'decoder'."
        raise ValueError(msg)
    if part == "decoder":
        model._need_decoder()
    try:
        import onnx  # noqa: F401  (torch needs both, and says so less clearly)
        import onnxscript  # noqa: F401
    except ImportError as error:
        msg = "export_onnx needs onnx and onnxscript: pip install 'umapkit[onnx]'"
        raise ImportError(msg) from error
    network = _Encoder(model) if part == "encoder" else _Decoder(model)
    network = network.cpu().eval()
    ends = ("rows", "places") if part == "encoder" else ("places", "rows")
    width = model.n_features_in_ if part == "encoder" else model.embedding_.shape[1]
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch about its own parts
            torch.onnx.export(
                network,
                (torch.zeros(3, width),),
                os.fspath(Path(path)),
                input_names=[ends[0]],
                output_names=[ends[1]],
                dynamic_shapes=({0: torch.export.Dim("m")},),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        log.setLevel(before)
