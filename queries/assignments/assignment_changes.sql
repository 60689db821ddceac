-- Parks, circles and communities whose holders differ between two days: who left, who came, from which units.
--
-- Grain:   one row per object held by others on the day of $as_of than on the day of $compared_at.
-- Params:  $as_of        the later moment; its day decides
--          $compared_at  the earlier moment; its day decides
--          $subdistrict  one subdistrict, null for the district
--          $community    one community and the parks in it, null for all
--          $park_id      one park or circle, null for all objects
-- Reads:   held_objects
-- Caveat:  干部姓名只显示姓。两天之间来过又走了的不显示。
with before as (
    select *
    from held_objects($compared_at::timestamp)
    where is_held
),

later as (
    select *
    from held_objects($as_of::timestamp)
    where is_held
),

holders as (
    select
        coalesce(later.object_kind, before.object_kind) as object_kind,
        coalesce(later.object_id, before.object_id) as object_id,
        coalesce(later.cadre_id, before.cadre_id) as cadre_id,
        coalesce(later.holder_unit, before.holder_unit) || ' ' || coalesce(later.holder_name, before.holder_name)
            as who,
        before.cadre_id is not null as was_holding,
        later.cadre_id is not null as is_holding,
    from before
    full join later
        on
            before.object_kind = later.object_kind
            and before.object_id = later.object_id
            and before.cadre_id = later.cadre_id
),

changed as (
    select
        object_kind,
        object_id,
        count(*) filter (where was_holding) as former_holder_count,
        count(*) filter (where is_holding) as holder_count,
        string_agg(who, '、' order by cadre_id) filter (where was_holding and not is_holding) as left_holders,
        string_agg(who, '、' order by cadre_id) filter (where is_holding and not was_holding) as new_holders,
    from holders
    group by object_kind, object_id
    having bool_or(was_holding != is_holding)
),

objects as (
    select distinct
        object_kind,
        object_id,
        object_name,
        object_type,
        subdistrict_name,
        subdistrict_code,
        community_name,
    from held_objects($as_of::timestamp)
)

select
    case
        when changed.holder_count = 0 then '变为无人挂点'
        when changed.former_holder_count = 0 then '补上挂点'
        when changed.left_holders is null then '增加干部'
        when changed.new_holders is null then '减少干部'
        else '换人'
    end as change_kind,
    objects.object_kind,
    objects.object_id,
    case when objects.object_kind = '园区商圈' then objects.object_id end as park_id,
    objects.object_name,
    objects.object_type,
    objects.subdistrict_name,
    objects.community_name,
    changed.former_holder_count,
    changed.holder_count,
    changed.left_holders,
    changed.new_holders,
from changed
inner join objects on changed.object_kind = objects.object_kind and changed.object_id = objects.object_id
where
    ($subdistrict::varchar is null or objects.subdistrict_name = $subdistrict::varchar)
    and ($community::varchar is null or objects.community_name = $community::varchar)
    and (
        $park_id::varchar is null
        or (objects.object_kind = '园区商圈' and objects.object_id = $park_id::varchar)
    )
order by
    list_position(['变为无人挂点', '补上挂点', '换人', '减少干部', '增加干部'], change_kind),
    objects.subdistrict_code,
    objects.object_kind,
    objects.object_id
