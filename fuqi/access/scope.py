"""The rows somebody may see. A release is opened for a scope, and what lies outside is not in that database at all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """`streets` names the streets whose rows are seen, None stands for all of them, () for none.

    `sees_problems` adds the intake's report, which holds values of every street's rows.
    """

    streets: tuple[str, ...] | None = None
    sees_problems: bool = True

    def __post_init__(self) -> None:
        if (
            self.streets is not None
        ):  # the same streets in another order are the same scope, and one cache entry
            object.__setattr__(self, "streets", tuple(sorted(set(self.streets))))

    @property
    def is_whole(self) -> bool:
        return self.streets is None and self.sees_problems

    @property
    def only_street(self) -> str | None:
        """The street of a scope that holds a single one."""
        return self.streets[0] if self.streets and len(self.streets) == 1 else None

    @property
    def named(self) -> str:
        """The scope in words: its streets, or 全区."""
        return "全区" if self.streets is None else "、".join(self.streets)


WHOLE = Scope()
NOTHING = Scope((), sees_problems=False)
