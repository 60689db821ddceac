"""街道: one street on a screen - what to take up today, what nobody holds or visits, and every case of the place."""

from fuqi import ui

view = ui.page(
    "街道",
    "今天先办什么？本街道哪里没人管、没走到？",
    offers=("period", "street", "community"),
)

ui.briefing(view)
ui.street_cards(view)
if view.filters.subdistrict is None:
    ui.street_choice(view)
else:
    ui.today_list(view)
    ui.communities_and_map(view)
    ui.all_cases(view)
