"""What every exported file says about itself: what it shows, of what, as of when, from which release, for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fuqi import wording

NOBODY = "未登录"
NO_FILTER = "没有筛选"


@dataclass(frozen=True)
class Facts:
    """`title` names what is shown and `page` where; `scope` is the filters in words, `n` the number of rows."""

    title: str
    page: str
    data_as_of: datetime
    release_id: str
    exported_at: datetime
    scope: str = ""
    n: int | None = None
    label: str = ""
    """演示数据, for a demo."""
    account: str = ""
    """Who exports; empty where nobody has to log in."""
    notes: tuple[str, ...] = field(default=())
    """Further lines, such as the disclaimer of a map."""

    def entries(self) -> Mapping[str, str]:
        """Each fact by its name, in the order they are written; without the title."""
        said = {
            "页面": self.page,
            "筛选": self.scope or NO_FILTER,
            "行数": "" if self.n is None else f"{self.n:,}",
            "数据截至": wording.moment(self.data_as_of),
            "版本": self.release_id,
            "性质": self.label,
            "账号": self.account or NOBODY,
            "导出时间": wording.moment(self.exported_at),
        }
        return {name: value for name, value in said.items() if value}

    def lines(self) -> tuple[str, ...]:
        """The same in two lines of small print, and the notes below them."""
        about = [self.scope, "" if self.n is None else f"共 {self.n:,} 行"]
        stamp = [
            f"数据截至 {wording.moment(self.data_as_of)}",
            f"版本 {self.release_id}",
            self.label,
            f"账号 {self.account or NOBODY}",
            f"导出于 {wording.moment(self.exported_at)}",
        ]
        written = (" · ".join(part for part in line if part) for line in (about, stamp))
        return tuple(line for line in (*written, *self.notes) if line)
