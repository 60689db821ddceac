"""Zip archives of exports: their members as files of their own, within limits that a bomb would break."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from fuqi.intake.errors import UnreadableFileError

ARCHIVES = (".zip",)
MOST_MEMBERS = 200
MOST_BYTES = 2 * 1024**3
HIGHEST_RATIO = 300
"""Unpacked to packed. A ledger in CSV shrinks to a twentieth, the emptiest to a hundredth; a bomb to a thousandth."""
RATIO_COUNTS_FROM = 10 * 1024**2
NAME_IS_UTF_8 = 0x800
BLOCK = 1024**2


@contextmanager
def unpacked(file: Path) -> Iterator[list[tuple[str, Path]]]:
    """The members of an archive: the name of each inside it, and a file to read while the block lasts.

    A member's own path is never used to write. What a computer adds by itself (`__MACOSX`, `~$`, dot files) is
    left out. Raises UnreadableFileError, in Chinese, naming the member that is at fault.
    """
    with TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(file) as archive:
                members = [m for m in archive.infolist() if not m.is_dir()]
                yield list(_extract(archive, members, Path(folder)))
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
            raise UnreadableFileError(f"压缩包打不开（{error}）；请重新压缩为 zip。") from error
        except OSError as error:
            raise UnreadableFileError(
                f"压缩包打不开（{error.strerror or error}）；请重新压缩为 zip。"
            ) from error


def _extract(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path
) -> Iterator[tuple[str, Path]]:
    if len(members) > MOST_MEMBERS:
        raise UnreadableFileError(
            f"压缩包里有 {len(members):,} 个文件，最多 {MOST_MEMBERS}；请分成几个压缩包。"
        )
    unpacked_bytes = 0
    for number, member in enumerate(members):
        name = _member_name(member)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise UnreadableFileError(
                f"成员 {name} 的路径指向压缩包之外，整个压缩包不载入；请重新压缩。"
            )
        if path.parts[0] == "__MACOSX" or path.name.startswith((".", "~$")):
            continue
        if member.flag_bits & 1:
            raise UnreadableFileError(f"成员 {name} 有密码，打不开；请去掉密码后重新压缩。")
        target = folder / str(number) / path.name
        target.parent.mkdir()
        unpacked_bytes = _write(archive, member, name, target, unpacked_bytes)
        yield name, target


def _write(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    target: Path,
    unpacked_before: int,
) -> int:
    """Unpack one member and give the bytes unpacked so far; sizes are counted, never believed."""
    size = 0
    try:
        with archive.open(member) as packed, target.open("wb") as file:
            while block := packed.read(BLOCK):
                size += len(block)
                if unpacked_before + size > MOST_BYTES:
                    raise UnreadableFileError(
                        f"解压到成员 {name} 时超过 {MOST_BYTES // 1024**3} GB；请分成几个压缩包。"
                    )
                ratio = size / max(member.compress_size, 1)
                if size > RATIO_COUNTS_FROM and ratio > HIGHEST_RATIO:
                    raise UnreadableFileError(
                        f"成员 {name} 解压后膨胀到 {HIGHEST_RATIO} 倍以上，不像表格；请核对来源。"
                    )
                file.write(block)
    except UnreadableFileError:
        raise
    except (zipfile.BadZipFile, zipfile.zlib.error, NotImplementedError, EOFError) as error:
        raise UnreadableFileError(f"成员 {name} 已损坏（{error}）；请重新压缩。") from error
    return unpacked_before + size


def _member_name(member: zipfile.ZipInfo) -> str:
    """The name as it was typed: Windows writes Chinese names in GBK and says nothing of it."""
    if member.flag_bits & NAME_IS_UTF_8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename
