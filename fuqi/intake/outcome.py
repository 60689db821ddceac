"""What came of a load, for the terminal and the data page."""

from dataclasses import dataclass, field

from fuqi.store.manifest import Completed, FileOutcome
from fuqi.store.releases import Release

__all__ = ["Completed", "FileOutcome", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """`release` is the new release, or the candidate when it was not to be published.

    `problems` counts problems by reason.
    """

    release: Release | None
    files: tuple[FileOutcome, ...] = ()
    problems: dict[str, int] = field(default_factory=dict)
    carried_over: tuple[str, ...] = ()
    completed: tuple[Completed, ...] = ()
    is_published: bool = True

    def summary(self) -> str:
        """What was loaded and what was not, in Chinese, a line a sheet."""
        lines = []
        if self.release is not None:
            as_of = self.release.manifest.data_as_of
            state = "已发布版本" if self.is_published else "待发布的版本"
            lines.append(f"{state} {self.release.release_id}，数据截至 {as_of:%Y-%m-%d %H:%M}")
        else:
            lines.append("没有发布新版本，原版本照常使用")
        for file in self.files:
            if not file.table:
                lines.append(f"  {file.place}：未载入，{file.reason}")
                continue
            parts = [
                f"读取 {file.rows_read:,} 行",
                f"载入 {file.loaded:,} 行"
                f"（新增 {file.new:,}，变更 {file.changed:,}，相同 {file.identical:,}）",
            ]
            for count, word in (
                (file.refused, "拒收"), (file.superseded, "被取代"), (file.flagged, "存疑"),
            ):  # fmt: skip
                if count:
                    parts.append(f"{word} {count:,} 行")
            if file.ignored_columns:
                parts.append(f"未载入的列：{'、'.join(file.ignored_columns)}")
            mode = "（增量）" if file.is_incremental else ""
            way = f"（映射 {file.mapping}）" if file.mapping else ""
            lines.append(f"  {file.place} → {file.table}{way}{mode}：{'，'.join(parts)}")
        lines.extend(
            f"  {c.side_list}补充“{c.table}”：{c.rows:,} 行、{c.cases:,} 件，其中 {c.changed:,} 件因此不同于原表"
            for c in self.completed
        )
        if self.carried_over:
            lines.append(f"沿用上一版本的表：{'、'.join(self.carried_over)}")
        if self.problems:
            lines.append("问题（明细见 intake_problems.csv）：")
            lines.extend(f"  {count:>7,} × {reason}" for reason, count in self.problems.items())
        return "\n".join(lines)
