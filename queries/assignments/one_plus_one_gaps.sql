-- Cadres who do not hold exactly one park or circle and one community, with what is missing or too much.
--
-- Grain:   one row per such cadre in office on the day of $as_of.
-- Params:  $as_of        the moment whose day decides what is in force
--          $subdistrict  cadres of this street's units and those who hold something in it, null for the district
-- Reads:   cadre_holdings
-- Caveat:  干部姓名只显示姓；按单位排列，不作排名。
select
    unit_kind,
    unit_name,
    cadre_name as holder_name,
    cadre_role,
    park_names,
    community_names,
    concat_ws(
        '，',
        case when park_count = 0 then '缺园区商圈' end,
        case when community_count = 0 then '缺社区' end,
        case when park_count > 1 then '园区商圈多' || (park_count - 1) || '个' end,
        case when community_count > 1 then '社区多' || (community_count - 1) || '个' end
    ) as one_plus_one_gap,
    park_count,
    community_count,
    cadre_id,
from cadre_holdings($as_of::timestamp)
where
    not (park_count = 1 and community_count = 1)
    and (
        $subdistrict::varchar is null
        or subdistrict_name = $subdistrict::varchar
        or list_contains(held_subdistrict_names, $subdistrict::varchar)
    )
order by
    list_position(['区委组织部', '区直部门', '街道', '区属国企'], unit_kind),
    unit_name,
    cadre_id
