"""数据: did this morning's exports load, which rows were refused and why? Loading, publishing, going back."""

from fuqi import ui

view = ui.page(
    "数据",
    "今早的导出载入了吗？哪些行被拒收，为什么？",
    offers=(),
    without_data=ui.load_desk,
)

ui.load_desk()

ui.section("本版本载入的文件", "最近一次载入的每个文件：读到多少行，载入、拒收、标记了多少。")
ui.file_outcomes(view)

ui.section("本版本的各张表", "行数为载入后可用的行；来源文件为该表最近一次载入的文件。")
ui.table(
    view,
    view.loaded_tables,
    ["table_name", "row_count", "refused_count", "flagged_count", "source_files", "loaded_in"],
    height=420,
)

ui.section("问题汇总", "拒收的行没有载入；标记的行已载入，请核对；被取代的是同一编号的旧状态。")
ui.table(
    view,
    view.query("problem_examples"),
    ["severity_name", "table_name", "file", "sheet", "reason", "problem_count", "examples"],
    empty="没有被拒收或标记的行。",
)

ui.section(
    "问题明细",
    "按文件、工作表、行号改正后重新载入即可；原始整行在版本文件夹的 intake_problems.csv 里。",
)
ui.table(
    view,
    view.query("problem_list"),
    [
        "severity_name",
        "file",
        "sheet",
        "row_number",
        "column_title",
        "value",
        "reason",
        "table_name",
    ],
    height=420,
    empty="没有被拒收或标记的行。",
)

ui.section("历史版本", "换用别的版本不会删除任何数据，随时可以换回来。")
ui.release_history()
