from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from umapkit.parametric import networks  # noqa: E402
from umapkit.parametric.networks import _cnn13, _lstm, _parts  # noqa: E402


def count(network):
    return sum(p.numel() for p in network.parameters())


def shapes(network, n_inputs):
    """Output shape of every direct layer, for a batch of 3."""
    x = torch.zeros(3, n_inputs)
    found = []
    for layer in network:
        x = layer(x)
        if not isinstance(layer, (nn.ReLU, nn.LeakyReLU, nn.ZeroPad2d, _parts.Reshape)):
            found.append(tuple(x.shape[1:]))
    return found


# Layer by layer the table of appendix A.2: (name, role, shape, options, outputs).
TABLE = [
    ("mlp", "encoder", (50,), [(100,), (100,), (100,), (2,)]),
    ("mlp", "decoder", (50,), [(100,), (100,), (100,), (50,)]),
    ("conv28", "encoder", (1, 28, 28), [(64, 13, 13), (128, 6, 6), (4608,), (512,), (512,), (2,)]),
    (
        "conv28",
        "decoder",
        (1, 28, 28),
        [(512,), (12544,), (128, 14, 14), (64, 28, 28), (1, 28, 28), (1, 28, 28), (784,)],
    ),
    (
        "conv32",
        "encoder",
        (3, 32, 32),
        [(32, 15, 15), (64, 7, 7), (128, 3, 3), (1152,), (512,), (2,)],
    ),
    (
        "conv32",
        "decoder",
        (3, 32, 32),
        [
            (512,),
            (2048,),
            (128, 8, 8),
            (64, 16, 16),
            (32, 32, 32),
            (3, 32, 32),
            (3, 32, 32),
            (3072,),
        ],
    ),
    (
        "lstm",
        "encoder",
        (1, 32, 32),
        [(32, 16, 16), (64, 8, 8), (128, 4, 8), (128, 2, 8), (8, 256), (200,), (512,), (2,)],
    ),
    (
        "lstm",
        "decoder",
        (1, 32, 32),
        [
            (512,),
            (8, 512),
            (8, 200),
            (8, 256),
            (128, 2, 8),
            (128, 4, 8),
            (128, 8, 8),
            (64, 16, 16),
            (32, 32, 32),
            (1, 32, 32),
            (1, 32, 32),
            (1024,),
        ],
    ),
]


@pytest.mark.parametrize(("name", "role", "shape", "expected"), TABLE)
def test_every_layer_has_the_papers_shape(name, role, shape, expected):
    n = int(np.prod(shape))
    net = networks.build(
        name, role=role, n_features=n, n_components=2, input_shape=None if name == "mlp" else shape
    )
    assert shapes(net, n if role == "encoder" else 2) == expected


def conv(i, o, k=3):
    return i * o * k * k + o


def dense(i, o):
    return i * o + o


def lstm(i, u):  # Keras: kernel, recurrent kernel, bias of four gates
    return 4 * u * (i + u + 1)


# By hand, from the layers of the paper.
COUNTS = {
    ("mlp", "encoder", 50): dense(50, 100) + 2 * dense(100, 100) + dense(100, 2),
    ("mlp", "decoder", 50): dense(2, 100) + 2 * dense(100, 100) + dense(100, 50),
    ("conv28", "encoder", 784): (
        conv(1, 64) + conv(64, 128) + dense(4608, 512) + dense(512, 512) + dense(512, 2)
    ),
    ("conv28", "decoder", 784): (
        dense(2, 512) + dense(512, 12544) + conv(256, 128) + conv(128, 64) + conv(64, 1)
    ),
    ("conv32", "encoder", 3072): (
        conv(3, 32) + conv(32, 64) + conv(64, 128) + dense(1152, 512) + dense(512, 2)
    ),
    ("conv32", "decoder", 3072): (
        dense(2, 512) + dense(512, 2048) + conv(128, 128) + conv(128, 64) + conv(64, 32)
        + conv(32, 3)
    ),
    ("lstm", "encoder", 1024): (
        conv(1, 32) + conv(32, 64) + conv(64, 128) + conv(128, 128) + 2 * lstm(256, 100)
        + dense(200, 512) + dense(512, 2)
    ),
    ("lstm", "decoder", 1024): (
        dense(2, 512) + 2 * lstm(512, 100) + dense(200, 256) + 2 * conv(128, 128) + conv(128, 64)
        + conv(64, 32) + conv(32, 1)
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "role", "n"), COUNTS)
def test_networks_have_as_many_parameters_as_the_papers_layers(name, role, n):
    net = networks.build(name, role=role, n_features=n, n_components=2)
    assert count(net) == COUNTS[name, role, n]


