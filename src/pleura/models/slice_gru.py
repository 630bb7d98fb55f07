"""CoviDet's slice network: a scan's slices in, one logit a class for the whole scan out.

A ResNeXt sees one slice at a time and gives one feature vector for each; a gated recurrent unit reads these vectors
from the feet to the head and back; the mean and the largest of its states go into one linear layer. Only the scan needs
a label, and it may have any number of slices.

References
----------
Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP: the gated recurrent unit.
Chen, Xu, Zhang, Guestrin (2016), Training deep nets with sublinear memory cost, arXiv:1604.06174.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

from pleura.errors import ModelError
from pleura.models.classifier import Classifier
from pleura.models.resnext import ResNext

__all__ = ["SliceGru"]


class SliceGru(Classifier):
    """The slice network; the defaults are the paper's ResNeXt-50 32x4d.

    Parameters
    ----------
    classes : number of outputs
    depth, groups, group_width, stem, norm_groups : of `pleura.models.resnext.ResNext`
    hidden : size of the recurrent unit's state, in each direction
    dropout : share of the pooled states that is zeroed in training
    chunk : slices whose activations are kept at once in training: the others are computed again on the way back, which
        takes a third more time; 0 keeps them all. Changes nothing in the result.

    Raises
    ------
    ValueError
        If a number is out of range or the widths cannot be parted into the groups.
    """

    def __init__(
        self,
        *,
        classes: int = 2,
        depth: int = 50,
        groups: int = 32,
        group_width: int = 4,
        stem: int = 64,
        norm_groups: int = 32,
        hidden: int = 512,
        dropout: float = 0.0,
        chunk: int = 0,
    ) -> None:
        super().__init__()
        if min(classes, hidden) < 1 or chunk < 0 or not 0 <= dropout < 1:
            raise ValueError(
                "need positive classes and hidden, 0 <= dropout < 1 and chunk >= 0, got "
                f"{classes}, {hidden}, {dropout} and {chunk}"
            )
        self.backbone = ResNext(depth=depth, groups=groups, group_width=group_width, stem=stem, norm_groups=norm_groups)
        self.gru = nn.GRU(self.backbone.channels, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(4 * hidden, classes)
        self.chunk = chunk
        nn.init.zeros_(self.classifier.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        """Give one feature map a slice.

        Parameters
        ----------
        x : normalised slices, (batch, 1, slices, rows, columns), from feet to head

        Returns
        -------
        (batch, channels, slices, rows / 32, columns / 32), rounded up.
        """
        batch, _, slices, rows, columns = x.shape
        single = x.reshape(batch * slices, 1, rows, columns)  # one channel: neighbours in memory stay so
        if self.chunk and torch.is_grad_enabled():
            pieces = [
                checkpoint(self.backbone, piece, use_reentrant=False, preserve_rng_state=False)
                for piece in torch.split(single, self.chunk)
            ]
            maps = torch.cat(cast("list[Tensor]", pieces))
        else:
            maps = self.backbone(single)  # (batch * slices, 2048, rows / 32, columns / 32)
        parted = torch.unflatten(maps, 0, (batch, slices))  # (batch, slices, 2048, rows / 32, columns / 32)
        return parted.transpose(1, 2)

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Give the logits, (batch, classes), for features as `forward_features` gives them and slices counted.

        Parameters
        ----------
        features : (batch, channels, slices, rows, columns)
        counts : whole numbers, (batch,), from 1 to slices: those of each case; the rest, at the head's end, is not
            looked at. All slices are the case's by default.

        Raises
        ------
        ModelError
            If there is not one count in that range for each case.
        """
        pooled = self.pool(features, counts)
        with torch.autocast(features.device.type, enabled=False):
            return cast("Tensor", self.classifier(self.dropout(pooled)))  # (batch, classes)

    def pool(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Give the mean and the largest of the recurrent unit's states, (batch, 4 * hidden), for such features.

        The parameters and what is refused are as in `classify`.
        """
        vectors = features.mean(dim=(3, 4), dtype=self.classifier.weight.dtype).transpose(1, 2)
        with torch.autocast(features.device.type, enabled=False):  # little work, and a long sum
            states, valid = self._read(vectors, counts)  # (batch, slices, 2 * hidden), (batch, slices, 1)
            mean = (states * valid).sum(dim=1) / valid.sum(dim=1)  # (batch, 2 * hidden)
            largest = states.masked_fill(valid == 0, -torch.inf).amax(dim=1)  # (batch, 2 * hidden)
            return torch.cat([mean, largest], dim=1)  # (batch, 4 * hidden)

    def _read(self, vectors: Tensor, counts: Tensor | None) -> tuple[Tensor, Tensor]:
        batch, slices, _ = vectors.shape
        if counts is None:
            return self.gru(vectors)[0], vectors.new_ones(batch, slices, 1)
        held = counts.detach().cpu()
        whole = not (held.is_floating_point() or held.is_complex() or held.dtype == torch.bool)
        if held.shape != (batch,) or not whole or not ((held >= 1) & (held <= slices)).all():
            raise ModelError(
                f"counts are {held.tolist()}, {held.dtype}; need {batch} whole numbers from 1 to {slices}, "
                "the slices of each case"
            )
        packed = pack_padded_sequence(vectors, held.long(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=slices)
        inside = torch.arange(slices) < held[:, None]  # (batch, slices)
        return states, inside[:, :, None].to(states)
