"""The four networks of the training benchmark, small definitions of our own; each returns its loss.

Shapes follow the papers: He et al. 2015 (ResNet-50, stride in the 3 x 3
convolution as everybody trains it), Ronneberger et al. 2015 (U-Net, 64 to
1,024 channels, with batch normalisation), Devlin et al. 2018 (BERT-base with a
span head), Radford et al. 2019 (GPT-2, 124 million parameters).
"""

# Without torch installed its classes are Any to mypy, and subclassing Any is an error there.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

WIDTH: Final = 768
HEADS: Final = 12
LAYERS: Final = 12
BERT_WORDS: Final = 30_522
BERT_POSITIONS: Final = 512
GPT_WORDS: Final = 50_257
GPT_POSITIONS: Final = 1024


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 convolutions around a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.path = nn.Sequential(
            *_convolution(inputs, width, 1),
            nn.ReLU(inplace=True),
            *_convolution(width, width, 3, stride),
            nn.ReLU(inplace=True),
            *_convolution(width, outputs, 1),
        )
        plain = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if plain else nn.Sequential(*_convolution(inputs, outputs, 1, stride))

    def forward(self, images: Any) -> Any:
        """Path plus shortcut."""
        return functional.relu(self.path(images) + self.shortcut(images), inplace=True)


class ResNet50(nn.Module):
    """Residual network of 50 layers for images of 224 x 224; 25,557,032 parameters."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        stem = [*_convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
        blocks, inputs = [], 64
        for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for index in range(count):
                blocks.append(Bottleneck(inputs, width, stride if index == 0 else 1))
                inputs = 4 * width
        self.body = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(inputs, classes)

    def forward(self, images: Any, labels: Any) -> Any:
        """Cross-entropy of the classes."""
        return functional.cross_entropy(self.head(self.body(images)), labels)


class UNet(nn.Module):
    """Encoder, decoder and skip connections; one class a pixel."""

    def __init__(self, classes: int = 19) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(_double(i, o) for i, o in zip((3, *widths[:-1]), widths, strict=True))
        up = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in up)
        self.merge = nn.ModuleList(_double(i, o) for i, o in up)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Any, labels: Any) -> Any:
        """Cross-entropy of every pixel."""
        kept: list[Any] = []
        for index, block in enumerate(self.down):
            images = block(images if index == 0 else functional.max_pool2d(images, 2))
            kept.append(images)
        for grow, merge, skip in zip(self.grow, self.merge, kept[-2::-1], strict=True):
            images = merge(torch.cat((skip, grow(images)), dim=1))
        return functional.cross_entropy(self.head(images), labels)


class TransformerBlock(nn.Module):
    """Attention and a fourfold wider dense layer; normalised before (GPT) or after (BERT)."""

    def __init__(self, *, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.mix, self.project = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm_mix, self.norm_dense = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.dense = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, states: Any) -> Any:
        """New states of the same shape."""
        if self.causal:
            states = states + self._attend(self.norm_mix(states))
            return states + self.dense(self.norm_dense(states))
        states = self.norm_mix(states + self._attend(states))
        return self.norm_dense(states + self.dense(states))

    def _attend(self, states: Any) -> Any:
        count, length, _ = states.shape
        split = self.mix(states).view(count, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        return self.project(mixed.transpose(1, 2).reshape(count, length, WIDTH))


class BertBase(nn.Module):
    """BERT-base that marks the first and last word of an answer; 108,893,186 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(BERT_WORDS, WIDTH), nn.Embedding(BERT_POSITIONS, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.blocks = nn.Sequential(*(TransformerBlock(causal=False) for _ in range(LAYERS)))
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, tokens: Any, labels: Any) -> Any:
        """Mean cross-entropy of start and end."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        states = self.words(tokens) + self.positions(places) + self.segments.weight[0]
        scores = self.head(self.blocks(self.norm(states))).float()
        start = functional.cross_entropy(scores[..., 0], labels[:, 0])
        return (start + functional.cross_entropy(scores[..., 1], labels[:, 1])) / 2


class Gpt124m(nn.Module):
    """GPT-2 small, output matrix shared with the embedding; 124,439,808 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(GPT_WORDS, WIDTH), nn.Embedding(GPT_POSITIONS, WIDTH)
        self.blocks = nn.Sequential(*(TransformerBlock(causal=True) for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        nn.init.normal_(self.words.weight, std=0.02)

    def forward(self, tokens: Any, labels: Any) -> Any:
        """Cross-entropy of the next token."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        states = self.blocks(self.words(tokens) + self.positions(places))
        scores = functional.linear(self.norm(states), self.words.weight)
        return functional.cross_entropy(scores.flatten(0, 1), labels.flatten())


MODELS: Final[dict[str, type[nn.Module]]] = {
    "resnet50": ResNet50,
    "unet": UNet,
    "bert-base": BertBase,
    "gpt2-124m": Gpt124m,
}


def _convolution(inputs: int, outputs: int, edge: int, stride: int = 1) -> list[Any]:
    return [nn.Conv2d(inputs, outputs, edge, stride, edge // 2, bias=False), nn.BatchNorm2d(outputs)]


def _double(inputs: int, outputs: int) -> Any:
    first, second = _convolution(inputs, outputs, 3), _convolution(outputs, outputs, 3)
    return nn.Sequential(*first, nn.ReLU(inplace=True), *second, nn.ReLU(inplace=True))
