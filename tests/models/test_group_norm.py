import torch

from pleura.models.group_norm import GroupNorm2d


def test_it_gives_what_torchs_own_gives() -> None:
    torch.manual_seed(0)
    ours, theirs = GroupNorm2d(3, 12), torch.nn.GroupNorm(3, 12)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        other.data = torch.nn.init.normal_(one).detach().clone()
    x = torch.randn(2, 12, 5, 4)
    assert torch.equal(ours(x), theirs(x))
    parted = (ours(x) - ours.bias[:, None, None]) / ours.weight[:, None, None]
    means = parted.reshape(2, 3, -1).mean(dim=2)
    torch.testing.assert_close(means, torch.zeros(2, 3), rtol=0, atol=1e-5)