def test_faces_of_64_pixels_have_the_published_numbers_of_parameters():
    kinds = {"n_features": 3 * 64 * 64, "n_components": 16392, "input_shape": (3, 64, 64)}
    encoder = networks.build("face", role="encoder", **kinds)
    decoder = networks.build("face", role="decoder", **kinds)
    assert round(count(encoder) / 1e6, 2) == 7.25
    assert round(count(decoder) / 1e6, 2) == 6.98
    with torch.no_grad():
        z = encoder(torch.rand(2, 3 * 64 * 64))
        assert z.shape == (2, 16392)
        assert decoder(z).shape == (2, 3 * 64 * 64)


@pytest.mark.parametrize("side", [16, 32, 128])
def test_small_and_large_faces_pass_through_both_networks(side):
    kinds = {"n_features": side**2, "n_components": 72, "input_shape": (side, side)}
    encoder = networks.build("face", role="encoder", options={"width": 8}, **kinds)
    decoder = networks.build("face", role="decoder", options={"width": 8}, **kinds)
    x = torch.rand(2, side**2)
    out = decoder(encoder(x))
    assert out.shape == x.shape
    out.sum().backward()
    # The numbers of the style reach the picture through the norms of the residual blocks.
    assert float(encoder.style[-1].weight.grad.abs().sum()) > 0


def test_the_trunk_of_the_ssl_network_has_the_papers_layers():
    trunk = _cnn13.trunk((1, 28, 28), 256)
    _parts.start_weights(trunk, 0, 2)
    x = torch.rand(2, 784)
    seen = []
    for layer in trunk:
        x = layer(x)
        if isinstance(layer, (_parts.NormedConv, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Linear)):
            seen.append(tuple(x.shape[1:]))
    assert seen == [
        *[(128, 28, 28)] * 3, (128, 14, 14), *[(256, 14, 14)] * 3, (256, 7, 7),
        (512, 5, 5), (256, 5, 5), (128, 5, 5), (128, 1, 1), (256,),
    ]  # fmt: skip
    weights = [(1, 128), (128, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512)]
    # Each layer: weights, a bias, a length (weight norm), a scale and a shift (batch norm).
    expected = sum(i * o * 9 + 4 * o for i, o in weights)
    expected += (512 * 256 + 4 * 256) + (256 * 128 + 4 * 128) + dense(128, 256)
    assert count(trunk) == expected
    quarter = networks.build(
        "cnn13", role="encoder", n_features=784, n_components=64, options={"width": 0.25}
    )
    assert quarter(torch.rand(2, 784)).shape == (2, 64)


@pytest.mark.parametrize("name", networks.NAMES)
def test_the_seed_alone_makes_the_weights_and_torchs_generator_is_not_touched(name):
    kinds = {"n_features": 1024, "n_components": 72, "input_shape": (1, 32, 32)}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = networks.build(name, role="encoder", seed=3, **kinds).state_dict()
    assert torch.equal(torch.rand(1), expected)
    again = networks.build(name, role="encoder", seed=3, **kinds).state_dict()
    other = networks.build(name, role="encoder", seed=4, **kinds).state_dict()
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not all(torch.equal(first[k], other[k]) for k in first)


def test_weights_are_glorot_uniform_and_biases_zero():
    net = networks.build("mlp", role="encoder", n_features=400, n_components=2, seed=1)
    weight, limit = net[0].weight.detach(), (6 / 500) ** 0.5
    assert float(weight.abs().max()) <= limit
    assert float(weight.abs().max()) > 0.99 * limit
    assert abs(float(weight.var()) / (limit**2 / 3) - 1) < 0.02
    assert not any(layer.bias.detach().any() for layer in net if isinstance(layer, nn.Linear))


def test_the_lstm_equals_a_plain_loop_in_numpy():
    cell = _lstm.Lstm(5, 3, backwards=True)
    cell.start(torch.Generator().manual_seed(0))
    x = np.random.default_rng(0).normal(size=(2, 4, 5)).astype(np.float32)
    kernel, recurrent, bias = (p.detach().numpy() for p in cell.parameters())
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-6)

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h, c = np.zeros((2, 3)), np.zeros((2, 3))
    out = np.zeros((2, 4, 3))
    for t in (3, 2, 1, 0):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.maximum(g, 0)
        h = sigmoid(o) * np.maximum(c, 0)
        out[:, t] = h
    np.testing.assert_allclose(cell(torch.from_numpy(x)).detach().numpy(), out, atol=1e-6)


def test_normed_layers_equal_torchs_weight_norm():
    ours = _parts.NormedConv(3, 4, 3, padding=1)
    ours.start(torch.Generator().manual_seed(0))
    theirs = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3, padding=1))
    with torch.no_grad():
        ours.length.mul_(1.7)
        theirs.parametrizations.weight.original0.copy_(ours.length.view(-1, 1, 1, 1))
        theirs.parametrizations.weight.original1.copy_(ours.direction)
        theirs.bias.copy_(ours.bias)
        x = torch.rand(2, 3, 6, 6)
        torch.testing.assert_close(ours(x), theirs(x))


