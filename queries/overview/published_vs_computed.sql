-- Every published figure beside what the loaded data give for it.
--
-- Grain:   one row per published figure.
-- Params:  $as_of            what happened later is not known yet
--          $programme_start  first day of 万名干部助企行, "累计" counts from here
--          $assignments_start first day of 组工助企行 and of the stations' programme year
-- Reads:   published_figures, computed_figures
-- Scope:   district, own rows by about_subdistrict and those of no street
-- Caveat:  公布数带“约、近、余、超”等限定词，差额不等于误差；未能由数据算出的显示不可算。
select
    published_figures.figure_id,
    published_figures.programme,
    published_figures.label,
    published_figures.qualifier,
    published_figures.value as published_value,
    published_figures.unit,
    computed.computed_value,
    computed.computed_value - published_figures.value as difference,
    published_figures.as_of_date,
    published_figures.source,
    case
        when published_figures.figure_id = 'fubao_team_number' then '福保街道'
        when published_figures.figure_id in ('live_events', 'live_sales', 'live_days', 'conversions_2022_huaqiangbei')
            then '华强北街道'
    end as about_subdistrict,
from published_figures
left join
    computed_figures($as_of::timestamp, $programme_start::date, $assignments_start::date) as computed
    on published_figures.figure_id = computed.figure_id
