"""The pictures of a briefing, drawn; the same for every kind of file."""

from functools import lru_cache

from fuqi import export
from fuqi.brief.content import Picture


@lru_cache(maxsize=16)
def drawn(picture: Picture) -> bytes:
    """PNG with twice the pixels that the picture has; made once for the files of one briefing."""
    return export.as_figure(picture.chart, picture.width, picture.height, is_map=picture.is_map)
