"""口径: how every number is worked out, on what it rests, and which file computes it."""

from fuqi import ui

view = ui.page("口径", "每个数字怎么算？依据哪些列、哪些设置、由哪个文件计算？", offers=())

ui.definitions(view)
