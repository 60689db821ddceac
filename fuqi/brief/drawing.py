"""The pictures of a briefing, drawn; the same for every kind of file."""

from fuqi import export
from fuqi.brief.content import Picture


def drawn(picture: Picture) -> bytes:
    """PNG with twice the pixels that the picture has."""
    return export.as_figure(picture.chart, picture.width, picture.height, is_map=picture.is_map)