def test_frames_keep_their_time_on_the_way_through_the_lstm_network():
    steps, frames = _lstm._Steps(), _lstm._Frames(2)
    x = torch.rand(3, 7, 2, 5)
    assert torch.equal(frames(steps(x)), x)
    assert torch.equal(steps(x)[:, 4], x[..., 4].permute(0, 2, 1).flatten(1))


@pytest.mark.parametrize("shape", [(32, 31), (1, 20, 13)])
def test_sounds_of_other_shapes_are_padded_and_cropped(shape):
    n = int(np.prod(shape))
    kinds = {"n_features": n, "n_components": 3, "input_shape": shape}
    z = networks.build("lstm", role="encoder", **kinds)(torch.rand(2, *shape))
    assert networks.build("lstm", role="decoder", **kinds)(z).shape == (2, n)


def test_a_module_is_copied_with_its_weights():
    mine = nn.Linear(4, 2)
    copied = networks.build(mine, role="encoder", n_features=4, n_components=2)
    assert copied is not mine
    assert torch.equal(copied.weight, mine.weight)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": "resnet"}, "no network 'resnet'"),
        ({"network": "cnn13", "role": "decoder"}, "has no decoder"),
        ({"role": "head"}, "role='head'"),
        ({"n_features": 100}, "input_shape"),
        ({"input_shape": (3, 28, 28)}, "does not fit rows of 784"),
        ({"input_shape": (1, 196, 4)}, "too small"),
        ({"options": {"depth": 3}}, "no options of 'conv28'"),
        ({"n_components": 0}, "n_components=0"),
        ({"network": "face", "input_shape": (28, 28)}, "must be equal, and one of 16"),
        ({"network": "face", "n_features": 1024, "n_components": 70}, "such as 72"),
        ({"network": "cnn13", "n_features": 121, "input_shape": (11, 11)}, "12 or more"),
        ({"network": nn.Linear(2, 2), "options": {"hidden": (5,)}}, "belong to a named network"),
    ],
)
def test_what_cannot_be_built_is_said(change, said):
    kinds = {
        "network": "conv28", "role": "encoder", "n_features": 784, "n_components": 2,
        **change,
    }  # fmt: skip
    network = kinds.pop("network")
    with pytest.raises(ValueError, match=said):
        networks.build(network, **kinds)


def test_lazy_layers_get_their_weights_by_the_seed_and_torchs_generator_is_not_touched():
    from umapkit.parametric._networks import build_network

    def weights(seed: int, before: int, role: str) -> torch.Tensor:
        torch.manual_seed(before)
        state = torch.random.get_rng_state()
        lazy = nn.LazyLinear(2 if role == "encoder" else 5)
        made = build_network(
            lazy, role=role, n_features=5, n_components=2, input_shape=None, seed=seed
        )
        assert torch.equal(torch.random.get_rng_state(), state)
        return next(made.parameters()).detach()

    for role in ("encoder", "decoder"):
        assert torch.equal(weights(3, 0, role), weights(3, 1, role))
        assert not torch.equal(weights(3, 0, role), weights(4, 0, role))


def test_a_lazy_trunk_gets_its_weights_by_the_seed():
    from umapkit.parametric._heads import fork_width, make_trunk

    def weights(seed: int, before: int) -> torch.Tensor:
        trunk = make_trunk(nn.LazyLinear(7), width=1, n_features=5, shape=None, seed=seed)
        torch.manual_seed(before)
        state = torch.random.get_rng_state()
        assert fork_width(trunk, 5, seed=seed) == 7
        assert torch.equal(torch.random.get_rng_state(), state)
        return next(trunk.parameters()).detach()

    assert torch.equal(weights(3, 0), weights(3, 1))
    assert not torch.equal(weights(3, 0), weights(4, 0))


def test_a_module_is_copied_to_the_cpu():
    class Elsewhere(nn.Linear):
        """Says where it was told to go, as one on an accelerator would go."""

        told = "nowhere"

        def cpu(self):
            self.told = "cpu"
            return super().cpu()

    given = Elsewhere(5, 2)
    made = networks.build(given, role="encoder", n_features=5, n_components=2)
    assert made.told == "cpu"
    assert given.told == "nowhere"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_module_on_a_gpu_is_copied_to_the_cpu():
    given = nn.Linear(5, 2).cuda()
    made = networks.build(given, role="encoder", n_features=5, n_components=2)
    assert next(made.parameters()).device.type == "cpu"
    assert next(given.parameters()).device.type == "cuda"
