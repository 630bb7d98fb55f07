import numpy as np
import pytest
import torch
from torch import nn

from federation.tiny import Line
from pleura.errors import ModelError
from pleura.federation.learning.tensors import read_tensors, travelling, write_tensors
from pleura.models.densenet3d import DenseNet3d


def test_a_norm_travels_with_weights_and_statistics_but_not_its_count_of_batches() -> None:
    found = {one.name: (one.shape, one.statistic, one.norm) for one in travelling(Line(norm=True))}
    assert found == {
        "norm.weight": ((4,), False, True),
        "norm.bias": ((4,), False, True),
        "norm.running_mean": ((4,), True, True),
        "norm.running_var": ((4,), True, True),
        "line.weight": ((3, 4), False, False),
        "line.bias": ((3,), False, False),
    }
    assert list(found)[-2:] == ["line.weight", "line.bias"]  # the order of registration


def test_every_number_of_the_paper_s_network_travels() -> None:
    network = DenseNet3d()
    found = travelling(network)
    assert sum(one.size for one in found if not one.statistic) == 726_972
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm3d)]
    assert sum(one.size for one in found if one.statistic) == 2 * sum(norm.num_features for norm in norms)
    assert {one.name for one in found} == {n for n in network.state_dict() if not n.endswith("num_batches_tracked")}


def test_what_is_read_from_one_network_and_written_to_another_makes_it_answer_alike() -> None:
    torch.manual_seed(0)
    one, two = (DenseNet3d(growth=4, bottleneck=2) for _ in range(2))
    x = torch.randn(2, 1, 8, 8, 8)
    one.train()(x)  # moves the statistics
    two = two.to(memory_format=torch.channels_last_3d)
    write_tensors(two, read_tensors(one, travelling(one)))
    torch.testing.assert_close(two.eval()(x), one.eval()(x))
    again = read_tensors(two, travelling(two))
    for name, array in read_tensors(one, travelling(one)).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, again[name])


def test_what_was_read_does_not_change_with_the_network() -> None:
    network = Line()
    read = read_tensors(network, travelling(network))
    before = read["line.weight"].copy()
    with torch.no_grad():
        network.line.weight += 1
    np.testing.assert_array_equal(read["line.weight"], before)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError, match="no such tensor"):
        write_tensors(Line(), {"square": np.zeros(3, np.float32)})
    with pytest.raises(ModelError, match=r"has shape \[3\]"):
        write_tensors(Line(), {"line.bias": np.zeros(4, np.float32)})
    with pytest.raises(ModelError, match="no momentum"):
        travelling(nn.BatchNorm1d(3, momentum=None))
    with pytest.raises(ModelError, match="float64"):
        travelling(nn.Linear(2, 2).double())
