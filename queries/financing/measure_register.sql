-- The register of the ten measures (精准助企十条措施), as the export has them.
--
-- Grain:   one row per measure.
-- Params:  none
-- Reads:   measures
-- Caveat:  措施文本未公布；“无数据”是登记的状态，看板不补写。
select
    measure_id,
    measure_name,
    status,
    lead_unit,
    updated_date,
from measures
order by measure_id
