import re
from pathlib import Path

import pytest

from federation.secure_sum.people import NAME
from pleura.errors import KeyFileError
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys, PublicKeys
from pleura.federation.secure_sum.keys.members import MemberList

PAGE = Path(__file__).resolve().parents[4] / "docs" / "how-to" / "keep-a-hospitals-keys.md"


def test_the_page_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    make, join = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    exec(make, names)
    public = PublicKeys.from_bytes(Path("vestfold.public").read_bytes())
    assert capsys.readouterr().out.strip() == public.fingerprint

    coordinator = CoordinatorKey.create(Path("coordinator"))
    others = [HospitalKeys.create(Path(name), name) for name in ("north", "east")]
    members = MemberList.make(coordinator, NAME, [public, *(one.public for one in others)])
    key, message = GroupKey.make(others[0], members)
    exec(join, names | {"coordinator": coordinator.public, "lists": [members.to_bytes()], "message": message})

    table = text.split("## Who may read")[0]
    files = set(re.findall(r"^\| `([^`…]+)…?(\.[^`]*|)` \|", table, re.MULTILINE))
    on_disk = [path.name for path in Path("keys").iterdir()]
    assert len(files) == len(on_disk) == 6
    for name in on_disk:
        assert any(name.startswith(start) and name.endswith(end) for start, end in files)

    Path("keys/signing.pem").chmod(0o644)
    with pytest.raises(KeyFileError) as refusal:
        HospitalKeys.load(Path("keys"))
    shown = re.search(r"```text\n(.*?)…\n```", text, re.DOTALL)
    Path("keys/signing.pem").chmod(0o600)
    with pytest.raises(KeyFileError, match="give its passphrase"):
        HospitalKeys.load(Path("keys"))
    assert shown is not None
    assert str(refusal.value).startswith(shown[1].strip())
    assert key.epoch == 0
